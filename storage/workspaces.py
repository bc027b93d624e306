"""The repository of workspaces. Their tokens are elsewhere (`storage.installed`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from bot.domain.messages.workspaces import Admission, AdmissionState, Workspace
from storage.installed import AdmissionRow, MemberRow, WorkspaceRow
from storage.repository import Repository, all_columns, stays_where, table
from storage.statements import any_of
from storage.tables import AccessRequestRow, CardRow

W, A, M = WorkspaceRow, AdmissionRow, MemberRow
_W, _A, _M, _R, _CARD = (table(row).c for row in (W, A, M, AccessRequestRow, CardRow))
_ALL = all_columns(W).order_by(_W.installed_at, _W.id)
_ADMISSIONS = all_columns(A).order_by(_A.at, _A.id)
_CHANGED = update(table(W)).where(_W.id == bindparam("of"))
_LEFT = delete(table(W)).where(_W.id == bindparam("of"))
_TAKEN_OVER = update(table(AccessRequestRow)).where(_R.workspace == "")
_MEMBER = _M.workspace == bindparam("of"), _M.person == bindparam("who")
_SEEN, _FORGOTTEN = select(_M.seen_at).where(*_MEMBER), delete(table(M)).where(*_MEMBER)
_ITS_STAYS = stays_where(any_of(_R.workspace, "workspaces"))
_UNSHOWN = (
    select(_CARD.request_id)
    .join(table(AccessRequestRow), _R.id == _CARD.request_id)
    .where(_R.workspace == bindparam("of"), _CARD.wanted > _CARD.shown)
    .order_by(_CARD.request_id)
    .limit(bindparam("most"))
)


class WorkspaceRepository(Repository):
    async def all(self) -> Sequence[Workspace]:
        return [_workspace(row) for row in await self._transaction.rows(_ALL)]

    async def get(self, workspace_id: str) -> Workspace | None:
        row = await self._read(W, workspace_id)
        return _workspace(row) if row else None

    async def admissions(self) -> Sequence[Admission]:
        return [_admission(row) for row in await self._transaction.rows(_ADMISSIONS)]

    async def admission(self, workspace_id: str) -> Admission | None:
        row = await self._read(A, workspace_id)
        return _admission(row) if row else None

    async def keep(self, admission: Admission) -> None:
        values = {"name": admission.name, "state": admission.state.value, "by": admission.by, "at": admission.at}
        await self._put(A, {"id": admission.id, **values})

    async def register(self, workspace: Workspace) -> None:
        if await self.get(workspace.id) is not None:
            await self._change(workspace.id, name=workspace.name, installed_by=workspace.installed_by)
            return
        new = {
            "id": workspace.id,
            "name": workspace.name,
            "installed_by": workspace.installed_by,
            "installed_at": workspace.installed_at,
            "approvals_channel": workspace.approvals_channel,
        }
        await self._add(W, new)

    async def take_over(self, workspace_id: str) -> None:
        # In order, with those whose cards go out now.
        await self._lock_stays_by(_ITS_STAYS, workspaces=["", workspace_id])
        await self._transaction.write(_TAKEN_OVER, {"workspace": workspace_id})

    async def member_seen(self, workspace_id: str, person: str) -> datetime | None:
        found: datetime | None = await self._transaction.value(_SEEN, of=workspace_id, who=person)
        return found

    async def keep_member(self, workspace_id: str, person: str, seen_at: datetime) -> None:
        await self._put(M, {"workspace": workspace_id, "person": person, "seen_at": seen_at})

    async def forget_member(self, workspace_id: str, person: str) -> None:
        await self._transaction.write(_FORGOTTEN, {"of": workspace_id, "who": person})

    async def leave(self, workspace_id: str) -> None:
        await self._transaction.write(_LEFT, {"of": workspace_id})

    async def name_channel(self, workspace_id: str, channel: str) -> None:
        await self._change(workspace_id, approvals_channel=channel)

    async def unshown(self, workspace_id: str, limit: int) -> Sequence[str]:
        return await self._transaction.column(_UNSHOWN, of=workspace_id, most=limit)

    async def _change(self, workspace_id: str, **values: str) -> None:
        await self._transaction.write(_CHANGED, {"of": workspace_id, **values})


def _workspace(row: WorkspaceRow) -> Workspace:
    return Workspace(row.id, row.name, row.installed_by, row.installed_at, row.approvals_channel)


def _admission(row: AdmissionRow) -> Admission:
    return Admission(row.id, row.name, AdmissionState(row.state), row.at, row.by)
