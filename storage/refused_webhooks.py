"""The repository of refused requests: one row for each vendor."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, select
from sqlmodel import col

from bot.ports.refused_webhooks import RefusedRequests
from storage.repository import Repository
from storage.tables import RefusedWebhookRow

R = RefusedWebhookRow
_ANEW_AFTER = timedelta(days=1)


class RefusedWebhookRepository(Repository):
    async def record(self, vendor: str, count: int, wall: datetime) -> None:
        new, long_ago = self._insert(R).values(vendor=vendor, count=count, since=wall, last=wall), wall - _ANEW_AFTER
        over = col(R.last) < long_ago
        counted = {
            "count": case((over, count), else_=col(R.count) + count),
            "since": case((over, wall), else_=col(R.since)),
            "last": wall,
        }
        await self._session.execute(new.on_conflict_do_update(index_elements=["vendor"], set_=counted))

    async def since(self, wall: datetime) -> Sequence[RefusedRequests]:
        rows = await self._session.scalars(select(R).where(col(R.last) > wall).order_by(col(R.vendor)))
        return [RefusedRequests(row.vendor, row.count, row.since, row.last) for row in rows]
