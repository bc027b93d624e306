"""Which stay somebody means, by the guest's name or the short id on the card. Only one's own, unless an approver; or
where the rules let them see its PIN, and that is what they want."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.answers.stay_answers import label
from bot.conversation.typed.stay_names import Candidate, choose, near, typed_id
from bot.domain.approvals.revealing import may_reveal
from bot.domain.hiding import hide_digits
from bot.domain.locks.lock import Lock, together
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.series import Series
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import Standing, newest_of_parts, standing
from bot.domain.stays.stay_now import each_series_once, without_past_visits
from bot.domain.stays.withdrawing import is_theirs
from bot.ports import Ports, UnitOfWork
from bot.ports.doors_left import doors_left
from bot.ports.house import workspace_name
from bot.ports.stale import retry_if_stale

MOST = 2000
"""By name, the newest so many stays are looked through; the short id finds any."""

MOST_CHOICES = 5
_OVER = (CodeStatus.ENDED, CodeStatus.RELEASED)


@dataclass(frozen=True, slots=True)
class FoundStay:
    """All we know about one. `evidence` is of all its codes; `left` are doors that it had before."""

    request: AccessRequest
    guest: Guest
    locks: tuple[Lock, ...]
    codes: tuple[AccessCode, ...]
    messages: tuple[Message, ...]
    evidence: tuple[Evidence, ...]

    now: datetime
    left: tuple[Lock, ...] = ()
    workspace: str = ""
    """How people call the one it was asked in, where there are several."""
    series: Series | None = None
    """Of which it is one visit."""

    @property
    def lock(self) -> Lock:
        """Its doors as one."""
        return together(self.locks)

    @property
    def standing(self) -> Standing:
        return standing(self.codes, self.evidence, self.now, self.messages)


@retry_if_stale
async def find_stay(
    ports: Ports, words: str, person: str, workspace: str = "", *, to_reveal: bool = False
) -> FoundStay:
    """Raises a Refusal when nothing fits (with what comes near), or several stays do (with their short ids).

    Only stays of this workspace are found. Of several with the same name, those that are over stand back behind one
    that is not. `to_reveal`: besides one's own, also those whose PIN the rules let this person see.
    """
    approvers, groups = await ports.approvers(), await ports.groups() if to_reveal else {}
    async with ports.store() as uow:
        doors = {lock.id: lock.known_as for lock in await uow.locks.all()} if to_reveal else {}

        def theirs(request: AccessRequest) -> bool:
            if workspace not in ("", request.workspace):
                return False
            named = to_reveal and may_reveal(ports.rules, request, doors.get(request.lock_id, ()), groups, person)
            return named or is_theirs(request, person, approvers)

        whose = None if to_reveal or person in approvers else person
        pool = await uow.requests.with_guests(whose, MOST, ports.clock.now())
        candidates = [Candidate(request_id, name) for request_id, name in pool]
        # Filtered before anything is counted or named: the lists in a Refusal must not show strangers' stays.
        meant = [r for r in await _by_id(uow, words) if theirs(r)]
        meant = meant or [r for r in await _requests(uow, choose(words, candidates)) if theirs(r)]
        now, typed = ports.clock.now(), hide_digits(words)
        alive = without_past_visits(await _alive(uow, meant) or meant, now)
        found = [stay for r in alive[:MOST_CHOICES] if (stay := await _stay(uow, r, now)) is not None]
        stays = each_series_once(found)
        if len(stays) == 1 and len(found) == len(alive):
            return replace(stays[0], workspace=await workspace_name(ports, uow, stays[0].request.workspace))
        if not stays:
            mine = {r.id for r in await _requests(uow, candidates) if theirs(r)}
            named = [c for c in candidates if c.request_id in mine]
            raise Refusal(Reason.UNKNOWN_STAY, {"name": typed, "known": near(words, named)})
        known = tuple(label(s.request, s.lock, s.standing) for s in stays)
        raise Refusal(Reason.WHICH_STAY, {"name": typed, "known": known})


async def _requests(uow: UnitOfWork, named: Iterable[Candidate]) -> list[AccessRequest]:
    """In the order of the names: many guests may be called the same, and somebody waits."""
    ids = [one.request_id for one in named]
    found = await uow.requests.get_many(ids)
    return [found[each] for each in ids if each in found]


async def _alive(uow: UnitOfWork, requests: Sequence[AccessRequest]) -> list[AccessRequest]:
    codes = await uow.codes.of_requests([request.id for request in requests])
    return [request for request in requests if not _over(request, codes.get(request.id, ()))]


async def _by_id(uow: UnitOfWork, words: str) -> list[AccessRequest]:
    typed = typed_id(words)
    return list(await uow.requests.by_short_id(typed)) if typed else []


async def _stay(uow: UnitOfWork, request: AccessRequest, now: datetime) -> FoundStay | None:
    guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
    if guest is None or not locks:
        return None
    codes = await uow.codes.of_request(request.id)
    evidence = await uow.codes.evidence_of([code.id for code in codes])
    messages = await uow.messages.of_request(request.id)
    left = await doors_left(uow, request, codes)
    series = await uow.series.get(request.series_id) if request.series_id else None
    known = (tuple(codes), tuple(messages), tuple(evidence))
    return FoundStay(request, guest, locks, *known, now, left, series=series)


def _over(request: AccessRequest, codes: Sequence[AccessCode]) -> bool:
    if not codes:
        return request.status is not RequestStatus.PENDING
    return all(code.status in _OVER for code in newest_of_parts(codes).values())
