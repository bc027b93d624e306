"""The repository of limits: one row for each that is in use, counted by one statement, so that all processes together
keep to it exactly; and rows that are held while somebody is counted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Executable, bindparam, case, select

from bot.domain.messages.rate_limits import Bucket
from storage.repository import Repository, insert_into, table
from storage.tables import LimitRow

L = LimitRow
_COUNTED = "counted:"
_KEPT = timedelta(days=1)
"""A row in step that long ago is as none at all."""

_COLUMNS = ("name", "in_step", "room")
_MILLISECOND = timedelta(milliseconds=1)
_OLD = select(table(L).c.name).where(table(L).c.in_step < bindparam("before"))
_IN_STEP = select(table(L).c.in_step).where(table(L).c.name == bindparam("of"))


class LimitRepository(Repository):
    async def take(self, buckets: Sequence[Bucket], now: datetime) -> tuple[Bucket, datetime] | None:
        values: dict[str, Any] = {"at": _milliseconds(now)}
        # In one order, or two transactions that take the same ones would wait for each other.
        for number, bucket in enumerate(sorted(buckets, key=lambda one: one.name)):
            values[f"name_{number}"] = bucket.name
            values[f"in_step_{number}"] = values["at"] + bucket.every // _MILLISECOND
            values[f"room_{number}"] = (bucket.burst - 1) * bucket.every // _MILLISECOND
        taken = _take(len(buckets), self._transaction.on_postgresql)
        done = set(await self._transaction.column(taken, **values))
        refused = next((bucket for bucket in buckets if bucket.name not in done), None)
        return (refused, await self._again_at(refused)) if refused else None

    async def for_update(self, whose: str, now: datetime) -> None:
        if not self._transaction.on_postgresql:  # one writer at a time
            return
        held = {"name": f"{_COUNTED}{whose}", "in_step": _milliseconds(now), "room": 0}
        await self._transaction.write(_hold(self._transaction.on_postgresql), held)

    async def forget(self, now: datetime) -> None:
        await self._sweep_up(L, _OLD, before=_milliseconds(now - _KEPT))

    async def _again_at(self, bucket: Bucket) -> datetime:
        in_step = await self._transaction.value(_IN_STEP, of=bucket.name)
        return datetime.fromtimestamp((in_step or 0) / 1000, UTC) - (bucket.burst - 1) * bucket.every


@cache
def _take(count: int, on_postgresql: bool) -> Executable:
    """For so many buckets at once. Made once: most of what it costs is making it."""
    of, at = table(L).c, bindparam("at", type_=BigInteger)
    rows: list[dict[str, Any]] = [{name: bindparam(f"{name}_{number}") for name in _COLUMNS} for number in range(count)]
    new = insert_into(L, on_postgresql).values(rows)
    from_now = case((of.in_step > at, of.in_step), else_=at)
    return new.on_conflict_do_update(
        index_elements=["name"],
        set_={"in_step": from_now + (new.excluded.in_step - at), "room": new.excluded.room},
        where=of.in_step <= at + new.excluded.room,
    ).returning(of.name)


@cache
def _hold(on_postgresql: bool) -> Executable:
    new = insert_into(L, on_postgresql)
    return new.on_conflict_do_update(index_elements=["name"], set_={"in_step": new.excluded.in_step})


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
