"""Words under a seal and approvers' codes, on SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from ulid import ULID

from bot.domain.messages.message import Medium, Message
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, Store
from storage.engine import Database
from storage.nudges import Queue
from storage.rotate import rotate
from storage.seals import Seals, UnknownSeal, new_key
from storage.unit_of_work import open_store

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
WINDOW = AccessWindow(T0 + timedelta(days=3), T0 + timedelta(days=5))
OLD, NEW = new_key(), new_key()


@dataclass
class Repositories:
    database: Database
    queue: Queue

    def with_keys(self, *keys: str) -> Store:
        return open_store(self.database, Seals(keys), self.queue)


@pytest.fixture
async def repositories(database: Database) -> AsyncIterator[Repositories]:
    queue = await Queue.on_postgresql(database.engine) if database.is_postgresql else Queue.in_memory()
    yield Repositories(database, queue)
    await queue.close()


async def a_request(store: Store) -> str:
    request_id = str(ULID())
    async with store() as uow:
        await uow.locks.put(LockInfo("L1", "Front door", "Europe/Paris", True, False), "UTC")
    async with store() as uow:
        lock, guest = await uow.locks.by_ref("L1"), await uow.guests.get_or_create("Cleo", Phone("+33639981234"), T0)
        assert lock is not None
        await uow.requests.add(
            AccessRequest(request_id, lock.id, guest.id, "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, T0)
        )
    return request_id


async def test_words_lie_under_a_seal_and_outlive_a_change_of_keys(repositories: Repositories) -> None:
    store, message_id = repositories.with_keys(OLD), str(ULID())
    async with store() as uow:
        await uow.messages.queue(Message(message_id, "k", Medium.SMS, "G1", "staff_words", T0))
        await uow.words.keep(message_id, "Ada: call 07700 900123")
        assert await uow.words.open("unknown") is None
    async with repositories.database.engine.connect() as connection:
        (kept,) = (await connection.execute(text("SELECT words FROM sealed_words"))).scalars()
    assert "7700" not in str(kept)
    assert await rotate(repositories.database, Seals([NEW, OLD])) == 1
    async with repositories.with_keys(NEW)() as uow:
        assert await uow.words.open(message_id) == "Ada: call 07700 900123"
    with pytest.raises(UnknownSeal):
        async with store() as uow:
            await uow.words.open(message_id)


async def test_a_code_is_found_by_its_approver_alone_and_used_once(repositories: Repositories) -> None:
    store = repositories.with_keys(OLD)
    request_id = await a_request(store)
    async with store() as uow:
        code = await uow.sms_codes.issue(request_id, "sms:Eva", WINDOW, T0)
    assert len(code) == 6
    assert code.isdigit()
    async with repositories.with_keys(NEW, OLD)() as uow:
        found = await uow.sms_codes.find("sms:Eva", code)
        assert found is not None
        assert (found.request_id, found.approver, found.window, found.used_at) == (
            request_id,
            "sms:Eva",
            WINDOW,
            None,
        )
        assert await uow.sms_codes.find("sms:Finn", code) is None
    async with store() as uow:
        assert await uow.sms_codes.use(found.id, T0)
        assert not await uow.sms_codes.use(found.id, T0)
    async with store() as uow:
        await uow.sms_codes.give_back(found.id)
        assert await uow.sms_codes.use(found.id, T0)


async def test_a_number_is_given_once_and_long_ago_is_forgotten(repositories: Repositories) -> None:
    store = repositories.with_keys(OLD)
    request_id = await a_request(store)
    async with store() as uow:
        codes = [await uow.sms_codes.issue(request_id, "sms:Eva", WINDOW, T0) for _ in range(300)]
    assert len(set(codes)) == 300
    assert codes != sorted(codes)
    async with store() as uow:
        await uow.sms_codes.issue(request_id, "sms:Eva", WINDOW, T0 + timedelta(days=100))
        assert [one for one in codes if await uow.sms_codes.find("sms:Eva", one)] in ([], *[[one] for one in codes])
