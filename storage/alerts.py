"""The repository of alerts: what needs a person, and who has it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from bot.domain.stays.alerts import Alert, AlertKind, Ending, Rung
from storage.repository import Repository, all_columns, table
from storage.tables import AlertRow

A = AlertRow
_T = table(A).c
_OPEN_OF = all_columns(A).where(_T.request_id == bindparam("of"), _T.solved_at.is_(None)).order_by(_T.id)


class AlertRepository(Repository):
    async def get(self, alert_id: str, *, for_update: bool = False) -> Alert | None:
        if for_update:
            await self._lock_stay_of(A, alert_id)
        row = await self._read(A, alert_id, for_update=for_update)  # not every alert belongs to a stay
        return _alert(row) if row else None

    async def by_key(self, key: str, request_id: str | None) -> Alert | None:
        await self._lock_stays([request_id])
        row = await self._first(all_columns(A).where(col(A.key) == key))
        return _alert(row) if row else None

    async def add(self, alert: Alert) -> None:
        await self._lock_stays([alert.request_id])
        await self._add(A, {"id": alert.id, "version": 0, **_values(alert)})

    async def save(self, alert: Alert) -> Alert:
        await self._lock_stays([alert.request_id])
        await self._guarded(A, alert.id, alert.version, _values(alert))
        return replace(alert, version=alert.version + 1)

    async def open_of(self, request_id: str) -> Sequence[Alert]:
        return [_alert(row) for row in await self._rows(_OPEN_OF, of=request_id)]

    async def open_of_lock(self, lock_id: str) -> Sequence[Alert]:
        theirs = all_columns(A).where(col(A.lock_id) == lock_id, col(A.request_id).is_(None))
        return [_alert(row) for row in await self._rows(theirs.where(col(A.solved_at).is_(None)).order_by(col(A.id)))]

    async def of_locks(self) -> Sequence[Alert]:
        theirs = all_columns(A).where(col(A.lock_id).is_not(None), col(A.request_id).is_(None))
        return [_alert(row) for row in await self._rows(theirs.where(col(A.solved_at).is_(None)).order_by(col(A.id)))]

    async def open_of_kind(self, kind: AlertKind) -> Sequence[Alert]:
        found = all_columns(A).where(col(A.kind) == kind.value, col(A.solved_at).is_(None)).order_by(col(A.id))
        return [_alert(row) for row in await self._rows(found)]

    async def all_open(self, most: int) -> Sequence[Alert]:
        owned = col(A.acknowledged_by).is_not(None)
        waiting = all_columns(A).where(col(A.solved_at).is_(None)).order_by(owned, col(A.since), col(A.id)).limit(most)
        return [_alert(row) for row in await self._rows(waiting)]

    async def count_open(self) -> Mapping[str, int]:
        kinds = select(col(A.kind), func.count()).where(col(A.solved_at).is_(None)).group_by(col(A.kind))
        return {row[0]: row[1] for row in await self._session.execute(kinds)}


def _values(alert: Alert) -> dict[str, Any]:
    return {
        "key": alert.key,
        "kind": alert.kind.value,
        "since": alert.since,
        "climbs_from": alert.climbs_from,
        "due_at": alert.due_at,
        "request_id": alert.request_id,
        "code_id": alert.code_id,
        "lock_id": alert.lock_id,
        "rung": alert.rung.value,
        "episode": alert.episode,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": alert.acknowledged_at,
        "solved_at": alert.solved_at,
        "outcome": alert.outcome.value if alert.outcome else None,
        "notices": list(alert.notices),
        "workspace": alert.workspace,
    }


def _alert(row: AlertRow) -> Alert:
    return Alert(
        id=row.id,
        key=row.key,
        kind=AlertKind(row.kind),
        since=row.since,
        climbs_from=row.climbs_from,
        due_at=row.due_at,
        request_id=row.request_id,
        code_id=row.code_id,
        lock_id=row.lock_id,
        rung=Rung(row.rung),
        episode=row.episode,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        solved_at=row.solved_at,
        outcome=Ending(row.outcome) if row.outcome else None,
        notices=tuple(row.notices),
        workspace=row.workspace,
        version=row.version,
    )
