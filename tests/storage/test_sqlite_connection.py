"""SQLite's connection runs statements where they stand; what it relies on inside aiosqlite is as it was seen."""

import inspect
import threading
from importlib.metadata import version

import aiosqlite

from storage.sqlite_connection import SEEN_WITH, connect


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


async def test_a_statement_within_a_transaction_runs_where_it_stands_and_what_may_wait_does_not() -> None:
    async with connect(":memory:") as opened:
        await opened.create_function("thread", 0, threading.get_ident)
        here = threading.get_ident()

        async def thread() -> int:
            async with opened.execute("SELECT thread()") as cursor:
                (found,) = await cursor.fetchone() or (0,)
            return int(found)

        assert await thread() != here
        await opened.execute("BEGIN IMMEDIATE")
        assert await thread() == here
        await opened.commit()
        assert await thread() != here
