"""Vendors that answer at once, so that a benchmark measures us and not them."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

from ulid import ULIDGenerator

from bot.domain.approvals.belonging import Belonging
from bot.domain.approvals.limits import Limits
from bot.domain.approvals.policy import Groups, Rule, Rules
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.rate_limits import Bucket
from bot.domain.messages.reminders import Policy
from bot.domain.pins import Pin
from bot.ports import Clock, LockInfo, Minted, MintOrder, Options, Ports, Text, TextInfo
from bot.workflows.sync_locks import sync_locks
from storage.engine import open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.moments import START

LOCKS = 20
FEW_LOCKS = 4
"""Enough for a test: each start reads all of them, and so does each ask."""

KEY = new_key()
MANY = Limits(*[1_000_000] * 12)
"""What a benchmark asks for no person ever does."""


class InstantLocks:
    def __init__(self, doors: int = FEW_LOCKS) -> None:
        self._doors = doors
        self._pins = count(100_000_000)
        self._refs = count(1)

    async def locks(self) -> Sequence[LockInfo]:
        return [LockInfo(f"L{n}", f"Door {n}", "Europe/Paris", True, False) for n in range(self._doors)]

    async def has(self, ref: str) -> bool:
        return any(lock.provider_ref == ref for lock in await self.locks())

    async def mint(self, order: MintOrder) -> Minted:
        return Minted(f"ac{next(self._refs)}", Pin(str(next(self._pins))))

    async def find(self, order: MintOrder) -> Minted | None:
        return None

    async def fetch(self, ref: str) -> Minted:
        return Minted(ref, Pin("123456789"))

    async def check(self) -> str:
        return ""


class InstantTexter:
    def __init__(self) -> None:
        self.sent = 0
        self.second_way = False

    async def send(self, text: Text) -> str:
        self.sent += 1
        return f"SM{self.sent}"

    async def find(self, text: Text, known: frozenset[str]) -> str | None:
        return None

    async def look_up(self, ref: str) -> TextInfo | None:
        return None

    async def check(self) -> str:
        return ""


class InstantChat:
    def __init__(self) -> None:
        self._ts = count(1)

    async def approvals(self, workspace: str) -> str | None:
        return "C_APPROVALS"

    def bucket(self, channel: str, *, update: bool = False, workspace: str = "") -> Bucket:
        return Bucket(f"instant:{channel}:{update}")

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        return Posted(channel, f"{next(self._ts)}.0")

    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None:
        return None

    async def cover(self, place: str, notice: Notice, *, workspace: str = "") -> None:
        return None

    async def find(
        self, channel: str, *, post_id: str, since: datetime, thread: str | None = None, workspace: str = ""
    ) -> Posted | None:
        return None

    async def members(self, group: str) -> frozenset[str]:
        return frozenset()

    async def name(self, person: str, *, workspace: str = "") -> str:
        return person.removeprefix("U_").title()

    async def belonging(self, person: str, *, workspace: str = "", of_team: str = "") -> Belonging:
        return Belonging.MEMBER

    def outsiders(self) -> Mapping[str, frozenset[str]]:
        return {}

    def complaints(self, workspace: str = "") -> Sequence[str]:
        return ()

    def forget_members(self, group: str) -> None:
        return None

    async def check(self) -> str:
        return ""


STILL = Clock(lambda: START, lambda: START)


class _InOrder:
    """Of the same millisecond each is later than the one before, also where a test came back from another time."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def resolve_randomness(self, timestamp: int, randomness_source: Callable[[int], bytes]) -> bytes:
        new = self._last[timestamp] = self._last.get(timestamp, int.from_bytes(randomness_source(timestamp))) + 1
        return new.to_bytes(10)


_IDS = ULIDGenerator(policy=_InOrder())


def machines_clock() -> Clock:
    """Runs as the machine's does, and always begins in the same morning: by night a text may wait for the day."""
    began = time.monotonic()

    def now() -> datetime:
        return START + timedelta(seconds=time.monotonic() - began)

    return Clock(now, now)


async def _groups() -> Groups:
    return {}


async def _approvers() -> frozenset[str]:
    return frozenset({"U_BEN"})


@asynccontextmanager
async def installation(
    url: str, clock: Clock = STILL, doors: int = FEW_LOCKS
) -> AsyncIterator[tuple[Ports, Queue, InstantTexter]]:
    """The core on a real database, with vendors that answer at once. Its clock stands: what a test sees depends neither
    on the hour nor on how fast the machine is."""
    database = open_database(url)
    queue = await Queue.on_postgresql(database.engine) if database.is_postgresql else Queue.in_memory()
    texter = InstantTexter()
    ports = Ports(
        store=open_store(database, Seals([KEY]), queue),
        clock=clock,
        locks=InstantLocks(doors),
        texter=texter,
        chat=InstantChat(),
        policy=Policy(),
        options=Options("C_APPROVALS", "UTC", timedelta(seconds=60), creations_a_minute=1_000_000),
        approvers=_approvers,
        rules=Rules(Rule(("U_BEN",)), limits=MANY),
        groups=_groups,
        id_at=lambda now: str(_IDS.generate(now)),
    )
    try:
        await sync_locks(ports)
        yield ports, queue, texter
    finally:
        await queue.close()
        await database.engine.dispose()
