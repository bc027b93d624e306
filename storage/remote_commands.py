"""The repository of orders to bridges: who wants which door opened or locked from afar, and what came of it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from bot.domain.locks.remote_commands import Action, RemoteCommand, RemoteStatus
from storage.repository import Repository, all_columns, table
from storage.tables import RemoteCommandRow

R = RemoteCommandRow
_T = table(R).c
_BY_REF = all_columns(R).where(_T.ref == bindparam("ref")).order_by(_T.id).limit(1)
_COUNT = select(func.count()).where(_T.lock_id == bindparam("door"), _T.asked_at > bindparam("since"))


class RemoteCommandRepository(Repository):
    async def add(self, order: RemoteCommand) -> None:
        await self._add(R, {"id": order.id, "version": 0, **_values(order)})

    async def get(self, order_id: str) -> RemoteCommand | None:
        row = await self._read(R, order_id)
        return _order(row) if row else None

    async def by_ref(self, ref: str) -> RemoteCommand | None:
        row = await self._transaction.first(_BY_REF, ref=ref)
        return _order(row) if row else None

    async def save(self, order: RemoteCommand) -> RemoteCommand:
        await self._guarded(R, order.id, order.version, _values(order))
        return replace(order, version=order.version + 1)

    async def count_since(self, lock_id: str, since: datetime) -> int:
        return int(await self._transaction.value(_COUNT, door=lock_id, since=since))


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
