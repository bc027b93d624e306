"""What the morning message says, read in the moment in which it is posted."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.delivery import Arrival, Bare, morning_facts
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT
from bot.domain.approvals.by_source import lock_for
from bot.domain.locks.lock import together
from bot.domain.messages.message import Message
from bot.domain.messages.morning import Morning, morning_on
from bot.domain.sources.source_stays import window_at
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Alert, AlertKind
from bot.domain.stays.arrivals import OF_ITS_DOORS, arrives_at, readiness
from bot.domain.stays.standing import standing
from bot.ports import Ports, UnitOfWork
from bot.ports.house import house

_MOST_ALERTS = 1000


async def read_morning(ports: Ports, uow: UnitOfWork, message: Message) -> Mapping[str, str] | None:
    """None where it is too late for it, or there is nothing to tell."""
    now, zone, clock = ports.clock.now(), ZoneInfo(message.facts["house"]), ports.options.morning
    if clock is None:
        return None
    morning = morning_on(date.fromisoformat(message.facts["on"]), clock, zone)
    if now >= morning.until:
        return None
    home, alerts = message.facts["workspace"], await uow.alerts.all_open(_MOST_ALERTS)
    arrivals = await _arrivals(uow, morning, home, alerts, now)
    named = {one.request.id for one in arrivals}
    doors = {lock_id for one in arrivals for lock_id in one.request.lock_ids}
    stays = await uow.requests.get_many({a.request_id for a in alerts if a.request_id})
    places = [(a, stays[a.request_id or ""].workspace if a.request_id in stays else a.workspace) for a in alerts]
    # An alert of no stay may belong to no workspace: that of a lock is everybody's.
    here = [a for a, place in places if home in ("", place) or (a.request_id is None and not place)]
    bare = await _without_contact(ports, uow, morning, home)
    theirs = {f"{AlertKind.NO_NUMBER.value}:{one.stay_id}" for one in bare}
    others = sum(
        a.acknowledged_by is None and a.request_id not in named and a.key not in theirs and not _is_of(a, doors)
        for a in here
    )
    return morning_facts(arrivals, others, bare) if arrivals or others or bare else None


async def _without_contact(ports: Ports, uow: UnitOfWork, morning: Morning, home: str) -> list[Bare]:
    """Stays of tomorrow that came by themselves without a number: of the house's own workspace, where there are
    several."""
    if home not in ("", next((one.id for one in await house(ports, uow)), "")):
        return []
    doors, found = {lock.id: lock for lock in await uow.locks.all()}, []
    for stay in await uow.source_stays.without_contact(_MOST_ALERTS):
        lock = doors.get(stay.said.lock_ids[0])
        if lock is None:
            continue
        here = lock_for(ports.rules, stay.key.requester, lock)
        window, _ = window_at(here, stay.said.starts_at, stay.said.ends_at, CHECK_IN, CHECK_OUT)
        from_, to = morning.tomorrow(lock.zoneinfo)
        if from_ <= window.starts_at < to:
            found.append(Bare(stay.said.guest_name, lock, window.starts_at, stay.key.source, stay.id))
    return sorted(found, key=lambda one: (one.starts_at, one.guest))


async def _arrivals(
    uow: UnitOfWork, morning: Morning, home: str, alerts: Sequence[Alert], now: datetime
) -> list[Arrival]:
    days = {lock.zone: morning.tomorrow(lock.zoneinfo) for lock in await uow.locks.all()}
    if not days:
        return []
    since, until = min(start for start, _ in days.values()), max(end for _, end in days.values())
    found = [r for r in await uow.requests.beginning(since, until) if home in ("", r.workspace)]
    ids = {request.id for request in found}
    guests, codes = await uow.guests.of_stays(ids), await uow.codes.of_requests(ids)
    evidence = await uow.codes.evidence_of([code.id for several in codes.values() for code in several])
    locks = await uow.locks.get_many({lock_id for request in found for lock_id in request.lock_ids})
    messages, arrivals = await uow.messages.of_requests(ids), []
    for request in found:
        if request.id not in guests or not locks.keys() >= set(request.lock_ids):
            continue
        pins, lock = standing(codes.get(request.id, ()), evidence, now), together([locks[i] for i in request.lock_ids])
        starts_at, (from_, to) = arrives_at(request, pins), morning.tomorrow(lock.zoneinfo)
        if starts_at is None or not from_ <= starts_at < to:
            continue
        # Its own first: what is wrong with a door concerns others, too.
        own, of_doors = _of_stay(alerts, request), [a for a in alerts if _is_of(a, request.lock_ids)]
        guest, texts = guests[request.id], messages.get(request.id, ())
        opted_out, open_ = guest.opted_out_at is not None, [*own, *of_doors]
        state = readiness(request, pins, texts, open_, opted_out=opted_out, now=now)
        arrivals.append(Arrival(request, lock, guest, starts_at, state, next(iter(open_), None)))
    return arrivals


def _of_stay(alerts: Sequence[Alert], request: AccessRequest) -> list[Alert]:
    return [alert for alert in alerts if alert.request_id == request.id]


def _is_of(alert: Alert, doors: Collection[str]) -> bool:
    """About one of these doors, and so about whoever arrives there."""
    return alert.request_id is None and alert.kind in OF_ITS_DOORS and alert.lock_id in doors
