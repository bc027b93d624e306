"""Plays the month: from one moment at which something happens to the next; what is due is done before it goes on."""

from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from bot.domain.approvals.policy import Groups, Rule, Rules
from bot.domain.messages.reminders import Policy
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Options, Ports, Stale, Subject
from bot.processes.clock import sweep
from bot.processes.worker import WORKFLOWS
from bot.workflows.receive_delivery import receive_delivery
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.sync_locks import sync_locks
from providers.sandbox.doors import Door
from storage.engine import Database, open_database
from storage.new_ids import id_at
from storage.nudges import Nudge
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.benchmarks.ports import InstantChat
from tests.month.judge import HOUR, Judge
from tests.month.people import People
from tests.month.world import Agenda, MonthChat, MonthLocks, MonthTexter, World, utc

SPRING = (utc(2027, 3, 13), utc(2027, 3, 29))
AUTUMN = (utc(2027, 10, 26), utc(2027, 11, 10))
"""The clocks change on 14 March (America), 28 March (Europe, Africa), 31 October (Europe) and 7 November (America);
Sydney and Santiago change in April and September, so their offsets differ between the halves."""

MOST_AT_ONE_MOMENT = 400
_DUE = """
SELECT MIN(due) FROM (
  SELECT MIN(due_at) AS due FROM access_codes
  UNION ALL SELECT MIN(due_at) FROM messages
    WHERE status IN ('queued', 'sending') OR (status = 'sent' AND medium = 'sms')
  UNION ALL SELECT MIN(due_at) FROM cards WHERE wanted > shown
  UNION ALL SELECT MIN(due_at) FROM access_requests
  UNION ALL SELECT MIN(due_at) FROM alerts
) AS moments
"""


class Kept:
    """A queue that keeps its nudges until the play takes them."""

    def __init__(self) -> None:
        self.waiting: deque[Nudge] = deque()

    async def put(self, nudges: Sequence[Nudge]) -> None:
        self.waiting.extend(nudges)


