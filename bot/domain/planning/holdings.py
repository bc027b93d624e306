"""Holdings: what a lock already holds, as the planner wants to see it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from bot.domain.planning.ledger import LIVE_LIMIT, SLOT_LIMITS, Ledger
from bot.domain.windows import PinKind

FullSlot = tuple[str, str]
"""Kind and key of a slot that the provider says is full; WHOLE_LOCK for the lock itself."""

WHOLE_LOCK: FullSlot = ("lock", "")


@dataclass(frozen=True, slots=True)
class Holdings:
    """PINs by (kind, slot key) with the slot indices taken, all that have not ended, and when the next of them ends."""

    slots: Mapping[tuple[str, str], frozenset[int]]
    live: int
    next_end: datetime | None


def without(held: Holdings, kind: PinKind, key: str, index: int) -> Holdings:
    """The same less one PIN, which is about to be moved."""
    slot = (kind.value, key)
    slots = {**held.slots, slot: held.slots.get(slot, frozenset()) - {index}}
    return Holdings(slots, max(0, held.live - 1), held.next_end)


def ledger(held: Holdings, seen_full: Set[FullSlot] = frozenset()) -> Ledger:
    """The planner's view of it. What the provider says is full is full, whoever filled it."""
    slots = {slot: len(taken) for slot, taken in held.slots.items()}
    slots |= {(kind, key): SLOT_LIMITS[PinKind(kind)] for kind, key in seen_full if (kind, key) != WHOLE_LOCK}
    live = max(held.live, LIVE_LIMIT) if WHOLE_LOCK in seen_full else held.live
    return Ledger(slots, live, held.next_end)
