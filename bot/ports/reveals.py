"""The repository of looks at PINs and numbers as the core needs it, beside the others in `bot.ports`."""

from typing import Protocol

from bot.domain.approvals.revealing import Reveal


class Reveals(Protocol):
    async def add(self, reveal: Reveal) -> None: ...
    async def get(self, reveal_id: str) -> Reveal | None: ...
    async def at_place(self, place: str) -> Reveal | None:
        """The look that this window was opened for."""
        ...

    async def save(self, reveal: Reveal) -> Reveal:
        """Raises Stale when the row has moved on since it was read."""
        ...
