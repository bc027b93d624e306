"""Nudges: PgQueuer carries "look at that row" to a worker. On PostgreSQL a nudge leaves with the transaction that
wrote the row; on SQLite, in one process, the in-memory adapter takes it right after the commit.

A nudge may be lost, repeated or late: rows carry `due_at`, and the clock sweeps them (`bot.processes.clock`).
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.inmemory import InMemoryQueries
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.models import Job
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.ports import Subject
from storage.engine import UNKNOWN_QUERY, BadAddress
from storage.errors import has_no_room, is_away
from storage.transaction import Transaction

if TYPE_CHECKING:
    import asyncpg

ENTRYPOINT = "look"
_HEARTBEAT = timedelta(seconds=5)
"""Another worker takes up what a dead one had in hand after this long."""

_NEVER = timedelta(days=1)
"""In one process nobody else could take it up: a job is only slow, never lost."""

_ROOM = 500
"""In memory the adapter looks through all that wait for every one that it takes. So many of a rank."""

_RANKS = {Subject.INBOX: 2, Subject.CODE: 1}
"""Higher is taken first, all others last. A look at a code is short, calls no vendor and decides what is to be said:
ten thousand are looked at before what is said of the first has gone out. Whoever typed a command waits for neither."""

_CALL_NOBODY = frozenset({Subject.CODE, Subject.INBOX, Subject.HEARTBEAT})
"""What calls no vendor, or lets commands that do go on by themselves, takes nobody's place among those that call one,
and waits for none."""

_AWAY_SECONDS = 1.0
"""Until a database that went away is looked for again."""

_TELL_AGAIN_SECONDS = 60.0

log = structlog.get_logger()

Nudge = tuple[Subject, str]
Handler = Callable[[Subject, str], Awaitable[None]]


def pack(nudge: Nudge) -> bytes:
    return f"{nudge[0].value}:{nudge[1]}".encode()


def unpack(payload: bytes) -> Nudge:
    subject, _, row_id = payload.decode().partition(":")
    return Subject(subject), row_id


def rank_of(nudge: Nudge) -> int:
    return _RANKS.get(nudge[0], 0)


def _rows(nudge: Nudge) -> list[Nudge]:
    """A nudge for each of the rows that it is about."""
    subject, row_ids = nudge
    return [(subject, each) for each in row_ids.split(",")] if subject is Subject.MESSAGE else [nudge]


async def _as_it_is(_connection: "asyncpg.Connection") -> None:
    """What is asked of it leaves no trace in its session: to make it as new after each statement is one more trip. A
    transaction that is still open has been rolled back before this."""


class _Asked:
    """The little of a PgQueuer driver that enqueueing needs: what it asks is kept."""

    async def fetch(self, query: str, *args: list[object]) -> list[dict[str, object]]:
        self.query, self.args = query, args
        return []


_PAYLOAD, _RANK = b"?", 77
_asked: list[_Asked] = []
"""How PgQueuer adds one job: it would work that out anew each time, which takes as long as to ask for it."""


async def enqueue_in(transaction: Transaction, nudges: Sequence[Nudge]) -> None:
    """Adds nudges to this very transaction (PostgreSQL)."""
    if not _asked:
        driver: Any = _Asked()
        # Without a dedupe key: it is also known while the job runs, and that may have read the row before this commit.
        await Queries(driver).enqueue([ENTRYPOINT], [_PAYLOAD], [_RANK])
        _asked.append(driver)
    one, given = _asked[0], {_PAYLOAD: [pack(nudge) for nudge in nudges], _RANK: [rank_of(nudge) for nudge in nudges]}
    many = [given.get(of_one[0]) or of_one * len(nudges) for of_one in one.args]
    await transaction.execute_soon(one.query, many)


@contextmanager
def _away_is_an_os_error() -> Iterator[None]:
    """The queue's driver has a family of errors of its own for a server that is gone, starts or stops, or whose disk is
    full; callers know that of the operating system."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        if is_away(error) or has_no_room(error) or type(error).__name__ == "InterfaceError":
            raise ConnectionError(type(error).__name__) from error
        raise


