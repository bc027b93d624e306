"""Stays that came by themselves, as they stand: for the program that sent them. Reads only."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.team.amendments import wanted_changes
from bot.domain.approvals.policy import Rules
from bot.domain.approvals.wanted_changes import WantedChange, overtaken
from bot.domain.locks.lock import Lock
from bot.domain.planning.stay_plan import PlannedDoor, plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.source_stays import SourceKey, SourceStay
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.stay_now import StayNow
from bot.domain.windows import AccessWindow
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.stays import stays_now
from bot.workflows.take_stay.understanding import window_at


@dataclass(frozen=True, slots=True)
class SourceStayInfo:
    """`stands`: the stay as it is; None while nobody has said whom to text, and then `lock` and `granted` are what it
    would be, as far as that is known. `wanted`: a change of it that waits for a decision. `over`: it has begun without
    anybody to text."""

    stay: SourceStay
    stands: StayNow | None = None
    wanted: WantedChange | None = None
    lock: Lock | None = None
    granted: AccessWindow | None = None
    over: bool = False


@retry_if_stale
async def show_source_stay(ports: Ports, key: SourceKey) -> SourceStayInfo:
    """Raises a Refusal where nobody knows it."""
    async with ports.store() as uow:
        stay = await uow.source_stays.by_key(key)
        if stay is None:
            raise Refusal(Reason.UNKNOWN_STAY)
        return (await _infos(uow, ports.rules, [stay], ports.clock.now()))[0]


@retry_if_stale
async def list_source_stays(
    ports: Ports, after: str, limit: int, source: str | None = None
) -> tuple[Sequence[SourceStayInfo], str | None]:
    """A page in the order in which they came, and where the next one begins, if there is one."""
    async with ports.store() as uow:
        found = await uow.source_stays.after(after, limit + 1, source)
        page = found[:limit]
        more = page[-1].id if len(found) > limit else None
        return await _infos(uow, ports.rules, page, ports.clock.now()), more


async def _infos(uow: UnitOfWork, rules: Rules, stays: Sequence[SourceStay], now: datetime) -> Sequence[SourceStayInfo]:
    requests = await uow.requests.get_many({one.request_id for one in stays if one.request_id})
    found = await stays_now(uow, requests.values(), now)
    # A change beyond what was approved is one of what was approved.
    approved = [key for key, now_ in found.items() if now_.request.status is RequestStatus.APPROVED]
    messages = await uow.messages.of_requests(approved) if approved else {}
    infos = []
    for one in stays:
        stands = found.get(one.request_id or "")
        if one.request_id is None:
            infos.append(await _without_contact(uow, rules, one, now))
            continue
        every = wanted_changes(messages.get(one.request_id or "", ()))
        newest = every[-1] if stands and every and not overtaken(every, every[-1], stands.request, now) else None
        infos.append(SourceStayInfo(one, stands, newest))
    return infos


async def _without_contact(uow: UnitOfWork, rules: Rules, stay: SourceStay, now: datetime) -> SourceStayInfo:
    found = await uow.locks.get_many(stay.said.lock_ids)
    locks = [found[each] for each in stay.said.lock_ids if each in found]
    if not locks:
        return SourceStayInfo(stay)
    window, _ = window_at(rules, stay.key, locks[0], stay.said.starts_at, stay.said.ends_at)
    info = SourceStayInfo(stay, lock=locks[0], over=now >= window.starts_at)
    with suppress(Refusal):
        granted = plan_stay(window, [PlannedDoor(one.id, one.name, one.zoneinfo) for one in locks], now=now)
        info = replace(info, granted=granted.whole.granted)
    return info
