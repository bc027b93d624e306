"""The repositories of messages and cards: what is to be said, and how far it has come."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import JSON, Executable, Text, bindparam, case, cast, func, select, union_all, update

from bot.domain.messages.card import Card
from bot.domain.messages.message import Attempt, Medium, Message, MessageStatus, Route
from bot.domain.messages.notice import Posted
from storage.columns import UtcDateTime
from storage.repository import Repository, insert_into, insert_of, numbered, rows_of, stays_where, table
from storage.statements import Recall, any_of, one_of
from storage.tables import AccessRequestRow, CardRow, MessageRow
from storage.transaction import Transaction

M = MessageRow
OPEN = [MessageStatus.QUEUED.value, MessageStatus.SENDING.value]

# Made once: these are asked for at every step of a stay.
_T, _CARD = table(M).c, table(CardRow).c
# What is JSON as its text, which can be looked up; see `_RECALL`.
_ALL = select(*[cast(each, Text).label(each.name) if isinstance(each.type, JSON) else each for each in _T])
_OF_STAY = _ALL.where(_T.request_id == bindparam("of")).order_by(_T.id)
_OF_STAYS = _ALL.where(any_of(_T.request_id, "ids")).order_by(_T.id)
_MANY = _ALL.where(any_of(_T.id, "ids"))
_MANY_HELD = _MANY.order_by(_T.id).with_for_update(key_share=True)
_STAYS_OF_MANY = stays_where(
    table(AccessRequestRow).c.id.in_(select(_T.request_id).where(any_of(_T.id, "ids")).scalar_subquery())
)
_NEXT_IN_THREAD = _OF_STAY.where(_T.in_thread.is_(True), one_of(_T.status, OPEN)).limit(1)
_FIRST = _NEXT_IN_THREAD.subquery()
_BEHIND = union_all(select(*_FIRST.c), _ALL.where(any_of(_T.key, "keys")))
_BY_VENDOR_REF = _ALL.where(_T.vendor_ref == bindparam("ref"))
_BY_ITS_KEY = _ALL.where(_T.key == bindparam("key"))
# Of one that is being sent it is the end of a lease, and nothing happens then.
_NEXT_DUE = select(func.min(_T.due_at)).where(_T.status == MessageStatus.QUEUED.value, _T.due_at > bindparam("now"))
_REFS_TO = select(_T.vendor_ref, _T.earlier).where(_T.recipient == bindparam("to"))
_SAID_TO = _ALL.where(_T.recipient == bindparam("to"), _T.created_at > bindparam("since")).order_by(_T.id.desc())
_FIRST_ID = select(_FIRST.c.id).scalar_subquery().label("first")
_THREAD = select(_CARD.channel, _CARD.ts, _FIRST_ID).where(_CARD.request_id == bindparam("of"))
_CLAIMED = update(table(CardRow)).where(
    _CARD.request_id == bindparam("of"),
    _CARD.version == bindparam("was_version"),
    _CARD.claimed_until.is_(None) | (_CARD.claimed_until <= bindparam("wall")),
)
_CHANGED = update(table(CardRow)).where(_CARD.request_id == bindparam("of"))
# Done only where nothing new was wanted meanwhile; else the card stays due.
_SHOWN = _CHANGED.values(
    due_at=case((_CARD.wanted == bindparam("as_shown"), None), else_=_CARD.due_at),
).returning(_CARD.wanted)


@cache
def _wanted(on_postgresql: bool) -> Executable:
    names = ("request_id", "channel", "wanted", "shown", "due_at", "version")
    new = insert_into(CardRow, on_postgresql).values({name: bindparam(name) for name in names})
    rests = (_CARD.updated_at > bindparam("rested", type_=UtcDateTime())) & (
        _CARD.updated_at <= bindparam("wall", type_=UtcDateTime())
    )
    # The version stays: a new wish must not make Stale whoever is just showing the card.
    again = {
        "wanted": _CARD.wanted + 1,
        "due_at": case((rests, bindparam("later", type_=UtcDateTime())), else_=new.excluded.due_at),
    }
    return new.on_conflict_do_update(index_elements=["request_id"], set_=again).returning(_CARD.updated_at)


@cache
def _queue_many(count: int, names: tuple[str, ...], on_postgresql: bool) -> Executable:
    new = insert_into(M, on_postgresql).values(rows_of(M, names, count))
    return new.on_conflict_do_nothing().returning(_T.id)


class MessageRepository(Repository):
    async def queue(self, message: Message) -> bool:
        await self._lock_stays([message.request_id])
        return await self._add_new(M, {"id": message.id, "version": 0, **_values(message)})

    async def queue_all(self, messages: Sequence[Message]) -> Collection[str]:
        if not messages:
            return ()
        await self._lock_stays({one.request_id for one in messages})
        values = [{"id": one.id, "version": 0, **_values(one)} for one in messages]
        queue = _queue_many(len(messages), tuple(values[0]), self._transaction.on_postgresql)
        return await self._transaction.column(queue, **numbered(values))

    async def get(self, message_id: str, *, for_update: bool = False) -> Message | None:
        if for_update:
            await self._lock_stay_of(M, message_id)
        row = await self._read(M, message_id, for_update=for_update)  # not every message belongs to a stay
        return as_message(row) if row else None

    async def for_update(self, message_ids: Collection[str]) -> Mapping[str, Message]:
        if self._transaction.on_postgresql:
            await self._lock_stays_by(_STAYS_OF_MANY, ids=message_ids)
        return {one.id: one for one in await self._transaction.recalled(_MANY_HELD, _RECALL, ids=message_ids)}

    async def save(self, message: Message) -> Message:
        await self._lock_stays([message.request_id])
        await self._guarded(M, message.id, message.version, _values(message))
        return replace(message, version=message.version + 1)

    async def save_all(self, messages: Sequence[Message]) -> Sequence[Message]:
        if len(messages) < 2:
            return [await self.save(one) for one in messages]
        await self._lock_stays({one.request_id for one in messages})
        await self._guarded_all(M, [{"id": m.id, "version": m.version + 1, **_values(m)} for m in messages])
        return [replace(one, version=one.version + 1) for one in messages]

    async def by_vendor_ref(self, ref: str) -> Message | None:
        return next(iter(await self._transaction.recalled(_BY_VENDOR_REF, _RECALL, ref=ref)), None)

    async def by_key(self, key: str) -> Message | None:
        return next(iter(await self._transaction.recalled(_BY_ITS_KEY, _RECALL, key=key)), None)

    async def of_request(self, request_id: str) -> Sequence[Message]:
        return await self._transaction.recalled(_OF_STAY, _RECALL, of=request_id)

    async def of_requests(self, request_ids: Collection[str]) -> Mapping[str, Sequence[Message]]:
        found: defaultdict[str, list[Message]] = defaultdict(list)
        for one in await self._transaction.recalled(_OF_STAYS, _RECALL, ids=request_ids):
            found[one.request_id or ""].append(one)
        return found

    async def get_many(self, message_ids: Collection[str]) -> Mapping[str, Message]:
        return {one.id: one for one in await self._transaction.recalled(_MANY, _RECALL, ids=message_ids)}

    async def next_in_thread(self, request_id: str) -> Message | None:
        return next(iter(await self._transaction.recalled(_NEXT_IN_THREAD, _RECALL, of=request_id)), None)

    async def behind(self, request_id: str | None, keys: Collection[str]) -> Sequence[Message]:
        return await self._transaction.recalled(_BEHIND, _RECALL, of=request_id, keys=keys)

    async def next_due(self, now: datetime) -> datetime | None:
        found: datetime | None = await self._transaction.value(_NEXT_DUE, now=now)
        return found

    async def refs_to(self, recipient: str) -> frozenset[str]:
        rows = await self._transaction.rows(_REFS_TO, to=recipient)
        refs = [ref for row in rows for ref in (row.vendor_ref, *(attempt["ref"] for attempt in row.earlier))]
        return frozenset(ref for ref in refs if ref)

    async def said_to(self, recipient: str, since: datetime) -> Sequence[Message]:
        return await self._transaction.recalled(_SAID_TO, _RECALL, to=recipient, since=since)


class CardRepository(Repository):
    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self._wanted: dict[str, bool] = {}
        """What this transaction has wanted, and whether it rests: behind the stay's row nobody else shows any."""

    async def want(
        self, request_id: str, channel: str, now: datetime, wall: datetime | None = None, pause: timedelta = timedelta()
    ) -> bool:
        await self._lock_stays([request_id])
        if request_id not in self._wanted:
            self._transaction.cards.pop(request_id, None)
            wall = wall or now
            new = {"request_id": request_id, "channel": channel, "wanted": 1, "shown": 0, "due_at": now, "version": 0}
            if request_id in self._transaction.made_stays:  # it has had none
                await self._transaction.write_soon(insert_of(CardRow), new)
                updated_at = None
            else:
                about = {"rested": wall - pause, "wall": wall, "later": now + pause}
                wanted = _wanted(self._transaction.on_postgresql)
                updated_at = await self._transaction.value(wanted, **new, **about)
            self._wanted[request_id] = updated_at is not None and wall - pause < updated_at <= wall
        return self._wanted[request_id]

    async def thread(self, request_id: str) -> tuple[Posted, str] | None:
        row = await self._transaction.first(_THREAD, of=request_id)
        return (Posted(row.channel, row.ts), row.first) if row and row.ts and row.first else None

    async def get(self, request_id: str) -> Card | None:
        read = self._transaction.cards.get(request_id)
        if read is not None and read.channel is None:
            return None
        row = read or await self._read(CardRow, request_id)
        if row is None:
            return None
        version = read.card_version if read else row.version
        known = request_id, row.channel, row.ts, row.wanted, row.shown, row.tried_at, version
        return Card(*known, row.updated_at, row.digest)

    async def claim(self, card: Card, wall: datetime, until: datetime, due_at: datetime, now: datetime) -> bool:
        """False when another worker has it in hand. A first post remembers when it was tried. What the card shows is
        unknown from now on: whoever dies over it may have shown something."""
        await self._lock_stays([card.request_id])
        values: dict[str, Any] = {"claimed_until": until, "due_at": due_at, "version": card.version + 1, "digest": ""}
        if card.ts is None:
            values["tried_at"] = card.tried_at or now
        self._forget_read(card.request_id)
        seen = {"of": card.request_id, "was_version": card.version, "wall": wall}
        return await self._transaction.write(_CLAIMED, {**values, **seen}) == 1

    async def release(self, card: Card, due_at: datetime) -> None:
        before = {"tried_at": card.tried_at, "digest": card.digest}
        await self._change(card.request_id, due_at=due_at, claimed_until=None, **before)

    async def unsure(self, request_id: str) -> None:
        await self._change(request_id, digest="")

    async def shown(
        self, request_id: str, posted: Posted, wanted: int, digest: str = "", updated_at: datetime | None = None
    ) -> bool:
        await self._lock_stays([request_id])
        self._forget_read(request_id)
        new = {"channel": posted.channel, "ts": posted.ts, "shown": wanted, "claimed_until": None, "digest": digest}
        new |= {"updated_at": updated_at} if updated_at else {}
        now_wanted = await self._transaction.value(_SHOWN, of=request_id, as_shown=wanted, **new)
        return now_wanted is not None and now_wanted > wanted

    async def forget(self, request_id: str, due_at: datetime) -> None:
        await self._change(request_id, ts=None, tried_at=None, due_at=due_at, claimed_until=None)

    async def postpone(self, request_id: str, due_at: datetime | None) -> None:
        await self._change(request_id, due_at=due_at, claimed_until=None)

    def _forget_read(self, request_id: str) -> None:
        """It is written."""
        self._wanted.pop(request_id, None)
        self._transaction.cards.pop(request_id, None)

    async def _change(self, request_id: str, **values: Any) -> None:
        self._forget_read(request_id)
        await self._lock_stays([request_id])
        await self._transaction.write(_CHANGED, {"of": request_id, **values})


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


def as_message(row: MessageRow) -> Message:
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


def _from_texts(row: Any) -> Message:
    return as_message(row._replace(facts=json.loads(row.facts), earlier=json.loads(row.earlier)))


_RECALL = Recall(_from_texts, most=2000)
"""A stay's are read at every look at it, and most of them are as they were."""
