"""The programs that are called when something happens: the repository of them, and how they are called. Beside the
other ports in `bot.ports`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.domain.sources.hooks import Hook


class Hooks(Protocol):
    async def get(self, hook_id: str) -> Hook | None: ...
    async def all(self) -> Sequence[Hook]:
        """Oldest first, ended ones too."""
        ...

    async def put(self, hook: Hook) -> Hook:
        """Adds a new one, or changes it if it is still as it was read. Raises Stale where somebody else was first."""
        ...

    async def remove(self, hook_id: str) -> None: ...


class HookCaller(Protocol):
    @property
    def hands(self) -> asyncio.Semaphore:
        """How many programs may be called at once, all others waiting."""
        ...

    async def look(self, address: str) -> str:
        """The address as it is kept. Raises Misconfigured for one that is none, or that nobody may have called."""
        ...

    async def call(self, address: str, secret: str, *, message_id: str, body: Mapping[str, Any]) -> None:
        """Once, signed. Raises Gone where the program wants to hear no more, else another ProviderError where it did
        not take it."""
        ...

    def new_secret(self) -> str: ...
