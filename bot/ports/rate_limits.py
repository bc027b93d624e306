"""The repository of rate limits at the chat, as workflows see it: shared by all workers, so that together they keep to
its pace.

How they are kept is `bot.domain.messages.rate_limits`; what buckets there are, the chat's own room says
(`Chat.bucket`).
"""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bot.domain.messages.rate_limits import Bucket, Permit


class RateLimits(Protocol):
    """`wall` is the machine's time: a vendor's patience does not move with a demo's clock."""

    async def for_update(self, places: Collection[tuple[Bucket, str]]) -> None:
        """Reads at once what is going to be taken, each bucket with whose place it is, and keeps others from it."""
        ...

    async def take(self, bucket: Bucket, who: str, wall: datetime) -> Permit:
        """When `who` may go; not after `wall` means now. A turn that lies ahead is kept for them."""
        ...

    async def failed(self, bucket: Bucket, wall: datetime, named: float | None) -> None:
        """The chat is away, or asks us to wait: nobody goes for a while, for `named` seconds where it says so."""
        ...

    async def forget(self, now: datetime) -> None:
        """Buckets that nobody has used for long are deleted."""
        ...

    async def answered(self, bucket: Bucket) -> None:
        """The chat is there."""
        ...
