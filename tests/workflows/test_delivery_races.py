"""Reports that are faster, later or stranger than our own records, on real rows of both kinds of database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.messages.message import Message, MessageStatus
from bot.domain.messages.retrying import Cause
from bot.domain.pins import Phone, Pin
from bot.domain.stays.replying import CarrierWord
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Misconfigured, OptedOut, OutcomeUnknown, Ports, ProviderError, Text, TextInfo
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.receive_carrier_word import receive_carrier_word
from bot.workflows.receive_delivery import Report, look_for_report, receive_delivery
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.send_message import send_message
from tests.benchmarks.ports import FEW_LOCKS, installation

PHONE = Phone("+33639981234")
S = MessageStatus
LOST = "The phone could not be reached."


@dataclass
class Carrier:
    """Takes every text, keeps it, and does what a test asks for while the text is being taken."""

    second_way: bool = False
    taken: list[Text] = field(default_factory=list)
    error: ProviderError | None = None
    meanwhile: Callable[[str], Awaitable[None]] | None = None
    seen: TextInfo | None = None
    looked: int = 0

    async def send(self, text: Text) -> str:
        if self.error is not None and not isinstance(self.error, OutcomeUnknown):
            raise self.error
        self.taken.append(text)
        ref = f"SM{len(self.taken)}"
        if self.meanwhile is not None:
            await self.meanwhile(ref)
        if self.error is not None:
            raise self.error
        return ref

    async def find(self, text: Text, known: frozenset[str]) -> str | None:
        refs = [f"SM{n}" for n, sent in enumerate(self.taken, 1) if sent.tried_at >= text.tried_at]
        return next((ref for ref in refs if ref not in known), None)

    async def look_up(self, ref: str) -> TextInfo | None:
        self.looked += 1
        return self.seen

    async def check(self) -> str:
        return ""


@dataclass
class Installation:
    """A stay whose PIN is made and whose text waits to be sent; a clock that the test moves."""

    ports: Ports
    carrier: Carrier
    moment: list[datetime]
    code_id: str = ""
    text_id: str = ""

    def move(self, **by: float) -> None:
        self.moment[0] += timedelta(**by)

    async def text(self) -> Message:
        async with self.ports.store() as uow:
            found = await uow.messages.get(self.text_id)
        assert found is not None
        return found

    async def send(self) -> Message:
        await send_message(self.ports, self.text_id)
        return await self.text()

    async def report(self, sid: str, status: MessageStatus, cause: Cause | None = None) -> Message:
        problem = LOST if cause else None
        await receive_delivery(self.ports, Report(sid, status, self.text_id, problem, cause))
        return await self.text()

    async def notices(self, phrase: str) -> list[Message]:
        """Without the copies for whoever asked."""
        async with self.ports.store() as uow:
            code = await uow.codes.get(self.code_id)
            assert code is not None
            found = await uow.messages.of_request(code.request_id)
            return [m for m in found if m.phrase == phrase and m.recipient != "U_ADA"]


@asynccontextmanager
async def a_house(url: str, doors: int = FEW_LOCKS, **carrier: bool) -> AsyncIterator[Installation]:
    async with installation(url, doors=doors) as (ports, _queue, _texter):
        made, moment = Carrier(**carrier), [ports.clock.now()]
        policy = replace(ports.policy, quiet=None)
        clock = Clock(lambda: moment[0], lambda: moment[0])
        yield Installation(replace(ports, texter=made, clock=clock, policy=policy), made, moment)


@pytest.fixture
async def stay(database_url: str) -> AsyncIterator[Installation]:
    async with a_house(database_url) as made:
        await waits_to_be_sent(made)
        yield made


@pytest.fixture
async def stay_with_two_senders(database_url: str) -> AsyncIterator[Installation]:
    async with a_house(database_url, second_way=True) as made:
        await waits_to_be_sent(made)
        yield made


async def waits_to_be_sent(made: Installation) -> None:
    ports, starts = made.ports, made.ports.clock.now()
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    window = AccessWindow(starts, starts + timedelta(hours=40))
    await ask_for_pin(ports, PinRequest("U_ADA", (lock.id,), "Cleo", PHONE, window, ports.new_id()))
    async with ports.store() as uow:
        request = (await uow.requests.of_requester("U_ADA", 1))[0]
    await decide_request(ports, request.id, "U_BEN", approved=True)
    async with ports.store() as uow:
        made.code_id = (await uow.codes.of_request(request.id))[-1].id
    await process_code(ports, made.code_id)
    await mint_pin(ports, made.code_id)
    await process_code(ports, made.code_id)
    async with ports.store() as uow:
        assert isinstance(await uow.codes.pin(made.code_id), Pin)
        made.text_id = next(m.id for m in await uow.messages.of_request(request.id) if m.phrase == "pin")


async def test_a_failure_that_is_reported_before_we_have_written_the_sending_down(stay: Installation) -> None:
    async def reports(ref: str) -> None:
        await stay.report(ref, S.UNDELIVERED, Cause.LATER)

    stay.carrier.meanwhile = reports
    text = await stay.send()
    assert (text.status, text.vendor_ref, text.earlier_refs) == (S.QUEUED, None, {"SM1"})
    stay.carrier.meanwhile = None
    assert (await stay.send()).attempts == 1, "not before its time"
    stay.move(minutes=16)
    text = await stay.send()
    assert (text.status, text.vendor_ref, len(stay.carrier.taken)) == (S.SENT, "SM2", 2)


async def test_a_delivery_that_is_reported_before_we_have_written_the_sending_down(stay: Installation) -> None:
    async def reports(ref: str) -> None:
        await stay.report(ref, S.DELIVERED)

    stay.carrier.meanwhile = reports
    text = await stay.send()
    assert (text.status, text.vendor_ref, text.due_at) == (S.DELIVERED, "SM1", None)


async def test_what_was_taken_for_lost_arrives_after_all(stay: Installation) -> None:
    await stay.send()
    waits = await stay.report("SM1", S.UNDELIVERED, Cause.LATER)
    assert (waits.status, waits.left_us) == (S.QUEUED, True)
    assert (await stay.report("SM1", S.SENT)).status is S.QUEUED, "an older word about the failed attempt"
    text = await stay.report("SM1", S.DELIVERED)
    assert (text.status, text.vendor_ref, text.due_at) == (S.DELIVERED, "SM1", None)
    stay.move(minutes=16)
    await stay.send()
    assert len(stay.carrier.taken) == 1, "no second text"


async def test_late_words_about_the_first_attempt_do_not_touch_the_second(stay: Installation) -> None:
    await stay.send()
    await stay.report("SM1", S.UNDELIVERED, Cause.LATER)
    stay.move(minutes=16)
    await stay.send()
    assert (await stay.report("SM1", S.SENT)).vendor_ref == "SM2"
    assert (await stay.report("SM2", S.DELIVERED)).status is S.DELIVERED
    assert (await stay.report("SM2", S.UNDELIVERED, Cause.LATER)).status is S.DELIVERED
    stay.move(hours=2)
    await stay.send()
    assert len(stay.carrier.taken) == 2


async def test_a_lost_answer_to_a_second_try_does_not_find_the_first(stay: Installation) -> None:
    await stay.send()
    await stay.report("SM1", S.UNDELIVERED, Cause.LATER)
    stay.move(minutes=16)
    stay.carrier.error = OutcomeUnknown("Twilio did not answer")
    assert (await stay.send()).status is S.SENDING
    stay.carrier.error = None
    stay.move(minutes=5)
    text = await stay.send()
    assert (text.status, text.vendor_ref, len(stay.carrier.taken)) == (S.SENT, "SM2", 2)


async def test_a_report_of_a_stranger_changes_nothing(stay: Installation) -> None:
    await stay.send()
    before = await stay.text()
    assert await stay.report("SM99", S.UNDELIVERED, Cause.LATER) == before


async def test_looks_are_bounded_and_a_vendor_that_knows_nothing_changes_nothing(stay: Installation) -> None:
    await stay.send()
    for _ in range(20):
        stay.move(hours=1)
        await look_for_report(stay.ports, stay.text_id)
    text = await stay.text()
    assert (stay.carrier.looked, text.status, text.due_at) == (4, S.SENT, None)


async def test_a_look_before_its_time_asks_nobody(stay: Installation) -> None:
    await stay.send()
    stay.move(minutes=9)
    await look_for_report(stay.ports, stay.text_id)
    assert stay.carrier.looked == 0


async def test_a_loss_that_only_a_look_reveals_is_answered_alike(stay: Installation) -> None:
    await stay.send()
    stay.carrier.seen = TextInfo(S.UNDELIVERED, Cause.CONTACT, "The number is not in use.")
    stay.move(minutes=11)
    await look_for_report(stay.ports, stay.text_id)
    text = await stay.text()
    assert (text.status, text.problem) == (S.UNDELIVERED, "The number is not in use.")
    assert len(await stay.notices("undelivered")) == 1


async def test_a_sender_that_may_not_is_changed_and_the_operator_hears_where_there_is_no_other(
    stay: Installation, stay_with_two_senders: Installation
) -> None:
    refused = Misconfigured("Twilio 21606: Our sender cannot send texts to this number.")
    refused.another_sender = True
    for one in (stay, stay_with_two_senders):
        one.carrier.error = refused
        await one.send()
    alone, other = await stay.text(), await stay_with_two_senders.text()
    assert (alone.status, alone.way.value, alone.problem) == (S.QUEUED, "first", str(refused))
    assert len(await stay.notices("undelivered")) == 1
    assert (other.status, other.way.value) == (S.QUEUED, "second")
    stay_with_two_senders.carrier.error = None
    await stay_with_two_senders.send()
    assert [text.way.value for text in stay_with_two_senders.carrier.taken] == ["second"]


async def test_an_opt_out_that_the_carrier_tells_holds_back_every_later_text(stay: Installation) -> None:
    stay.carrier.error = OptedOut("This number has opted out of our texts.", "21610")
    await stay.send()
    stay.carrier.error = None
    await receive_guest_text(stay.ports, ReceivedText("SMx", PHONE, "PIN"))
    (asked,) = [m for m in await stay.notices("pin") if m.id != stay.text_id]
    await send_message(stay.ports, asked.id)
    assert stay.carrier.taken == []
    assert len(await stay.notices("opted_out")) == 1


async def test_a_look_up_knows_the_references_of_failed_attempts(stay: Installation) -> None:
    await stay.send()
    text = await stay.report("SM1", S.UNDELIVERED, Cause.LATER)
    async with stay.ports.store() as uow:
        assert await uow.messages.refs_to(text.recipient) == {"SM1"}


async def test_stop_and_start_are_remembered_once_and_staff_hear_once(stay: Installation) -> None:
    stay.carrier.error = OptedOut("This number has opted out of our texts.", "21610")
    text = await stay.send()
    assert (text.status, text.left_us) == (S.REFUSED, False)
    stay.carrier.error = None
    for delivery in ("SMa", "SMa", "SMb"):
        await receive_carrier_word(stay.ports, delivery, PHONE, CarrierWord.STOP)
    assert len(await stay.notices("opted_out")) == 1
    for delivery in ("SMc", "SMc", "SMd"):
        await receive_carrier_word(stay.ports, delivery, PHONE, CarrierWord.START)
    (again,) = [m for m in await stay.notices("pin") if m.id != stay.text_id]
    await send_message(stay.ports, again.id)
    assert len(stay.carrier.taken) == 1


# --- the number is corrected meanwhile -------------------------------------------------------------------------------

OTHER = Phone("+33639984321")


async def corrected(stay: Installation) -> None:
    async with stay.ports.store() as uow:
        code = await uow.codes.get(stay.code_id)
    assert code is not None
    await correct_guest(stay.ports, code.request_id, "U_ADA", Correction("Cleo", OTHER, None, stay.ports.new_id()))


@pytest.mark.parametrize("gone", [False, True])
async def test_a_lost_answer_about_a_number_that_was_corrected_is_looked_up_and_nothing_more_is_sent(
    stay: Installation, *, gone: bool
) -> None:
    stay.carrier.error = OutcomeUnknown("lost")
    assert (await stay.send()).status is S.SENDING
    stay.carrier.error = None
    before = 1 if gone else 0
    del stay.carrier.taken[before:]
    await corrected(stay)
    stay.move(minutes=5)
    text = await stay.send()
    assert (text.status, text.due_at is None) == ((S.SENT, False) if gone else (S.DROPPED, True))
    assert len(stay.carrier.taken) == before, "the number may be a stranger's"
    stay.move(hours=1)
    assert (await stay.send()).status is text.status


async def test_a_text_that_did_not_arrive_is_not_tried_again_at_a_number_that_was_corrected(stay: Installation) -> None:
    await stay.send()
    await corrected(stay)
    assert (await stay.report("SM1", S.UNDELIVERED, Cause.LATER)).status is S.QUEUED
    stay.move(minutes=16)
    assert (await stay.send()).status is S.DROPPED
    assert [text.to.e164 for text in stay.carrier.taken] == [PHONE.e164]
    async with stay.ports.store() as uow:
        code = await uow.codes.get(stay.code_id)
        texts = await uow.messages.of_request(code.request_id if code else "")
    new = next(m for m in texts if m.phrase == "pin" and m.id != stay.text_id)
    await send_message(stay.ports, new.id)
    assert stay.carrier.taken[-1].to == OTHER
