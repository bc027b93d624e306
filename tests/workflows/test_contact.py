"""Whom a guest may ask: the lock's own contact first, else GUEST_CONTACT, in every text that asks a guest to wait or
says that a person will look."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.locks.lock import Contact, GuestInfo
from bot.domain.stays.replying import MOST_ANSWERED
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_receiving_guest_texts import Guest

HOUSE = Contact("Desk", "+33639980000")


@pytest.fixture
async def cleo(database_url: str) -> AsyncIterator[Guest]:
    async with a_house(database_url) as made:
        made.ports = replace(made.ports, options=replace(made.ports.options, contact=HOUSE))
        yield Guest(made)


async def reads(cleo: Guest, words: str) -> str:
    """What the guest is texted after these words."""
    await cleo.texts(words)
    await cleo.later()
    return cleo.made.carrier.taken[-1].body


async def has_its_own(cleo: Guest, door: int, contact: str, phone: str) -> None:
    async with cleo.made.ports.store() as uow:
        lock = (await uow.locks.all())[door]
        await uow.locks.set_up(lock.id, GuestInfo(contact=contact, contact_phone=phone), lock.defaults)


async def test_who_waits_reads_whom_to_ask(cleo: Guest) -> None:
    await cleo.stays(0, 40)
    assert cleo.made.carrier.taken[-1].body.endswith("Desk +33639980000"), "beside the PIN"
    assert (await reads(cleo, "HUMAN")).endswith("Desk +33639980000")
    assert (await reads(cleo, "where do I park?")).endswith("Desk +33639980000")
    await reads(cleo, "STUCK")
    assert (await reads(cleo, "STUCK")).endswith("Desk +33639980000")
    assert "Desk" not in await reads(cleo, "IN"), "thanks are no waiting"


async def test_a_locks_own_contact_stands_first(cleo: Guest) -> None:
    await has_its_own(cleo, 0, "Ada", "+33639981111")
    await cleo.stays(0, 40)
    for words in ("HUMAN", "and now?"):
        said = await reads(cleo, words)
        assert said.endswith("Ada +33639981111")
        assert "Desk" not in said


async def test_half_a_contact_of_its_own_is_a_contact(cleo: Guest) -> None:
    await has_its_own(cleo, 0, "the bar opposite", "")
    await cleo.stays(0, 40)
    said = await reads(cleo, "HUMAN")
    assert said.endswith("the bar opposite")
    assert HOUSE.phone not in said


async def test_a_text_about_no_stay_names_the_house(cleo: Guest) -> None:
    await cleo.stays(0, 40)
    for _ in range(MOST_ANSWERED):
        await cleo.texts("IN")
    assert (await reads(cleo, "hello?")).endswith("Desk +33639980000"), "slowed down, they wait as well"


async def test_where_nobody_is_named_nothing_is_said(cleo: Guest) -> None:
    made = cleo.made
    made.ports = replace(made.ports, options=replace(made.ports.options, contact=Contact()))
    await cleo.stays(0, 40)
    assert "\n" not in await reads(cleo, "HUMAN")
