"""What every shelf has: the session it works in. Queries of one table stand in that table's own file."""

from typing import Any

from sqlalchemy import CursorResult, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.ports import Stale


class Shelf:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def _insert(self, row: Any) -> postgresql.Insert | sqlite.Insert:
        """An insert that knows `on_conflict_…`, which each database spells for itself."""
        on_postgresql = self._session.get_bind().dialect.name == "postgresql"
        return postgresql.insert(row) if on_postgresql else sqlite.insert(row)

    async def _guarded(self, row: Any, row_id: str, version: int, values: dict[str, Any]) -> None:
        """Changes one row if it is still as it was read. Raises Stale otherwise."""
        statement = (
            update(row)
            .where(row.id == row_id, row.version == version)
            .values(**values, version=version + 1)
            .execution_options(synchronize_session=False)
        )
        done = await self._session.execute(statement)
        if not isinstance(done, CursorResult) or done.rowcount != 1:
            raise Stale(f"{row.__tablename__} {row_id}")
