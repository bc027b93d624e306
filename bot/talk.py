"""The shelves behind talking by text as the core needs them, beside the others in `bot.ports`."""

from typing import Protocol


class SealedWords(Protocol):
    """What belongs into a text and must not lie open: what staff wrote to a guest, an approver's code."""

    async def keep(self, message_id: str, words: str) -> None: ...
    async def open(self, message_id: str) -> str | None:
        """Opens the seal; None for a message that has none."""
        ...
