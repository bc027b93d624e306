"""Where a history is played: four doors on one clock, a vendor and a carrier that keep all they were given, and a
clock that only goes on. Every PIN that was ever made is kept with its door, whatever became of the answer."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import text as sql

from bot.domain.approvals.policy import Groups, Rule, Rules
from bot.domain.locks.health import LockHealth
from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import Language
from bot.domain.messages.message import MessageStatus
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.reminders import Policy
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow
from bot.ports import (
    Clock,
    LockInfo,
    Minted,
    MintOrder,
    Options,
    OutcomeUnknown,
    Ports,
    Stale,
    Subject,
    Text,
    TextInfo,
    Unavailable,
)
from bot.processes.clock import sweep
from bot.processes.worker import WORKFLOWS
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.sync_locks import sync_locks
from providers.sandbox import algopin
from providers.sandbox.algopin import PinWindow
from providers.sandbox.doors import Door
from storage.engine import Database, open_database
from storage.nudges import Nudge
from storage.seals import Seals
from storage.unit_of_work import open_store
from tests.benchmarks.ports import KEY, InstantChat

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CLOCK_AHEAD = timedelta(minutes=2)
"""The door with a bridge lives that much ahead of us: what opens it there is, for us, a little early."""

MOST_AT_ONE_MOMENT = 300
_NEXT = sql(
    """
SELECT MIN(due) FROM (
  SELECT MIN(due_at) AS due FROM access_codes
  UNION ALL SELECT MIN(due_at) FROM messages WHERE status IN ('queued', 'sending')
  UNION ALL SELECT MIN(due_at) FROM messages WHERE status = 'sent' AND medium = 'sms'
  UNION ALL SELECT MIN(due_at) FROM cards WHERE wanted > shown
  UNION ALL SELECT MIN(due_at) FROM alerts WHERE solved_at IS NULL
  UNION ALL SELECT MIN(due_at) FROM access_requests WHERE status = 'pending'
) AS moments
"""
)


@dataclass(eq=False)
class Entrance:
    """A door, and whether its bridge tells us at once. `ahead`: how far its clock is."""

    door: Door
    reports: bool = False
    ahead: timedelta = timedelta()


@dataclass(eq=False)
class MadePin:
    """A PIN that exists, as its door has it. `opened_at`: when somebody first opened the door with it."""

    code_id: str
    entrance: Entrance
    digits: str
    window: AccessWindow
    ref: str
    made_at: datetime
    kind: str
    opened_at: datetime | None = None
    deleted: bool = False
    reports_due: int = 0
    """Openings of which the bridge is about to tell us."""

    @property
    def deadline(self) -> datetime:
        return self.window.activate_by or self.window.ends_at

    def opens_at(self, moment: datetime) -> bool:
        return self.entrance.door.would_open(self.digits, moment + self.entrance.ahead)

    def opens_from(self, now: datetime) -> bool:
        """Now, or at any later moment."""
        window, near = self.window, 5 * MINUTE
        moments = (now, window.starts_at, window.starts_at + near, self.deadline - near, window.ends_at - near)
        return any(self.opens_at(max(now, moment)) for moment in moments)

    @property
    def spent(self) -> bool:
        return self.kind == "one_time" and self.opened_at is not None


@dataclass(frozen=True)
class SentText:
    at: datetime
    message_id: str
    body: str


@dataclass
class Scene:
    """Everything outside of us, and the clock."""

    now: datetime
    entrances: list[Entrance]
    made: dict[str, MadePin] = field(default_factory=dict)
    texts: list[SentText] = field(default_factory=list)
    posts: list[tuple[datetime, str, Notice]] = field(default_factory=list)
    cards: dict[str, Notice] = field(default_factory=dict)
    away_until: datetime | None = None
    answers_lost: int = 0
    reports: list[tuple[datetime, MadePin, LockEvent]] = field(default_factory=list)

    def entrance(self, ref: str) -> Entrance:
        return next(each for each in self.entrances if each.door.device_id == ref)

    def opens(self, made: MadePin) -> bool:
        """Somebody types it."""
        opened = made.entrance.door.enter(made.digits, self.now + made.entrance.ahead).opened
        if opened and made.opened_at is None:
            made.opened_at = self.now
        return opened


class Vendor:
    """Makes PINs from the lock's key; may be away, and may lose an answer."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._refs = scene, count(1)

    async def locks(self) -> Sequence[LockInfo]:
        def info(each: Entrance) -> LockInfo:
            door, health = each.door, LockHealth(online=True if each.reports else None)
            return LockInfo(door.device_id, door.name, str(door.zone), True, door.has_bridge, health)

        return [info(each) for each in self._scene.entrances]

    async def mint(self, order: MintOrder) -> Minted:
        scene = self._scene
        if scene.away_until is not None and scene.now < scene.away_until:
            raise Unavailable("the vendor answers 500")
        entrance = scene.entrance(order.lock_ref)
        digits, ref = _digits(entrance.door, order), f"ac{next(self._refs)}"
        code_id = order.name.removeprefix("NP-")
        scene.made[code_id] = MadePin(code_id, entrance, digits, order.window, ref, scene.now, order.kind.value)
        if scene.answers_lost:
            scene.answers_lost -= 1
            raise OutcomeUnknown("the answer is lost")
        return Minted(ref, Pin(digits))

    async def find(self, order: MintOrder) -> Minted | None:
        scene = self._scene
        if scene.away_until is not None and scene.now < scene.away_until:
            raise Unavailable("the vendor answers 500")
        made = scene.made.get(order.name.removeprefix("NP-"))
        return Minted(made.ref, Pin(made.digits)) if made else None

    async def fetch(self, ref: str) -> Minted:
        return next(Minted(ref, Pin(made.digits)) for made in self._scene.made.values() if made.ref == ref)

    async def check(self) -> str:
        return ""


