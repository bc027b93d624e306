"""What surrounds the core in the simulated month: doors that decide by themselves, a carrier with its moods, a chat
that keeps what was posted, and one clock that jumps from one thing that happens to the next."""

import heapq
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from bot.domain.messages.message import MessageStatus
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.retrying import Cause
from bot.domain.pins import Phone, Pin
from bot.ports import LockInfo, Minted, MintOrder, OptedOut, OutcomeUnknown, Text, TextInfo, Unavailable
from bot.workflows.receive_delivery import Report
from providers.sandbox import algopin
from providers.sandbox.algopin import PinWindow
from providers.sandbox.doors import Door, Tried
from tests.benchmarks.ports import InstantChat

ZONES = (
    *("Europe/Paris", "Europe/London", "Africa/Casablanca", "America/New_York", "America/Los_Angeles"),
    *("America/St_Johns", "America/Santiago", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Sydney"),
    *("Asia/Kolkata", "Pacific/Apia"),
)
"""Twelve: with and without daylight saving, on both sides of the equator, off by 30 and 45 minutes."""

DOORS_A_ZONE = 5
Action = Callable[[], Awaitable[None]]


@dataclass
class Agenda:
    """What happens when, and the clock: everything is done in order of its moment, then in order of planning."""

    now: datetime
    _heap: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def at(self, moment: datetime, action: Action) -> None:
        heapq.heappush(self._heap, (max(moment, self.now), next(self._order), action))

    def after(self, action: Action, **by: float) -> None:
        self.at(self.now + timedelta(**by), action)

    @property
    def next_moment(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def take(self) -> Action:
        return heapq.heappop(self._heap)[2]


class World:
    """Doors by the provider's reference; every third has a bridge."""

    def __init__(self, dice: Random, agenda: Agenda) -> None:
        self.dice, self.agenda = dice, agenda
        self.doors = {door.device_id: door for door in _doors()}
        self.phones: dict[str, Mood] = {}
        self.sent: list[Sent] = []
        self.posted: list[tuple[datetime, str, Notice]] = []
        self.report: Callable[[Report], Awaitable[None]] | None = None
        self.read: Callable[[Sent], None] | None = None
        self.opened: Callable[[Door, str, datetime], Awaitable[None]] | None = None

    def enter(self, door: Door, pin: str) -> Tried:
        """Somebody types it; a bridge tells a little later, and not always."""
        tried = door.enter(pin, self.agenda.now)
        if tried.opened and door.has_bridge and self.opened is not None and self.dice.random() < 0.9:
            opened, at = self.opened, self.agenda.now

            async def tell() -> None:
                await opened(door, pin, at)

            self.agenda.after(tell, seconds=self.dice.randint(1, 90))
        return tried


def _doors() -> list[Door]:
    made = []
    for zone in ZONES:
        for number in range(DOORS_A_ZONE):
            name = f"{zone.split('/')[-1].replace('_', ' ')} {number + 1}"
            key = f"month|{zone}|{number}".encode()
            made.append(Door(name, name.lower(), name, ZoneInfo(zone), name, key, has_bridge=number % 3 == 0))
    return made


# --- the vendors -----------------------------------------------------------------------------------------------------


class MonthLocks:
    """Makes PINs as the maker's cloud does, from the lock's key; a little late, and now and then with trouble."""

    def __init__(self, world: World) -> None:
        self._world, self._made = world, dict[str, Minted]()
        self._refs = count(1)
        self._away_until = world.agenda.now
        self._away_next = world.agenda.now + timedelta(hours=world.dice.uniform(24, 96))

    async def locks(self) -> Sequence[LockInfo]:
        return [LockInfo(d.device_id, d.name, str(d.zone), True, d.has_bridge) for d in self._world.doors.values()]

    def _is_there(self) -> None:
        """Every few days it fails for hours."""
        now, dice = self._world.agenda.now, self._world.dice
        if now >= self._away_next:
            self._away_until = now + timedelta(hours=dice.uniform(1, 8))
            self._away_next = self._away_until + timedelta(hours=dice.uniform(24, 96))
        if now < self._away_until:
            raise Unavailable("the vendor fails for hours")

    async def mint(self, order: MintOrder) -> Minted:
        self._is_there()
        luck = self._world.dice.random()
        if luck < 0.02:
            raise Unavailable("the month has a bad moment")
        made = Minted(f"ac{next(self._refs)}", self._pin(order))
        self._made[order.name] = made
        if luck < 0.04:
            raise OutcomeUnknown("the month lost an answer")
        return made if luck < 0.7 else Minted(made.ref, None)

    async def find(self, order: MintOrder) -> Minted | None:
        self._is_there()
        return self._made.get(order.name)

    async def fetch(self, ref: str) -> Minted:
        self._is_there()
        return next(made for made in self._made.values() if made.ref == ref)

    async def check(self) -> str:
        return ""

    def _pin(self, order: MintOrder) -> Pin:
        door, window = self._world.doors[order.lock_ref], order.window
        kind: algopin.Kind = order.kind.value  # type: ignore[assignment]
        length = round(window.length / timedelta(hours=1))
        if kind == "daily":
            first, last = (m.astimezone(door.zone).date() for m in (window.starts_at, window.ends_at))
            length = (last - first).days
        return Pin(algopin.mint(door.key, PinWindow(kind, window.starts_at, length, order.slot_index)))


@dataclass
class Mood:
    """How the carrier treats a number, and whether its owner wants texts."""

    unreachable: bool = False
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that left us."""

    at: datetime
    to: str
    body: str
    message_id: str


class MonthTexter:
    """Takes texts, reports on them later; loses some reports, some answers, and has its own list."""

    second_way = False

    def __init__(self, world: World) -> None:
        self._world = world
        self._refs: dict[str, Sent] = {}
        self._next = count(1)

    async def send(self, text: Text) -> str:
        world, luck = self._world, self._world.dice.random()
        mood = world.phones.setdefault(text.to.e164, Mood())
        if mood.opted_out:
            raise OptedOut("This number wants no texts.")
        if luck < 0.02:
            raise Unavailable("the month has a bad moment")
        ref = f"SM{next(self._next)}"
        sent = Sent(world.agenda.now, text.to.e164, text.body, text.message_id)
        self._refs[ref] = sent
        world.sent.append(sent)
        self._will_report(ref, sent, mood)
        if luck < 0.04:
            raise OutcomeUnknown("the month lost an answer")
        return ref

    def _will_report(self, ref: str, sent: Sent, mood: Mood) -> None:
        dice, status = self._world.dice, MessageStatus.DELIVERED
        cause, problem = None, None
        if mood.unreachable:
            status, cause, problem = MessageStatus.UNDELIVERED, Cause.CONTACT, "This number cannot be reached."

        async def tell() -> None:
            assert self._world.report is not None
            await self._world.report(Report(ref, status, sent.message_id, problem, cause))

        async def reads() -> None:
            assert self._world.read is not None
            self._world.read(sent)

        self._world.agenda.after(reads, seconds=dice.randint(1, 30))
        for _ in range(dice.choice((1, 1, 1, 2)) if dice.random() < 0.95 else 0):
            self._world.agenda.after(tell, seconds=dice.randint(1, 40))

    async def find(self, text: Text, known: frozenset[str]) -> str | None:
        mine = [r for r, sent in self._refs.items() if sent.message_id == text.message_id and r not in known]
        return mine[0] if mine else None

    async def look_up(self, ref: str) -> TextInfo | None:
        sent = self._refs[ref]
        if self._world.phones[sent.to].unreachable:
            return TextInfo(MessageStatus.UNDELIVERED, Cause.CONTACT, "This number cannot be reached.")
        return TextInfo(MessageStatus.DELIVERED)

    async def check(self) -> str:
        return ""


class MonthChat(InstantChat):
    """Keeps every post outside of threads; staff read them."""

    def __init__(self, world: World, staff: Callable[[str, Notice], None]) -> None:
        super().__init__()
        self._world, self._staff = world, staff

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        if thread is None:
            self._world.posted.append((self._world.agenda.now, post_id, notice))
            self._staff(post_id, notice)
        return await super().post(channel, notice, post_id=post_id, thread=thread, workspace=workspace)


def number_of(index: int) -> Phone:
    """A French mobile number that is nobody's (ARCEP's numbers for fiction begin so)."""
    return Phone(f"+3363998{index:04d}")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]
