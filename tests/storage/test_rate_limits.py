"""Turns on both kinds of database: kept for who waits, void after a failure, never given twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.messages.rate_limits import Bucket
from bot.ports import Store
from bot.ports.stale import retry_if_stale
from storage.engine import Database, open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store

T0 = datetime(2026, 12, 4, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BUCKET = Bucket("slack:C1", SECOND, 2)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    queue = await Queue.on_postgresql(database.engine) if database.is_postgresql else Queue.in_memory()
    yield open_store(database, Seals([new_key()]), queue)
    await queue.close()


@retry_if_stale
async def take(store: Store, who: str, now: datetime = T0, bucket: Bucket = BUCKET) -> float:
    """Seconds to wait."""
    async with store() as uow:
        return max(0.0, ((await uow.rate_limits.take(bucket, who, now)).at - now).total_seconds())


async def fail(store: Store, now: datetime, named: float | None = None) -> None:
    async with store() as uow:
        await uow.rate_limits.failed(BUCKET, now, named)


async def test_a_turn_is_kept_for_who_waits(store: Store) -> None:
    assert [await take(store, who) for who in "abcd"] == [0, 0, 1, 2]
    assert await take(store, "d") == 2, "asking again changes nothing"
    assert await take(store, "d", T0 + 2 * SECOND) == 0
    assert await take(store, "c", T0 + 2 * SECOND) == 0, "a turn that has come stays theirs"
    assert await take(store, "e", T0 + 2 * SECOND) == 1, "and costs the others nothing"


async def test_buckets_do_not_know_each_other(store: Store) -> None:
    assert [await take(store, who) for who in "abc"] == [0, 0, 1]
    assert await take(store, "c", bucket=Bucket("slack:C2", SECOND, 1)) == 0


async def test_workers_at_once_get_different_permits(store: Store) -> None:
    waits = await asyncio.gather(*(take(store, f"w{number}") for number in range(12)))
    assert sorted(waits) == [0, 0, *range(1, 11)]


async def test_several_are_held_by_name(postgresql_url: str) -> None:
    """Whoever waits for the first holds none that comes behind it: two that take the same ones never wait for each
    other."""
    first, last = Bucket("slack:A"), Bucket("slack:Z")
    database = open_database(postgresql_url)
    queue = await Queue.on_postgresql(database.engine)
    store = open_store(database, Seals([new_key()]), queue)
    for bucket in (last, first):
        await take(store, "w", bucket=bucket)

    async def both() -> None:
        async with store() as uow:
            await uow.rate_limits.for_update([(last, "v"), (first, "v")])

    async with store() as uow:
        await uow.rate_limits.for_update([(first, "u")])
        waiting = asyncio.create_task(both())
        await asyncio.wait([waiting], timeout=0.05)
        await asyncio.wait_for(take(store, "x", bucket=last), 5)
        assert not waiting.done()
    await waiting
    await queue.close()
    await database.engine.dispose()


async def test_a_failure_makes_kept_permits_void_and_the_vendors_word_counts(store: Store) -> None:
    assert [await take(store, who) for who in "abcd"] == [0, 0, 1, 2]
    await fail(store, T0, 30)
    assert await take(store, "d", T0 + 2 * SECOND) == 28
    reopened = T0 + 30 * SECOND
    assert [await take(store, who, reopened) for who in "cd"] == [0, 5], "one goes ahead"
    async with store() as uow:
        await uow.rate_limits.answered(BUCKET)
    assert [await take(store, who, reopened) for who in "def"] == [0, 1, 2]


async def test_a_late_success_does_not_shorten_what_the_vendor_asked_for(store: Store) -> None:
    await fail(store, T0, 30)
    async with store() as uow:
        await uow.rate_limits.answered(BUCKET)
    assert await take(store, "a", T0 + SECOND) == 29
