"""The repository of signs of life: one row for each kind of process, whoever of its processes was last."""

from datetime import datetime

from bot.ports.heartbeats import ProcessKind
from storage.repository import Repository, all_columns
from storage.tables import HeartbeatRow

_ALL = all_columns(HeartbeatRow)


class HeartbeatRepository(Repository):
    async def record(self, kind: ProcessKind, wall: datetime) -> None:
        await self._put(HeartbeatRow, {"kind": kind.value, "at": wall})

    async def newest(self) -> dict[ProcessKind, datetime]:
        rows = await self._transaction.rows(_ALL)
        return {ProcessKind(row.kind): row.at for row in rows}
