"""A change on paper: the stay as it stands, what is wanted of it, and all that it takes to be made. Writes nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.approvals.amending import asked_anew
from bot.domain.approvals.changing import check_may_change
from bot.domain.approvals.policy import Deciders, Groups, automatic, deciders_of_all
from bot.domain.locks.lock import Lock, together
from bot.domain.planning.holdings import Holdings
from bot.domain.planning.otherwise import as_booked
from bot.domain.planning.plan import Plan
from bot.domain.planning.stay_plan import PlannedDoor, PlannedPart, check_doors, plan_stay
from bot.domain.refusals import Reason, Refusal, on_clock_of
from bot.domain.sources.names import from_source
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, AskedUnder
from bot.domain.stays.changing import (
    Exchanges,
    ToPlan,
    changed,
    check_can_change,
    door_pairs,
    doors_after,
    doors_kept,
    exchanges,
    still_open,
    to_plan,
)
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import PinStanding, Standing, standing
from bot.domain.stays.withdrawing import check_is_theirs
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Ports, Stale, UnitOfWork
from bot.ports.doors_left import doors_left
from bot.ports.planned_doors import planned_doors
from bot.ports.stay_approvers import stay_approvers


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants the stay to be. Without `lock_ids` its doors stay; `noticed`: what is odd about the times;
    `booked`: as of a request."""

    window: AccessWindow
    lock_ids: tuple[str, ...] = ()
    noticed: Collection[str] = ()
    booked: AccessWindow | None = None


@dataclass(frozen=True, slots=True)
class NewTime:
    """The time that somebody chose, and the doors unless they stay, having looked at a stay that had been changed
    `seen` times, and having read that `accepted` PINs open whatever is changed. `delivery` is the vendor's id of this
    very step."""

    window: AccessWindow
    delivery: str
    seen: int = 0
    accepted: int = 0
    lock_ids: tuple[str, ...] = ()
    booked: AccessWindow | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.window, self.lock_ids, booked=self.booked)


@dataclass(frozen=True, slots=True)
class Stay:
    """An approved stay as it stands. `left`: doors that it had before, where PINs of it may open."""

    request: AccessRequest
    guest: Guest
    locks: tuple[Lock, ...]
    codes: tuple[AccessCode, ...]
    pins: Standing
    left: tuple[Lock, ...] = ()

    @property
    def lock(self) -> Lock:
        """Its doors as one."""
        return together(self.locks)


@dataclass(frozen=True, slots=True)
class Drafted:
    """All that a change takes to be made. `beyond`: why this person may not make it alone; else it stands on the word
    of `word`. `able`: who could."""

    after: AccessRequest
    locks: tuple[Lock, ...]
    plan: Plan
    exchanges: Exchanges
    cost: tuple[PinStanding, ...]
    held: Mapping[str, Holdings]
    word: str = ""
    beyond: Refusal | None = None
    able: tuple[str, ...] = ()

    @property
    def needed(self) -> int:
        """So many words it takes besides this person's."""
        return int(str(self.beyond.facts.get("needed", 1))) if self.beyond else 0

    @property
    def asks(self) -> tuple[str, ...]:
        """Who is asked about what this person may not do alone: those in chat, where they are enough."""
        return self.able if self.beyond is not None and len(self.able) >= self.needed else ()

    @property
    def lock(self) -> Lock:
        """The doors that it will have, as one."""
        return together(self.locks)


async def stay_of(ports: Ports, uow: UnitOfWork, request_id: str, person: str, groups: Groups | None) -> Stay:
    """Raises a Refusal for a stay that is not there, or not theirs. Without `groups` whose it is is found out later."""
    request = await uow.requests.get(request_id)
    guest = await uow.guests.of_stay(request.id) if request else None
    locks = await uow.locks.of_stay(request) if request else ()
    if request is None or guest is None or not locks:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    # Whether they may comes first: nobody else learns how far a stay has come.
    if groups is not None:
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
    codes = await uow.codes.of_request(request.id)
    evidence = await uow.codes.evidence_of([code.id for code in codes])
    pins = standing(codes, evidence, ports.clock.now())
    return Stay(request, guest, locks, tuple(codes), pins, await doors_left(uow, request, codes))


async def behind_doors(
    ports: Ports, uow: UnitOfWork, request_id: str, person: str, groups: Groups | None, more: Sequence[str]
) -> Stay:
    """The stay, read behind the rows of its doors and of those that it shall have."""
    request = await uow.requests.get(request_id)
    if request is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    await uow.locks.for_update(*request.lock_ids, *more)
    # Read behind the doors: whoever held them before may have changed it, or given it up.
    stay = await stay_of(ports, uow, request_id, person, groups)
    if not set(stay.request.lock_ids) <= {*request.lock_ids, *more}:
        raise Stale(request_id)
    return stay


async def doors_wanted(uow: UnitOfWork, stay: Stay, lock_ids: Sequence[str]) -> tuple[Lock, ...]:
    """Raises a Refusal for a door that is not there. A new one stands where one is left."""
    ids = doors_after(door_pairs(stay.request.lock_ids, lock_ids or stay.request.lock_ids))
    found = await uow.locks.get_many(ids)
    if len(found) < len(ids):
        raise Refusal(Reason.UNKNOWN_LOCK)
    return tuple(found[each] for each in ids)


