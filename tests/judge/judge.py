"""After every step the doors themselves are asked, and whatever stands anywhere about a PIN is held against that."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.conversation.answers.stay_answers import shown
from bot.conversation.answers.verdicts import verdict_sentence
from bot.conversation.guest_texts.moments import guest_moment
from bot.conversation.team.home import home
from bot.conversation.team.notices import Story, card, state
from bot.conversation.times import show_moment
from bot.domain.messages.languages import Language
from bot.domain.messages.message import Message
from bot.domain.messages.notice import Notice
from bot.domain.pins import Pin
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.standing import Opens, PinState
from bot.workflows.check_pin import check_pin
from bot.workflows.find_stay import FoundStay
from bot.workflows.list_stays import asked_by
from bot.workflows.show_home import show_home
from tests.judge import claims
from tests.judge.acts import History, Stay, newest
from tests.judge.claims import Claim, Sure
from tests.judge.scene import MINUTE, MadePin, SentText

EDGE = 5 * MINUTE
"""So near to its end nobody is blamed for a PIN: clocks differ."""

PIN = re.compile(r"(?<!\d)(\d{3}) (\d{3}) (\d{3})(?!\d)")


@dataclass
class Judge:
    """`wrong`: what was claimed and what the door did, a line each."""

    history: History
    wrong: list[str] = field(default_factory=list)
    _heard_of: frozenset[str] = frozenset()
    """The codes of which we have heard that they were used."""
    _texts: int = 0
    _posts: int = 0
    _texted_pins: set[str] = field(default_factory=set)
    """The codes whose digits some text held."""
    _promised_none: set[str] = field(default_factory=set)
    """The codes of stays whose guest read that they get no PIN."""

    async def after_step(self, *, last: bool, die: int) -> None:
        for stay in self.history.stays:
            found = await self.history.found(stay)
            self._heard_of |= {one.code_id for one in found.evidence}
            self._standing(found)
            self._card(found)
            self._shown(found)
            self._promises(stay, found)
            self._heard(stay, found)
            await self._new_texts(stay, found)
            if last or die % 4 == 0:
                await self._checked(found)
        self._texts, self._posts = len(self.history.stage.scene.texts), len(self.history.stage.scene.posts)
        if last or die % 4 == 1:
            await self._lists()

    # --- what the door does ---------------------------------------------------------------------------------------

    @property
    def _made(self) -> dict[str, MadePin]:
        return self.history.stage.scene.made

    def _of(self, code_ids: Sequence[str]) -> list[MadePin]:
        return [self._made[each] for each in code_ids if each in self._made]

    def _holds(self, surface: str, claim: Claim) -> None:
        now, pins = self.history.now, self._of(claim.codes)
        opening = [pin for pin in pins if pin.opens_from(now)]
        if claim.sure is Sure.DEAD:
            for pin in opening:
                # Its bridge is just about to tell: silence was not the lock's.
                if not pin.reports_due:
                    self._blame(surface, claim.words, f"{self._name(pin)} opens")
            return
        if claim.sure is not Sure.MAYBE:
            self._must_open(surface, claim, pins, opening)
        if claim.until and pins and claim.until not in map(self._end, pins):
            self._blame(surface, claim.words, f"the door knows {', '.join(map(self._end, pins))}")

    def _must_open(self, surface: str, claim: Claim, pins: list[MadePin], opening: list[MadePin]) -> None:
        excused = [pin for pin in pins if self._last_moment(pin) - self.history.now <= EDGE]
        if excused and claim.sure is Sure.OPENS:
            return
        shut = [pin for pin in pins if pin not in opening and pin not in excused]
        missing = claim.sure is Sure.EACH and len(pins) < len(claim.codes)
        if claim.sure in (Sure.EACH, Sure.WILL) and (shut or missing):
            names = ", ".join(map(self._name, shut)) or "there is none"
            self._blame(surface, claim.words, f"{names}: the door stays shut")
        if claim.sure is Sure.OPENS and not opening:
            self._blame(surface, claim.words, "nothing of it opens")

    def _last_moment(self, pin: MadePin) -> datetime:
        """By our clock; the door's own may run some minutes ahead. While it has not opened anything that is its
        deadline; once that is over nobody is excused."""
        unused = pin.opened_at is None and self.history.now < pin.deadline
        return pin.deadline if unused else pin.window.ends_at

    def _end(self, pin: MadePin) -> str:
        return show_moment(pin.window.ends_at, pin.entrance.door.zone)

    def _name(self, pin: MadePin) -> str:
        return f"{pin.code_id[-3:]} at {pin.entrance.door.name}"

    def _blame(self, surface: str, words: str, door: str) -> None:
        shown_words = re.sub(r"\d{3} \d{3} \d{3}", "•••", " ".join(words.split()))
        self.wrong.append(f"{surface}: “{shown_words[:300]}”, but {door}")

    # --- our surfaces ---------------------------------------------------------------------------------------------

    def _standing(self, found: FoundStay) -> None:
        for pin in found.standing.pins:
            sure = {Opens.CERTAIN: Sure.EACH, Opens.NOTHING: Sure.DEAD}.get(pin.opens, Sure.MAYBE)
            waits = pin.state in (PinState.WAITS, PinState.MAKING)
            made = self._made.get(pin.code.id)
            if waits or (made is None and sure is not Sure.EACH):
                continue
            ends = show_moment(pin.code.window.ends_at, found.locks[0].zoneinfo)
            until = ends if sure is Sure.EACH else ""
            self._holds("standing", Claim(sure, f"{pin.code.id[-3:]} {pin.state}", (pin.code.id,), until))
            self._unsure(pin.state, pin.code, used=pin.used)

    def _unsure(self, state_now: PinState, code: AccessCode, *, used: bool) -> None:
        """Perhaps is said only where something is not known."""
        now = self.history.now
        fits = {
            PinState.UNCONFIRMED: not used and now >= code.deadline,
            PinState.MAY_EXIST: not code.has_pin and code.status is CodeStatus.WITHDRAWN,
            PinState.MAY_BE_SPENT: used or now >= code.window.starts_at - EDGE,
        }.get(state_now, True)
        if not fits:
            self._blame("standing", f"{code.id[-3:]} {state_now}", "that is known better")

    def _story(self, found: FoundStay) -> Story:
        known = (found.codes, found.messages, list(found.evidence))
        return Story(found.request, found.locks, found.guest, found.now, *known, left=found.left)

    def _card(self, found: FoundStay) -> None:
        fresh = card(self._story(found))
        for claim in claims.of_card(fresh, found.codes):
            self._holds("card", claim)
        self._seen_on(fresh, found)
        posted = self.history.stage.scene.cards.get(found.request.id)
        if posted is not None:
            for claim in claims.of_card(posted, found.codes):
                if claim.sure is Sure.DEAD:
                    self._holds("card as posted", claim)

    def _shown(self, found: FoundStay) -> None:
        known = (found.codes, found.messages, found.evidence)
        words = shown(found.request, found.guest, found.locks, *known, found.now, found.left)
        for claim in claims.of_show(words, found.codes):
            self._holds("/pin show", claim)

    async def _lists(self) -> None:
        ports, scene = self.history.stage.ports, self.history.stage.scene
        async with ports.store() as uow:
            codes = await uow.codes.of_requests({stay.request_id for stay in self.history.stays})
        for listed in await asked_by(ports, "U_ADA"):
            for claim in claims.of_state(state(listed.request, listed.standing), codes.get(listed.request.id, ())):
                self._holds("/pin list", claim)
        by_guest = {stay.guest: codes.get(stay.request_id, ()) for stay in self.history.stays}
        for part in home(await show_home(ports, "U_BEN")).parts:
            for line in part.lines:
                named = re.match(r"\*(\w+)\* at \*.*\*: (.*)", line.words)
                if named and named[1] in by_guest:
                    for claim in claims.of_state(named[2], by_guest[named[1]]):
                        self._holds("Home", claim)
        assert scene.now == ports.clock.now()

    async def _checked(self, found: FoundStay) -> None:
        ports, locks = self.history.stage.ports, {lock.id: lock for lock in (*found.locks, *found.left)}
        for code in found.codes:
            if not code.has_pin:
                continue
            lock, made = locks[code.lock_id], self._made[code.id]
            checked = await check_pin(ports, lock.id, Pin(made.digits), "U_BEN")
            words = verdict_sentence(checked.verdict, lock, checked.guest, found.now)
            for claim in claims.of_verdict(words, code):
                self._holds("/pin check", claim)

    def _heard(self, stay: Stay, found: FoundStay) -> None:
        for surface, whose, words, _ in self.history.heard:
            if whose is stay:
                for claim in claims.of_answer(words, found.codes):
                    self._holds(surface, claim)
                if "has not been texted the PIN" in words and self._texted(found.codes):
                    self._blame(surface, words, "the guest has it by text")

    def _texted(self, codes: Sequence[AccessCode]) -> bool:
        bodies = [text.body.replace(" ", "") for text in self.history.stage.scene.texts]
        opening = [pin for pin in self._of([code.id for code in codes]) if pin.opens_from(self.history.now)]
        return any(pin.digits in body for pin in opening for body in bodies)

    # --- what was promised ----------------------------------------------------------------------------------------

    def _seen_on(self, notice: Notice, found: FoundStay) -> None:
        """Every PIN that opens and is not the guest's own stands on the card, can be shown, and be got rid of."""
        current = {code.id for code in newest(found.codes)}
        for number, code in enumerate(found.codes, 1):
            made = self._made.get(code.id)
            if made is None or not code.has_pin or not made.opens_from(self.history.now):
                continue
            ours = code.id in current
            if ours and code.given_up is None:
                continue
            lines = [line for remark in notice.remarks for line in remark.split("\n")]
            called = (f"PIN number {number} ",) if not ours or len(current) > 1 else ("It ",)
            named = any(line.startswith(called) for line in lines)
            values = {button.action.split(".")[0] for button in notice.buttons if code.id in button.value}
            main = found.standing.main
            meant = main is not None and main.code.id == code.id
            values |= {button.action for button in notice.buttons if meant and button.value == found.request.id}
            rid = "deleted" in values or any(button.action == "withdraw" for button in notice.buttons)
            for there, what in ((named, "a line"), ("reveal" in values, "a way to show it"), (rid, "a way out")):
                if not there:
                    self._blame("card", notice.heading, f"{self._name(made)} opens, and has not {what}")

    def _promises(self, stay: Stay, found: FoundStay) -> None:
        ids = frozenset(code.id for code in found.codes)
        if not stay.originals:
            stay.originals = ids
        if ids - stay.known and stay.known and not stay.wants_another:
            inside = [pin for pin in self._of(sorted(stay.known)) if pin.opened_at and pin.opens_from(found.now)]
            for pin in inside:
                self._blame("a PIN is made", ", ".join(sorted(ids - stay.known)), f"they are in with {self._name(pin)}")
        stay.known, stay.wants_another = ids, False
        self._together(stay, found)

    def _together(self, stay: Stay, found: FoundStay) -> None:
        """PINs of two doors that begin together, and were there together, are one text."""
        texts = [m for m in found.messages if m.phrase == "pin" and m.planned and m.left_us]
        codes = {code.id: code for code in found.codes if code.id in stay.originals}
        first = {each: text for text in reversed(texts) for each in text.code_ids}
        for one in codes.values():
            for other in codes.values():
                if one.id >= other.id or one.window != other.window or not {one.id, other.id} <= first.keys():
                    continue
                made = self._of((one.id, other.id))
                text = first[one.id]
                there = len(made) == 2 and abs(made[0].made_at - made[1].made_at) < MINUTE
                lost = any(code.minting.attempts > 1 for code in (one, other))
                if there and not lost and other.id not in text.code_ids and not (one.replaces or other.replaces):
                    self._blame("texts", f"{one.id[-3:]} and {other.id[-3:]}", "they came in two texts")

    # --- what left us ---------------------------------------------------------------------------------------------

    async def _new_texts(self, stay: Stay, found: FoundStay) -> None:
        scene = self.history.stage.scene
        messages = {message.id: message for message in found.messages}
        for text in scene.texts[self._texts :]:
            if text.message_id in messages:
                self._text(text, messages[text.message_id], found)
        for at, post_id, notice in scene.posts[self._posts :]:
            if post_id in messages:
                self._post(at, notice, messages[post_id], found)

    def _text(self, text: SentText, message: Message, found: FoundStay) -> None:
        codes = {code.id: code for code in found.codes}
        surface = f"text {message.phrase}"
        if text.at == self.history.now:
            for claim in claims.of_text(text.body, message.code_ids):
                # "If you first use it before": of one that opens once and was used in silence that is no promise.
                if not any(self._used_in_silence(pin) for pin in self._of(claim.codes)):
                    self._holds(surface, claim)
        if "You will get no PIN for it" in text.body:
            self._promised_none |= codes.keys()
            if any(pin.code_id in self._texted_pins for pin in self._of(tuple(codes))):
                self._blame(surface, text.body, "they were texted one before")
        for digits in map("".join, PIN.findall(text.body)):
            self._digits(digits, text, message, found)
        forgets = "Forget the PIN sent before" in text.body
        if forgets and not any(codes[each].replaces for each in message.code_ids):
            self._blame(surface, text.body, "it replaces nothing")

    def _digits(self, digits: str, text: SentText, message: Message, found: FoundStay) -> None:
        """A text that holds a PIN says when it works, and until when it has to be used; and then it does."""
        surface = f"text {message.phrase}"
        made = [pin for pin in self._of([code.id for code in found.codes]) if pin.digits == digits]
        if not made:
            self._blame(surface, text.body, "there is no such PIN")
            return
        pin, zone = made[0], made[0].entrance.door.zone
        self._texted_pins.add(pin.code_id)
        if pin.code_id in self._promised_none:
            self._blame(surface, text.body, "they were told that they get none")
        moments: list[datetime] = []
        if message.phrase == "pin":
            moments = [pin.window.starts_at, pin.window.ends_at]
        if "before" in text.body.replace("sent before", ""):
            moments.append(pin.deadline)
        for moment in moments:
            said = guest_moment(moment, zone, Language.ENGLISH, with_offset=False)
            if said not in text.body:
                self._blame(surface, text.body, f"the door knows {said}")
        # Of one that opens once it says so: used in silence, it is sent again to whoever asks for it.
        if text.at == self.history.now and not self._used_in_silence(pin):
            self._holds(surface, Claim(Sure.EACH, text.body, (pin.code_id,)))

    def _used_in_silence(self, pin: MadePin) -> bool:
        return pin.spent and pin.code_id not in self._heard_of

    def _post(self, at: datetime, notice: Notice, message: Message, found: FoundStay) -> None:
        if at != self.history.now:
            return
        words = " ".join((notice.heading, *notice.remarks))
        code_id = message.code_id or next((c.id for c in found.codes if c.id in message.key), None)
        about = (
            [code for code in found.codes if code_id in (None, code.id)] if message.phrase == "no_show" else found.codes
        )
        for claim in claims.of_answer(words, about):
            self._holds(f"notice {message.phrase}", claim)
        if code_id is not None:
            for claim in claims.of_post(words, code_id):
                self._holds(f"notice {message.phrase}", claim)
