"""The repository of limits as the core needs it, beside the others in `bot.ports`. What they are is
`bot.domain.approvals.limits`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.messages.rate_limits import Bucket


class LimitCounts(Protocol):
    """Taken right after a delivery is counted: before doors, stays and what belongs to them."""

    async def take(self, buckets: Sequence[Bucket], now: datetime) -> tuple[Bucket, datetime] | None:
        """One from each of them, in one statement; or the first that has none left, and when it will have. Whoever is
        refused undoes the transaction, or what the others gave would be lost."""
        ...

    async def for_update(self, whose: str, now: datetime) -> None:
        """From here to the end nobody else counts what this one did, by `Audit.count`, nor does it once more."""
        ...

    async def forget(self, now: datetime) -> None:
        """Rows that limit nothing any more are deleted."""
        ...
