"""The morning message: when the team is told who arrives tomorrow, and what tomorrow is at each door. Pure arithmetic
over clocks; which stays are ready is `bot.domain.stays.arrivals`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LATE = timedelta(hours=3)
"""Whoever was down, or could not post, comes so much later at most: at noon nobody reads what the morning was for."""

NO_ZONE = "UTC"
"""A house whose zone is this has named none: its doors say where it is."""

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Morning:
    """One morning of the house's. `next_at`: when the message after this one is due."""

    day: date
    at: datetime
    next_at: datetime

    @property
    def until(self) -> datetime:
        """From here on it is not sent any more."""
        return self.at + LATE

    def tomorrow(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The day after this one on the clock at a door, `[from, until)`. From one midnight behind a message to the one
        behind the next: whatever the clocks of house and door do, each day is told of once."""
        return _midnight_after(self.at, zone), _midnight_after(self.next_at, zone)


def house_zone(named: str, of_doors: Iterable[str]) -> ZoneInfo:
    """By whose clock it is morning: the zone that the house names, else the one that most of its doors are in."""
    if named != NO_ZONE:
        return ZoneInfo(named)
    counted = Counter(of_doors)
    # Of two with as many doors always the same, or the message would come twice.
    return ZoneInfo(min(counted, key=lambda zone: (-counted[zone], zone), default=NO_ZONE))


def morning_of(now: datetime, clock: time | None, zone: ZoneInfo) -> Morning | None:
    """The morning whose message may go now; None outside of its hours, and where none is wanted."""
    if clock is None:
        return None
    today = now.astimezone(zone).date()
    # One that is due late in the evening may still go after midnight.
    found = [morning_on(day, clock, zone) for day in (today, today - _A_DAY)]
    return next((one for one in found if one.at <= now < one.until), None)


def morning_on(day: date, clock: time, zone: ZoneInfo) -> Morning:
    """That of this day, by the house's clock."""
    return Morning(day, *(datetime.combine(each, clock, zone).astimezone(UTC) for each in (day, day + _A_DAY)))


def _midnight_after(at: datetime, zone: ZoneInfo) -> datetime:
    """Where clocks leave midnight out, the first moment of that day."""
    return datetime.combine(at.astimezone(zone).date() + _A_DAY, time(), zone).astimezone(UTC)
