"""No two workflows wait for each other: each takes rows in the one order (`storage.repository`), and PostgreSQL agrees
for every pair of them, interleaved on two connections."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations_with_replacement, permutations
from typing import Any

import asyncpg
import pytest

from storage.repository import Repository
from tests.workflows.busy_house import BusyHouse, busy_house, done, undone
from tests.workflows.row_order import RowOrder, Transaction, watched

Statements = Sequence[tuple[str, tuple[Any, ...]]]
BLOCKED = 0.002
"""Seconds after which a statement that has not come back waits for the other connection."""

ONCE_CROSSED = (
    "hear_lock opened",
    "confirm_use",
    "attend_code shared",
    "withdraw shared",
)
"""Those that once wrote the card and then the code, and the other way round."""


@pytest.fixture
async def built(postgresql_url: str) -> AsyncIterator[BusyHouse]:
    async with busy_house(postgresql_url) as made:
        yield made


async def taken(built: BusyHouse, names: Iterable[str] = ()) -> dict[str, Transaction]:
    """What each transaction of each workflow takes; nothing of it is kept."""
    ports, found = replace(built.ports, store=undone(built.ports.store)), dict[str, Transaction]()
    for name, action in built.actions().items():
        if names and name not in names:
            continue
        with watched() as order:
            await done(action(ports))
        assert order.done, name
        found |= {f"{name} {number}": one for number, one in enumerate(order.done)}
    return found


class Connections:
    """Two of them, on which PostgreSQL looks for deadlocks at once."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> "Connections":
        self.both = [await asyncpg.connect(self._url) for _ in range(2)]
        for one in self.both:
            await one.execute("SET deadlock_timeout = '1ms'")
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in self.both:
            await one.close()

    async def deadlock(self, first: Statements, second: Statements, lead: int = 0) -> bool:
        """Step by step, side by side, until one of them waits; then the other goes on to its end. Nothing is kept.
        `lead`: steps that the first has gone before the second begins."""
        for one in self.both:
            await one.execute("BEGIN")
        steps = [self._each(one, given) for one, given in zip(self.both, (first, second), strict=True)]
        for _ in range(min(lead, len(first))):
            await anext(steps[0])
        waiting: dict[int, asyncio.Task[bool]] = {}
        ended: set[int] = set()
        try:
            while not ended:
                for n in {0, 1} - set(waiting):
                    waiting[n] = asyncio.create_task(anext(steps[n], False))  # type: ignore[arg-type]
                came, _ = await asyncio.wait(waiting.values(), timeout=BLOCKED)
                if not came:  # both wait for each other: the database says so in a moment
                    await asyncio.wait(waiting.values(), return_when=asyncio.FIRST_COMPLETED)
                for n in [n for n, task in waiting.items() if task.done()]:
                    if not waiting.pop(n).result():
                        ended.add(n)
            return False
        except asyncpg.DeadlockDetectedError:
            return True
        finally:
            await self._undo(waiting)

    async def _each(self, connection: asyncpg.Connection, given: Statements) -> AsyncIterator[bool]:
        for sql, values in given:
            await connection.fetch(sql, *values)
            yield True

    async def _undo(self, waiting: dict[int, "asyncio.Task[bool]"]) -> None:
        """First whoever does not wait: that lets the other go on."""
        for n in sorted({0, 1}, key=lambda n: n in waiting and not waiting[n].done()):
            if n in waiting:
                with suppress(asyncpg.DeadlockDetectedError):
                    await waiting[n]
            await self.both[n].execute("ROLLBACK")


def several(found: dict[str, Transaction]) -> dict[str, Statements]:
    """Those that take more than one row, each kind once: nobody waits for whoever waits for nobody."""
    kinds = {tuple(sql for sql, _ in one.statements): name for name, one in found.items() if len(one.statements) > 1}
    return {name: found[name].statements for name in kinds.values()}


async def deadlocks(
    url: str, pairs: Iterable[tuple[tuple[str, Statements], tuple[str, Statements]]], lead: int = 0
) -> set[tuple[str, str]]:
    async with Connections(url) as connections:
        return {(a[0], b[0]) for a, b in pairs if await connections.deadlock(a[1], b[1], lead)}


async def test_every_workflow_takes_rows_in_the_one_order_and_no_two_wait_for_each_other(
    built: BusyHouse, postgresql_url: str
) -> None:
    found = await taken(built)
    assert {name: one.faults for name, one in found.items() if one.faults} == {}
    more = several(found)
    assert len(more) > 50
    assert await deadlocks(postgresql_url, combinations_with_replacement(more.items(), 2)) == set()


async def test_without_the_gate_of_the_stay_they_would(
    built: BusyHouse, postgresql_url: str, row_order: RowOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This file bites: the same workflows as above, but that nobody holds the stay."""

    async def open_to_all(_repository: Repository, _stays: object, **_values: object) -> None:
        return None

    monkeypatch.setattr(Repository, "_lock_stays_by", open_to_all)
    found = await taken(built, ONCE_CROSSED)
    assert all(one.faults for one in found.values())
    pairs = list(permutations(several(found).items(), 2))
    met = set.union(*[await deadlocks(postgresql_url, pairs, lead) for lead in range(4)])
    assert {name.rstrip(" 0123456789") for pair in met for name in pair} == set(ONCE_CROSSED)
    row_order.forget()
