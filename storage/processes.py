"""Which processes have the database open, and with which keys: before everything is sealed anew, each of them must know
the newest. One that does not would no longer find a guest by their number, and would go on writing with the old."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from ulid import ULID

from storage.engine import Database
from storage.errors import has_no_room
from storage.repository import table
from storage.seals import Seals
from storage.tables import ProcessRow

log = structlog.get_logger()

EVERY = timedelta(seconds=15)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FORGOTTEN_AFTER = timedelta(minutes=1)
"""A process that was killed says no goodbye. Machines' clocks may be some seconds apart."""

_T = table(ProcessRow)


class OlderKeys(Exception):
    """Processes live that do not know the newest key; the words are for the operator."""


Problems = Mapping[str, Sequence[str]]


def _none() -> Problems:
    return {}


@asynccontextmanager
async def announced(
    database: Database, seals: Seals, parts: Iterable[str], problems: Callable[[], Problems] = _none
) -> AsyncIterator[None]:
    """As long as this lasts, others see that this process has the database open, with which keys, and what vendors have
    told it that has to be mended."""
    row: dict[str, object] = {"id": str(ULID()), "parts": ", ".join(parts), "key_ids": list(seals.key_ids)}
    await _record(database, row, problems())
    saying = asyncio.create_task(_go_on(database, row, problems))
    try:
        yield
    finally:
        saying.cancel()
        with suppress(asyncio.CancelledError):
            await saying
        # A database that is away now forgets us by itself.
        with suppress(SQLAlchemyError, OSError):
            async with database.engine.begin() as connection:
                await connection.execute(delete(_T).where(_T.c.id == row["id"]))


async def problems_of_processes(database: Database) -> dict[str, str]:
    """What any living process has been told, by vendor."""
    since = datetime.now(UTC) - FORGOTTEN_AFTER
    async with database.engine.connect() as connection:
        rows = (await connection.execute(select(_T.c.problems).where(_T.c.seen_at > since))).scalars()
        found = {vendor: texts for problems in rows for vendor, texts in (problems or {}).items() if texts}
    return {vendor: texts[-1] for vendor, texts in sorted(found.items())}


async def _go_on(database: Database, row: dict[str, object], problems: Callable[[], Problems]) -> None:
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        try:
            await _record(database, row, problems())
        except Exception as error:  # noqa: BLE001 - whatever a database says that starts or stops, we say it again
            database.room.saw(error)
            log.warning("the database did not hear that this process lives", error=type(error).__name__)


async def _record(database: Database, row: dict[str, object], problems: Problems) -> None:
    now = datetime.now(UTC)
    said = {"problems": {vendor: list(texts) for vendor, texts in problems.items() if texts}, "seen_at": now}
    insert = (postgresql.insert if database.is_postgresql else sqlite.insert)(_T).values(**row, **said)
    async with database.engine.begin() as connection:
        await connection.execute(delete(_T).where(_T.c.seen_at < now - FORGOTTEN_AFTER))
        await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=said))


ENOUGH = 256 * 1024
"""Bytes; a few would find room in what SQLite's log has already."""


async def has_room(database: Database) -> bool:
    """Whether so much can be written: a row of nobody's, which goes again at once."""
    row = {"id": f"room {ULID()}"[:26], "parts": secrets.token_hex(ENOUGH // 2), "key_ids": [], "seen_at": _LONG_AGO}
    try:
        async with database.engine.begin() as connection:
            await connection.execute(_T.insert().values(**row))
        async with database.engine.begin() as connection:
            await connection.execute(delete(_T).where(_T.c.seen_at == _LONG_AGO))
    except SQLAlchemyError as error:
        if has_no_room(error):
            return False
        raise
    return True


async def check_all_know(database: Database, seals: Seals) -> None:
    """Raises OlderKeys unless every living process knows the newest of these keys."""
    since = datetime.now(UTC) - FORGOTTEN_AFTER
    async with database.engine.connect() as connection:
        rows = (await connection.execute(select(_T).where(_T.c.seen_at > since))).all()
    behind = sorted(row.parts for row in rows if seals.key_ids[0] not in row.key_ids)
    if behind:
        raise OlderKeys(_sentence(behind))


def _sentence(behind: Sequence[str]) -> str:
    count = "1 running process does" if len(behind) == 1 else f"{len(behind)} running processes do"
    return (
        f"{count} not know the newest key ({'; '.join(behind)}): restart it all with the new key in front and the old "
        "ones behind it, then run this again. A process that was killed is forgotten after a minute."
    )
