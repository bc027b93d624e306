"""The requester or an approver gives a request or a code up. What was never minted is gone; what was, still opens."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.conversation.guest_texts.drafts import stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import MAY_OPEN, OPENS_NOTHING, NoticeKind
from bot.domain.locks.lock import Lock, together
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.series import Series
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import Opens, Standing, standing
from bot.domain.stays.withdrawing import OPERATOR, check_is_theirs, give_up, stands
from bot.ports import Ports, Stale, Subject, UnitOfWork
from bot.ports.doors_left import doors_left
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers
from bot.ports.wanted_cards import want_card

_LATELY = 4
"""Visits: of so many it is looked whether the guest was texted a PIN."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`code` is None where nothing had been approved. `open`: every code of the stay whose PIN still opens, or may, an
    earlier one among them; `certain`: they all do. Of some that do and some that may, people read that they may, since
    one moment is named for all. `guest_texted`: they have such a PIN and were asked not to use it. `left`: doors that
    it had before."""

    request: AccessRequest
    guest: Guest
    locks: tuple[Lock, ...]
    code: AccessCode | None
    open: tuple[AccessCode, ...] = ()
    certain: bool = False
    guest_texted: bool = False
    left: tuple[Lock, ...] = ()

    @property
    def lock(self) -> Lock:
        """Its doors as one, and with them those that a PIN of it opens all the same."""
        return together((*self.locks, *(lock for lock in self.left if lock.id in {code.lock_id for code in self.open})))

    @property
    def outcome(self) -> str:
        """Withdrawn as long as any PIN of the stay may open, whatever became of the newest code."""
        if self.open:
            return CodeStatus.WITHDRAWN.value if self.certain else MAY_OPEN
        if self.code is not None and self.code.has_pin:
            return OPENS_NOTHING
        return self.code.status.value if self.code else "released"

    @property
    def speaks(self) -> AccessCode | None:
        """The code that people are told of: the PIN that opens longest, else the one given up."""
        return max(self.open, key=lambda code: (code.window.ends_at, code.id)) if self.open else self.code


@dataclass(frozen=True, slots=True)
class WithdrawalInfo:
    """What there is to give up, for whoever is asked first."""

    request: AccessRequest
    guest: Guest
    locks: tuple[Lock, ...]
    standing: Standing
    left: tuple[Lock, ...] = ()
    series: Series | None = None
    """Of which it is one visit, and others are to come."""

    @property
    def as_shown(self) -> str:
        return _as_shown(self.request, self.standing)


def _as_shown(request: AccessRequest, pins: Standing) -> str:
    return f"{request.status.value} {pins.as_shown}".rstrip()


@retry_if_stale
async def preview_withdrawal(ports: Ports, request_id: str, person: str) -> WithdrawalInfo:
    """Reads only. Raises a Refusal as `withdraw` does."""
    by, groups = GivenUp(person, ports.clock.now()), await ports.groups()
    async with ports.store() as uow:
        request = await uow.requests.get(request_id)
        if request is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
        if guest is None or not locks:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        codes = await uow.codes.of_request(request.id)
        evidence = await uow.codes.evidence_of([code.id for code in codes])
        used = {one.code_id for one in evidence}
        waits = request.status is RequestStatus.PENDING
        series = await uow.series.get(request.series_id) if request.series_id else None
        series = series if series and await _others_to_come(uow, series, request, by) else None
        if not waits and not series and not any(give_up(code, by, used=code.id in used) for code in codes):
            raise Refusal(Reason.NOTHING_TO_WITHDRAW, await _left(uow, request, codes, by))
        pins = standing(codes, evidence, by.at)
        return WithdrawalInfo(request, guest, locks, pins, await doors_left(uow, request, codes), series)


async def _others_to_come(uow: UnitOfWork, series: Series, request: AccessRequest, by: GivenUp) -> bool:
    """Of its other visits some are no stays yet, or are such that can be given up."""
    if series.due_at is not None:
        return True
    of = await uow.codes.of_requests([each for each in await uow.series.stays_of(series.id) if each != request.id])
    codes = [code for each in of.values() for code in each if by.at < code.window.ends_at]
    used = {one.code_id for one in await uow.codes.evidence_of([code.id for code in codes])}
    return any(give_up(code, by, used=code.id in used) for code in codes)


@retry_if_stale
async def withdraw(ports: Ports, request_id: str, person: str, as_shown: str | None = None) -> Withdrawn:
    """Raises a Refusal when it is not theirs, nothing is left to give up, or the stay is not as it was shown
    (`WithdrawalInfo.as_shown`) any more; Stale when the clock was faster.

    The lock's row is held, as for a decision: whoever comes second sees what the first has done.
    """
    by = GivenUp(person, ports.clock.now())
    groups = await ports.groups()
    async with ports.store() as uow:
        request = await _for_update(uow, request_id)
        if person != OPERATOR:
            check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
        if guest is None or not locks:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        if as_shown is not None:
            await _check_as_shown(uow, request, as_shown, by)
        done = await _withdrawn(ports, uow, Withdrawn(request, guest, locks, None), by)
        series = await uow.series.get(request.series_id) if request.series_id else None
        if series is not None and series.due_at is not None:
            # The next visit comes at once, so that there is one to be seen.
            await uow.series.put(replace(series, due_at=by.at))
            uow.nudge(Subject.SERIES, series.id)
    return done


@dataclass(frozen=True, slots=True)
class SeriesWithdrawn:
    """`visits`: how many are given up; `open`: codes of these whose PINs open, or may."""

    guest: Guest
    lock: Lock
    visits: int
    open: tuple[AccessCode, ...]


@retry_if_stale
async def withdraw_series(ports: Ports, request_id: str, person: str) -> SeriesWithdrawn:
    """All visits of a wish that repeats that are to come, whichever of them was named: those that are stays already,
    and no other comes. Raises a Refusal as `withdraw` does."""
    by = GivenUp(person, ports.clock.now())
    groups = await ports.groups()
    async with ports.store() as uow:
        request = await _for_update(uow, request_id)
        check_is_theirs(request, person, await stay_approvers(ports, uow, request, groups))
        guest, locks = await uow.guests.of_stay(request.id), await uow.locks.of_stay(request)
        series = await uow.series.get(request.series_id) if request.series_id else None
        if guest is None or not locks or series is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        ids = await uow.series.stays_of(series.id)
        await uow.requests.for_update(ids)
        visits = await uow.requests.get_many(ids)
        to_come = [visits[each] for each in ids if each in visits and by.at < visits[each].granted.ends_at]
        done = []
        for visit in to_come:
            with suppress(Refusal):  # given up before, or over
                of = await uow.locks.of_stay(visit)
                done.append(await _withdrawn(ports, uow, Withdrawn(visit, guest, of, None), by, alone=False))
        if not done and series.due_at is None:  # over, given up, or nobody has approved it
            raise Refusal(Reason.NOTHING_TO_WITHDRAW)
        await _tell_guest(ports, uow, done, series, (guest, together(locks)), by)
        await uow.series.put(series.ended(person, by.at))
        await uow.audit.note(by.at, person, "series_withdrawn", series.id, visits=str(len(done) + series.left))
    opens = tuple(code for one in done for code in one.open)
    return SeriesWithdrawn(guest, together(locks), len(done) + series.left, opens)


async def _tell_guest(
    ports: Ports,
    uow: UnitOfWork,
    done: Sequence[Withdrawn],
    series: Series,
    whom: tuple[Guest, Lock],
    by: GivenUp,
) -> None:
    """Who waits for the PIN of a next visit hears once that none comes; of a PIN in hand by a text of its own."""
    guest, lock = whom
    untexted = next((one for one in done if not one.guest_texted and one.code is not None), None)
    code = untexted.code if untexted else None
    if (code is None and not series.goes_on) or not await _promised(uow, series.id):
        return
    facts = stay_facts(guest, lock, code.window if code else series.next(lock.zoneinfo))
    text = text_to_guest(ports.new_id(), f"{series.id}:cancelled", Phrase.CANCELLED_VISITS, guest, facts, code, by.at)
    await uow.enqueue(replace(text, request_id=code.request_id if code else series.newest_id))


async def _promised(uow: UnitOfWork, series_id: str) -> bool:
    """Its guest was texted a PIN for another visit lately, and that the next comes by text."""
    ids = await uow.series.stays_of(series_id)
    texts = (await uow.messages.of_requests(ids[-_LATELY:])).values()
    return any(m.phrase == Phrase.PIN.value and m.left_us for of_stay in texts for m in of_stay)


async def _withdrawn(ports: Ports, uow: UnitOfWork, stay: Withdrawn, by: GivenUp, *, alone: bool = True) -> Withdrawn:
    """The stay given up, behind its doors, and told of. Raises a Refusal where nothing is left to give up. `alone`: it
    is not one of several visits that are."""
    request = stay.request
    if request.status is RequestStatus.PENDING:
        undone = replace(request, status=RequestStatus.WITHDRAWN, due_at=None, given_up=by)
        done = replace(stay, request=await uow.requests.save(undone))
    else:
        # By id, as every transaction takes a stay's codes.
        codes = await uow.codes.of_request(request.id)
        stay = replace(stay, left=await doors_left(uow, request, codes))
        given_up = {}
        for code in codes:
            gone = give_up(code, by, used=bool(await uow.codes.evidence(code.id)))
            if gone is not None:
                given_up[code.id] = await uow.codes.save(gone)
        if not given_up:
            raise Refusal(Reason.NOTHING_TO_WITHDRAW, await _left(uow, request, codes, by))
        # An earlier PIN, given up when the stay was moved, opens as it did: its guest has to hear of it, too.
        after = [given_up.get(code.id, code) for code in codes]
        evidence = await uow.codes.evidence_of([code.id for code in codes])
        pins = standing(after, evidence, by.at).open
        still, certain = tuple(pin.code for pin in pins), all(pin.opens is Opens.CERTAIN for pin in pins)
        texted = await _ask_not_to_use(ports, uow, stay, still or tuple(given_up.values()), alone=alone)
        done = replace(stay, code=list(given_up.values())[-1], open=still, certain=certain, guest_texted=texted)
    await _tell(ports, uow, done, by)
    return done


async def _check_as_shown(uow: UnitOfWork, request: AccessRequest, as_shown: str, by: GivenUp) -> None:
    codes = await uow.codes.of_request(request.id)
    pins = standing(codes, await uow.codes.evidence_of([code.id for code in codes]), by.at)
    if _as_shown(request, pins) != as_shown:
        raise Refusal(Reason.CHANGED_MEANWHILE, {"what": "withdraw"})


async def _left(uow: UnitOfWork, request: AccessRequest, codes: Sequence[AccessCode], by: GivenUp) -> dict[str, str]:
    """What there is to say to whoever withdraws it once more: a PIN that was given up may open all the same."""
    evidence = await uow.codes.evidence_of([code.id for code in codes])
    pins = standing(codes, evidence, by.at)
    if pins.open:
        certain = any(pin.opens is Opens.CERTAIN for pin in pins.open)
        return {"opens": (Opens.CERTAIN if certain else Opens.PERHAPS).value}
    if not codes:
        return {"status": request.status.value}
    last = codes[-1]
    return {"status": stands(last, used=any(one.code_id == last.id for one in evidence), now=by.at).value}


async def _for_update(uow: UnitOfWork, request_id: str) -> AccessRequest:
    request = await uow.requests.get(request_id)
    if request is None:
        raise Refusal(Reason.UNKNOWN_REQUEST)
    await uow.locks.for_update(*request.lock_ids)
    # Read anew: it may have been decided, or given up, while this one waited for the door.
    after = await uow.requests.get(request_id) or request
    if not set(after.lock_ids) <= set(request.lock_ids):
        raise Stale(request_id)
    return after


async def _ask_not_to_use(
    ports: Ports, uow: UnitOfWork, stay: Withdrawn, codes: Sequence[AccessCode], *, alone: bool
) -> bool:
    """One text for all PINs of the stay. Only a guest whose text about it has left us, or may have, hears of it, and
    one who waits for the PIN of a next visit: nobody else knows of it. Whether they have a PIN, and were asked not to
    use it."""
    texts = [
        m for m in await uow.messages.of_request(stay.request.id) if m.left_us or m.status is MessageStatus.SENDING
    ]
    with_pin = [code for code in codes if _heard(texts, Phrase.PIN, code)]
    waiting = [code for code in codes if _heard(texts, Phrase.ON_ARRIVAL, code)]
    series_id = stay.request.series_id if alone else None
    if not with_pin and not waiting and series_id is not None and await _promised(uow, series_id):
        waiting = list(codes)
    known = sorted(with_pin or waiting, key=lambda code: (code.window.starts_at, code.id))
    if not known:
        return False
    first, now = known[0], ports.clock.now()
    lock = together([lock for lock in (*stay.locks, *stay.left) if lock.id in {code.lock_id for code in known}])
    phrase = Phrase.CANCELLED if with_pin else Phrase.CANCELLED_NO_PIN
    facts = stay_facts(stay.guest, lock, first.window)
    key, newest = f"{first.id}:cancelled", max(code.id for code in known)
    text = text_to_guest(ports.new_id(), key, phrase, stay.guest, facts, first, now)
    # Asked once before, and given another PIN since: they are asked about that one, too.
    if not await uow.enqueue(text) and newest != first.id:
        await uow.enqueue(replace(text, id=ports.new_id(), key=f"{key}:{newest}"))
    return bool(with_pin)


def _heard(texts: Sequence[Message], phrase: Phrase, code: AccessCode) -> bool:
    return any(m.phrase == phrase.value and code.id in m.code_ids for m in texts)


async def _tell(ports: Ports, uow: UnitOfWork, done: Withdrawn, by: GivenUp) -> None:
    request, channel = done.request, ports.options.approvals_channel
    speaks = done.speaks
    window = speaks.window if speaks else request.granted
    facts = stay_facts(done.guest, done.lock, window) | {"by": by.by, "outcome": done.outcome}
    subject = done.code.id if done.code else request.id
    if request.requester != by.by:
        key = f"{subject}:withdrawn"
        await uow.enqueue(
            note_to(ports.new_id(), key, NoticeKind.WITHDRAWN, request.requester, facts, request.id, None, by.at)
        )
    await uow.enqueue(reply(ports.new_id(), f"withdrawn:{subject}", Event.WITHDRAWN, request.id, channel, by.at, facts))
    await want_card(ports, uow, request.id)
    await uow.audit.note(by.at, by.by, "withdrawn" if done.outcome != "released" else "given_up", subject)
