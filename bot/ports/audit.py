"""What is only ever added to, as the core needs it: who did what, and which deliveries were seen. Beside the other
repositories in `bot.ports`."""

from datetime import datetime
from typing import Protocol


class Audit(Protocol):
    async def note(self, at: datetime, actor: str, what: str, subject: str, **facts: str) -> None: ...
    async def count(self, actor: str, what: str, since: datetime) -> int:
        """How often somebody did this since then."""
        ...


class Deliveries(Protocol):
    async def first(self, source: str, key: str, at: datetime) -> bool:
        """True the first time this delivery of a vendor is seen; remembered with the transaction."""
        ...

    async def seen(self, source: str, key: str) -> bool:
        """Whether it was; nothing is remembered."""
        ...
