"""The rules replace a missed PIN: once, whoever comes how often, and only what is still missed. Staff hear either
way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.pins import Phone
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Ports, Stale, Subject
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.replace_pin import replace_missed
from bot.workflows.send_message import send_message
from tests.benchmarks.ports import installation
from tests.due import due_rows

S = CodeStatus


@dataclass
class Missed:
    """A code whose activation window has just closed unused, where the rules replace alone."""

    ports: Ports
    moment: list[datetime]
    request_id: str

    async def codes(self) -> list[AccessCode]:
        async with self.ports.store() as uow:
            return list(await uow.codes.of_request(self.request_id))

    async def notices(self) -> list[dict[str, str]]:
        async with self.ports.store() as uow:
            said = await uow.messages.of_request(self.request_id)
        return [dict(m.facts) for m in said if m.phrase == "missed_staff"]

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
        await ask_for_pin(ports, PinRequest("U_ADA", lock.id, "Cleo", Phone("+33639981234"), window, ports.new_id()))
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
    came = await asyncio.gather(*(replace_missed(missed.ports, first.id) for _ in range(4)), return_exceptions=True)
    assert not [error for error in came if error is not None and not isinstance(error, Stale)]


async def test_once_however_often_it_is_nudged(missed: Missed) -> None:
    (old,) = await missed.codes()
    assert (old.status, await missed.notices(), old.due_at is not None) == (S.MISSED, [], True)
    await many_times(missed)
    old, new = await missed.codes()
    assert (new.replaces, new.status, new.window.ends_at) == (old.id, S.RESERVED, old.window.ends_at)
    assert new.window.starts_at <= missed.moment[0] < new.deadline
    (reported,) = await missed.notices()
    assert reported["replaced"] == "yes"
    await process_code(missed.ports, old.id)
    assert old.due_at is None
    assert len(await missed.codes()) == 2


async def test_where_the_lock_has_no_place_staff_are_asked_and_told_why(missed: Missed) -> None:
    (old,) = await missed.codes()
    now = missed.moment[0]
    async with missed.ports.store() as uow:
        lock = await uow.locks.get(old.lock_id)
        assert lock is not None
        key = f"{now.astimezone(lock.zoneinfo):%Y-%m-%dT%H}"
        await uow.locks.learn_full(lock.id, ("hourly", key), now)
    await many_times(missed)
    assert len(await missed.codes()) == 1
    (reported,) = await missed.notices()
    assert "replaced" not in reported
    assert reported["why"].startswith("The lock takes only 3 PINs")
    assert reported["code"] == old.id, "the button is there"
    await process_code(missed.ports, old.id)
    assert await missed.texts("missed_guest") == 1


async def test_a_late_word_that_it_was_used_comes_first(missed: Missed) -> None:
    (old,) = await missed.codes()
    async with missed.ports.store() as uow:
        await uow.codes.add_evidence(Evidence(old.id, "lock", missed.moment[0], ""))
    await many_times(missed)
    assert len(await missed.codes()) == 1


async def test_a_lost_nudge_comes_again_with_the_sweep(missed: Missed) -> None:
    (old,) = await missed.codes()
    missed.moment[0] += timedelta(minutes=2)
    async with missed.ports.store() as uow:
        assert old.id in await due_rows(uow, Subject.CODE, missed.moment[0])
    await process_code(missed.ports, old.id)
    await replace_missed(missed.ports, old.id)
    assert len(await missed.codes()) == 2
