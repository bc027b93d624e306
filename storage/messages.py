"""The repositories of messages and cards: what is to be said, and how far it has come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from bot.domain.messages.card import Card
from bot.domain.messages.message import Attempt, Medium, Message, MessageStatus, Route
from bot.domain.messages.notice import Posted
from storage.repository import Repository, all_columns, table
from storage.tables import CardRow, MessageRow

M = MessageRow
OPEN = [MessageStatus.QUEUED.value, MessageStatus.SENDING.value]

# Made once: these are asked for at every step of a stay.
_T, _CARD = table(M).c, table(CardRow).c
_BY_KEY = select(_T.id).where(_T.key == bindparam("key"))
_OF_STAY = all_columns(M).where(_T.request_id == bindparam("of")).order_by(_T.id)
_NEXT_IN_THREAD = _OF_STAY.where(_T.in_thread.is_(True), _T.status.in_(OPEN)).limit(1)
_CHANGED = update(table(CardRow)).where(_CARD.request_id == bindparam("of"))
_DONE = _CHANGED.where(_CARD.wanted == bindparam("as_shown")).values(due_at=None)


@cache
def _wanted(on_postgresql: bool) -> Executable:
    new = postgresql.insert(table(CardRow)) if on_postgresql else sqlite.insert(table(CardRow))
    # The version stays: a new wish must not make Stale whoever is just showing the card.
    again = {"wanted": _CARD.wanted + 1, "due_at": new.excluded.due_at}
    return new.on_conflict_do_update(index_elements=["request_id"], set_=again)


class MessageRepository(Repository):
    async def queue(self, message: Message) -> bool:
        await self._lock_stays([message.request_id])
        # Looked up first: on PostgreSQL a violated key ends the whole transaction. Behind the stay's row nobody adds it
        # in between; a message of no stay has no such row.
        if await self._first(_BY_KEY, key=message.key):
            return False
        await self._add(M, {"id": message.id, "version": 0, **_values(message)})
        return True

    async def get(self, message_id: str, *, for_update: bool = False) -> Message | None:
        if for_update:
            await self._lock_stay_of(M, message_id)
        row = await self._read(M, message_id, for_update=for_update)  # not every message belongs to a stay
        return _message(row) if row else None

    async def save(self, message: Message) -> Message:
        await self._lock_stays([message.request_id])
        await self._guarded(M, message.id, message.version, _values(message))
        return replace(message, version=message.version + 1)

    async def by_vendor_ref(self, ref: str) -> Message | None:
        row = await self._first(all_columns(M).where(col(M.vendor_ref) == ref))
        return _message(row) if row else None

    async def by_key(self, key: str) -> Message | None:
        row = await self._first(all_columns(M).where(col(M.key) == key))
        return _message(row) if row else None

    async def of_request(self, request_id: str) -> Sequence[Message]:
        return [_message(row) for row in await self._rows(_OF_STAY, of=request_id)]

    async def next_in_thread(self, request_id: str) -> Message | None:
        row = await self._first(_NEXT_IN_THREAD, of=request_id)
        return _message(row) if row else None

    async def next_due(self, now: datetime) -> datetime | None:
        # Of one that is being sent it is the end of a lease, and nothing happens then.
        queued = _T.status == MessageStatus.QUEUED.value
        waiting = select(func.min(col(MessageRow.due_at))).where(queued, _T.due_at > now)
        return (await self._session.execute(waiting)).scalar_one_or_none()

    async def refs_to(self, recipient: str) -> frozenset[str]:
        rows = await self._session.execute(
            select(col(M.vendor_ref), col(M.earlier)).where(col(M.recipient) == recipient)
        )
        refs = [ref for row in rows for ref in (row.vendor_ref, *(attempt["ref"] for attempt in row.earlier))]
        return frozenset(ref for ref in refs if ref)

    async def said_to(self, recipient: str, since: datetime) -> Sequence[Message]:
        theirs = col(M.recipient) == recipient, col(M.created_at) > since
        return [_message(row) for row in await self._rows(all_columns(M).where(*theirs).order_by(col(M.id).desc()))]


class CardRepository(Repository):
    async def want(self, request_id: str, channel: str, now: datetime) -> None:
        await self._lock_stays([request_id])
        new = {"request_id": request_id, "channel": channel, "wanted": 1, "shown": 0, "due_at": now, "version": 0}
        await self._execute(_wanted(self._on_postgresql), new)

    async def get(self, request_id: str) -> Card | None:
        row = await self._read(CardRow, request_id)
        if row is None:
            return None
        return Card(row.request_id, row.channel, row.ts, row.wanted, row.shown, row.tried_at, row.version)

    async def claim(self, card: Card, wall: datetime, until: datetime, due_at: datetime, now: datetime) -> bool:
        """False when another worker has it in hand. A first post remembers when it was tried."""
        await self._lock_stays([card.request_id])
        free = (_CARD.claimed_until.is_(None)) | (_CARD.claimed_until <= wall)
        values: dict[str, Any] = {"claimed_until": until, "due_at": due_at, "version": card.version + 1}
        if card.ts is None:
            values["tried_at"] = card.tried_at or now
        done = await self._execute(
            update(table(CardRow))
            .where(_CARD.request_id == card.request_id, _CARD.version == card.version, free)
            .values(**values)
        )
        return done.rowcount == 1

    async def release(self, card: Card, due_at: datetime) -> None:
        await self._change(card.request_id, due_at=due_at, claimed_until=None, tried_at=card.tried_at)

    async def shown(self, request_id: str, posted: Posted, wanted: int) -> None:
        await self._change(request_id, channel=posted.channel, ts=posted.ts, shown=wanted, claimed_until=None)
        # Only where nothing new was wanted meanwhile; else the card stays due.
        await self._execute(_DONE, {"of": request_id, "as_shown": wanted})

    async def forget(self, request_id: str, due_at: datetime) -> None:
        await self._change(request_id, ts=None, tried_at=None, due_at=due_at, claimed_until=None)

    async def postpone(self, request_id: str, due_at: datetime | None) -> None:
        await self._change(request_id, due_at=due_at, claimed_until=None)

    async def _change(self, request_id: str, **values: Any) -> None:
        await self._lock_stays([request_id])
        await self._execute(_CHANGED, {"of": request_id, **values})


def _values(message: Message) -> dict[str, Any]:
    return {
        "key": message.key,
        "medium": message.medium.value,
        "recipient": message.recipient,
        "phrase": message.phrase,
        "facts": dict(message.facts),
        "code_id": message.code_id,
        "request_id": message.request_id,
        "status": message.status.value,
        "created_at": message.created_at,
        "due_at": message.due_at,
        "attempts": message.attempts,
        "tried_at": message.tried_at,
        "claimed_until": message.claimed_until,
        "vendor_ref": message.vendor_ref,
        "problem": message.problem,
        "in_thread": message.in_thread,
        "way": message.way.value,
        "earlier": [_written(attempt) for attempt in message.earlier],
        "looks": message.looks,
    }


def _written(attempt: Attempt) -> dict[str, str | None]:
    return {
        "ref": attempt.ref,
        "problem": attempt.problem,
        "at": attempt.at.isoformat(),
        "way": attempt.way.value,
    }


def _attempt(written: dict[str, str | None]) -> Attempt:
    at = datetime.fromisoformat(written["at"] or "")
    return Attempt(written["ref"], written["problem"] or "", at, Route(written["way"] or Route.FIRST))


def _message(row: MessageRow) -> Message:
    return Message(
        id=row.id,
        key=row.key,
        medium=Medium(row.medium),
        recipient=row.recipient,
        phrase=row.phrase,
        created_at=row.created_at,
        facts=row.facts,
        code_id=row.code_id,
        request_id=row.request_id,
        status=MessageStatus(row.status),
        due_at=row.due_at,
        attempts=row.attempts,
        tried_at=row.tried_at,
        claimed_until=row.claimed_until,
        vendor_ref=row.vendor_ref,
        problem=row.problem,
        in_thread=row.in_thread,
        way=Route(row.way),
        earlier=tuple(_attempt(written) for written in row.earlier),
        looks=row.looks,
        version=row.version,
    )
