"""Following a sandbox's clock from another process: asked for a few times a second. It never goes back, as the
sandbox's own does not."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx

from providers.wire import Wire

EVERY_SECONDS = 0.2
ANOTHER_CLOCK = timedelta(seconds=10)
"""So far back, it is not that an answer was late or that the sandbox's clock stands: another sandbox has begun."""


class FollowedClock:
    """`url` is the sandbox's `/sandbox/clock`. Between two answers time runs as the machine's does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._offset, self._said = timedelta(), datetime.min.replace(tzinfo=UTC)
        self._client = httpx.AsyncClient(timeout=2, trust_env=False, transport=Wire())
        self._task: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        now = datetime.now(UTC) + self._offset
        if not timedelta() < self._said - now < ANOTHER_CLOCK:
            self._said = now
        return self._said

    async def start(self) -> None:
        await self._ask()
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._client.aclose()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self._ask()

    async def _ask(self) -> None:
        """A sandbox that does not answer leaves the clock as it is."""
        with suppress(httpx.HTTPError, ValueError, KeyError):
            answer = await self._client.get(self._url)
            theirs = datetime.fromisoformat(answer.json()["now"])
            self._offset = theirs - datetime.now(UTC)
