"""A guest's text: IN is evidence, PIN sends the PIN again, anything else goes to the team. Strangers learn nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.drafts import stay_facts, text_to_guest
from bot.conversation.history import Event, reply
from bot.conversation.notices import hide_digits
from bot.conversation.phrases import Phrase
from bot.conversation.understand import ReplyWord, understand_reply
from bot.domain.access_codes import AccessCode, CodeStatus
from bot.domain.locks import Guest
from bot.domain.pins import Phone
from bot.domain.talking import AFTERWARDS, spoken_of
from bot.ports import Evidence, Ports, Subject, UnitOfWork

_COUNTS = (CodeStatus.READY, CodeStatus.SHARED, CodeStatus.ACTIVE, CodeStatus.MISSED)


@dataclass(frozen=True, slots=True)
class Heard:
    """`sid` is the vendor's id of this very text: the same one has one effect. `carrier_answers`: the words are the
    carrier's (STOP, HELP and their like), which answers them by itself. `media`: a kind for each picture or file that
    came with it (`photo`, `video`, `file`); `link`: where somebody with a login can see them."""

    sid: str
    phone: Phone
    words: str
    carrier_answers: bool = False
    media: tuple[str, ...] = ()
    link: str = ""


async def hear_guest(ports: Ports, heard: Heard) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        if not await work.deliveries.first("sms", heard.sid, now):
            return
        guest = await work.guests.by_phone(heard.phone)
        if guest is None:
            return
        known = await work.codes.of_guest(guest.id, now - AFTERWARDS)
        codes = [c for c in known if c.status in _COUNTS and now < c.window.ends_at]
        reply = understand_reply(heard.words)
        if heard.carrier_answers or (reply is not None and reply.word is ReplyWord.CARRIER):
            await work.audit.note(now, f"guest:{guest.id}", "carrier_word", guest.id)
        else:
            await _hear(ports, work, heard, reply.word if reply else None, guest, codes, spoken_of(known, now))


async def _hear(
    ports: Ports,
    work: UnitOfWork,
    heard: Heard,
    word: ReplyWord | None,
    guest: Guest,
    codes: Sequence[AccessCode],
    spoken: AccessCode | None,
) -> None:
    """`codes`: whose PIN a reply word can be about, newest first; `spoken`: the stay that other words are about."""
    if codes and word is not None:
        await _answer(ports, work, heard, word, guest, codes[0])
        if spoken is not None and heard.media and word in (ReplyWord.IN, ReplyWord.PIN):
            await _tell_team(ports, work, heard, guest, spoken)
    elif spoken is not None and word not in (ReplyWord.IN, ReplyWord.PIN):
        await _tell_team(ports, work, heard, guest, spoken)
        await _text(ports, work, heard, Phrase.PASSED_ON if codes else Phrase.HEARD, guest, spoken)
    else:
        await _text(ports, work, heard, Phrase.NOT_NOW, guest, None)


async def _answer(
    ports: Ports, work: UnitOfWork, heard: Heard, word: ReplyWord | None, guest: Guest, code: AccessCode
) -> None:
    if word is ReplyWord.IN and ports.clock.now() < code.window.starts_at:
        await _text(ports, work, heard, Phrase.NOT_YET, guest, code)
    elif word is ReplyWord.IN:
        await _is_in(ports, work, heard, guest, code)
    elif word is ReplyWord.PIN and code.has_pin and code.status is not CodeStatus.MISSED:
        await _text(ports, work, heard, Phrase.PIN, guest, code)
    else:
        await _tell_team(ports, work, heard, guest, code)
        await _text(ports, work, heard, Phrase.PASSED_ON, guest, code)


async def _is_in(ports: Ports, work: UnitOfWork, heard: Heard, guest: Guest, code: AccessCode) -> None:
    now = ports.clock.now()
    await work.codes.add_evidence(Evidence(code.id, "guest", now, guest.id))
    await work.audit.note(now, f"guest:{guest.id}", "used", code.id, source="guest")
    await work.look_at(code.id, now)
    await _text(ports, work, heard, Phrase.THANKS, guest, code)


async def _tell_team(ports: Ports, work: UnitOfWork, heard: Heard, guest: Guest, code: AccessCode) -> None:
    """The guest's words, in the stay's thread."""
    lock = await work.locks.get(code.lock_id)
    if lock is None:
        return
    facts = stay_facts(guest, lock, code.window) | {"words": hide_digits(heard.words[:500].strip())}
    facts |= {"request": code.request_id}
    facts |= {"media": ",".join(heard.media), "link": heard.link} if heard.media else {}
    channel, now = ports.house.approvals_channel, ports.clock.now()
    await work.say(reply(ports.new_id(), f"says:{heard.sid}", Event.SAID, code.request_id, channel, now, facts))


async def _text(
    ports: Ports, work: UnitOfWork, heard: Heard, phrase: Phrase, guest: Guest, code: AccessCode | None
) -> None:
    lock = await work.locks.get(code.lock_id) if code else None
    facts = stay_facts(guest, lock, code.window) if code and lock else {}
    if code and code.replaces:
        facts["replaces"] = code.replaces
    message = text_to_guest(ports.new_id(), f"answer:{heard.sid}", phrase, guest, facts, code, ports.clock.now())
    if await work.messages.queue(message):
        work.nudge(Subject.MESSAGE, message.id)
