"""Codes that are due at the same moment are looked at set by set, in one transaction: each as if it were alone, and
none waits for one that meets a bug."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.ports import Ports, Subject, UnitOfWork
from bot.processes import clock
from bot.processes.worker import AFTER_A_BUG, process, take_nudges
from bot.workflows import process_code as module
from bot.workflows.process_code import process_code
from storage.engine import open_database
from storage.nudges import Queue
from storage.repository import table
from storage.tables import AccessCodeRow
from tests.benchmarks.ports import installation
from tests.benchmarks.reminders import due_at_once
from tests.due import due_rows
from tests.moments import START
from tests.statements_said import statements_said

SEVERAL, SWEEP_SECONDS = 12, 3


@dataclass
class Several:
    """Twelve stays whose reminder is due; `begun` are the transactions."""

    url: str
    real: Ports
    queue: Queue
    ids: list[str] = field(default_factory=list)
    begun: int = 0

    @property
    def ports(self) -> Ports:
        @asynccontextmanager
        async def store() -> AsyncIterator[UnitOfWork]:
            self.begun += 1
            async with self.real.store() as uow:
                yield uow

        return replace(self.real, store=store)

    async def write(self, statement: Any) -> None:
        database = open_database(self.url)
        async with database.engine.begin() as connection:
            await connection.execute(statement)
        await database.engine.dispose()

    async def move(self, ids: list[str], **by: float) -> None:
        """Their windows, so much into the past."""
        rows, starts = table(AccessCodeRow), START - timedelta(hours=12) - timedelta(**by)
        moved = {"starts_at": starts, "ends_at": starts + timedelta(hours=52)}
        await self.write(update(rows).where(rows.c.id.in_(ids)).values(moved))

    async def code(self, code_id: str) -> AccessCode:
        async with self.real.store() as uow:
            code = await uow.codes.get(code_id)
        assert code is not None
        return code

    async def became(self, code_id: str) -> tuple[object, ...]:
        """All that a look may have left, in words that do not tell whose it is."""
        code = await self.code(code_id)
        async with self.real.store() as uow:
            card, messages = await uow.cards.get(code.request_id), await uow.messages.of_request(code.request_id)
            alerts, lines = await uow.alerts.open_of(code.request_id), await uow.audit.about([code.id])
        assert card is not None
        topics = [m.topic.replace(code.id, "").replace(code.request_id, "") for m in messages]
        said = sorted(
            (m.phrase, m.medium.value, m.status.value, topic) for m, topic in zip(messages, topics, strict=True)
        )
        raised = [(alert.kind, len(alert.notices)) for alert in alerts]
        due = code.due_at - code.window.starts_at if code.due_at else None
        return code.status, due, code.version, said, raised, card.wanted, [line["what"] for line in lines]


@pytest.fixture
async def several(database_url: str) -> AsyncIterator[Several]:
    async with installation(database_url) as (ports, queue, _texter):
        await due_at_once(database_url, SEVERAL)
        async with ports.store() as uow:
            ids = await due_rows(uow, Subject.CODE, START)
        yield Several(database_url, ports, queue, ids)


async def test_each_becomes_what_it_would_alone(several: Several) -> None:
    alone, together = several.ids[:4], several.ids[4:]
    for number, hours in enumerate((13, 60, 9)):  # missed, over, in danger; and the last is only reminded
        await several.move(several.ids[number::4], hours=hours)
    for code_id in alone:
        await process_code(several.ports, code_id)
    several.begun = 0
    await process_code(several.ports, ",".join(together))
    assert several.begun == 1
    seen = [await several.became(code_id) for code_id in several.ids]
    assert seen[4:] == seen[:4] * 2
    assert [code[0] for code in seen[:4]] == [CodeStatus.UNCONFIRMED, CodeStatus.ENDED, *[CodeStatus.SHARED] * 2]
    assert len({str(code) for code in seen}) == 4
    await process_code(several.ports, ",".join(several.ids))
    assert [await several.became(code_id) for code_id in several.ids] == seen, "once more changes nothing"


async def test_many_cost_as_many_statements_as_two(several: Several) -> None:
    async def cost(ids: list[str]) -> int:
        with statements_said() as said:
            await process_code(several.ports, ",".join(ids))
        return len(said)

    assert await cost(several.ids[:2]) == await cost(several.ids[2:])
    for code_id in several.ids:
        assert [said[0] for said in (await several.became(code_id))[3]].count("reminder") == 1  # type: ignore[attr-defined]


async def test_what_is_no_code_is_left_out(several: Several) -> None:
    await process_code(several.ports, f"nobody,{several.ids[0]},nobody else")
    await process_code(several.ports, "nobody,nobody else")
    assert "reminder" in str(await several.became(several.ids[0]))


async def test_two_doors_of_one_stay_are_one_text(several: Several) -> None:
    first, others = await several.code(several.ids[0]), await several.code(several.ids[1])
    rows = table(AccessCodeRow)
    as_first = select(*[column for column in rows.c if column.name not in ("id", "lock_id")]).where(
        rows.c.id == first.id
    )
    async with several.real.store() as uow:
        door = next(lock.id for lock in await uow.locks.all() if lock.id != first.lock_id)
    database = open_database(several.url)
    async with database.engine.begin() as connection:
        row = (await connection.execute(as_first)).mappings().one()
        await connection.execute(insert(rows).values({**row, "id": "second", "lock_id": door, "part": 1}))
    await database.engine.dispose()
    await process_code(several.ports, f"second,{first.id},{others.id}")
    async with several.real.store() as uow:
        messages = await uow.messages.of_request(first.request_id)
    (text,) = [message for message in messages if message.phrase == "reminder"]
    assert set(text.code_ids) == {first.id, "second"}
    assert [(await several.code(one)).due_at == (await several.code(others.id)).due_at for one in text.code_ids] == [
        True
    ] * 2
    assert "reminder" in str(await several.became(others.id))


async def test_one_that_meets_a_bug_keeps_no_other_waiting(several: Several, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, real = several.ids[5], module.advance

    def advance(code: AccessCode, *of: Any) -> Any:
        if code.id == broken:
            raise ZeroDivisionError
        return real(code, *of)

    monkeypatch.setattr(module, "advance", advance)
    with capture_logs() as logged:
        await process(several.ports, Subject.CODE, ",".join(several.ids))
    assert [entry["row"] for entry in logged if entry["event"] == "a bug"] == [",".join(several.ids), broken]
    for code_id in several.ids:
        assert ("reminder" in str(await several.became(code_id))) is (code_id != broken)
    async with several.real.store() as uow:
        assert await due_rows(uow, Subject.CODE, START) == []
        assert await due_rows(uow, Subject.CODE, START + AFTER_A_BUG) == [broken]


async def test_what_a_worker_takes_at_the_same_moment_is_one_look(several: Several) -> None:
    take = take_nudges(several.ports)
    await asyncio.gather(*[take(Subject.CODE, code_id) for code_id in [*several.ids[:6], several.ids[0]]])
    assert several.begun == 1
    await asyncio.gather(*[take(Subject.CODE, code_id) for code_id in several.ids[6:]])
    assert several.begun == 2
    for code_id in several.ids:
        assert "reminder" in str(await several.became(code_id))


async def test_two_workers_look_at_the_same_ones_the_other_way_round(several: Several) -> None:
    """Whoever is second waits, and finds nothing left to do."""
    both = several.ids, several.ids[::-1]
    await asyncio.gather(*[process_code(several.ports, ",".join(ids)) for ids in both])
    for code_id in several.ids:
        assert str(await several.became(code_id)).count("'reminder'") == 1


async def test_a_clock_that_finds_more_than_it_takes_sweeps_again_at_once(
    several: Several, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "AT_ONCE", 5)
    stop, swept, take = asyncio.Event(), list[tuple[int, float]](), take_nudges(several.ports)

    async def put(nudges: list[tuple[Subject, str]]) -> None:
        if codes := [row_id for subject, row_id in nudges if subject is Subject.CODE]:
            swept.append((len(codes), asyncio.get_running_loop().time()))
            await asyncio.gather(*[take(Subject.CODE, row_id) for row_id in codes])
        elif swept:
            stop.set()

    async def tidy() -> None:
        return None

    async with asyncio.timeout(40):
        await clock.run_clock(several.ports, put, tidy, stop, sweep_seconds=SWEEP_SECONDS)
    assert [many for many, _ in swept] == [5, 5, 2]
    assert swept[2][1] - swept[0][1] < SWEEP_SECONDS, "it would have been twice that"
