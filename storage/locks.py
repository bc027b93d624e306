"""The repository of locks."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from ulid import ULID

from bot.domain.locks.health import Battery, LockHealth, newer
from bot.domain.locks.known_as import with_name
from bot.domain.locks.lock import GuestInfo, Lock, LockDefaults
from bot.domain.locks.presence import Presence, heard
from bot.domain.locks.zones import LockZone, ZoneSource, zone_after, zone_set
from bot.domain.planning.holdings import WHOLE_LOCK, FullSlot
from bot.domain.stays.access_requests import AccessRequest
from bot.ports import LockInfo
from storage.repository import Repository, all_columns, any_of, table
from storage.tables import FullSlotRow, LockRow

_AT_A_TIME = 100

_BELIEVED = timedelta(days=30)
"""A slot once full stays full until its start has passed, and nobody plans further ahead than this by much."""

_LOCK_BELIEVED = timedelta(hours=1)
"""A full lock has a place again as soon as any PIN ends, and we cannot see the foreign ones: we ask again."""


_T, _F = table(LockRow).c, table(FullSlotRow).c
_ALL = all_columns(LockRow).where(_T.forgotten_at.is_(None)).order_by(_T.name, _T.id)
_MANY = all_columns(LockRow).where(_T.id.in_(any_of("ids")))
_FULL = all_columns(FullSlotRow).where(_F.lock_id == bindparam("door"), _F.at > bindparam("since"))


class LockRepository(Repository):
    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._expected: dict[str, LockRow | None] = {}
        """By the provider's ids: what has been read for `put`, which takes it out."""

    async def all(self) -> Sequence[Lock]:
        """Plain columns, and the loop is let go now and then: a house may have a thousand doors, and while they are
        read others wait to be answered."""
        # What was put in this transaction and is not written yet belongs into the answer.
        await self._session.flush()
        rows = await self._execute(_ALL)
        found: list[Lock] = []
        for batch in rows.partitions(_AT_A_TIME):
            found += [_lock(row) for row in batch]
            await asyncio.sleep(0)
        return found

    async def get(self, lock_id: str) -> Lock | None:
        row = await self._read(LockRow, lock_id)
        return _lock(row) if row else None

    async def get_many(self, lock_ids: Collection[str]) -> Mapping[str, Lock]:
        rows = await self._rows(_MANY, ids=lock_ids)
        return {row.id: _lock(row) for row in rows}

    async def by_ref(self, provider_ref: str) -> Lock | None:
        row = await self._first(all_columns(LockRow).where(col(LockRow.provider_ref) == provider_ref))
        return _lock(row) if row else None

    async def of_stay(self, request: AccessRequest) -> tuple[Lock, ...]:
        if not request.more_locks:
            only = await self.get(request.lock_id)
            return (only,) if only else ()
        found = await self.get_many(request.lock_ids)
        return tuple(found[each] for each in request.lock_ids) if len(found) == len(request.lock_ids) else ()

    async def for_update(self, *lock_ids: str) -> None:
        # By id, as everybody takes several.
        held = select(col(LockRow.id)).where(col(LockRow.id).in_(lock_ids)).order_by(col(LockRow.id))
        await self._execute(held.with_for_update(key_share=True))

    async def learn_full(self, lock_id: str, slot: FullSlot, at: datetime) -> None:
        # The door first: what is known of its slots lies behind its row.
        await self.for_update(lock_id)
        kind, key = slot
        row = await self._session.get(FullSlotRow, (lock_id, kind, key))
        row = row or FullSlotRow(lock_id=lock_id, kind=kind, slot_key=key, at=at)
        row.at = at
        self._session.add(row)
        await self._session.flush()

    async def seen_full(self, lock_id: str, now: datetime) -> frozenset[FullSlot]:
        rows = await self._rows(_FULL, door=lock_id, since=now - _BELIEVED)
        found = {(row.kind, row.slot_key): row.at for row in rows}
        if WHOLE_LOCK in found and found[WHOLE_LOCK] <= now - _LOCK_BELIEVED:
            del found[WHOLE_LOCK]
        return frozenset(found)

    async def expect(self, provider_refs: Collection[str]) -> None:
        rows = await self._session.scalars(select(LockRow).where(col(LockRow.provider_ref).in_(provider_refs)))
        self._expected = dict.fromkeys(provider_refs) | {row.provider_ref: row for row in rows}

    async def put(self, seen: LockInfo, house: str, at: datetime | None = None) -> bool:
        if seen.provider_ref not in self._expected:
            await self.expect([seen.provider_ref])
        row = self._expected.pop(seen.provider_ref)
        new = row is None
        row = row or LockRow(id=str(ULID()), provider_ref=seen.provider_ref, name=seen.name, zone=house)
        # A new list: one that grows in place is no change to SQLAlchemy.
        row.names = list(with_name(tuple(row.names) or (row.name,), seen.name))
        row.name, row.forgotten_at = seen.name, None
        _go_by(row, zone_after(_zone(row), seen.zone, house), at or seen.health.seen_at)
        row.zone_before = None if new else row.zone_before
        row.account_ref = seen.account_ref or row.account_ref
        if seen.health.seen_at is not None:
            _mark(row, heard(_presence(row), seen.health.seen_at))
        row.makes_offline_pins, row.has_bridge = seen.makes_offline_pins, seen.has_bridge
        row.bridge_ref = seen.bridge_ref
        health = newer(_health(row), seen.health)
        row.battery_level, row.battery_word = health.level, health.word.value if health.word else None
        row.online, row.seen_at = health.online, health.seen_at
        # Not flushed one by one: at a flush SQLAlchemy writes changed rows by their keys, so doors are taken by id.
        self._session.add(row)
        return new

    async def set_up(self, lock_id: str, guest_info: GuestInfo, defaults: LockDefaults) -> None:
        row = await self._session.get(LockRow, lock_id)
        if row is None:
            return
        row.aliases, row.tags = "\n".join(defaults.aliases), "\n".join(defaults.tags)
        row.check_in, row.check_out = _clock(defaults.check_in), _clock(defaults.check_out)
        row.guest_name, row.wake, row.end_key = guest_info.door, guest_info.wake, guest_info.end_key
        row.contact, row.contact_phone = guest_info.contact, guest_info.contact_phone
        self._session.add(row)
        await self._session.flush()

    async def know_as(self, lock_id: str, names: Sequence[str]) -> None:
        row = await self._session.get(LockRow, lock_id)
        if row is not None:
            row.names = list(names)
            await self._keep_row(row)

    async def set_zone(self, lock_id: str, wanted: str, house: str, at: datetime) -> None:
        row = await self._session.get(LockRow, lock_id)
        if row is not None:
            _go_by(row, zone_set(_zone(row), wanted, house), at)
            await self._keep_row(row)

    async def zone_followed(self, lock_id: str) -> None:
        row = await self._session.get(LockRow, lock_id)
        if row is not None:
            row.zone_before = None
            await self._keep_row(row)

    async def forget(self, lock_id: str, at: datetime) -> None:
        row = await self._session.get(LockRow, lock_id)
        if row is not None:
            row.forgotten_at = at
            await self._keep_row(row)

    async def mark(self, lock_id: str, presence: Presence) -> None:
        row = await self._session.get(LockRow, lock_id)
        if row is not None:
            _mark(row, presence)
            self._session.add(row)

    async def _keep_row(self, row: LockRow) -> None:
        self._session.add(row)
        await self._session.flush()

    async def note_error(self, lock_id: str, at: datetime | None) -> None:
        """Writes only news, and at once: at the end of the transaction the door would come after the stay."""
        news = col(LockRow.pin_error_at).is_not(None) if at is None else col(LockRow.pin_error_at).is_(None)
        noted = update(LockRow).where(col(LockRow.id) == lock_id, news).values(pin_error_at=at)
        await self._session.execute(noted.execution_options(synchronize_session=False))


