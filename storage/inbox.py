"""The repository of commands that wait for their answer. Letters and answers stand under a seal, and go once said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, bindparam, delete, exists, func, or_, select, update

from bot.domain.messages.inbox import InboxItem
from storage.repository import Repository, all_columns, insert_into, table
from storage.seals import Seals
from storage.tables import InboxRow
from storage.transaction import Transaction

R = InboxRow

_T, _EARLIER = table(R).c, table(R).alias("earlier").c
_WAITS = select(_T.id).where(_T.person == bindparam("person")).limit(1)
_DUE = select(_T.id).where(_T.due_at <= bindparam("now")).limit(1)
_ONE_CLAIMS = select(func.pg_advisory_xact_lock(func.hashtext("nightporter inbox")))
_BLOCKED = exists().where(
    _EARLIER.person == _T.person,
    _EARLIER.id < _T.id,
    or_(_EARLIER.due_at > bindparam("now"), _EARLIER.claimed_until > bindparam("wall")),
)
_FREE = or_(_T.claimed_until.is_(None), _T.claimed_until <= bindparam("wall"))
_NEXT = all_columns(R).where(_T.due_at <= bindparam("now"), _FREE, ~_BLOCKED).order_by(_T.id).limit(bindparam("most"))
_HELD = select(_T.id).where(_T.id == bindparam("of")).with_for_update(key_share=True)
_CLAIM = update(table(R)).where(_T.id == bindparam("of")).values(attempts=_T.attempts + 1, version=_T.version + 1)
_OURS = _T.id == bindparam("of"), _T.version == bindparam("was_version")
_CHANGED, _REMOVED = update(table(R)).where(*_OURS), delete(table(R)).where(*_OURS)


@cache
def _new(on_postgresql: bool) -> Executable:
    return insert_into(R, on_postgresql).inline().on_conflict_do_nothing()


class InboxRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def add(self, letters: Sequence[InboxItem]) -> None:
        rows = [
            {
                "key": one.key,
                "person": one.person,
                "command": self._seals.seal(one.command),
                "received_at": one.received_at,
                "until": one.until,
                "due_at": one.due_at,
                "attempts": 0,
                "version": 0,
            }
            for one in letters
        ]
        await self._transaction.write_many(_new(self._transaction.on_postgresql), rows)

    async def waits(self, person: str) -> bool:
        return await self._transaction.first(_WAITS, person=person) is not None

    async def due(self, now: datetime) -> bool:
        return await self._transaction.first(_DUE, now=now) is not None

    async def claim(self, now: datetime, wall: datetime, lease: timedelta, limit: int) -> Sequence[InboxItem]:
        """One worker claims at a time: who only waited for rows would go on to later ones by what it saw before."""
        if self._transaction.on_postgresql:
            await self._transaction.rows(_ONE_CLAIMS)
        held = [self._waiting(row) for row in await self._transaction.rows(_NEXT, now=now, wall=wall, most=limit)]
        await self.for_update(held)
        leased = {"claimed_until": wall + lease, "due_at": now + lease}
        await self._transaction.write_many(_CLAIM, [{"of": one.id, **leased} for one in held])
        return [replace(one, attempts=one.attempts + 1, version=one.version + 1) for one in held]

    async def for_update(self, those: Sequence[InboxItem]) -> None:
        """In order, as a lease may run out while its worker lives: two would have the same rows in hand."""
        for row_id in sorted(one.id for one in those):
            await self._transaction.rows(_HELD, of=row_id)

    async def note_answers(self, done: Sequence[InboxItem]) -> None:
        for one in done:
            sealed = self._seals.seal(one.answer) if one.answer is not None else None
            await self._transaction.write(_CHANGED, {**_ours(one), "answer": sealed})

    async def postpone(self, held: InboxItem, due_at: datetime) -> None:
        values = {"due_at": due_at, "claimed_until": None, "version": held.version + 1}
        await self._transaction.write(_CHANGED, {**_ours(held), **values})

    async def remove(self, held: Sequence[InboxItem]) -> None:
        await self._transaction.write_many(_REMOVED, [_ours(one) for one in held])

    def _waiting(self, row: InboxRow) -> InboxItem:
        return InboxItem(
            key=row.key,
            person=row.person,
            command=self._seals.open(row.command),
            received_at=row.received_at,
            until=row.until,
            due_at=row.due_at,
            answer=self._seals.open(row.answer) if row.answer is not None else None,
            attempts=row.attempts,
            id=row.id or 0,
            version=row.version,
        )


def _ours(held: InboxItem) -> dict[str, int]:
    return {"of": held.id, "was_version": held.version}
