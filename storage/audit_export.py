"""The audit log read from its beginning, for export. Writing it is `storage.audit_entries`."""

from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlmodel import col

from storage.engine import Database
from storage.tables import AuditEntryRow

BATCH = 1000


async def audit_entries(database: Database) -> AsyncIterator[dict[str, object]]:
    """Every entry in the order it was written, as plain values."""
    after = 0
    while True:
        async with database.engine.connect() as connection:
            table = AuditEntryRow.__table__  # type: ignore[attr-defined]
            page = (
                await connection.execute(
                    select(table).where(col(AuditEntryRow.id) > after).order_by(table.c.id).limit(BATCH)
                )
            ).all()
        if not page:
            return
        for entry in page:
            yield {
                "id": entry.id,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "what": entry.what,
                "subject": entry.subject,
                "facts": entry.facts,
            }
        after = page[-1].id
