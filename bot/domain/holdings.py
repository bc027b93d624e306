"""Holdings: what a lock already holds, as the planner wants to see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Holdings:
    """PINs by (kind, slot key) with the slot indices taken, all that have not ended, and when the next of them ends."""

    slots: Mapping[tuple[str, str], frozenset[int]]
    live: int
    next_end: datetime | None


def ledger(held: Holdings) -> Ledger:
    """The planner's view of it."""
    return Ledger({slot: len(taken) for slot, taken in held.slots.items()}, held.live, held.next_end)
