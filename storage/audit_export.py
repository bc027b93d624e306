"""The audit log read from its beginning, for export and to verify it. Writing it is `storage.audit_entries`."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from storage.audit_chain import NOTHING_BEFORE, AuditLine, Verifier
from storage.audit_tables import AuditEntryRow, AuditHeadRow
from storage.engine import Database
from storage.repository import table

BATCH = 1000
_LINES, _HEAD = table(AuditEntryRow), table(AuditHeadRow)


class NoSuchLine(Exception):
    """No line has this chain; the words are for the operator."""

    def __init__(self) -> None:
        super().__init__("No line of the audit log has this chain: it, or one before it, was changed or taken out.")


async def audit_entries(database: Database) -> AsyncIterator[dict[str, object]]:
    """Every entry in the order it was written, as plain values."""
    async for line in _lines(database, 0):
        yield {**asdict(line), "at": line.at.isoformat(), "facts": dict(line.facts)}


async def verified(database: Database, since: datetime | str | None = None) -> Verifier:
    """The whole log, or what was written since a moment. A chain that was kept elsewhere has to be one of it still, or
    it raises NoSuchLine: whatever stands before that line is as it was then."""
    before, chain = await _begin(database, since)
    verifier = Verifier(before, chain)
    while True:
        async for line in _lines(database, verifier.last):
            verifier.take(line)
        async with database.engine.connect() as connection:
            head = (await connection.execute(select(_HEAD.c.last, _HEAD.c.chain))).first()
            more = await connection.scalar(select(func.max(_LINES.c.id)))
        if more is None or more <= verifier.last:  # else somebody has written meanwhile
            verifier.end((head.last, head.chain) if head else (0, ""))
            return verifier


async def _begin(database: Database, since: datetime | str | None) -> tuple[int, str]:
    """Number and chain of the line behind which it begins."""
    if since is None:
        return 0, NOTHING_BEFORE
    async with database.engine.connect() as connection:
        if isinstance(since, str):
            if await connection.scalar(select(_LINES.c.id).where(_LINES.c.chain == since).limit(1)) is None:
                raise NoSuchLine
            return 0, NOTHING_BEFORE
        first = await connection.scalar(select(func.min(_LINES.c.id)).where(_LINES.c.at >= since))
        behind = select(_LINES.c.id, _LINES.c.chain).order_by(_LINES.c.id.desc()).limit(1)
        found = (await connection.execute(behind if first is None else behind.where(_LINES.c.id < first))).first()
    return (found.id, found.chain) if found else (0, NOTHING_BEFORE)


async def _lines(database: Database, after: int) -> AsyncIterator[AuditLine]:
    """Page by page, each on its own: on SQLite whoever reads keeps the others from writing."""
    page = select(_LINES).where(_LINES.c.id > bindparam("after")).order_by(_LINES.c.id).limit(BATCH)
    while True:
        async with database.engine.connect() as connection:
            rows = (await connection.execute(page, {"after": after})).all()
        if not rows:
            return
        for row in rows:
            values: dict[str, Any] = dict(row._mapping)
            yield AuditLine(**values)
        after = rows[-1].id
