"""Calendars: how one is read, and the repository of those that are."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.sources.feeds import Feed, FeedEvent, FeedProblem
from bot.ports.errors import ProviderError


class FeedUnreadable(ProviderError):
    """The calendar could not be read. Its address stands nowhere in it."""

    def __init__(self, problem: FeedProblem, detail: str = "") -> None:
        super().__init__(f"a calendar could not be read: {problem.value}")
        self.problem = problem
        self.detail = detail
        """What may be shown beside the sentence: a status, a count."""


@dataclass(frozen=True, slots=True, repr=False)
class FeedAnswer:
    """`events` is None where nothing has changed since the copy with this `etag` or `modified`. `unreadable`: uids of
    events that came and are none that can be understood."""

    events: tuple[FeedEvent, ...] | None
    etag: str = ""
    modified: str = ""
    unreadable: frozenset[str] = frozenset()


class FeedReader(Protocol):
    """`hands`: so many calendars are read at once by one process. Where a platform hangs, all of its do."""

    @property
    def hands(self) -> asyncio.Semaphore: ...
    def at_leisure(self) -> AbstractAsyncContextManager[None]:
        """In which a stay is made: one at a time, with a rest behind it, since nobody waits for it and others wait for
        this process."""
        ...

    async def read(self, address: str, now: datetime, *, etag: str = "", modified: str = "") -> FeedAnswer:
        """What repeats is read from `now` on, for a year. Raises FeedUnreadable."""
        ...


class Feeds(Protocol):
    async def get(self, feed_id: str) -> Feed | None: ...
    async def all(self) -> Sequence[Feed]:
        """Those that were added first first."""
        ...

    async def of_lock(self, lock_id: str) -> Sequence[Feed]:
        """The same of one door."""
        ...

    async def put(self, feed: Feed) -> Feed:
        """Adds a new one, or changes it if it is still as it was read. Raises Stale where somebody else was first."""
        ...

    async def remove(self, feed_id: str) -> None: ...
