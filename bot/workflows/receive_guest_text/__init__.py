"""A guest's text: one of our reply words is answered from what we know; anything else goes to the team. Strangers learn
nothing, and nobody gets more answers than a person would read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.conversation.guest_texts.kinds import kind_of_text
from bot.conversation.guest_texts.moments import guest_day
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.replies.reply import Reply, understand_choice, understand_reply
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Message
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.replying import (
    ASKED_WHICH,
    HEARD_FOR,
    MOST_ANSWERED,
    MOST_CHOICES,
    MOST_HEARD,
    OF_THE_STAY,
    SLOWED_FOR,
    ReplyWord,
    meant,
    missed_arrival,
    stays_of,
    word_to_offer,
)
from bot.domain.stays.talking import AFTERWARDS, spoken_of
from bot.domain.stays.text_times import TextKind
from bot.ports import Ports
from bot.ports.stale import retry_if_stale
from bot.workflows.receive_guest_text.answering import answer_guest
from bot.workflows.receive_guest_text.receiving import ANSWER, Hearing
from bot.workflows.receive_guest_text.receiving import ReceivedText as ReceivedText
from bot.workflows.receive_guest_text.unknown import pass_on_unknown

_HINTS: Mapping[ReplyWord | None, Phrase] = {
    ReplyWord.HERE: Phrase.HINT_HERE,
    ReplyWord.STUCK: Phrase.HINT_STUCK,
    ReplyWord.LATE: Phrase.HINT_LATE,
    ReplyWord.PIN: Phrase.PASSED_ON,
    None: Phrase.HEARD,
}
_ANSWERS_NOTHING = frozenset(phrase.value for phrase in _HINTS.values())
_GIVEN_UP = (CodeStatus.WITHDRAWN, CodeStatus.FAILED)


@retry_if_stale
async def receive_guest_text(ports: Ports, heard: ReceivedText) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        if not await uow.deliveries.first("sms", heard.sid, now):
            return
        # Of many at once each would count only what was there before all of them.
        await uow.limits.for_update(uow.guests.mark(heard.phone), now)
        guest = await uow.guests.by_phone(heard.phone)
        if guest is None:
            # A stranger's words are for people alone, and a carrier's word is for the carrier, unless it calls.
            if heard.calls or not heard.carrier_answers:
                await pass_on_unknown(ports, uow, heard, now)
            return
        known = await uow.codes.of_guest(guest.id, now - AFTERWARDS)
        spoken = spoken_of(known, now)
        guest = (await uow.guests.of_stay(spoken.request_id) if spoken else None) or guest
        # The carrier has answered already, and a second answer would confuse (facts/slack-twilio.md §3.5).
        hearing = Hearing(ports, uow, heard, guest, known, now, answers=not heard.carrier_answers)
        if heard.carrier_answers:
            await uow.audit.note(now, hearing.actor, "carrier_word", guest.id)
        allowed = await _allowed(hearing)
        if allowed is None:
            return
        if spoken is None:  # known from another time: today's stay may have another number
            await pass_on_unknown(ports, uow, heard, now, answered=allowed.answers)
        # A bare number answers the question which door they meant.
        chosen, said = await _chosen(allowed), await _said(allowed)
        if chosen is not None:
            await answer_guest(allowed, *chosen)
        elif said is None:
            await _words(allowed)
        elif said.word is ReplyWord.THANKS:
            await _thanks(allowed)
        else:
            await _word(allowed, said)


async def _allowed(hearing: Hearing) -> Hearing | None:
    """None: so many texts are no conversation any more. After too many in a short time they get one word to slow down,
    and then no answers for a while."""
    audit, actor, now = hearing.uow.audit, hearing.actor, hearing.now
    if await audit.count(actor, "texted", now - HEARD_FOR) >= MOST_HEARD:
        await audit.note(now, actor, "not_heard", hearing.guest.id)
        return None
    lately = await audit.count(actor, "texted", now - SLOWED_FOR)
    await audit.note(now, actor, "texted", hearing.guest.id)
    if lately < MOST_ANSWERED:
        return hearing
    if not await audit.count(actor, "slowed", now - SLOWED_FOR):
        await audit.note(now, actor, "slowed", hearing.guest.id)
        await hearing.text(Phrase.SLOW_DOWN, minutes=str(int(SLOWED_FOR.total_seconds() // 60)))
    await audit.note(now, actor, "not_answered", hearing.guest.id)
    return replace(hearing, answers=False)


async def _said(hearing: Hearing) -> Reply | None:
    if hearing.heard.calls:
        return Reply(ReplyWord.HELP)
    words = hearing.heard.words
    return understand_reply(words) or understand_reply(words, await hearing.names())


async def _words(hearing: Hearing) -> None:
    """Other words are for people; the answer names the word that fits now."""
    spoken = spoken_of(hearing.known, hearing.now)
    if spoken is None:
        await hearing.text(Phrase.NOT_NOW)
        return
    await hearing.tell_team(spoken)
    offered = word_to_offer(spoken, hearing.now, used=await hearing.used(spoken))
    await hearing.text(_HINTS[offered], spoken)


async def _thanks(hearing: Hearing) -> None:
    """Heard, and not answered: nobody waits for one."""
    spoken = spoken_of(hearing.known, hearing.now)
    if spoken is not None:
        await hearing.tell_team(spoken)


async def _word(hearing: Hearing, said: Reply) -> None:
    stays, spoken = stays_of(hearing.known, hearing.now), spoken_of(hearing.known, hearing.now)
    about = meant(said.word, stays, hearing.now)
    if said.word in (ReplyWord.HUMAN, ReplyWord.HELP) and spoken is not None:
        about = [spoken]
    never_came = missed_arrival(hearing.known, hearing.now, hearing.now - AFTERWARDS)
    if said.word is ReplyWord.HERE and not about and never_came is not None:
        about = [never_came]
    one_stay = len({code.request_id for code in about}) == 1
    if len(about) > 1 and not (one_stay and said.word in OF_THE_STAY):
        # Their word goes with the question: the number that comes back would not say what they wanted.
        offered = about[:MOST_CHOICES]
        choices = [_Choice(code, await hearing.lock(code), await hearing.guest_of(code)) for code in offered]
        doors = "\n".join(_named(hearing, choice, choices) for choice in choices)
        codes = "\n".join(code.id for code in offered)
        await hearing.text(Phrase.WHICH_DOOR, doors=doors, word=said.word.value, rest=said.rest, codes=codes)
        await _beside(hearing, said, about[0])
    elif about:
        await answer_guest(hearing, said.word, said.rest, *about)
        await _beside(hearing, said, about[0])
    elif spoken is None or said.word in (ReplyWord.IN, ReplyWord.PIN):
        await hearing.text(Phrase.NOT_NOW)
    elif said.word in (ReplyWord.HERE, ReplyWord.STUCK) and spoken.status not in _GIVEN_UP:
        await answer_guest(hearing, said.word, said.rest, spoken)
    else:
        await _words(hearing)


async def _beside(hearing: Hearing, said: Reply, code: AccessCode) -> None:
    """What came with the word is for people."""
    if said.calls:
        await hearing.call_person(said.word, code)
    elif said.more or hearing.heard.media:
        await hearing.tell_team(code)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A stay that somebody may mean."""

    code: AccessCode
    lock: Lock
    guest: Guest

    @property
    def door(self) -> str:
        return self.lock.guest_info.door or self.lock.name


