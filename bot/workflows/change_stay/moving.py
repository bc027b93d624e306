"""A lock is gone, and another takes its place: all its stays move there in one step, or none. What waits for a decision
is asked of the new door from then on; approved stays keep their hours on the clock, and their PINs are made anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.amendments import change_facts, door_facts
from bot.conversation.team.history import Event, reply
from bot.domain.approvals.amending import asked_anew
from bot.domain.approvals.policy import Groups
from bot.domain.locks.lock import Lock, together
from bot.domain.locks.zones import same_hours
from bot.domain.planning.stay_plan import plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.changing import can_change
from bot.domain.windows import PinKind
from bot.ports import Ports, Stale, Subject, UnitOfWork
from bot.ports.planned_doors import planned_doors
from bot.ports.stale import retry_if_stale
from bot.ports.wanted_cards import want_card
from bot.workflows.change_stay.drafting import Drafted, Stay, Wanted, deciders_of_change, draft, stay_of
from bot.workflows.change_stay.making import given_up_codes, has_heard, reserve_new, tell_guest


@dataclass(frozen=True, slots=True)
class MovePreview:
    """The lock that is gone, how many stays hang on it, and the locks that can take its place: those of its name
    first."""

    lock: Lock
    count: int
    others: tuple[Lock, ...]


@dataclass(frozen=True, slots=True)
class _Moved:
    stay: Stay
    drafted: Drafted
    new: Sequence[AccessCode]


@retry_if_stale
async def preview_move(ports: Ports, lock_id: str, person: str) -> MovePreview:
    """Reads only. Raises a Refusal for whoever approves nothing, or a lock that is there."""
    approvers = await ports.approvers()
    async with ports.store() as uow:
        lock = await _gone(uow, lock_id, person, approvers)
        stays = await uow.requests.at_lock(lock_id, ports.clock.now())
        usable = [one for one in await uow.locks.all() if one.makes_offline_pins and not one.is_gone]
        others = sorted(usable, key=lambda one: (one.name.casefold() != lock.name.casefold(), one.name.casefold()))
        return MovePreview(lock, len(stays), tuple(others))


@retry_if_stale
async def move_stays(ports: Ports, lock_id: str, to_id: str, person: str) -> tuple[int, Lock]:
    """How many have moved, and where. Raises a Refusal that names the stay that cannot, and then none has moved.
    Pressed twice, the second finds none."""
    approvers, groups = await ports.approvers(), await ports.groups()
    async with ports.store() as uow:
        await _gone(uow, lock_id, person, approvers)
        found = await uow.requests.at_lock(lock_id, ports.clock.now())
        doors = {each for request in found for each in request.lock_ids}
        await uow.locks.for_update(*{lock_id, to_id, *doors})
        lock, to = await _gone(uow, lock_id, person, approvers), await uow.locks.get(to_id)
        if to is None or to.is_gone or to.forgotten_at is not None:
            raise Refusal(Reason.UNKNOWN_LOCK)
        await uow.requests.for_update([request.id for request in found])
        held = await uow.requests.at_lock(lock_id, ports.clock.now())
        if {each for request in held for each in request.lock_ids} - doors:
            raise Stale(lock_id)
        moved = [await _one(ports, uow, request, lock, to, person, groups) for request in held]
        await _settle(ports, uow, [one for one in moved if one is not None], person)
        await _solve(ports, uow, lock_id)
        await uow.audit.note(ports.clock.now(), person, "stays_moved", lock_id, to=to_id, count=str(len(held)))
    return len(held), to


async def _gone(uow: UnitOfWork, lock_id: str, person: str, approvers: frozenset[str]) -> Lock:
    lock = await uow.locks.get(lock_id)
    if person not in approvers:
        raise Refusal(Reason.NOT_YOUR_ALERT)
    if lock is None or not lock.is_gone:
        raise Refusal(Reason.ALERT_OVER)
    return lock


async def _one(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, lock: Lock, to: Lock, person: str, groups: Groups
) -> _Moved | None:
    """Writes all but what is taken by id. None for what waits, or has nothing left of it."""
    try:
        if request.status is RequestStatus.PENDING:
            await _move_pending(ports, uow, request, lock, to, person, groups)
            return None
        stay = await stay_of(ports, uow, request.id, person, None)
        if not can_change(request, stay.codes, ports.clock.now()):
            return None
        return await _move_approved(ports, uow, stay, lock, to, person, groups)
    except Refusal as refusal:
        why = sentence(refusal, zone=to.zoneinfo)
        facts = {"guest": request.guest_name or "a guest", "short": request.short_id, "why": why}
        raise Refusal(Reason.STAY_CANNOT_MOVE, facts) from None


def _doors(request: AccessRequest, lock: Lock, to: Lock) -> tuple[str, ...]:
    """The new lock in the old one's place; a stay that has it already keeps it once."""
    return tuple(dict.fromkeys(to.id if each == lock.id else each for each in request.lock_ids))


