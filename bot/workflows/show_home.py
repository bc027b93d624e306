"""Somebody opens their Home tab, or the status page: everything that they may see, collected. Reads only."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.conversation.team.home import BareStay, HomeAlert, HomeInfo
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT
from bot.domain.approvals.advance_request import waits_for
from bot.domain.approvals.by_source import lock_for
from bot.domain.locks.known_as import KnownAs
from bot.domain.locks.lock import Lock
from bot.domain.sources.health import SourcesHealth
from bot.domain.sources.source_stays import window_at
from bot.domain.stays.access_requests import AccessRequest, going_on_first
from bot.domain.stays.alerts import OF_LOCKS, Alert
from bot.domain.stays.dangers import Danger, dangers_of
from bot.domain.stays.stay_now import StayNow, each_series_once, without_past_visits
from bot.ports import Ports, UnitOfWork
from bot.ports.house import house, workspace_name
from bot.ports.stale import retry_if_stale
from bot.ports.stays import stays_now

MOST, LOOKED_AT = 100, 1000
"""Rows of each kind that are looked at, and out of how many of one's own; the tab shows fewer."""


@retry_if_stale
async def show_home(ports: Ports, person: str | None, workspace: str = "") -> HomeInfo:
    """An approver sees everybody's stays in this workspace, and so does the status page, which is no person's; anybody
    else sees their own."""
    now, groups = ports.clock.now(), await ports.groups()
    decides = person is None or person in await ports.approvers()
    async with ports.store() as uow:
        own = await uow.requests.of_requester(person, LOOKED_AT) if person is not None else ()
        theirs = going_on_first(without_past_visits(own, now), now)[:MOST]
        everybodys = [r for r in await uow.requests.pending(MOST) if workspace in ("", r.workspace)]
        codes, alerts = await uow.codes.awaited(now, None if decides else person, MOST), await uow.alerts.all_open(MOST)
        awaited = list(dict.fromkeys(code.request_id for code in codes))
        others = await uow.requests.get_many({*awaited, *(one.request_id for one in alerts if one.request_id)})
        known = {request.id: request for request in (*theirs, *everybodys, *others.values())}
        found = await stays_now(uow, known.values(), now)
        # Of a replaced PIN only the newest; soonest first.
        coming = [s for key in awaited if (s := found.get(key)) and workspace in ("", s.request.workspace)]
        repeating = {one.series_id for one in everybodys if one.series_id}
        series = await uow.series.get_many(repeating)
        held, locks = await uow.codes.held(now), await uow.locks.all()
        by_themselves = decides and await _is_houses(ports, uow, workspace)
        return HomeInfo(
            now=now,
            decides=decides,
            alerts=await _alerts(uow, alerts, known, found, None if decides else person, workspace),
            mine=each_series_once(found[request.id] for request in theirs if request.id in found),
            to_decide=[
                s
                for request in everybodys
                if (s := found.get(request.id))
                and (person is None or waits_for(request, _known_as(s), person, ports.rules, groups, now))
            ],
            arriving=[stay for stay in coming if _arrives_today(stay, now)],
            in_danger=[(stay, why) for stay in coming if (why := _dangers(stay, now))],
            doors=[(lock, held.get(lock.id, 0)) for lock in locks],
            without_contact=await _without_contact(ports, uow, locks) if by_themselves else (),
            sources=await uow.sources_health() if by_themselves else SourcesHealth(),
            workspace=await workspace_name(ports, uow, workspace),
            visits={one.id: one.visits for one in series.values()},
        )


async def _is_houses(ports: Ports, uow: UnitOfWork, workspace: str) -> bool:
    """What comes by itself is the house's own workspace's, where there are several."""
    return not workspace or workspace == next((one.id for one in await house(ports, uow)), "")


def _known_as(stay: StayNow) -> list[KnownAs]:
    return [one.known_as for one in stay.locks]


async def _without_contact(ports: Ports, uow: UnitOfWork, locks: Sequence[Lock]) -> Sequence[BareStay]:
    """The soonest first."""
    doors, found = {lock.id: lock for lock in locks}, list[BareStay]()
    for stay in await uow.source_stays.without_contact(MOST):
        lock = doors.get(stay.said.lock_ids[0])
        if lock is not None:
            here = lock_for(ports.rules, stay.key.requester, lock)
            window, _ = window_at(here, stay.said.starts_at, stay.said.ends_at, CHECK_IN, CHECK_OUT)
            found.append(BareStay(stay, lock, window))
    return sorted(found, key=lambda one: (one.window, one.stay.id))


async def _alerts(
    uow: UnitOfWork,
    alerts: Sequence[Alert],
    requests: Mapping[str, AccessRequest],
    stays: Mapping[str, StayNow],
    requester: str | None,
    workspace: str,
) -> list[HomeAlert]:
    """Those of nobody first, the oldest on top; one that is about no stay is the approvers'."""
    said = await uow.messages.get_many({one.notices[0] for one in alerts if one.request_id is None and one.notices})
    found = []
    for alert in alerts:
        request = requests.get(alert.request_id or "")
        if request is None:
            here = workspace in ("", alert.workspace) or alert.kind in OF_LOCKS
            if requester is None and here:
                first = said.get(alert.notices[0]) if alert.notices else None
                found.append(HomeAlert(alert, None, _of_what(first.facts) if first else ""))
        elif requester in (None, request.requester) and workspace in ("", request.workspace):
            found.append(HomeAlert(alert, stays.get(request.id)))
    return found


def _of_what(facts: Mapping[str, str]) -> str:
    return next((facts[name] for name in ("phone", "lock", "waiting") if facts.get(name)), "")


def _arrives_today(stay: StayNow, now: datetime) -> bool:
    """By the calendar at the door."""
    if stay.code is None:
        return False
    zone = stay.lock.zoneinfo
    return stay.code.window.starts_at.astimezone(zone).date() == now.astimezone(zone).date()


def _dangers(stay: StayNow, now: datetime) -> tuple[Danger, ...]:
    main = stay.standing.main
    if main is None:
        return ()
    return dangers_of(main.code, now, unread=main.unread, opted_out=stay.guest.opted_out_at is not None)
