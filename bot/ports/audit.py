"""What is only ever added to, as the core needs it: who did what, and which deliveries were seen. Beside the other
repositories in `bot.ports`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.domain.sources.hooks import HappenedLine


class Audit(Protocol):
    async def note(self, at: datetime, actor: str, what: str, subject: str, **facts: str) -> None: ...
    async def count(self, actor: str, what: str, since: datetime) -> int:
        """How often somebody did this since then."""
        ...

    async def newest(self, actors: Collection[str], what: str, since: datetime) -> Mapping[str, datetime]:
        """When each of them last did this; who has not since then is left out."""
        ...

    async def corrected_from(self, guest_id: str) -> Mapping[str, datetime]:
        """Stays that were this number's until somebody corrected it, and when that was."""
        ...

    async def last(self) -> int:
        """The number of the newest line; 0 before the first."""
        ...

    async def after(self, number: int, limit: int) -> Sequence[HappenedLine]:
        """The lines behind this one, in the order in which they were written."""
        ...

    async def about(self, subjects: Collection[str]) -> Sequence[dict[str, Any]]:
        """What lines about these say, oldest first."""
        ...

    async def erase(self, subjects: Collection[str], at: datetime, by: str, about: str) -> None:
        """Takes away what lines about these say of anybody, and says in a line of its own which those are."""
        ...


class Deliveries(Protocol):
    async def first(self, source: str, key: str, at: datetime) -> bool:
        """True the first time this delivery of a vendor is seen; remembered with the transaction."""
        ...

    async def seen(self, source: str, key: str) -> bool:
        """Whether it was; nothing is remembered."""
        ...
