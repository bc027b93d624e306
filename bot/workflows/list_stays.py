"""What somebody asked for, what waits for them to decide, and for an approver everybody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals.advance_request import waits_for
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, goes_on, going_on_first
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import Standing
from bot.domain.stays.stay_now import each_series_once, without_past_visits
from bot.ports import Ports, UnitOfWork
from bot.ports.house import workspace_name
from bot.ports.stale import retry_if_stale
from bot.ports.stays import stays_now

MOST, LOOKED_AT = 20, 1000
"""Shown, and looked at to find them."""

MOST_OF_ALL = 100


@dataclass(frozen=True, slots=True)
class Listed:
    request: AccessRequest
    guest: Guest
    lock: Lock
    standing: Standing
    workspace: str = ""
    """How people call the one it was asked in, where there are several."""
    locks: tuple[Lock, ...] = ()
    """Its doors one by one; `lock` is all of them."""


class Listing(list[Listed]):
    """The first of them; `more`: how many there are besides."""

    def __init__(self, shown: Iterable[Listed], more: int) -> None:
        super().__init__(shown)
        self.more = more


@retry_if_stale
async def asked_by(ports: Ports, person: str) -> Listing:
    """Somebody's own, newest first; what still goes on is not hidden behind what is over."""
    now = ports.clock.now()
    async with ports.store() as uow:
        theirs = without_past_visits(await uow.requests.of_requester(person, LOOKED_AT), now)
        chosen = {request.id for request in going_on_first(theirs, now)[:MOST]}
        shown = await _listed(ports, uow, [request for request in theirs if request.id in chosen], now)
        return Listing(shown, len(theirs) - len(chosen))


@retry_if_stale
async def to_decide(ports: Ports, person: str, workspace: str = "") -> Listing:
    """What this person may decide now in this workspace: of everybody who asked what begins first, then their next.
    Raises a Refusal for whoever is no approver of anything."""
    approvers, groups = await ports.approvers(), await ports.groups()
    async with ports.store() as uow:
        names = {lock.id: lock.known_as for lock in await uow.locks.all()}
        pending = [
            r
            for r in await uow.requests.pending(LOOKED_AT)
            if names.keys() >= set(r.lock_ids) and workspace in ("", r.workspace)
        ]
        now, rules = ports.clock.now(), ports.rules
        waiting = [r for r in pending if waits_for(r, [names[each] for each in r.lock_ids], person, rules, groups, now)]
        if not waiting and person not in approvers:
            raise Refusal(Reason.NOT_AN_APPROVER)
        return Listing(await _listed(ports, uow, waiting[:MOST], now), max(0, len(waiting) - MOST))


@retry_if_stale
async def everybodys(ports: Ports, person: str, workspace: str = "") -> Listing:
    """All in this workspace that waits for a decision, is not over, or was given up and still opens, soonest first. As
    on the Home tab, whoever decides about any door sees it. Raises a Refusal for anybody else."""
    now = ports.clock.now()
    if person not in await ports.approvers():
        raise Refusal(Reason.NOT_AN_APPROVER, {"what": "list"})
    async with ports.store() as uow:
        known = await uow.requests.get_many([of for of, _ in await uow.requests.with_guests(None, LOOKED_AT, now)])
        here = [request for request in known.values() if workspace in ("", request.workspace)]
        given_up = [request for request in here if request.given_up and now < request.granted.ends_at]
        going = sorted((*filter(lambda r: goes_on(r, now), here), *given_up), key=lambda r: (r.granted.starts_at, r.id))
        listed = await _listed(ports, uow, going, now)
        shown = [stay for stay in listed if stay.standing.open or goes_on(stay.request, now)]
        return Listing(shown[:MOST_OF_ALL], max(0, len(shown) - MOST_OF_ALL))


async def _listed(ports: Ports, uow: UnitOfWork, requests: list[AccessRequest], now: datetime) -> list[Listed]:
    places = {request.workspace for request in requests}
    called = {place: await workspace_name(ports, uow, place) for place in places}
    found = (await stays_now(uow, requests, now)).values()
    listed = (Listed(s.request, s.guest, s.lock, s.standing, called[s.request.workspace], s.locks) for s in found)
    return each_series_once(listed)
