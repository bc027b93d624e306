"""Guests and staff of the simulated month. Each deed is one that people do: text, type a PIN, press a button."""

import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Button, Notice
from bot.domain.pins import Phone
from bot.domain.refusals import Refusal
from bot.domain.stays.replying import CarrierWord
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Stale
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.confirm_use import confirm_use
from bot.workflows.decide_late import decide_late
from bot.workflows.decide_request import decide_request
from bot.workflows.receive_carrier_word import receive_carrier_word
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.replace_pin import replace_pin
from bot.workflows.withdraw import withdraw
from providers.sandbox.doors import Door
from tests.month.world import Agenda, Mood, Sent, World, number_of

HOUR = timedelta(hours=1)
PIN = re.compile(r"(?<!\d)(\d{3}) (\d{3}) (\d{3})(?!\d)")
ASKED = re.compile("did your PIN open|a-t-il ouvert")
KINDS = {
    "silent": 32,
    "punctual": 16,
    "forgetful": 12,
    "late": 8,
    "asks to come later": 6,
    "never comes": 6,
    "opts out before the PIN": 4,
    "opts out after the PIN": 3,
    "changes phones": 5,
    "on arrival": 6,
    "chatty": 4,
}
"""In hundreds: how guests are."""

CHAT = (
    "Where do I park?",
    "PIN",
    "wo ist der Schlüssel?",
    "1",
    "danke 🙏",
    "STUCK",
    "HELP",
    "in the kitchen",
    "HUMAN",
    "late",
)


def pin_for(body: str, door: str) -> str | None:
    """The digits that a text gives for this door: on the line that names it, or the only ones there are."""
    lines = [line for line in body.split("\n") if PIN.search(line)]
    named = [line for line in lines if line.startswith(door)] or (lines if len(lines) == 1 and door in body else [])
    found = PIN.search(named[0]) if named else None
    return "".join(found.groups()) if found else None


@dataclass
class Stay:
    """What somebody wants, and what became of it."""

    kind: str
    doors: tuple[tuple[Lock, Door], ...]
    """The first is the one that they stand before; whoever is in opens the others, too."""
    window: AccessWindow
    phone: Phone
    request_id: str = ""
    refused: str = ""
    fate: str = "pending"
    inside_at: datetime | None = None
    stood_before_a_shut_door: int = 0
    tried: set[str] = field(default_factory=set)
    patience: int = 5

    @property
    def lock(self) -> Lock:
        return self.doors[0][0]

    @property
    def door(self) -> Door:
        return self.doors[0][1]


