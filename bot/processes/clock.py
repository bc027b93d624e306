"""The clock: APScheduler looks for rows that are due and nudges them. It knows no business and keeps no state, so any
number of clocks may run; a row already waiting is not queued twice."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from bot.conversation.times import read_at
from bot.ports import Ports, ProviderError, Stale, Subject
from bot.ports.heartbeats import DEAD_AFTER, HEARTBEAT_EVERY, ProcessKind
from bot.ports.stale import retry_if_stale
from bot.processes.bugs import going_on, warn_seldom
from bot.processes.gauges import LAST_SWEEP, SWEPT
from bot.processes.reading import read_locks
from bot.workflows.erase import erase_old
from bot.workflows.tell_morning import tell_morning

log = structlog.get_logger()

Put = Callable[[list[tuple[Subject, str]]], Awaitable[None]]
AT_ONCE = 500
STOP_SECONDS = 10
FULL_SECONDS = 0.25
"""Where a sweep has found more than it takes, the next comes as soon as that: ten thousand may fall due at once."""

SWEEPS_A_LOOK = 10
"""Whether it is morning is looked at once in so many sweeps."""

FIRST_SYNC_SECONDS = 5
"""Until the locks have been read once, nobody can ask for anything: it is tried this often."""

AFTER_A_BUG_SECONDS = 60
"""A reading that met a bug meets it again, and each time it is traced."""


@retry_if_stale
async def sweep(ports: Ports, put: Put) -> int:
    """Nudges every row whose time has come; returns how many."""
    now = ports.clock.now()
    async with ports.store() as uow:
        due = list(await uow.due(now, AT_ONCE))
    # After the transaction: a nudge that is lost on the way comes again with the next sweep.
    await put(due)
    for subject, _row in due:
        SWEPT.labels(subject.value).inc()
    LAST_SWEEP.set_to_current_time()
    return len(due)


async def run_clock(
    ports: Ports,
    put: Put,
    tidy: Callable[[], Awaitable[None]],
    shutdown: asyncio.Event,
    *,
    sweep_seconds: float,
    ping: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Sweeps until `shutdown`, then lets a sweep under way finish; reads the locks every quarter of an hour. `ping`:
    tells somebody outside, each minute, that all is well."""
    scheduler, running = AsyncIOScheduler(timezone="UTC"), set[asyncio.Task[None]]()
    # By default APScheduler leaves out a run that is more than a second late, and makes up for each one missed.
    ticks = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}

    def every(part: str, doing: Callable[[], Awaitable[object]], **interval: float) -> Job:
        return scheduler.add_job(_tracked, "interval", (part, doing, running), **ticks, **interval)

    async def sweep_and_soon_again() -> None:
        if await sweep_quietly(ports, put) >= AT_ONCE:
            sweeping.modify(next_run_time=datetime.now(UTC) + timedelta(seconds=min(FULL_SECONDS, sweep_seconds)))

    sweeping = every("sweep", sweep_and_soon_again, seconds=sweep_seconds)
    every("morning", partial(tell_morning_quietly, ports), seconds=SWEEPS_A_LOOK * sweep_seconds)
    every("locks", partial(read_locks, ports), minutes=15)
    every("tidy", tidy, minutes=1)
    every("erase", partial(erase_quietly, ports), minutes=15)
    every("heartbeat", partial(_record_heartbeat_quietly, ports, put), seconds=HEARTBEAT_EVERY.total_seconds())
    if ping is not None:
        every("ping", ping, seconds=HEARTBEAT_EVERY.total_seconds())
    scheduler.start()
    # Once now: an interval's first run comes only when it is over, and `doctor` would miss the clock until then.
    with going_on("heartbeat"):
        await _record_heartbeat_quietly(ports, put)
    await _read_locks_once(ports, shutdown)
    await shutdown.wait()
    scheduler.pause()
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            # Also what was due when the clock was stopped and begins only now: whoever looks but once misses it.
            await asyncio.sleep(0)
            while running:
                await asyncio.wait(set(running))
    scheduler.shutdown(wait=False)


async def _read_locks_once(ports: Ports, shutdown: asyncio.Event) -> None:
    while not shutdown.is_set():
        seconds = AFTER_A_BUG_SECONDS
        with going_on("locks"):
            if await read_locks(ports):
                return
            seconds = FIRST_SYNC_SECONDS
        with suppress(TimeoutError):
            await asyncio.wait_for(shutdown.wait(), seconds)


async def _tracked(part: str, doing: Callable[[], Awaitable[object]], running: set[asyncio.Task[None]]) -> None:
    """APScheduler cancels what runs when it is shut down; so a stop has to know what runs."""
    task = asyncio.current_task()
    if task is not None:
        running.add(task)
    try:
        with going_on(part):
            await doing()
    finally:
        running.discard(task)


async def _record_heartbeat_quietly(ports: Ports, put: Put) -> None:
    """A sign of life of our own, and a nudge for a worker's."""
    try:
        await _record_heartbeat(ports)
        await put([(Subject.HEARTBEAT, "any")])
    except (SQLAlchemyError, OSError, Stale) as error:
        warn_seldom("the database did not take the clock's pulse", error=type(error).__name__)


@retry_if_stale
async def _record_heartbeat(ports: Ports) -> None:
    async with ports.store() as uow:
        await uow.limits.forget(ports.clock.now())
        # The earlier of both clocks: chat's buckets live by the machine's, those of texts by the people's.
        await uow.rate_limits.forget(min(ports.clock.now(), ports.clock.wall()))
        await uow.heartbeats.record(ProcessKind.CLOCK, ports.clock.wall())


async def sweep_quietly(ports: Ports, put: Put) -> int:
    try:
        return await sweep(ports, put)
    except (SQLAlchemyError, OSError, Stale) as error:
        warn_seldom("the database did not answer the sweep", error=type(error).__name__)
        return 0


async def ping_if_well(ports: Ports, ping: Callable[[], Awaitable[None]]) -> None:
    """Whoever is called calls us back where nothing is heard for a while: so nothing is said unless clock and worker
    live, and the database writes."""
    try:
        async with ports.store() as uow:
            newest = await uow.heartbeats.newest()
        wall = ports.clock.wall()
        if all(part in newest and wall - newest[part] <= DEAD_AFTER for part in ProcessKind):
            await ping()
        else:
            warn_seldom("no ping to HEARTBEAT_URL: a clock or a worker gives no sign of life")
    except (SQLAlchemyError, OSError, Stale) as error:
        warn_seldom("no ping to HEARTBEAT_URL: the database does not answer", error=type(error).__name__)
    except ProviderError as error:
        warn_seldom("HEARTBEAT_URL does not take a ping", error=str(error))


async def erase_quietly(ports: Ports) -> None:
    try:
        done = await erase_old(ports, ports.options.retention)
    except (SQLAlchemyError, OSError, Stale) as error:
        warn_seldom("the database did not answer the erasing", error=type(error).__name__)
    else:
        if done:
            log.info("erased what was kept long enough", count=done)


async def tell_morning_quietly(ports: Ports) -> None:
    try:
        with read_at(ports.clock.now()):
            await tell_morning(ports)
    except (SQLAlchemyError, OSError, Stale) as error:
        warn_seldom("the database did not answer the morning", error=type(error).__name__)
