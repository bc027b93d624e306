"""A guest's language and a lock's words for guests, on SQLite and PostgreSQL alike."""

from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from bot.domain.locks.lock import GuestInfo
from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.access_requests import RequestStatus as S
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, Store
from storage.engine import Database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store

PHONE = Phone("+33639981234")
T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
WINDOW = AccessWindow(T0 + timedelta(days=3), T0 + timedelta(days=5))
DUTCH = LanguageChoice(Language.DUTCH, ChosenBy.REQUEST)
COUNTRY, ASKED = LanguageChoice(Language.FRENCH, ChosenBy.COUNTRY), LanguageChoice(Language.GERMAN, ChosenBy.REQUEST)


@pytest.fixture
def store(database: Database) -> Store:
    return open_store(database, Seals([new_key()]), Queue.in_memory())


async def asked(store: Store, name: str, said: LanguageChoice | None, status: S = S.PENDING) -> AccessRequest:
    """A new stay of this number, as `ask_for_pin` keeps it."""
    async with store() as uow:
        await uow.locks.put(LockInfo("L1", "door 17b", "Europe/Paris", True, False), "UTC")
    async with store() as uow:
        lock = await uow.locks.by_ref("L1")
        assert lock is not None
        guest = await uow.guests.get_or_create(name, PHONE, T0, said)
        request = AccessRequest(
            str(ULID()),
            lock.id,
            guest.id,
            "U_ADA",
            WINDOW,
            WINDOW,
            PinKind.HOURLY,
            T0,
            status,
            guest_name=guest.name,
            language_choice=guest.language_choice,
        )
        await uow.requests.add(request)
    return request


async def test_a_guest_keeps_the_language_that_was_asked_for(store: Store) -> None:
    for said, kept in ((COUNTRY, COUNTRY), (ASKED, ASKED), (COUNTRY, ASKED), (None, ASKED), (DUTCH, DUTCH)):
        assert (await asked(store, "Cleo", said)).language_choice == kept
        async with store() as uow:
            found = await uow.guests.by_phone(PHONE)
            assert found is not None
            assert (found.name, found.language_choice) == ("Cleo", kept)


async def test_two_stays_of_one_number_keep_their_names_and_languages(store: Store) -> None:
    ana = await asked(store, "Ana", ASKED, S.APPROVED)
    bob = await asked(store, "Bob", DUTCH, S.DENIED)
    async with store() as uow:
        stays = await uow.guests.of_stays([ana.id, bob.id, "no such stay"])
        assert {key: (one.name, one.language_choice) for key, one in stays.items()} == {
            ana.id: ("Ana", ASKED),
            bob.id: ("Bob", DUTCH),
        }
        assert {(one.id, one.phone) for one in stays.values()} == {(ana.guest_id, PHONE)}
        assert await uow.guests.of_stay(ana.id) == stays[ana.id]
        assert await uow.guests.of_stay("no such stay") is None
        # What was never approved says nothing about whose number it is.
        assert await uow.guests.by_phone(PHONE) == await uow.guests.get(ana.guest_id) == stays[ana.id]
        found = await uow.requests.with_guests(None, 5)
        assert found == [(bob.id, "Bob"), (ana.id, "Ana")]


async def test_a_language_asked_for_stays_with_its_name(store: Store) -> None:
    await asked(store, "Ana", ASKED)
    assert (await asked(store, "Bob", COUNTRY)).language_choice == COUNTRY, "nobody has approved that it is Ana's"
    await asked(store, "Bob", DUTCH)
    assert (await asked(store, " ANA", COUNTRY)).language_choice == ASKED
    assert (await asked(store, "Bob", None)).language_choice == DUTCH
    await asked(store, "Ana", ASKED, S.APPROVED)
    assert (await asked(store, "Ana Marchand", COUNTRY)).language_choice == ASKED


async def test_opting_out_is_the_numbers(store: Store) -> None:
    ana, bob = await asked(store, "Ana", None), await asked(store, "Bob", None)
    async with store() as uow:
        await uow.guests.opt_out(ana.guest_id, T0)
    async with store() as uow:
        assert {one.opted_out_at for one in (await uow.guests.of_stays([ana.id, bob.id])).values()} == {T0}


async def test_a_number_without_a_stay_has_no_name(store: Store) -> None:
    async with store() as uow:
        guest = await uow.guests.get_or_create("Cleo", PHONE, T0, ASKED)
        assert (guest.name, guest.language_choice) == ("Cleo", ASKED)
        assert ULID.from_str(guest.id).datetime == T0, "a number that is used no more is forgotten so long after this"
    async with store() as uow:
        found = await uow.guests.get(guest.id)
        assert found is not None
        assert (found.name, found.language_choice) == ("", LanguageChoice(Language.ENGLISH, ChosenBy.NOBODY))


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
