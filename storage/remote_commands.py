"""The repository of orders to bridges: who wants which door opened or locked from afar, and what came of it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from bot.domain.locks.remote_commands import Action, RemoteCommand, RemoteStatus
from storage.repository import Repository
from storage.tables import RemoteCommandRow

R = RemoteCommandRow


class RemoteCommandRepository(Repository):
    async def add(self, order: RemoteCommand) -> None:
        self._session.add(R(id=order.id, **_values(order)))
        await self._session.flush()

    async def get(self, order_id: str) -> RemoteCommand | None:
        row = await self._read(R, order_id)
        return _order(row) if row else None

    async def by_ref(self, ref: str) -> RemoteCommand | None:
        found = await self._session.scalars(select(R).where(col(R.ref) == ref).order_by(col(R.id)).limit(1))
        row = found.one_or_none()
        return _order(row) if row else None

    async def save(self, order: RemoteCommand) -> RemoteCommand:
        await self._guarded(R, order.id, order.version, _values(order))
        return replace(order, version=order.version + 1)

    async def count_since(self, lock_id: str, since: datetime) -> int:
        statement = select(func.count()).where(col(R.lock_id) == lock_id, col(R.asked_at) > since)
        return await self._session.scalar(statement) or 0


def _values(order: RemoteCommand) -> dict[str, Any]:
    return {
        "lock_id": order.lock_id,
        "person": order.person,
        "action": order.action.value,
        "asked_at": order.asked_at,
        "status": order.status.value,
        "ref": order.ref,
        "problem": order.problem,
        "workspace": order.workspace,
        "due_at": order.due_at,
        "claimed_until": order.claimed_until,
    }


def _order(row: RemoteCommandRow) -> RemoteCommand:
    return RemoteCommand(
        id=row.id,
        lock_id=row.lock_id,
        person=row.person,
        action=Action(row.action),
        asked_at=row.asked_at,
        status=RemoteStatus(row.status),
        ref=row.ref,
        problem=row.problem,
        workspace=row.workspace,
        due_at=row.due_at,
        claimed_until=row.claimed_until,
        version=row.version,
    )
