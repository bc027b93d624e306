"""What is taken away, on both kinds of database: of a person, by their number; and of everybody, once it was kept for
as long as RETENTION_DAYS says. No row of any table names them afterwards, and what counts for locks still counts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlmodel import SQLModel

from bot.domain.locks.online_pins import OnlineStatus
from bot.domain.messages.notice import Posted
from bot.domain.pins import Phone
from bot.domain.sources.source_stays import SaidStay, SourceKey, SourceStay
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Gone, Rejected
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_request import decide_request
from bot.workflows.erase import erase_guest, erase_old
from bot.workflows.withdraw import withdraw
from storage.audit_export import verified
from storage.engine import open_database
from storage.repository import table
from storage.tables import OnlinePinRow
from tests.benchmarks.ports import InstantChat, installation
from tests.workflows.test_alerts import EVA, ON_CALL, PHONE, STRANGER, Alarmed, FailingLocks

OTHER = Phone("+33639985678")
DAYS = timedelta(days=90)


@pytest.fixture
async def stay(database_url: str) -> AsyncIterator[Alarmed]:
    async with installation(database_url) as (made, _queue, _texter):
        moment, doors = [made.clock.now()], FailingLocks()
        rules = replace(made.rules, on_call=ON_CALL)
        clock, database = Clock(lambda: moment[0], lambda: moment[0]), open_database(database_url)
        ports = replace(made, locks=doors, clock=clock, policy=replace(made.policy, quiet=None), rules=rules)
        yield Alarmed(ports, doors, moment, database)
        await database.engine.dispose()


async def rows(stay: Alarmed) -> str:
    """Everything that stands in any table."""
    found = []
    async with stay.database.engine.connect() as connection:
        for name in SQLModel.metadata.tables:
            found += [f"{name}: {tuple(row)}" for row in await connection.execute(text(f"SELECT * FROM {name}"))]
    return "\n".join(found)


async def asks(stay: Alarmed, name: str, phone: Phone, days: int, note: str = "") -> str:
    async with stay.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    starts = (stay.moment[0] + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    window = AccessWindow(starts, starts + timedelta(hours=30))
    wanted = PinRequest("U_ADA", (lock.id,), name, phone, window, stay.ports.new_id(), note=note or None)
    return (await ask_for_pin(stay.ports, wanted)).request_id


async def holds(stay: Alarmed) -> int:
    async with stay.ports.store() as uow:
        return sum((await uow.codes.held(stay.moment[0])).values())


async def test_no_row_of_any_table_names_whoever_was_erased(stay: Alarmed) -> None:
    await stay.stays()
    await stay.says("HUMAN")
    await stay.says("Cleo speaking, on +33 6 39 98 12 34")
    denied = await asks(stay, "Cleo Again", PHONE, 3, "Cleo wants a late key")
    await decide_request(stay.ports, denied, "U_BEN", approved=False, reason="Cleo has one")
    waits = await asks(stay, "Cleo", PHONE, 5)
    corrected = await asks(stay, "Cleo", PHONE, 7)
    await correct_guest(stay.ports, corrected, "U_ADA", Correction("Dora", OTHER, None, delivery=stay.ports.new_id()))
    await stay.swept()
    before = await holds(stay)
    assert "Cleo" in await rows(stay)

    done = await erase_guest(stay.ports, PHONE, withdraw)
    await stay.swept()
    assert set(done.stays) == {stay.request_id, denied, waits}
    assert [code.request_id for code, _ in done.opens] == [stay.request_id]
    left = await rows(stay)
    assert "Cleo" not in left
    assert "late key" not in left
    assert "Dora" in left, "whose stay it is now keeps it"
    assert await holds(stay) == before, "the lock still counts the PIN that opens"
    async with stay.ports.store() as uow:
        (code,) = await uow.codes.of_request(stay.request_id)
        assert code.status is CodeStatus.WITHDRAWN
        assert await uow.codes.pin(code.id) is not None
        assert await uow.guests.by_phone(PHONE) is None
        assert (await uow.requests.get(waits) or denied).status.value == "withdrawn"  # type: ignore[union-attr]
    assert (await verified(stay.database)).faults == []
    assert not (await erase_guest(stay.ports, PHONE, withdraw)).known


async def test_texts_of_a_number_that_never_had_a_stay_go_with_it(stay: Alarmed) -> None:
    await stay.stays()
    await stay.says("Zephyrine here, who are you?", STRANGER)
    await stay.swept()
    async with stay.ports.store() as uow:
        mark = uow.guests.mark(STRANGER)
    assert mark in await rows(stay)
    await erase_guest(stay.ports, STRANGER, withdraw)
    left = await rows(stay)
    assert "Zephyrine" not in left
    assert "Cleo" in left
    # The audit log says that a number texted, by its fingerprint: a limit is counted by it, and nothing leads back.
    assert {line.partition(":")[0] for line in left.splitlines() if mark in line} <= {"audit_entries"}


async def test_retention_takes_what_is_over_for_so_long_and_nothing_before(stay: Alarmed) -> None:
    await stay.stays()
    await stay.goes_on(1)
    stay.move(hours=41)
    await stay.swept()
    assert await erase_old(stay.ports, DAYS) == 0
    async with stay.ports.store() as uow:
        (code,) = await uow.codes.of_request(stay.request_id)
        assert await uow.codes.pin(code.id) is not None, "for a day what a guest writes of it is hidden"
    stay.move(days=2)
    await stay.swept()
    assert await erase_old(stay.ports, DAYS) == 0
    async with stay.ports.store() as uow:
        (code,) = await uow.codes.of_request(stay.request_id)
        assert await uow.codes.pin(code.id) is None
        assert code.has_pin, "that there was one stays true"
    stay.move(days=87)
    await stay.swept()
    assert await erase_old(stay.ports, DAYS) == 0
    assert "Cleo" in await rows(stay)
    later = await asks(stay, "Dora", OTHER, 3)
    stay.move(days=2)
    await stay.swept()
    # The stay; and the number, of which no other stay is left.
    assert await erase_old(stay.ports, DAYS) == 2
    assert await erase_old(stay.ports, DAYS) == 0
    left = await rows(stay)
    assert "Cleo" not in left
    assert "Dora" in left
    async with stay.ports.store() as uow:
        assert (await uow.requests.get(later) or later).erased_at is None  # type: ignore[union-attr]
        assert (await uow.requests.get(stay.request_id) or later).erased_at == stay.moment[0]  # type: ignore[union-attr]
    assert (await verified(stay.database)).faults == []


async def count(stay: Alarmed, table: str) -> int:
    async with stay.database.engine.connect() as connection:
        return int((await connection.execute(text(f"SELECT COUNT(*) FROM {table}"))).scalar_one())


async def said(stay: Alarmed, name: str, request_id: str | None, *, waits: bool = False) -> None:
    """As a source says it; `waits`: for a number."""
    now = stay.moment[0]
    words = SaidStay("Cleo", PHONE if request_id else None, ("L",), now, now + DAYS)
    known = SourceStay(stay.ports.new_id(), SourceKey("airbnb", name), words, now, request_id)
    async with stay.ports.store() as uow:
        await uow.source_stays.put(replace(known, due_at=now + DAYS) if waits else known)


async def test_what_a_source_has_said_and_the_guests_page_go_with_the_stay(stay: Alarmed) -> None:
    request_id = await asks(stay, "Cleo", PHONE, 3)
    await said(stay, "HMCLEO", request_id)
    async with stay.ports.store() as uow:
        await uow.pages.token_of(request_id)
    await erase_guest(stay.ports, PHONE, withdraw)
    assert await count(stay, "guest_pages") == 0
    async with stay.ports.store() as uow:
        left = await uow.source_stays.by_key(SourceKey("airbnb", "HMCLEO"))
    assert left is not None, "that it was erased is kept, or the same words would begin it anew"
    assert (left.request_id, left.said.guest_name, left.said.phone) == (None, "Erased guest", None)
    assert (left.said.confirmed, left.said.erased) == (False, True)
    stay.moment[0] += DAYS + timedelta(hours=1)
    await erase_old(stay.ports, DAYS)
    assert await count(stay, "source_stays") == 0


async def test_of_stays_that_nobody_waits_for_sources_are_forgotten_in_time(stay: Alarmed) -> None:
    await said(stay, "LAPSED", None)
    await said(stay, "WAITS", None, waits=True)
    stay.moment[0] += DAYS - timedelta(hours=1)
    await erase_old(stay.ports, DAYS)
    assert await count(stay, "source_stays") == 2
    stay.moment[0] += timedelta(hours=2)
    await erase_old(stay.ports, DAYS)
    assert await count(stay, "source_stays") == 1


async def test_logs_of_what_came_in_shrink(stay: Alarmed) -> None:
    await stay.stays()
    async with stay.ports.store() as uow:
        await uow.deliveries.first("twilio", "SM1", stay.moment[0])
    stay.move(days=29)
    await erase_old(stay.ports, timedelta(days=1))
    async with stay.ports.store() as uow:
        assert await uow.deliveries.seen("twilio", "SM1"), "a vendor may repeat itself, however short the retention"
    stay.move(days=2)
    await erase_old(stay.ports, timedelta(days=1))
    async with stay.ports.store() as uow:
        assert not await uow.deliveries.seen("twilio", "SM1")


@pytest.mark.parametrize(
    ("status", "ends_in", "left"),
    [
        (OnlineStatus.LIVE, None, True),
        (OnlineStatus.LIVE, 200, True),
        (OnlineStatus.LIVE, 1, False),
        (OnlineStatus.GONE, None, False),
        (OnlineStatus.FAILED, 200, False),
        (OnlineStatus.ERASING, 1, True),
    ],
)
async def test_online_pins_go_when_they_have_ended_for_so_long(
    stay: Alarmed, status: OnlineStatus, ends_in: int | None, left: bool
) -> None:
    now = stay.moment[0]
    async with stay.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    row = {
        "id": stay.ports.new_id(), "lock_id": lock.id, "name": "Zephyrine", "made_by": "rules", "person": "U_BEN",
        "asked_at": now, "starts_at": now, "ends_at": None if ends_in is None else now + timedelta(days=ends_in),
        "status": status.value, "pin": b"sealed", "pin_mark": "m",
    }  # fmt: skip
    async with stay.database.engine.begin() as connection:
        await connection.execute(insert(table(OnlinePinRow)).values(**row))
    stay.move(days=100)
    await erase_old(stay.ports, DAYS)
    assert ("Zephyrine" in await rows(stay)) == left


async def test_a_stay_that_is_not_over_is_never_old(stay: Alarmed) -> None:
    """However long it is."""
    waits = await asks(stay, "Cleo", EVA, 200)
    await decide_request(stay.ports, waits, "U_BEN", approved=True)
    stay.move(days=195)
    await stay.swept()
    assert await erase_old(stay.ports, DAYS) == 0
    assert "Cleo" in await rows(stay)


class OldPosts(InstantChat):
    """Slack's words for a post that is too old to be changed, or not there any more."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error, self.posts = error, 0

    async def post(self, *given: Any, **named: Any) -> Posted:
        self.posts += 1
        return await super().post(*given, **named)

    async def update(self, *given: Any, **named: Any) -> None:
        raise self.error


@pytest.mark.parametrize("error", [Rejected("no", "edit_window_closed"), Gone("gone", "message_not_found")])
async def test_a_card_that_cannot_be_redrawn_is_left_alone(stay: Alarmed, error: Exception) -> None:
    await stay.stays()
    await stay.swept()
    chat = OldPosts(error)
    stay.ports = replace(stay.ports, chat=chat)
    await erase_guest(stay.ports, PHONE, withdraw)
    await stay.swept()
    stay.move(minutes=30)
    await stay.swept()
    assert chat.posts == 0, "nobody's card is not posted anew"
    async with stay.ports.store() as uow:
        card = await uow.cards.get(stay.request_id)
    assert card is not None
    assert card.shown == card.wanted, "and is not tried for ever"
