"""The repository of locks."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import bindparam, select, update
from ulid import ULID

from bot.domain.locks.health import Battery, LockHealth, newer
from bot.domain.locks.known_as import with_name
from bot.domain.locks.lock import GuestInfo, Lock, LockDefaults
from bot.domain.locks.presence import Presence, heard
from bot.domain.locks.zones import LockZone, ZoneSource, zone_after, zone_set
from bot.domain.planning.holdings import WHOLE_LOCK, FullSlot
from bot.domain.stays.access_requests import AccessRequest
from bot.ports import LockInfo
from storage.repository import Read, Repository, all_columns, table
from storage.statements import AT_A_TIME, any_of
from storage.tables import FullSlotRow, LockRow
from storage.transaction import Transaction

_BELIEVED = timedelta(days=30)
"""A slot once full stays full until its start has passed, and nobody plans further ahead than this by much."""

_LOCK_BELIEVED = timedelta(hours=1)
"""A full lock has a place again as soon as any PIN ends, and we cannot see the foreign ones: we ask again."""


_T, _F = table(LockRow).c, table(FullSlotRow).c
_COLUMNS = tuple(column.name for column in table(LockRow).columns)
_NEW = {name: getattr(LockRow(id="", provider_ref="", name="", zone="UTC"), name) for name in _COLUMNS}
_ALL = all_columns(LockRow).where(_T.forgotten_at.is_(None)).order_by(_T.name, _T.id)
_MANY = all_columns(LockRow).where(any_of(_T.id, "ids"))
_BY_REFS = all_columns(LockRow).where(any_of(_T.provider_ref, "refs"))
# By id, as everybody takes several.
_HELD = _MANY.order_by(_T.id).with_for_update(key_share=True)
_FULL = select(_F.kind, _F.slot_key, _F.at).where(_F.lock_id == bindparam("door"))
_CHANGED = update(table(LockRow)).where(_T.id == bindparam("of"))
_ERROR = _CHANGED.where(_T.pin_error_at.is_(None))
_NO_ERROR = _CHANGED.where(_T.pin_error_at.is_not(None))


class LockRepository(Repository):
    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._expected: dict[str, LockRow | None] = {}
        """By the provider's ids: what has been read for `put`, which takes it out."""
        self._unwritten: dict[str, tuple[LockRow, dict[str, Any] | None]] = {}
        """By id: as it is to be, and as it stands in the database, if it does. Of many they are written together, by
        id, as everybody takes several."""
        self._seen: dict[str, LockRow] = {}
        """By id: as this transaction has read them, until it holds or writes any. A workflow that asks for its doors at
        each of its steps reads them once, and means the same."""

    async def all(self) -> Sequence[Lock]:
        await self.write()
        found: list[Lock] = []
        for number, row in enumerate(await self._transaction.rows(_ALL), 1):
            found.append(_lock(row))
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)
        return found

    async def get(self, lock_id: str) -> Lock | None:
        return (await self.get_many([lock_id])).get(lock_id)

    async def get_many(self, lock_ids: Collection[str]) -> Mapping[str, Lock]:
        await self.write()
        if unseen := [each for each in lock_ids if each not in self._seen]:
            self._seen |= {row.id: row for row in await self._transaction.rows(_MANY, ids=unseen)}
        return {each: _lock(self._seen[each]) for each in lock_ids if each in self._seen}

    def reads_of(self, lock_ids: Collection[str]) -> Read:
        """What `get_many` reads."""
        return _MANY, {"ids": lock_ids}

    async def by_ref(self, provider_ref: str) -> Lock | None:
        await self.write()
        row = await self._transaction.first(_BY_REFS, refs=[provider_ref])
        return _lock(row) if row else None

    async def of_stay(self, request: AccessRequest) -> tuple[Lock, ...]:
        if not request.more_locks:
            only = await self.get(request.lock_id)
            return (only,) if only else ()
        found = await self.get_many(request.lock_ids)
        return tuple(found[each] for each in request.lock_ids) if len(found) == len(request.lock_ids) else ()

    async def for_update(self, *lock_ids: str) -> None:
        self._seen = {row.id: row for row in await self._transaction.rows(_HELD, ids=lock_ids)}

    async def learn_full(self, lock_id: str, slot: FullSlot, at: datetime) -> None:
        # The door first: what is known of its slots lies behind its row.
        await self.for_update(lock_id)
        kind, key = slot
        self._transaction.full_slots.pop(lock_id, None)
        await self._put(FullSlotRow, {"lock_id": lock_id, "kind": kind, "slot_key": key, "at": at})

    async def seen_full(self, lock_id: str, now: datetime) -> frozenset[FullSlot]:
        rows = self._transaction.full_slots.get(lock_id)
        if rows is None:
            rows = await self._transaction.rows(_FULL, door=lock_id)
        found = {(kind, key): at for kind, key, at in rows if at > now - _BELIEVED}
        if WHOLE_LOCK in found and found[WHOLE_LOCK] <= now - _LOCK_BELIEVED:
            del found[WHOLE_LOCK]
        return frozenset(found)

    async def expect(self, provider_refs: Collection[str]) -> None:
        await self.write()
        rows = await self._transaction.rows(_BY_REFS, refs=provider_refs)
        self._expected = dict.fromkeys(provider_refs) | {row.provider_ref: row for row in rows}

    async def put(self, seen: LockInfo, house: str, at: datetime | None = None) -> bool:
        alone = seen.provider_ref not in self._expected
        if alone:
            await self.expect([seen.provider_ref])
        known = self._expected.pop(seen.provider_ref)
        row = (
            self._to_change(known)
            if known
            else _plain(_NEW | {"id": str(ULID()), "provider_ref": seen.provider_ref, "name": seen.name, "zone": house})
        )
        row.names = list(with_name(tuple(row.names) or (row.name,), seen.name))
        row.name, row.forgotten_at = seen.name, None
        _go_by(row, zone_after(_zone(row), seen.zone, house), at or seen.health.seen_at)
        if known is None:
            row.zone_before = None
            self._unwritten[row.id] = row, None
        row.account_ref = seen.account_ref or row.account_ref
        if seen.health.seen_at is not None:
            _mark(row, heard(_presence(row), seen.health.seen_at))
        row.makes_offline_pins, row.has_bridge = seen.makes_offline_pins, seen.has_bridge
        row.bridge_ref = seen.bridge_ref
        health = newer(_health(row), seen.health)
        row.battery_level, row.battery_word = health.level, health.word.value if health.word else None
        row.online, row.seen_at = health.online, health.seen_at
        if alone:
            await self.write()
        return known is None

    async def set_up(self, lock_id: str, guest_info: GuestInfo, defaults: LockDefaults) -> None:
        async with self._changing(lock_id) as row:
            row.aliases, row.tags = "\n".join(defaults.aliases), "\n".join(defaults.tags)
            row.check_in, row.check_out = _clock(defaults.check_in), _clock(defaults.check_out)
            row.guest_name, row.wake, row.end_key = guest_info.door, guest_info.wake, guest_info.end_key
            row.contact, row.contact_phone = guest_info.contact, guest_info.contact_phone
            row.page = guest_info.page

    async def know_as(self, lock_id: str, names: Sequence[str]) -> None:
        async with self._changing(lock_id) as row:
            row.names = list(names)

    async def set_zone(self, lock_id: str, wanted: str, house: str, at: datetime) -> None:
        async with self._changing(lock_id) as row:
            _go_by(row, zone_set(_zone(row), wanted, house), at)

    async def zone_followed(self, lock_id: str) -> None:
        async with self._changing(lock_id) as row:
            row.zone_before = None

    async def forget(self, lock_id: str, at: datetime) -> None:
        async with self._changing(lock_id) as row:
            row.forgotten_at = at

    async def mark(self, lock_id: str, presence: Presence) -> None:
        row = await self._read(LockRow, lock_id) if lock_id not in self._unwritten else self._unwritten[lock_id][0]
        if row is not None:
            _mark(self._to_change(row), presence)

    async def write(self) -> None:
        """Writes what `put` and `mark` have left, by id; of each row what is new."""
        unwritten, self._unwritten = self._unwritten, {}
        if unwritten:
            self._seen.clear()
        for lock_id, (row, before) in sorted(unwritten.items()):
            values = {name: getattr(row, name) for name in _COLUMNS}
            if before is None:
                await self._add(LockRow, values)
                continue
            news = {name: value for name, value in values.items() if value != before[name]}
            if news:
                await self._transaction.write(_CHANGED, {"of": lock_id, **news})

    async def note_error(self, lock_id: str, at: datetime | None) -> None:
        """Writes only news, and at once: at the end of the transaction the door would come after the stay."""
        self._seen.clear()
        await self._transaction.write(_NO_ERROR if at is None else _ERROR, {"of": lock_id, "pin_error_at": at})

    async def _row(self, lock_id: str) -> LockRow | None:
        await self.write()
        return await self._read(LockRow, lock_id)

    @asynccontextmanager
    async def _changing(self, lock_id: str) -> AsyncIterator[LockRow]:
        """What is done to the row is written; a door that is not there is changed in vain."""
        known = await self._row(lock_id)
        yield self._to_change(known) if known else _plain(_NEW)
        await self.write()

    def _to_change(self, known: Any) -> LockRow:
        """A copy of what stands in the database, written with the rest of them."""
        if known.id not in self._unwritten:
            before: dict[str, Any] = known._asdict()
            self._unwritten[known.id] = _plain(before), before
        return self._unwritten[known.id][0]