def check_doors_stay(stay: Stay, lock_ids: Sequence[str]) -> None:
    """Raises a Refusal where one visit of several would go to another door: those after it go where it does, and their
    doors were decided with it."""
    if stay.request.series_id is not None and set(lock_ids or stay.request.lock_ids) != set(stay.request.lock_ids):
        raise Refusal(Reason.ONE_OF_SERIES)


async def draft(ports: Ports, uow: UnitOfWork, stay: Stay, person: str, wanted: Wanted, groups: Groups) -> Drafted:
    """Raises a Refusal where there is nothing to change, or a lock would not accept it."""
    request, now = stay.request, ports.clock.now()
    left = check_can_change(request, stay.codes, now)
    locks = await doors_wanted(uow, stay, wanted.lock_ids)
    pairs = door_pairs(request.lock_ids, tuple(lock.id for lock in locks))
    kept, after_ids = doors_kept(pairs), {lock.id for lock in locks}
    # Of a chain that goes on, the PIN that runs keeps its time; a door that is new, or left, is planned from now.
    ahead = to_plan(request, tuple(code for code in left if code.lock_id in kept), wanted.window, now)
    old = (*ahead.codes, *(code for code in left if code.lock_id not in kept))
    # A code that was never minted frees its slot, maybe the very one needed.
    freed = [code for code in old if code.status is CodeStatus.RESERVED and code.lock_id in after_ids]
    doors, held = await planned_doors(uow, locks, now, freed)
    _check_clocks(stay, locks, doors)
    whole, parts = _planned(request, wanted, ahead, doors, kept, now)
    to_make = exchanges(old, parts, stay.codes, now, pairs)
    used = stay.pins.inside is not None
    after = changed(request, person, wanted.window, whole, now, used=used, doors=doors_after(pairs))
    known = [lock.known_as for lock in stay.locks], [lock.known_as for lock in locks]
    after = asked_anew(ports.rules, request, after, *known, groups)
    cost = still_open(to_make, stay.pins)
    try:
        booked = wanted.booked or wanted.window
        asks = from_source(person) and not as_booked(booked, wanted.window, whole.granted, now)
        word = _word(ports, stay, after, locks, person, groups, asks_people=asks)
    except Refusal as beyond:
        able = _ids(beyond.facts.get("who"))
        return Drafted(after, locks, whole, to_make, cost, held, beyond=beyond, able=able)
    return Drafted(after, locks, whole, to_make, cost, held, word)


def _check_clocks(stay: Stay, locks: Sequence[Lock], doors: Sequence[PlannedDoor]) -> None:
    """The times of a stay are those of its doors' clock: on another clock it is another stay."""
    check_doors(doors)
    zones = dict.fromkeys(lock.zone for lock in (*stay.locks, *locks))
    if len(zones) > 1:
        raise Refusal(Reason.DOORS_APART, {"zones": tuple(zones)})


def _planned(
    request: AccessRequest,
    wanted: Wanted,
    ahead: ToPlan,
    doors: Sequence[PlannedDoor],
    kept: Collection[str],
    now: datetime,
) -> tuple[Plan, tuple[PlannedPart, ...]]:
    """Every PIN at every door, or a Refusal."""
    once, noticed = request.kind is PinKind.ONE_TIME, wanted.noticed

    def planned(window: AccessWindow, of: Sequence[PlannedDoor]) -> tuple[Plan, tuple[PlannedPart, ...]]:
        found = plan_stay(window, of, now=now, one_time=once, chain=request.chain, noticed=noticed)
        return found.whole, found.parts

    if ahead.window == wanted.window:
        return planned(wanted.window, doors)
    whole, parts = planned(ahead.window, [door for door in doors if door.lock_id in kept])
    new = [door for door in doors if door.lock_id not in kept]
    return whole, (*parts, *(planned(wanted.window, new)[1] if new else ()))


def _word(
    ports: Ports,
    stay: Stay,
    after: AccessRequest,
    locks: Sequence[Lock],
    person: str,
    groups: Groups,
    *,
    asks_people: bool,
) -> str:
    """On whose word it is made. Raises a Refusal that names who could give theirs."""
    who = deciders_of_change(ports, after, locks, groups)
    fresh, known = replace(after, asked_under=()), [lock.known_as for lock in locks]
    alone = automatic(ports.rules, fresh, known, groups) is not None
    with on_clock_of(stay.lock.zoneinfo):
        try:
            return check_may_change(stay.request, after, person, who, by_the_rules=alone, asks_people=asks_people)
        except Refusal as refusal:
            raise refusal.with_facts(door=stay.lock.name) from None


def deciders_of_change(
    ports: Ports,
    after: AccessRequest,
    locks: Sequence[Lock],
    groups: Groups,
    asked_under: Sequence[AskedUnder] = (),
) -> Deciders:
    """Who decides a stay as it would be at these doors: by the rules as they are, as of any other ask, and by what they
    said when the change was asked."""
    fresh = replace(after, asked_under=tuple(asked_under))
    return deciders_of_all(ports.rules, fresh, [lock.known_as for lock in locks], groups, backup_called=False)


def _ids(who: object) -> tuple[str, ...]:
    return tuple(map(str, who)) if isinstance(who, tuple) else ()
