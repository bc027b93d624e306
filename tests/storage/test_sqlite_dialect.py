"""SQLite is called where a statement stands; whoever waits for another process's lock lets the loop go on."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import sqlite_dialect
from storage.engine import open_database


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'one.db'}"


async def tried(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO one VALUES (1)"))


def other(folder: Path) -> sqlite3.Connection:
    """Another process, as far as SQLite can tell, that has the lock."""
    found = sqlite3.connect(folder / "one.db", isolation_level=None)
    found.execute("PRAGMA journal_mode=WAL").fetchall()
    found.execute("CREATE TABLE IF NOT EXISTS one (a)")
    found.execute("BEGIN IMMEDIATE")
    return found


async def test_everything_runs_on_the_loop(tmp_path: Path) -> None:
    database, threads = open_database(url(tmp_path)), set[int]()
    async with database.engine.begin() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        raw.create_function("seen", 0, lambda: threads.add(threading.get_ident()))
        found = await connection.execute(text("SELECT seen(), 7 UNION ALL SELECT seen(), 8"))
        assert [row[1] for row in found] == [7, 8]
        await connection.execute(text("CREATE TABLE one (a)"))
        await connection.execute(text("INSERT INTO one VALUES (:a)"), [{"a": 1}, {"a": 2}])
        await connection.exec_driver_sql("INSERT INTO one SELECT seen()", execution_options={"no_parameters": True})
    assert threads == {threading.get_ident()}
    await database.engine.dispose()


async def test_while_another_process_writes_the_loop_goes_on_and_the_lock_comes_afterwards(tmp_path: Path) -> None:
    database = open_database(url(tmp_path))
    with closing(other(tmp_path)) as writer:
        begins = asyncio.create_task(tried(database.engine))
        for _ in range(5):
            await asyncio.sleep(0.01)
            assert not begins.done()
        writer.execute("COMMIT")
        await asyncio.wait_for(begins, 10)
    await database.engine.dispose()


async def test_patience_ends_with_one_of_sqlalchemys_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_dialect, "PATIENCE", 0.05)
    database = open_database(url(tmp_path))
    with closing(other(tmp_path)) as writer:
        with pytest.raises(DBAPIError) as caught:
            await tried(database.engine)
        writer.execute("COMMIT")
    assert caught.value.orig is not None
    assert getattr(caught.value.orig, "sqlite_errorname", "") == "SQLITE_BUSY"
    await tried(database.engine)
    await database.engine.dispose()


async def test_whoever_gives_up_waiting_leaves_nothing_behind(tmp_path: Path) -> None:
    database = open_database(url(tmp_path))
    with closing(other(tmp_path)) as writer:
        begins = asyncio.create_task(tried(database.engine))
        await asyncio.sleep(0.03)
        begins.cancel()
        with pytest.raises(asyncio.CancelledError):
            await begins
        writer.execute("COMMIT")
        # Neither lock nor transaction of whoever is gone: others write at once.
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("COMMIT")
    await tried(database.engine)
    await database.engine.dispose()


async def test_what_is_wrong_otherwise_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_bytes(b"no database at all, and longer than its header is" * 40)
    database = open_database(url(tmp_path))
    with pytest.raises(DBAPIError):
        await asyncio.wait_for(tried(database.engine), 1)
    await database.engine.dispose()


async def test_rows_that_nobody_read_keep_no_commit(tmp_path: Path) -> None:
    database = open_database(url(tmp_path))
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE one (a)"))
        await connection.execute(text("INSERT INTO one VALUES (1), (2), (3)"))
    async with database.engine.begin() as connection:
        unread = await connection.execute(text("SELECT a FROM one"))
        await connection.execute(text("INSERT INTO one VALUES (4)"))
        assert unread.fetchone() == (1,)
    async with database.engine.begin() as connection:
        assert (await connection.scalar(text("SELECT count(*) FROM one"))) == 4
    await database.engine.dispose()
