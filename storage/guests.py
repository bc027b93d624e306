"""The repository of guests: numbers under a seal, found by fingerprint; a stay's guest is its number with the name and
the language of that very stay."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from ulid import ULID

from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice, language_choice_after
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.guests import Guest
from storage.repository import Repository, all_columns, any_of
from storage.seals import Seals
from storage.tables import AccessRequestRow, GuestRow

R = AccessRequestRow
_APPROVED = col(R.status) == RequestStatus.APPROVED.value
_MARK = 16
_LOOKED_AT = 50
"""Of one number the newest so many stays say which language somebody was asked for in."""


class GuestRepository(Repository):
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        super().__init__(session)
        self._seals = seals

    async def of_stay(self, request_id: str) -> Guest | None:
        return (await self.of_stays([request_id])).get(request_id)

    async def of_stays(self, request_ids: Collection[str]) -> Mapping[str, Guest]:
        return {row.request_id: self._guest(row) for row in await self._rows(_of_stays(), ids=request_ids)}

    async def get(self, guest_id: str) -> Guest | None:
        return await self._newest(col(GuestRow.id) == guest_id)

    async def by_phone(self, phone: Phone) -> Guest | None:
        return await self._newest(self._has(phone))

    def mark(self, phone: Phone) -> str:
        return self._seals.fingerprint(phone.e164)[:_MARK]

    async def get_or_create(self, name: str, phone: Phone, language_choice: LanguageChoice | None = None) -> Guest:
        row = await self._row(phone)
        if row is None:
            sealed, mark = self._seals.seal(phone.e164), self._seals.fingerprint(phone.e164)
            new = self._insert(GuestRow).values(id=str(ULID()), phone=sealed, phone_mark=mark)
            await self._session.execute(new.on_conflict_do_nothing())  # two may welcome the same guest at once
            row = await self._row(phone)
        if row is None:
            raise LookupError("a guest who was welcomed is not there")
        before = await self._asked_for_in(row.id, name)
        after = language_choice_after(before, language_choice) if language_choice else before or LanguageChoice()
        return Guest(row.id, name, phone, after, row.opted_out_at)

    async def opt_out(self, guest_id: str, at: datetime | None) -> None:
        row = await self._session.get(GuestRow, guest_id)
        if row is not None:
            row.opted_out_at = at
            await self._session.flush()

    async def _newest(self, which: ColumnElement[bool]) -> Guest | None:
        """Without a name where no stay has this number yet."""
        stays = _guests().outerjoin(R, col(R.guest_id) == col(GuestRow.id)).where(which)
        row = await self._first(stays.order_by(_APPROVED.desc(), col(R.id).desc()).limit(1))
        return self._guest(row) if row else None

    async def _asked_for_in(self, guest_id: str, name: str) -> LanguageChoice | None:
        """The language that somebody named for this guest, the last time that anybody did."""
        named = col(R.language_chosen_by) == ChosenBy.REQUEST.value
        said: tuple[Any, ...] = (col(R.guest_name), col(R.language), _APPROVED.label("approved"))
        stays = select(*said).where(col(R.guest_id) == guest_id, named).order_by(col(R.id).desc()).limit(_LOOKED_AT)
        rows = await self._rows(stays)
        same = [row for row in rows if _plain(row.guest_name) == _plain(name)]
        # Of another name only what was approved: a wrong number in an ask must change nothing for whom it belongs to.
        meant = next(iter(same or [row for row in rows if row.approved]), None)
        return LanguageChoice(Language(meant.language), ChosenBy.REQUEST) if meant else None

    async def _row(self, phone: Phone) -> Any:
        return await self._first(all_columns(GuestRow).where(self._has(phone)))

    def _has(self, phone: Phone) -> ColumnElement[bool]:
        return col(GuestRow.phone_mark).in_(self._seals.fingerprints(phone.e164))

    def _guest(self, row: Any) -> Guest:
        phone = Phone(self._seals.open(row.phone))
        choice = LanguageChoice(Language(row.language), ChosenBy(row.language_chosen_by)) if row.request_id else None
        return Guest(row.id, row.guest_name or "", phone, choice or LanguageChoice(), row.opted_out_at)


def _guests() -> Select[*tuple[Any, ...]]:
    number = col(GuestRow.id), col(GuestRow.phone), col(GuestRow.opted_out_at)
    return select(*number, col(R.id).label("request_id"), col(R.guest_name), col(R.language), col(R.language_chosen_by))


@cache
def _of_stays() -> Select[Any]:
    return _guests().join(R, col(R.guest_id) == col(GuestRow.id)).where(col(R.id).in_(any_of("ids")))


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
