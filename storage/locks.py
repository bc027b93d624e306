"""The shelf of locks."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col
from ulid import ULID

from bot.domain.locks import Lock
from bot.ports import LockSeen
from storage.shelf import Shelf
from storage.tables import LockRow


class LockShelf(Shelf):
    async def all(self) -> Sequence[Lock]:
        rows = await self._session.scalars(select(LockRow).order_by(col(LockRow.name)))
        return [_lock(row) for row in rows]

    async def get(self, lock_id: str) -> Lock | None:
        row = await self._session.get(LockRow, lock_id)
        return _lock(row) if row else None

    async def by_ref(self, provider_ref: str) -> Lock | None:
        row = await self._by_ref(provider_ref)
        return _lock(row) if row else None

    async def hold(self, lock_id: str) -> None:
        await self._session.execute(select(col(LockRow.id)).where(col(LockRow.id) == lock_id).with_for_update())

    async def put(self, seen: LockSeen, zone: str) -> bool:
        row = await self._by_ref(seen.provider_ref)
        new = row is None
        row = row or LockRow(id=str(ULID()), provider_ref=seen.provider_ref, name=seen.name, zone=zone)
        row.name, row.zone = seen.name, zone
        row.makes_offline_pins, row.has_bridge = seen.makes_offline_pins, seen.has_bridge
        self._session.add(row)
        return new

    async def _by_ref(self, provider_ref: str) -> LockRow | None:
        found = await self._session.scalars(select(LockRow).where(col(LockRow.provider_ref) == provider_ref))
        return found.one_or_none()


def _lock(row: LockRow) -> Lock:
    return Lock(row.id, row.provider_ref, row.name, row.zone, row.makes_offline_pins, row.has_bridge)