class People:
    """`tally` counts what they do and see."""

    def __init__(self, ports: Ports, world: World, agenda: Agenda, dice: Random, tally: Counter[str]) -> None:
        self.ports, self.world, self.agenda, self.dice, self.tally = ports, world, agenda, dice, tally
        self.stays: list[Stay] = []
        self.by_request: dict[str, Stay] = {}
        self.inbox: dict[str, list[Sent]] = defaultdict(list)
        self._sids, self._numbers = count(1), count(1)
        self.stands: Callable[[Stay, datetime], Awaitable[None]] | None = None

    # --- asking -----------------------------------------------------------------------------------------------------

    def plans(self, doors: tuple[tuple[Lock, Door], ...], window: AccessWindow, asked_at: datetime) -> None:
        kind = self.dice.choices(list(KINDS), list(KINDS.values()))[0]
        stay = Stay(kind, doors, window, number_of(next(self._numbers)))
        self.world.phones[stay.phone.e164] = Mood(unreachable=kind == "changes phones")
        self.stays.append(stay)
        self.agenda.at(asked_at, lambda: self.asks(stay))

    async def asks(self, stay: Stay) -> None:
        number = len(self.by_request)
        wanted = PinRequest(
            "U_ADA",
            tuple(lock.id for lock, _ in stay.doors),
            f"Guest{number}",
            stay.phone,
            stay.window,
            f"ask-{number}-{stay.phone.e164}",
        )
        wanted = replace(wanted, on_arrival=stay.kind == "on arrival", one_time=self.dice.random() < 0.05)
        try:
            await ask_for_pin(self.ports, wanted)
        except Refusal as refusal:
            stay.refused = stay.fate = refusal.reason.value
            return
        async with self.ports.store() as uow:
            stay.request_id = (await uow.requests.of_requester("U_ADA", 1))[0].id
        self.by_request[stay.request_id] = stay
        luck = self.dice.random()
        if luck < 0.95:
            self.agenda.after(lambda: self.decided(stay, approved=luck < 0.9), minutes=self.dice.randint(1, 180))
        self._will_live(stay)

    async def decided(self, stay: Stay, *, approved: bool) -> None:
        async def decide() -> None:
            await decide_request(self.ports, stay.request_id, "U_BEN", approved=approved)
            stay.fate = "approved" if approved else "denied"

        await self._tries(decide)

    # --- what guests do -----------------------------------------------------------------------------------------------

    def _will_live(self, stay: Stay) -> None:
        dice, starts = self.dice, stay.window.starts_at
        soon = starts + dice.random() * min(8 * HOUR, stay.window.length * 0.8)
        late = starts + dice.uniform(25, 32) * HOUR
        arrival = {
            "never comes": None,
            "forgetful": starts + dice.uniform(26, 40) * HOUR,
            "late": late,
            "asks to come later": late,
            "on arrival": None
            if dice.random() < 0.3
            else starts + dice.random() * min(40 * HOUR, stay.window.length * 0.9),
        }.get(stay.kind, soon)
        if stay.kind == "asks to come later":
            said = late.astimezone(stay.door.zone).replace(minute=0)
            self.agenda.at(starts - 3 * HOUR, lambda: self.texts(stay, f"LATE {said:%Y-%m-%d %H:%M}"))
        if stay.kind == "opts out before the PIN":
            self.agenda.at(starts - dice.uniform(25, 30) * HOUR, lambda: self.carrier(stay, CarrierWord.STOP))
            if dice.random() < 0.5:
                self.agenda.at(starts - 3 * HOUR, lambda: self.carrier(stay, CarrierWord.START))
        if stay.kind == "opts out after the PIN":
            self.agenda.at(starts - HOUR, lambda: self.carrier(stay, CarrierWord.STOP))
        if stay.kind == "chatty":
            for _ in range(dice.randint(2, 18)):
                moment = starts + dice.uniform(-20, 20) * HOUR
                self.agenda.at(moment, lambda: self.texts(stay, dice.choice(CHAT)))
        if arrival is not None:
            self.agenda.at(arrival, lambda: self.arrives(stay))

    async def arrives(self, stay: Stay) -> None:
        """Types the newest PIN on the phone; without one, or before a shut door, they text, and try again later."""
        if stay.inside_at is not None or (stay.fate != "approved" and self.dice.random() < 0.9):
            return
        pin, came_at = self.newest_pin(stay), self.agenda.now
        if pin is None:
            self._stands(stay, came_at)
            await self.texts(stay, "HERE" if stay.kind == "on arrival" or self.dice.random() < 0.5 else "PIN")
        elif self.world.enter(stay.door, pin).opened:
            stay.inside_at = self.agenda.now
            stay.tried.add(pin)
            for lock, door in stay.doors[1:]:
                other = self.newest_pin(stay, lock.name)
                opened = other is not None and self.world.enter(door, other).opened
                self.tally["further doors that " + ("opened" if opened else "stayed shut")] += 1
            if stay.kind != "silent" and self.dice.random() < 0.6:
                self.agenda.after(lambda: self.texts(stay, self.dice.choice(("IN", "in", "I'm in!"))), minutes=2)
            return
        else:
            self._stands(stay, came_at)
            stay.stood_before_a_shut_door += pin not in stay.tried
            stay.tried.add(pin)
            if self.dice.random() < 0.7:
                await self.texts(stay, "STUCK")
        stay.patience -= 1
        if stay.patience > 0 and self.agenda.now < stay.window.ends_at - HOUR:
            self.agenda.after(lambda: self.arrives(stay), minutes=self.dice.randint(20, 150))

    def _stands(self, stay: Stay, came_at: datetime) -> None:
        """They cannot get in. What the house knew and did is looked at two minutes later."""
        if self.stands is not None and stay.fate == "approved":
            stands = self.stands
            self.agenda.at(came_at + timedelta(minutes=2), lambda: stands(stay, came_at))

    def newest_pin(self, stay: Stay, door: str = "") -> str | None:
        """Of their own door, or of this one: a text may hold a line for each."""
        found = [pin for sent in self.inbox[stay.phone.e164] if (pin := pin_for(sent.body, door or stay.lock.name))]
        return found[-1] if found else None

    def reads(self, sent: Sent) -> None:
        """A text arrives on a phone that can be reached. A forgetful guest sets out when reminded."""
        if self.world.phones[sent.to].unreachable:
            return
        self.inbox[sent.to].append(sent)
        stay = next((s for s in reversed(self.stays) if s.phone.e164 == sent.to), None)
        if stay is None:
            return
        if stay.inside_at is not None and ASKED.search(sent.body) and self.dice.random() < 0.5:
            self.agenda.after(lambda: self.texts(stay, "IN"), minutes=self.dice.randint(1, 60))
        if stay.inside_at is not None or not PIN.search(sent.body):
            return
        reminded = stay.kind == "forgetful" and "Already in?" in sent.body and self.dice.random() < 0.8
        if reminded or (stay.stood_before_a_shut_door and self.newest_pin(stay) not in stay.tried):
            self.agenda.after(lambda: self.arrives(stay), minutes=self.dice.randint(5, 80))

    async def texts(self, stay: Stay, words: str) -> None:
        self.tally["texts from guests"] += 1
        if words in ("HELP", "STOP", "START"):
            return  # the carrier answers by itself
        heard = ReceivedText(f"SMin{next(self._sids)}", stay.phone, words)
        for _ in range(2 if self.dice.random() < 0.1 else 1):
            await receive_guest_text(self.ports, heard)

    async def carrier(self, stay: Stay, word: CarrierWord) -> None:
        self.world.phones[stay.phone.e164].opted_out = word is CarrierWord.STOP
        await receive_carrier_word(self.ports, f"SMin{next(self._sids)}", stay.phone, word)

    # --- what staff do ------------------------------------------------------------------------------------------------

    def staff_read(self, _post_id: str, notice: Notice) -> None:
        buttons = {button.action: button for button in notice.buttons}
        soon = self.dice.randint(5, 90)
        if "late_yes" in buttons:
            agreed = self.dice.random() < 0.7
            self.agenda.after(lambda: self._late(buttons["late_yes"], agreed=agreed), minutes=soon)
        elif notice.heading.startswith("Not heard of") and "replace" in buttons and self.dice.random() < 0.8:
            self.agenda.after(lambda: self._unheard(buttons["replace"]), minutes=soon)
        elif notice.heading.startswith("PIN in danger") and "opened" in buttons:
            self.agenda.after(lambda: self._call(buttons["opened"]), minutes=soon)
        elif notice.heading.startswith("A text did not reach"):
            self.agenda.after(lambda: self._another_phone(notice), minutes=soon)

    async def _unheard(self, button: Button) -> None:
        """They call the guest first: whoever is in says so, and gets no second PIN."""
        async with self.ports.store() as uow:
            code = await uow.codes.get(button.value)
        stay = self.by_request.get(code.request_id) if code else None
        if stay is not None and stay.inside_at is not None:
            await self._tries(lambda: confirm_use(self.ports, button.value, "U_BEN"))
            return
        await self._tries(lambda: replace_pin(self.ports, button.value.split("|")[0], "U_BEN"))

    async def _late(self, button: Button, *, agreed: bool) -> None:
        code, _, wanted = button.value.partition("|")
        await self._tries(lambda: decide_late(self.ports, code, datetime.fromisoformat(wanted), "U_BEN", agreed=agreed))

    async def _call(self, button: Button) -> None:
        """They call the guest; whoever is in says so."""
        async with self.ports.store() as uow:
            code = await uow.codes.get(button.value)
        stay = self.by_request.get(code.request_id) if code else None
        if stay is not None and stay.inside_at is not None and self.dice.random() < 0.7:
            await self._tries(lambda: confirm_use(self.ports, button.value, "U_BEN"))

    async def _another_phone(self, notice: Notice) -> None:
        """The guest has a new number: the stay is given up, and asked for again."""
        name = notice.heading.rpartition(" ")[2]
        async with self.ports.store() as uow:
            pairs = await uow.requests.with_guests("U_ADA", 2000)
        stay = next((self.by_request[r] for r, guest in pairs if guest == name and r in self.by_request), None)
        if stay is None or stay.kind != "changes phones" or stay.fate == "given up":
            return
        await self._tries(lambda: withdraw(self.ports, stay.request_id, "U_BEN"))
        stay.fate = "given up"
        again = Stay("punctual", stay.doors, stay.window, number_of(next(self._numbers)))
        self.world.phones[again.phone.e164] = Mood()
        self.stays.append(again)
        await self.asks(again)

    async def _tries(self, action: Callable[[], Awaitable[object]]) -> None:
        """What the rules refuse is told to the person; the clock may be faster."""
        try:
            await action()
        except Refusal as refusal:
            self.tally[f"refused: {refusal.reason.value}"] += 1
        except Stale:
            self.tally["refused: somebody was faster"] += 1
