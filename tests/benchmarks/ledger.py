"""What a lock holds, read from the rows: with a million codes behind it against a thousand, 199 live ones in both.

Most of the past has ended; a part was released, and a part expired unused, which stays that way for ever.
The live codes lie scattered among the others, as they would where many locks write in turn.
"""

import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
from sqlalchemy import text

from bot.domain.pins import Phone
from bot.domain.planning.ledger import LIVE_LIMIT
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, Store, UnitOfWork
from storage.engine import Database, database_url, open_database
from storage.migrate import migrate
from storage.nudges import Queue
from storage.seals import Seals
from storage.unit_of_work import open_store
from tests.benchmarks.ports import KEY
from tests.statements_said import statements_said

ROUNDS, EACH = 9, 40
FEW, MANY = 1_000, 1_000_000
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
STAY = AccessWindow(NOW, NOW + timedelta(days=9))
INDEXES = ("held_codes", "deleted_codes")

_NUMBERS = {
    "sqlite": "RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :codes)",
    "postgresql": "numbers(n) AS (SELECT generate_series(1, CAST(:codes AS integer)))",
}
_HOURS_FROM_NOW = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', '2026-12-01 09:00:00', ({hours}) || ' hours')",
    "postgresql": "timestamptz '2026-12-01 09:00:00+00' + ({hours}) * interval '1 hour'",
}
_FILL = """
WITH {numbers}, codes AS (SELECT n, n * {live} % :codes < {live} AS is_live FROM numbers)
INSERT INTO access_codes (id, request_id, lock_id, guest_id, status, kind, starts_at, ends_at,
                          slot_key, slot_index, mint_at, attempts, version)
SELECT 'C' || (1000000000 + n), 'R', :lock, :guest,
       CASE WHEN is_live THEN 'shared' WHEN n % 20 = 3 THEN 'expired' WHEN n % 20 = 7 THEN 'released' ELSE 'ended' END,
       'hourly', {start}, CASE WHEN is_live THEN {later} ELSE {past} END,
       'K' || (100000000000 + n), 1, {start}, 1, 0
FROM codes
"""


@dataclass(frozen=True, slots=True)
class Past:
    """A lock, and all the codes it has ever had."""

    database: Database
    store: Store
    lock_id: str


async def fresh(postgresql: str, name: str) -> str:
    """The address of a new database on this server."""
    connection = await asyncpg.connect(postgresql)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return database_url(postgresql).set(database=name).render_as_string(hide_password=False)


async def ledger(many: str, few: str) -> tuple[list[float], list[float]]:
    """Medians of each round, in seconds: a million codes behind the lock, a thousand. Both databases are empty."""
    async with behind(many, MANY) as old, behind(few, FEW) as young:
        rounds = [await _round(old, young) for _ in range(ROUNDS)]
        check_plans(await plans(old))
    return [ours for ours, _ in rounds], [baseline for _, baseline in rounds]


async def _round(old: Past, young: Past) -> tuple[float, float]:
    """The two in turn, call by call, so that whatever else the machine does falls on both."""
    ours, baseline = [], []
    async with old.store() as theirs, young.store() as others:
        for _ in range(EACH):
            ours.append(await _time(theirs, old.lock_id))
            baseline.append(await _time(others, young.lock_id))
    return statistics.median(ours), statistics.median(baseline)


async def _time(uow: UnitOfWork, lock_id: str) -> float:
    began = time.perf_counter()
    held = await uow.codes.holdings(lock_id, NOW)
    taken = time.perf_counter() - began
    if held.live != LIVE_LIMIT:
        raise RuntimeError(f"{held.live} live codes")
    return taken


@asynccontextmanager
async def behind(url: str, ended: int) -> AsyncIterator[Past]:
    database = open_database(url)
    await migrate(database)
    store = open_store(database, Seals([KEY]), Queue.in_memory())
    try:
        yield await _fill(database, store, ended + LIVE_LIMIT)
    finally:
        await database.engine.dispose()


async def _fill(database: Database, store: Store, codes: int) -> Past:
    """All codes belong to one request: what the ledger reads does not look at it."""
    async with store() as uow:
        await uow.locks.put(LockInfo("L", "Front door", "Europe/Paris", True, False), "UTC")
    async with store() as uow:
        (lock,) = await uow.locks.all()
        guest = await uow.guests.get_or_create("Cleo", Phone("+33639980001"), NOW)
        await uow.requests.add(AccessRequest("R", lock.id, guest.id, "U_ADA", STAY, STAY, PinKind.HOURLY, NOW))
    kind = database.engine.dialect.name
    hours = _HOURS_FROM_NOW[kind]
    fill = _FILL.format(
        numbers=_NUMBERS[kind],
        live=LIVE_LIMIT,
        start=hours.format(hours="-24 - n % 40000"),
        past=hours.format(hours="0 - n % 40000"),
        later=hours.format(hours="1 + n % 200"),
    )
    async with database.engine.begin() as connection:
        if database.is_postgresql:  # a million rows by our own hand: their references need no second look
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(fill), {"codes": codes, "lock": lock.id, "guest": guest.id})
        await connection.execute(text("ANALYZE"))
    return Past(database, store, lock.id)


async def plans(past: Past) -> list[str]:
    """How the database goes about the very statements that are timed, one for each that reads codes."""
    with statements_said() as said:
        async with past.store() as uow:
            await uow.codes.holdings(past.lock_id, NOW)
    explain = "EXPLAIN" if past.database.is_postgresql else "EXPLAIN QUERY PLAN"
    found = []
    async with past.database.engine.connect() as connection:
        for statement, parameters in (one for one in said if "FROM access_codes" in one[0]):
            rows = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
            found.append(" ".join(str(row[-1]) for row in rows))
    return found


def check_plans(found: Sequence[str]) -> None:
    """Raises RuntimeError where a part of the ledger is read without its index."""
    for plan in found:
        if not all(index in plan for index in INDEXES):
            raise RuntimeError(f"the ledger is read without its index: {plan}")
