"""The repository of online PINs: digits of people's own choice, under a seal like every other PIN."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.domain.locks.online_pins import HELD, OnlinePin, OnlineStatus
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow
from storage.repository import Repository
from storage.seals import Seals
from storage.tables import HOLDS_A_PLACE, AccessCodeRow, OnlinePinRow

R = OnlinePinRow
HELD_WORDS = [status.value for status in HELD]


def lives(now: datetime | BindParameter[datetime]) -> Any:
    """The condition for those that take a place at their lock."""
    return col(R.status).in_(HELD_WORDS) & or_(col(R.ends_at).is_(None), col(R.ends_at) > now)


class OnlinePinRepository(Repository):
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        super().__init__(session)
        self._seals = seals

    async def add(self, pin: OnlinePin, digits: Pin) -> None:
        sealed, mark = self._seals.seal(digits.digits), self._seals.fingerprint(digits.digits)
        self._session.add(R(id=pin.id, pin=sealed, pin_mark=mark, **_values(pin)))
        await self._session.flush()

    async def get(self, pin_id: str) -> OnlinePin | None:
        row = await self._read(R, pin_id)
        return _pin(row) if row else None

    async def save(self, pin: OnlinePin) -> OnlinePin:
        await self._guarded(R, pin.id, pin.version, _values(pin))
        return replace(pin, version=pin.version + 1)

    async def digits(self, pin_id: str) -> Pin | None:
        found = await self._session.execute(select(col(R.pin), col(R.next_pin)).where(col(R.id) == pin_id))
        row = found.one_or_none()
        return Pin(self._seals.open(row[1] or row[0])) if row else None

    async def keep_next(self, pin_id: str, digits: Pin) -> None:
        sealed = {"next_pin": self._seals.seal(digits.digits), "next_mark": self._seals.fingerprint(digits.digits)}
        await self._change(pin_id, sealed)

    async def settle(self, pin_id: str, *, changed: bool) -> None:
        # Only where new digits wait: a second outcome would put nothing in place of the PIN.
        stand = {"pin": col(R.next_pin), "pin_mark": col(R.next_mark)} if changed else {}
        await self._change(pin_id, {**stand, "next_pin": None, "next_mark": None}, col(R.next_pin).is_not(None))

    async def holds(self, lock_id: str, digits: Pin, now: datetime) -> bool:
        marks = self._seals.fingerprints(digits.digits)
        known = or_(col(R.pin_mark).in_(marks), col(R.next_mark).in_(marks))
        online = select(col(R.id)).where(col(R.lock_id) == lock_id, known, lives(now))
        theirs = AccessCodeRow.pin_mark, AccessCodeRow.ends_at
        offline = select(col(AccessCodeRow.id)).where(
            col(AccessCodeRow.lock_id) == lock_id, col(theirs[0]).in_(marks), col(theirs[1]) > now, HOLDS_A_PLACE
        )
        return any([(await self._session.scalar(one.limit(1))) is not None for one in (online, offline)])

    async def of_lock(self, lock_id: str, now: datetime) -> Sequence[OnlinePin]:
        rows = await self._session.scalars(
            select(R)
            .where(col(R.lock_id) == lock_id, lives(now))
            .order_by(col(R.id))
            # Guarded updates go past the session, so what it remembers of a row may be old.
            .execution_options(populate_existing=True)
        )
        return [_pin(row) for row in rows]

    async def _change(self, pin_id: str, values: dict[str, Any], *where: Any) -> None:
        statement = update(R).where(col(R.id) == pin_id, *where).values(**values)
        await self._session.execute(statement.execution_options(synchronize_session=False))


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
