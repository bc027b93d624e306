"""A source says of a stay how it is now: it is asked for, changed, corrected or given up, by the same workflows as what
people type. The one workflow that calls others: each of their steps is whole by itself, and safe to repeat.

What the source has said is kept last. Whatever comes between, the same said once more does what is still to be done,
and nothing twice.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bot.domain.messages.languages import ChosenBy
from bot.domain.pins import Phone
from bot.domain.planning.otherwise import nearest
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.source_stays import Said, SourceKey, SourceStay, StayWords, news, refused_by_people
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import AlertKind
from bot.domain.stays.changing import codes_left
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Stale
from bot.ports.stale import TRIES, retry_if_stale
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import (
    NewTime,
    change_stay,
    change_that_waits,
    change_waiting,
    take_back_change,
    want_change,
)
from bot.workflows.change_stay.drafting import Wanted
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.find_doubles import find_doubles
from bot.workflows.preview_pin import Draft, preview_pin
from bot.workflows.take_stay.contact import look_at_alert, remind_of_contact, wait_for_contact
from bot.workflows.take_stay.understanding import Case, known_stay, phone_at, understand, understand_kept
from bot.workflows.withdraw import withdraw

__all__ = [
    "StayWords",
    "Taken",
    "cancel_stay",
    "contact_to_supply",
    "merge_contact",
    "remind_of_contact",
    "supply_by_guest",
    "supply_contact",
    "take_stay",
]

OPERATOR, GUEST = "operator", "guest"
_EVERY_PIN = 1_000
"""A source cannot be asked first: it reads afterwards what opens all the same."""

_MOST_STEPS = 8
"""What one door offers, the next may refuse."""


_ASKED_ANEW = {Said.WINDOW, Said.DOORS, Said.STATUS}
"""What is another stay, where the one before is over, given up or denied."""


@dataclass(frozen=True, slots=True)
class Taken:
    """`new`: nobody knew of it before."""

    stay_id: str
    new: bool = False


async def take_stay(
    ports: Ports,
    key: SourceKey,
    words: StayWords,
    by: str,
    *,
    asks: bool = True,
    may_differ: bool = False,
    overtakes: bool = False,
) -> Taken:
    """Raises a Refusal where a rule says no, and then nothing of it is done, or what was done is done once more by the
    same words. `by`: the name of the token that it came with, for the audit log. `asks`: where it names no number,
    people are asked for one at once, and else only as it comes near. `may_differ`: whoever says it does not read a
    refusal, so where no lock takes that time, people are asked about what comes nearest. `overtakes`: what was written
    down of it before, and not taken yet, is not taken any more."""
    for _ in range(TRIES - 1):
        try:
            return await _take(ports, key, words, by, asks, may_differ, overtakes)
        except Stale:
            continue
    return await _take(ports, key, words, by, asks, may_differ, overtakes)


async def cancel_stay(ports: Ports, key: SourceKey, by: str, *, overtakes: bool = False) -> Taken:
    """The source says no more than that it was cancelled. Raises a Refusal for a stay that nobody knows."""
    for _ in range(TRIES - 1):
        try:
            return await _cancel(ports, key, by, overtakes)
        except Stale:
            continue
    return await _cancel(ports, key, by, overtakes)


async def contact_to_supply(ports: Ports, stay_id: str, person: str) -> str:
    """What the source calls the guest. Reads only. Raises a Refusal as `supply_contact` does."""
    await _check_may_supply(ports, person)
    case, _ = await understand_kept(ports, stay_id)
    return case.said.guest_name


@retry_if_stale
async def supply_contact(ports: Ports, stay_id: str, person: str, name: str, written: str) -> None:
    """An approver says whom to text: the stay is asked for, as by its source. Raises a Refusal where they may not, it
    is no number, or nobody waits for it any more."""
    await _check_may_supply(ports, person)
    await _supply(ports, stay_id, person, name, written)


@retry_if_stale
async def merge_contact(ports: Ports, stay_id: str, name: str, written: str) -> None:
    """The operator's own list says whom to text; without a name it stays what the source says. Raises a Refusal as
    above."""
    await _supply(ports, stay_id, OPERATOR, name, written)


@retry_if_stale
async def supply_by_guest(ports: Ports, stay_id: str, name: str, written: str) -> None:
    """Whoever has the link says it. Raises a Refusal as above."""
    await _supply(ports, stay_id, GUEST, name, written)


async def _supply(ports: Ports, stay_id: str, person: str, name: str, written: str) -> None:
    case, lock = await understand_kept(ports, stay_id)
    phone = phone_at(ports, written, lock, typed=True)
    if case.known is not None and phone is not None:
        await _ask(ports, case, case.known, name or case.said.guest_name, phone)
        await _note(ports, person, "contact_supplied", stay_id)


async def _check_may_supply(ports: Ports, person: str) -> None:
    if person not in await ports.approvers():
        raise Refusal(Reason.NOT_AN_APPROVER)


@retry_if_stale
async def _note(ports: Ports, actor: str, what: str, stay_id: str, **facts: str) -> None:
    async with ports.store() as uow:
        await uow.audit.note(ports.clock.now(), actor, what, stay_id, **facts)


async def _cancel(ports: Ports, key: SourceKey, by: str, overtakes: bool) -> Taken:
    known = await known_stay(ports, key, overtakes=overtakes)
    if known is None:
        raise Refusal(Reason.UNKNOWN_STAY)
    if known.said.confirmed:
        if known.request_id is not None:
            await _give_up(ports, known.request_id, key.requester)
        await _keep(ports, replace(known, said=replace(known.said, confirmed=False), due_at=None))
        await _look_at_alert(ports, known)
        await _note(ports, key.requester, "source_cancelled", known.id, token=by)
    return Taken(known.id)


async def _take(
    ports: Ports, key: SourceKey, words: StayWords, by: str, asks: bool, may_differ: bool, overtakes: bool
) -> Taken:
    known = await known_stay(ports, key, overtakes=overtakes)
    # Nearly all that comes says what has been said: nothing of it is looked at twice. Nor does it bring back whoever
    # was erased.
    if known is not None and known.said.words == words.digest and (known.said.confirmed or known.said.erased):
        return Taken(known.id)
    case = replace(await understand(ports, key, words), may_differ=may_differ)
    known = case.known
    if known is None:
        stay = SourceStay(ports.new_id(), case.key, case.said, ports.clock.now())
        await _begin(ports, case, stay, asks)
        await _note(ports, key.requester, "source_said", stay.id, token=by)
        return Taken(stay.id, new=True)
    other = news(known.said, case.said)
    # A number that is left out takes none away.
    stay = replace(known, said=replace(case.said, phone=case.said.phone or known.said.phone))
    if case.request is not None and _goes_on(case):
        await _follow(ports, case, case.request, other)
        await _keep(ports, stay)
    elif other & _ASKED_ANEW or (case.request is None and Said.PHONE in other):
        await _begin(ports, case, stay, asks)
    else:
        await _keep(ports, stay)
    await _note(ports, key.requester, "source_said", stay.id, token=by, other=",".join(sorted(other)))
    return Taken(known.id)


def _goes_on(case: Case) -> bool:
    if case.request is None:
        return False
    if case.request.status is RequestStatus.APPROVED:
        return bool(codes_left(case.codes, case.now))
    return case.request.status is RequestStatus.PENDING


async def _begin(ports: Ports, case: Case, stay: SourceStay, asks: bool) -> None:
    phone = stay.said.phone or case.texted
    if phone is None:
        # What no lock would take is refused at once, whoever comes.
        draft = Draft(case.said.lock_ids, case.window, noticed=case.noticed)

        async def preview(window: AccessWindow) -> None:
            await preview_pin(ports, replace(draft, window=window))

        await _nearest(case, case.window, preview)
        await wait_for_contact(ports, replace(stay, request_id=None), case.window, asks)
        if case.known is not None:
            await _look_at_alert(ports, case.known)
    else:
        await _ask(ports, case, stay, case.said.guest_name, phone)


async def _ask(ports: Ports, case: Case, stay: SourceStay, name: str, phone: Phone) -> None:
    wanted = PinRequest(
        requester=case.key.requester,
        lock_ids=case.said.lock_ids,
        guest_name=name,
        phone=phone,
        window=case.window,
        delivery=f"{stay.id}:{stay.version}:{ports.new_id()}",
        note=case.said.note,
        workspace=case.workspace,
        language=case.said.language,
        noticed=case.noticed,
        of_source=replace(stay, due_at=None),
        asks_people=await _asks_people(ports, case, phone),
    )

    async def ask(window: AccessWindow) -> None:
        await ask_for_pin(ports, replace(wanted, window=window, booked=_booked(case.window, window)))

    await _nearest(case, case.window, ask)
    if case.known is not None:
        await _look_at_alert(ports, case.known)


async def _look_at_alert(ports: Ports, before: SourceStay) -> None:
    """Of what waited for a number until now."""
    if before.waits_for_contact:
        await look_at_alert(ports, f"{AlertKind.NO_NUMBER.value}:{before.id}")


async def _nearest(case: Case, booked: AccessWindow, do: Callable[[AccessWindow], Awaitable[None]]) -> None:
    """Done for the time that was booked; where a lock refuses that, and it may differ, for the nearest that it offers,
    which the next door may refuse."""
    window = booked
    for step in range(1, _MOST_STEPS + 1):
        try:
            await do(window)
        except Refusal as refusal:
            offered = nearest(booked, refusal.offers) if case.may_differ else None
            if offered is None or step == _MOST_STEPS:
                raise
            window = offered
        else:
            return


def _booked(booked: AccessWindow, window: AccessWindow) -> AccessWindow | None:
    return None if window == booked else booked


async def _asks_people(ports: Ports, case: Case, phone: Phone) -> bool:
    """What people have said no to, and what is there already by another source, or by somebody's hand, no rule decides
    alone."""
    if case.request is not None and refused_by_people(case.request, case.codes):
        return True
    if case.known is not None and case.known.said.erased:
        return True
    if not ports.rules.any_automatic:
        return False
    there = await find_doubles(ports, case.key.requester, phone, case.said.lock_ids, case.window, case.workspace)
    return bool(there.ids)


async def _follow(ports: Ports, case: Case, request: AccessRequest, other: frozenset[Said]) -> None:
    if other & {Said.WINDOW, Said.DOORS}:
        await _move(ports, case, request, other)
    if other & {Said.NAME, Said.PHONE, Said.LANGUAGE, Said.NOTE}:
        await _correct(ports, case, request, other)


async def _move(ports: Ports, case: Case, request: AccessRequest, other: frozenset[Said]) -> None:
    """What the source has not said anew stays as it is, be it as people have made it; and as it has asked for it, while
    nobody has decided that."""
    waits = request.status is RequestStatus.PENDING
    before = request.booked or request.wanted if waits else request.granted
    asked = None if waits else await change_that_waits(ports, request, request.requester)
    says_time = Said.WINDOW in other or (asked is not None and asked.window != request.granted)
    window = case.window if says_time else before
    lock_ids = case.said.lock_ids if Said.DOORS in other else asked.lock_ids if asked else ()

    async def move(to: AccessWindow) -> None:
        with _others_were_first(request.id):
            if waits:
                wanted = Wanted(to, lock_ids, case.noticed, _booked(window, to))
                await change_waiting(ports, request.id, request.requester, wanted)
            else:
                chosen = NewTime(to, ports.new_id(), request.amendments, _EVERY_PIN, lock_ids, _booked(window, to))
                await _change(ports, request, chosen)

    await _nearest(case, window, move)


async def _change(ports: Ports, request: AccessRequest, chosen: NewTime) -> None:
    try:
        await change_stay(ports, request.id, request.requester, chosen)
    except Refusal as refusal:
        if refusal.reason is Reason.NOTHING_TO_CHANGE and refusal.facts.get("status") == "the same":
            await take_back_change(ports, request.id, request.requester)
            return
        if refusal.reason is not Reason.BEYOND_APPROVED:
            raise
        await want_change(ports, request.id, request.requester, replace(chosen, delivery=ports.new_id()))


@contextmanager
def _others_were_first(request_id: str) -> Iterator[None]:
    """Somebody decided, or changed it, since it was read: it is looked at once more."""
    try:
        yield
    except Refusal as refusal:
        if refusal.reason in (Reason.CHANGED_MEANWHILE, Reason.CHANGE_OVERTAKEN):
            raise Stale(request_id) from refusal
        raise


async def _correct(ports: Ports, case: Case, request: AccessRequest, other: frozenset[Said]) -> None:
    said, before = case.said, request.language_choice
    kept = before.language if before.chosen_by is ChosenBy.REQUEST else None
    corrected = Correction(
        name=said.guest_name if Said.NAME in other else request.guest_name,
        phone=said.phone if Said.PHONE in other else None,
        language=said.language if Said.LANGUAGE in other else kept,
        delivery=ports.new_id(),
        note=said.note or "" if Said.NOTE in other else None,
    )
    await correct_guest(ports, request.id, request.requester, corrected)


async def _give_up(ports: Ports, request_id: str, requester: str) -> None:
    try:
        await withdraw(ports, request_id, requester)
    except Refusal as refusal:
        # Denied, lapsed or over: there is nothing left of it.
        if refusal.reason is not Reason.NOTHING_TO_WITHDRAW:
            raise


@retry_if_stale
async def _keep(ports: Ports, stay: SourceStay) -> None:
    async with ports.store() as uow:
        await uow.source_stays.put(stay)
