"""The time or the doors of an approved stay are changed. Before any PIN is made this is free: its codes are released
and reserved anew. Afterwards a new PIN takes the place of each, and the one before opens its door as it did: whoever
changes the stay has read that.

`preview_change` tells what it would come to, and writes nothing; what goes beyond what was approved is asked
(`wanting.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.conversation.refusals.limit_alerts import alarmed, count_of_stay
from bot.domain.approvals.amending import check_seen
from bot.domain.approvals.limits import check_automatic
from bot.domain.approvals.policy import BY_THE_RULES, Groups
from bot.domain.locks.lock import Lock, together
from bot.domain.planning.plan import Plan
from bot.domain.refusals import Reason, Refusal, on_clock_of
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.changing import check_can_change
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import PinStanding
from bot.domain.windows import AccessWindow
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.workflows.change_stay.drafting import (
    Drafted,
    NewTime,
    Stay,
    Wanted,
    behind_doors,
    check_doors_stay,
    doors_wanted,
    draft,
    stay_of,
)
from bot.workflows.change_stay.following import follow_zones
from bot.workflows.change_stay.making import make
from bot.workflows.change_stay.moving import MovePreview, move_stays, preview_move
from bot.workflows.change_stay.waiting import change_waiting
from bot.workflows.change_stay.wanting import change_that_waits, decide_change, take_back_change, want_change

__all__ = [
    "ChangeInfo",
    "Changed",
    "MovePreview",
    "NewTime",
    "change_stay",
    "change_that_waits",
    "change_waiting",
    "decide_change",
    "follow_zones",
    "move_stays",
    "preview_change",
    "preview_move",
    "take_back_change",
    "want_change",
]


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """`closed`: why this person can change nothing here; `refusal`: why not so. `locks`: the doors that are wanted.
    With a plan: `cost` are the PINs that open whatever is changed; `makes`: a new one is made;
    `asks`: it takes the word of `needed` of these."""

    stay: Stay
    locks: tuple[Lock, ...]
    closed: Refusal | None = None
    refusal: Refusal | None = None
    plan: Plan | None = None
    cost: tuple[PinStanding, ...] = ()
    makes: bool = False
    asks: tuple[str, ...] = ()
    needed: int = 1

    @property
    def lock(self) -> Lock:
        """The doors that are wanted, as one."""
        return together(self.locks)


@dataclass(frozen=True, slots=True)
class Changed:
    """The stay after the change; `cost` as the person was told. `plan` is None when this delivery was seen before."""

    request: AccessRequest
    guest: Guest
    lock: Lock
    plan: Plan | None = None
    cost: tuple[PinStanding, ...] = ()


Read = Callable[[ZoneInfo], tuple[AccessWindow, frozenset[str]] | None]
"""From the zone at the door to the window, and what was odd about reading it; None while its times are incomplete."""


@retry_if_stale
async def preview_change(
    ports: Ports,
    request_id: str,
    person: str,
    read: Read | None = None,
    seen: int | None = None,
    lock_ids: Sequence[str] = (),
) -> ChangeInfo:
    """Reads only. Raises a Refusal for a stay that is not there, or not theirs."""
    groups = await ports.groups()
    async with ports.store() as uow:
        stay = await stay_of(ports, uow, request_id, person, groups)
        found, now = ChangeInfo(stay, stay.locks), ports.clock.now()
        try:
            check_can_change(stay.request, stay.codes, now)
            check_seen(stay.request, stay.request.amendments if seen is None else seen)
        except Refusal as refusal:
            return replace(found, closed=refusal)
        try:
            check_doors_stay(stay, lock_ids)
            found = replace(found, locks=await doors_wanted(uow, stay, lock_ids))
            chosen = read(stay.lock.zoneinfo) if read else None
            if chosen is None:
                return found
            drafted = await draft(ports, uow, stay, person, Wanted(chosen[0], tuple(lock_ids), chosen[1]), groups)
        except Refusal as refusal:
            return replace(found, refusal=refusal)
        if drafted.beyond is not None and not drafted.asks:
            return replace(found, refusal=drafted.beyond)
        found = replace(found, plan=drafted.plan, cost=drafted.cost, makes=bool(drafted.exchanges.made))
        return replace(found, asks=drafted.asks, needed=drafted.needed)


@alarmed
@retry_if_stale
async def change_stay(ports: Ports, request_id: str, person: str, chosen: NewTime) -> Changed:
    """Raises a Refusal, with offers where the lock would not accept it, and then nothing is changed at any door.

    Two at once: the doors' rows are held, so the second one reads what the first has made of it.
    """
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        # Counted before the door is taken, acted upon after it: a retry waits for the first and reads its result.
        first = await uow.deliveries.first("slack", chosen.delivery, now)
        if first:
            await count_of_stay(ports, uow, request_id, person, groups, ports.rules.limits.changes(request_id))
        stay = await behind_doors(ports, uow, request_id, person, groups, chosen.lock_ids)
        if not first:
            return Changed(stay.request, stay.guest, stay.lock)
        check_seen(stay.request, chosen.seen)
        check_doors_stay(stay, chosen.lock_ids)
        drafted = await draft(ports, uow, stay, person, chosen.wanted, groups)
        if drafted.beyond is not None:
            raise drafted.beyond
        _check_accepted(drafted, chosen.accepted)
        await _check_alone(ports, uow, stay.request, drafted, person, groups)
        saved = await make(ports, uow, stay, drafted, person)
    return Changed(saved, stay.guest, drafted.lock, drafted.plan, drafted.cost)


async def _check_alone(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, drafted: Drafted, person: str, groups: Groups
) -> None:
    """A stay that only the rules approved gets no PINs beyond what they may approve, by being changed over and over."""
    if request.decision is None or request.decision.approver != BY_THE_RULES:
        return
    if person in await stay_approvers(ports, uow, request, groups):
        return
    freed = [code for code in drafted.exchanges.given_up if not code.has_pin]
    more = max(0, len(drafted.exchanges.made) - len(freed))
    alive = await uow.codes.alive_by_rules(request.requester, drafted.after.lock_ids, ports.clock.now())
    with on_clock_of(drafted.lock.zoneinfo):
        check_automatic(ports.rules.limits, alive, more, request.requester, request.workspace)


def _check_accepted(drafted: Drafted, accepted: int) -> None:
    if len(drafted.cost) > accepted:
        ends_at = max(pin.code.window.ends_at for pin in drafted.cost)
        raise Refusal(Reason.PIN_MADE_MEANWHILE, {"ends_at": ends_at}, zone=drafted.lock.zoneinfo)
