"""Requests that wait for a decision, written in bulk; managers who may decide them; a clock that stands still."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from bot.domain.approvals.policy import Rule, Rules
from bot.domain.pins import Phone
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Clock, Ports
from storage.engine import open_database
from storage.new_ids import id_at
from storage.seals import Seals
from storage.tables import AccessRequestRow
from storage.unit_of_work import open_store
from tests.benchmarks.ports import installation

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIRST = T0 + 72 * HOUR
"""No PIN is minted on the spot: the earliest stay is further away than that."""

KEY = urlsafe_b64encode(bytes(range(32))).decode()
MANAGERS = ("U_BEN", "U_DAN")
DOORS = 5
_LENGTH = {PinKind.HOURLY: 30 * HOUR, PinKind.DAILY: 30 * 24 * HOUR, PinKind.ONE_TIME: 24 * HOUR}


@dataclass(frozen=True, slots=True)
class Pending:
    """What somebody has asked for, on whole hours; without an end it is of a usual length for its kind."""

    lock_id: str
    starts_at: datetime
    kind: PinKind = PinKind.HOURLY
    ends_at: datetime | None = None

    @property
    def window(self) -> AccessWindow:
        return AccessWindow(self.starts_at, self.ends_at or self.starts_at + _LENGTH[self.kind])


@asynccontextmanager
async def still_house(url: str, now: datetime = T0) -> AsyncIterator[Ports]:
    """The core on a real database, at one moment; two managers may approve. Every process has the same key."""
    database = open_database(url)
    try:
        async with installation(url, doors=DOORS) as (ports, queue, _texter):
            store = open_store(database, Seals([KEY]), queue)
            still, rules = Clock(lambda: now, lambda: now), Rules(Rule(MANAGERS))
            yield replace(ports, store=store, clock=still, approvers=_managers, rules=rules)
    finally:
        await database.engine.dispose()


async def _managers() -> frozenset[str]:
    return frozenset(MANAGERS)


async def lock_ids(ports: Ports) -> list[str]:
    async with ports.store() as uow:
        return [lock.id for lock in await uow.locks.all()]


async def write(url: str, ports: Ports, requested: Iterable[Pending]) -> list[str]:
    """The ids of the requests, in the order of the requested."""
    async with ports.store() as uow:
        guest = await uow.guests.get_or_create("Cleo", Phone("+33639981234"), T0)
    rows = [_row(wanted, guest.id) for wanted in requested]
    database = open_database(url)
    async with database.engine.begin() as connection:
        await connection.execute(insert(AccessRequestRow), rows)
    await database.engine.dispose()
    return [str(row["id"]) for row in rows]


def _row(wanted: Pending, guest_id: str) -> dict[str, object]:
    window = wanted.window
    return {
        "id": id_at(T0),
        "lock_id": wanted.lock_id,
        "guest_id": guest_id,
        "guest_name": "Cleo",
        "requester": "U_ADA",
        "status": "pending",
        "kind": wanted.kind.value,
        "asked_starts_at": window.starts_at,
        "asked_ends_at": window.ends_at,
        "granted_starts_at": window.starts_at,
        "granted_ends_at": window.ends_at,
        "created_at": T0,
        "due_at": window.starts_at,
        "version": 0,
    }
