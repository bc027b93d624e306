"""The repository of alerts: what needs a person, and who has it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from bot.domain.stays.alerts import Alert, AlertKind, Ending, Rung
from storage.repository import Repository, all_columns, table
from storage.tables import AlertRow

A = AlertRow
_T = table(A).c
_OPEN = all_columns(A).where(_T.solved_at.is_(None))
_OF_NO_STAY = _OPEN.where(_T.request_id.is_(None)).order_by(_T.id)
_BY_KEY = all_columns(A).where(_T.key == bindparam("key"))
_OPEN_OF_LOCK = _OF_NO_STAY.where(_T.lock_id == bindparam("door"))
_OF_LOCKS = _OF_NO_STAY.where(_T.lock_id.is_not(None))
_OF_KIND = _OPEN.where(_T.kind == bindparam("kind")).order_by(_T.id)
_ALL_OPEN = _OPEN.order_by(_T.acknowledged_by.is_not(None), _T.since, _T.id).limit(bindparam("most"))
_COUNTS = select(_T.kind, func.count()).where(_T.solved_at.is_(None)).group_by(_T.kind)
_OPEN_OF = all_columns(A).where(_T.request_id == bindparam("of"), _T.solved_at.is_(None)).order_by(_T.id)


class AlertRepository(Repository):
    async def get(self, alert_id: str, *, for_update: bool = False) -> Alert | None:
        if for_update:
            await self._lock_stay_of(A, alert_id)
        row = await self._read(A, alert_id, for_update=for_update)  # not every alert belongs to a stay
        return _alert(row) if row else None

    async def by_key(self, key: str, request_id: str | None) -> Alert | None:
        await self._lock_stays([request_id])
        row = await self._transaction.first(_BY_KEY, key=key)
        return _alert(row) if row else None

    async def add(self, alert: Alert) -> None:
        await self._lock_stays([alert.request_id])
        self._transaction.without_alert.discard(alert.request_id or "")
        await self._add(A, {"id": alert.id, "version": 0, **_values(alert)})

    async def save(self, alert: Alert) -> Alert:
        await self._lock_stays([alert.request_id])
        self._transaction.without_alert.discard(alert.request_id or "")
        await self._guarded(A, alert.id, alert.version, _values(alert))
        return replace(alert, version=alert.version + 1)

    async def open_of(self, request_id: str) -> Sequence[Alert]:
        if request_id in self._transaction.without_alert:
            return []
        return await self._alerts(_OPEN_OF, of=request_id)

    async def open_of_lock(self, lock_id: str) -> Sequence[Alert]:
        return await self._alerts(_OPEN_OF_LOCK, door=lock_id)

    async def of_locks(self) -> Sequence[Alert]:
        return await self._alerts(_OF_LOCKS)

    async def open_of_kind(self, kind: AlertKind) -> Sequence[Alert]:
        return await self._alerts(_OF_KIND, kind=kind.value)

    async def all_open(self, most: int) -> Sequence[Alert]:
        return await self._alerts(_ALL_OPEN, most=most)

    async def count_open(self) -> Mapping[str, int]:
        return {row[0]: row[1] for row in await self._transaction.rows(_COUNTS)}

    async def _alerts(self, statement: Select[Any], **values: Any) -> list[Alert]:
        return [_alert(row) for row in await self._transaction.rows(statement, **values)]


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
