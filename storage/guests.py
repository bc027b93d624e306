"""The repository of guests: numbers under a seal, found by fingerprint; a stay's guest is its number with the name and
the language of that very stay."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select, update
from sqlmodel import col

from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice, language_choice_after
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.guests import Guest
from storage.new_ids import id_at
from storage.repository import Read, Repository, insert_of, table
from storage.seals import Seals
from storage.statements import any_of
from storage.tables import AccessRequestRow, GuestRow
from storage.transaction import Transaction

R = AccessRequestRow
_APPROVED = col(R.status) == RequestStatus.APPROVED.value
_MARK = 16
_LOOKED_AT = 50
"""Of one number the newest so many stays say which language somebody was asked for in."""


class GuestRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals
        self._made: set[str] = set()
        self._marks: dict[str, list[str]] = {}
        """By number: an ask wants its marks three times."""
        self._looked_for: dict[str, Any] = {}
        """By number: what was found, or None, so that whoever asks whether there is a guest and then makes one looks
        once."""

    def made_here(self, guest_id: str) -> bool:
        return guest_id in self._made

    async def of_stay(self, request_id: str) -> Guest | None:
        read = self._transaction.guests.get(request_id)
        if read is None:
            return (await self.of_stays([request_id])).get(request_id)
        choice = LanguageChoice(Language(read.language), ChosenBy(read.language_chosen_by))
        phone = Phone(self._seals.open(read.phone))
        return Guest(read.guest_id, read.guest_name, phone, choice, read.opted_out_at)

    async def of_stays(self, request_ids: Collection[str]) -> Mapping[str, Guest]:
        return {row.request_id: self._guest(row) for row in await self._transaction.rows(_OF_STAYS, ids=request_ids)}

    async def get(self, guest_id: str) -> Guest | None:
        """Without a name where no stay has this number yet."""
        row = await self._transaction.first(_NEWEST_BY_ID, of=guest_id)
        return self._guest(row) if row else None

    async def by_phone(self, phone: Phone) -> Guest | None:
        row = self._looked_for[phone.e164] = await self._row(phone)
        return self._guest(row) if row else None

    def reads_of(self, phone: Phone) -> Read:
        """What `by_phone` and `get_or_create` read."""
        return _NEWEST_BY_MARK, {"marks": self._marks_of(phone)}

    def mark(self, phone: Phone) -> str:
        return self._marks_of(phone)[0][:_MARK]

    async def get_or_create(
        self, name: str, phone: Phone, now: datetime, language_choice: LanguageChoice | None = None
    ) -> Guest:
        looked_for = self._looked_for
        row = looked_for.pop(phone.e164) if phone.e164 in looked_for else await self._row(phone)
        if row is None:
            sealed, mark = self._seals.seal(phone.e164), self._marks_of(phone)[0]
            new_id = id_at(now)
            # Where two welcome the same guest at once, the second is undone, looks again and finds them.
            new = {"id": new_id, "phone": sealed, "phone_mark": mark}
            await self._transaction.write_soon(insert_of(GuestRow), new)
            self._made.add(new_id)
            return Guest(new_id, name, phone, language_choice or LanguageChoice(), None)
        before = await self._asked_for_in(row.id, name)
        after = language_choice_after(before, language_choice) if language_choice else before or LanguageChoice()
        return Guest(row.id, name, phone, after, row.opted_out_at)

    async def opt_out(self, guest_id: str, at: datetime | None) -> None:
        self._transaction.guests.clear()
        await self._transaction.write(_OPT_OUT, {"of": guest_id, "opted_out_at": at})
        self._looked_for.clear()

    async def _asked_for_in(self, guest_id: str, name: str) -> LanguageChoice | None:
        """The language that somebody named for this guest, the last time that anybody did."""
        rows = await self._transaction.rows(_ASKED_FOR_IN, of=guest_id)
        same = [row for row in rows if _plain(row.guest_name) == _plain(name)]
        # Of another name only what was approved: a wrong number in an ask must change nothing for whom it belongs to.
        meant = next(iter(same or [row for row in rows if row.approved]), None)
        return LanguageChoice(Language(meant.language), ChosenBy.REQUEST) if meant else None

    def _marks_of(self, phone: Phone) -> list[str]:
        """Newest key first."""
        found = self._marks.get(phone.e164)
        if found is None:
            found = self._marks[phone.e164] = self._seals.fingerprints(phone.e164)
        return found

    async def _row(self, phone: Phone) -> Any:
        statement, given = self.reads_of(phone)
        return await self._transaction.first(statement, **given)

    def _guest(self, row: Any) -> Guest:
        phone = Phone(self._seals.open(row.phone))
        choice = LanguageChoice(Language(row.language), ChosenBy(row.language_chosen_by)) if row.request_id else None
        return Guest(row.id, row.guest_name or "", phone, choice or LanguageChoice(), row.opted_out_at)


def _guests() -> Select[*tuple[Any, ...]]:
    number = col(GuestRow.id), col(GuestRow.phone), col(GuestRow.opted_out_at)
    return select(*number, col(R.id).label("request_id"), col(R.guest_name), col(R.language), col(R.language_chosen_by))


def _newest(which: ColumnElement[bool]) -> Select[Any]:
    stays = _guests().outerjoin(R, col(R.guest_id) == col(GuestRow.id)).where(which)
    return stays.order_by(_APPROVED.desc(), col(R.id).desc()).limit(1)


# Made once: these are asked for at every ask and at every text.
_HAS_MARK = any_of(col(GuestRow.phone_mark), "marks")
_OPT_OUT = update(table(GuestRow)).where(table(GuestRow).c.id == bindparam("of"))
_NEWEST_BY_MARK, _NEWEST_BY_ID = _newest(_HAS_MARK), _newest(col(GuestRow.id) == bindparam("of"))
_OF_STAYS = _guests().join(R, col(R.guest_id) == col(GuestRow.id)).where(any_of(col(R.id), "ids"))
_ASKED_FOR_IN = (
    select(table(R).c.guest_name, table(R).c.language, _APPROVED.label("approved"))
    .where(col(R.guest_id) == bindparam("of"), col(R.language_chosen_by) == ChosenBy.REQUEST.value)
    .order_by(col(R.id).desc())
    .limit(_LOOKED_AT)
)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
