"""The repository of stays that come by themselves: found by the fingerprint of what their source calls them."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain.sources.source_stays import NEW, SaidStay, SourceKey, SourceStay
from bot.ports import Stale
from storage.guest_pages import TOKEN_BYTES
from storage.programs import SourceStayRow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.statements import any_of
from storage.transaction import Transaction

S = SourceStayRow
_T = table(S).c
_BY_KEY = all_columns(S).where(_T.source == bindparam("source"), any_of(_T.external_mark, "marks"))
_AFTER = all_columns(S).where(_T.id > bindparam("after")).order_by(_T.id).limit(bindparam("most"))
_WITHOUT_CONTACT = (
    all_columns(S)
    .where(_T.due_at.is_not(None), _T.request_id.is_(None))
    .order_by(_T.due_at, _T.id)
    .limit(bindparam("most"))
)
_OF_REQUEST = all_columns(S).where(_T.request_id == bindparam("of")).order_by(_T.id.desc()).limit(1)
_LINK = select(_T.link).where(_T.id == bindparam("of"))
_LINKED = update(table(S)).where(_T.id == bindparam("of", type_=_T.id.type), _T.link.is_(None))
_BY_LINK = all_columns(S).where(any_of(_T.link_mark, "marks"))
_AFTER_OF_SOURCE = _AFTER.where(_T.source == bindparam("source"))


class SourceStayRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def get(self, stay_id: str) -> SourceStay | None:
        row = await self._read(S, stay_id)
        return self._stay(row) if row else None

    async def by_key(self, key: SourceKey) -> SourceStay | None:
        marks = self._seals.fingerprints(key.external_id)
        row = await self._transaction.first(_BY_KEY, source=key.source, marks=marks)
        return self._stay(row) if row else None

    async def of_request(self, request_id: str) -> SourceStay | None:
        row = await self._transaction.first(_OF_REQUEST, of=request_id)
        return self._stay(row) if row else None

    async def link_of(self, stay_id: str) -> str:
        found = await self._transaction.value(_LINK, of=stay_id)
        if found is None:
            made = secrets.token_urlsafe(TOKEN_BYTES)
            new = {"link": self._seals.seal(made), "link_mark": self._seals.fingerprint(made)}
            if await self._transaction.write(_LINKED, {"of": stay_id, **new}):
                return made
            found = await self._transaction.value(_LINK, of=stay_id)
        return self._seals.open(found)

    async def by_link(self, token: str) -> SourceStay | None:
        row = await self._transaction.first(_BY_LINK, marks=self._seals.fingerprints(token))
        return self._stay(row) if row else None

    async def put(self, stay: SourceStay) -> SourceStay:
        said = self._seals.seal(json.dumps(stay.said.as_json()))
        changes: dict[str, Any] = {"said": said, "request_id": stay.request_id, "due_at": stay.due_at}
        if not stay.said.confirmed:
            # Booked anew it may be somebody else's.
            changes |= {"link": None, "link_mark": None}
        if stay.version != NEW:
            await self._guarded(S, stay.id, stay.version, changes)
            return replace(stay, version=stay.version + 1)
        sealed, mark = self._seals.seal(stay.key.external_id), self._seals.fingerprint(stay.key.external_id)
        named = {"source": stay.key.source, "external_id": sealed, "external_mark": mark}
        if not await self._add_new(S, {"id": stay.id, "created_at": stay.created_at, "version": 0, **named, **changes}):
            raise Stale(stay.id)
        return replace(stay, version=0)

    async def without_contact(self, limit: int) -> Sequence[SourceStay]:
        return [self._stay(row) for row in await self._transaction.rows(_WITHOUT_CONTACT, most=limit)]

    async def after(self, stay_id: str, limit: int, source: str | None = None) -> Sequence[SourceStay]:
        if source is None:
            rows = await self._transaction.rows(_AFTER, after=stay_id, most=limit)
        else:
            rows = await self._transaction.rows(_AFTER_OF_SOURCE, after=stay_id, most=limit, source=source)
        return [self._stay(row) for row in rows]

    def _stay(self, row: Any) -> SourceStay:
        key = SourceKey(row.source, self._seals.open(row.external_id))
        said = SaidStay.from_json(json.loads(self._seals.open(row.said)))
        return SourceStay(row.id, key, said, row.created_at, row.request_id, row.due_at, row.version)
