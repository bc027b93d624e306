"""The shelf of turns at the chat, as workflows see it: shared by all workers, so that together they keep to its pace.

How turns are given is `bot.domain.messages.rate_limits`; what lanes there are, the chat's own room says (`Chat.lane`).
"""

from datetime import datetime
from typing import Protocol

from bot.domain.messages.rate_limits import Lane


class Turns(Protocol):
    """`wall` is the machine's time: a vendor's patience does not move with a demo's clock."""

    async def take(self, lane: Lane, who: str, wall: datetime) -> datetime:
        """When `who` may go; not after `wall` means now. A turn that lies ahead is kept for them."""
        ...

    async def failed(self, lane: Lane, wall: datetime, named: float | None) -> None:
        """The chat is away, or asks us to wait: nobody goes for a while, for `named` seconds where it says so."""
        ...

    async def answered(self, lane: Lane) -> None:
        """The chat is there."""
        ...
