"""The repository of approvers' codes: random, kept as a fingerprint under our keys, never as digits."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from ulid import ULID

from bot.domain.approvals.sms_approvers import SmsCode
from bot.domain.windows import AccessWindow
from storage.repository import Repository
from storage.seals import Seals
from storage.tables import SmsCodeRow

C = SmsCodeRow
KEPT = timedelta(days=90)
"""A code that is answered after so long is unknown; the request has lapsed long before."""

TRIES = 1000


class SmsCodeRepository(Repository):
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        super().__init__(session)
        self._seals = seals

    async def issue(
        self, request_id: str | None, approver: str, window: AccessWindow, at: datetime, alert_id: str | None = None
    ) -> str:
        old = select(col(C.id)).where(col(C.approver) == approver, col(C.created_at) < at - KEPT)
        await self._sweep_up(C, old)
        code = await self._free(approver)
        row = C(
            id=str(ULID()),
            request_id=request_id,
            approver=approver,
            mark=self._seals.fingerprint(_whole(approver, code)),
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            created_at=at,
            alert_id=alert_id,
        )
        self._session.add(row)
        await self._session.flush()
        return code

    async def find(self, approver: str, code: str) -> SmsCode | None:
        row = (await self._session.scalars(_with(self._marks(approver, code)))).first()
        if row is None:
            return None
        window = AccessWindow(row.starts_at, row.ends_at)
        return SmsCode(row.id, row.request_id, row.approver, window, row.used_at, row.alert_id)

    async def use(self, code_id: str, at: datetime) -> bool:
        return await self._mark_used(code_id, at, col(C.used_at).is_(None))

    async def give_back(self, code_id: str) -> None:
        await self._mark_used(code_id, None, col(C.used_at).is_not(None))

    async def _mark_used(self, code_id: str, at: datetime | None, only: Any) -> bool:
        statement = update(C).where(col(C.id) == code_id, only).values(used_at=at)
        done = await self._session.execute(statement.execution_options(synchronize_session=False))
        return isinstance(done, CursorResult) and done.rowcount == 1

    async def _free(self, approver: str) -> str:
        """One that this approver was not given lately: an old text must never decide a new request."""
        for _ in range(TRIES):
            code = f"{secrets.randbelow(10_000):04d}"
            if await self._session.scalar(_with(self._marks(approver, code))) is None:
                return code
        raise RuntimeError("this approver holds nearly every code there is")

    def _marks(self, approver: str, code: str) -> Sequence[str]:
        return self._seals.fingerprints(_whole(approver, code))


def _with(marks: Sequence[str]) -> Any:
    # Read anew: `use` and `give_back` go past the session.
    return select(C).where(col(C.mark).in_(marks)).execution_options(populate_existing=True)


def _whole(approver: str, code: str) -> str:
    """What is fingerprinted: the same digits mean nothing from another number, and are no PIN's."""
    return f"code of {approver}: {code}"
