"""One at a time, among all processes, without a transaction that waits for a vendor."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from weakref import WeakValueDictionary

from sqlalchemy import text

from storage.engine import Database

Exclusive = Callable[[str], AbstractAsyncContextManager[None]]


def exclusive(database: Database) -> Exclusive:
    """A lock for each name: an advisory one of PostgreSQL's, or with SQLite, which has one process, our own."""
    return _ours() if not database.is_postgresql else _postgresqls(database)


def _ours() -> Exclusive:
    locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def holding(name: str) -> AsyncIterator[None]:
        async with locks.setdefault(name, asyncio.Lock()):
            yield

    return holding


def _postgresqls(database: Database) -> Exclusive:
    """Held by a session that is in no transaction; a session whose lock may still be held is never used again."""

    @asynccontextmanager
    async def holding(name: str) -> AsyncIterator[None]:
        # PostgreSQL's key is a signed bigint, the same in all processes, which Python's own hash of a text is not.
        key = {"key": int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)}
        async with database.engine.connect() as opened:
            connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
            released = False
            try:
                await connection.execute(text("SELECT pg_advisory_lock(:key)"), key)
                try:
                    yield
                finally:
                    await connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                    released = True
            finally:
                if not released:
                    await connection.invalidate()

    return holding
