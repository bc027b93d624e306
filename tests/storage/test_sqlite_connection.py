"""SQLite's connection runs statements where they stand; what it relies on inside aiosqlite is as it was seen."""

import asyncio
import inspect
import sqlite3
import threading
from importlib.metadata import version
from pathlib import Path

import aiosqlite
from sqlalchemy import text

from storage.engine import open_database
from storage.sqlite_connection import BEGIN, CHECKPOINT_EVERY, PATIENCE_MS, SEEN_WITH, connect


def test_the_library_is_one_that_was_looked_at() -> None:
    installed = version("aiosqlite")
    assert installed.rpartition(".")[0] in SEEN_WITH, (
        f"aiosqlite {installed} is new to storage/sqlite_connection.py: run this file's other tests with it, see that "
        "Connection._execute is still its only way to its thread, and add it to SEEN_WITH"
    )


def test_what_is_overridden_is_still_there() -> None:
    overridden = getattr(aiosqlite.Connection, "_execute", None)
    assert inspect.iscoroutinefunction(overridden), (
        "aiosqlite.Connection._execute is gone: see storage/sqlite_connection.py"
    )
    assert list(inspect.signature(overridden).parameters) == ["self", "fn", "args", "kwargs"]


async def test_statements_run_where_they_stand_but_for_those_outside_a_transaction() -> None:
    async with connect(":memory:") as opened:
        await opened.create_function("thread", 0, threading.get_ident)
        here = threading.get_ident()

        async def thread() -> int:
            async with opened.execute("SELECT thread()") as cursor:
                (found,) = await cursor.fetchone() or (0,)
            return int(found)

        assert await thread() != here
        await opened.execute(BEGIN)
        assert await thread() == here
        await opened.commit()
        assert await thread() != here


async def test_while_another_process_writes_the_loop_goes_on_and_the_lock_comes_afterwards(tmp_path: Path) -> None:
    file, ticks = str(tmp_path / "one.db"), 0
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute(BEGIN)
    async with connect(file, isolation_level=None) as ours:
        await ours.execute("PRAGMA busy_timeout=15000")
        begins = asyncio.create_task(_begin(ours))
        while ticks < 5:
            ticks += 1
            await asyncio.sleep(0.01)
            assert not begins.done()
        other.execute("COMMIT")
        await asyncio.wait_for(begins, 10)
        assert ours.in_transaction
        await ours.execute("CREATE TABLE one (a)")
        await ours.commit()
        (patience,) = await (await ours.execute("PRAGMA busy_timeout")).fetchone() or (0,)
        assert patience == PATIENCE_MS
    other.close()


async def _begin(connection: aiosqlite.Connection) -> None:
    await connection.execute(BEGIN)


async def test_the_log_does_not_grow_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "one.db"
    database, sizes = open_database(f"sqlite:///{file}"), set()
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE one (a)"))
    for _ in range(3 * CHECKPOINT_EVERY):
        async with database.engine.begin() as connection:
            await connection.execute(text("INSERT INTO one VALUES (randomblob(2000))"))
        sizes.add(file.with_name("one.db-wal").stat().st_size)
    await database.engine.dispose()
    assert max(sizes) < 3 * CHECKPOINT_EVERY * 4096, "it begins anew behind every checkpoint"
    assert file.stat().st_size > 3 * CHECKPOINT_EVERY * 2000
