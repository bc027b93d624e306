"""The guest of an approved stay is corrected: name, language, and the number, to which a PIN that is out is texted."""

import asyncio
import json

from bot.domain.messages.languages import ChosenBy, Language
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.pins import Phone
from bot.domain.refusals import Reason
from bot.domain.stays.access_codes import CodeStatus
from bot.ports import Ports
from bot.workflows.change_stay import change_stay
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.withdraw import withdraw
from storage.audit_export import audit_entries
from storage.engine import Database
from tests.workflows.test_amending import codes, kept, outcome_of
from tests.workflows.test_changing import PHONE, a_stay, a_texted_stay, at, chosen, run
from tests.workflows.test_changing import ports as ports

OTHER = Phone("+4915112345678")


def correction(
    ports: Ports, name: str = "Cleo", phone: Phone | None = None, language: Language | None = None
) -> Correction:
    return Correction(name, phone, language, ports.new_id())


async def to_phones(ports: Ports, request_id: str) -> list[tuple[str, str, str]]:
    """Texts by the number that they go to: its last digits, the phrase, how far it has come."""
    async with ports.store() as uow:
        found = []
        for message in await uow.messages.of_request(request_id):
            guest = await uow.guests.get(message.recipient)
            if guest is not None:
                found.append((guest.phone.e164[-4:], message.phrase, message.status.value))
    return found


async def test_a_pin_that_is_out_goes_to_the_new_number_and_the_old_one_gets_nothing_more(
    ports: Ports, database: Database
) -> None:
    stay = await a_texted_stay(ports)
    after = await correct_guest(ports, stay.id, "U_ADA", correction(ports, phone=OTHER))
    assert (after.phone, after.language_choice.language) == (OTHER, Language.GERMAN), "by the number's country"
    await run(ports, stay.id)
    sent = await to_phones(ports, stay.id)
    assert [(digits, phrase) for digits, phrase, _ in sent] == [("1234", "pin"), ("5678", "pin")]
    (code,) = await codes(ports, stay.id)
    assert code.guest_id == after.id == (await kept(ports, stay.id)).guest_id
    async with ports.store() as uow:
        assert [c.id for c in await uow.codes.of_guest(after.id, ports.clock.now())] == [code.id]
        old = await uow.guests.by_phone(PHONE)
        assert old is not None
        assert await uow.codes.of_guest(old.id, ports.clock.now()) == []
    entries = json.dumps([e async for e in audit_entries(database)], default=str)
    assert "guest_corrected" in entries
    assert OTHER.e164 not in entries
    assert PHONE.e164 not in entries
    await run(at(ports, 13), stay.id)
    assert [digits for digits, phrase, _ in await to_phones(ports, stay.id) if phrase == "reminder"] == ["5678"]


async def test_what_waits_for_the_old_number_is_dropped(ports: Ports) -> None:
    stay = await a_stay(ports, 0, 40)
    (code,) = await codes(ports, stay.id)
    await process_code(ports, code.id)
    await mint_pin(ports, code.id)
    await process_code(ports, code.id)
    assert [(phrase, status) for _, phrase, status in await to_phones(ports, stay.id)] == [("pin", "queued")]
    await correct_guest(ports, stay.id, "U_BEN", correction(ports, phone=OTHER))
    await run(ports, stay.id)
    sent = await to_phones(ports, stay.id)
    assert sent[0] == ("1234", "pin", MessageStatus.DROPPED.value)
    assert [one[:2] for one in sent[1:]] == [("5678", "pin")]
    assert sent[1][2] != MessageStatus.DROPPED.value


async def test_before_a_pin_is_due_nothing_is_texted_and_later_the_new_number_is(ports: Ports) -> None:
    stay = await a_stay(ports)
    await correct_guest(ports, stay.id, "U_BEN", correction(ports, phone=OTHER))
    await run(ports, stay.id)
    assert await to_phones(ports, stay.id) == []
    await run(at(ports, 60), stay.id)
    assert [one[:2] for one in await to_phones(ports, stay.id)] == [("5678", "pin")]


async def test_two_doors_and_an_arrival_are_told_to_the_new_number_in_one_text(ports: Ports) -> None:
    stay = await a_texted_stay(ports, doors=2)
    await correct_guest(ports, stay.id, "U_BEN", correction(ports, phone=OTHER))
    await run(ports, stay.id)
    assert [one[:2] for one in await to_phones(ports, stay.id)] == [("1234", "pin"), ("5678", "pin")]
    later = await a_stay(ports, 10, 50, on_arrival=True)
    await run(ports, later.id)
    await correct_guest(ports, later.id, "U_BEN", correction(ports, phone=Phone("+4915112345679")))
    await run(ports, later.id)
    sent = [one[:2] for one in await to_phones(ports, later.id)]
    assert sent == [("1234", "on_arrival"), ("5679", "on_arrival")]


async def test_after_a_change_the_new_number_is_told_to_forget_nothing(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    await change_stay(ports, stay.id, "U_BEN", chosen(ports, 0, 60, accepted=1))
    await run(ports, stay.id)
    await correct_guest(ports, stay.id, "U_BEN", correction(ports, phone=OTHER))

    def new(message: Message) -> bool:
        return message.key.split(":")[1] == "number"

    async with ports.store() as uow:
        (text,) = [m for m in await uow.messages.of_request(stay.id) if new(m)]
    assert "replaces" not in text.facts


async def test_name_and_language_are_the_next_texts(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    first = correction(ports, "Cléo Dupont", language=Language.JAPANESE)
    await asyncio.gather(*(correct_guest(ports, stay.id, "U_ADA", first) for _ in range(3)))
    after = await kept(ports, stay.id)
    assert (after.guest_name, after.language_choice.language) == ("Cléo Dupont", Language.JAPANESE)
    assert after.language_choice.chosen_by is ChosenBy.REQUEST
    async with ports.store() as uow:
        said = [m for m in await uow.messages.of_request(stay.id) if m.phrase == "guest_corrected"]
    assert len(said) == 1
    await correct_guest(ports, stay.id, "U_ADA", correction(ports, "Cléo Dupont"))
    assert (await kept(ports, stay.id)).language_choice.language is Language.FRENCH
    assert len(await to_phones(ports, stay.id)) == 1, "no text is sent for that"


async def test_who_may_and_when(ports: Ports) -> None:
    stay = await a_texted_stay(ports)
    assert await outcome_of(correct_guest(ports, stay.id, "U_EVE", correction(ports, "Eve"))) is Reason.NOT_YOURS
    await withdraw(ports, stay.id, "U_BEN")
    assert (
        await outcome_of(correct_guest(ports, stay.id, "U_BEN", correction(ports, "Eve"))) is Reason.NOTHING_TO_CHANGE
    )
    assert await outcome_of(correct_guest(ports, "no", "U_BEN", correction(ports, "Eve"))) is Reason.UNKNOWN_REQUEST
    assert (await codes(ports, stay.id))[0].status is CodeStatus.WITHDRAWN
