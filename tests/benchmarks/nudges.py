"""Nudges a second through our worker, each one a look at the database, against bare PgQueuer jobs that do nothing."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable

from bot.ports import Subject
from bot.processes.worker import take_nudges
from storage.engine import open_database
from storage.nudges import Queue
from tests.benchmarks.machine import Rate
from tests.benchmarks.ports import LOCKS, installation, machines_clock

ROUNDS, JOBS, AT_ONCE = 3, 2000, 20


async def nudges(url: str) -> tuple[list[Rate], list[Rate]]:
    """A figure per round: ours, bare."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        async with installation(url, machines_clock(), LOCKS) as (ports, queue, _texter):
            ours.append(await _drain(queue, take_nudges(ports)))
        database = open_database(url)
        empty = await Queue.on_postgresql(database.engine)
        bare.append(await _drain(empty, _nothing))
        await empty.close()
        await database.engine.dispose()
    return ours, bare


async def _nothing(subject: Subject, row_id: str) -> None:
    return None


async def _drain(queue: Queue, doing: Callable[[Subject, str], Awaitable[None]]) -> Rate:
    await queue.put([(Subject.CODE, f"nobody-{n}") for n in range(JOBS)])
    stop = asyncio.Event()
    gc.collect()
    gc.freeze()  # as a bot does once it has started: what came with its modules is not looked through again
    used, started = time.process_time(), time.perf_counter()
    working = asyncio.create_task(queue.consume(doing, stop, at_once=AT_ONCE, grace=10))
    while queue.handled < JOBS:
        await asyncio.sleep(0.005)
    made = Rate(JOBS / (time.perf_counter() - started), (time.process_time() - used) / JOBS)
    stop.set()
    await working
    return made
