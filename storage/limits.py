"""The repository of limits: one row for each that is in use, counted by one statement, so that all processes together
keep to it exactly; and rows that are held while somebody is counted."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, select
from sqlmodel import col

from bot.domain.messages.rate_limits import Bucket
from storage.repository import Repository
from storage.tables import LimitRow

L = LimitRow
_COUNTED = "counted:"
_KEPT = timedelta(days=1)
"""A row in step that long ago is as none at all."""

_MILLISECOND = timedelta(milliseconds=1)


class LimitRepository(Repository):
    async def take(self, buckets: Sequence[Bucket], now: datetime) -> tuple[Bucket, datetime] | None:
        at = _milliseconds(now)
        rows = [
            {
                "name": bucket.name,
                "in_step": at + bucket.every // _MILLISECOND,
                "room": (bucket.burst - 1) * bucket.every // _MILLISECOND,
            }
            # In one order, or two transactions that take the same ones would wait for each other.
            for bucket in sorted(buckets, key=lambda one: one.name)
        ]
        new = self._insert(L).values(rows)
        from_now = case((col(L.in_step) > at, col(L.in_step)), else_=at)
        taken = new.on_conflict_do_update(
            index_elements=["name"],
            set_={"in_step": from_now + (new.excluded.in_step - at), "room": new.excluded.room},
            where=col(L.in_step) <= at + new.excluded.room,
        ).returning(col(L.name))
        done = set((await self._session.execute(taken)).scalars())
        refused = next((bucket for bucket in buckets if bucket.name not in done), None)
        return (refused, await self._again_at(refused)) if refused else None

    async def for_update(self, whose: str, now: datetime) -> None:
        if not self._on_postgresql:  # one writer at a time
            return
        new = self._insert(L).values(name=f"{_COUNTED}{whose}", in_step=_milliseconds(now), room=0)
        await self._session.execute(
            new.on_conflict_do_update(index_elements=["name"], set_={"in_step": new.excluded.in_step})
        )

    async def forget(self, now: datetime) -> None:
        await self._sweep_up(L, select(col(L.name)).where(col(L.in_step) < _milliseconds(now - _KEPT)))

    async def _again_at(self, bucket: Bucket) -> datetime:
        in_step = await self._session.scalar(select(col(L.in_step)).where(col(L.name) == bucket.name))
        return datetime.fromtimestamp((in_step or 0) / 1000, UTC) - (bucket.burst - 1) * bucket.every


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
