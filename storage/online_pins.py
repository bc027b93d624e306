"""The repository of online PINs: digits of people's own choice, under a seal like every other PIN."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select, update
from sqlmodel import col

from bot.domain.locks.online_pins import HELD, OnlinePin, OnlineStatus
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.statements import any_of, one_of
from storage.tables import HOLDS_A_PLACE, AccessCodeRow, OnlinePinRow
from storage.transaction import Transaction

R = OnlinePinRow
HELD_WORDS = [status.value for status in HELD]


def lives(now: BindParameter[datetime]) -> Any:
    """The condition for those that take a place at their lock."""
    return one_of(col(R.status), HELD_WORDS) & or_(col(R.ends_at).is_(None), col(R.ends_at) > now)


_T, _C = table(R).c, table(AccessCodeRow).c
_NOW: Any = bindparam("now")
_DIGITS = select(_T.pin, _T.next_pin).where(_T.id == bindparam("of"))
_OF_LOCK = all_columns(R).where(_T.lock_id == bindparam("door"), lives(_NOW)).order_by(_T.id)
_CHANGED = update(table(R)).where(_T.id == bindparam("of"))
# Only where new digits wait: a second outcome would put nothing in place of the PIN.
_SETTLED = _CHANGED.where(_T.next_pin.is_not(None)).values(next_pin=None, next_mark=None)
_SETTLED_ANEW = _SETTLED.values(pin=_T.next_pin, pin_mark=_T.next_mark)
_ONLINE_WITH = (
    select(_T.id)
    .where(_T.lock_id == bindparam("door"), any_of(_T.pin_mark, "marks") | any_of(_T.next_mark, "marks"), lives(_NOW))
    .limit(1)
)
_OFFLINE_WITH = (
    select(_C.id)
    .where(_C.lock_id == bindparam("door"), any_of(_C.pin_mark, "marks"), _C.ends_at > _NOW, HOLDS_A_PLACE)
    .limit(1)
)


class OnlinePinRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def add(self, pin: OnlinePin, digits: Pin) -> None:
        sealed, mark = self._seals.seal(digits.digits), self._seals.fingerprint(digits.digits)
        await self._add(R, {"id": pin.id, "version": 0, "pin": sealed, "pin_mark": mark, **_values(pin)})

    async def get(self, pin_id: str) -> OnlinePin | None:
        row = await self._read(R, pin_id)
        return _pin(row) if row else None

    async def save(self, pin: OnlinePin) -> OnlinePin:
        await self._guarded(R, pin.id, pin.version, _values(pin))
        return replace(pin, version=pin.version + 1)

    async def digits(self, pin_id: str) -> Pin | None:
        row = await self._transaction.first(_DIGITS, of=pin_id)
        return Pin(self._seals.open(row[1] or row[0])) if row else None

    async def keep_next(self, pin_id: str, digits: Pin) -> None:
        sealed = {"next_pin": self._seals.seal(digits.digits), "next_mark": self._seals.fingerprint(digits.digits)}
        await self._transaction.write(_CHANGED, {"of": pin_id, **sealed})

    async def settle(self, pin_id: str, *, changed: bool) -> None:
        await self._transaction.write(_SETTLED_ANEW if changed else _SETTLED, {"of": pin_id})

    async def holds(self, lock_id: str, digits: Pin, now: datetime) -> bool:
        marks = self._seals.fingerprints(digits.digits)
        given = {"door": lock_id, "marks": marks, "now": now}
        return any([await self._transaction.first(one, **given) is not None for one in (_ONLINE_WITH, _OFFLINE_WITH)])

    async def of_lock(self, lock_id: str, now: datetime) -> Sequence[OnlinePin]:
        return [_pin(row) for row in await self._transaction.rows(_OF_LOCK, door=lock_id, now=now)]


def _values(pin: OnlinePin) -> dict[str, Any]:
    return {
        "lock_id": pin.lock_id,
        "name": pin.name,
        "made_by": pin.made_by,
        "person": pin.person,
        "asked_at": pin.asked_at,
        "starts_at": pin.window.starts_at if pin.window else None,
        "ends_at": pin.window.ends_at if pin.window else None,
        "status": pin.status.value,
        "ref": pin.ref,
        "sent": pin.sent,
        "tried": pin.tried,
        "attempts": pin.attempts,
        "told_late": pin.told_late,
        "workspace": pin.workspace,
        "due_at": pin.due_at,
        "claimed_until": pin.claimed_until,
    }


def _pin(row: OnlinePinRow) -> OnlinePin:
    return OnlinePin(
        id=row.id,
        lock_id=row.lock_id,
        name=row.name,
        made_by=row.made_by,
        person=row.person,
        asked_at=row.asked_at,
        window=AccessWindow(row.starts_at, row.ends_at) if row.starts_at and row.ends_at else None,
        status=OnlineStatus(row.status),
        ref=row.ref,
        sent=row.sent,
        tried=row.tried,
        attempts=row.attempts,
        told_late=row.told_late,
        workspace=row.workspace,
        due_at=row.due_at,
        claimed_until=row.claimed_until,
        version=row.version,
    )
