"""SQLite on the loop: Python's own `sqlite3`, called where a statement stands.

A driver with a thread costs several trips there and back for every statement, some ninety in one ask, and these cost
far more than the statements: those take microseconds. Nothing is lost on the loop even where one takes long, since
transactions of this process come one after the other anyway (`storage.engine.Database`). What may really wait is
`BEGIN IMMEDIATE`, for another process's lock, and that wait is the loop's.
"""

import asyncio
import sqlite3
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util import await_only

DRIVER = "sqlite+onloop"

PATIENCE = 15.0
"""Seconds that somebody waits for another process's lock."""

_PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02)
"""Between two tries, the last for ever; about as SQLite's own patience would make them."""


class OnLoopDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, said to be for asyncio: whoever calls it stands in a greenlet, and nothing here leaves it."""

    driver = "onloop"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        return AsyncAdaptedQueuePool

    # Each waits for nothing: a driver that is never waited for SQLAlchemy takes for one that blocks by mistake.

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        cursor.execute(statement, parameters)
        await_only(_done())

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        cursor.execute(statement)
        await_only(_done())

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        cursor.executemany(statement, parameters)
        await_only(_done())


async def _done() -> None:
    """Nothing to wait for."""


class _Cursor(sqlite3.Cursor):
    async def _async_soft_close(self) -> None:
        """SQLAlchemy lets go of a driver's cursor where rows are handed on to code that does not wait. From this one
        they are read as from any, so there is nothing to let go of; it has no public way to say so."""


class OnLoopConnection(sqlite3.Connection):
    def cursor(self, *_factory: Any) -> sqlite3.Cursor:  # type: ignore[override]
        return super().cursor(_Cursor)


registry.register("sqlite.onloop", __name__, OnLoopDialect.__name__)


def prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """At each new connection: SQLite forgets all but the journal mode with it, and by default checks no foreign key."""
    connection.isolation_level = None  # we say BEGIN ourselves: the driver would begin too late to be safe
    # No patience of SQLite's own from here on: it would be the whole loop's.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON", "busy_timeout=0"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def begin_immediate(connection: Connection) -> None:
    """A plain BEGIN takes the write lock at the first write, where SQLite may refuse at once instead of waiting."""
    raw: Any = connection.connection.dbapi_connection
    if not _begun(raw):
        await_only(_wait(raw))
    if not raw.in_transaction:
        # Once more, so that the error is one of SQLAlchemy's.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async def begin_immediate_on(connection: sqlite3.Connection) -> None:
    """The same where SQLAlchemy is not asked. Raises the driver's error."""
    if not _begun(connection):
        await _wait(connection)
    if not connection.in_transaction:
        connection.execute("BEGIN IMMEDIATE")


async def _wait(raw: sqlite3.Connection) -> None:
    """Nothing is left behind by whoever is cancelled here: between two tries there is neither a lock nor a thread."""
    loop = asyncio.get_running_loop()
    over = loop.time() + PATIENCE
    for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
        await asyncio.sleep(pause)
        if _begun(raw) or loop.time() >= over:
            return


def _begun(raw: sqlite3.Connection) -> bool:
    """Whether there is nothing to wait for: it has begun, or will not by waiting."""
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:  # also where the file has become no database
        return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
    return True
