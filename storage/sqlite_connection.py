"""SQLite's connection: what cannot wait is done on the spot, what can goes to aiosqlite's thread.

Every statement through aiosqlite is several trips to a thread and back, some ninety in one ask, and these trips cost
more than the statements. `BEGIN IMMEDIATE` may wait for another process's lock and `COMMIT` for the disk: both keep
the thread. Between the two the lock is ours and a statement takes microseconds, so it runs where it stands. Nothing is
lost by that even where one takes long: transactions of this process come one after the other anyway (`Database`).

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

_RUNS_STATEMENTS = frozenset({"execute", "executemany", "executescript"})
_MAY_WAIT = frozenset({"commit", "rollback"})


class Connection(aiosqlite.Connection):
    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """aiosqlite's one way to its thread."""
        connection = self._connection
        name = getattr(fn, "__name__", "")
        begins = name in _RUNS_STATEMENTS and not (connection is not None and connection.in_transaction)
        if connection is None or begins or name in _MAY_WAIT or fn == connection.close:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return fn(*args, **kwargs)


def connect(database: str, **more: Any) -> Connection:
    """For SQLAlchemy's `async_creator_fn`; to be awaited. Both threads use it, never at the same time."""

    def open_it() -> sqlite3.Connection:
        opened: sqlite3.Connection = sqlite3.connect(database, **{**more, "check_same_thread": False})
        return opened

    made = Connection(open_it, iter_chunk_size=64)
    made._thread.daemon = True
    return made
