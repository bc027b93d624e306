"""The repository of access requests, each with its decision, its newest amendment and the approvals before the
decision."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, literal_column, select, union, union_all

from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice
from bot.domain.stays.access_requests import (
    AccessRequest,
    Amendment,
    AskedUnder,
    Decision,
    RequestStatus,
    Review,
)
from bot.domain.stays.given_up import GivenUp
from bot.domain.windows import AccessWindow, PinKind
from storage.repository import Read, Repository, all_columns, insert_of, table
from storage.statements import any_of, one_of
from storage.tables import IS_PENDING, AccessCodeRow, AccessRequestRow, AlertRow, CardRow, DecisionRow, GuestRow

_MOST_OF_GUEST = 500
_PENDING = RequestStatus.PENDING.value
_STANDS = [_PENDING, RequestStatus.APPROVED.value]
Given = Sequence[tuple[int, Decision]]
"""Approvals, each with the number of the amendment that it approves."""


_R, _D, _C = table(AccessRequestRow).c, table(DecisionRow).c, table(AccessCodeRow).c
_OPEN_OF: Any = select(func.count(), func.min(_R.granted_starts_at)).where(_R.requester == bindparam("of"), IS_PENDING)
_APPROVALS = all_columns(DecisionRow).where(any_of(_D.request_id, "ids")).order_by(_D.at, _D.approver)
_ALL = all_columns(AccessRequestRow)
_K = table(CardRow).c
_OPEN_ALERT = exists().where(table(AlertRow).c.request_id == _R.id, table(AlertRow).c.solved_at.is_(None))
# A row for each approval, or one without; whose stay it is, its card and whether it needs a person: what one stay needs
# is read at every step of it.
_ONE = (
    select(*_R, _D.approver.label("said_by"), _D.amendment.label("said_of"))
    .add_columns(_D.approved.label("said"), _D.at.label("said_at"), _D.reason.label("said_why"))
    .add_columns(table(GuestRow).c.phone, table(GuestRow).c.opted_out_at, _OPEN_ALERT.label("alerted"))
    .add_columns(_K.channel, _K.ts, _K.wanted, _K.shown, _K.tried_at, _K.updated_at, _K.digest)
    .add_columns(_K.version.label("card_version"))
    .outerjoin_from(table(AccessRequestRow), table(DecisionRow), _D.request_id == _R.id)
    .join(table(GuestRow), table(GuestRow).c.id == _R.guest_id)
    .outerjoin(table(CardRow), _K.request_id == _R.id)
    .where(_R.id == bindparam("of"))
    .order_by(_D.at, _D.approver)
)
_MOST: Any = bindparam("most")
_MANY = _ALL.where(any_of(_R.id, "ids"))
_OF_REQUESTER = _ALL.where(_R.requester == bindparam("of")).order_by(_R.id.desc()).limit(_MOST)
_OF_GUEST = (
    _ALL.where(_R.guest_id == bindparam("of"), one_of(_R.status, _STANDS)).order_by(_R.id.desc()).limit(_MOST_OF_GUEST)
)
_BY_SHORT_ID = _ALL.where(_R.short_id == bindparam("typed"))
_NAMES = select(_R.id, _R.guest_name).order_by(_R.id.desc()).limit(_MOST)
_GOES_ON = (_R.granted_ends_at > bindparam("now")) & one_of(_R.status, _STANDS)
_AT_LOCK = _ALL.where(
    one_of(_R.status, _STANDS),
    (_R.lock_id == bindparam("door")) | _R.more_locks.like(bindparam("among"), escape="/"),
    _R.granted_ends_at > bindparam("now"),
    _R.given_up_at.is_(None),
).order_by(_R.granted_starts_at, _R.id)
_SINCE: Any = bindparam("since")
_UNTIL: Any = bindparam("until")
# Two short lists, each by its index: one condition with an "or" in it would be looked for in every row.
_BEGINNING_PENDING = select(_R.id).where(IS_PENDING, _R.granted_starts_at >= _SINCE, _R.granted_starts_at < _UNTIL)
_BEGINNING_CODES = select(_C.request_id).where(_C.starts_at >= _SINCE, _C.starts_at < _UNTIL)
_BEGINNING = _ALL.where(_R.id.in_(union(_BEGINNING_PENDING, _BEGINNING_CODES)), one_of(_R.status, _STANDS)).order_by(
    _R.id
)
_SOONEST = _R.granted_starts_at, _R.id
# Everybody's first, then everybody's second: whoever asks for hundreds hides nobody else's.
_TURN = func.row_number().over(partition_by=_R.requester, order_by=_SOONEST)
_WAITING = _ALL.where(IS_PENDING).order_by(_TURN, *_SOONEST).limit(_MOST)


@cache
def _names(*, of_one: bool, first_those_that_go_on: bool) -> Select[Any]:
    named = _NAMES.where(_R.requester == bindparam("of")) if of_one else _NAMES
    if not first_those_that_go_on:
        return named
    # Each by its index: all of them in this order would have to be read for it.
    both = [named.where(_GOES_ON).subquery(), named.where(~_GOES_ON).subquery()]
    rows = union_all(
        *[select(one, literal_column(str(rank)).label("rank")) for rank, one in enumerate(both)]
    ).subquery()
    return select(rows.c.id, rows.c.guest_name).order_by(rows.c.rank, rows.c.id.desc()).limit(_MOST)


class RequestRepository(Repository):
    async def add(self, request: AccessRequest) -> None:
        new = {"id": request.id, "short_id": request.short_id, "version": 0, **_values(request)}
        await self._transaction.write_soon(insert_of(AccessRequestRow), new)
        # Made by this transaction, it is nobody else's to write yet.
        self._transaction.held_stays.add(request.id)
        self._transaction.made_stays.add(request.id)
        await self._keep_approvals(request)

    async def get(self, request_id: str, *, for_update: bool = False) -> AccessRequest | None:
        if for_update:
            await self._lock_stays([request_id])
        rows = await self._transaction.rows(_ONE, of=request_id)
        given = [
            (row.said_of, Decision(row.said_by, row.said, row.said_at, row.said_why)) for row in rows if row.said_by
        ]
        if not rows:
            return None
        self._transaction.guests[request_id] = self._transaction.cards[request_id] = rows[0]
        (self._transaction.without_alert.discard if rows[0].alerted else self._transaction.without_alert.add)(
            request_id
        )
        return _request(rows[0], given)

    async def for_update(self, request_ids: Collection[str]) -> None:
        await self._lock_stays(request_ids)

    async def get_many(self, request_ids: Collection[str]) -> Mapping[str, AccessRequest]:
        found = await self._with_approvals(_MANY, ids=request_ids)
        return {request.id: request for request in found}

    async def save(self, request: AccessRequest) -> AccessRequest:
        await self._guarded(AccessRequestRow, request.id, request.version, _values(request))
        seen, choice = self._transaction.guests.get(request.id), request.language_choice
        named = request.guest_id, request.guest_name, choice.language.value, choice.chosen_by.value
        if seen and named != (seen.guest_id, seen.guest_name, seen.language, seen.language_chosen_by):
            del self._transaction.guests[request.id]
        # The guarded update holds the row from here on.
        self._transaction.held_stays.add(request.id)
        await self._keep_approvals(request)
        return replace(request, version=request.version + 1)

    async def of_requester(self, requester: str, limit: int) -> Sequence[AccessRequest]:
        return await self._with_approvals(_OF_REQUESTER, of=requester, most=limit)

    async def with_guests(
        self, requester: str | None, limit: int, now: datetime | None = None
    ) -> Sequence[tuple[str, str]]:
        given = {"of": requester, "now": now, "most": limit}
        named = _names(of_one=requester is not None, first_those_that_go_on=now is not None)
        rows = await self._transaction.rows(named, **{name: one for name, one in given.items() if one is not None})
        return [(row.id, row.guest_name) for row in rows]

    async def of_guest(self, guest_id: str) -> Sequence[AccessRequest]:
        return await self._with_approvals(_OF_GUEST, of=guest_id)

    async def by_short_id(self, short_id: str) -> Sequence[AccessRequest]:
        return await self._with_approvals(_BY_SHORT_ID, typed=short_id)

    async def open_of(self, requester: str) -> tuple[int, datetime | None]:
        count, first = await self._transaction.first(_OPEN_OF, of=requester)
        return count, first

    def reads_of(self, requester: str) -> Read:
        """What `open_of` reads."""
        return _OPEN_OF, {"of": requester}

    async def at_lock(self, lock_id: str, now: datetime) -> Sequence[AccessRequest]:
        return await self._with_approvals(_AT_LOCK, door=lock_id, among=f"%{_escaped(lock_id)}%", now=now)

    async def beginning(self, since: datetime, until: datetime) -> Sequence[AccessRequest]:
        return await self._with_approvals(_BEGINNING, since=since, until=until)

    async def pending(self, limit: int) -> Sequence[AccessRequest]:
        return await self._with_approvals(_WAITING, most=limit)

    async def _with_approvals(self, statement: Select[Any], **values: Any) -> list[AccessRequest]:
        found = await self._transaction.rows(statement, **values)
        if not found:
            return []
        approvals = await self._approvals([row.id for row in found])
        return [_request(row, approvals.get(row.id, ())) for row in found]

    async def _approvals(self, request_ids: Sequence[str]) -> Mapping[str, Given]:
        """Oldest first, by request."""
        found = defaultdict[str, list[tuple[int, Decision]]](list)
        for row in await self._transaction.rows(_APPROVALS, ids=request_ids):
            found[row.request_id].append((row.amendment, Decision(row.approver, row.approved, row.at, row.reason)))
        return found

    async def _keep_approvals(self, request: AccessRequest) -> None:
        """Adds those that are new. Nothing that was said is ever changed."""
        if not request.approvals:
            return
        given = (await self._approvals([request.id])).get(request.id, ())
        kept = {said.approver for amendment, said in given if amendment == request.amendments}
        for said in request.approvals:
            if said.approver not in kept:
                by = {"request_id": request.id, "approver": said.approver, "amendment": request.amendments}
                await self._add(DecisionRow, {**by, "approved": said.approved, "at": said.at, "reason": said.reason})


def _escaped(text: str) -> str:
    """As LIKE takes it literally."""
    return re.sub("([/%_])", r"/\1", text)


def _values(request: AccessRequest) -> dict[str, Any]:
    said, given_up, amendment = request.decision, request.given_up, request.amendment
    return {
        "lock_id": request.lock_id,
        "guest_id": request.guest_id,
        "requester": request.requester,
        "workspace": request.workspace,
        "on_arrival": request.on_arrival,
        "more_locks": "\n".join(request.more_locks),
        "chain": request.chain,
        "guest_name": request.guest_name,
        "language": request.language_choice.language.value,
        "language_chosen_by": request.language_choice.chosen_by.value,
        "status": request.status.value,
        "kind": request.kind.value,
        "asked_starts_at": request.asked.starts_at,
        "asked_ends_at": request.asked.ends_at,
        "granted_starts_at": request.granted.starts_at,
        "granted_ends_at": request.granted.ends_at,
        "note": request.note,
        "created_at": request.created_at,
        "approver": said.approver if said else None,
        "approved": said.approved if said else None,
        "decided_at": said.at if said else None,
        "reason": said.reason if said else None,
        "emergency": said.emergency if said else None,
        "reviewed_by": request.review.by if request.review else None,
        "reviewed_at": request.review.at if request.review else None,
        "due_at": request.due_at,
        "given_up_by": given_up.by if given_up else None,
        "given_up_at": given_up.at if given_up else None,
        "amendments": request.amendments,
        "amended_by": amendment.by if amendment else None,
        "amended_at": amendment.at if amendment else None,
        "amended_starts_at": amendment.window.starts_at if amendment else None,
        "amended_ends_at": amendment.window.ends_at if amendment else None,
        "kind_asked": amendment.kind_asked.value if amendment else None,
        "series_id": request.series_id,
        "visit": request.visit,
        "asked_under": [one.as_json() for one in request.asked_under],
        "booked_starts_at": request.booked.starts_at if request.booked else None,
        "booked_ends_at": request.booked.ends_at if request.booked else None,
    }


def _request(row: AccessRequestRow, given: Given) -> AccessRequest:
    return AccessRequest(
        id=row.id,
        lock_id=row.lock_id,
        guest_id=row.guest_id,
        requester=row.requester,
        asked=AccessWindow(row.asked_starts_at, row.asked_ends_at),
        granted=AccessWindow(row.granted_starts_at, row.granted_ends_at),
        kind=PinKind(row.kind),
        created_at=row.created_at,
        status=RequestStatus(row.status),
        note=row.note,
        decision=_decision(row),
        approvals=tuple(said for amendment, said in given if amendment == row.amendments),
        voided=tuple(said for amendment, said in given if amendment != row.amendments),
        amendment=_amendment(row),
        review=Review(row.reviewed_by, row.reviewed_at) if row.reviewed_by and row.reviewed_at else None,
        due_at=row.due_at,
        workspace=row.workspace,
        on_arrival=row.on_arrival,
        more_locks=tuple(row.more_locks.split()),
        chain=row.chain,
        guest_name=row.guest_name,
        language_choice=LanguageChoice(Language(row.language), ChosenBy(row.language_chosen_by)),
        given_up=GivenUp(row.given_up_by, row.given_up_at) if row.given_up_by and row.given_up_at else None,
        asked_under=tuple(AskedUnder.from_json(said) for said in row.asked_under),
        booked=_booked(row),
        erased_at=row.erased_at,
        series_id=row.series_id,
        visit=row.visit,
        version=row.version,
    )


def _amendment(row: AccessRequestRow) -> Amendment | None:
    if row.amended_by is None or row.amended_at is None or row.kind_asked is None:
        return None
    if row.amended_starts_at is None or row.amended_ends_at is None:
        return None
    window = AccessWindow(row.amended_starts_at, row.amended_ends_at)
    return Amendment(row.amended_by, row.amended_at, window, PinKind(row.kind_asked), row.amendments)


def _booked(row: AccessRequestRow) -> AccessWindow | None:
    if row.booked_starts_at is None or row.booked_ends_at is None:
        return None
    return AccessWindow(row.booked_starts_at, row.booked_ends_at)


def _decision(row: AccessRequestRow) -> Decision | None:
    if row.approver is None or row.decided_at is None:
        return None
    return Decision(row.approver, bool(row.approved), row.decided_at, row.reason, bool(row.emergency))
