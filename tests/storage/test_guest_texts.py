"""A guest's language and a lock's words for guests, on SQLite and PostgreSQL alike."""

import pytest
from sqlalchemy import text

from bot.domain.locks.lock import GuestInfo
from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice
from bot.domain.pins import Phone
from bot.ports import LockInfo, Store
from storage.engine import Database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store

PHONE = Phone("+33639981234")
COUNTRY, ASKED = LanguageChoice(Language.FRENCH, ChosenBy.COUNTRY), LanguageChoice(Language.GERMAN, ChosenBy.REQUEST)


@pytest.fixture
def store(database: Database) -> Store:
    return open_store(database, Seals([new_key()]), Queue.in_memory())


async def test_a_guest_keeps_the_language_that_was_asked_for(store: Store) -> None:
    for said, kept in ((COUNTRY, COUNTRY), (ASKED, ASKED), (COUNTRY, ASKED), (None, ASKED)):
        async with store() as uow:
            assert (await uow.guests.get_or_create("Cleo", PHONE, said)).language_choice == kept
        async with store() as uow:
            found = await uow.guests.by_phone(PHONE)
            assert found is not None
            assert found.language_choice == kept
    async with store() as uow:
        other = LanguageChoice(Language.DUTCH, ChosenBy.REQUEST)
        assert (await uow.guests.get_or_create("Cleo", PHONE, other)).language_choice == other


async def test_a_guest_from_before_there_were_languages_reads_english(store: Store, database: Database) -> None:
    async with store() as uow:
        guest = await uow.guests.get_or_create("Cleo", PHONE, ASKED)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE guests SET language = NULL, language_chosen_by = NULL"))
    async with store() as uow:
        found = await uow.guests.get(guest.id)
        assert found is not None
        assert found.language_choice == LanguageChoice(Language.ENGLISH, ChosenBy.NOBODY)


async def test_what_guests_are_told_outlives_a_sync(store: Store) -> None:
    seen, reported = (
        LockInfo("L1", "door 17b", "Europe/Paris", True, False),
        GuestInfo("Lake house", "", "#", "Ada", "+1"),
    )
    async with store() as uow:
        await uow.locks.put(seen, "UTC")
    async with store() as uow:
        lock = await uow.locks.by_ref("L1")
        assert lock is not None
        assert lock.guest_info == GuestInfo()
        await uow.locks.set_up(lock.id, reported, lock.defaults)
        await uow.locks.set_up("nobody", reported, lock.defaults)
    async with store() as uow:
        await uow.locks.put(seen, "UTC")
    async with store() as uow:
        again = await uow.locks.by_ref("L1")
        assert again is not None
        assert again.guest_info == reported
