"""Days and hours on the door's clock, as a wish that repeats names them; which days follow from `every tue,fri` is
`bot.conversation.typed.windows.repeating`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.planning.local_hours import ClockNote, read_wall_clock
from bot.domain.windows import AccessWindow

MOST_VISITS = 120
MOST_MONTHS = 12
"""So many visits are one decision, and for so long."""


@dataclass(frozen=True, slots=True)
class Visits:
    """`days`: those on which a visit begins, in order, each once. One whose `ends` is not after `starts` ends on the
    day after. Kept by the clock, not as instants: a door whose zone is mended has them at the same hours."""

    days: tuple[date, ...]
    starts: time
    ends: time

    def window(self, number: int, zone: ZoneInfo) -> AccessWindow:
        """Of the visit of this number, counted from 0; no shorter for a clock that is put forward meanwhile."""
        begins, ends = (read_wall_clock(wall, zone).instant for wall in self._walls(number))
        return AccessWindow(begins, max(ends, begins + timedelta(minutes=1)))

    def noticed(self, number: int, zone: ZoneInfo) -> frozenset[ClockNote]:
        """What is odd about its hours on that day."""
        notes = (read_wall_clock(wall, zone).note for wall in self._walls(number))
        return frozenset(note for note in notes if note is not None)

    @property
    def weekdays(self) -> tuple[int, ...]:
        """Monday is 0."""
        return tuple(sorted({day.weekday() for day in self.days}))

    @property
    def every_other_week(self) -> bool:
        mondays = sorted({day - timedelta(days=day.weekday()) for day in self.days})
        return len(mondays) > 1 and all((monday - mondays[0]).days % 14 == 0 for monday in mondays)

    def _walls(self, number: int) -> tuple[datetime, datetime]:
        day = self.days[number]
        end_day = day if self.ends > self.starts else day + timedelta(days=1)
        return datetime.combine(day, self.starts), datetime.combine(end_day, self.ends)

    def as_json(self) -> dict[str, Any]:
        """As it is kept; `from_json` reads it."""
        days = [day.isoformat() for day in self.days]
        return {"days": days, "starts": self.starts.isoformat(), "ends": self.ends.isoformat()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Visits":
        days = tuple(date.fromisoformat(day) for day in said["days"])
        return cls(days, time.fromisoformat(said["starts"]), time.fromisoformat(said["ends"]))
