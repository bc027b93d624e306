"""A whole database into another that is empty, of the other kind or of the same: row by row in one transaction, and
nothing is committed before both hold the same. The source is only read, and nobody may have either of them open."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.backup import BackupProblem, names_of_tables
from storage.engine import Database
from storage.migrate import current_revision, migrate, newest_revision
from storage.processes import FORGOTTEN_AFTER
from storage.repository import table
from storage.schema import METADATA
from storage.tables import ProcessRow

AT_A_TIME = 500
OF_PROCESSES = frozenset({"processes", "heartbeats"})
"""Who lives, and since when: nothing of it is true of the other database."""

HOLDS_SOMETHING = "The database in --to holds something already: name another. Nothing was changed."
FOREIGN = "The database in --to is none of Night Porter's: name another, an empty one. Nothing was changed."
NO_FILE = "What --to names is gone when this command ends: name a file, or a PostgreSQL database."
SAME = "Both addresses name the same database: --to wants another."
OLDER = "The database is not at the newest revision: run `nightporter migrate` first. Nothing was changed."
LIVES = (
    "A process has {} open: stop everything that runs, and try again. One that was killed is forgotten after a minute. "
    "Nothing was changed."
)
DIFFERS = "What arrived in {} is not what was sent: nothing was changed. This is a fault of ours, please report it."


async def move(source: Database, target: Database) -> Mapping[str, int]:
    """How many rows of each table there are now. Raises BackupProblem."""
    if source.engine.url == target.engine.url:
        raise BackupProblem(SAME)
    if await current_revision(source) != newest_revision():
        raise BackupProblem(OLDER)
    await _check_free(target)
    await migrate(target)
    counts: dict[str, int] = {}
    # Of SQLite this is the lock of the one writer.
    async with source.engine.begin() as read, target.engine.begin() as written:
        await _check_nobody_lives(read, "the database in DATABASE_URL")
        await _check_nobody_lives(written, "the database in --to")
        for one in reversed(METADATA.sorted_tables):
            await written.execute(delete(one))  # what its making has written of itself
        for one in METADATA.sorted_tables:
            if one.name in OF_PROCESSES:
                continue
            sent: Counter[bytes] = Counter()
            async for rows in _rows(read, one):
                sent.update(map(_print_of, rows))
                await written.execute(insert(one), [dict(zip(one.c.keys(), row, strict=True)) for row in rows])
            arrived = Counter([_print_of(row) async for rows in _rows(written, one) for row in rows])
            if sent != arrived:
                raise BackupProblem(DIFFERS.format(one.name))
            counts[one.name] = sent.total()
            if target.is_postgresql:
                await _count_on(written, one)
    return counts


async def _check_free(database: Database) -> None:
    """No rows but what a program writes of itself, and nothing of another program's. Raises BackupProblem."""
    if not database.is_postgresql and database.engine.url.database in (None, "", ":memory:"):
        raise BackupProblem(NO_FILE)
    async with database.engine.connect() as connection:
        there = set(await connection.run_sync(_tables_in))
        # The queue's own tables are made beside ours, and may be all that a migration cut off has left.
        if "alembic_version" not in there and any(not name.startswith("pgqueuer") for name in there):
            raise BackupProblem(FOREIGN)
        for name in set(names_of_tables(with_people=True)) & there:
            if await connection.scalar(select(func.count()).select_from(METADATA.tables[name])):
                raise BackupProblem(HOLDS_SOMETHING)


def _tables_in(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


async def _check_nobody_lives(connection: AsyncConnection, which: str) -> None:
    """And whoever starts meanwhile waits, and changes nothing."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE processes IN SHARE MODE"))
    processes = table(ProcessRow)
    alive = processes.c.seen_at > datetime.now(UTC) - FORGOTTEN_AFTER
    if await connection.scalar(select(processes.c.id).where(alive).limit(1)):
        raise BackupProblem(LIVES.format(which))


async def _rows(connection: AsyncConnection, one: Table) -> AsyncIterator[Sequence[Any]]:
    """By key, some hundreds at a time: a house of years is more than fits into memory."""
    keys = list(one.primary_key)
    after: Any = None
    while True:
        asked = select(one).order_by(*keys).limit(AT_A_TIME)
        if after is not None:
            asked = asked.where(_behind(keys, after))
        rows = (await connection.execute(asked)).all()
        if not rows:
            return
        yield rows
        at = [one.c.keys().index(key.key) for key in keys]
        after = [rows[-1][index] for index in at]


def _behind(keys: Sequence[Any], after: Sequence[Any]) -> Any:
    first, *rest = keys
    if not rest:
        return first > after[0]
    return (first > after[0]) | ((first == after[0]) & _behind(rest, after[1:]))


def _print_of(row: Any) -> bytes:
    """Of what a row says, whatever the database: moments by the instant, and no order within an object."""
    return hashlib.sha256(repr([_plain(value) for value in row]).encode()).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return sorted((key, _plain(inner)) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


async def _count_on(connection: AsyncConnection, one: Table) -> None:
    """Numbers that the database gives by itself go on behind the last."""
    column = one.autoincrement_column
    if column is None:
        return
    last = await connection.scalar(select(func.max(column)))
    sequence = await connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": one.name, "column": column.name}
    )
    if sequence and last:
        await connection.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :last)"), {"sequence": sequence, "last": last}
        )
