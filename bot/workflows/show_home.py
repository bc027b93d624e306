"""Somebody opens their Home tab: everything that they may see, collected. Reads only."""

from collections.abc import Sequence
from datetime import datetime

from bot.conversation.team.home import HomeAlert, HomeInfo, HomeStay
from bot.domain.approvals.advance_request import waits_for
from bot.domain.stays.access_requests import AccessRequest, going_on_first
from bot.domain.stays.alerts import OF_LOCKS
from bot.domain.stays.dangers import Danger, dangers_of
from bot.domain.stays.standing import standing
from bot.ports import Ports, UnitOfWork
from bot.ports.house import workspace_name
from bot.ports.stale import retry_if_stale

MOST, LOOKED_AT = 100, 1000
"""Rows of each kind that are looked at, and out of how many of one's own; the tab shows fewer."""


@retry_if_stale
async def show_home(ports: Ports, person: str, workspace: str = "") -> HomeInfo:
    """An approver sees everybody's stays in this workspace; anybody else sees their own."""
    now, decides, groups = ports.clock.now(), person in await ports.approvers(), await ports.groups()
    async with ports.store() as uow:
        theirs = going_on_first(await uow.requests.of_requester(person, LOOKED_AT), now)
        mine = [await _stay(uow, request, now) for request in theirs[:MOST]]
        everybodys = [r for r in await uow.requests.pending(MOST) if workspace in ("", r.workspace)]
        pending = _found([await _stay(uow, request, now) for request in everybodys])
        to_decide = [
            s
            for s in pending
            if waits_for(s.request, [one.known_as for one in s.locks], person, ports.rules, groups, now)
        ]
        awaited = await _awaited(uow, now, None if decides else person, workspace)
        held = await uow.codes.held(now)
        locks = await uow.locks.all()
        return HomeInfo(
            now=now,
            decides=decides,
            alerts=await _alerts(uow, None if decides else person, workspace, now),
            mine=_found(mine),
            to_decide=to_decide,
            arriving=[stay for stay in awaited if _arrives_today(stay, now)],
            in_danger=_in_danger(awaited, now),
            doors=[(lock, held.get(lock.id, 0)) for lock in locks],
            workspace=await workspace_name(ports, uow, workspace),
        )


async def _alerts(uow: UnitOfWork, requester: str | None, workspace: str, now: datetime) -> list[HomeAlert]:
    """Those of nobody first, the oldest on top; one that is about no stay is the approvers'."""
    found = []
    for alert in await uow.alerts.all_open(MOST):
        request = await uow.requests.get(alert.request_id) if alert.request_id else None
        if request is None:
            here = workspace in ("", alert.workspace) or alert.kind in OF_LOCKS
            if requester is None and here:
                first = await uow.messages.get(alert.notices[0]) if alert.notices else None
                found.append(
                    HomeAlert(alert, None, first.facts.get("phone") or first.facts.get("lock", "") if first else "")
                )
        elif requester in (None, request.requester) and workspace in ("", request.workspace):
            found.append(HomeAlert(alert, await _stay(uow, request, now)))
    return found


async def _awaited(uow: UnitOfWork, now: datetime, requester: str | None, workspace: str) -> list[HomeStay]:
    """Stays with a PIN that is still unused or starts about today, soonest first; of a replaced PIN only the newest."""
    codes = await uow.codes.awaited(now, requester, MOST)
    requests = [await uow.requests.get(request_id) for request_id in dict.fromkeys(code.request_id for code in codes)]
    here = [request for request in requests if request and workspace in ("", request.workspace)]
    return _found([await _stay(uow, request, now) for request in here])


async def _stay(uow: UnitOfWork, request: AccessRequest, now: datetime) -> HomeStay | None:
    locks, guest = await uow.locks.of_stay(request), await uow.guests.of_stay(request.id)
    if not locks or guest is None:
        return None
    codes = await uow.codes.of_request(request.id)
    evidence = await uow.codes.evidence_of([code.id for code in codes])
    messages = await uow.messages.of_request(request.id)
    return HomeStay(request, locks, guest, standing(codes, evidence, now, messages))


def _found(stays: Sequence[HomeStay | None]) -> list[HomeStay]:
    return [stay for stay in stays if stay is not None]


def _arrives_today(stay: HomeStay, now: datetime) -> bool:
    """By the calendar at the door."""
    if stay.code is None:
        return False
    zone = stay.lock.zoneinfo
    return stay.code.window.starts_at.astimezone(zone).date() == now.astimezone(zone).date()


def _in_danger(stays: Sequence[HomeStay], now: datetime) -> list[tuple[HomeStay, tuple[Danger, ...]]]:
    looked = [(stay, _dangers(stay, now)) for stay in stays]
    return [(stay, why) for stay, why in looked if why]


def _dangers(stay: HomeStay, now: datetime) -> tuple[Danger, ...]:
    main = stay.standing.main
    if main is None:
        return ()
    return dangers_of(main.code, now, unread=main.unread, opted_out=stay.guest.opted_out_at is not None)
