"""The lock's clock: its whole hours, its times of day, and the moments when it is put forward or back.

Here belongs arithmetic between instants and one zone's wall clock. What a lock accepts is
`bot.domain.planning.lock_rules`; how a moment is written for a person is `bot.conversation.times`. All instants
returned are UTC.

A whole hour is an instant at which the wall clock shows hh:00. Two of them are usually 60 minutes apart, but 30 or 90
where clocks change by half an hour (Australia/Lord_Howe), so nothing here assumes that hours lie on one grid.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PROBE = timedelta(days=6)
"""Clocks stay put at least this long: the shortest summer since 1970 lasted an hour less than a week (Recife, 2000)."""


class ClockNote(StrEnum):
    """What is odd about a wall-clock time: it never happens, or it happens twice."""

    GAP = "dst_gap"
    FOLD = "dst_fold"


@dataclass(frozen=True, slots=True)
class Reading:
    """A wall-clock time understood as an instant."""

    instant: datetime
    note: ClockNote | None = None


def read_wall_clock(wall: datetime, zone: ZoneInfo) -> Reading:
    """The instant that a wall-clock time without an offset means.

    A time that happens twice means the first; one that never happens moves forward by as much as the clock was put
    forward (RFC 5545 §3.3.5 and PEP 495 agree on both).
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    instant = first.astimezone(UTC)
    if wall_clock(instant, zone) != wall:
        return Reading(instant, ClockNote.GAP)
    return Reading(instant, ClockNote.FOLD if first.utcoffset() != second.utcoffset() else None)


def wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock in this zone shows then, without an offset."""
    return instant.astimezone(zone).replace(tzinfo=None)


def on_local_clock(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """How long it is from start to end for someone who only reads the clock and the calendar."""
    return wall_clock(end, zone) - wall_clock(start, zone)


def hour_at_or_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """The last whole hour of the local clock that is not after this instant."""
    local = instant.astimezone(zone)
    past = _past_the_hour(local)
    # In UTC: Python subtracts from a local time by the wall clock, across any change.
    hour = instant.astimezone(UTC) - past
    if not past or hour.astimezone(zone).utcoffset() == local.utcoffset():
        return hour
    return max(near for near in _hours_near(instant, zone) if near <= instant)


def hour_at_or_after(instant: datetime, zone: ZoneInfo) -> datetime:
    """The first whole hour of the local clock that is not before this instant."""
    local = instant.astimezone(zone)
    past = _past_the_hour(local)
    if not past:
        return instant.astimezone(UTC)
    hour = instant.astimezone(UTC) - past + HOUR
    if hour.astimezone(zone).utcoffset() == local.utcoffset():
        return hour
    return min(near for near in _hours_near(instant, zone) if near >= instant)


def next_hour(hour: datetime, zone: ZoneInfo) -> datetime:
    """The whole hour that follows this one."""
    return hour_at_or_after(hour + timedelta(microseconds=1), zone)


def previous_hour(hour: datetime, zone: ZoneInfo) -> datetime:
    """The whole hour before this one."""
    return hour_at_or_before(hour - timedelta(microseconds=1), zone)


def time_of_day_at_or_after(instant: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """The first moment, not before this instant, at which the local clock shows this time of day.

    A day whose clock skips that time is passed over; on a day that has it twice, both count.
    """
    today = wall_clock(instant, zone).date()
    days = (today + DAY * n for n in range(5))
    return next(moment for day in days for moment in moments_of(day, clock, zone) if moment >= instant)


def moments_of(day: date, clock: time, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments of this local date at which the clock shows this time: one, none, or two."""
    first = datetime.combine(day, clock, zone)
    instant = first.astimezone(UTC)
    if wall_clock(instant, zone) != datetime.combine(day, clock):
        return
    yield instant
    again = first.replace(fold=1).astimezone(UTC)
    if again != instant:
        yield again


def clocks_change(start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Whether the zone's offset at any later moment up to the end differs from that at the start."""
    offset = start.astimezone(zone).utcoffset()
    likely = (end, start + (end - start) / 2)
    steps = (start + PROBE * n for n in range(1, (end - start) // PROBE + 1))
    return any(probe.astimezone(zone).utcoffset() != offset for probe in chain(likely, steps))


def _past_the_hour(local: datetime) -> timedelta:
    return timedelta(0, local.minute * 60 + local.second, local.microsecond)


def _hours_near(instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Every whole hour within two hours, on the grid of each offset in force there. Needed around changes only."""
    around = {(instant + HOUR * n).astimezone(zone).utcoffset() or timedelta() for n in range(-3, 4)}
    for offset in around:
        shifted = instant.astimezone(UTC) + offset
        base = shifted.replace(minute=0, second=0, microsecond=0) - offset
        for candidate in (base + HOUR * n for n in range(-3, 4)):
            if not _past_the_hour(candidate.astimezone(zone)):
                yield candidate
