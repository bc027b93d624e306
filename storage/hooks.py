"""The repository of programs that are called when something happens."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete

from bot.domain.sources.hooks import Hook, HookEvent
from bot.domain.sources.source_stays import NEW
from storage.programs import HookRow
from storage.repository import Repository, all_columns, table
from storage.seals import Seals
from storage.transaction import Transaction

H = HookRow
_T = table(H).c
_ALL = all_columns(H).order_by(_T.id)
_REMOVED = delete(table(H)).where(_T.id == bindparam("of"))
_CHANGING = ("done", "due_at", "tries", "missed", "problem", "taken_at", "ended_at", "claimed_until")


class HookRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals

    async def get(self, hook_id: str) -> Hook | None:
        row = await self._read(H, hook_id)
        return self._hook(row) if row else None

    async def all(self) -> Sequence[Hook]:
        return [self._hook(row) for row in await self._transaction.rows(_ALL)]

    async def put(self, hook: Hook) -> Hook:
        changes = {name: getattr(hook, name) for name in _CHANGING}
        if hook.version != NEW:
            await self._guarded(H, hook.id, hook.version, changes)
            return replace(hook, version=hook.version + 1)
        sealed = {"address": self._seals.seal(hook.address), "secret": self._seals.seal(hook.secret)}
        named = {"id": hook.id, "name": hook.name, "events": sorted(hook.events), "created_at": hook.created_at}
        await self._add(H, {**named, **sealed, "version": 0, **changes})
        return replace(hook, version=0)

    async def remove(self, hook_id: str) -> None:
        await self._transaction.write(_REMOVED, {"of": hook_id})

    def _hook(self, row: Any) -> Hook:
        return Hook(
            id=row.id,
            name=row.name,
            address=self._seals.open(row.address),
            secret=self._seals.open(row.secret),
            events=frozenset(HookEvent(one) for one in row.events if one in set(HookEvent)),
            created_at=row.created_at,
            version=row.version,
            **{name: getattr(row, name) for name in _CHANGING},
        )
