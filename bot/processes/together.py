"""Nudges that a worker takes at the same moment, looked at at once."""

import asyncio
from collections.abc import Awaitable, Callable


class Together:
    """`look` is given rows with commas between them, each of them once."""

    def __init__(self, look: Callable[[str], Awaitable[None]]) -> None:
        self._look = look
        self._rows: dict[str, None] = {}
        self._next: asyncio.Task[None] | None = None

    async def look(self, row_id: str) -> None:
        """Returns once it has been looked at."""
        self._rows[row_id] = None
        if self._next is None:
            # It begins behind all that are at it in this very moment, and whoever comes later waits for the next.
            self._next = asyncio.create_task(self._all())
        await self._next

    async def _all(self) -> None:
        rows, self._rows, self._next = ",".join(self._rows), {}, None
        await self._look(rows)
