"""The repositories of booking systems, and of which doors their listings are."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, update

from bot.domain.sources.booking_sources import BookingSource, Credentials, MappedListing
from bot.domain.sources.bookings import BookedListing
from bot.domain.sources.source_stays import NEW
from bot.ports import Stale
from storage.booking_tables import BookingRow, BookingSourceRow, ListingRow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.statements import any_of
from storage.transaction import Transaction

S, L = BookingSourceRow, ListingRow
_S, _L = table(S).c, table(L).c
_ALL = all_columns(S).order_by(_S.name)
_OF = bindparam("of", type_=_S.id.type)
_OF_SOURCE = all_columns(L).where(_L.source_id == _OF).order_by(_L.name, _L.listing)
_KNOWN = all_columns(L).where(any_of(_L.id, "ids"))
_BY_ID = update(table(S)).where(_S.id == _OF)
_RENAMED = update(table(L)).where(_L.id == _OF)
_AWAY = [
    delete(table(BookingRow)).where(table(BookingRow).c.source_id == _OF),
    delete(table(L)).where(_L.source_id == _OF),
    delete(table(S)).where(_S.id == _OF),
]


class BookingSourceRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def all(self) -> Sequence[BookingSource]:
        return [self._source(row) for row in await self._transaction.rows(_ALL)]

    async def get(self, source_id: str) -> BookingSource | None:
        row = await self._read(S, source_id)
        return self._source(row) if row else None

    async def put(self, source: BookingSource) -> None:
        sealed = self._seals.seal(json.dumps(asdict(source.credentials)))
        # What it was let in with was by the credentials before.
        said: dict[str, Any] = {"name": source.name, "vendor": source.vendor, "credentials": sealed, "token": None}
        if source.version != NEW:
            await self._guarded(S, source.id, source.version, said)
            return
        if not await self._add_new(S, {"id": source.id, "created_at": source.created_at, "version": 0, **said}):
            raise Stale(source.id)

    async def remove(self, source_id: str) -> None:
        await self._read(S, source_id, for_update=True)  # first, in the one order of rows
        for statement in _AWAY:
            await self._transaction.write(statement, {"of": source_id})

    async def heard(self, source_id: str, at: datetime) -> None:
        await self._transaction.write(_BY_ID, {"of": source_id, "heard_at": at})

    async def token(self, source_id: str) -> str | None:
        row = await self._read(S, source_id)
        return self._seals.open(row.token) if row and row.token is not None else None

    async def keep_token(self, source_id: str, token: str) -> None:
        await self._transaction.write(_BY_ID, {"of": source_id, "token": self._seals.seal(token)})

    def _source(self, row: Any) -> BookingSource:
        kept = json.loads(self._seals.open(row.credentials))
        credentials = Credentials(**{**kept, "secrets": tuple(kept["secrets"])})
        return BookingSource(row.id, row.name, row.vendor, credentials, row.created_at, row.heard_at, row.version)


class ListingRepository(Repository):
    async def of(self, source_id: str) -> Sequence[MappedListing]:
        rows = await self._transaction.rows(_OF_SOURCE, of=source_id)
        return [MappedListing(row.source_id, row.listing, row.name, tuple(row.lock_ids), row.seen_at) for row in rows]

    async def seen(self, source_id: str, listings: Sequence[BookedListing], at: datetime) -> None:
        ids = {_id(source_id, one.id): one for one in listings}
        known = {row.id: row for row in await self._transaction.rows(_KNOWN, ids=sorted(ids))}
        for key, one in sorted(ids.items()):
            row = known.get(key)
            if row is None:
                said = {"id": key, "source_id": source_id, "listing": one.id, "name": one.name}
                await self._add_new(L, {**said, "lock_ids": [], "seen_at": at})
            elif row.seen_at is None or (one.name and one.name != row.name):
                values = {"of": key, "name": one.name or row.name, "seen_at": row.seen_at or at}
                await self._transaction.write(_RENAMED, values)

    async def map(self, source_id: str, listing: str, lock_ids: Sequence[str]) -> None:
        said = {"id": _id(source_id, listing), "source_id": source_id, "listing": listing}
        await self._add_new(L, {**said, "name": "", "lock_ids": list(lock_ids)})
        await self._transaction.write(_RENAMED, {"of": said["id"], "lock_ids": list(lock_ids)})


def _id(source_id: str, listing: str) -> str:
    return f"{source_id}:{listing}"
