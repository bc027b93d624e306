"""A lock's zone is another one now: its stays keep their hours on the clock at the door. What waits, and codes whose
PIN is not made yet, follow at no cost; where a PIN exists it opens as it did, and people hear which one that is.

A stay's clock is that of its first door. Each follows in a transaction of its own, once for every change.
"""

from contextlib import suppress
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.advance_request import advance_request
from bot.domain.locks.lock import Lock, together
from bot.domain.locks.zones import same_hours
from bot.domain.planning.stay_plan import plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.changing import can_change
from bot.domain.stays.guests import Guest
from bot.domain.windows import PinKind
from bot.ports import Ports, Stale, UnitOfWork
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card
from bot.workflows.change_stay.drafting import Drafted, Stay, Wanted, draft, stay_of
from bot.workflows.change_stay.making import given_up_codes, has_heard, reserve_new

BY = "clock"
"""Who is written down for what follows by itself."""


async def follow_zones(ports: Ports) -> None:
    """Safe to repeat, and to leave off anywhere: the next time goes on from there."""
    for lock in await _changed(ports):
        for request_id in await _stays(ports, lock):
            await _follow(ports, lock, request_id)
        await _followed(ports, lock)


@retry_if_stale
async def _changed(ports: Ports) -> list[Lock]:
    async with ports.store() as uow:
        return [lock for lock in await uow.locks.all() if lock.zone_before is not None]


@retry_if_stale
async def _stays(ports: Ports, lock: Lock) -> list[str]:
    """Those that were asked for, or changed, since then were planned by the new zone. One whose end has passed on one
    of the two clocks alone is looked at, too."""
    since = lock.zone_changed_at or ports.clock.now()
    async with ports.store() as uow:
        found = await uow.requests.at_lock(lock.id, ports.clock.now())
    return [r.id for r in found if (r.amendment.at if r.amendment else r.created_at) <= since]


@retry_if_stale
async def _followed(ports: Ports, lock: Lock) -> None:
    async with ports.store() as uow:
        await uow.locks.for_update(lock.id)
        now = await uow.locks.get(lock.id)
        if now is None or now.zone_changed_at != lock.zone_changed_at:
            return
        await uow.locks.zone_followed(lock.id)
        about = {"before": lock.zone_before or "", "now": lock.zone}
        await uow.audit.note(ports.clock.now(), BY, "zone_changed", lock.id, **about)


@retry_if_stale
async def _follow(ports: Ports, lock: Lock, request_id: str) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        key = f"{lock.id}:{lock.zone_changed_at}:{request_id}"
        first = await uow.deliveries.first("zone", key, now)
        request = await uow.requests.get(request_id)
        if not first or request is None:
            return
        await uow.locks.for_update(*request.lock_ids)
        # Read behind the doors: whoever held them before may have decided, or changed it.
        held = await uow.requests.get(request_id, for_update=True)
        if held is None or held.lock_ids != request.lock_ids:
            raise Stale(request_id)
        guest, locks = await uow.guests.of_stay(request_id), await uow.locks.of_stay(held)
        if guest is None or not locks:
            return
        if held.lock_id != lock.id:
            await _tell_apart(ports, uow, held, guest, locks)
        elif held.status is RequestStatus.PENDING:
            await _follow_pending(ports, uow, held, lock, locks)
        elif held.status is RequestStatus.APPROVED:
            await _follow_approved(ports, uow, held, guest, lock)


def _on_the_clock(request: AccessRequest, lock: Lock) -> AccessRequest:
    """Every window of it at the same hours as before."""
    zones = ZoneInfo(lock.zone_before or lock.zone), lock.zoneinfo
    amendment = request.amendment
    if amendment is not None:
        amendment = replace(amendment, window=same_hours(amendment.window, *zones))
    asked, granted = same_hours(request.asked, *zones), same_hours(request.granted, *zones)
    booked = same_hours(request.booked, *zones) if request.booked else None
    return replace(request, asked=asked, granted=granted, amendment=amendment, booked=booked)


async def _follow_pending(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, lock: Lock, locks: tuple[Lock, ...]
) -> None:
    now, moved = ports.clock.now(), _on_the_clock(request, lock)
    # Where it cannot be, whoever approves it reads why.
    with suppress(Refusal):
        doors, _ = await planned_doors(uow, locks, now)
        once = request.kind is PinKind.ONE_TIME
        planned = plan_stay(moved.wanted, doors, now=now, one_time=once, chain=request.chain).whole
        moved = replace(moved, granted=planned.granted)
    # What has begun by now on the new clock is looked at by `process_request`, which says so.
    moved = replace(moved, due_at=advance_request(moved, now, ports.rules.reminders).due_at or now)
    await _keep(ports, uow, moved)


async def _follow_approved(ports: Ports, uow: UnitOfWork, request: AccessRequest, guest: Guest, lock: Lock) -> None:
    now = ports.clock.now()
    stay = await stay_of(ports, uow, request.id, request.requester, None)
    if not can_change(request, stay.codes, now):
        return
    moved = _on_the_clock(request, lock)
    try:
        drafted = await draft(ports, uow, stay, BY, Wanted(moved.granted), await ports.groups())
    except Refusal as refusal:
        if refusal.reason is not Reason.NOTHING_TO_CHANGE:
            await _tell(ports, uow, request, guest, stay.locks, lock)
        return
    if drafted.cost:
        await _tell(ports, uow, request, guest, stay.locks, lock)
        return
    granted = drafted.after.granted
    await _exchange(ports, uow, stay, replace(drafted, after=replace(moved, granted=granted)))


async def _exchange(ports: Ports, uow: UnitOfWork, stay: Stay, drafted: Drafted) -> None:
    """The guest has read hours on the clock at the door, and they are the same: nothing is texted."""
    for code in given_up_codes(ports, stay, drafted, BY):
        await uow.codes.save(code)
    await reserve_new(ports, uow, stay, drafted, known=await has_heard(uow, stay))
    await _keep(ports, uow, drafted.after)


async def _keep(ports: Ports, uow: UnitOfWork, after: AccessRequest) -> None:
    now = ports.clock.now()
    saved = await uow.requests.save(after)
    await want_card(ports, uow, saved.id)
    await uow.audit.note(now, BY, "hours_kept", saved.id, starts_at=saved.granted.starts_at.isoformat())


async def _tell(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, guest: Guest, locks: tuple[Lock, ...], lock: Lock
) -> None:
    """To the channel, and to whoever asked for the stay."""
    now, facts = ports.clock.now(), stay_facts(guest, together(locks), request.granted)
    facts |= {"zone_before": lock.zone_before or lock.zone}
    apart = {each.zone for each in locks} != {lock.zone}
    facts |= {"zones": ", ".join(f"{each.name}: {each.zone}" for each in locks)} if apart else {}
    for whom in (ports.options.approvals_channel, request.requester):
        key = f"hours:{request.id}:{lock.id}:{lock.zone_changed_at}:{whom}"
        kind = NoticeKind.HOURS_MOVED
        await uow.enqueue(note_to(ports.new_id(), key, kind, whom, facts, request.id, None, now))
    await uow.audit.note(now, BY, "hours_moved", request.id, lock=lock.id)


async def _tell_apart(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, guest: Guest, locks: tuple[Lock, ...]
) -> None:
    """A further door keeps another clock than the first: the stay's hours are those of the first, as before."""
    if len({each.zone for each in locks}) > 1:
        lock = next(each for each in locks if each.zone_before is not None)
        await _tell(ports, uow, request, guest, locks, replace(lock, zone_before=locks[0].zone))
