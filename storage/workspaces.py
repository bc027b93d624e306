"""The repository of workspaces. Their tokens are elsewhere (`storage.installed`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlmodel import col

from bot.domain.messages.workspaces import Admission, AdmissionState, Workspace
from storage.installed import AdmissionRow, MemberRow, WorkspaceRow
from storage.repository import Repository, stays_where
from storage.tables import AccessRequestRow, CardRow

W, A, M = WorkspaceRow, AdmissionRow, MemberRow


class WorkspaceRepository(Repository):
    async def all(self) -> Sequence[Workspace]:
        rows = await self._session.scalars(select(W).order_by(col(W.installed_at), col(W.id)))
        return [_workspace(row) for row in rows]

    async def get(self, workspace_id: str) -> Workspace | None:
        row = await self._read(W, workspace_id)
        return _workspace(row) if row else None

    async def admissions(self) -> Sequence[Admission]:
        rows = await self._session.scalars(select(A).order_by(col(A.at), col(A.id)))
        return [_admission(row) for row in rows]

    async def admission(self, workspace_id: str) -> Admission | None:
        row = await self._read(A, workspace_id)
        return _admission(row) if row else None

    async def keep(self, admission: Admission) -> None:
        values = {"name": admission.name, "state": admission.state.value, "by": admission.by, "at": admission.at}
        new = self._insert(A).values(id=admission.id, **values)
        await self._session.execute(new.on_conflict_do_update(index_elements=["id"], set_=values))

    async def register(self, workspace: Workspace) -> None:
        if await self.get(workspace.id) is not None:
            await self._change(workspace.id, name=workspace.name, installed_by=workspace.installed_by)
            return
        self._session.add(
            W(
                id=workspace.id,
                name=workspace.name,
                installed_by=workspace.installed_by,
                installed_at=workspace.installed_at,
                approvals_channel=workspace.approvals_channel,
            )
        )
        await self._session.flush()

    async def take_over(self, workspace_id: str) -> None:
        await self._lock_all_stays(workspace_id)
        await self._session.execute(
            update(AccessRequestRow)
            .where(col(AccessRequestRow.workspace) == "")
            .values(workspace=workspace_id)
            .execution_options(synchronize_session=False)
        )

    async def member_seen(self, workspace_id: str, person: str) -> datetime | None:
        found: datetime | None = await self._session.scalar(
            select(col(M.seen_at)).where(col(M.workspace) == workspace_id, col(M.person) == person)
        )
        return found

    async def keep_member(self, workspace_id: str, person: str, seen_at: datetime) -> None:
        new = self._insert(M).values(workspace=workspace_id, person=person, seen_at=seen_at)
        await self._session.execute(
            new.on_conflict_do_update(index_elements=["workspace", "person"], set_={"seen_at": seen_at})
        )

    async def forget_member(self, workspace_id: str, person: str) -> None:
        await self._session.execute(
            delete(M)
            .where(col(M.workspace) == workspace_id, col(M.person) == person)
            .execution_options(synchronize_session=False)
        )

    async def _lock_all_stays(self, workspace_id: str) -> None:
        """In order, with those whose cards go out now."""
        await self._lock_stays_by(stays_where(col(AccessRequestRow.workspace).in_(["", workspace_id])))

    async def leave(self, workspace_id: str) -> None:
        await self._session.execute(
            delete(W).where(col(W.id) == workspace_id).execution_options(synchronize_session=False)
        )

    async def name_channel(self, workspace_id: str, channel: str) -> None:
        await self._change(workspace_id, approvals_channel=channel)

    async def unshown(self, workspace_id: str, limit: int) -> Sequence[str]:
        statement = (
            select(col(CardRow.request_id))
            .join(AccessRequestRow, col(AccessRequestRow.id) == col(CardRow.request_id))
            .where(col(AccessRequestRow.workspace) == workspace_id, col(CardRow.wanted) > col(CardRow.shown))
            .order_by(col(CardRow.request_id))
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def _change(self, workspace_id: str, **values: str) -> None:
        await self._session.execute(
            update(W).where(col(W.id) == workspace_id).values(**values).execution_options(synchronize_session=False)
        )


def _workspace(row: WorkspaceRow) -> Workspace:
    return Workspace(row.id, row.name, row.installed_by, row.installed_at, row.approvals_channel)


def _admission(row: AdmissionRow) -> Admission:
    return Admission(row.id, row.name, AdmissionState(row.state), row.at, row.by)