def _named(hearing: Hearing, choice: _Choice, choices: Sequence[_Choice]) -> str:
    """What guests know the door as. Where two stays are behind the same door, with whose it is, as two may share a
    phone; else with the day."""
    same = [other for other in choices if other.door == choice.door]
    if len(same) == 1:
        return choice.door
    if len({other.guest.name for other in same}) == len(same):
        return f"{choice.guest.name}: {choice.door}"
    language = hearing.guest.language_choice.language
    return f"{guest_day(choice.code.window.starts_at, choice.lock.zoneinfo, language)} {choice.door}"


async def _chosen(hearing: Hearing) -> tuple[ReplyWord, str, AccessCode] | None:
    """The word that waits, and the stay that this number means; None where that is not what we have asked last, or not
    so many: after an answer, or words of staff, a number is about something else."""
    number = understand_choice(hearing.heard.words)
    if number is None:
        return None
    said = await hearing.uow.messages.said_to(hearing.guest.id, hearing.now - ASKED_WHICH)
    last = next((m for m in said if m.phrase not in _ANSWERS_NOTHING and _is_talk(m)), None)
    codes = last.facts["codes"].split("\n") if last and last.phrase == Phrase.WHICH_DOOR.value else []
    if last is None or number > len(codes):
        return None
    # Among the stays of now: what was offered may have been replaced, or have ended, since it was asked.
    newest = {code.id: code for code in stays_of(hearing.known, hearing.now)}
    code = newest.get(codes[number - 1])
    return (ReplyWord(last.facts["word"]), last.facts["rest"], code) if code else None


def _is_talk(message: Message) -> bool:
    """What comes by the clock in between says nothing about what was asked."""
    return message.key.startswith(ANSWER) or kind_of_text(message) is TextKind.ANSWER
