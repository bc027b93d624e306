"""Texts from numbers without a stay: to the team while a guest may be on the way, never answered, bounded; and once
somebody knows whose they are, in that stay's thread."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.messages.message import Medium, Message
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.replying import MOST_ANSWERED
from bot.domain.stays.talking import MOST_UNKNOWN
from bot.domain.windows import AccessWindow
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from bot.workflows.name_sender import ask_who_it_is, name_sender
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.withdraw import withdraw
from storage.audit_tables import AuditEntryRow
from storage.engine import open_database
from storage.tables import MessageRow
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_receiving_guest_texts import PHONE, Guest

STRANGER = Phone("+33639987777")


class Strangers(Guest):
    """Numbers without a stay, beside Cleo, who has one."""

    url = ""

    async def unknown(self, words: str, phone: Phone = STRANGER, **more: object) -> None:
        self.sent += 1
        heard = ReceivedText(f"SM_unknown_{self.sent}", phone, words)
        await receive_guest_text(self.made.ports, replace(heard, **more))  # type: ignore[arg-type]

    async def shown(self) -> list[Message]:
        """What the team is shown of them, oldest first."""
        database = open_database(self.url)
        async with database.engine.connect() as connection:
            table = MessageRow.__table__  # type: ignore[attr-defined]
            found = await connection.execute(
                table.select().where(table.c.phrase == "unknown_text").order_by(table.c.id)
            )
            ids = [row.id for row in found if row.facts["text"] == row.id]  # not what people were called with
        await database.engine.dispose()
        async with self.made.ports.store() as uow:
            texts = [await uow.messages.get(one) for one in ids]
        return [text for text in texts if text is not None]

    async def rows(self, table: type) -> str:
        database = open_database(self.url)
        async with database.engine.connect() as connection:
            found = str([tuple(row) for row in await connection.execute(table.__table__.select())])  # type: ignore[attr-defined]
        await database.engine.dispose()
        return found

    async def thread(self, request_id: str) -> list[Message]:
        async with self.made.ports.store() as uow:
            return [m for m in await uow.messages.of_request(request_id) if m.phrase == "said_elsewhere"]


@pytest.fixture
async def them(database_url: str) -> AsyncIterator[Strangers]:
    async with a_house(database_url) as made:
        strangers = Strangers(made)
        strangers.url = database_url
        yield strangers


async def test_words_go_to_the_team_and_nothing_goes_back(them: Strangers) -> None:
    await them.stays(3, 40)
    sent = len(them.made.carrier.taken)
    await them.unknown("It's Cleo on my husband's phone, PIN 481 529 063 fails, call +33 6 39 98 77 77")
    await them.later()
    (text,) = await them.shown()
    assert (text.medium, text.recipient) == (Medium.SLACK, them.made.ports.options.approvals_channel)
    assert text.facts["words"] == "It's Cleo on my husband's phone, PIN ••• fails, call •••"
    assert text.facts["phone"] == "+33•••77"
    assert len(them.made.carrier.taken) == sent, "whoever it is learns nothing"
    for table in (MessageRow, AuditEntryRow):
        assert "39987777" not in await them.rows(table)
    async with them.made.ports.store() as uow:
        assert await uow.guests.by_phone(STRANGER) is None


@pytest.mark.parametrize("words", ["PIN", "STUCK", "HERE", "IN", "HUMAN", "1", ""])
async def test_words_that_a_guest_would_be_answered_are_only_shown(them: Strangers, words: str) -> None:
    stay = await them.stays(-1, 40)
    sent = len(them.made.carrier.taken)
    await them.unknown(words, media=() if words else ("photo",), link="" if words else "https://console.example/1")
    await them.later()
    assert len(await them.shown()) == 1
    assert len(them.made.carrier.taken) == sent
    assert (await them.codes(stay))[-1].status.value != "active"


async def test_a_carriers_word_is_the_carriers_unless_it_calls_for_help(them: Strangers) -> None:
    """Somebody with another phone may stand at the door."""
    await them.stays(3, 40)
    for words in ("STOP", "yes", "hello"):
        await them.unknown(words, carrier_answers=True)
    assert await them.shown() == []
    await them.unknown("HELP", carrier_answers=True, calls=True)
    await them.unknown("Stop!")
    assert [text.facts["words"] for text in await them.shown()] == ["HELP", "Stop!"]


@pytest.mark.parametrize(
    ("starts", "hours", "shown"), [(26, 40, False), (23, 40, True), (-23, 40, True), (-25, 40, False), (-10, 9, False)]
)
async def test_only_while_somebody_may_be_on_the_way(them: Strangers, starts: float, hours: float, shown: bool) -> None:
    if starts < 0:
        await them.stays(0, hours)
        await them.later(hours=-starts)
    else:
        await them.stays(starts, hours)
    await them.unknown("Which door is it?")
    assert bool(await them.shown()) is shown


async def test_a_stay_that_was_never_to_be_is_nobodys(them: Strangers) -> None:
    stay = await them.stays(30, 40)
    await withdraw(them.made.ports, stay, "U_ADA")
    await them.later(hours=20)
    await them.unknown("hello")
    assert await them.shown() == []


async def test_a_number_from_another_time_is_answered_and_shown(them: Strangers) -> None:
    await them.stays(0, 20)
    await them.later(days=9)
    async with them.made.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    window = AccessWindow(them.now, them.now + timedelta(hours=30))
    await ask_for_pin(them.made.ports, PinRequest("U_ADA", (lock.id,), "Dora", Phone("+33639985678"), window, "new"))
    assert await them.texts("I am early") == "not_now"
    assert await them.shown() == [], "nobody has approved it"
    async with them.made.ports.store() as uow:
        request = (await uow.requests.of_requester("U_ADA", 1))[0]
    await decide_request(them.made.ports, request.id, "U_BEN", approved=True)
    assert await them.texts("I am early") == "not_now"
    assert len(await them.shown()) == 1


async def test_floods_are_bounded(them: Strangers) -> None:
    await them.stays(3, 40)
    for n in range(MOST_ANSWERED + 3):
        await them.unknown(f"hello {n}")
    assert len(await them.shown()) == MOST_ANSWERED
    for n in range(MOST_UNKNOWN):
        await them.unknown("spam", Phone(f"+336399870{n:02d}"))
    texts = await them.shown()
    assert len(texts) == MOST_UNKNOWN
    assert [("last" in text.facts) for text in texts] == [False] * (MOST_UNKNOWN - 1) + [True]
    await them.later(minutes=61)
    await them.unknown("hello again")
    assert len(await them.shown()) == MOST_UNKNOWN + 1


async def test_the_same_text_twice_is_shown_once(them: Strangers) -> None:
    await them.stays(3, 40)
    heard = ReceivedText("SM_twice", STRANGER, "hello")
    await asyncio.gather(*(receive_guest_text(them.made.ports, heard) for _ in range(3)))
    assert len(await them.shown()) == 1


async def test_named_once_by_whoever_may_see_the_stay(them: Strangers) -> None:
    stay = await them.stays(3, 40)
    ports = them.made.ports
    await them.unknown("It's Cleo, my phone is dead")
    (text,) = await them.shown()
    for doing in (ask_who_it_is(ports, text.id, "U_MALLORY"), name_sender(ports, text.id, stay, "U_MALLORY")):
        with pytest.raises(Refusal) as no:
            await doing
        assert no.value.reason is Reason.NOT_YOURS_TO_NAME
    for person in ("U_ADA", "U_BEN"):
        unnamed = await ask_who_it_is(ports, text.id, person)
        assert [(one.request.id, one.guest.name) for one in unnamed.senders] == [(stay, "Cleo")]
    done = await asyncio.gather(
        *(name_sender(ports, text.id, stay, person) for person in ("U_ADA", "U_BEN")), return_exceptions=True
    )
    refused = [one for one in done if isinstance(one, Refusal)]
    assert [one.reason for one in refused] == [Reason.SENDER_NAMED]
    (said,) = await them.thread(stay)
    assert said.facts["words"] == "It's Cleo, my phone is dead"
    assert said.facts["phone"] == "+33•••77"
    with pytest.raises(Refusal) as no:
        await ask_who_it_is(ports, text.id, "U_BEN")
    assert no.value.reason is Reason.SENDER_NAMED
    with pytest.raises(Refusal) as no:
        await name_sender(ports, text.id, stay, "U_MALLORY")
    assert no.value.reason is Reason.NOT_YOURS_TO_NAME, "authority before status"
    async with ports.store() as uow:
        guest = await uow.guests.of_stay(stay)
    assert guest is not None
    assert guest.phone == PHONE, "no number changes by it"
    sent = len(them.made.carrier.taken)
    await them.later()
    assert all(text.to == PHONE for text in them.made.carrier.taken)
    assert len(them.made.carrier.taken) >= sent


async def test_what_comes_back_from_a_button_is_a_claim(them: Strangers) -> None:
    stay = await them.stays(3, 40)
    await them.unknown("hello")
    (text,) = await them.shown()
    pin = next(m for m in await them._messages() if m.phrase == "pin")
    for text_id, request_id in ((text.id, "nothing"), (pin.id, stay), ("nothing", stay)):
        with pytest.raises(Refusal) as no:
            await name_sender(them.made.ports, text_id, request_id, "U_BEN")
        assert no.value.reason is Reason.UNKNOWN_REQUEST
    assert (await name_sender(them.made.ports, text.id, stay, "U_BEN")).request.id == stay, "a refusal undoes its count"
