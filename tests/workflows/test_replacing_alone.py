"""A guest says after the deadline that the PIN does not open, and the rules replace it: once, whoever comes how often,
and never unasked. Staff hear either way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.messages.message import Medium
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Ports, Stale, Subject
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_late import decide_late
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.replace_pin import replace_alone, replace_pin
from bot.workflows.send_message import send_message
from tests.benchmarks.ports import installation
from tests.due import due_rows

S = CodeStatus
CLEO = Phone("+33639981234")


@dataclass
class Missed:
    """A code whose activation window has just closed without a word, where the rules replace alone."""

    ports: Ports
    moment: list[datetime]
    request_id: str

    async def codes(self) -> list[AccessCode]:
        async with self.ports.store() as uow:
            return list(await uow.codes.of_request(self.request_id))

    async def notices(self) -> list[dict[str, str]]:
        async with self.ports.store() as uow:
            said = await uow.messages.of_request(self.request_id)
        return [dict(m.facts) for m in said if m.phrase == "replaced_alone"]

    async def says(self, words: str) -> str:
        """The guest texts; by which phrase they are answered."""
        await receive_guest_text(self.ports, ReceivedText(self.ports.new_id(), CLEO, words))
        async with self.ports.store() as uow:
            said = await uow.messages.of_request(self.request_id)
        return [m.phrase for m in said if m.medium is Medium.SMS][-1]

    async def texts(self, phrase: str) -> int:
        async with self.ports.store() as uow:
            return sum(1 for m in await uow.messages.of_request(self.request_id) if m.phrase == phrase)


@pytest.fixture
async def missed(database_url: str) -> AsyncIterator[Missed]:
    async with installation(database_url) as (made, _queue, _texter):
        moment = [made.clock.now()]
        rules, clock = replace(made.rules, replace_missed_alone=True), Clock(lambda: moment[0], lambda: moment[0])
        ports = replace(made, rules=rules, clock=clock, policy=replace(made.policy, quiet=None))
        async with ports.store() as uow:
            lock = (await uow.locks.all())[0]
        window = AccessWindow(moment[0], moment[0] + timedelta(hours=60))
        await ask_for_pin(ports, PinRequest("U_ADA", (lock.id,), "Cleo", CLEO, window, ports.new_id()))
        async with ports.store() as uow:
            request = (await uow.requests.of_requester("U_ADA", 1))[0]
        await decide_request(ports, request.id, "U_BEN", approved=True)
        stay = Missed(ports, moment, request.id)
        (code,) = await stay.codes()
        await process_code(ports, code.id)
        await mint_pin(ports, code.id)
        await process_code(ports, code.id)
        async with ports.store() as uow:
            text = next(m for m in await uow.messages.of_request(request.id) if m.phrase == "pin")
        await send_message(ports, text.id)
        await process_code(ports, code.id)
        moment[0] = code.deadline
        await process_code(ports, code.id)
        yield stay


async def many_times(missed: Missed) -> None:
    (first, *_) = await missed.codes()
    came = await asyncio.gather(*(replace_alone(missed.ports, first.id) for _ in range(4)), return_exceptions=True)
    assert not [error for error in came if error is not None and not isinstance(error, Stale)]


async def test_nobody_is_replaced_unasked(missed: Missed) -> None:
    """The usual guest at the usual lock has been in since the second hour, and never texts."""
    for hours in range(0, 36, 6):
        missed.moment[0] += timedelta(hours=hours)
        (old,) = await missed.codes()
        await process_code(missed.ports, old.id)
        await many_times(missed)
    (old,) = await missed.codes()
    assert (old.status, await missed.notices()) == (S.ENDED, [])
    assert (await missed.texts("ask_used"), await missed.texts("missed_guest")) == (1, 0)


@pytest.mark.parametrize("words", ["STUCK", "PIN", "HERE", "it doesn't open"])
async def test_once_however_often_it_is_nudged(missed: Missed, words: str) -> None:
    (old,) = await missed.codes()
    assert (old.status, old.due_at) == (S.UNCONFIRMED, old.window.ends_at)
    assert await missed.says(words) == "here_making"
    await process_code(missed.ports, old.id)
    await many_times(missed)
    old, new = await missed.codes()
    assert (new.replaces, new.status, new.window.ends_at) == (old.id, S.RESERVED, old.window.ends_at)
    assert new.window.starts_at <= missed.moment[0] < new.deadline
    (reported,) = await missed.notices()
    assert "why" not in reported
    await process_code(missed.ports, old.id)
    old, _ = await missed.codes()
    assert (old.status, old.due_at) == (S.UNCONFIRMED, old.window.ends_at), "it may open, whoever says what"


async def this_hour_is_full(missed: Missed, old: AccessCode) -> None:
    now = missed.moment[0]
    async with missed.ports.store() as uow:
        lock = await uow.locks.get(old.lock_id)
        assert lock is not None
        key = f"{now.astimezone(lock.zoneinfo):%Y-%m-%dT%H}"
        await uow.locks.learn_full(lock.id, ("hourly", key), now)


async def test_where_the_lock_has_no_place_staff_are_asked_and_told_why(missed: Missed) -> None:
    (old,) = await missed.codes()
    await this_hour_is_full(missed, old)
    await missed.says("STUCK")
    await many_times(missed)
    assert len(await missed.codes()) == 1
    (reported,) = await missed.notices()
    assert reported["why"].startswith("The lock takes only 3 PINs")
    assert reported["code"] == old.id, "the button is there"
    await process_code(missed.ports, old.id)
    await many_times(missed)
    assert len(await missed.notices()) == 1
    missed.moment[0] += timedelta(minutes=11)
    assert await missed.says("STUCK") == "stuck_missed", "what cannot be kept is not promised again"


async def test_a_late_word_that_it_was_used_comes_first(missed: Missed) -> None:
    (old,) = await missed.codes()
    await missed.says("STUCK")
    async with missed.ports.store() as uow:
        await uow.codes.add_evidence(Evidence(old.id, "lock", missed.moment[0], ""))
    await many_times(missed)
    assert len(await missed.codes()) == 1


async def test_a_lost_nudge_comes_again_with_the_sweep(missed: Missed) -> None:
    (old,) = await missed.codes()
    await missed.says("STUCK")
    missed.moment[0] += timedelta(minutes=2)
    async with missed.ports.store() as uow:
        assert old.id in await due_rows(uow, Subject.CODE, missed.moment[0])
    await process_code(missed.ports, old.id)
    await replace_alone(missed.ports, old.id)
    assert len(await missed.codes()) == 2


@pytest.mark.parametrize("hours", [(0, 356 * 24), (-60, 30), (30, 100), (200, 240)])
async def test_a_buttons_window_is_a_claim(missed: Missed, hours: tuple[int, int]) -> None:
    """What Replace grants runs to the stay's own end, whatever window comes back with the click."""
    (old,) = await missed.codes()
    starts, ends = (missed.moment[0] + timedelta(hours=each) for each in hours)
    new = await replace_pin(missed.ports, old.id, "U_BEN", AccessWindow(starts, ends))
    assert new.window.ends_at == old.window.ends_at
    assert new.window.starts_at <= missed.moment[0] < new.deadline


async def test_where_the_lock_has_no_place_only_what_is_offered_is_granted(missed: Missed) -> None:
    (old,) = await missed.codes()
    await this_hour_is_full(missed, old)
    for hours in ((0, 356 * 24), (2, 400)):
        starts, ends = (missed.moment[0] + timedelta(hours=each) for each in hours)
        with pytest.raises(Refusal) as no:
            await replace_pin(missed.ports, old.id, "U_BEN", AccessWindow(starts, ends))
        assert no.value.reason is Reason.SLOT_FULL
    offer = no.value.offers[0]
    new = await replace_pin(missed.ports, old.id, "U_BEN", AccessWindow(offer.starts_at, offer.ends_at))
    assert (new.window.starts_at, new.window.ends_at) == (offer.starts_at, offer.ends_at)


async def test_only_the_hour_that_the_guest_named_is_decided(missed: Missed) -> None:
    (old,) = await missed.codes()
    for agreed in (True, False):
        with pytest.raises(Refusal) as no:
            later = missed.moment[0] + timedelta(hours=3)
            await decide_late(missed.ports, old.id, later, "U_BEN", agreed=agreed)
        assert no.value.reason is Reason.NOTHING_TO_MOVE
