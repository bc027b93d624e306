"""What each reply word of a guest does, once it is clear which stay it is about."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.replies.arrival_times import understand_arrival
from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.policy import may_replace_alone
from bot.domain.refusals import Refusal
from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus
from bot.domain.stays.advance import ANOTHER_WANTED, REPLACED_ALONE
from bot.domain.stays.evidence import WRONG_PIN, Evidence
from bot.domain.stays.replying import KEYPAD_LOCKED, STUCK_AGAIN, TEXTED, ReplyWord, Why, covers, why_stuck
from bot.domain.stays.standing import newest_of_parts
from bot.domain.windows import PinKind
from bot.workflows.receive_guest_text.arriving import arrive
from bot.workflows.receive_guest_text.receiving import Hearing

S = CodeStatus
_MADE_SOON = timedelta(minutes=5)
"""A PIN that is being made is there within this, whatever happens on the way (facts/seam.md §3: up to 40 s)."""

_STUCK = {
    Why.NOT_STARTED: Phrase.STUCK_NOT_STARTED,
    Why.WRONG_HOUR: Phrase.STUCK_WRONG_HOUR,
    Why.NOT_IN_TIME: Phrase.STUCK_EXPIRED,
    Why.ONCE_USED: Phrase.STUCK_ONCE_USED,
    Why.LOCKED: Phrase.STUCK_LOCKED,
    Why.REPLACED: Phrase.STUCK_REPLACED,
    Why.END_KEY: Phrase.STUCK_END_KEY,
}
_NEED_PERSON = (Why.WRONG_HOUR, Why.NOT_IN_TIME, Why.ONCE_USED)


async def answer_guest(hearing: Hearing, word: ReplyWord, rest: str, code: AccessCode, *others: AccessCode) -> None:
    """`rest`: what came with LATE. `others`: of the same stay's other doors, where the word is about all of them."""
    if word is ReplyWord.IN:
        if hearing.now < code.window.starts_at:
            await hearing.text(Phrase.NOT_YET, code)
        # No PIN exists yet, so nothing of this code can have opened the door: people have to look.
        elif code.status in (S.RESERVED, S.MINTING):
            await hearing.tell_team(code)
            await hearing.text(Phrase.PASSED_ON, code)
        else:
            await hearing.uow.codes.add_evidence(Evidence(code.id, "guest", hearing.now, hearing.guest.id))
            await hearing.uow.audit.note(hearing.now, hearing.actor, "used", code.id, source="guest")
            await hearing.uow.schedule_now(code.id, hearing.now)
            await hearing.text(Phrase.THANKS, code)
    elif word is ReplyWord.PIN:
        await _pins(hearing, (code, *others))
    elif word is ReplyWord.HERE:
        await _here(hearing, code, *others)
    elif word is ReplyWord.STUCK:
        await _stuck(hearing, code)
    elif word is ReplyWord.LATE:
        await _late(hearing, rest, code)
    else:
        await _person(hearing, word, code, Phrase.HUMAN)


async def _person(hearing: Hearing, word: ReplyWord, code: AccessCode, phrase: Phrase, **more: str) -> None:
    await hearing.text(phrase, code, **more)
    await hearing.call_person(word, code, phrase)


async def _pins(hearing: Hearing, codes: Sequence[AccessCode]) -> None:
    """All PINs that open in one text; what is not to be had is answered for the first door alone."""
    ready = [c for c in codes if c.has_pin and c.status in TEXTED and not await _spent(hearing, c)]
    together = [c for c in ready if c.window == ready[0].window and c.kind is ready[0].kind]
    if len(together) > 1:
        await hearing.text_pins(together)
    else:
        await _pin(hearing, (ready or codes)[0])


async def _spent(hearing: Hearing, code: AccessCode) -> bool:
    return code.kind is PinKind.ONE_TIME and await hearing.used(code)


async def _pin(hearing: Hearing, code: AccessCode) -> None:
    if code.status in PAST_DEADLINE:
        if not await _another(hearing, code):
            # Whoever is in, and has forgotten the digits, has a PIN that opens: nothing is said to be over.
            over = code.status is S.EXPIRED
            await _person(hearing, ReplyWord.PIN, code, Phrase.STUCK_EXPIRED if over else Phrase.ASK_USED)
    elif await _spent(hearing, code):
        await _person(hearing, ReplyWord.PIN, code, Phrase.STUCK_ONCE_USED)
    elif code.has_pin and code.status in TEXTED:
        await hearing.text_pins([code])
    else:
        if code.on_arrival:
            await hearing.text(Phrase.ON_ARRIVAL, code)
        elif not await hearing.made_soon(code):
            await _person(hearing, ReplyWord.PIN, code, Phrase.HUMAN)
        elif code.window.contains(hearing.now):
            await hearing.text(Phrase.HERE_MAKING, code)
        else:
            comes_at = max(code.mint_at, hearing.now + _MADE_SOON)
            await hearing.text(Phrase.PIN_LATER, code, comes_at=comes_at.isoformat())


