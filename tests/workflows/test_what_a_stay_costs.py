"""What a whole stay asks of the database: asked, decided, made, texted, every card and notice shown. Counted one job
after the other, so that the figures are the same every time: whoever adds a statement to a stay sees it here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg

from bot.domain.messages.message import MessageStatus
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Ports, Subject, UnitOfWork
from bot.processes.worker import process
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from storage.nudges import Queue
from tests.benchmarks.ports import installation
from tests.moments import START
from tests.statements_said import statements_said

SQLITE, POSTGRESQL = (16, 103), (17, 110)
"""Transactions and statements, those that go together as one. On PostgreSQL the rows of stays are held and nudges go
into the queue's table; what PgQueuer asks for itself is not in it."""

PAUSE = timedelta(seconds=1)


@dataclass
class Counted:
    """A house whose clock is moved; `begun` are its transactions."""

    ports: Ports
    queue: Queue
    moment: list[datetime]
    waiting: "asyncpg.Connection | None"
    door: str
    begun: int = 0

    async def rest(self) -> None:
        """Until no job is left."""
        async with asyncio.timeout(20):
            while self.queue.busy or await self._waits():
                await asyncio.sleep(0.01)

    async def _waits(self) -> bool:
        return self.waiting is not None and bool(await self.waiting.fetchval("SELECT count(*) FROM pgqueuer"))


@asynccontextmanager
async def counted(url: str) -> AsyncIterator[Counted]:
    """One job at a time."""
    async with installation(url) as (made, queue, _texter):
        on_postgresql = url.startswith("postgres")
        waiting = await asyncpg.connect(url.replace("+asyncpg", "")) if on_postgresql else None
        moment, stop, one_at_a_time = [START], asyncio.Event(), asyncio.Lock()
        clock = Clock(lambda: moment[0], lambda: moment[0])
        async with made.store() as uow:
            door = (await uow.locks.all())[0].id
        house = Counted(made, queue, moment, waiting, door)

        @asynccontextmanager
        async def store() -> AsyncIterator[UnitOfWork]:
            house.begun += 1
            async with made.store() as uow:
                yield uow

        async def alone(subject: Subject, row_id: str) -> None:
            async with one_at_a_time:
                await process(house.ports, subject, row_id)

        house.ports = replace(made, store=store, clock=clock, options=replace(made.options, card_pause=PAUSE))
        working = asyncio.create_task(queue.consume(alone, stop, at_once=2, grace=10))
        try:
            yield house
        finally:
            stop.set()
            await working
            if waiting is not None:
                await waiting.close()


async def a_whole_stay(house: Counted, guest: str) -> str:
    starts = house.moment[0] + timedelta(hours=2)
    window = AccessWindow(starts, starts + timedelta(hours=40))
    wanted = PinRequest("U_ADA", (house.door,), guest, Phone(f"+336399812{len(guest):02}"), window, guest)
    asked = await ask_for_pin(house.ports, wanted)
    await house.rest()
    await decide_request(house.ports, asked.request_id, "U_BEN", approved=True)
    await house.rest()
    house.moment[0] += PAUSE
    await house.queue.put([(Subject.CARD, asked.request_id)])  # as a sweep would, once it has rested
    await house.rest()
    return asked.request_id


async def test_a_whole_stay_is_so_many_transactions_and_statements(database_url: str) -> None:
    most = POSTGRESQL if database_url.startswith("postgres") else SQLITE
    async with counted(database_url) as house:
        await a_whole_stay(house, "Ana")  # the first makes what the next find
        house.begun = 0
        with statements_said() as said:
            request_id = await a_whole_stay(house, "Cleo")
        cost, shortly = (house.begun, len(said)), "\n".join(" ".join(sql.split())[:90] for sql, _ in said)
        async with house.ports.store() as uow:
            (code,), card = await uow.codes.of_request(request_id), await uow.cards.get(request_id)
            messages = await uow.messages.of_request(request_id)
        assert code.status is CodeStatus.SHARED
        assert [m.status for m in messages] == [MessageStatus.SENT] * 6
        assert card is not None
        assert card.shown == card.wanted
        assert cost == most, shortly
