"""Many processes start at once on an empty PostgreSQL, as a Procfile's lines do."""

import asyncio
import uuid

import asyncpg
import pytest
from pgqueuer.adapters.persistence.queries import Queries

from storage.engine import open_database
from storage.migrate import migrate, newest_revision
from storage.nudges import Queue

PROCESSES, ROUNDS = 6, 3


async def start(url: str) -> str:
    """What a process does before it works: its queue is opened, then the database is brought up to date."""
    database = open_database(url)
    queue = await Queue.on_postgresql(database.engine)
    try:
        return await migrate(database)
    finally:
        await queue.close()
        await database.engine.dispose()


@pytest.fixture
async def empty_urls(postgresql: str) -> list[str]:
    names = [f"np_{uuid.uuid4().hex}" for _ in range(ROUNDS)]
    connection = await asyncpg.connect(postgresql)
    for name in names:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await connection.close()
    return [postgresql.replace("/postgres?", f"/{name}?") for name in names]


async def test_all_of_them_start(empty_urls: list[str]) -> None:
    for url in empty_urls:
        assert await asyncio.gather(*(start(url) for _ in range(PROCESSES))) == [newest_revision()] * PROCESSES
        connection = await asyncpg.connect(url)
        missing = await Queries.from_asyncpg_connection(connection).plan_upgrade()
        await connection.close()
        assert missing.statements == ()


async def test_a_start_that_finds_everything_waits_for_nobody_who_works(postgresql_url: str) -> None:
    """Rows of the queue are in somebody's hands: a start that changed its tables would wait for them."""
    connection = await asyncpg.connect(postgresql_url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE pgqueuer IN ROW EXCLUSIVE MODE")
        async with asyncio.timeout(20):
            assert await start(postgresql_url) == newest_revision()
    await connection.close()
