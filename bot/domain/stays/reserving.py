"""Reserving: from a plan and what the lock already holds to an AccessCode with a slot of its own."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.messages.reminders import Policy
from bot.domain.planning.holdings import FullSlot, Holdings, ledger, without
from bot.domain.planning.lock_rules import LockView, first_hour
from bot.domain.planning.plan import Plan, plan
from bot.domain.planning.stay_plan import StayPlan
from bot.domain.stays.access_codes import AccessCode, TakenSlot
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import PinKind

LINK_LEAD = timedelta(hours=6)
"""So long before its start the next PIN of a chain is made: time enough for a vendor that fails for a while."""


@dataclass(frozen=True, slots=True)
class For:
    """Whom and what a code is for."""

    request_id: str
    lock_id: str
    guest_id: str
    replaces: str | None = None
    on_arrival: bool = False
    part: int = 0


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
        on_arrival=whom.on_arrival,
        part=whom.part,
    )


def reserve_in(held: Holdings, code_id: str, whom: For, plan: Plan, now: datetime, policy: Policy) -> AccessCode:
    """The same, out of what the lock holds."""
    taken = held.slots.get((plan.kind.value, plan.slot.key), frozenset())
    return reserve(code_id, whom, plan, taken, now, policy)


def reserve_all(
    request: AccessRequest,
    planned: StayPlan,
    held: Mapping[str, Holdings],
    new_id: Callable[[], str],
    now: datetime,
    policy: Policy,
) -> list[AccessCode]:
    """A reserved code for each part of an approved stay, in a slot of its own; `held`: by the lock's id.

    A later link of a chain is made only hours before it begins: while the one before it opens, a day would be early.
    """
    codes = []
    for part in planned.parts:
        on_arrival = request.on_arrival and part.plan.kind is not PinKind.ONE_TIME and part.links == 1
        whom = For(request.id, part.lock_id, request.guest_id, on_arrival=on_arrival, part=part.part)
        lead = replace(policy, mint_lead=min(policy.mint_lead, LINK_LEAD)) if part.link else policy
        codes.append(reserve_in(held[part.lock_id], new_id(), whom, part.plan, now, lead))
    return codes


def from_this_hour(
    code: AccessCode, held: Holdings, zone: ZoneInfo, now: datetime, seen_full: Set[FullSlot] = frozenset()
) -> AccessCode:
    """The reserved code for the rest of its stay: the lock takes no PIN from an earlier hour, so one whose start has
    passed starts in this hour, in the lowest slot that is free. Raises a Refusal where there is none, or the rest is of
    a length that the lock does not take."""
    if code.window.starts_at >= first_hour(now, LockView(zone, now)):
        return code
    rest = without(held, code.kind, code.slot.key, code.slot.index)
    one_time = code.kind is PinKind.ONE_TIME
    planned = plan(code.window, zone=zone, now=now, one_time=one_time, ledger=ledger(rest, seen_full))
    taken = rest.slots.get((planned.kind.value, planned.slot.key), frozenset())
    return replace(code, kind=planned.kind, window=planned.granted, slot=free_slot(planned, taken))


def arrived(
    code: AccessCode, held: Holdings, zone: ZoneInfo, now: datetime, seen_full: Set[FullSlot] = frozenset()
) -> AccessCode:
    """The guest is there: the code waits no more, and its PIN is to be made now. Raises a Refusal as above."""
    return replace(from_this_hour(code, held, zone, now, seen_full), on_arrival=False, mint_at=now, due_at=now)