async def _another(hearing: Hearing, code: AccessCode) -> bool:
    """A new PIN without anybody of the team being asked, where the rules say so; the row falls due, and the clock's
    look at it has it made. False where it is a matter for people."""
    siblings = await hearing.uow.codes.of_request(code.request_id)
    if code.status not in PAST_DEADLINE or not may_replace_alone(siblings, code.id, hearing.ports.rules):
        return False
    # The rules have tried, and the lock had no place: promised once more, they would wait at the door for nothing.
    if REPLACED_ALONE in await hearing.uow.codes.already_sent(code.id):
        return False
    await hearing.tell_team(code)
    await hearing.text(Phrase.HERE_MAKING, code, key=ANOTHER_WANTED)
    await hearing.uow.schedule_now(code.id, hearing.now)
    return True


async def _here(hearing: Hearing, code: AccessCode, *others: AccessCode) -> None:
    if hearing.now < code.window.starts_at:
        await hearing.text(Phrase.HERE_EARLY if code.on_arrival else Phrase.NOT_YET, code)
    elif hearing.now >= code.window.ends_at:
        await _person(hearing, ReplyWord.HERE, code, Phrase.HERE_OVER)
    elif code.on_arrival:
        # Not raised on: the whole text would be undone, and its guest hear nothing. `arrive` refuses before it writes.
        try:
            await arrive(hearing.ports, hearing.uow, code, "")
        except Refusal:
            await _person(hearing, ReplyWord.HERE, code, Phrase.STUCK_HUMAN)
        else:
            await hearing.text(Phrase.HERE_MAKING, code)
    else:
        await _pins(hearing, (code, *others))


async def _stuck(hearing: Hearing, code: AccessCode) -> None:
    """The likeliest reason first, with one next step; whoever says so again needs a person."""
    # Counted before this one is noted, or the first would already be the second.
    again = await hearing.uow.audit.count(hearing.actor, "stuck", hearing.now - STUCK_AGAIN)
    await hearing.uow.audit.note(hearing.now, hearing.actor, "stuck", code.id)
    if again:
        await _person(hearing, ReplyWord.STUCK, code, Phrase.STUCK_HUMAN)
        return
    if not await hearing.made_soon(code):
        await _person(hearing, ReplyWord.STUCK, code, Phrase.HUMAN)
        return
    if code.status in (S.RESERVED, S.MINTING) and code.window.contains(hearing.now):
        await hearing.tell_team(code)
        await hearing.text(Phrase.ON_ARRIVAL if code.on_arrival else Phrase.HERE_MAKING, code)
        return
    denied = await hearing.uow.audit.count(f"lock:{code.lock_id}", WRONG_PIN, hearing.now - KEYPAD_LOCKED)
    why = why_stuck(code, hearing.now, used=await hearing.used(code), wrong_tries=denied)
    if why is Why.NOT_IN_TIME and await _another(hearing, code):
        return
    if why in _NEED_PERSON:
        await _person(hearing, ReplyWord.STUCK, code, _STUCK[why], now=hearing.now.isoformat())
    else:
        await hearing.tell_team(code)
        await hearing.text(_STUCK[why], code)


async def _link_at(hearing: Hearing, code: AccessCode, arrival: datetime) -> AccessCode | None:
    """Of PINs one after the other, the later one that opens this door when they come."""
    siblings = newest_of_parts(await hearing.uow.codes.of_request(code.request_id)).values()
    later = (c for c in siblings if c.lock_id == code.lock_id and c.part > code.part and c.given_up is None)
    return next((c for c in later if c.window.contains(arrival)), None)


async def _late(hearing: Hearing, rest: str, code: AccessCode) -> None:
    """They want to come at another time: fine where the PIN works then, else the team decides."""
    lock, window = await hearing.lock(code), code.window
    arrival = understand_arrival(rest, zone=lock.zoneinfo, now=hearing.now, starts_at=window.starts_at)
    await hearing.tell_team(code)
    if await hearing.used(code):
        await hearing.text(Phrase.PASSED_ON, code)
    elif arrival is None or arrival < hearing.now - _MADE_SOON:
        await hearing.text(Phrase.LATE_WHEN, code)
    elif arrival < window.starts_at:
        await hearing.text(Phrase.NOT_YET, code)
    elif (link := await _link_at(hearing, code, arrival)) is not None:
        await hearing.text(Phrase.LATE_FINE, link)
    elif covers(code, arrival):
        await hearing.text(Phrase.ON_ARRIVAL if code.on_arrival else Phrase.LATE_FINE, code)
    elif code.status in PAST_DEADLINE or arrival >= window.ends_at:
        await _person(hearing, ReplyWord.LATE, code, Phrase.HUMAN)
    else:
        facts = stay_facts(await hearing.guest_of(code), lock, window) | {"wanted": arrival.isoformat()}
        await hearing.text(Phrase.LATE_ASKED, code, wanted=arrival.isoformat())
        facts |= {"code": code.id, "request": code.request_id}
        # With the hour that they want: asked twice it is one question, another hour is another.
        key, channel = f"late:{code.id}:{arrival.isoformat()}", hearing.ports.options.approvals_channel
        new_id = hearing.ports.new_id()
        await hearing.uow.enqueue(
            note_to(new_id, key, NoticeKind.WANTS_LATER, channel, facts, code.request_id, code.id, hearing.now)
        )
