"""Reserving: from a plan and what the lock already holds to an AccessCode with a slot of its own."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from bot.domain.access_codes import AccessCode, TakenSlot
from bot.domain.holdings import Holdings
from bot.domain.planning import Plan
from bot.domain.reminders import Policy


@dataclass(frozen=True, slots=True)
class For:
    """Whom and what a code is for."""

    request_id: str
    lock_id: str
    guest_id: str
    replaces: str | None = None


def free_slot(plan: Plan, taken: Set[int]) -> TakenSlot:
    """The lowest free slot of the plan's start. The plan has made sure that there is one."""
    return TakenSlot(plan.slot.key, next(i for i in range(1, plan.slot.limit + 1) if i not in taken))


def reserve(code_id: str, whom: For, plan: Plan, taken: Set[int], now: datetime, policy: Policy) -> AccessCode:
    """A reserved code in the lowest free slot; minted `policy.mint_lead` before its start, or at once."""
    mint_at = max(now, plan.granted.starts_at - policy.mint_lead)
    return AccessCode(
        id=code_id,
        request_id=whom.request_id,
        lock_id=whom.lock_id,
        guest_id=whom.guest_id,
        kind=plan.kind,
        window=plan.granted,
        slot=free_slot(plan, taken),
        mint_at=mint_at,
        due_at=mint_at,
        replaces=whom.replaces,
    )


def reserve_in(held: Holdings, code_id: str, whom: For, plan: Plan, now: datetime, policy: Policy) -> AccessCode:
    """The same, out of what the lock holds."""
    taken = held.slots.get((plan.kind.value, plan.slot.key), frozenset())
    return reserve(code_id, whom, plan, taken, now, policy)
