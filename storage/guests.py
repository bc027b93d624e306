"""The repository of guests: numbers under a seal, found by fingerprint."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from ulid import ULID

from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice, language_choice_after
from bot.domain.pins import Phone
from bot.domain.stays.guests import Guest
from storage.repository import Repository, all_columns
from storage.seals import Seals
from storage.tables import GuestRow


class GuestRepository(Repository):
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        super().__init__(session)
        self._seals = seals

    async def get(self, guest_id: str) -> Guest | None:
        row = await self._read(GuestRow, guest_id)
        return self._guest(row) if row else None

    async def get_many(self, guest_ids: Collection[str]) -> Mapping[str, Guest]:
        rows = await self._rows(all_columns(GuestRow).where(col(GuestRow.id).in_(guest_ids)))
        return {row.id: self._guest(row) for row in rows}

    async def by_phone(self, phone: Phone) -> Guest | None:
        row = await self._by_phone(phone)
        return self._guest(row) if row else None

    async def get_or_create(self, name: str, phone: Phone, language_choice: LanguageChoice | None = None) -> Guest:
        row = await self._by_phone(phone)
        if row is None:
            sealed, mark = self._seals.seal(phone.e164), self._seals.fingerprint(phone.e164)
            new = self._insert(GuestRow).values(id=str(ULID()), name=name, phone=sealed, phone_mark=mark)
            await self._session.execute(new.on_conflict_do_nothing())  # two may welcome the same guest at once
            row = await self._by_phone(phone)
        if row is None:
            raise LookupError("a guest who was welcomed is not there")
        row.name = name
        if language_choice is not None:
            after = language_choice_after(_language_choice(row), language_choice)
            row.language, row.language_chosen_by = after.language.value, after.chosen_by.value
        self._session.add(row)
        await self._session.flush()
        return self._guest(row)

    async def opt_out(self, guest_id: str, at: datetime | None) -> None:
        row = await self._session.get(GuestRow, guest_id)
        if row is not None:
            row.opted_out_at = at
            await self._session.flush()

    async def _by_phone(self, phone: Phone) -> GuestRow | None:
        marks = self._seals.fingerprints(phone.e164)
        return (await self._session.scalars(select(GuestRow).where(col(GuestRow.phone_mark).in_(marks)))).first()

    def _guest(self, row: GuestRow) -> Guest:
        phone = Phone(self._seals.open(row.phone))
        return Guest(row.id, row.name, phone, _language_choice(row) or LanguageChoice(), row.opted_out_at)


def _language_choice(row: GuestRow) -> LanguageChoice | None:
    """None for a guest from before there were languages."""
    if row.language not in set(Language) or row.language_chosen_by not in set(ChosenBy):
        return None
    return LanguageChoice(Language(row.language), ChosenBy(row.language_chosen_by))
