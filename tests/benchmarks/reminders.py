"""Reminders that fall due at the same moment: how long one clock and one worker take until the last of them is queued,
while the worker sends those that are. Vendors answer at once."""

import asyncio
import gc
import time
from datetime import timedelta

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from bot.conversation.guest_texts.phrases import Phrase
from bot.domain.messages.message import Medium, MessageStatus
from bot.domain.stays.access_codes import CodeStatus
from bot.processes.clock import run_clock
from bot.processes.worker import take_nudges
from storage.engine import Database, open_database
from storage.seals import Seals
from storage.tables import AccessCodeRow, MessageRow
from tests.benchmarks.machine import Rate
from tests.benchmarks.many_rows import furnish
from tests.benchmarks.ports import KEY, LOCKS, installation, machines_clock
from tests.moments import START

AT_ONCE, A_BATCH, SWEEP_SECONDS = 20, 500, 2
TICK, LOOKS = 0.005, 40
"""Seconds between looks at the loop, and how many of them between looks at the rows."""

STARTS, ENDS = START - timedelta(hours=12), START + timedelta(hours=40)
FACTS = {"guest": "Ana", "door": "Door 1", "zone": "Europe/Paris", "language": "en", "code": "C", "phone": "…34"}
FACTS |= {"starts_at": STARTS.isoformat(), "ends_at": ENDS.isoformat()}
_REMINDERS = select(func.count()).where(col(MessageRow.phrase) == Phrase.REMINDER.value)


async def reminders(url: str, count: int) -> tuple[Rate, float]:
    """A fresh database; how many a second and what each took of the processor, and the seconds for which the loop stood
    still at the longest."""
    await due_at_once(url, count)
    database, stop = open_database(url), asyncio.Event()
    try:
        async with installation(url, machines_clock(), LOCKS) as (ports, queue, _texter):
            gc.collect()
            gc.freeze()  # as a bot does once it has started: what came with its modules is not looked through again
            used, began, still = time.process_time(), time.perf_counter(), 0.0
            clock = run_clock(ports, queue.put, queue.tidy, stop, sweep_seconds=SWEEP_SECONDS)
            worker = queue.consume(take_nudges(ports), stop, at_once=AT_ONCE, grace=10)
            at_work = [asyncio.ensure_future(one) for one in (clock, worker)]
            while await _queued(database) < count:
                for _ in range(LOOKS):
                    slept = time.perf_counter()
                    await asyncio.sleep(TICK)
                    still = max(still, time.perf_counter() - slept - TICK)
            made = Rate(count / (time.perf_counter() - began), (time.process_time() - used) / count)
            stop.set()
            await asyncio.gather(*at_work)
            return made, still
    finally:
        await database.engine.dispose()


async def _queued(database: Database) -> int:
    async with database.engine.connect() as connection:
        return int((await connection.execute(_REMINDERS)).scalar_one())


async def due_at_once(url: str, count: int) -> None:
    """So many stays whose PIN was texted, twelve hours before their deadline: a reminder is due, and nothing else."""
    await furnish(url, KEY, locks=LOCKS, codes=count, pending=0)
    database, seals = open_database(url), Seals([KEY])
    pin = {"pin": seals.seal("481529063"), "pin_mark": seals.fingerprint("481529063")}
    stands = {"status": CodeStatus.SHARED.value, "starts_at": STARTS, "ends_at": ENDS}
    async with database.engine.begin() as connection:
        await connection.execute(update(AccessCodeRow).values(due_at=START, **stands, **pin))
        codes = select(col(AccessCodeRow.id), col(AccessCodeRow.request_id), col(AccessCodeRow.guest_id))
        texts = [_said(*row, topic) for row in await connection.execute(codes) for topic in ("pin", "shared")]
        for start in range(0, len(texts), A_BATCH):
            await connection.execute(insert(MessageRow), texts[start : start + A_BATCH])
    await database.engine.dispose()


def _said(code_id: str, request_id: str, guest_id: str, topic: str) -> dict[str, object]:
    to_guest = topic == "pin"
    return {
        "id": f"{code_id}{topic}",
        "key": f"{code_id}:{topic}",
        "medium": (Medium.SMS if to_guest else Medium.SLACK).value,
        "recipient": guest_id if to_guest else "U_ADA",
        "phrase": topic,
        "facts": FACTS,
        "code_id": code_id,
        "request_id": request_id,
        "status": (MessageStatus.DELIVERED if to_guest else MessageStatus.SENT).value,
        "created_at": START - timedelta(hours=21),
        "attempts": 1,
        "in_thread": False,
        "way": "first",
        "earlier": [],
        "looks": 0,
        "version": 0,
    }
