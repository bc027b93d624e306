"""What outlasts a test is a connection, and nothing of what the test did with it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from storage.engine import Database, open_database
from storage.nudges import Queue
from tests import kept_connections
from tests.postgresql import emptied_database

_JOB = "INSERT INTO pgqueuer (priority, status, entrypoint) VALUES (0, 'queued', 'a')"
_PID = "SELECT pg_backend_pid()"
_CONNECTED = "SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database()"
_leftovers: list[asyncio.Task[Any]] = []


async def _answer(database: Database, question: str) -> Any:
    async with database.engine.begin() as connection:
        return (await connection.execute(text(question))).scalar()


async def _keep_nothing_of_before(url: str) -> None:
    await kept_connections.let_go(url)
    kept_connections.keep(url)


async def test_the_next_has_the_connection_but_not_what_listened_to_it(kept_postgresql: str) -> None:
    def spoils(*_: object) -> None:
        raise AssertionError("heard of a statement of another test")

    async with emptied_database(kept_postgresql) as url:
        await _keep_nothing_of_before(url)
        first = open_database(url)
        pid = await _answer(first, _PID)
        event.listen(first.engine.sync_engine, "before_cursor_execute", spoils)
        await first.engine.dispose()
        await first.engine.dispose()  # as one does who is not sure
    async with emptied_database(kept_postgresql) as again:
        assert again == url
        second, third = open_database(again), open_database(again)
        assert await _answer(second, _PID) == pid
        assert await _answer(third, _PID) != pid
        await second.engine.dispose()
        await third.engine.dispose()


async def test_what_was_left_open_is_ended(kept_postgresql: str) -> None:
    async with emptied_database(kept_postgresql) as url:
        left = open_database(url)
        writing, locked = await left.engine.connect(), await left.engine.connect()
        await writing.execute(text("UPDATE alembic_version SET version_num = version_num"))
        await locked.execute(text("SELECT pg_advisory_lock(7)"))
        await locked.commit()
    async with emptied_database(kept_postgresql) as again:
        assert again == url
        database = open_database(again)
        assert await _answer(database, "SELECT pg_try_advisory_lock(7)")
        await database.engine.dispose()
    with pytest.raises(DBAPIError):
        await writing.execute(text("SELECT 1"))
    for connection in (writing, locked):
        await connection.invalidate()
        await connection.close()
    await left.engine.dispose()


async def test_a_queue_is_kept_with_nothing_in_it(kept_postgresql: str) -> None:
    async with emptied_database(kept_postgresql) as url:
        await _keep_nothing_of_before(url)
        database = open_database(url)
        queue = await Queue.on_postgresql(database.engine)
        async with database.engine.begin() as connection:
            await connection.execute(text(_JOB))
        connected = set(await _answer(database, _CONNECTED))
        await queue.close()
        await database.engine.dispose()
    async with emptied_database(kept_postgresql) as again:
        database = open_database(again)
        queue = await Queue.on_postgresql(database.engine)
        assert await _answer(database, "SELECT count(*) FROM pgqueuer") == 0
        assert connected <= set(await _answer(database, _CONNECTED))
        await queue.close()
        await database.engine.dispose()


@pytest.mark.parametrize("which", ["first", "second"])
async def test_a_task_ends_with_the_test_that_began_it(which: str) -> None:
    assert all(task.done() for task in _leftovers)
    _leftovers.append(asyncio.create_task(asyncio.Event().wait()))