class Queue:
    """Where nudges go and where a worker takes them from."""

    def __init__(self, pgq: PgQueuer, pool: "asyncpg.Pool | None") -> None:
        self._pgq = pgq
        self._pool = pool
        self._waiting: set[Nudge] = set()
        """In memory, where nobody else takes any: a nudge for each row."""
        self._in_hand = 0
        self.handled = 0

    @classmethod
    def in_memory(cls) -> "Queue":
        return cls(PgQueuer.in_memory(), None)

    @classmethod
    async def on_postgresql(cls, engine: AsyncEngine) -> "Queue":
        import asyncpg

        dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            pool = await asyncpg.create_pool(dsn, min_size=1, max_size=5, reset=_as_it_is)
        except (ValueError, asyncpg.InterfaceError):
            raise BadAddress(UNKNOWN_QUERY) from None
        return cls(PgQueuer.from_asyncpg_pool(pool), pool)

    async def put(self, nudges: Sequence[Nudge]) -> None:
        """For the sweep, and for SQLite after a commit. A row already waiting is not queued twice; in memory a nudge
        for which there is no room is lost, and the sweep brings it back. Raises OSError where the database is away."""
        unique = list(dict.fromkeys(nudges))
        if self._pool is None:
            unique = [n for n in unique if not self._waiting.issuperset(_rows(n))]
            unique = self._with_room(unique)
            self._waiting.update(row for nudge in unique for row in _rows(nudge))
        else:
            unique.sort()  # two clocks sweep the same rows, and must not wait for each other
        # `skip`: a key that is known already would raise by default (facts/queue.md).
        if unique:
            with _away_is_an_os_error():
                await self._pgq.qm.queries.enqueue(
                    [ENTRYPOINT] * len(unique),
                    [pack(n) for n in unique],
                    [rank_of(n) for n in unique],
                    dedupe_key=[pack(n).decode() for n in unique] if self._pool is not None else None,
                    on_conflict="skip",
                )

    def _with_room(self, nudges: list[Nudge]) -> list[Nudge]:
        if len(self._waiting) + len(nudges) <= _ROOM:
            return nudges
        taken, kept = Counter(map(rank_of, self._waiting)), list[Nudge]()
        for nudge in nudges:
            if taken[rank_of(nudge)] < _ROOM:
                taken[rank_of(nudge)] += 1
                kept.append(nudge)
        return kept

    async def consume(self, process: Handler, shutdown: asyncio.Event, *, at_once: int, grace: float) -> None:
        """Hands nudges to `process` until `shutdown`, then lets running ones finish within `grace` seconds. `at_once`:
        so many that may call a vendor, and so many are taken in one go. A database that goes away is waited for: what
        was in hand comes again by the sweep."""
        loop, said_at = asyncio.get_running_loop(), -_TELL_AGAIN_SECONDS
        while not shutdown.is_set():
            try:
                with _away_is_an_os_error():
                    await self._consume(process, shutdown, at_once=at_once, grace=grace)
            except OSError as error:
                if loop.time() - said_at > _TELL_AGAIN_SECONDS:
                    said_at = loop.time()
                    log.warning("the database went away from the queue; it is waited for", error=type(error).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(shutdown.wait(), _AWAY_SECONDS)
                assert self._pool is not None  # nothing in memory goes away
                self._pgq = PgQueuer.from_asyncpg_pool(self._pool)

    async def _consume(self, process: Handler, shutdown: asyncio.Event, *, at_once: int, grace: float) -> None:
        places = asyncio.Semaphore(at_once)

        @self._pgq.entrypoint(ENTRYPOINT)
        async def look(job: Job) -> None:
            if job.payload is None:
                return
            nudge = unpack(job.payload)
            # Before it is done: news that come meanwhile must be able to queue it again.
            self._waiting.difference_update(_rows(nudge))
            self._in_hand += 1
            try:
                async with nullcontext() if nudge[0] in _CALL_NOBODY else places:
                    await process(*nudge)
            finally:
                self._in_hand -= 1
                self.handled += 1

        run = asyncio.create_task(
            self._pgq.run(
                # It takes no more in one go than half of what it may have in hand.
                batch_size=at_once,
                max_concurrent_tasks=2 * at_once,
                # By default a delayed job that nobody tells of waits up to 30 s (facts/queue.md).
                dequeue_timeout=timedelta(seconds=1),
                heartbeat_timeout=_HEARTBEAT if self._pool is not None else _NEVER,
            )
        )
        stopped = asyncio.create_task(shutdown.wait())
        await asyncio.wait({run, stopped}, return_when=asyncio.FIRST_COMPLETED)
        await _cancel(stopped)
        # Asked to stop, `run` waits for the jobs under way; a cancel at once would break them off (facts/queue.md).
        self._pgq.shutdown.set()
        done, _ = await asyncio.wait({run}, timeout=grace)
        if not done:
            await _cancel(run)
        elif (error := run.exception()) is not None:
            raise error

    @property
    def busy(self) -> bool:
        """Whether this process has something in hand; in memory, also whether anything waits."""
        return bool(self._waiting or self._in_hand)

    async def tidy(self) -> None:
        """The in-memory adapter never prunes its log; on PostgreSQL the worker aggregates it by itself."""
        if isinstance(self._pgq.queries, InMemoryQueries):
            await self._pgq.queries.clear_queue_log()

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()


async def install_queue(engine: AsyncEngine) -> None:
    """Creates or upgrades PgQueuer's own tables (PostgreSQL)."""
    import asyncpg

    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn)
    try:
        queries = Queries.from_asyncpg_connection(connection)
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()
    finally:
        await connection.close()


async def _cancel(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
