"""What came to our webhooks with a signature that does not fit. Somebody tries, or a secret of ours is wrong, and then
nothing that a vendor tells us is heard: the operator has to learn of it from another process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RefusedRequests:
    """`count` of them from one vendor's route since `since`; the newest at `last`."""

    vendor: str
    count: int
    since: datetime
    last: datetime


class RefusedWebhooks(Protocol):
    """`wall` is the machine's time."""

    async def record(self, vendor: str, count: int, wall: datetime) -> None:
        """That so many more came; a day without any begins a new count."""
        ...

    async def since(self, wall: datetime) -> Sequence[RefusedRequests]:
        """Those whose newest came later than this."""
        ...
