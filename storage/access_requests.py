"""The repository of access requests, each with its decision, its newest amendment and the approvals before the
decision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, case, func, or_, select
from sqlmodel import col

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
from storage.repository import Repository, all_columns, any_of, table
from storage.tables import AccessCodeRow, AccessRequestRow, DecisionRow

_MOST_OF_GUEST = 500
_PENDING = RequestStatus.PENDING.value
_STANDS = [_PENDING, RequestStatus.APPROVED.value]
Given = tuple[tuple[int, Decision], ...]
"""Approvals, each with the number of the amendment that it approves."""


_R, _D = table(AccessRequestRow).c, table(DecisionRow).c
_OPEN_OF: Any = select(func.count(), func.min(_R.granted_starts_at)).where(
    _R.requester == bindparam("of"), _R.status == _PENDING
)
_APPROVALS = all_columns(DecisionRow).where(_D.request_id.in_(any_of("ids"))).order_by(_D.at, _D.approver)


class RequestRepository(Repository):
    async def add(self, request: AccessRequest) -> None:
        await self._add(AccessRequestRow, {"id": request.id, "version": 0, **_values(request)})
        # Made by this transaction, it is nobody else's to write yet.
        self._held_stays.add(request.id)
        await self._keep_approvals(request)

    async def get(self, request_id: str, *, for_update: bool = False) -> AccessRequest | None:
        if for_update:
            await self._lock_stays([request_id])
        row = await self._read(AccessRequestRow, request_id)
        return _request(row, (await self._approvals([row.id])).get(row.id, ())) if row else None

    async def for_update(self, request_ids: Collection[str]) -> None:
        await self._lock_stays(request_ids)

    async def get_many(self, request_ids: Collection[str]) -> Mapping[str, AccessRequest]:
        found = await self._with_approvals(
            all_columns(AccessRequestRow).where(col(AccessRequestRow.id).in_(request_ids))
        )
        return {request.id: request for request in found}

    async def save(self, request: AccessRequest) -> AccessRequest:
        await self._guarded(AccessRequestRow, request.id, request.version, _values(request))
        # The guarded update holds the row from here on.
        self._held_stays.add(request.id)
        await self._keep_approvals(request)
        return replace(request, version=request.version + 1)

    async def of_requester(self, requester: str, limit: int) -> Sequence[AccessRequest]:
        theirs = all_columns(AccessRequestRow).where(col(AccessRequestRow.requester) == requester)
        return await self._with_approvals(theirs.order_by(col(AccessRequestRow.id).desc()).limit(limit))

    async def with_guests(
        self, requester: str | None, limit: int, now: datetime | None = None
    ) -> Sequence[tuple[str, str]]:
        statement = select(col(AccessRequestRow.id), col(AccessRequestRow.guest_name))
        if requester is not None:
            statement = statement.where(col(AccessRequestRow.requester) == requester)
        order = []
        if now is not None:
            goes_on = (col(AccessRequestRow.granted_ends_at) > now) & col(AccessRequestRow.status).in_(_STANDS)
            order.append(case((goes_on, 0), else_=1))
        rows = await self._session.execute(statement.order_by(*order, col(AccessRequestRow.id).desc()).limit(limit))
        return [(request_id, name) for request_id, name in rows]

    async def of_guest(self, guest_id: str) -> Sequence[AccessRequest]:
        stands = col(AccessRequestRow.status).in_(_STANDS)
        theirs = all_columns(AccessRequestRow).where(col(AccessRequestRow.guest_id) == guest_id, stands)
        return await self._with_approvals(theirs.order_by(col(AccessRequestRow.id).desc()).limit(_MOST_OF_GUEST))

    async def by_short_id(self, short_id: str) -> Sequence[AccessRequest]:
        fits = col(AccessRequestRow.id).endswith(short_id, autoescape=True)
        return await self._with_approvals(all_columns(AccessRequestRow).where(fits))

    async def open_of(self, requester: str) -> tuple[int, datetime | None]:
        count, first = await self._first(_OPEN_OF, of=requester)
        return count, first

    async def at_lock(self, lock_id: str, now: datetime) -> Sequence[AccessRequest]:
        row = AccessRequestRow
        stands = col(row.status).in_([RequestStatus.PENDING.value, RequestStatus.APPROVED.value])
        there = or_(col(row.lock_id) == lock_id, col(row.more_locks).contains(lock_id, autoescape=True))
        found = all_columns(row).where(stands, there, col(row.granted_ends_at) > now, col(row.given_up_at).is_(None))
        return await self._with_approvals(found.order_by(col(row.granted_starts_at), col(row.id)))

    async def beginning(self, since: datetime, until: datetime) -> Sequence[AccessRequest]:
        row, code = AccessRequestRow, AccessCodeRow
        starts = col(code.starts_at)
        of_codes = select(col(code.request_id)).where(starts >= since, starts < until)
        begins = (col(row.granted_starts_at) >= since) & (col(row.granted_starts_at) < until)
        waits = (col(row.status) == _PENDING) & begins
        stands = (col(row.status) == RequestStatus.APPROVED.value) & col(row.id).in_(of_codes)
        return await self._with_approvals(all_columns(row).where(waits | stands).order_by(col(row.id)))

    async def pending(self, limit: int) -> Sequence[AccessRequest]:
        waiting = all_columns(AccessRequestRow).where(col(AccessRequestRow.status) == RequestStatus.PENDING.value)
        soonest = col(AccessRequestRow.granted_starts_at), col(AccessRequestRow.id)
        # Everybody's first, then everybody's second: whoever asks for hundreds hides nobody else's.
        turn = func.row_number().over(partition_by=col(AccessRequestRow.requester), order_by=soonest)
        return await self._with_approvals(waiting.order_by(turn, *soonest).limit(limit))

    async def _with_approvals(self, statement: Select[Any]) -> list[AccessRequest]:
        found = await self._rows(statement)
        approvals = await self._approvals([row.id for row in found])
        return [_request(row, approvals.get(row.id, ())) for row in found]

    async def _approvals(self, request_ids: Sequence[str]) -> dict[str, Given]:
        """Oldest first, by request."""
        found: dict[str, Given] = {}
        for row in await self._rows(_APPROVALS, ids=request_ids):
            said = Decision(row.approver, row.approved, row.at, row.reason)
            found[row.request_id] = (*found.get(row.request_id, ()), (row.amendment, said))
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
        "asked_under": [one.as_json() for one in request.asked_under],
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
        version=row.version,
    )


def _amendment(row: AccessRequestRow) -> Amendment | None:
    if row.amended_by is None or row.amended_at is None or row.kind_asked is None:
        return None
    if row.amended_starts_at is None or row.amended_ends_at is None:
        return None
    window = AccessWindow(row.amended_starts_at, row.amended_ends_at)
    return Amendment(row.amended_by, row.amended_at, window, PinKind(row.kind_asked), row.amendments)


def _decision(row: AccessRequestRow) -> Decision | None:
    if row.approver is None or row.decided_at is None:
        return None
    return Decision(row.approver, bool(row.approved), row.decided_at, row.reason, bool(row.emergency))
