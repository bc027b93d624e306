"""Guessing an approver's codes, on both kinds of database: counted one after the other, however many come at once; what
a newer question, a settled request or too many guesses make of the codes that were given."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from bot.domain.messages.message import Message
from bot.domain.stays.access_requests import RequestStatus
from bot.ports import Clock, Ports, Subject
from bot.workflows.decide_request import decide_request
from bot.workflows.process_request import process_request
from bot.workflows.receive_approver_text import SmsHeard, receive_approver_text
from bot.workflows.take_alert import take_alert
from storage.engine import open_database
from storage.tables import SmsCodeRow
from tests.benchmarks.ports import installation
from tests.due import due_rows
from tests.workflows.test_sms_approving import EVA, FINN, a_request, codes, now_is, receive, said_to, with_approvers


@pytest.fixture
async def moment() -> list[datetime]:
    return []


@pytest.fixture
async def ports(database_url: str, moment: list[datetime]) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        moment.append(made.clock.now())
        yield with_approvers(replace(made, clock=Clock(lambda: moment[0], made.clock.wall)))


def wrong(number: int, right: str) -> str:
    """One that was not given: all that we give here are others, but for one in ten thousand."""
    return f"{(int(right) + 1 + number) % 1_000_000:06d}"


async def answers(ports: Ports, phrase: str) -> int:
    return (await said_to(ports, "sms:Eva")).count(phrase)


async def notices(ports: Ports) -> list[Message]:
    async with ports.store() as uow:
        due = await due_rows(uow, Subject.MESSAGE, ports.clock.now())
        found = [await uow.messages.get(one) for one in due]
    return [message for message in found if message is not None and message.phrase == "limit"]


@pytest.mark.parametrize("many", [20, 60])
async def test_of_many_guesses_at_once_five_are_looked_at(ports: Ports, many: int) -> None:
    request = await a_request(ports)
    right = (await codes(ports, request))[EVA]
    await asyncio.gather(*(receive(ports, EVA, f"OK {wrong(n, right)}") for n in range(many)))
    assert await answers(ports, "approver_unknown_code") == 5
    assert await answers(ports, "approver_slow_down") == 1
    await receive(ports, EVA, f"OK {right}")
    assert (await now_is(ports, request)).status is RequestStatus.PENDING


async def test_guesses_that_are_denials_and_of_four_digits_count_alike(ports: Ports) -> None:
    request = await a_request(ports)
    right = (await codes(ports, request))[EVA]
    texts = [*(f"NO {wrong(n, right)} no" for n in range(20)), *(f"OK {n:04d}" for n in range(20))]
    await asyncio.gather(*(receive(ports, EVA, words) for words in texts))
    assert await answers(ports, "approver_unknown_code") == 5


async def test_words_that_are_no_answer_are_explained_three_times_however_many_come_at_once(ports: Ports) -> None:
    await a_request(ports)
    await asyncio.gather(*(receive(ports, EVA, "what?") for _ in range(30)))
    assert await answers(ports, "approver_how_to") == 3


async def test_after_the_days_limit_every_open_code_is_void_and_the_team_is_told(
    ports: Ports, moment: list[datetime]
) -> None:
    one, other = await a_request(ports), await a_request(ports, 200)
    first, second = await codes(ports, one), await codes(ports, other)
    for hour in range(3):
        for number in range(7):
            await receive(ports, EVA, f"OK {wrong(7 * hour + number, first[EVA])}")
        moment[0] += timedelta(minutes=61)
    (alarm,) = await notices(ports)
    assert (alarm.recipient, alarm.facts["limit"], alarm.facts["person"]) == ("C_APPROVALS", "sms_codes", "sms:Eva")
    moment[0] += timedelta(days=1)
    for code in (first[EVA], second[EVA]):
        await receive(ports, EVA, f"OK {code}")
    assert await answers(ports, "approver_void_code") == 2
    for request in (one, other):
        assert (await now_is(ports, request)).status is RequestStatus.PENDING
    await receive(ports, FINN, f"OK {second[FINN]}")
    assert (await now_is(ports, other)).status is RequestStatus.APPROVED, "another's codes are none of theirs"


async def test_one_question_is_open_for_each_request_and_approver(ports: Ports, moment: list[datetime]) -> None:
    reminds = replace(ports.rules, reminders=replace(ports.rules.reminders, after=(timedelta(minutes=15),)))
    ports = replace(ports, rules=replace(reminds, reminders=replace(reminds.reminders, backup=("sms:Eva",))))
    request = await a_request(ports)
    first = (await codes(ports, request))[EVA]
    moment[0] += timedelta(minutes=16)
    await process_request(ports, request.id)
    second = (await codes(ports, request))[EVA]
    assert second != first
    await receive(ports, EVA, f"OK {first}")
    assert await answers(ports, "approver_void_code") == 1
    assert (await now_is(ports, request)).status is RequestStatus.PENDING
    await receive(ports, EVA, f"OK {second}")
    assert (await now_is(ports, request)).status is RequestStatus.APPROVED


async def test_a_question_still_on_its_way_is_not_sent_once_a_newer_one_has_its_place(
    ports: Ports, moment: list[datetime]
) -> None:
    ports = replace(ports, rules=replace(ports.rules, reminders=replace(ports.rules.reminders, backup=("sms:Eva",))))
    request = await a_request(ports)
    moment[0] += timedelta(hours=3)
    for _ in range(3):
        await process_request(ports, request.id)
    sent = await codes(ports, request)
    assert [text.to for text in ports.texter.texts].count(EVA) == 1  # type: ignore[attr-defined]
    await receive(ports, EVA, f"OK {sent[EVA]}")
    assert (await now_is(ports, request)).status is RequestStatus.APPROVED


async def test_codes_of_settled_requests_are_forgotten_and_late_answers_are_answered_for_a_week(
    ports: Ports, moment: list[datetime], database_url: str
) -> None:
    done, waits = await a_request(ports), await a_request(ports, 24 * 40)
    sent = await codes(ports, done)
    kept = await codes(ports, waits)
    await decide_request(ports, done.id, "U_BEN", approved=False)
    moment[0] += timedelta(days=6)
    await a_request(ports, 100)
    await receive(ports, EVA, f"OK {sent[EVA]}")
    assert await answers(ports, "approver_already") == 1
    moment[0] += timedelta(days=2)
    await a_request(ports, 150)
    database = open_database(database_url)
    async with database.engine.connect() as connection:
        left = select(func.count()).select_from(SmsCodeRow)
        (count,) = (await connection.execute(left.where(SmsCodeRow.request_id == done.id))).one()  # type: ignore[arg-type]
    await database.engine.dispose()
    assert count == 0
    await receive(ports, EVA, f"OK {kept[EVA]}")
    assert (await now_is(ports, waits)).status is RequestStatus.APPROVED, "what waits is kept"


async def test_ten_thousand_questions_leave_room_for_the_next(ports: Ports, database_url: str) -> None:
    """So many were every code of four digits, and every ask failed."""
    request = await a_request(ports)
    window, now = request.granted, ports.clock.now()
    async with ports.store() as uow:
        given = {await uow.sms_codes.issue(request.id, "sms:Eva", window, now) for _ in range(20)}
    assert {len(code) for code in given} == {6}
    rows = [
        {"id": f"C{n:05d}", "approver": "sms:Eva", "mark": f"m{n}", "starts_at": now, "ends_at": now, "created_at": now}
        for n in range(10_000)
    ]
    database = open_database(database_url)
    async with database.engine.begin() as connection:
        await connection.execute(insert(SmsCodeRow), rows)
    await database.engine.dispose()
    later = await a_request(ports, 100)
    await receive(ports, EVA, f"OK {(await codes(ports, later))[EVA]}")
    assert (await now_is(ports, later)).status is RequestStatus.APPROVED


async def test_an_unknown_sid_twice_is_one_guess(ports: Ports) -> None:
    request = await a_request(ports)
    right = (await codes(ports, request))[EVA]
    heard = SmsHeard("SM1", EVA, f"OK {wrong(0, right)}")
    await asyncio.gather(*(receive_approver_text(ports, heard, decide_request, take_alert) for _ in range(10)))
    assert await answers(ports, "approver_unknown_code") == 1
    await receive(ports, EVA, f"OK {right}")
    assert (await now_is(ports, request)).status is RequestStatus.APPROVED
