"""Commands that were written down to be answered later, as the core needs them: the repository that keeps them, and the
handler that does one and says what came of it. Beside the others in `bot.ports`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.messages.inbox import InboxItem


class Inbox(Protocol):
    async def add(self, letters: Sequence[InboxItem]) -> None:
        """One whose key is known already is left out."""
        ...

    async def waits(self, person: str) -> bool:
        """Whether anything of this person's is not answered yet."""
        ...

    async def due(self, now: datetime) -> bool: ...
    async def claim(self, now: datetime, wall: datetime, lease: timedelta, limit: int) -> Sequence[InboxItem]:
        """The oldest that nobody has in hand, in order, now in ours; none of a person's whose earlier one waits."""
        ...

    async def note_answers(self, done: Sequence[InboxItem]) -> None:
        """Keeps their answers. Without effect for a row that somebody else has taken up meanwhile, as below."""
        ...

    async def for_update(self, those: Sequence[InboxItem]) -> None:
        """Before several are changed one after the other: nobody else does until the transaction ends."""
        ...

    async def postpone(self, held: InboxItem, due_at: datetime) -> None: ...
    async def remove(self, held: Sequence[InboxItem]) -> None: ...


class CommandHandler(Protocol):
    async def do(self, command: str) -> str:
        """What the command would have done at once, done now; the words that answer it, or none. Repeated it has one
        effect, though it may then be answered in other words."""
        ...

    async def answer(self, command: str, words: str) -> None:
        """Raises ProviderError."""
        ...
