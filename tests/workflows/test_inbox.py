"""Commands that wait for their answer, on real rows of both kinds of database: done once however a worker ends, each
person's in their order, sealed while they wait, and gone once answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.messages.inbox import InboxItem
from bot.ports import Clock, Ports, ProviderError, Rejected, Subject, Unavailable, UnitOfWork
from bot.processes.clock import sweep
from bot.processes.inbox import Answering
from bot.workflows.answer_commands import answer_commands
from storage.engine import open_database
from storage.rotate import rotate
from storage.seals import Seals, new_key
from tests.benchmarks.ports import KEY, installation


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Counter:
    """A desk that keeps what was done and said; `dies_after` so many, `errors` come first."""

    done: list[str] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)
    dies_after: int = 1000
    dies_saying: bool = False

    async def do(self, command: str) -> str:
        await asyncio.sleep(0.001)
        if len(self.done) >= self.dies_after:
            raise Killed
        self.done.append(command)
        return f"answer to {command}"

    async def answer(self, command: str, words: str) -> None:
        await asyncio.sleep(0.001)
        if self.dies_saying:
            raise Killed
        if self.errors:
            raise self.errors.pop(0)
        self.said.append((command, words))


@dataclass
class Town:
    url: str
    real: Ports
    ahead: timedelta = timedelta()

    @property
    def ports(self) -> Ports:
        clock = Clock(lambda: self.real.clock.now() + self.ahead, lambda: self.real.clock.wall() + self.ahead)
        return replace(self.real, clock=clock)

    async def come(self, *letters: str) -> None:
        """Each is `person number`."""
        now = self.ports.clock.now()
        waiting = [InboxItem(one, one.split()[0], one, now, now + timedelta(minutes=30), now) for one in letters]
        async with self.ports.store() as uow:
            await uow.inbox.add(waiting)

    async def drain(self, handler: Counter) -> None:
        while await answer_commands(self.ports, handler):
            pass

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        database = open_database(self.url)
        async with database.engine.connect() as connection:
            found = (await connection.execute(text(statement))).all()
        await database.engine.dispose()
        return [tuple(row) for row in found]


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with installation(database_url) as (ports, _queue, _texter):
        yield Town(database_url, ports)


LETTERS = [f"{who} {number}" for number in range(12) for who in ("ada", "ben", "cy")]


async def test_each_is_done_and_said_once_in_order_and_gone(town: Town) -> None:
    await town.come(*LETTERS)
    await town.come(LETTERS[0])  # delivered twice
    handler = Counter()
    await town.drain(handler)
    assert handler.done == LETTERS
    assert sorted(handler.said) == sorted((one, f"answer to {one}") for one in LETTERS)
    for who in ("ada", "ben", "cy"):
        assert [one for one, _ in handler.said if one.startswith(who)] == [
            one for one in LETTERS if one.startswith(who)
        ]
    assert await town.rows("SELECT id FROM inbox") == []


async def test_several_workers_at_once_do_each_once_and_keep_the_order(town: Town) -> None:
    await town.come(*LETTERS)
    handler = Counter()
    for _ in range(20):
        await asyncio.gather(*(town.drain(handler) for _ in range(3)))
    assert sorted(handler.done) == sorted(LETTERS)
    for who in ("ada", "ben", "cy"):
        assert [one for one, _ in handler.said if one.startswith(who)] == [
            one for one in LETTERS if one.startswith(who)
        ]


async def test_a_nudge_that_comes_when_the_last_look_has_found_nothing_makes_for_another(town: Town) -> None:
    handler, real, late = Counter(), town.ports.store, ["ada 1"]

    @asynccontextmanager
    async def store() -> AsyncIterator[UnitOfWork]:
        async with real() as uow:
            yield uow
        if late:
            await town.come(late.pop())
            await answering.drain()

    answering = Answering(replace(town.ports, store=store), handler, asyncio.Event())
    await answering.drain()
    assert [one for one, _ in handler.said] == ["ada 1"]


async def test_a_worker_that_dies_while_doing_leaves_them_to_another_after_its_lease(town: Town) -> None:
    await town.come("ada 1", "ada 2", "ada 3")
    with pytest.raises(Killed):
        await answer_commands(town.ports, Counter(dies_after=1))
    handler = Counter()
    await town.drain(handler)
    assert handler.done == [], "they are in the other's hands"
    town.ahead = timedelta(seconds=61)
    await town.drain(handler)
    assert [one for one, _ in handler.said] == ["ada 1", "ada 2", "ada 3"]


async def test_what_was_done_is_not_done_again_by_who_says_it(town: Town) -> None:
    await town.come("ada 1")
    with pytest.raises(Killed):
        await answer_commands(town.ports, Counter(dies_saying=True))
    town.ahead = timedelta(seconds=61)
    handler = Counter()
    await town.drain(handler)
    assert (handler.done, handler.said) == ([], [("ada 1", "answer to ada 1")])


async def test_while_slack_is_away_nobody_overtakes_and_the_clock_comes_back(town: Town) -> None:
    await town.come("ada 1", "ada 2", "ben 1")
    handler = Counter(errors=[Unavailable("Slack cannot be reached")])
    await town.drain(handler)
    assert [one for one, _ in handler.said] == ["ben 1"]
    await town.come("ada 3")
    await town.drain(handler)
    assert [one for one, _ in handler.said] == ["ben 1"]
    town.ahead = timedelta(seconds=2)
    put: list[tuple[Subject, str]] = []

    async def keep(due: list[tuple[Subject, str]]) -> None:
        put.extend(due)

    await sweep(town.ports, keep)
    assert (Subject.INBOX, "next") in put
    await town.drain(handler)
    assert [one for one, _ in handler.said] == ["ben 1", "ada 1", "ada 2", "ada 3"]
    assert sorted(handler.done) == ["ada 1", "ada 2", "ada 3", "ben 1"]


async def test_after_half_an_hour_it_is_given_up_and_written_down(town: Town) -> None:
    await town.come("ada 1", "ben 1")
    handler = Counter(errors=[Unavailable("Slack cannot be reached"), Rejected("Slack takes no answer there (404)")])
    await town.drain(handler)
    await town.come("ada 2")
    town.ahead = timedelta(minutes=31)
    await town.drain(handler)
    assert sorted(handler.done) == ["ada 1", "ben 1"], "what can be answered no more is not done"
    assert handler.said == []
    assert await town.rows("SELECT id FROM inbox") == []
    subjects = await town.rows("SELECT subject FROM audit_entries WHERE what = 'unanswered' ORDER BY subject")
    assert subjects == [("ada 1",), ("ada 2",), ("ben 1",)]


async def test_what_waits_is_sealed_and_turned_to_the_new_key(town: Town) -> None:
    await town.come("ada +33639981234 secret")
    handler = Counter(errors=[Unavailable("Slack cannot be reached")])
    await town.drain(handler)
    (row,) = await town.rows("SELECT command, answer FROM inbox")
    assert not any("secret" in str(part) or "3998" in str(part) for part in row)
    database, newer = open_database(town.url), new_key()
    await rotate(database, Seals([newer, KEY]))
    await database.engine.dispose()
    (anew,) = await town.rows("SELECT command, answer FROM inbox")
    assert [Seals([newer]).open(str(part).encode()) for part in anew] == [
        "ada +33639981234 secret",
        "answer to ada +33639981234 secret",
    ]
