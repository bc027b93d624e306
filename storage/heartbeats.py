"""The repository of signs of life: one row for each kind of process, whoever of its processes was last."""

from datetime import datetime

from sqlalchemy import select

from bot.ports.heartbeats import ProcessKind
from storage.repository import Repository
from storage.tables import HeartbeatRow


class HeartbeatRepository(Repository):
    async def record(self, kind: ProcessKind, wall: datetime) -> None:
        new = self._insert(HeartbeatRow).values(kind=kind.value, at=wall)
        await self._session.execute(new.on_conflict_do_update(index_elements=["kind"], set_={"at": wall}))

    async def newest(self) -> dict[ProcessKind, datetime]:
        rows = await self._session.scalars(select(HeartbeatRow))
        return {ProcessKind(row.kind): row.at for row in rows}
