"""What would an amendment come to, while an approver fills in its form? Reads only: nothing is decided or held."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.domain.approvals.advance_request import backup_called
from bot.domain.approvals.amending import (
    amended,
    asked_anew,
    check_can_amend,
    check_may_grant,
    check_seen,
    deciders_amended,
)
from bot.domain.approvals.policy import Groups, deciders_of_all
from bot.domain.locks.lock import Lock, together
from bot.domain.planning.plan import Plan
from bot.domain.planning.stay_plan import plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Ports, UnitOfWork
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale


@dataclass(frozen=True, slots=True)
class NewWindow:
    """A window in the making. `noticed` is what was odd about reading its times (`dst_gap`, `dst_fold`)."""

    window: AccessWindow
    one_time: bool = False
    noticed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class AmendmentInfo:
    """`closed`: why this person can decide nothing here any more; `refusal`: why not this window. With a plan:
    `changes` says whether it is another window than the granted one, `needed` how many approvals that one takes."""

    request: AccessRequest
    guest: Guest
    lock: Lock
    closed: Refusal | None = None
    refusal: Refusal | None = None
    plan: Plan | None = None
    changes: bool = False
    needed: int = 1


Read = Callable[[ZoneInfo], NewWindow | None]
"""From the zone at the door to the window; None while its times are incomplete."""


@retry_if_stale
async def preview_amendment(
    ports: Ports, request_id: str, person: str, read: Read | None = None, seen: int | None = None
) -> AmendmentInfo:
    """As it would be decided now; without `read` for the window that is granted already. `seen`: how often the
    window had been changed when the form was opened. Raises a Refusal for a request that is not there."""
    groups = await ports.groups()
    async with ports.store() as uow:
        request = await uow.requests.get(request_id)
        guest = await uow.guests.of_stay(request.id) if request else None
        locks = await uow.locks.of_stay(request) if request else ()
        if request is None or guest is None or not locks:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        found = AmendmentInfo(request, guest, together(locks))
        return await _previewed(ports, uow, found, locks, person, groups, read, seen)


async def _previewed(
    ports: Ports,
    uow: UnitOfWork,
    found: AmendmentInfo,
    locks: Sequence[Lock],
    person: str,
    groups: Groups,
    read: Read | None,
    seen: int | None,
) -> AmendmentInfo:
    now, request, lock = ports.clock.now(), found.request, found.lock
    called, names = backup_called(request, now, ports.rules.reminders), [one.known_as for one in locks]
    who = deciders_of_all(ports.rules, request, names, groups, backup_called=called)
    try:
        check_can_amend(request, person, who)
        check_seen(request, request.amendments if seen is None else seen)
    except Refusal as refusal:
        return replace(found, closed=refusal)
    as_granted = NewWindow(request.granted, request.kind is PinKind.ONE_TIME)
    chosen = read(lock.zoneinfo) if read else as_granted
    if chosen is None:
        return found
    once, chain = chosen.one_time, request.chain
    try:
        doors, _ = await planned_doors(uow, locks, now)
        planned = plan_stay(chosen.window, doors, now=now, one_time=once, chain=chain, noticed=chosen.noticed).whole
        after = amended(request, person, planned, now)
        if after is not request:
            after = asked_anew(ports.rules, request, after, names, names, groups)
            who = deciders_amended(ports.rules, after, names, groups, who, backup_called=called)
            check_may_grant(person, who)
    except Refusal as refusal:
        return replace(found, refusal=refusal)
    return replace(found, plan=planned, changes=after is not request, needed=who.needed)
