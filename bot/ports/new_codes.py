"""Codes that are new, and what is to be done about them first."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.advance import begun
from bot.ports.unit_of_work import Subject, UnitOfWork


async def add_codes(uow: UnitOfWork, codes: Iterable[AccessCode], now: datetime) -> None:
    """Those whose PIN is to be made at once need no look before."""
    for code in codes:
        new = begun(code, now)
        await uow.codes.add(new)
        if new.status is CodeStatus.MINTING:
            await uow.audit.note(now, "clock", new.status.value, new.id)
            uow.nudge(Subject.MINT, new.id)
        elif new.mint_at <= now:
            uow.nudge(Subject.CODE, new.id)