def _plain(values: Mapping[str, Any]) -> LockRow:
    """As good as one: the class would have SQLAlchemy watch every attribute, which takes longer than to write it."""
    return cast("LockRow", SimpleNamespace(**values))


def _lock(row: LockRow) -> Lock:
    door, wake, end_key = row.guest_name or "", row.wake or "", row.end_key or ""
    guest_info = GuestInfo(door, wake, end_key, row.contact or "", row.contact_phone or "", row.page)
    makes, bridge = row.makes_offline_pins, row.has_bridge
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


def _zone(row: LockRow) -> LockZone:
    return LockZone(row.zone, ZoneSource(row.zone_source), row.vendor_zone)


def _go_by(row: LockRow, after: LockZone, at: datetime | None) -> None:
    """Until the stays have followed, it is kept by which zone they were planned."""
    if after.zone != row.zone:
        row.zone_before, row.zone_changed_at = row.zone_before or row.zone, at
    if row.zone_before == after.zone:
        row.zone_before = None
    row.zone, row.zone_source, row.vendor_zone = after.zone, after.source.value, after.by_provider


def _presence(row: LockRow) -> Presence:
    return Presence(row.listed_at, row.missing_since, row.missed_lists, row.gone_at)


def _mark(row: LockRow, presence: Presence) -> None:
    row.listed_at, row.missing_since = presence.heard_at, presence.missing_since
    row.missed_lists, row.gone_at = presence.missed_lists, presence.gone_at


def _defaults(row: LockRow) -> LockDefaults:
    hours = (time.fromisoformat(hour) if hour else None for hour in (row.check_in, row.check_out))
    return LockDefaults(tuple(row.aliases.splitlines()), tuple(row.tags.splitlines()), *hours)


def _clock(hour: time | None) -> str | None:
    return f"{hour:%H:%M}" if hour else None


def _health(row: LockRow) -> LockHealth:
    word = Battery(row.battery_word) if row.battery_word else None
    return LockHealth(row.battery_level, word, row.online, row.seen_at)
