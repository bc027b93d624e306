"""What a sweep would find."""

from datetime import datetime

from bot.ports import Subject, UnitOfWork


async def due_rows(uow: UnitOfWork, subject: Subject, now: datetime) -> list[str]:
    """The rows of this subject that are due by then, the longest overdue first."""
    return [row for kind, row in await uow.due(now, 1000) if kind is subject]
