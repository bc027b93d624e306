"""The repository of alerts."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.stays.alerts import Alert, AlertKind


class Alerts(Protocol):
    async def get(self, alert_id: str, *, for_update: bool = False) -> Alert | None:
        """`for_update`: nobody else changes it, or anything of its stay, until the transaction ends."""
        ...

    async def by_key(self, key: str, request_id: str | None) -> Alert | None:
        """For writing: what it is about is held."""
        ...

    async def add(self, alert: Alert) -> None: ...
    async def save(self, alert: Alert) -> Alert:
        """Raises Stale when the row has moved on since it was read."""
        ...

    async def open_of(self, request_id: str) -> Sequence[Alert]:
        """Those of this stay that are not solved."""
        ...

    async def open_of_lock(self, lock_id: str) -> Sequence[Alert]:
        """Those of this lock, and of no stay, that are not solved."""
        ...

    async def of_locks(self) -> Sequence[Alert]:
        """Those of locks, and of no stay, that are not solved."""
        ...

    async def open_of_kind(self, kind: AlertKind) -> Sequence[Alert]:
        """Those of this kind that are not solved."""
        ...

    async def all_open(self, most: int) -> Sequence[Alert]:
        """Not solved; those that nobody has first, and of them the oldest first."""
        ...

    async def count_open(self) -> Mapping[str, int]:
        """How many are not solved, by kind."""
        ...
