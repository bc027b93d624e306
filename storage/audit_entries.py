"""The repositories that only grow: who did what, and which deliveries of vendors we have seen."""

from datetime import datetime

from sqlalchemy import bindparam, func, select

from storage.repository import Repository, table
from storage.tables import AuditEntryRow, DeliveryRow

_T = table(AuditEntryRow).c
_SEEN = select(table(DeliveryRow).c.key).where(
    table(DeliveryRow).c.source == bindparam("source"), table(DeliveryRow).c.key == bindparam("key")
)
_COUNT = (
    select(func.count())
    .select_from(table(AuditEntryRow))
    .where(_T.at > bindparam("since"), _T.actor == bindparam("who"), _T.what == bindparam("did"))
)


class AuditRepository(Repository):
    async def note(self, at: datetime, actor: str, what: str, subject: str, **facts: str) -> None:
        entry = {"at": at, "actor": actor, "what": what, "subject": subject, "facts": facts}
        await self._add(AuditEntryRow, entry)

    async def count(self, actor: str, what: str, since: datetime) -> int:
        return int(await self._transaction.value(_COUNT, who=actor, did=what, since=since))


class DeliveryRepository(Repository):
    async def first(self, source: str, key: str, at: datetime) -> bool:
        return await self._add_new(DeliveryRow, {"source": source, "key": key, "at": at})

    async def seen(self, source: str, key: str) -> bool:
        return await self._transaction.first(_SEEN, source=source, key=key) is not None
