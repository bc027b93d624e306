"""The repositories that only grow: who did what, and which deliveries of vendors we have seen."""

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlmodel import col

from storage.repository import Repository
from storage.tables import AuditEntryRow, DeliveryRow


class AuditRepository(Repository):
    async def note(self, at: datetime, actor: str, what: str, subject: str, **facts: str) -> None:
        await self._session.execute(
            insert(AuditEntryRow).values(at=at, actor=actor, what=what, subject=subject, facts=facts)
        )

    async def count(self, actor: str, what: str, since: datetime) -> int:
        found = await self._session.scalar(
            select(func.count())
            .select_from(AuditEntryRow)
            .where(col(AuditEntryRow.at) > since, col(AuditEntryRow.actor) == actor, col(AuditEntryRow.what) == what)
        )
        return found or 0


class DeliveryRepository(Repository):
    async def first(self, source: str, key: str, at: datetime) -> bool:
        # Of two deliveries at once the second waits here until the first has committed, and is then none.
        statement = self._insert(DeliveryRow).values(source=source, key=key, at=at).on_conflict_do_nothing()
        done = await self._session.execute(statement.returning(col(DeliveryRow.key)))
        return done.scalar_one_or_none() is not None

    async def seen(self, source: str, key: str) -> bool:
        statement = select(col(DeliveryRow.key)).where(col(DeliveryRow.source) == source, col(DeliveryRow.key) == key)
        return await self._session.scalar(statement) is not None
