"""The repository of approvers' codes: random, found by a fingerprint under our keys, and never kept as digits."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from ulid import ULID

from bot.domain.approvals.sms_approvers import CODE_DIGITS, SmsCode
from bot.domain.windows import AccessWindow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.statements import any_of
from storage.tables import IS_PENDING, AccessRequestRow, AlertRow, SmsCodeRow
from storage.transaction import Transaction

C = SmsCodeRow
_T, _A, _R = table(C).c, table(AlertRow).c, table(AccessRequestRow).c
KEPT = timedelta(days=90)
"""A code that is answered after so long is unknown; the request has lapsed long before."""

KEPT_SETTLED = timedelta(days=7)
"""A code whose request or alert is settled: whoever answers late reads so, and the digits are free again."""

TRIES = 1000

_WITH = all_columns(C).where(any_of(_T.mark, "marks"))
_CODE, _THEIRS, _OPEN = _T.id == bindparam("of"), _T.approver == bindparam("whose"), _T.used_at.is_(None)
_USE = update(table(C)).where(_CODE, _OPEN, _T.void_at.is_(None))
_GIVE_BACK = update(table(C)).where(_CODE, _T.used_at.is_not(None))
_VOID_ALL = update(table(C)).where(_THEIRS, _OPEN, _T.void_at.is_(None))
_VOID_OF_ALERT = _VOID_ALL.where(_T.alert_id == bindparam("alert"))
_VOID_OF_REQUEST = _VOID_ALL.where(_T.request_id == bindparam("request"), _T.alert_id.is_(None))
_ABOUT = select(_T.request_id).where(_THEIRS, _OPEN, _T.void_at.is_(None), _T.request_id.is_not(None))
_WAITING = select(_R.id).where(IS_PENDING)
_ALARMED = select(_A.id).where(_A.solved_at.is_(None))
_SETTLED = (_T.alert_id.is_(None) & _T.request_id.not_in(_WAITING)) | (
    _T.alert_id.is_not(None) & _T.alert_id.not_in(_ALARMED)
)
_OLD = select(_T.id).where(
    _THEIRS, (_T.created_at < bindparam("long_ago")) | (_SETTLED & (_T.created_at < bindparam("some_days_ago")))
)


class SmsCodeRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def issue(
        self, request_id: str | None, approver: str, window: AccessWindow, at: datetime, alert_id: str | None = None
    ) -> str:
        await self._sweep_up(C, _OLD, whose=approver, long_ago=at - KEPT, some_days_ago=at - KEPT_SETTLED)
        if alert_id is not None:
            await self._transaction.write(_VOID_OF_ALERT, {"whose": approver, "alert": alert_id, "void_at": at})
        else:
            await self._transaction.write(_VOID_OF_REQUEST, {"whose": approver, "request": request_id, "void_at": at})
        code = await self._free(approver)
        new = {
            "id": str(ULID()),
            "request_id": request_id,
            "approver": approver,
            "code": self._seals.seal(_whole(approver, code)),
            "mark": self._seals.fingerprint(_whole(approver, code)),
            "starts_at": window.starts_at,
            "ends_at": window.ends_at,
            "created_at": at,
            "alert_id": alert_id,
        }
        await self._add(C, new)
        return code

    async def find(self, approver: str, code: str) -> SmsCode | None:
        row = await self._transaction.first(_WITH, marks=self._marks(approver, code))
        if row is None:
            return None
        window = AccessWindow(row.starts_at, row.ends_at)
        return SmsCode(row.id, row.request_id, row.approver, window, row.used_at, row.void_at, row.alert_id)

    async def use(self, code_id: str, at: datetime) -> bool:
        return await self._transaction.write(_USE, {"of": code_id, "used_at": at}) == 1

    async def void_all(self, approver: str, at: datetime) -> Sequence[str]:
        named: set[str] = set(await self._transaction.column(_ABOUT, whose=approver))
        await self._transaction.write(_VOID_ALL, {"whose": approver, "void_at": at})
        return sorted(named)

    async def give_back(self, code_id: str) -> None:
        await self._transaction.write(_GIVE_BACK, {"of": code_id, "used_at": None})

    async def _free(self, approver: str) -> str:
        """One that this approver was not given lately: an old text must never decide a new request."""
        for _ in range(TRIES):
            code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
            if await self._transaction.first(_WITH, marks=self._marks(approver, code)) is None:
                return code
        raise RuntimeError("this approver holds nearly every code there is")

    def _marks(self, approver: str, code: str) -> Sequence[str]:
        return self._seals.fingerprints(_whole(approver, code))


def _whole(approver: str, code: str) -> str:
    """What is fingerprinted: the same digits mean nothing from another number, and are no PIN's."""
    return f"code of {approver}: {code}"
