"""A source says of a stay how it is now: it is asked for, changed, corrected or given up, by the same workflows as what
people type. The one workflow that calls others: each of their steps is whole by itself, and safe to repeat.

What the source has said is kept last. Whatever comes between, the same said once more does what is still to be done,
and nothing twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.names import as_requester
from bot.domain.sources.source_stays import Said, SourceKey, SourceStay, given_up_by_people, news
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.changing import codes_left
from bot.ports import Ports, Stale
from bot.ports.house import house
from bot.ports.stale import TRIES, retry_if_stale
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay, change_waiting, want_change
from bot.workflows.change_stay.drafting import Wanted
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.take_stay.understanding import Case, StayWords, understand
from bot.workflows.withdraw import withdraw

__all__ = ["StayWords", "Taken", "cancel_stay", "take_stay"]

_EVERY_PIN = 1_000
"""A source cannot be asked first: it reads afterwards what opens all the same."""


_ASKED_ANEW = {Said.WINDOW, Said.DOORS, Said.STATUS}
"""What is another stay, where the one before is over, given up or denied."""


@dataclass(frozen=True, slots=True)
class Taken:
    """`new`: nobody knew of it before."""

    stay_id: str
    new: bool = False


async def take_stay(ports: Ports, key: SourceKey, words: StayWords) -> Taken:
    """Raises a Refusal where a rule says no, and then nothing of it is done, or what was done is done once more by the
    same words."""
    for _ in range(TRIES - 1):
        try:
            return await _take(ports, await understand(ports, key, words))
        except Stale:
            continue
    return await _take(ports, await understand(ports, key, words))


async def cancel_stay(ports: Ports, key: SourceKey) -> Taken:
    """The source says no more than that it was cancelled. Raises a Refusal for a stay that nobody knows."""
    for _ in range(TRIES - 1):
        try:
            return await _cancel(ports, key)
        except Stale:
            continue
    return await _cancel(ports, key)


async def _cancel(ports: Ports, key: SourceKey) -> Taken:
    async with ports.store() as uow:
        known = await uow.source_stays.by_key(key)
        request = await uow.requests.get(known.request_id) if known and known.request_id else None
    if known is None:
        raise Refusal(Reason.UNKNOWN_STAY)
    if known.said.confirmed:
        await _give_up(ports, request)
        await _keep(ports, replace(known, said=replace(known.said, confirmed=False)))
    return Taken(known.id)


async def _take(ports: Ports, case: Case) -> Taken:
    known, said = case.known, case.said
    if known is None:
        stay = SourceStay(ports.new_id(), case.key, said, ports.clock.now())
        await _ask(ports, case, stay)
        return Taken(stay.id, new=True)
    other = news(known.said, said)
    if other & _ASKED_ANEW and not _goes_on(case):
        await _ask(ports, case, replace(known, said=said))
    elif other:
        await _follow(ports, case, known, other)
    return Taken(known.id)


def _goes_on(case: Case) -> bool:
    if case.request is None:
        return False
    if case.request.status is RequestStatus.APPROVED:
        return bool(codes_left(case.codes, case.now))
    return case.request.status is RequestStatus.PENDING


async def _ask(ports: Ports, case: Case, stay: SourceStay) -> None:
    if case.said.phone is None:
        raise Refusal(Reason.BAD_PHONE)
    wanted = PinRequest(
        requester=as_requester(case.key.source),
        lock_ids=case.said.lock_ids,
        guest_name=case.said.guest_name,
        phone=case.said.phone,
        window=case.window,
        delivery=f"{stay.id}:{stay.version}:{ports.new_id()}",
        note=case.said.note,
        workspace=await _workspace(ports),
        language=case.said.language,
        noticed=case.noticed,
        of_source=stay,
        asks_people=_refused_before(case),
    )
    await ask_for_pin(ports, wanted)


def _refused_before(case: Case) -> bool:
    by = [code.given_up.by for code in case.codes if code.given_up]
    return case.request is not None and given_up_by_people(case.request, by)


@retry_if_stale
async def _workspace(ports: Ports) -> str:
    """The house's own, where there are several."""
    async with ports.store() as uow:
        return next((one.id for one in await house(ports, uow)), "")


async def _follow(ports: Ports, case: Case, known: SourceStay, other: frozenset[Said]) -> None:
    request = case.request
    assert request is not None
    if other & {Said.WINDOW, Said.DOORS}:
        await _move(ports, case, request)
    if Said.GUEST in other and _goes_on(case):
        await _correct(ports, case, request)
    await _keep(ports, replace(known, said=case.said))


async def _move(ports: Ports, case: Case, request: AccessRequest) -> None:
    lock_ids = case.said.lock_ids
    if request.status is RequestStatus.PENDING:
        with _others_were_first(request.id):
            await change_waiting(ports, request.id, request.requester, Wanted(case.window, lock_ids, case.noticed))
        return
    chosen = NewTime(case.window, ports.new_id(), request.amendments, _EVERY_PIN, lock_ids)
    try:
        with _others_were_first(request.id):
            await change_stay(ports, request.id, request.requester, chosen)
    except Refusal as refusal:
        if refusal.reason is Reason.NOTHING_TO_CHANGE and refusal.facts.get("status") == "the same":
            return
        if refusal.reason is not Reason.BEYOND_APPROVED:
            raise
        with _others_were_first(request.id):
            await want_change(ports, request.id, request.requester, chosen)


@contextmanager
def _others_were_first(request_id: str) -> Iterator[None]:
    """Somebody decided, or changed it, since it was read: it is looked at once more."""
    try:
        yield
    except Refusal as refusal:
        if refusal.reason in (Reason.CHANGED_MEANWHILE, Reason.CHANGE_OVERTAKEN):
            raise Stale(request_id) from refusal
        raise


async def _correct(ports: Ports, case: Case, request: AccessRequest) -> None:
    said = case.said
    corrected = Correction(said.guest_name, said.phone, said.language, ports.new_id())
    await correct_guest(ports, request.id, request.requester, corrected)


async def _give_up(ports: Ports, request: AccessRequest | None) -> None:
    if request is None:
        return
    try:
        await withdraw(ports, request.id, request.requester)
    except Refusal as refusal:
        # Denied, lapsed or over: there is nothing left of it.
        if refusal.reason is not Reason.NOTHING_TO_WITHDRAW:
            raise


@retry_if_stale
async def _keep(ports: Ports, stay: SourceStay) -> None:
    async with ports.store() as uow:
        await uow.source_stays.put(stay)