def _lock(row: LockRow | Row[*tuple[Any, ...]]) -> Lock:
    said = (row.guest_name, row.wake, row.end_key, row.contact, row.contact_phone)
    guest_info, makes, bridge = GuestInfo(*(words or "" for words in said)), row.makes_offline_pins, row.has_bridge
    told_of = guest_info, _health(row), row.bridge_ref, row.pin_error_at, _defaults(row)
    return Lock(
        row.id,
        row.provider_ref,
        row.name,
        row.zone,
        makes,
        bridge,
        *told_of,
        zone_source=ZoneSource(row.zone_source),
        zone_before=row.zone_before,
        zone_changed_at=row.zone_changed_at,
        account_ref=row.account_ref,
        presence=_presence(row),
        forgotten_at=row.forgotten_at,
        names=tuple(row.names),
    )


def _zone(row: LockRow | Row[*tuple[Any, ...]]) -> LockZone:
    return LockZone(row.zone, ZoneSource(row.zone_source), row.vendor_zone)


def _go_by(row: LockRow, after: LockZone, at: datetime | None) -> None:
    """Until the stays have followed, it is kept by which zone they were planned."""
    if after.zone != row.zone:
        row.zone_before, row.zone_changed_at = row.zone_before or row.zone, at
    if row.zone_before == after.zone:
        row.zone_before = None
    row.zone, row.zone_source, row.vendor_zone = after.zone, after.source.value, after.by_provider


def _presence(row: LockRow | Row[*tuple[Any, ...]]) -> Presence:
    return Presence(row.listed_at, row.missing_since, row.missed_lists, row.gone_at)


def _mark(row: LockRow, presence: Presence) -> None:
    row.listed_at, row.missing_since = presence.heard_at, presence.missing_since
    row.missed_lists, row.gone_at = presence.missed_lists, presence.gone_at


def _defaults(row: LockRow | Row[*tuple[Any, ...]]) -> LockDefaults:
    hours = (time.fromisoformat(hour) if hour else None for hour in (row.check_in, row.check_out))
    return LockDefaults(tuple(row.aliases.splitlines()), tuple(row.tags.splitlines()), *hours)


def _clock(hour: time | None) -> str | None:
    return f"{hour:%H:%M}" if hour else None


def _health(row: LockRow | Row[*tuple[Any, ...]]) -> LockHealth:
    word = Battery(row.battery_word) if row.battery_word else None
    return LockHealth(row.battery_level, word, row.online, row.seen_at)
