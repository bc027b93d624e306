"""The shelf of access requests, each with its decision."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.domain.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.windows import AccessWindow, PinKind
from storage.shelf import Shelf
from storage.tables import AccessRequestRow


class RequestShelf(Shelf):
    async def add(self, request: AccessRequest) -> None:
        self._session.add(AccessRequestRow(id=request.id, **_values(request)))
        await self._session.flush()

    async def get(self, request_id: str) -> AccessRequest | None:
        row = await self._session.get(AccessRequestRow, request_id, populate_existing=True)
        return _request(row) if row else None

    async def save(self, request: AccessRequest) -> AccessRequest:
        await self._guarded(AccessRequestRow, request.id, request.version, _values(request))
        return replace(request, version=request.version + 1)

    async def of_requester(self, requester: str, limit: int) -> Sequence[AccessRequest]:
        rows = await self._session.scalars(
            select(AccessRequestRow)
            .where(col(AccessRequestRow.requester) == requester)
            .order_by(col(AccessRequestRow.id).desc())
            .limit(limit)
        )
        return [_request(row) for row in rows]

    async def pending(self, limit: int) -> Sequence[AccessRequest]:
        rows = await self._session.scalars(
            select(AccessRequestRow)
            .where(col(AccessRequestRow.status) == RequestStatus.PENDING.value)
            .order_by(col(AccessRequestRow.granted_starts_at), col(AccessRequestRow.id))
            .limit(limit)
        )
        return [_request(row) for row in rows]

    async def due(self, now: datetime, limit: int) -> Sequence[str]:
        statement = (
            select(col(AccessRequestRow.id))
            .where(
                col(AccessRequestRow.due_at) <= now,
                col(AccessRequestRow.status) == RequestStatus.PENDING.value,
            )
            .limit(limit)
        )
        return list(await self._session.scalars(statement))


def _values(request: AccessRequest) -> dict[str, Any]:
    said = request.decision
    return {
        "lock_id": request.lock_id,
        "guest_id": request.guest_id,
        "requester": request.requester,
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
        "due_at": request.due_at,
    }


def _request(row: AccessRequestRow) -> AccessRequest:
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
        due_at=row.due_at,
        version=row.version,
    )


def _decision(row: AccessRequestRow) -> Decision | None:
    if row.approver is None or row.decided_at is None:
        return None
    return Decision(row.approver, bool(row.approved), row.decided_at, row.reason)