def _digits(door: Door, order: MintOrder) -> str:
    window, kind = order.window, order.kind.value
    length = round(window.length / HOUR)
    if kind == "daily":
        first, last = (moment.astimezone(door.zone).date() for moment in (window.starts_at, window.ends_at))
        length = (last - first).days
    return algopin.mint(door.key, PinWindow(kind, window.starts_at, length, order.slot_index))


class Carrier:
    """Delivers everything, and says so when asked."""

    second_way = False

    def __init__(self, scene: Scene) -> None:
        self._scene, self._refs = scene, count(1)

    async def send(self, text: Text) -> str:
        self._scene.texts.append(SentText(self._scene.now, text.message_id, text.body))
        return f"SM{next(self._refs)}"

    async def find(self, text: Text, known: frozenset[str]) -> str | None:
        return None

    async def look_up(self, ref: str) -> TextInfo | None:
        return TextInfo(MessageStatus.DELIVERED)

    async def check(self) -> str:
        return ""


class Channel(InstantChat):
    """Keeps what was posted, and each card as it stands."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        self._keep(post_id, notice)
        return await super().post(channel, notice, post_id=post_id, thread=thread, workspace=workspace)

    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None:
        self._keep(post_id, notice)

    def _keep(self, post_id: str, notice: Notice) -> None:
        if post_id.startswith("card-"):
            self._scene.cards[post_id.removeprefix("card-")] = notice
        else:
            self._scene.posts.append((self._scene.now, post_id, notice))


class Kept:
    """A queue that keeps its nudges until they are taken."""

    def __init__(self) -> None:
        self.waiting: deque[Nudge] = deque()

    async def put(self, nudges: Sequence[Nudge]) -> None:
        self.waiting.extend(nudges)


class Stage:
    """The core on a real database around the scene. `settled`: what is done whenever it has come to rest."""

    def __init__(self, ports: Ports, scene: Scene, queue: Kept, database: Database, locks: Sequence[Lock]) -> None:
        self.ports, self.scene, self.locks = ports, scene, locks
        self._queue, self._database = queue, database
        self.settled: Callable[[], object] = lambda: None

    async def rest(self) -> None:
        """All that is due now."""
        for _ in range(MOST_AT_ONE_MOMENT):
            while self._queue.waiting:
                subject, row = self._queue.waiting.popleft()
                if subject is not Subject.INBOX:
                    with suppress(Stale):
                        await WORKFLOWS[subject](self.ports, row)
            if not await sweep(self.ports, self._queue.put):
                return
        raise AssertionError(f"it never comes to rest at {self.scene.now}")

    async def move_to(self, end: datetime) -> None:
        """From one moment at which something is due to the next, until then."""
        await self.rest()
        while (moment := await self._next()) is not None and moment <= end:
            self.scene.now = max(self.scene.now, moment)
            await self._reports()
            await self.rest()
        self.scene.now = max(self.scene.now, end)
        await self.rest()

    async def _reports(self) -> None:
        due = [each for each in self.scene.reports if each[0] <= self.scene.now]
        self.scene.reports = [each for each in self.scene.reports if each[0] > self.scene.now]
        for _, made, event in due:
            await receive_lock_event(self.ports, event)
            made.reports_due -= 1

    async def _next(self) -> datetime | None:
        async with self._database.engine.connect() as connection:
            found = await connection.scalar(_NEXT)
        moments = [at for at, _, _ in self.scene.reports]
        if found is not None:
            due = datetime.fromisoformat(found) if isinstance(found, str) else found
            moments.append(due if due.tzinfo else due.replace(tzinfo=self.scene.now.tzinfo))
        return min(moments, default=None)


@asynccontextmanager
async def stage(url: str, now: datetime, zone: str, *, alone: bool) -> AsyncIterator[Stage]:
    """A house with nobody in it yet. `alone`: the rules replace a PIN by themselves."""
    database, queue = open_database(url), Kept()
    scene = Scene(now, _entrances(ZoneInfo(zone)))
    ids = count(1)
    ports = Ports(
        store=open_store(database, Seals([KEY]), queue),  # type: ignore[arg-type]
        clock=Clock(lambda: scene.now, lambda: scene.now),
        locks=Vendor(scene),  # type: ignore[arg-type]
        texter=Carrier(scene),
        chat=Channel(scene),
        policy=Policy(),
        options=Options("C_APPROVALS", "UTC", hears_locks=True, guest_language=Language.ENGLISH),
        approvers=_approvers,
        rules=Rules(Rule(("U_BEN",)), replace_missed_alone=alone),
        groups=_groups,
        id_at=lambda _now: f"01J{next(ids):023d}",
    )
    try:
        await sync_locks(ports)
        async with ports.store() as uow:
            locks = list(await uow.locks.all())
        yield Stage(ports, scene, queue, database, locks)
    finally:
        await database.engine.dispose()


def _entrances(zone: ZoneInfo) -> list[Entrance]:
    def door(name: str, *, has_bridge: bool) -> Door:
        slug = name.lower().replace(" ", "-")
        return Door(slug, slug, name, zone, slug, f"judge|{slug}".encode(), has_bridge)

    return [
        Entrance(door("Front door", has_bridge=False)),
        Entrance(door("Garden gate", has_bridge=False)),
        Entrance(door("Loft", has_bridge=True), reports=True, ahead=CLOCK_AHEAD),
        Entrance(door("Cellar", has_bridge=True)),
    ]


async def _approvers() -> frozenset[str]:
    return frozenset({"U_BEN"})


async def _groups() -> Groups:
    return {}
