"""The repository of bookings: found by the fingerprint of what their system calls them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, select, update

from bot.domain.pins import Phone
from bot.domain.sources.bookings import Booking, KeptBooking, Unmet, names_number
from bot.domain.sources.source_stays import NEW
from bot.ports import Stale
from storage.booking_tables import BookingRow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.statements import any_of
from storage.transaction import Transaction

B = BookingRow
_T = table(B).c
_BY_KEY = all_columns(B).where(_T.source_id == bindparam("source"), any_of(_T.external_mark, "marks"))
_OPEN = all_columns(B).where(_T.words.is_not(None)).order_by(_T.id)
_OPEN_OF = _OPEN.where(_T.source_id == bindparam("source"))
_HOW_MANY = select(_T.source_id, func.count().label("waiting")).where(_T.words.is_not(None)).group_by(_T.source_id)
_FORGET = (
    update(table(B)).where(_T.id == bindparam("of")).values(words=None, due_at=None, unmet=None, version=_T.version + 1)
)


class BookingRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def get(self, booking_id: str) -> KeptBooking | None:
        row = await self._read(B, booking_id)
        return self._kept(row) if row else None

    async def by_id_there(self, source_id: str, external_id: str) -> KeptBooking | None:
        marks = self._seals.fingerprints(external_id)
        row = await self._transaction.first(_BY_KEY, source=source_id, marks=marks)
        return self._kept(row) if row else None

    async def put(self, kept: KeptBooking) -> KeptBooking:
        names = ("root_id", "spoken_by", "changed_at", "received_at", "over_at", "due_at", "claimed_until", "attempts")
        said: dict[str, Any] = {name: getattr(kept, name) for name in names}
        said["words"] = self._seals.seal(json.dumps(kept.words.as_json())) if kept.words else None
        said["unmet"] = kept.unmet.value if kept.unmet else None
        if kept.version != NEW:
            await self._guarded(B, kept.id, kept.version, said)
            return replace(kept, version=kept.version + 1)
        sealed, mark = self._seals.seal(kept.external_id), self._seals.fingerprint(kept.external_id)
        named = {"id": kept.id, "source_id": kept.source_id, "external_id": sealed, "external_mark": mark}
        if not await self._add_new(B, {**named, "version": 0, **said}):
            raise Stale(kept.id)
        return replace(kept, version=0)

    async def waiting(self, source_id: str) -> Sequence[KeptBooking]:
        return [self._kept(row) for row in await self._transaction.rows(_OPEN_OF, source=source_id)]

    async def how_many_wait(self) -> Mapping[str, int]:
        return {row.source_id: row.waiting for row in await self._transaction.rows(_HOW_MANY)}

    async def of_number(self, phone: Phone) -> Sequence[KeptBooking]:
        waiting = [self._kept(row) for row in await self._transaction.rows(_OPEN)]
        return [kept for kept in waiting if kept.words and names_number(kept.words, phone)]

    async def forget_number(self, phone: Phone) -> int:
        found = await self.of_number(phone)
        for kept in found:
            await self._transaction.write(_FORGET, {"of": kept.id})
        return len(found)

    def _kept(self, row: Any) -> KeptBooking:
        words = Booking.from_json(json.loads(self._seals.open(row.words))) if row.words is not None else None
        return KeptBooking(
            id=row.id,
            source_id=row.source_id,
            external_id=self._seals.open(row.external_id),
            received_at=row.received_at,
            over_at=row.over_at,
            words=words,
            changed_at=row.changed_at,
            root_id=row.root_id,
            spoken_by=row.spoken_by,
            due_at=row.due_at,
            claimed_until=row.claimed_until,
            attempts=row.attempts,
            unmet=Unmet(row.unmet) if row.unmet else None,
            version=row.version,
        )
