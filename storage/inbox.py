"""The repository of commands that wait for their answer. Letters and answers stand under a seal, and go once said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from bot.domain.messages.inbox import InboxItem
from storage.repository import Repository
from storage.seals import Seals
from storage.tables import InboxRow

R = InboxRow
_CLAIMING = "nightporter inbox"


class InboxRepository(Repository):
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        super().__init__(session)
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
        await self._session.execute(self._insert(R).values(rows).on_conflict_do_nothing())

    async def waits(self, person: str) -> bool:
        return bool(await self._session.scalar(select(exists().where(col(R.person) == person))))

    async def due(self, now: datetime) -> bool:
        return bool(await self._session.scalar(select(exists().where(col(R.due_at) <= now))))

    async def claim(self, now: datetime, wall: datetime, lease: timedelta, limit: int) -> Sequence[InboxItem]:
        """One worker claims at a time: who only waited for rows would go on to later ones by what it saw before."""
        if self._session.get_bind().dialect.name == "postgresql":
            await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtext(_CLAIMING))))
        earlier = aliased(R)
        taken = or_(col(earlier.due_at) > now, col(earlier.claimed_until) > wall)
        blocked = exists().where(col(earlier.person) == col(R.person), col(earlier.id) < col(R.id), taken)
        free = or_(col(R.claimed_until).is_(None), col(R.claimed_until) <= wall)
        statement = select(R).where(col(R.due_at) <= now, free, ~blocked).order_by(col(R.id)).limit(limit)
        rows = list(await self._session.scalars(statement))
        held = [self._waiting(row) for row in rows]
        await self.for_update(held)
        await self._session.execute(
            update(R)
            .where(col(R.id).in_([one.id for one in held]))
            .values(claimed_until=wall + lease, due_at=now + lease, attempts=R.attempts + 1, version=R.version + 1)
            .execution_options(synchronize_session=False)
        )
        return [replace(one, attempts=one.attempts + 1, version=one.version + 1) for one in held]

    async def for_update(self, those: Sequence[InboxItem]) -> None:
        """In order, as a lease may run out while its worker lives: two would have the same rows in hand."""
        if those:
            ids = select(col(R.id)).where(col(R.id).in_([one.id for one in those])).order_by(col(R.id))
            await self._session.execute(ids.with_for_update(key_share=True))

    async def note_answers(self, done: Sequence[InboxItem]) -> None:
        for one in done:
            sealed = self._seals.seal(one.answer) if one.answer is not None else None
            await self._session.execute(update(R).where(_ours(one)).values(answer=sealed), execution_options=_BARE)

    async def postpone(self, held: InboxItem, due_at: datetime) -> None:
        values = {"due_at": due_at, "claimed_until": None, "version": held.version + 1}
        await self._session.execute(update(R).where(_ours(held)).values(**values), execution_options=_BARE)

    async def remove(self, held: Sequence[InboxItem]) -> None:
        if held:
            ours = tuple_(col(R.id), col(R.version)).in_([(one.id, one.version) for one in held])
            await self._session.execute(delete(R).where(ours), execution_options=_BARE)

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


_BARE = {"synchronize_session": False}


def _ours(held: InboxItem) -> ColumnElement[bool]:
    return and_(col(R.id) == held.id, col(R.version) == held.version)
