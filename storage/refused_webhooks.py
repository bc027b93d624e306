"""The repository of refused requests: one row for each vendor."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, bindparam, case

from bot.ports.refused_webhooks import RefusedRequests
from storage.repository import Repository, all_columns, insert_into, table
from storage.tables import RefusedWebhookRow

R = RefusedWebhookRow
_ANEW_AFTER = timedelta(days=1)
_T = table(R).c
_SINCE = all_columns(R).where(_T.last > bindparam("since")).order_by(_T.vendor)


@cache
def _counted(on_postgresql: bool) -> Executable:
    new, over = insert_into(R, on_postgresql), _T.last < bindparam("long_ago", type_=_T.last.type)
    counted = {
        "count": case((over, new.excluded.count), else_=_T.count + new.excluded.count),
        "since": case((over, new.excluded.last), else_=_T.since),
        "last": new.excluded.last,
    }
    return new.on_conflict_do_update(index_elements=["vendor"], set_=counted)


class RefusedWebhookRepository(Repository):
    async def record(self, vendor: str, count: int, wall: datetime) -> None:
        new = {"vendor": vendor, "count": count, "since": wall, "last": wall, "long_ago": wall - _ANEW_AFTER}
        await self._transaction.write(_counted(self._transaction.on_postgresql), new)

    async def since(self, wall: datetime) -> Sequence[RefusedRequests]:
        rows = await self._transaction.rows(_SINCE, since=wall)
        return [RefusedRequests(row.vendor, row.count, row.since, row.last) for row in rows]
