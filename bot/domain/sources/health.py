"""How calendars and booking systems are: when each was last heard, and what is wrong. No address and nobody's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.sources.feeds import FeedProblem, Platform


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One calendar. `good_at`: when it was last read; `problem`: why not at the last try."""

    lock_id: str
    platform: Platform
    unit: str
    added_at: datetime
    good_at: datetime | None
    problem: FeedProblem | None

    @property
    def since(self) -> datetime:
        """How old what we know of it is: nothing is known of one that was never read."""
        return self.good_at or self.added_at


@dataclass(frozen=True, slots=True)
class SystemHealth:
    """One booking system. `waiting`: so many of its bookings are no stays yet."""

    name: str
    heard_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True)
class SourcesHealth:
    feeds: Sequence[FeedHealth] = ()
    systems: Sequence[SystemHealth] = ()

    @property
    def failing(self) -> Sequence[FeedHealth]:
        return [one for one in self.feeds if one.problem is not None]

    @property
    def oldest(self) -> datetime | None:
        return min((one.since for one in self.feeds), default=None)
