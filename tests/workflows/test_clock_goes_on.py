"""A bug in what the clock does by itself is traced, and the clock goes on: its end would end every part of `serve`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from structlog.testing import capture_logs

from bot.domain.locks.accounts import Account
from bot.ports import LinkInfo, LockInfo, Ports, Subject
from bot.ports.heartbeats import ProcessKind
from bot.processes import clock
from tests.benchmarks.ports import InstantLocks
from tests.workflows.test_delivery_races import Installation, a_house

SWEEPS = 0.02


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Installation]:
    async with a_house(database_url) as made:
        yield made


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "AFTER_A_BUG_SECONDS", 0.02)


@dataclass
class OddLocks(InstantLocks):
    """Trips over the vendor's answer, so many times."""

    bugs: int = 0
    read: int = 0

    async def locks(self) -> list[LockInfo]:
        self.read += 1
        if self.read <= self.bugs:
            raise OverflowError("signed integer is greater than maximum")
        return [LockInfo("Gate", "Gate", "Europe/Paris", True, False)]


class OddAccounts:
    async def begin(self) -> LinkInfo:
        raise AssertionError("nobody connects an account here")

    async def look(self, ref: str) -> LinkInfo:
        raise AssertionError("nobody connects an account here")

    async def accounts(self) -> list[Account]:
        raise TypeError("unhashable type: 'list'")


@asynccontextmanager
async def ticking(ports: Ports, put: Callable[[list[tuple[Subject, str]]], Awaitable[None]]) -> AsyncIterator[None]:
    shutdown = asyncio.Event()

    async def tidy() -> None:
        return None

    running = asyncio.ensure_future(clock.run_clock(ports, put, tidy, shutdown, sweep_seconds=SWEEPS))
    try:
        yield
        assert not running.done(), "the clock has ended"
    finally:
        shutdown.set()
        await asyncio.wait_for(running, 20)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_first_reading_that_meets_a_bug(house: Installation) -> None:
    locks, swept = OddLocks(bugs=2), list[int]()

    async def put(nudges: list[tuple[Subject, str]]) -> None:
        swept.append(len(nudges))

    with capture_logs() as logged:
        async with ticking(replace(house.ports, locks=locks), put):
            await until(lambda: locks.read == 3)
            seen = len(swept)
            await until(lambda: len(swept) > seen)
    bugs = [entry for entry in logged if entry["event"] == "a bug"]
    assert [(entry["part"], entry["log_level"]) for entry in bugs] == [("locks", "error")] * 2, "once for each reading"
    async with house.ports.store() as uow:
        assert [lock.name for lock in await uow.locks.all() if lock.provider_ref == "Gate"] == ["Gate"]
        assert ProcessKind.CLOCK in await uow.heartbeats.newest()


async def test_accounts_that_meet_a_bug_cost_the_locks_nothing(house: Installation) -> None:
    locks = OddLocks()

    async def put(nudges: list[tuple[Subject, str]]) -> None:
        return None

    with capture_logs() as logged:
        async with ticking(replace(house.ports, locks=locks, accounts=OddAccounts()), put):
            await until(lambda: [entry for entry in logged if entry["event"] == "a bug"])
    assert [entry["part"] for entry in logged if entry["event"] == "a bug"] == ["accounts"]
    assert locks.read == 1


async def test_a_sweep_that_meets_a_bug(house: Installation) -> None:
    tried = 0

    async def put(nudges: list[tuple[Subject, str]]) -> None:
        nonlocal tried
        tried += 1
        raise LookupError("no such queue")

    with capture_logs() as logged:
        async with ticking(replace(house.ports, locks=OddLocks()), put):
            await until(lambda: tried > 3)
    assert {entry["part"] for entry in logged if entry["event"] == "a bug"} == {"sweep", "heartbeat"}
