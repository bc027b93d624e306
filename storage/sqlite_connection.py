"""SQLite's connection: what cannot wait is done on the spot, what can goes to aiosqlite's thread.

Every statement through aiosqlite is several trips to a thread and back, some ninety in one ask, and these trips cost
more than the statements. Two things may wait: `BEGIN IMMEDIATE` for another process's lock, and a checkpoint of the
write-ahead log for the disk. So BEGIN is tried on the spot without any patience, and goes to the thread only where
somebody else has the lock; and the log is brought into the file every so many commits, in the thread, instead of within
a commit. Everything else takes microseconds and runs where it stands. Nothing is lost by that even where one takes
long: transactions of this process come one after the other anyway (`Database`).

For that it overrides `_execute`, which aiosqlite keeps to itself. There is no public way that is as fast: its proxy
methods all go through its thread. So a test looks at what is relied upon, and which versions it was seen with stands
here.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite

SEEN_WITH = ("0.22",)
"""Versions of aiosqlite whose `_execute`, `_connection` and `_thread` are as is relied upon here."""

BEGIN = "BEGIN IMMEDIATE"
PATIENCE_MS = 15_000
"""So long somebody waits for another process's lock."""

CHECKPOINT_EVERY = 250
"""Commits; SQLite's own habit is a thousand pages of log, and a commit of ours writes four or five."""

_RUNS_STATEMENTS = frozenset({"execute", "executemany", "executescript"})


class Connection(aiosqlite.Connection):
    _commits = 0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """aiosqlite's one way to its thread."""
        connection, name = self._connection, getattr(fn, "__name__", "")
        if connection is None or fn == connection.close:
            return await self._in_thread(fn, *args, **kwargs)
        if name in _RUNS_STATEMENTS and not connection.in_transaction:
            return await self._outside(connection, fn, *args, **kwargs)
        done = fn(*args, **kwargs)
        if name == "commit":
            self._commits += 1
            if self._commits % CHECKPOINT_EVERY == 0:
                await self._in_thread(_pragma, connection, "wal_checkpoint(PASSIVE)")
        return done

    async def _outside(self, connection: sqlite3.Connection, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A statement outside any transaction."""
        if args[:1] != (BEGIN,):
            return await self._in_thread(fn, *args, **kwargs)
        _pragma(connection, "busy_timeout=0")
        try:
            return fn(*args, **kwargs)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        finally:
            _pragma(connection, f"busy_timeout={PATIENCE_MS}")
        return await self._in_thread(fn, *args, **kwargs)

    async def _in_thread(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]


def _pragma(connection: sqlite3.Connection, words: str) -> None:
    # Read to its end: a statement with a row left keeps a transaction from its commit.
    connection.execute(f"PRAGMA {words}").fetchall()


def connect(database: str, **more: Any) -> Connection:
    """For SQLAlchemy's `async_creator_fn`; to be awaited. Both threads use it, never at the same time."""

    def open_it() -> sqlite3.Connection:
        opened: sqlite3.Connection = sqlite3.connect(database, **{**more, "check_same_thread": False})
        return opened

    made = Connection(open_it, iter_chunk_size=64)
    made._thread.daemon = True
    return made
