"""The shelf of signs of life: one row for each part, whoever of its processes was last."""

from datetime import datetime

from sqlalchemy import select

from bot.ports.heartbeats import Part
from storage.repository import Shelf
from storage.tables import PulseRow


class PulseShelf(Shelf):
    async def beat(self, part: Part, wall: datetime) -> None:
        new = self._insert(PulseRow).values(part=part.value, at=wall)
        await self._session.execute(new.on_conflict_do_update(index_elements=["part"], set_={"at": wall}))

    async def newest(self) -> dict[Part, datetime]:
        rows = await self._session.scalars(select(PulseRow))
        return {Part(row.part): row.at for row in rows}