class Play:
    def __init__(self, ports: Ports, database: Database, queue: Kept, world: World, seed: int) -> None:
        self.tally: Counter[str] = Counter()
        self.database, self.queue, self.world, self.agenda = database, queue, world, world.agenda
        self.dice = Random(seed)
        self.people = People(ports, world, world.agenda, self.dice, self.tally)
        self.ports = replace(ports, chat=MonthChat(world, self.people.staff_read))
        self.people.ports = self.ports
        self.judge = Judge(self.ports, world, self.people, self.tally)
        self._judged, self._checked = 0, set[str]()
        self.people.stands = self.judge.stands
        world.read = self.people.reads
        world.report = lambda report: receive_delivery(self.ports, report)
        world.opened = self._opened

    def use(self, change: Callable[[Ports], Ports]) -> None:
        """Other ports from now on, for everybody."""
        self.ports = self.people.ports = self.judge.ports = change(self.ports)

    async def plan(self, stays: int) -> None:
        """Half of them in spring, half in autumn; asked for from at once to ten days ahead."""
        await sync_locks(self.ports)
        async with self.ports.store() as uow:
            locks = await uow.locks.all()
        for number in range(stays):
            first, last = (SPRING, AUTUMN)[number % 2]
            lock, dice = self.dice.choice(locks), self.dice
            more = [one for one in locks if one.zone == lock.zone and one.id != lock.id]
            doors = (lock, dice.choice(more)) if dice.random() < 1 / 3 else (lock,)
            starts = first + timedelta(hours=dice.randint(24, int((last - first) / HOUR)))
            starts = starts.replace(minute=dice.choice((0, 0, 0, 30)))
            hours = dice.choice((3, 6, 20, 30, 44, 44, 68, 92, 24 * 7, 24 * 14, 24 * 31))
            asked_at = max(first, starts - timedelta(hours=dice.choice((0, 1, 5, 30, 72, 240))))
            window = AccessWindow(starts, starts + timedelta(hours=hours))
            theirs = tuple((one, self.world.doors[one.provider_ref]) for one in doors)
            self.people.plans(theirs, window, asked_at)

    async def run(self) -> None:
        """Until nothing is left to happen."""
        await self.run_until(None)
        await self.judge.ends()

    async def run_until(self, end: datetime | None) -> None:
        """What happens until then; afterwards the clock shows it."""
        again = 0
        await self._settle()
        while (moment := await self._next()) is not None and (end is None or moment <= end):
            again = again + 1 if moment <= self.agenda.now else 0
            assert again < MOST_AT_ONE_MOMENT, f"it never comes to rest at {self.agenda.now}"
            self.agenda.now = max(self.agenda.now, moment)
            planned = self.agenda.next_moment
            if planned is not None and planned <= self.agenda.now:
                await self.agenda.take()()
            else:
                await sweep(self.ports, self.queue.put)
            await self._settle()
        self.agenda.now = end or self.agenda.now

    async def _next(self) -> datetime | None:
        async with self.database.engine.connect() as connection:
            found = await connection.scalar(text(_DUE))
        due = datetime.fromisoformat(found) if isinstance(found, str) else found
        due = due.replace(tzinfo=self.agenda.now.tzinfo) if due is not None and due.tzinfo is None else due
        moments = [m for m in (due, self.agenda.next_moment) if m is not None]
        return min(moments, default=None)

    async def _settle(self) -> None:
        """Every nudge, as a worker does, but that a bug ends the play; then the new texts are judged."""
        while self.queue.waiting:
            subject, row = self.queue.waiting.popleft()
            if subject is not Subject.INBOX:
                with suppress(Stale):
                    await WORKFLOWS[subject](self.ports, row)
        for sent in self.world.sent[self._judged :]:
            await self.judge.text(sent)
            await self._plan_last_call(sent.message_id)
        self._judged = len(self.world.sent)

    async def _plan_last_call(self, message_id: str) -> None:
        async with self.ports.store() as uow:
            message = await uow.messages.get(message_id)
            code = await uow.codes.get(message.code_id) if message and message.code_id else None
        if code is not None and code.has_pin and code.activate_by is not None and code.id not in self._checked:
            self._checked.add(code.id)
            code_id = code.id
            self.agenda.at(code.activate_by - 2 * HOUR + timedelta(minutes=1), lambda: self.judge.last_call(code_id))

    async def _opened(self, door: Door, pin: str, at: datetime) -> None:
        """A bridge's event: with the code's own id, or with the digits, or with neither."""
        async with self.ports.store() as uow:
            lock = await uow.locks.by_ref(door.device_id)
            assert lock is not None
            codes = await uow.codes.by_pin(lock.id, Pin(pin))
        how = self.dice.random()
        ref = codes[0].minting.provider_ref if codes and how < 0.4 else None
        digits = Pin(pin) if 0.4 <= how < 0.8 else None
        event = LockEvent(
            f"ev-{door.device_id}-{at.isoformat()}", "opened", at, door.device_id, ref, digits, how >= 0.8
        )
        for _ in range(2):  # told twice
            await receive_lock_event(self.ports, event)


@asynccontextmanager
async def play(url: str, seed: int) -> AsyncIterator[Play]:
    """A house with nobody in it yet, on a fresh and migrated database."""
    database, queue = open_database(url), Kept()
    agenda = Agenda(SPRING[0])
    world = World(Random(seed + 1), agenda)
    kept: Any = queue
    store = open_store(database, Seals([new_key()]), kept)
    clock = Clock(lambda: agenda.now, lambda: agenda.now)
    ports = Ports(
        store=store,
        clock=clock,
        locks=MonthLocks(world),
        texter=MonthTexter(world),
        chat=InstantChat(),
        policy=Policy(),
        options=Options("C_APPROVALS", "UTC", timedelta(seconds=60)),
        approvers=_approvers,
        rules=Rules(Rule(("U_BEN",))),
        groups=_groups,
        id_at=id_at,
    )
    try:
        yield Play(ports, database, queue, world, seed)
    finally:
        await database.engine.dispose()


async def _approvers() -> frozenset[str]:
    return frozenset({"U_BEN"})


async def _groups() -> Groups:
    return {}
