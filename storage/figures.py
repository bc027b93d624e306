"""What is counted for whoever watches from outside: a few statements, each on an index."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from ulid import ULID

from bot.domain.messages.message import Medium
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import RequestStatus
from bot.ports.figures import Figures
from storage.due import find_due
from storage.messages import OPEN
from storage.repository import table
from storage.statements import one_of
from storage.tables import AccessCodeRow, AccessRequestRow, MessageRow
from storage.transaction import Transaction

OVERDUE_AFTER = timedelta(minutes=15)
A_DAY = timedelta(days=1)
MOST_DUE = 500
"""Of each kind: more is more than anybody needs to know."""

_C, _R, _M = table(AccessCodeRow).c, table(AccessRequestRow).c, table(MessageRow).c
_UNMADE = [CodeStatus.RESERVED.value, CodeStatus.MINTING.value]
# Whatever waits has a `due_at`, and there is an index on it: what is long over is not read.
_OVERDUE = select(func.count()).where(
    _C.due_at.is_not(None),
    one_of(_C.status, _UNMADE),
    _C.mint_at < bindparam("before"),
    _C.pin_mark.is_(None),
    _C.on_arrival.is_(False),
)
_UNDECIDED = select(func.min(_R.created_at)).where(_R.due_at.is_not(None), _R.status == RequestStatus.PENDING.value)
# By id, which begins with the machine's time: there is an index on it. A demo's day may be over sooner.
_TEXTS = (
    select(_M.status, func.count())
    .where(_M.id > bindparam("made_since"), _M.created_at > bindparam("since"), _M.medium == Medium.SMS.value)
    .group_by(_M.status)
)
_LATEST = select(func.min(_M.due_at)).where(one_of(_M.status, OPEN), _M.due_at <= bindparam("now"))
_LATEST_CODE = select(func.min(_C.due_at)).where(_C.due_at <= bindparam("now"))


async def figures(transaction: Transaction, now: datetime, wall: datetime) -> Figures:
    since = [await transaction.value(one, now=now) for one in (_LATEST, _LATEST_CODE)]
    made_since = str(ULID.from_datetime(wall - A_DAY))
    texts = await transaction.rows(_TEXTS, made_since=made_since, since=now - A_DAY)
    return Figures(
        overdue=await transaction.value(_OVERDUE, before=now - OVERDUE_AFTER),
        undecided_since=await transaction.value(_UNDECIDED),
        texts={row[0]: row[1] for row in texts},
        due=len(await find_due(transaction, now, MOST_DUE)),
        due_since=min((one for one in since if one is not None), default=None),
    )
