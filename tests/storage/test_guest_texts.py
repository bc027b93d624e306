"""A guest's language and a lock's words for guests, on SQLite and PostgreSQL alike."""

import pytest
from sqlalchemy import text

from bot.domain.locks.lock import ForGuests
from bot.domain.messages.languages import Language, ToldBy, Tongue
from bot.domain.pins import Phone
from bot.ports import LockSeen, Store
from storage.engine import Database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store

PHONE = Phone("+33639981234")
COUNTRY, ASKED = Tongue(Language.FRENCH, ToldBy.COUNTRY), Tongue(Language.GERMAN, ToldBy.REQUEST)


@pytest.fixture
def store(database: Database) -> Store:
    return open_store(database, Seals([new_key()]), Queue.in_memory())


async def test_a_guest_keeps_the_language_that_was_asked_for(store: Store) -> None:
    for said, kept in ((COUNTRY, COUNTRY), (ASKED, ASKED), (COUNTRY, ASKED), (None, ASKED)):
        async with store() as work:
            assert (await work.guests.welcome("Cleo", PHONE, said)).tongue == kept
        async with store() as work:
            found = await work.guests.by_phone(PHONE)
            assert found is not None
            assert found.tongue == kept
    async with store() as work:
        other = Tongue(Language.DUTCH, ToldBy.REQUEST)
        assert (await work.guests.welcome("Cleo", PHONE, other)).tongue == other


async def test_a_guest_from_before_there_were_languages_reads_english(store: Store, database: Database) -> None:
    async with store() as work:
        guest = await work.guests.welcome("Cleo", PHONE, ASKED)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE guests SET language = NULL, language_told_by = NULL"))
    async with store() as work:
        found = await work.guests.get(guest.id)
        assert found is not None
        assert found.tongue == Tongue(Language.ENGLISH, ToldBy.NOBODY)


async def test_what_guests_are_told_outlives_a_sync(store: Store) -> None:
    seen, told = LockSeen("L1", "door 17b", "Europe/Paris", True, False), ForGuests("Lake house", "", "#", "Ada", "+1")
    async with store() as work:
        await work.locks.put(seen, "UTC")
    async with store() as work:
        lock = await work.locks.by_ref("L1")
        assert lock is not None
        assert lock.for_guests == ForGuests()
        await work.locks.set_up(lock.id, told, lock.habits)
        await work.locks.set_up("nobody", told, lock.habits)
    async with store() as work:
        await work.locks.put(seen, "UTC")
    async with store() as work:
        again = await work.locks.by_ref("L1")
        assert again is not None
        assert again.for_guests == told
