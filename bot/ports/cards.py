"""The repository of cards as the core needs it, beside the others in `bot.ports`."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.messages.card import Card
from bot.domain.messages.notice import Posted


class Cards(Protocol):
    async def want(
        self, request_id: str, channel: str, now: datetime, wall: datetime | None = None, pause: timedelta = timedelta()
    ) -> bool:
        """The card must be shown anew. Whether it was updated less than `pause` before `wall`, the machine's time: then
        it is due when `pause` is over, and else at once."""
        ...

    async def thread(self, request_id: str) -> tuple[Posted, str] | None:
        """The post under which replies stand, and the id of the one that is next; None while there is none."""
        ...

    async def get(self, request_id: str) -> Card | None: ...
    async def claim(self, card: Card, wall: datetime, until: datetime, due_at: datetime, now: datetime) -> bool: ...
    async def release(self, card: Card, due_at: datetime) -> None:
        """Undoes a claim by which nothing was done; `card` is as it was before."""
        ...

    async def shown(
        self, request_id: str, posted: Posted, wanted: int, digest: str = "", updated_at: datetime | None = None
    ) -> bool:
        """Whether something new was wanted meanwhile. `updated_at`: None where it was not updated."""
        ...

    async def unsure(self, request_id: str) -> None:
        """Nobody knows what the card shows: whatever is wanted next is shown."""
        ...

    async def forget(self, request_id: str, due_at: datetime) -> None:
        """The post is gone from the chat: the card is posted anew."""
        ...

    async def postpone(self, request_id: str, due_at: datetime | None) -> None: ...
