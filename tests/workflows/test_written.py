"""What a program does not wait for is written down, and taken by a worker: in whatever order it comes, and whatever it
sends at once beside it. By HTTP, on real rows of both kinds of database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.approvals.api_tokens import Scope
from bot.domain.sources.booking_sources import BookingSource, Credentials
from bot.domain.sources.bookings import Booking
from bot.ports import Clock, Subject
from bot.processes.worker import process
from bot.workflows.let_in import create_token
from bot.workflows.set_up_bookings import set_up_source
from bot.workflows.take_stay.from_bookings import REFUSED_AGAIN
from storage.engine import Database
from tests.benchmarks.ports import installation
from tests.providers.test_stays_api import Caller, check_problem
from tests.workflows.test_taking_stays import ONE, _approvers

AT_ONCE = {"prefer": "respond-async"}


class Program(Caller):
    """A program that does not wait, and our worker. The clock stands until it is moved."""

    def __init__(self, made: Any, token: str) -> None:
        self.now = made.clock.now().replace(minute=20)
        clock = Clock(lambda: self.now, lambda: self.now)
        super().__init__(replace(made, rules=ONE, approvers=_approvers, clock=clock, ask_booking=_never), token)

    async def writes(self, external_id: str, said: Any, source: str = "season", prefer: str = "") -> httpx.Response:
        headers = {"prefer": prefer} if prefer else AT_ONCE
        return await self.http.put(f"/v1/stays/{source}/{external_id}", json=said, headers=headers)

    async def reads(self, external_id: str, source: str = "season") -> httpx.Response:
        return await self.http.get(f"/v1/stays/{source}/{external_id}")

    async def due(self) -> list[str]:
        async with self.ports.store() as uow:
            return [row for subject, row in await uow.due(self.now, 100) if subject is Subject.BOOKING]

    async def worker_runs(self) -> int:
        rows = await self.due()
        for row in rows:
            await process(self.ports, Subject.BOOKING, row)
        return len(rows)

    async def requests(self, source: str = "season") -> list[tuple[str, Any]]:
        async with self.ports.store() as uow:
            found = await uow.requests.of_requester(f"source:{source}", 100)
        return sorted((one.guest_name, one.wanted) for one in found)

    async def notices(self) -> list[str]:
        async with self.ports.store() as uow:
            found = await uow.messages.said_to("C_APPROVALS", self.now - timedelta(days=40))
        kind = NoticeKind.BOOKING_WAITS
        return [str(notice(kind, one.facts)) for one in found if one.phrase == kind.value]


async def _never(_source: BookingSource, _booking: Booking) -> Booking | None:
    raise AssertionError("a program is not asked back")


@pytest.fixture
async def program(database_url: str) -> AsyncIterator[Program]:
    async with installation(database_url) as (made, _queue, _texter):
        token = await create_token(made, "Importer", frozenset(Scope))
        yield Program(made, token.secret)


async def test_written_down_now_and_a_stay_in_a_moment(program: Program, database: Database) -> None:
    said = program.said(note="Autumn fair")
    answer = await program.writes("4711", said)
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
    assert answer.headers["location"] == "/v1/stays/season/4711"
    assert answer.json() == {"source": "season", "external_id": "4711", "status": "written down"}
    check_problem(await program.reads("4711"), 404, "not_taken", "in a moment")
    assert await program.requests() == []
    assert await program.worker_runs() == 1
    stay = (await program.reads("4711")).json()
    assert (stay["status"], stay["external_id"], stay["contact_missing"]) == ("pending", "4711", False)
    assert await program.worker_runs() == 0
    async with database.engine.connect() as connection:
        entries = await connection.execute(text("SELECT actor, facts FROM audit_entries WHERE what = 'source_said'"))
        ((actor, facts),) = entries.all()
    assert (actor, "Importer" in str(facts)) == ("source:season", True)


@pytest.mark.parametrize("external_id", ["Zürich 🦊/7?", "a:b%2F#c", "Ω" * 255])
async def test_whatever_its_program_calls_it(program: Program, external_id: str) -> None:
    answer = await program.writes(quote(external_id, safe=""), program.said())
    assert (answer.status_code, answer.json()["external_id"]) == (202, external_id)
    await program.worker_runs()
    found = await program.http.get(answer.headers["location"])
    assert (found.status_code, found.json()["external_id"]) == (200, external_id)


async def test_its_answer_is_the_one_of_a_program_that_waits(program: Program) -> None:
    """The same words by the other way do nothing anew."""
    said = program.said()
    await program.writes("4711", said)
    await program.worker_runs()
    again = await program.put("4711", said, source="season")
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    assert len(await program.requests()) == 1


@pytest.mark.parametrize(
    ("prefer", "written"),
    [
        ("respond-async", True),
        ("Respond-Async, wait=10", True),
        ("wait=10, respond-async;x=1", True),
        ("return=minimal", False),
        ("respond-asynchronously", False),
        ('return="respond-async"', False),
        (",;,", False),
    ],
)
async def test_what_is_preferred(program: Program, prefer: str, written: bool) -> None:
    answer = await program.writes("4711", program.said(), prefer=prefer)
    assert answer.status_code == (202 if written else 201)
    assert ("preference-applied" in answer.headers) is written


async def test_many_at_once_and_each_again_are_one_stay_each(program: Program) -> None:
    said = {f"id-{number}": program.said(doors=[f"door-{number}"]) for number in range(3)}
    answers = await asyncio.gather(*(program.writes(key, one) for key, one in said.items() for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {202, 503}, "503: others were faster, and it is sent once more"
    for key, one in said.items():
        assert (await program.writes(key, one)).status_code == 202
    rows = await program.due()
    await asyncio.gather(*(process(program.ports, Subject.BOOKING, row) for row in rows * 2))
    await program.worker_runs()
    assert len(await program.requests()) == 3
    async with program.ports.store() as uow:
        assert len(await uow.booking_sources.all()) == 1


async def test_of_many_first_words_at_once_all_are_written_down(program: Program) -> None:
    """Whoever comes second finds the source when it has looked for it in vain already."""
    for number in range(16):
        writes = (program.writes(f"{number}-{each}", program.said(), source=f"season-{number}") for each in range(6))
        assert {answer.status_code for answer in await asyncio.gather(*writes)} <= {202, 503}


async def test_the_last_that_was_written_is_what_is_taken(program: Program) -> None:
    for name in ("Ana", "Berta", "Cleo"):
        await program.writes("4711", program.guest(name=name))
    assert await program.worker_runs() == 1
    assert [name for name, _ in await program.requests()] == ["Cleo"]


async def test_what_is_said_and_waited_for_overtakes_what_was_written_before(program: Program) -> None:
    """A door that is none waits for hours; what was said meanwhile must not be undone by it."""
    await program.writes("4711", program.guest(name="Old") | {"doors": ["nowhere"]})
    await program.worker_runs()
    assert (await program.put("4711", program.guest(name="New"), source="season")).status_code == 201
    program.now += REFUSED_AGAIN + timedelta(minutes=1)
    await program.worker_runs()
    assert [name for name, _ in await program.requests()] == ["New"]
    await program.writes("4712", program.guest(name="Never"))
    check_problem(await program.http.delete("/v1/stays/season/4712"), 404, "unknown_stay")
    await program.worker_runs()
    assert [name for name, _ in await program.requests()] == ["New"]


async def test_while_a_worker_has_it_in_hand_whoever_waits_comes_again(program: Program) -> None:
    await program.writes("4711", program.guest(name="Old"))
    (row,) = await program.due()
    async with program.ports.store() as uow:
        kept = await uow.bookings.get(row)
        assert kept is not None
        await uow.bookings.put(replace(kept, claimed_until=program.now + timedelta(minutes=1)))
    answer = await program.put("4711", program.guest(name="New"), source="season")
    check_problem(answer, 503, "away", "once more")
    assert answer.headers["retry-after"] == "5"
    program.now += timedelta(minutes=2)
    assert (await program.put("4711", program.guest(name="New"), source="season")).status_code == 201
    await program.worker_runs()
    assert [name for name, _ in await program.requests()] == ["New"]


async def test_a_rules_no_is_told_to_the_team_once_and_tried_again(program: Program) -> None:
    await program.writes("4711", program.said(doors=["nowhere"]))
    await program.worker_runs()
    check_problem(await program.reads("4711"), 404, "not_taken", "a rule says no", "team")
    (said_of_it,) = await program.notices()
    assert "season" in said_of_it
    assert "nowhere" in said_of_it
    program.now += REFUSED_AGAIN + timedelta(minutes=1)
    assert await program.worker_runs() == 1
    assert len(await program.notices()) == 1
    await program.writes("4711", program.said())
    await program.worker_runs()
    assert (await program.reads("4711")).status_code == 200


async def test_a_number_that_is_none_is_a_rules_no_too(program: Program) -> None:
    await program.writes("4711", program.guest(phone="12"))
    await program.worker_runs()
    (said_of_it,) = await program.notices()
    assert "season" in said_of_it
    assert await program.requests() == []


async def test_without_a_number_people_are_asked(program: Program) -> None:
    await program.writes("4711", program.guest(phone=None))
    await program.worker_runs()
    assert (await program.reads("4711")).json()["contact_missing"] is True


async def test_cancelled_before_and_after_it_was_taken(program: Program) -> None:
    await program.writes("4711", program.said())
    await program.writes("4712", program.said(doors=["door-1"]))
    await program.worker_runs()
    gone = await program.http.delete("/v1/stays/season/4711", headers=AT_ONCE)
    assert gone.status_code == 202
    assert (await program.reads("4711")).json()["status"] == "pending"
    assert (await program.writes("4712", {"status": "cancelled"})).status_code == 202
    await program.writes("4713", program.said(doors=["door-2"]))
    await program.writes("4713", {"status": "cancelled"})
    await program.worker_runs()
    assert [(await program.reads(key)).json()["status"] for key in ("4711", "4712")] == ["cancelled", "cancelled"]
    check_problem(await program.reads("4713"), 404, "unknown_stay")


async def test_what_is_no_stay_is_said_at_once(program: Program) -> None:
    check_problem(await program.writes("4711", {"doors": []}), 422, "invalid", "guest is missing")
    check_problem(await program.writes("4711", program.said(), source="Not A Source"), 422)
    reader = await create_token(program.ports, "Reader", frozenset((Scope.READ,)))
    headers = {**AT_ONCE, "authorization": f"Bearer {reader.secret}"}
    check_problem(await program.http.put("/v1/stays/season/4711", json={}, headers=headers), 403, "scope_missing")
    assert await program.due() == []


async def test_under_a_booking_systems_name_nothing_is_written_down(program: Program) -> None:
    """Its words are taken for what that system says, which is asked back: the program waits after all."""
    await set_up_source(program.ports, "flats", "hospitable", Credentials(("secret",)))
    answer = await program.writes("4711", program.said(), source="flats")
    assert (answer.status_code, "preference-applied" in answer.headers) == (201, False)
    assert len(await program.requests("flats")) == 1


async def test_a_time_that_no_lock_takes_a_person_is_asked_about(program: Program) -> None:
    begins = program.now.replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    far = program.said(starts_at=begins.isoformat(), ends_at=(begins + timedelta(days=28, hours=12)).isoformat())
    await program.writes("4711", far)
    await program.worker_runs()
    assert (await program.reads("4711")).json()["status"] == "pending"
    ((_, wanted),) = await program.requests()
    assert wanted.ends_at - wanted.starts_at != timedelta(days=28, hours=12)
