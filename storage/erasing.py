"""The repository of what is taken away: a person's data from a stay that is over or was given up, a number, and what
was kept long enough. Which stays those are is for whoever calls to say; rows that count for a lock's ledger stay."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Delete, bindparam, delete, exists, select, update
from ulid import ULID

from bot.domain.locks.online_pins import OnlineStatus
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.pins import Phone
from bot.domain.sources.source_stays import NEW, SaidStay
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.guests import ERASED_NAME, NOBODYS
from storage.booking_tables import BookingRow
from storage.feeds import FeedRepository
from storage.messages import as_message
from storage.programs import SourceStayRow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.series import SeriesRow
from storage.statements import any_of, one_of
from storage.tables import (
    AccessCodeRow,
    AccessRequestRow,
    AlertRow,
    BucketRow,
    DecisionRow,
    DeliveryRow,
    GuestPageRow,
    GuestRow,
    InboxRow,
    LimitRow,
    MessageRow,
    OnlinePinRow,
    PermitRow,
    RevealRow,
    SealedWordsRow,
    SmsCodeRow,
)
from storage.transaction import Transaction

_R, _C, _M, _A, _G = (table(row).c for row in (AccessRequestRow, AccessCodeRow, MessageRow, AlertRow, GuestRow))
_SOURCE = table(SourceStayRow)
_S = table(SeriesRow).c
_WORDS, _SMS, _REVEALS = table(SealedWordsRow).c, table(SmsCodeRow).c, table(RevealRow).c
_MARK = 16
"""Of a fingerprint so much stands in names of limits and alerts (`storage.guests`)."""

_OF: BindParameter[str] = bindparam("of")
_IDS_OF_STAY = [select(column.id).where(column.request_id == _OF) for column in (_C, _M, _A)]
_MESSAGES_OF_STAY = select(_M.id).where(_M.request_id == _OF)
_MESSAGES_TO = select(_M.id).where(_M.recipient == _OF)
_TEXTS_TO = all_columns(MessageRow).where(_M.recipient == _OF).order_by(_M.id)
_STAYS_OF = select(_R.id).where(_R.guest_id == _OF).order_by(_R.id)
_WROTE_TO = select(_M.request_id).where(_M.recipient == _OF, _M.request_id.is_not(None)).distinct()

_AWAY_FROM_STAY = [
    delete(table(SealedWordsRow)).where(_WORDS.id.in_(_MESSAGES_OF_STAY)),
    delete(table(GuestPageRow)).where(table(GuestPageRow).c.id == _OF),
    delete(table(RevealRow)).where(_REVEALS.request_id == _OF),
    delete(table(SmsCodeRow)).where(_SMS.request_id == _OF),
    delete(table(AlertRow)).where(_A.request_id == _OF),
    delete(table(MessageRow)).where(_M.request_id == _OF),
]
_SAYS = _SOURCE.c
_SAID = select(_SAYS.id, _SAYS.version, _SAYS.said, _SAYS.external_id).where(_SAYS.request_id == _OF)
_EMPTY_SAID = update(_SOURCE).where(_SOURCE.c.id == _OF).values(version=_SOURCE.c.version + 1)
_ITS_GUEST = select(_R.guest_id).where(_R.id == _OF).scalar_subquery()
_OF_FORMER = _M.request_id == _OF, _M.created_at <= bindparam("until"), _M.recipient != _ITS_GUEST
_AWAY_FROM_FORMER = [
    delete(table(SealedWordsRow)).where(_WORDS.id.in_(select(_M.id).where(*_OF_FORMER))),
    delete(table(MessageRow)).where(*_OF_FORMER),
]
_AWAY_FROM_NUMBER = [
    delete(table(SealedWordsRow)).where(_WORDS.id.in_(_MESSAGES_TO)),
    delete(table(MessageRow)).where(_M.recipient == _OF),
]
_EMPTY_STAY = update(table(AccessRequestRow)).where(_R.id == _OF).values(version=_R.version + 1)
_EMPTY_DECISIONS = update(table(DecisionRow)).where(table(DecisionRow).c.request_id == _OF).values(reason=None)
_EMPTY_CODES = update(table(AccessCodeRow)).where(_C.request_id == _OF, ~any_of(_C.id, "kept")).values(pin=None)
_EMPTY_NUMBER = update(table(GuestRow)).where(_G.id == _OF)

_LEFT = [MessageStatus.QUEUED.value, MessageStatus.SENDING.value]
_GONE_BY = [one.value for one in (CodeStatus.RELEASED, CodeStatus.FAILED, CodeStatus.ENDED, CodeStatus.EXPIRED)]
_PINS_OF_NOTHING = (
    update(table(AccessCodeRow))
    .where(_C.pin.is_not(None), _C.ends_at < bindparam("before"), one_of(_C.status, _GONE_BY))
    .values(pin=None)
)
_OVER = (
    select(_R.id)
    .where(
        _R.erased_at.is_(None),
        _R.granted_ends_at < bindparam("before"),
        _R.created_at < bindparam("before"),
        ~exists().where(_C.request_id == _R.id, _C.ends_at >= bindparam("before")),
        # Of a wish that goes on the newest visit says whom the next is for.
        ~exists().where(_S.newest_id == _R.id, _S.due_at.is_not(None)),
    )
    .order_by(_R.id)
    .limit(bindparam("most"))
)
_UNUSED_NUMBERS = (
    select(_G.id)
    .where(
        _G.erased_at.is_(None),
        _G.id < bindparam("older"),
        ~exists().where(_R.guest_id == _G.id, _R.erased_at.is_(None)),
        ~exists().where(_M.recipient == _G.id, _M.created_at >= bindparam("before")),
    )
    .limit(bindparam("most"))
)
_OLD_MESSAGES = (
    select(_M.id)
    .where(_M.request_id.is_(None), _M.created_at < bindparam("before"), ~one_of(_M.status, _LEFT))
    .limit(bindparam("most"))
)
_OLD_ALERTS = select(_A.id).where(_A.request_id.is_(None), _A.solved_at < bindparam("before")).limit(bindparam("most"))
_D, _I = table(DeliveryRow).c, table(InboxRow).c
_OLD_DELIVERIES = delete(table(DeliveryRow)).where(_D.at < bindparam("before"))
_OLD_COMMANDS = delete(table(InboxRow)).where(_I.until < bindparam("before"))
_OLD_BOOKINGS = delete(table(BookingRow)).where(table(BookingRow).c.over_at < bindparam("before"))
_OLD_SOURCE_STAYS = delete(_SOURCE).where(
    _SOURCE.c.request_id.is_(None), _SOURCE.c.due_at.is_(None), _SOURCE.c.created_at < bindparam("before")
)
_O = table(OnlinePinRow).c
_ENDED = [OnlineStatus.GONE.value, OnlineStatus.FAILED.value]
_OLD_ONLINE = delete(table(OnlinePinRow)).where(
    (_O.ends_at < bindparam("before")) | (one_of(_O.status, _ENDED) & (_O.asked_at < bindparam("before"))),
    one_of(_O.status, [*_ENDED, OnlineStatus.LIVE.value]),
)
_BY_KEYS = select(_M.id).where(any_of(_M.key, "keys"))
_NOTICES_OF = select(_A.id, _A.notices).where(_A.key == bindparam("key"))
_NOTICES_LIKE = select(_A.id, _A.notices).where(_A.key.like(bindparam("key")))
_LIMITS = delete(table(LimitRow)).where(table(LimitRow).c.name.like(bindparam("name")))
_PERMITS = delete(table(PermitRow)).where(table(PermitRow).c.bucket.like(bindparam("name")))
_BUCKETS = delete(table(BucketRow)).where(table(BucketRow).c.name.like(bindparam("name")))


class ErasureRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals
        self._feeds = FeedRepository(transaction, seals)

    async def stays_of(self, guest_id: str) -> Sequence[str]:
        return await self._transaction.column(_STAYS_OF, of=guest_id)

    async def _wrote_about(self, guest_id: str) -> Sequence[str]:
        return await self._transaction.column(_WROTE_TO, of=guest_id)

    async def texts_to(self, guest_id: str) -> Sequence[Message]:
        return [as_message(row) for row in await self._transaction.rows(_TEXTS_TO, of=guest_id)]

    async def ids_of_stay(self, request_id: str) -> Sequence[str]:
        found = [request_id]
        for statement in _IDS_OF_STAY:
            found += await self._transaction.column(statement, of=request_id)
        return found

    async def erase_stay(self, request_id: str, kept: Sequence[str], now: datetime) -> None:
        await self._lock_stays([request_id])
        emptied = {"guest_name": ERASED_NAME, "note": None, "reason": None, "erased_at": now, "due_at": None}
        await self._transaction.write(_EMPTY_STAY, {"of": request_id, **emptied})
        await self._transaction.write(_EMPTY_DECISIONS, {"of": request_id})
        await self._transaction.write(_EMPTY_CODES, {"of": request_id, "kept": list(kept)})
        for statement in _AWAY_FROM_STAY:
            await self._transaction.write(statement, {"of": request_id})
        for row in await self._transaction.rows(_SAID, of=request_id):
            await self._forget_said(row)

    async def _forget_said(self, row: Any) -> None:
        """That it was erased is kept: whatever its source repeats would begin it anew."""
        left = SaidStay.from_json(json.loads(self._seals.open(row.said))).erased_now()
        said = self._seals.seal(json.dumps(left.as_json()))
        nothing = dict.fromkeys(("request_id", "due_at", "link", "link_mark"))
        await self._transaction.write(_EMPTY_SAID, {"of": row.id, "said": said, **nothing})
        await self._feeds.erase(self._seals.open(row.external_id))
        await self._delete_alerts(f"no_number:{row.id}")
        keys = [f"contact:{row.id}:{version}" for version in range(NEW, row.version + 1)]
        for message_id in await self._transaction.column(_BY_KEYS, keys=keys):
            await self._delete_message(message_id)

    async def forget_before(self, request_id: str, at: datetime) -> None:
        await self._lock_stays([request_id])
        for statement in _AWAY_FROM_FORMER:
            await self._transaction.write(statement, {"of": request_id, "until": at})

    async def erase_number(self, guest_id: str, now: datetime) -> None:
        await self._lock_stays(await self._wrote_about(guest_id))
        for statement in _AWAY_FROM_NUMBER:
            await self._transaction.write(statement, {"of": guest_id})
        nobody = {"phone": self._seals.seal(NOBODYS.e164), "phone_mark": f"erased:{guest_id}"}
        await self._transaction.write(_EMPTY_NUMBER, {"of": guest_id, **nobody, "opted_out_at": now, "erased_at": now})

    async def erase_traces(self, phone: Phone, guest_id: str | None) -> None:
        """What is known by a fingerprint of the number, or by its id, and belongs to no stay."""
        marks = [mark[:_MARK] for mark in self._seals.fingerprints(phone.e164)]
        names = [*marks, *([guest_id] if guest_id else [])]
        for name in names:
            await self._transaction.write(_LIMITS, {"name": f"%{name}%"})
        for mark in marks:
            await self._delete_alerts(f"unknown:%:{mark}")
        for statement in (_BUCKETS, _PERMITS):  # in the one order of rows
            for name in names:
                await self._transaction.write(statement, {"name": f"%{name}%"})

    async def over(self, before: datetime, most: int) -> Sequence[str]:
        return await self._transaction.column(_OVER, before=before, most=most)

    async def unused_numbers(self, before: datetime, most: int) -> Sequence[str]:
        oldest = str(ULID.from_datetime(before))
        return await self._transaction.column(_UNUSED_NUMBERS, before=before, older=oldest, most=most)

    async def forget_pins(self, before: datetime) -> int:
        return await self._transaction.write(_PINS_OF_NOTHING, {"before": before})

    async def forget_old(self, before: datetime, most: int) -> int:
        done = await self._transaction.write(_OLD_DELIVERIES, {"before": before})
        done += await self._transaction.write(_OLD_COMMANDS, {"before": before})
        done += await self._transaction.write(_OLD_BOOKINGS, {"before": before})
        done += await self._transaction.write(_OLD_ONLINE, {"before": before})
        done += await self._transaction.write(_OLD_SOURCE_STAYS, {"before": before})
        for alert_id in await self._transaction.column(_OLD_ALERTS, before=before, most=most):
            await self._delete_alert(alert_id)
            done += 1
        for message_id in await self._transaction.column(_OLD_MESSAGES, before=before, most=most):
            await self._delete_message(message_id)
            done += 1
        return done

    async def _delete_alerts(self, key: str) -> None:
        """With all that was said of them to people."""
        for alert in await self._transaction.rows(_NOTICES_LIKE if "%" in key else _NOTICES_OF, key=key):
            await self._delete_alert(alert.id)
            for notice in alert.notices:
                await self._delete_message(notice)

    async def _delete_alert(self, alert_id: str) -> None:
        await self._transaction.write(_delete(SmsCodeRow, "alert_id"), {"of": alert_id})
        await self._transaction.write(_delete(AlertRow, "id"), {"of": alert_id})

    async def _delete_message(self, message_id: str) -> None:
        await self._transaction.write(_delete(SealedWordsRow, "id"), {"of": message_id})
        await self._transaction.write(_delete(MessageRow, "id"), {"of": message_id})


@cache
def _delete(row: Any, column: str) -> Delete:
    return delete(table(row)).where(table(row).c[column] == _OF)
