"""Two stays with one phone number: each keeps the name and the language that it was asked for with, whatever is asked
with the same number later, and the number's own wish for no texts is for both."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.conversation.guest_texts.phrases import Phrase
from bot.domain.messages.languages import Language
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.replying import CarrierWord
from bot.domain.windows import AccessWindow
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.check_pin import check_pin
from bot.workflows.decide_request import decide_request
from bot.workflows.find_stay import find_stay
from bot.workflows.list_stays import asked_by, to_decide
from bot.workflows.receive_carrier_word import receive_carrier_word
from bot.workflows.replace_pin import replace_pin
from bot.workflows.resend_pin import resend_pin
from bot.workflows.reveal_pin import ask_to_reveal
from bot.workflows.show_home import show_home
from bot.workflows.text_guest import GuestText, address, text_guest
from bot.workflows.withdraw import withdraw
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_receiving_guest_texts import Guest

PHONE = Phone("+33639981234")
HOUR = timedelta(hours=1)


class Shared(Guest):
    """One phone, and the stays that are asked for with its number."""

    async def asks(self, name: str, language: Language | None = None, starts: float = 0, door: int = 0) -> str:
        ports = self.made.ports
        async with ports.store() as uow:
            lock = (await uow.locks.all())[door]
        window = AccessWindow(self.now + starts * HOUR, self.now + (starts + 40) * HOUR)
        await ask_for_pin(
            ports, PinRequest("U_ADA", (lock.id,), name, PHONE, window, ports.new_id(), language=language)
        )
        async with ports.store() as uow:
            return (await uow.requests.of_requester("U_ADA", 1))[0].id

    async def stay_of(self, name: str, language: Language | None = None, starts: float = 0, door: int = 0) -> str:
        """Asked for, approved and attended to."""
        request_id = await self.asks(name, language, starts, door)
        await decide_request(self.made.ports, request_id, "U_BEN", approved=True)
        await self.later()
        return request_id

    async def request(self, request_id: str) -> AccessRequest:
        async with self.made.ports.store() as uow:
            found = await uow.requests.get(request_id)
        assert found is not None
        return found

    async def said(self, request_id: str) -> list[Message]:
        """All messages of a stay that name a guest."""
        async with self.made.ports.store() as uow:
            return [m for m in await uow.messages.of_request(request_id) if "guest" in m.facts]

    async def to_phone(self, request_id: str, phrase: Phrase) -> Message:
        return [m for m in await self.said(request_id) if m.phrase == phrase.value][-1]


@pytest.fixture
async def phone(database_url: str) -> AsyncIterator[Shared]:
    async with a_house(database_url) as made:
        yield Shared(made)


def called(messages: list[Message]) -> set[tuple[str, str]]:
    return {(m.facts["guest"], m.facts["language"]) for m in messages}


async def test_a_wrong_number_in_an_ask_changes_nothing_for_whom_it_belongs_to(phone: Shared) -> None:
    ana = await phone.stay_of("Ana", Language.GERMAN)
    before = await phone.said(ana)
    bob = await phone.asks("Bob", Language.FRENCH, starts=72)
    ports = phone.made.ports
    await resend_pin(ports, ana, "U_ADA", "again")
    await phone.texts("stuck")
    await phone.texts("where is the parking?")
    await phone.texts("stuck")
    await phone.later(hours=25)
    code = (await phone.codes(ana))[-1]
    await replace_pin(ports, code.id, "U_BEN")
    await phone.later()
    after = await phone.said(ana)
    assert len(after) > len(before) + 6
    assert called(after) == {("Ana", "de")}
    for words, request_id, name in (("ana", ana, "Ana"), ("bob", bob, "Bob")):
        found = await find_stay(ports, words, "U_ADA")
        assert (found.request.id, found.guest.name, found.guest.phone) == (request_id, name, PHONE)
    names = [(one.request.id, one.guest.name) for one in await asked_by(ports, "U_ADA")]
    assert names == [(bob, "Bob"), (ana, "Ana")]
    assert [one.guest.name for one in await to_decide(ports, "U_BEN")] == ["Bob"]
    assert (await ask_to_reveal(ports, ana, "U_BEN")).guest.name == "Ana"
    assert (await address(ports, ana, "U_BEN")).guest.name == "Ana"
    async with ports.store() as uow:
        pin = await uow.codes.pin((await uow.codes.of_request(ana))[-1].id)
    assert pin is not None
    assert (await check_pin(ports, code.lock_id, pin, "U_BEN")).guest == "Ana"
    home = await show_home(ports, "U_BEN")
    assert {one.guest.name for one in (*home.to_decide, *home.arriving, *home.in_danger)} <= {"Ana", "Bob"}
    assert [one.guest.name for one in home.to_decide] == ["Bob"]
    await decide_request(ports, bob, "U_BEN", approved=False)
    assert called(await phone.said(bob)) == {("Bob", "fr")}
    await withdraw(ports, ana, "U_BEN")
    assert called(await phone.said(ana)) == {("Ana", "de")}


async def test_both_stays_are_texted_each_by_its_own_name(phone: Shared) -> None:
    ana = await phone.stay_of("Ana", Language.GERMAN)
    bob = await phone.stay_of("Bob", Language.FRENCH, door=1)
    assert called([await phone.to_phone(ana, Phrase.PIN)]) == {("Ana", "de")}
    assert called([await phone.to_phone(bob, Phrase.PIN)]) == {("Bob", "fr")}
    assert await phone.texts("PIN") == "which_door"
    assert await phone.texts("1") == "pin"
    assert await phone.texts("PIN") == "which_door"
    assert await phone.texts("2") == "pin"
    pins = [*await phone.said(ana), *await phone.said(bob)]
    assert len([m for m in pins if m.phrase == "pin"]) == 4
    assert called(await phone.said(ana)) == {("Ana", "de")}
    assert called(await phone.said(bob)) == {("Bob", "fr")}
    await receive_carrier_word(phone.made.ports, "SM_STOP", PHONE, CarrierWord.STOP)
    for request_id, name in ((ana, "Ana"), (bob, "Bob")):
        notices = [m.facts["guest"] for m in await phone.said(request_id) if m.phrase == "opted_out"]
        assert notices == [name, name], "the channel, and whoever asked"
        with pytest.raises(Refusal) as refused:
            await address(phone.made.ports, request_id, "U_BEN")
        assert (refused.value.reason, refused.value.facts["guest"]) == (Reason.GUEST_OPTED_OUT, name)


async def test_two_who_share_a_phone_behind_one_door_are_asked_whose_stay_they_mean(phone: Shared) -> None:
    await phone.stay_of("Ana", Language.GERMAN)
    await phone.stay_of("Bob", Language.GERMAN)
    assert await phone.texts("PIN") == "which_door"
    doors = (await phone.last("which_door")).facts["doors"].split("\n")
    assert sorted(door.partition(":")[0] for door in doors) == ["Ana", "Bob"]


async def test_a_text_that_fails_is_told_of_with_the_stays_own_name(phone: Shared) -> None:
    ana = await phone.stay_of("Ana")
    text = await phone.to_phone(ana, Phrase.PIN)
    await phone.asks("Bob")
    phone.made.text_id = text.id
    assert text.vendor_ref is not None
    await phone.made.report(text.vendor_ref, MessageStatus.UNDELIVERED)
    assert [m.facts["guest"] for m in await phone.said(ana) if m.phrase == "undelivered"] == ["Ana", "Ana"]


async def test_an_answer_about_no_stay_is_in_the_language_of_whom_the_number_belongs_to(phone: Shared) -> None:
    await phone.stay_of("Ana", Language.GERMAN)
    await phone.asks("Bob", Language.FRENCH, starts=24 * 20)
    await phone.later(days=12)
    assert await phone.texts("hello?") == "not_now"
    assert (await phone.last("not_now")).facts["language"] == "de"


async def test_no_text_to_a_guest_holds_the_pin_of_another(phone: Shared) -> None:
    """Copied from another card: it would be a key to somebody else's door."""
    ports = phone.made.ports
    ana = await phone.stay_of("Ana")
    async with ports.store() as uow:
        doors = await uow.locks.all()
    window = AccessWindow(phone.now, phone.now + 40 * HOUR)
    await ask_for_pin(ports, PinRequest("U_ADA", (doors[1].id,), "Bob", Phone("+33639985678"), window, ports.new_id()))
    async with ports.store() as uow:
        bob = (await uow.requests.of_requester("U_ADA", 1))[0].id
    await decide_request(ports, bob, "U_BEN", approved=True)
    await phone.later()
    async with ports.store() as uow:
        (code,) = await uow.codes.of_request(bob)
        pin = await uow.codes.pin(code.id)
    assert pin is not None
    for number, words in enumerate((pin.digits, pin.grouped(), "-".join(pin.digits), f"use 7{pin.digits} then")):
        with pytest.raises(Refusal) as refused:
            await text_guest(ports, ana, GuestText("U_BEN", "Ben", words, f"V{number}"))
        assert refused.value.reason is Reason.TEXT_HOLDS_PIN
    await text_guest(ports, ana, GuestText("U_BEN", "Ben", "The bus is the 481529, and call +33 6 39 98 00 11", "V9"))
