"""The shelf of turns at the chat: how busy each lane is, and the turns that are kept for somebody."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import col

from bot.domain.messages.rate_limits import Lane, Traffic, failed, is_shut, next_turn, went
from storage.repository import Shelf
from storage.tables import LaneRow, TurnRow

_KEPT = timedelta(hours=1)
"""For those who never came: what they wanted to say was dropped."""


class TurnShelf(Shelf):
    async def take(self, lane: Lane, who: str, wall: datetime) -> datetime:
        traffic = await self._held(lane, wall)
        kept = None if is_shut(traffic, wall) else await self._kept(lane, who)
        if kept is None:
            turn, after = next_turn(lane, traffic, wall)
            if turn > wall and not is_shut(traffic, wall):
                await self._keep(TurnRow(who=who, lane=lane.name, at=turn))
        else:
            turn, after = kept, went(traffic, wall) if kept <= wall else traffic
        if turn <= wall and kept is not None:
            await self._forget(col(TurnRow.who) == who)
        if after != traffic:
            await self._save(lane, after)
        return turn

    async def failed(self, lane: Lane, wall: datetime, named: float | None) -> None:
        await self._save(lane, failed(await self._held(lane, wall), wall, named))
        await self._forget(col(TurnRow.lane) == lane.name)
        await self._sweep_up(TurnRow, select(col(TurnRow.who)).where(col(TurnRow.at) < wall - _KEPT))

    async def answered(self, lane: Lane) -> None:
        await self._session.execute(
            update(LaneRow)
            .where(col(LaneRow.name) == lane.name, col(LaneRow.failures) > 0)
            .values(failures=0, shut_until=None)
            .execution_options(synchronize_session=False)
        )

    async def _held(self, lane: Lane, wall: datetime) -> Traffic:
        """The lane's row, made if need be; nobody else changes it until the transaction ends."""
        row = await self._row(lane)
        if row is None:
            new = self._insert(LaneRow).values(name=lane.name, in_step=wall, failures=0)
            await self._session.execute(new.on_conflict_do_nothing())
            row = await self._row(lane)
        return Traffic(row.in_step, row.failures, row.shut_until, row.asked_until) if row else Traffic(wall)

    async def _row(self, lane: Lane) -> LaneRow | None:
        return await self._read(LaneRow, lane.name, hold=True)

    async def _save(self, lane: Lane, traffic: Traffic) -> None:
        await self._session.execute(
            update(LaneRow)
            .where(col(LaneRow.name) == lane.name)
            .values(**asdict(traffic))
            .execution_options(synchronize_session=False)
        )

    async def _kept(self, lane: Lane, who: str) -> datetime | None:
        return await self._session.scalar(
            select(col(TurnRow.at)).where(col(TurnRow.who) == who, col(TurnRow.lane) == lane.name)
        )

    async def _keep(self, row: TurnRow) -> None:
        await self._session.merge(row)
        await self._session.flush()

    async def _forget(self, which: ColumnElement[bool]) -> None:
        await self._session.execute(delete(TurnRow).where(which).execution_options(synchronize_session=False))
