"""The repository of approvers' codes: random, found by a fingerprint under our keys, and never kept as digits."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from ulid import ULID

from bot.domain.approvals.sms_approvers import CODE_DIGITS, SmsCode
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.windows import AccessWindow
from storage.repository import Repository
from storage.seals import Seals
from storage.tables import AccessRequestRow, AlertRow, SmsCodeRow

A, C, R = AlertRow, SmsCodeRow, AccessRequestRow
KEPT = timedelta(days=90)
"""A code that is answered after so long is unknown; the request has lapsed long before."""

KEPT_SETTLED = timedelta(days=7)
"""A code whose request or alert is settled: whoever answers late reads so, and the digits are free again."""

TRIES = 1000


class SmsCodeRepository(Repository):
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        super().__init__(session)
        self._seals = seals

    async def issue(
        self, request_id: str | None, approver: str, window: AccessWindow, at: datetime, alert_id: str | None = None
    ) -> str:
        await self._forget(approver, at)
        await self._void(at, col(C.approver) == approver, _about(request_id, alert_id))
        code = await self._free(approver)
        row = C(
            id=str(ULID()),
            request_id=request_id,
            approver=approver,
            code=self._seals.seal(_whole(approver, code)),
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
        return SmsCode(row.id, row.request_id, row.approver, window, row.used_at, row.void_at, row.alert_id)

    async def use(self, code_id: str, at: datetime) -> bool:
        return await self._mark_used(code_id, at, col(C.used_at).is_(None) & col(C.void_at).is_(None))

    async def void_all(self, approver: str, at: datetime) -> Sequence[str]:
        theirs = col(C.approver) == approver, col(C.used_at).is_(None), col(C.void_at).is_(None)
        about = await self._session.scalars(select(col(C.request_id)).where(*theirs, col(C.request_id).is_not(None)))
        named = sorted({one for one in about if one is not None})
        await self._void(at, *theirs)
        return named

    async def give_back(self, code_id: str) -> None:
        await self._mark_used(code_id, None, col(C.used_at).is_not(None))

    async def _mark_used(self, code_id: str, at: datetime | None, only: Any) -> bool:
        statement = update(C).where(col(C.id) == code_id, only).values(used_at=at)
        done = await self._session.execute(statement.execution_options(synchronize_session=False))
        return isinstance(done, CursorResult) and done.rowcount == 1

    async def _void(self, at: datetime, *which: Any) -> None:
        open_codes = update(C).where(col(C.used_at).is_(None), col(C.void_at).is_(None), *which).values(void_at=at)
        await self._session.execute(open_codes.execution_options(synchronize_session=False))

    async def _forget(self, approver: str, at: datetime) -> None:
        waiting = select(col(R.id)).where(col(R.status) == RequestStatus.PENDING.value)
        alarmed = select(col(A.id)).where(col(A.solved_at).is_(None))
        by_request = col(C.alert_id).is_(None) & col(C.request_id).not_in(waiting)
        settled = by_request | (col(C.alert_id).is_not(None) & col(C.alert_id).not_in(alarmed))
        old = (col(C.created_at) < at - KEPT) | (settled & (col(C.created_at) < at - KEPT_SETTLED))
        await self._sweep_up(C, select(col(C.id)).where(col(C.approver) == approver, old))

    async def _free(self, approver: str) -> str:
        """One that this approver was not given lately: an old text must never decide a new request."""
        for _ in range(TRIES):
            code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
            if await self._session.scalar(_with(self._marks(approver, code))) is None:
                return code
        raise RuntimeError("this approver holds nearly every code there is")

    def _marks(self, approver: str, code: str) -> Sequence[str]:
        return self._seals.fingerprints(_whole(approver, code))


def _about(request_id: str | None, alert_id: str | None) -> Any:
    if alert_id is not None:
        return col(C.alert_id) == alert_id
    return (col(C.request_id) == request_id) & col(C.alert_id).is_(None)


def _with(marks: Sequence[str]) -> Any:
    # Read anew: `use` and `give_back` go past the session.
    return select(C).where(col(C.mark).in_(marks)).execution_options(populate_existing=True)


def _whole(approver: str, code: str) -> str:
    """What is fingerprinted: the same digits mean nothing from another number, and are no PIN's."""
    return f"code of {approver}: {code}"
