"""A change of keys, on SQLite and PostgreSQL alike: refused while anybody would go on with the old ones, taken up where
it was left, and whole although a process with other keys has written meanwhile."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import col
from ulid import ULID

from bot.domain.messages.message import Medium, Message
from bot.domain.pins import Phone
from bot.domain.sources.booking_sources import BookingSource, Credentials
from bot.domain.sources.bookings import Booking, BookingState, KeptBooking
from bot.domain.sources.feeds import Feed, Platform
from bot.domain.sources.following import CalendarBooking, FeedEntry
from bot.domain.sources.source_stays import SaidStay, SourceKey, SourceStay
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import ERASED_NAME, NOBODYS
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, Store
from storage import processes
from storage.engine import Database
from storage.nudges import Queue
from storage.processes import OlderKeys, announced, check_all_know
from storage.repository import table
from storage.rotate import SEALED, rotate
from storage.seals import Seals, UnknownSeal, new_key
from storage.seals_fit import seals_fit
from storage.tables import AccessRequestRow, GuestRow, MessageRow, ProcessRow
from storage.unit_of_work import open_store

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
WINDOW = AccessWindow(T0 + timedelta(days=3), T0 + timedelta(days=5))
OLD, NEW, OTHER = new_key(), new_key(), new_key()
ANA, CLEO = Phone("+33639981234"), Phone("+33639985678")


@dataclass
class Sealing:
    database: Database
    queue: Queue

    def with_keys(self, *keys: str) -> Store:
        return open_store(self.database, Seals(keys), self.queue)

    async def stay(self, phone: Phone, *keys: str) -> tuple[str, str]:
        """The ids of a stay and of its guest, written by a process that has these keys."""
        store, request_id = self.with_keys(*keys), str(ULID())
        async with store() as uow:
            await uow.locks.put(LockInfo("L1", "Front door", "Europe/Paris", True, False), "UTC")
        async with store() as uow:
            lock, guest = await uow.locks.by_ref("L1"), await uow.guests.get_or_create("Ana", phone, T0)
            assert lock is not None
            stay = AccessRequest(request_id, lock.id, guest.id, "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, T0)
            await uow.requests.add(stay)
            words = Message(str(ULID()), f"k{request_id}", Medium.SMS, guest.id, "pin", T0, request_id=request_id)
            await uow.messages.queue(words)
            await uow.words.keep(words.id, "Ask for Eva at the desk")
        return request_id, guest.id

    async def count(self, row: type) -> int:
        async with self.database.engine.connect() as connection:
            return int(await connection.scalar(select(func.count()).select_from(row)) or 0)


@pytest.fixture
async def sealed(database: Database) -> AsyncIterator[Sealing]:
    queue = await Queue.on_postgresql(database.engine) if database.is_postgresql else Queue.in_memory()
    yield Sealing(database, queue)
    await queue.close()


# --- who is still at it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("living", "behind"),
    [
        ([], 0),
        ([[NEW]], 0),
        ([[NEW, OLD], [OLD, NEW]], 0),
        ([[OLD]], 1),
        ([[NEW, OLD], [OLD], [OLD, OTHER]], 2),
        ([[OTHER]], 1),
    ],
    ids=["nobody", "new", "both", "old", "one of them", "another"],
)
async def test_refused_while_a_process_lives_that_does_not_know_the_newest_key(
    sealed: Sealing, living: Sequence[Sequence[str]], behind: int
) -> None:
    await sealed.stay(ANA, OLD)
    opened = [announced(sealed.database, Seals(keys), ["worker", "clock"]) for keys in living]
    for one in opened:
        await one.__aenter__()
    if behind:
        with pytest.raises(OlderKeys, match=rf"^{behind} running process(es)? do(es)? not know .*worker, clock") as no:
            await rotate(sealed.database, Seals([NEW, OLD]))
        assert not re.search("|".join(map(re.escape, (NEW, OLD, OTHER))), str(no.value))
        assert await seals_fit(sealed.database, Seals([OLD])), "nothing was changed"
    else:
        await rotate(sealed.database, Seals([NEW, OLD]))
        assert await seals_fit(sealed.database, Seals([NEW]))
    for one in opened:
        await one.__aexit__(None, None, None)
    await rotate(sealed.database, Seals([NEW, OLD]))
    assert await sealed.count(ProcessRow) == 0, "whoever goes says so"


async def test_what_is_kept_of_the_keys_is_no_key(sealed: Sealing) -> None:
    async with announced(sealed.database, Seals([NEW, OLD]), ["web"]), sealed.database.engine.connect() as connection:
        kept = str((await connection.execute(text("SELECT * FROM processes"))).all())
    assert not any(part in kept for key in (NEW, OLD) for part in (key, key[:8], key[-9:]))


async def test_a_process_that_lives_goes_on_saying_so(sealed: Sealing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "EVERY", timedelta(milliseconds=20))
    async with announced(sealed.database, Seals([OLD]), ["web"]):
        before = datetime.now(UTC)
        while await _seen(sealed) <= before:
            await asyncio.sleep(0.02)
        with pytest.raises(OlderKeys):
            await check_all_know(sealed.database, Seals([NEW]))


async def _seen(sealed: Sealing) -> datetime:
    async with sealed.database.engine.connect() as connection:
        return (await connection.execute(select(col(ProcessRow.seen_at)))).scalar_one()


async def test_one_that_was_killed_is_forgotten(sealed: Sealing) -> None:
    for seconds, lives in ((120, False), (20, True)):
        seen_at = datetime.now(UTC) - timedelta(seconds=seconds)
        row = {"id": str(ULID()), "parts": "web", "key_ids": list(Seals([OLD]).key_ids), "seen_at": seen_at}
        async with sealed.database.engine.begin() as connection:
            await connection.execute(table(ProcessRow).insert().values(**row))
        if lives:
            with pytest.raises(OlderKeys):
                await check_all_know(sealed.database, Seals([NEW]))
        else:
            await check_all_know(sealed.database, Seals([NEW]))


async def test_one_that_starts_meanwhile_with_old_keys_is_noticed(sealed: Sealing) -> None:
    await sealed.stay(ANA, OLD)
    row = {"id": str(ULID()), "parts": "clock", "key_ids": list(Seals([OLD]).key_ids), "seen_at": datetime.now(UTC)}
    starting: list[asyncio.Task[None]] = []

    async def start() -> None:
        async with sealed.database.engine.begin() as connection:
            await connection.execute(table(ProcessRow).insert().values(**row))

    def said(what: str, _count: int) -> None:
        if what == "guests":
            starting.append(asyncio.get_running_loop().create_task(start()))

    with pytest.raises(OlderKeys, match="clock"):
        await rotate(sealed.database, Seals([NEW, OLD]), said)
    await asyncio.gather(*starting)
    assert not await seals_fit(sealed.database, Seals([OLD])), "at its start it would have been refused"


# --- doubles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [OLD, NEW], ids=["old first", "new first"])
async def test_a_number_that_two_keys_took_for_two_is_one_again(sealed: Sealing, first: str) -> None:
    """A process that knew only one key wrote beside one that knew only the other."""
    second = NEW if first is OLD else OLD
    stays = [await sealed.stay(ANA, first), await sealed.stay(CLEO, first), await sealed.stay(ANA, second)]
    assert await sealed.count(GuestRow) == 3
    for _ in range(2):
        await rotate(sealed.database, Seals([NEW, OLD]))
    assert await sealed.count(GuestRow) == 2
    async with sealed.with_keys(NEW)() as uow:
        ana, cleo = await uow.guests.by_phone(ANA), await uow.guests.by_phone(CLEO)
        assert ana is not None
        assert cleo is not None
        kept = [await uow.requests.get(stay) for stay, _ in stays]
        assert [one.guest_id for one in kept if one] == [ana.id, cleo.id, ana.id]
        assert [m.recipient for m in await uow.messages.of_request(stays[2][0])] == [ana.id]
        assert cleo.id == stays[1][1]
    async with sealed.database.engine.connect() as connection:
        guests = set((await connection.execute(select(col(GuestRow.id)))).scalars())
        for column in (AccessRequestRow.guest_id, MessageRow.recipient):
            assert set((await connection.execute(select(col(column)))).scalars()) <= guests


@pytest.mark.parametrize("which", [0, 1])
async def test_whoever_wants_no_texts_wants_none_afterwards(sealed: Sealing, which: int) -> None:
    guests = [(await sealed.stay(ANA, OLD))[1], (await sealed.stay(ANA, NEW))[1]]
    async with sealed.with_keys(NEW, OLD)() as uow:
        await uow.guests.opt_out(guests[which], T0)
    await rotate(sealed.database, Seals([NEW, OLD]))
    async with sealed.with_keys(NEW)() as uow:
        ana = await uow.guests.by_phone(ANA)
        assert ana is not None
        assert ana.opted_out_at == T0


# --- interrupted ------------------------------------------------------------------------------------------------------


class Interrupted(Exception): ...


@pytest.mark.parametrize("after", ["guests", "texts"])
async def test_what_was_interrupted_goes_on_where_it_was(sealed: Sealing, after: str) -> None:
    for number in range(5):
        await sealed.stay(Phone(f"+3363998000{number}"), OLD)

    def stop(what: str, _count: int) -> None:
        if what == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        await rotate(sealed.database, Seals([NEW, OLD]), stop)
    assert await seals_fit(sealed.database, Seals([NEW])) is (after == "texts")
    assert not await seals_fit(sealed.database, Seals([OLD]))
    assert await seals_fit(sealed.database, Seals([NEW, OLD]))
    left = await rotate(sealed.database, Seals([NEW, OLD]))
    assert left == (5 if after == "guests" else 0)
    assert await rotate(sealed.database, Seals([NEW, OLD])) == 0
    assert await seals_fit(sealed.database, Seals([NEW]))


@pytest.mark.parametrize("which", ["phone", "words"])
async def test_keys_that_do_not_fit_are_noticed_whatever_is_sealed(sealed: Sealing, which: str) -> None:
    await sealed.stay(ANA, OLD)
    await sealed.stay(CLEO, OLD)
    assert await seals_fit(sealed.database, Seals([OLD]))
    row, column = next((row, value) for _, row, value, _ in SEALED if value == which)
    async with sealed.database.engine.begin() as connection:
        newest = (await connection.execute(select(func.max(col(row.id))))).scalar_one()
        other = Seals([OTHER]).seal("+33639980000")
        await connection.execute(update(row).where(col(row.id) == newest).values({column: other}))
    assert not await seals_fit(sealed.database, Seals([OLD]))
    with pytest.raises(UnknownSeal, match=r"the \.key file beside the database"):
        await rotate(sealed.database, Seals([NEW, OLD]))


async def test_an_approvers_code_is_known_before_and_after(sealed: Sealing) -> None:
    request_id, _ = await sealed.stay(ANA, OLD)
    async with sealed.with_keys(OLD)() as uow:
        codes = {who: await uow.sms_codes.issue(request_id, who, WINDOW, T0) for who in ("sms:Eva", "sms:Finn")}

    async def known(*keys: str) -> bool:
        async with sealed.with_keys(*keys)() as uow:
            found = [await uow.sms_codes.find(who, code) for who, code in codes.items()]
            assert await uow.sms_codes.find("sms:Finn", codes["sms:Eva"]) is None or len(set(codes.values())) == 1
            return all(one is not None and one.request_id == request_id for one in found)

    assert await known(NEW, OLD)
    await rotate(sealed.database, Seals([NEW, OLD]))
    assert await known(NEW)
    assert not await known(OLD)
    async with sealed.database.engine.connect() as connection:
        kept = str((await connection.execute(text("SELECT code, mark FROM sms_codes"))).all())
    assert not any(code in kept for code in codes.values())


async def test_guests_who_were_erased_stay_two_and_no_number_leads_to_them(sealed: Sealing) -> None:
    stays = [await sealed.stay(phone, OLD) for phone in (ANA, CLEO)]
    async with sealed.with_keys(OLD)() as uow:
        for request_id, _ in stays:
            await uow.erasure.erase_stay(request_id, [], T0)
    for _, guest_id in stays:
        async with sealed.with_keys(OLD)() as uow:
            await uow.erasure.erase_number(guest_id, T0)
    await rotate(sealed.database, Seals([NEW, OLD]))
    assert await sealed.count(GuestRow) == 2
    async with sealed.with_keys(NEW)() as uow:
        for request_id, guest_id in stays:
            guest = await uow.guests.of_stay(request_id)
            assert guest is not None
            assert (guest.id, guest.name) == (guest_id, ERASED_NAME)
        assert [await uow.guests.by_phone(phone) for phone in (ANA, CLEO, NOBODYS)] == [None] * 3


async def test_booking_systems_and_their_bookings_open_with_the_newest_key_alone(sealed: Sealing) -> None:
    """And one booking that two processes with other keys have each taken for a new one is found once."""
    credentials = Credentials(("secret",), client_id="client", client_secret="hidden")
    booking = Booking("HMTEST1234", BookingState.STANDS, phones=(ANA.e164,))
    async with sealed.with_keys(OLD)() as uow:
        await uow.booking_sources.put(BookingSource("01SOURCE", "flats", "guesty", credentials, T0))
        await uow.booking_sources.keep_token("01SOURCE", "a token")
    for keys, name in (((NEW,), "01NEWER"), ((OLD,), "01OLDER")):
        async with sealed.with_keys(*keys)() as uow:
            await uow.bookings.put(KeptBooking(name, "01SOURCE", booking.external_id, T0, T0, booking))
    await rotate(sealed.database, Seals([NEW, OLD]))
    async with sealed.with_keys(NEW)() as uow:
        (source,) = await uow.booking_sources.all()
        assert (source.credentials, await uow.booking_sources.token("01SOURCE")) == (credentials, "a token")
        found = await uow.bookings.by_id_there("01SOURCE", booking.external_id)
        waiting = await uow.bookings.waiting("01SOURCE")
    assert found is not None
    assert (found.id, found.words) == ("01NEWER", booking)
    assert [one.external_id for one in waiting] == ["HMTEST1234"] * 2


async def test_a_stay_that_its_source_has_said_to_both_is_found_once(sealed: Sealing) -> None:
    """A process with the old key alone, and one with the new, have each taken the same for a stay that nobody knew."""
    key, said = SourceKey("airbnb", "HMTEST1234"), SaidStay("Ana", ANA, ("Front door",), T0, T0 + timedelta(days=2))
    for keys, name in (((NEW,), "01NEWER"), ((OLD,), "01OLDER"), ((OLD,), "02OTHER")):
        named = key if name != "02OTHER" else SourceKey("vrbo", key.external_id)
        async with sealed.with_keys(*keys)() as uow:
            await uow.source_stays.put(SourceStay(name, named, said, T0))
    await rotate(sealed.database, Seals([NEW, OLD]))
    async with sealed.with_keys(NEW)() as uow:
        found, other = (
            await uow.source_stays.by_key(key),
            await uow.source_stays.by_key(SourceKey("vrbo", "HMTEST1234")),
        )
        everything = await uow.source_stays.after("", 10)
    assert found is not None
    assert other is not None
    assert (found.id, found.said, other.id) == ("01NEWER", said, "02OTHER")
    assert [one.key.external_id for one in everything] == ["HMTEST1234"] * 3


async def test_calendars_and_what_they_have_said_are_sealed_anew(sealed: Sealing) -> None:
    booking = CalendarBooking("uid:1", date(2026, 12, 4), date(2026, 12, 8), name="Ana", phone=ANA.e164)
    known = (FeedEntry(booking, T0, "airbnb", "1@01LOCK"),)
    async with sealed.with_keys(OLD)() as uow:
        await uow.locks.put(LockInfo("L1", "Front door", "Europe/Paris", True, False), "UTC")
        (lock, *_) = await uow.locks.all()
    feed = Feed("01FEED", lock.id, Platform.AIRBNB, "https://calendars.example/?t=1", T0, T0, entries=known)
    async with sealed.with_keys(OLD)() as uow:
        await uow.feeds.put(feed)
    await rotate(sealed.database, Seals([NEW, OLD]))
    async with sealed.with_keys(NEW)() as uow:
        found = await uow.feeds.get("01FEED")
    assert found is not None
    assert (found.address, found.entries) == (feed.address, known)
