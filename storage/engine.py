"""The one place that opens a database: SQLite with a write-ahead log, or PostgreSQL. No tables, no queries."""

import asyncio
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.domain.signs import fit, fit_json
from storage.errors import has_no_room
from storage.sqlite_dialect import DRIVER, OnLoopConnection, begin_immediate, prepare


def no_answer() -> tuple[type[Exception], ...]:
    """What is raised where the database does not answer. Asked for when something was raised: PostgreSQL's driver is
    loaded only where it is used."""
    from asyncpg import PostgresError

    return (SQLAlchemyError, PostgresError, OSError)


@dataclass(slots=True)
class Room:
    """Whether the disk under a database had room when this process last wrote."""

    is_full: bool = False

    def saw(self, error: BaseException) -> bool:
        """Whether it is this error that says so."""
        if has_no_room(error):
            self.is_full = True
            return True
        return False


@dataclass(frozen=True, slots=True)
class Database:
    """An engine, and for SQLite the lock that lets one transaction at a time write without busy waiting."""

    engine: AsyncEngine
    turnstile: asyncio.Lock | None
    room: Room = field(default_factory=Room)

    @property
    def is_postgresql(self) -> bool:
        return self.turnstile is None


class BadAddress(ValueError):
    """DATABASE_URL leads nowhere as it is written; the words are for the operator, and repeat nothing of it."""


UNKNOWN_QUERY = "DATABASE_URL has something behind the question mark that PostgreSQL's driver does not know."
_WRITE_IT = "write it like postgresql://name:password@host:5432/database or sqlite:///var/nightporter.db"


def database_url(text: str) -> URL:
    """The URL with the driver we use. Raises BadAddress for any other database."""
    try:
        url = make_url(re.sub(r"^postgres://", "postgresql://", text))
        port_fits = url.port is None or 0 < url.port < 65_536
    except (ValueError, SQLAlchemyError):
        raise BadAddress(f"DATABASE_URL cannot be read: {_WRITE_IT}.") from None
    if not port_fits:
        raise BadAddress(f"DATABASE_URL has no port that there is: {_WRITE_IT}.")
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+asyncpg")
    if url.get_backend_name() == "sqlite":
        if url.query or url.host:
            raise BadAddress("DATABASE_URL of SQLite is three slashes and a path: sqlite:///var/nightporter.db.")
        return url.set(drivername=DRIVER)
    raise BadAddress("DATABASE_URL must be a sqlite or a postgresql address.")


def open_database(text: str, *, existing: bool = False) -> Database:
    """Opens lazily; makes the folder of an SQLite file, unless it has to be an `existing` one. Raises BadAddress."""
    url = database_url(text)
    if url.get_backend_name() == "sqlite":
        if existing and url.database and url.database != ":memory:" and not Path(url.database).exists():
            raise BadAddress(
                f"There is no database at {url.database}: check DATABASE_URL, or make one with `nightporter migrate`."
            )
        return _open_sqlite(url)
    # No values: an error must not log them.
    kept: dict[str, Any] = {"hide_parameters": True, "json_serializer": _json}
    if url.query:
        kept["async_creator"] = partial(_connected, url)
    engine = create_async_engine(url, pool_size=20, max_overflow=10, **kept)
    event.listen(engine.sync_engine, "checkout", _only_open)
    event.listen(engine.sync_engine, "before_cursor_execute", _only_fit, retval=True)
    return Database(engine, None)


def _only_open(_connection: Any, record: Any, _lent: Any) -> None:
    """A server that was restarted leaves dead connections. The driver knows of them: to ask the server each time, as
    SQLAlchemy's own ping does, is three trips."""
    if record.driver_connection.is_closed():
        raise DisconnectionError("the server has closed it")


async def _connected(url: URL) -> Any:
    """What stands behind the question mark is the driver's to read, as it does for the queue: hosting platforms give
    `?sslmode=require`, which SQLAlchemy takes for an argument of Python's."""
    import asyncpg

    try:
        return await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    except (ValueError, asyncpg.InterfaceError):
        raise BadAddress(UNKNOWN_QUERY) from None


def _open_sqlite(url: URL) -> Database:
    if url.database and url.database != ":memory:":
        try:
            _keep_private(Path(url.database))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise BadAddress(f"The folder of the file in DATABASE_URL cannot be made: {why}.") from None
    how = {"check_same_thread": False, "factory": OnLoopConnection}
    engine = create_async_engine(url, connect_args=how, hide_parameters=True, json_serializer=_json)
    event.listen(engine.sync_engine, "before_cursor_execute", _only_fit, retval=True)
    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", begin_immediate)
    return Database(engine, asyncio.Lock())


def _keep_private(file: Path) -> None:
    """Nobody else on this machine reads the file: names and windows stand in it in the clear. SQLite gives the files
    beside it the rights of this one; those of an earlier version may be there already."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # on a disk that cannot be written to, and for a file of somebody else's, SQLite says so
        if not file.exists():
            file.touch(mode=0o600)
        for each in (file, *(Path(f"{file}{beside}") for beside in ("-wal", "-shm", "-journal"))):
            # A file alone: what DATABASE_URL names by mistake may be a folder or a device that everybody needs.
            if each.is_file() and each.stat().st_mode & 0o077:
                each.chmod(0o600)


# Texts are made fit where they come in; these two see to it that one which came another way ends no transaction.


def _only_fit(_on: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> tuple[str, Any]:
    return statement, [_fit(one) for one in parameters] if many else _fit(parameters)


def _fit(parameters: Any) -> Any:
    if isinstance(parameters, dict):
        return {name: fit(value) if isinstance(value, str) else value for name, value in parameters.items()}
    return tuple([fit(value) if isinstance(value, str) else value for value in parameters])


def _json(value: Any) -> str:
    said = json.dumps(value)
    # What is unfit is written with a backslash or cannot be printed: nearly never is it looked for in every part.
    return said if "\\" not in said and said.isprintable() else json.dumps(fit_json(value))
