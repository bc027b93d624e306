"""One text of a guest in our hands: how it is answered, how its words reach the team, how a person is called."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversation.guest_texts.drafts import pin_facts, stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.delivery import NO_TEXT_YET
from bot.conversation.team.drafts import alarm, note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.lock_health import health_words
from bot.conversation.team.notices import NoticeKind, text_state
from bot.conversation.team.stay_words import evidence_words
from bot.domain.hiding import hide_digits
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Message, Route
from bot.domain.pins import Phone
from bot.domain.signs import one_line
from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus
from bot.domain.stays.advance import is_overdue
from bot.domain.stays.alerts import AlertKind
from bot.domain.stays.guests import Guest
from bot.domain.stays.replying import STUCK_AGAIN, ReplyWord, stays_of
from bot.ports import Ports, UnitOfWork
from bot.ports.links import link_in_text
from bot.ports.own_pins import own_pins

LONGEST_QUOTED = 500
"""Letters of a guest's text that the team reads."""

ANSWER = "answer:"
"""How the key of an answer to a text of theirs begins."""


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """`sid` is the vendor's id of this very text: the same one has one effect. `carrier_answers`: the words are the
    carrier's (HELP, YES and their like), which answers them by itself; `calls`: as a call for help. `media`: a kind
    for each picture or file that came with it (`photo`, `video`, `file`); `link`: where somebody with a login can see
    them. `over`: an address of ours that is no telephone's, in the vendor's words: the answer leaves from there."""

    sid: str
    phone: Phone
    words: str
    carrier_answers: bool = False
    calls: bool = False
    media: tuple[str, ...] = ()
    link: str = ""
    over: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """`guest`: of the stay that their words are about, as far as one can be told; `guest_of` a stay is its own.
    `known`: the codes of this number, newest first, with those that ended lately. `answers`: False for somebody who is
    slowed down, or whom the carrier answers: what they say still counts, but nothing is said in return."""

    ports: Ports
    uow: UnitOfWork
    heard: ReceivedText
    guest: Guest
    known: Sequence[AccessCode]
    now: datetime
    answers: bool = True

    @property
    def actor(self) -> str:
        return f"guest:{self.guest.id}"

    async def guest_of(self, code: AccessCode) -> Guest:
        return await self.uow.guests.of_stay(code.request_id) or self.guest

    async def lock(self, code: AccessCode) -> Lock:
        found = await self.uow.locks.get(code.lock_id)
        if found is None:
            raise LookupError("a code without its lock")
        return found

    async def made_soon(self, code: AccessCode) -> bool:
        """Minutes are promised only of a mint that is young and healthy."""
        broken = (AlertKind.OVERDUE, AlertKind.MISCONFIGURED)
        alerts = await self.uow.alerts.open_of(code.request_id)
        return not is_overdue(code, self.now) and not any(a.code_id == code.id and a.kind in broken for a in alerts)

    async def used(self, code: AccessCode) -> bool:
        return bool(await self.uow.codes.evidence(code.id))

    async def text(self, phrase: Phrase, code: AccessCode | None = None, key: str = "", **more: str) -> None:
        """The answer. One text of theirs has one, however often it is delivered. `key`: what is said once about a code,
        even to somebody who is slowed down."""
        if not self.answers and not key:
            return
        guest = await self.guest_of(code) if code else self.guest
        facts = stay_facts(guest, await self.lock(code), code.window) if code else {}
        key = f"{code.id}:{key}" if code and key else f"{ANSWER}{self.heard.sid}"
        new_id = self.ports.new_id()
        await self.uow.enqueue(self._back(text_to_guest(new_id, key, phrase, guest, {**facts, **more}, code, self.now)))

    async def text_pins(self, codes: Sequence[AccessCode]) -> None:
        """The PINs that they ask for: of doors that begin together, in one text."""
        if not self.answers:
            return
        doors = [await self.lock(code) for code in codes]
        link = await link_in_text(self.uow, codes[0], await self.uow.codes.of_request(codes[0].request_id))
        guest = await self.guest_of(codes[0])
        facts = pin_facts(guest, doors, codes, link)
        new_id, key = self.ports.new_id(), f"{ANSWER}{self.heard.sid}"
        await self.uow.enqueue(self._back(text_to_guest(new_id, key, Phrase.PIN, guest, facts, codes[0], self.now)))

    def _back(self, answer: Message) -> Message:
        """On the way on which they wrote."""
        over = self.heard.over
        return replace(answer, way=Route.REPLY, facts={**answer.facts, "over": over}) if over else answer

    async def tell_team(self, code: AccessCode) -> None:
        """The guest's words, in the stay's thread."""
        heard, channel = self.heard, self.ports.options.approvals_channel
        facts = stay_facts(await self.guest_of(code), await self.lock(code), code.window)
        theirs = await own_pins(self.uow, code.request_id, self.guest.id, self.now)
        # Hidden before it is cut: of a PIN at the cut a part would stand there.
        facts |= {"words": one_line(hide_digits(heard.words, theirs))[:LONGEST_QUOTED], "request": code.request_id}
        facts |= {"media": ",".join(heard.media), "link": heard.link} if heard.media else {}
        said = reply(self.ports.new_id(), f"says:{heard.sid}", Event.SAID, code.request_id, channel, self.now, facts)
        await self.uow.enqueue(said)

    async def names(self) -> set[str]:
        """What may stand beside any word and says nothing by itself: the doors of their stays, and who they are."""
        codes = stays_of(self.known, self.now)
        locks, guests = [await self.lock(code) for code in codes], [await self.guest_of(code) for code in codes]
        doors = {name for lock in locks for name in (lock.name, *lock.guest_info.door.split("\n"))}
        return {name for name in (*doors, *(part for guest in guests for part in guest.name.split())) if name}

    async def call_person(self, word: ReplyWord, code: AccessCode, answered: Phrase | None = None) -> None:
        """All that is known, to the channel; not again within `STUCK_AGAIN` of the last such call."""
        lately = await self.uow.audit.count(self.actor, "called_person", self.now - STUCK_AGAIN)
        await self.tell_team(code)
        if lately:
            return
        await self.uow.audit.note(self.now, self.actor, "called_person", code.id, word=word.value)
        lock, channel = await self.lock(code), self.ports.options.approvals_channel
        facts = stay_facts(await self.guest_of(code), lock, code.window)
        facts |= {"word": word.value, "phone": self.guest.phone.masked(), "code": code.id, "request": code.request_id}
        messages = await self.uow.messages.of_request(code.request_id)
        text = text_state(messages, code.id, lock.zoneinfo) or NO_TEXT_YET
        used = evidence_words(await self.uow.codes.evidence(code.id), lock.zoneinfo)
        facts |= {
            "lines": "\n".join([text, used or "Nothing says that this PIN was used.", health_words(lock, self.now)]),
            "answered": answered.value if answered and self.answers else "",
            "may": _may(code),
        }
        key = f"help:{self.heard.sid}"
        new_id, word_of = self.ports.new_id, NoticeKind.WANTS_HELP
        notice = note_to(new_id(), key, word_of, channel, facts, code.request_id, code.id, self.now)
        request = await self.uow.requests.get(code.request_id)
        if request is not None:
            whom, quiet = request.requester, self.ports.policy.quiet
            await self.uow.raise_alert(*alarm(AlertKind.WANTS_HELP, notice, code, lock, whom, quiet, new_id))


def _may(code: AccessCode) -> str:
    """What can be pressed at once."""
    if code.status in (CodeStatus.READY, CodeStatus.SHARED):
        return "opened"
    if code.status is CodeStatus.ACTIVE:
        return "another"
    return "replace" if code.status in (*PAST_DEADLINE, CodeStatus.FAILED) else ""
