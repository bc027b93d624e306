"""How a lock is, kept: as told, and never by something older over something newer."""

from datetime import UTC, datetime, timedelta

from bot.domain.locks.health import Battery, LockHealth
from bot.ports import LockInfo
from storage.engine import Database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store

T0 = datetime(2026, 12, 1, 8, tzinfo=UTC)


async def test_the_newest_word_is_kept(database: Database) -> None:
    store = open_store(database, Seals([new_key()]), Queue.in_memory())

    async def said(health: LockHealth) -> LockHealth:
        async with store() as uow:
            await uow.locks.put(LockInfo("d1", "Front door", "Europe/Paris", True, True, health), "Europe/Paris")
        async with store() as uow:
            lock = await uow.locks.by_ref("d1")
        assert lock is not None
        return lock.health

    full = LockHealth(0.86, Battery.GOOD, True, T0)
    low = LockHealth(0.2, Battery.LOW, False, T0 + timedelta(minutes=1))
    assert await said(LockHealth()) == LockHealth()
    assert await said(full) == full
    assert await said(low) == low
    assert await said(full) == low
    assert await said(LockHealth(seen_at=T0 + timedelta(hours=1))) == LockHealth(seen_at=T0 + timedelta(hours=1))
