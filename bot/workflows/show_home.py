"""Somebody opens their Home tab: everything that they may see, collected. Reads only."""

from collections.abc import Sequence
from datetime import datetime

from bot.conversation.team.home import HomeSeen, Stay
from bot.domain.approvals.advance_request import waits_for
from bot.domain.messages.message import MessageStatus
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.dangers import Danger, dangers_of
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale

MOST = 100
"""Rows of each kind that are looked at; the tab shows fewer."""


@retry_if_stale
async def look_home(ports: Ports, person: str, workspace: str = "") -> HomeSeen:
    """An approver sees everybody's stays in this workspace; anybody else sees their own."""
    now, decides, groups = ports.clock.now(), person in await ports.approvers(), await ports.groups()
    async with ports.store() as work:
        mine = [await _stay(work, request) for request in await work.requests.of_requester(person, MOST)]
        everybodys = [r for r in await work.requests.pending(MOST) if workspace in ("", r.workspace)]
        pending = _found([await _stay(work, request) for request in everybodys])
        to_decide = [s for s in pending if waits_for(s.request, s.lock.called, person, ports.rules, groups, now)]
        awaited = await _awaited(work, now, None if decides else person, workspace)
        held = await work.codes.held(now)
        locks = await work.locks.all()
        return HomeSeen(
            now=now,
            decides=decides,
            mine=_found(mine),
            to_decide=to_decide,
            arriving=[stay for stay in awaited if _arrives_today(stay, now)],
            in_danger=await _in_danger(work, awaited, now),
            doors=[(lock, held.get(lock.id, 0)) for lock in locks],
        )


async def _awaited(work: UnitOfWork, now: datetime, requester: str | None, workspace: str) -> list[Stay]:
    """Stays with a PIN that is still unused or starts about today, soonest first; of a replaced PIN only the newest."""
    codes = await work.codes.awaited(now, requester, MOST)
    newest: dict[str, AccessCode] = {}
    for code in codes:
        newest[code.request_id] = max(code, newest.get(code.request_id, code), key=lambda one: one.id)
    requests = [(await work.requests.get(code.request_id), code) for code in newest.values()]
    return _found(
        [
            await _stay(work, request, code)
            for request, code in requests
            if request and workspace in ("", request.workspace)
        ]
    )


async def _stay(work: UnitOfWork, request: AccessRequest, code: AccessCode | None = None) -> Stay | None:
    lock, guest = await work.locks.get(request.lock_id), await work.guests.get(request.guest_id)
    if lock is None or guest is None:
        return None
    codes = [code] if code else await work.codes.of_request(request.id)
    return Stay(request, lock, guest, codes[-1] if codes else None)


def _found(stays: Sequence[Stay | None]) -> list[Stay]:
    return [stay for stay in stays if stay is not None]


def _arrives_today(stay: Stay, now: datetime) -> bool:
    """By the calendar at the door."""
    if stay.code is None:
        return False
    zone = stay.lock.zoneinfo
    return stay.code.window.starts_at.astimezone(zone).date() == now.astimezone(zone).date()


async def _in_danger(work: UnitOfWork, stays: Sequence[Stay], now: datetime) -> list[tuple[Stay, tuple[Danger, ...]]]:
    looked = [(stay, await _dangers(work, stay, now)) for stay in stays]
    return [(stay, why) for stay, why in looked if why]


async def _dangers(work: UnitOfWork, stay: Stay, now: datetime) -> tuple[Danger, ...]:
    if stay.code is None:
        return ()
    opted_out = stay.guest.opted_out_at is not None
    return dangers_of(stay.code, await _text(work, stay.code), now, opted_out=opted_out)


async def _text(work: UnitOfWork, code: AccessCode) -> MessageStatus | None:
    """How far the newest text with this code's PIN has come."""
    texts = [m for m in await work.messages.of_request(code.request_id) if m.code_id == code.id and m.phrase == "pin"]
    return texts[-1].reached if texts else None
