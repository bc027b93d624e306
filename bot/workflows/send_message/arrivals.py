"""What the morning message says, read in the moment in which it is posted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.delivery import Arrival, morning_facts
from bot.domain.locks.lock import together
from bot.domain.messages.message import Message
from bot.domain.messages.morning import Morning, morning_on
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Alert
from bot.domain.stays.arrivals import arrives_at, readiness
from bot.domain.stays.standing import standing
from bot.ports import Ports, UnitOfWork

_MOST_ALERTS = 1000


async def read_morning(ports: Ports, uow: UnitOfWork, message: Message) -> Mapping[str, str] | None:
    """None where it is too late for it, or there is nothing to tell."""
    now, house, clock = ports.clock.now(), ZoneInfo(message.facts["house"]), ports.options.morning
    if clock is None:
        return None
    morning = morning_on(date.fromisoformat(message.facts["on"]), clock, house)
    if now >= morning.until:
        return None
    home, alerts = message.facts["workspace"], await uow.alerts.all_open(_MOST_ALERTS)
    arrivals = await _arrivals(uow, morning, home, alerts, now)
    named = {one.request.id for one in arrivals}
    stays = await uow.requests.get_many({a.request_id for a in alerts if a.request_id})
    places = [(a, stays[a.request_id or ""].workspace if a.request_id in stays else a.workspace) for a in alerts]
    # An alert of no stay may belong to no workspace: that of a lock is everybody's.
    here = [a for a, place in places if home in ("", place) or (a.request_id is None and not place)]
    others = sum(a.acknowledged_by is None and a.request_id not in named for a in here)
    return morning_facts(arrivals, others) if arrivals or others else None


async def _arrivals(
    uow: UnitOfWork, morning: Morning, home: str, alerts: Sequence[Alert], now: datetime
) -> list[Arrival]:
    days = {lock.zone: morning.tomorrow(lock.zoneinfo) for lock in await uow.locks.all()}
    if not days:
        return []
    since, until = min(start for start, _ in days.values()), max(end for _, end in days.values())
    found = [r for r in await uow.requests.beginning(since, until) if home in ("", r.workspace)]
    open_of: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        open_of[alert.request_id or ""].append(alert)
    seen = [await _arrival(uow, request, open_of[request.id], morning, now) for request in found]
    return [one for one in seen if one is not None]


async def _arrival(
    uow: UnitOfWork, request: AccessRequest, alerts: Sequence[Alert], morning: Morning, now: datetime
) -> Arrival | None:
    locks, guest = await uow.locks.of_stay(request), await uow.guests.of_stay(request.id)
    if not locks or guest is None:
        return None
    codes = await uow.codes.of_request(request.id)
    pins = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), now)
    starts_at, lock = arrives_at(request, pins), together(locks)
    since, until = morning.tomorrow(lock.zoneinfo)
    if starts_at is None or not since <= starts_at < until:
        return None
    texts, opted_out = await uow.messages.of_request(request.id), guest.opted_out_at is not None
    state = readiness(request, pins, texts, alerts, opted_out=opted_out, now=now)
    return Arrival(request, lock, guest, starts_at, state, next(iter(alerts), None))
