"""A series: one wish that repeats, decided once, from which a stay comes for each visit. The request that was asked for
is its first visit's; the others come one after the other, each some days ahead, as stays like any other
(`bot.workflows.process_series`)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.planning.visits import Visits
from bot.domain.sources.source_stays import NEW
from bot.domain.windows import AccessWindow

AHEAD = timedelta(days=2)
"""So long before its PIN is due a visit takes its place at the lock: where there is none, people have time."""

TRIED_EVERY = timedelta(hours=1)
"""A visit that the door does not take is tried again so often until it is over."""


@dataclass(frozen=True, slots=True)
class Series:
    """`id`: that of its first request. `done`: how many visits have had their turn, as stays or as missed ones.
    `newest_id`: the stay of the last of these, from which the next has whom it is for. `due_at`: None until somebody
    has approved it, and once there is nothing more to come. `ended_by`: who gave up what was to come, and `ended_at`
    when."""

    id: str
    visits: Visits
    newest_id: str
    done: int = 1
    due_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    version: int = NEW

    @property
    def goes_on(self) -> bool:
        """It is not given up, and visits are still to come."""
        return self.ended_at is None and self.done < len(self.visits.days)

    @property
    def left(self) -> int:
        return len(self.visits.days) - self.done if self.goes_on else 0

    def next(self, zone: ZoneInfo) -> AccessWindow:
        return self.visits.window(self.done, zone)

    def next_at(self, zone: ZoneInfo, lead: timedelta) -> datetime | None:
        """When the next visit becomes a stay: in time for its PIN, and once the visit before it begins, so that there
        is always one that can be shown, changed and withdrawn. `lead`: how long before its start a PIN is made."""
        if not self.goes_on:
            return None
        return min(self.next(zone).starts_at - lead - AHEAD, self.visits.window(self.done - 1, zone).starts_at)

    def begun(self, zone: ZoneInfo, lead: timedelta) -> "Series":
        """Somebody has approved it."""
        return replace(self, due_at=self.next_at(zone, lead))

    def with_stay(self, request_id: str) -> "Series":
        return replace(self, done=self.done + 1, newest_id=request_id)

    def without_stay(self) -> "Series":
        return replace(self, done=self.done + 1)

    def ended(self, by: str, at: datetime) -> "Series":
        return replace(self, ended_by=by, ended_at=at, due_at=None)
