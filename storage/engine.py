"""The one place that opens a database: SQLite with a write-ahead log, or PostgreSQL. No tables, no queries."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.sqlite_connection import BEGIN, PATIENCE_MS, connect


def no_answer() -> tuple[type[Exception], ...]:
    """What is raised where the database does not answer. Asked for when something was raised: PostgreSQL's driver is
    loaded only where it is used."""
    from asyncpg import PostgresError

    return (SQLAlchemyError, PostgresError, OSError)


@dataclass(frozen=True, slots=True)
class Database:
    """An engine, and for SQLite the lock that lets one transaction at a time write without busy waiting."""

    engine: AsyncEngine
    turnstile: asyncio.Lock | None

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"


def database_url(text: str) -> URL:
    """The URL with the driver we use. Raises ValueError for any other database."""
    url = make_url(re.sub(r"^postgres://", "postgresql://", text))
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+asyncpg")
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite+aiosqlite")
    raise ValueError("DATABASE_URL must be a sqlite or a postgresql address")


def open_database(text: str) -> Database:
    """Opens lazily; makes the folder of an SQLite file."""
    url = database_url(text)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    # Asked before use: a server that was restarted leaves dead connections. No values: an error must not log them.
    return Database(
        create_async_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, hide_parameters=True), None
    )


def _open_sqlite(url: URL) -> Database:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    how = {"timeout": PATIENCE_MS / 1000, "async_creator_fn": connect}
    engine = create_async_engine(url, connect_args=how, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return Database(engine, asyncio.Lock())


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver would begin too late to be safe
    cursor = connection.cursor()
    # SQLite forgets all but the journal mode with each connection, and by default it checks no foreign key.
    ours = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={PATIENCE_MS}")
    # Nothing of the log is brought into the file by a commit: the connection has that done in its thread.
    for pragma in (*ours, "wal_autocheckpoint=0"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A plain BEGIN takes the write lock at the first write, where SQLite may refuse at once instead of waiting.
    connection.exec_driver_sql(BEGIN)
