"""What is due, of every kind, in one statement: a sweep comes every few seconds and nearly always finds nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, literal, select, union_all
from sqlmodel import col

from bot.domain.messages.message import Medium, MessageStatus
from bot.domain.stays.access_requests import RequestStatus
from bot.ports import Subject
from storage.booking_tables import BookingRow
from storage.messages import OPEN
from storage.programs import FeedRow, HookRow, SourceStayRow
from storage.series import SeriesRow
from storage.statements import one_of
from storage.tables import (
    AccessCodeRow,
    AccessRequestRow,
    AccountLinkRow,
    AlertRow,
    CardRow,
    InboxRow,
    MessageRow,
    OnlinePinRow,
    RemoteCommandRow,
    RevealRow,
)
from storage.transaction import Transaction

_NOW: Any = bindparam("now")


async def find_due(transaction: Transaction, now: datetime, limit: int) -> Sequence[tuple[Subject, str]]:
    """At most `limit` of each kind, those that have waited longest; of one moment, as they were written."""
    return [(Subject(kind), row) for kind, row in await transaction.rows(_DUE, now=now, most=limit)]


def _each_kind() -> Iterator[Select[str, str]]:
    message, request, card = MessageRow, AccessRequestRow, CardRow
    yield _of(Subject.CODE, AccessCodeRow)
    yield _of(Subject.MESSAGE, message, one_of(col(message.status), OPEN))
    sent = col(message.status) == MessageStatus.SENT.value, col(message.medium) == Medium.SMS.value
    yield _of(Subject.REPORT, message, *sent)
    yield _of(Subject.CARD, card, col(card.wanted) > col(card.shown), key=col(card.request_id))
    # An approved one is due when a change that was asked lapses.
    waits = (RequestStatus.PENDING.value, RequestStatus.APPROVED.value)
    yield _of(Subject.REQUEST, request, one_of(col(request.status), waits))
    yield _of(Subject.ALERT, AlertRow, col(AlertRow.solved_at).is_(None))
    yield _of(Subject.REVEAL, RevealRow)
    yield _of(Subject.REMOTE, RemoteCommandRow)
    yield _of(Subject.ONLINE, OnlinePinRow)
    yield _of(Subject.LINK, AccountLinkRow)
    yield _of(Subject.SOURCE_STAY, SourceStayRow)
    yield _of(Subject.SERIES, SeriesRow)
    yield _of(Subject.FEED, FeedRow)
    yield _of(Subject.HOOK, HookRow)
    yield _of(Subject.BOOKING, BookingRow)
    yield select(_named(Subject.INBOX), literal("next").label("row")).where(exists().where(InboxRow.due_at <= _NOW))


def _named(subject: Subject) -> ColumnElement[str]:
    return literal(subject.value).label("kind")


def _of(subject: Subject, table: Any, *where: ColumnElement[bool], key: Any = None) -> Select[str, str]:
    key = table.id if key is None else key
    row = key.label("row")
    # A limit for each kind: a thousand cards that are due must not keep one PIN waiting.
    found = (
        select(row).where(table.due_at <= _NOW, *where).order_by(table.due_at, key).limit(bindparam("most")).subquery()
    )
    return select(_named(subject), found.c.row)


_DUE = union_all(*_each_kind())
