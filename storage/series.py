"""Wishes that repeat: their table and its repository."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, String, bindparam, select, update
from sqlmodel import Field, SQLModel

from bot.domain.planning.visits import Visits
from bot.domain.sources.series import Series
from bot.domain.sources.source_stays import NEW
from storage.columns import UtcDateTime
from storage.repository import Repository, all_columns, table
from storage.statements import any_of
from storage.tables import AccessRequestRow


class SeriesRow(SQLModel, table=True):
    """`id` is its first request's; `visits` the days and hours, as JSON: nothing that names a person."""

    __tablename__ = "series"
    id: str = Field(sa_column=Column(String(26), ForeignKey("access_requests.id"), primary_key=True))
    visits: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    newest_id: str = Field(sa_column=Column(String(26), ForeignKey("access_requests.id"), nullable=False, index=True))
    done: int = 1
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True, index=True))
    ended_by: str | None = None
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    version: int = 0


S = SeriesRow
_T, _R = table(S).c, table(AccessRequestRow).c
_MANY = all_columns(S).where(any_of(_T.id, "ids"))
_STAYS_OF = select(_R.id).where(_R.series_id == bindparam("of")).order_by(_R.visit)
_ENDED_OF_GUEST = (
    update(table(S))
    .where(_T.ended_at.is_(None), _T.newest_id.in_(select(_R.id).where(_R.guest_id == bindparam("guest"))))
    .values(ended_by=bindparam("by"), ended_at=bindparam("at"), due_at=None, version=_T.version + 1)
)


class SeriesRepository(Repository):
    async def get(self, series_id: str) -> Series | None:
        row = await self._read(S, series_id)
        return _series(row) if row else None

    async def get_many(self, series_ids: Collection[str]) -> Mapping[str, Series]:
        if not series_ids:
            return {}
        return {row.id: _series(row) for row in await self._transaction.rows(_MANY, ids=series_ids)}

    async def put(self, series: Series) -> Series:
        changes = {
            "newest_id": series.newest_id,
            "done": series.done,
            "due_at": series.due_at,
            "ended_by": series.ended_by,
            "ended_at": series.ended_at,
        }
        if series.version != NEW:
            await self._guarded(S, series.id, series.version, changes)
            return replace(series, version=series.version + 1)
        await self._add(S, {"id": series.id, "visits": series.visits.as_json(), "version": 0, **changes})
        return replace(series, version=0)

    async def stays_of(self, series_id: str) -> Sequence[str]:
        return await self._transaction.column(_STAYS_OF, of=series_id)

    async def end_of_guest(self, guest_id: str, by: str, at: datetime) -> None:
        await self._transaction.write(_ENDED_OF_GUEST, {"guest": guest_id, "by": by, "at": at})


def _series(row: Any) -> Series:
    return Series(
        id=row.id,
        visits=Visits.from_json(row.visits),
        newest_id=row.newest_id,
        done=row.done,
        due_at=row.due_at,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        version=row.version,
    )