async def _move_approved(
    ports: Ports, uow: UnitOfWork, stay: Stay, lock: Lock, to: Lock, person: str, groups: Groups
) -> _Moved:
    first = stay.locks[0]
    zones = first.zoneinfo, to.zoneinfo if first.id == lock.id else first.zoneinfo
    # On the clock of the door that it gets: a lock that is gone keeps none.
    there = tuple(replace(each, zone=to.zone) if each.id == lock.id else each for each in stay.locks)
    wanted = Wanted(same_hours(stay.request.granted, *zones), _doors(stay.request, lock, to))
    drafted = await draft(ports, uow, replace(stay, locks=there), person, wanted, groups)
    if drafted.beyond is not None:
        raise drafted.beyond
    return _Moved(stay, drafted, await reserve_new(ports, uow, stay, drafted, known=await has_heard(uow, stay)))


async def _move_pending(
    ports: Ports, uow: UnitOfWork, request: AccessRequest, lock: Lock, to: Lock, person: str, groups: Groups
) -> None:
    now, zones = ports.clock.now(), (lock.zoneinfo, to.zoneinfo)
    first, *more = _doors(request, lock, to)
    moved = replace(request, lock_id=first, more_locks=tuple(more))
    if request.lock_id == lock.id:
        amendment = request.amendment
        if amendment is not None:
            amendment = replace(amendment, window=same_hours(amendment.window, *zones))
        booked = same_hours(request.booked, *zones) if request.booked else None
        moved = replace(moved, asked=same_hours(request.asked, *zones), amendment=amendment, booked=booked)
    before, locks = await uow.locks.of_stay(request), await uow.locks.of_stay(moved)
    known = [each.known_as for each in before], [each.known_as for each in locks]
    moved = asked_anew(ports.rules, request, moved, *known, groups)
    if person not in deciders_of_change(ports, moved, locks, groups, moved.asked_under).approvers:
        raise Refusal(Reason.LEFT_TO_OTHERS)
    doors, _ = await planned_doors(uow, locks, now)
    once = request.kind is PinKind.ONE_TIME
    planned = plan_stay(moved.wanted, doors, now=now, one_time=once, chain=request.chain).whole
    await _keep(ports, uow, replace(moved, granted=planned.granted), person, {"doors_to": together(locks).name})


async def _settle(ports: Ports, uow: UnitOfWork, moved: Sequence[_Moved], person: str) -> None:
    """Codes by id over all the stays, as everybody takes several."""
    given_up = [code for one in moved for code in given_up_codes(ports, one.stay, one.drafted, person)]
    for code in sorted(given_up, key=lambda code: code.id):
        await uow.codes.save(code)
    for one in moved:
        if await has_heard(uow, one.stay):
            await tell_guest(ports, uow, one.stay, one.drafted, one.new)
        changes = change_facts(replace(one.stay.request, approvals=()), one.drafted.after, one.drafted.lock.zone)
        changes |= door_facts(one.stay.lock, one.drafted.lock)
        await _keep(ports, uow, one.drafted.after, person, changes)
        facts = stay_facts(one.stay.guest, one.drafted.lock, one.drafted.after.granted) | changes
        if not door_facts(one.stay.lock, one.drafted.lock):
            # Two locks of one name: that it is the other one is all that there is to say.
            facts |= {"doors_from": f"{one.stay.lock.name} (gone)", "doors_to": one.drafted.lock.name}
        key, channel = f"changed:{one.drafted.after.amendments}", ports.options.approvals_channel
        request_id = one.stay.request.id
        await uow.enqueue(reply(ports.new_id(), key, Event.CHANGED, request_id, channel, ports.clock.now(), facts))


async def _keep(ports: Ports, uow: UnitOfWork, after: AccessRequest, person: str, about: Mapping[str, str]) -> None:
    now = ports.clock.now()
    saved = await uow.requests.save(after)
    await want_card(ports, uow, saved.id)
    await uow.audit.note(now, person, "moved_to_lock", saved.id, **about)


async def _solve(ports: Ports, uow: UnitOfWork, lock_id: str) -> None:
    """Nobody is needed any more, where nothing hangs on it: `process_alert` says so."""
    for alert in await uow.alerts.open_of_lock(lock_id):
        await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
        uow.nudge(Subject.ALERT, alert.id)
