"""One look at the database for all who ask: routes that are open to anybody must not make us look as often."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

FRESH_SECONDS = 1.0
PATIENCE_SECONDS = 2.0


class SharedLook(Generic[T]):
    """What `look` saw, not older than a second."""

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._looking = asyncio.Lock()
        self._seen: tuple[T] | None = None
        self._until = 0.0

    async def __call__(self) -> T:
        """Raises TimeoutError where nothing could be seen for two seconds."""
        clock = asyncio.get_running_loop().time
        async with asyncio.timeout(PATIENCE_SECONDS), self._looking:
            if self._seen is None or clock() >= self._until:
                self._seen = (await self._look(),)
                self._until = clock() + FRESH_SECONDS
            return self._seen[0]
