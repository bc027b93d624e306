"""The repository of orders to bridges, as the core needs it. Beside the other repositories in `bot.ports`."""

from datetime import datetime
from typing import Protocol

from bot.domain.locks.remote_commands import RemoteCommand


class RemoteCommands(Protocol):
    async def add(self, order: RemoteCommand) -> None: ...
    async def get(self, order_id: str) -> RemoteCommand | None: ...
    async def by_ref(self, ref: str) -> RemoteCommand | None:
        """By the provider's name of the action."""
        ...

    async def save(self, order: RemoteCommand) -> RemoteCommand:
        """Raises Stale when the row has moved on since it was read."""
        ...

    async def count_since(self, lock_id: str, since: datetime) -> int:
        """Orders for this lock since then."""
        ...
