"""Which instants a typed line means: the year, the weekday's date, the zone, and "now" are settled here.

The choices, all of them visible in the window that is shown back before anything is granted:

- A time that was typed is kept, even when it has passed today. A time that was not typed is check-in or check-out; for
  a stay that begins today after check-in, it is now (to the minute).
- A weekday is the next one: today's while its time (or, without a time, the day) is still to come.
- A day without a year is the next one, today included, and asked where that is more than 300 days ahead; an end without
  a year is the one nearest after the start, half a year ahead at most.
- A time of day alone is today's, or tomorrow's when the window would be over.
- Only an end without a date rolls to the next day or week. A dated end before its start is returned as it is: the
  planner refuses it with a sentence of its own.
- Hours and minutes are absolute; days, weeks, months and nights are the local clock's. Nights always end at check-out;
  so do days and weeks that begin at a day without a time.
- Whether an end is on the next day or week is read off the wall clock as it was typed, gap or no gap.
- A local time that daylight saving skips moves forward by the gap, and a window that has no length then is returned as
  it is. One that comes twice is the first that is not over, for an end the first after the start.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.typed.windows.day_names import month_name, weekday_name
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import Role
from bot.conversation.typed.windows.window_line import WindowLine
from bot.conversation.typed.windows.window_moments import EXAMPLE, Length, Moment, how_long
from bot.conversation.typed.windows.window_pieces import ANY_MONTH, CalendarDay, ClockTime, no_such_day
from bot.domain.planning.local_hours import ClockNote, moments_of, read_wall_clock, wall_clock
from bot.domain.windows import AccessWindow

_DAY = timedelta(days=1)
_HALF_YEAR = timedelta(days=183)
_FAR = timedelta(days=300)
_LONGEST_DAYS = 3660
_SMALL_HOURS = time(5)
_AHEAD = {Role.NOW: 0, Role.TODAY: 0, Role.TONIGHT: 0, Role.TOMORROW: 1, Role.OVERMORROW: 2}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The zone of a lock, the moment of asking, and the house's check-in and check-out."""

    zone: ZoneInfo
    now: datetime
    check_in: time
    check_out: time

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(self.zone).replace(second=0, microsecond=0)

    @property
    def today(self) -> date:
        return self.local_now.date()

    def at(self, wall: datetime) -> datetime:
        """The first instant at which the zone's clocks show this; a skipped time moves forward by the gap."""
        return read_wall_clock(wall, self.zone).instant

    def instants(self, wall: datetime) -> tuple[datetime, ...]:
        """The same, or both where they show it twice."""
        return tuple(moments_of(wall.date(), wall.time(), self.zone)) or (self.at(wall),)

    def note(self, wall: datetime, instant: datetime) -> frozenset[ClockNote]:
        """What is odd about taking this time for that instant."""
        reading = read_wall_clock(wall, self.zone)
        return frozenset({reading.note}) if reading.note and instant == reading.instant else frozenset()


@dataclass(frozen=True, slots=True)
class PlacedWindow:
    """`noticed` is what was odd about reading its times; `dated`, whether a day was typed for its start, or "now";
    `open`, that a day was typed for its end alone, as in `until sunday`."""

    window: AccessWindow
    noticed: frozenset[ClockNote] = frozenset()
    dated: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    """A start or an end: the instant, and the wall clock as it was typed, which no clock shows where it is skipped."""

    at: datetime
    wall: datetime
    noticed: frozenset[ClockNote] = frozenset()


def place(line: WindowLine, on: Calendar) -> PlacedWindow:
    """The window that a line means. Raises NotUnderstood where it means two, or none."""
    placed = _placed(line, on)
    _check_years(line, placed.window, on)
    return placed


def _placed(line: WindowLine, on: Calendar) -> PlacedWindow:
    if line.start is None:
        # `for 3h` and `until 18:00` begin now; `for 2 nights` begins today.
        start = _now(on)
        if line.length is not None and line.length.nights:
            _check_small_hours(f"for {line.length.text}", on)
            start = _default_start(on.today, on)
        return _window(line, start, on)
    if line.end is None and line.length is None:
        # Only `tonight` is a whole stay.
        if line.start.near is not Role.TONIGHT or line.start.clock:
            raise NotUnderstood(line.start.text, f"From {line.start.text} until when? {EXAMPLE}")
        _check_small_hours(line.start.text, on)
        end = on.at(datetime.combine(on.today + _DAY, on.check_out))
        return PlacedWindow(AccessWindow(_start(line.start, on).at, end), dated=True)
    in_small_hours = line.start.clock is not None and _is_small(line.start.clock)
    if (line.start.near is Role.TONIGHT and not in_small_hours) or (
        line.length and line.length.nights and line.start.is_now
    ):
        _check_small_hours(line.start.text, on)
    _check_start_has_time(line)
    placed = _window(line, _start(line.start, on), on)
    if (
        _is_time_only(line.start)
        and placed.window.ends_at <= on.now < placed.window.ends_at + _DAY
        and (line.length is not None or (line.end is not None and _is_time_only(line.end)))
    ):
        placed = _window(line, _start(line.start, on, days_later=1), on)
    _check_not_running(line, placed.window, on)
    return placed


def _window(line: WindowLine, start: _Side, on: Calendar) -> PlacedWindow:
    dated = line.start is not None and (line.start.has_day or line.start.is_now or line.start.instant is not None)
    if line.length is not None:
        end = _after(line, line.length, start, on)
    else:
        assert line.end is not None
        end = _end(line.end, start, on)
    is_open = line.start is None and line.end is not None and (line.end.has_day or line.end.instant is not None)
    return PlacedWindow(AccessWindow(start.at, end.at), start.noticed | end.noticed, dated, is_open)


def _after(line: WindowLine, length: Length, start: _Side, on: Calendar) -> _Side:
    """The end of a length: months, days and nights on the local clock, then absolute minutes."""
    timed = line.start is None or line.start.has_clock
    days = length.days + length.nights
    if days > _LONGEST_DAYS or length.minutes > _LONGEST_DAYS * 24 * 60 or length.months > 120:
        raise how_long(length.text)
    end = start.at
    if days or length.months:
        clock = start.wall.time() if timed and not length.nights else on.check_out
        end = on.at(datetime.combine(_months_later(start.wall.date(), length) + days * _DAY, clock))
    end += timedelta(minutes=length.minutes)
    return _Side(end, wall_clock(end, on.zone))


def _check_small_hours(text: str, on: Calendar) -> None:
    """At 02:00 one night may be this one or the next."""
    if on.local_now.time() < _SMALL_HOURS:
        raise NotUnderstood(
            text, "Do you mean the night that ends this morning, or the next one? Write now - 11am or today - tomorrow."
        )


def _check_start_has_time(line: WindowLine) -> None:
    """`fri - 18:00` and `tomorrow for 3h` do not say from what time on."""
    start = line.start
    if start is None or start.has_clock:
        return
    ends_by_clock = line.end is not None and not line.end.has_day and line.end.instant is None
    by_hours = line.length is not None and bool(line.length.minutes)
    if ends_by_clock or by_hours:
        raise NotUnderstood(start.text, f"From what time on, {start.text}? Write it like {start.text} 15:00.")


def _is_time_only(moment: Moment) -> bool:
    return moment.clock is not None and not moment.has_day


# --- starts ---------------------------------------------------------------------------------------------------------


def _now(on: Calendar) -> _Side:
    return _Side(on.local_now.astimezone(UTC), on.local_now.replace(tzinfo=None))


def _start(moment: Moment, on: Calendar, days_later: int = 0) -> _Side:
    if moment.instant:
        return _Side(moment.instant.at.astimezone(UTC), wall_clock(moment.instant.at, on.zone))
    if moment.is_now:
        return _now(on)
    if moment.minutes_ahead:
        return _minutes_ahead(moment, on)
    day = _start_day(moment, on) + days_later * _DAY
    return _clocked(_wall(day, moment.clock, moment), on) if moment.clock else _default_start(day, on)


def _minutes_ahead(moment: Moment, on: Calendar) -> _Side:
    """`in an hour`, `in 1 day 3 hours`: days by the local clock, then absolute minutes."""
    wall = datetime.combine(_near_day(moment, on), on.local_now.time())
    at = _clocked(wall, on).at + timedelta(minutes=moment.minutes_ahead)
    return _Side(at, wall_clock(at, on.zone))


def _clocked(wall: datetime, on: Calendar) -> _Side:
    """Of two times that the clocks show alike, the first that is not over."""
    shown = on.instants(wall)
    at = next((instant for instant in shown if instant >= on.local_now.astimezone(UTC)), shown[-1])
    return _Side(at, wall, on.note(wall, at))


def _default_start(day: date, on: Calendar) -> _Side:
    """Check-in, or now when that has passed today."""
    wall, now = datetime.combine(day, on.check_in), _now(on)
    check_in = _Side(on.at(wall), wall)
    return now if day == on.today and now.at > check_in.at else check_in


def _start_day(moment: Moment, on: Calendar) -> date:
    if moment.day is not None:
        day = _dated(moment.day, on.today)
        _check_weekday(moment, day)
        return day
    if moment.weekday is None:
        return _near_day(moment, on)
    day = on.today + (moment.weekday - on.today.weekday()) % 7 * _DAY
    if moment.is_next:
        return _one_of(_next_weekdays(moment.weekday, on), moment)
    passed = day == on.today and moment.clock and _clocked(_wall(day, moment.clock, moment), on).at < on.now
    return day + 7 * _DAY if passed else day


def _near_day(moment: Moment, on: Calendar) -> date:
    """A day told from today. At ten in the evening, `tonight 2am` is tomorrow's date; at one in the night, today's."""
    if moment.ahead is not None:
        return _months_later(on.today, moment.ahead) + moment.ahead.days * _DAY
    if moment.near is not Role.TONIGHT or moment.clock is None:
        return on.today + _AHEAD[moment.near or Role.TODAY] * _DAY
    if _is_small(moment.clock):
        if on.local_now.time() >= _SMALL_HOURS:
            return on.today + _DAY
        if _clocked(_wall(on.today, moment.clock, moment), on).at < on.local_now:
            _check_small_hours(moment.text, on)
    elif moment.clock.hour < 12:
        early, late = (f"{hour}:{moment.clock.minute:02}" for hour in (moment.clock.hour, moment.clock.hour + 12))
        raise NotUnderstood(
            moment.text,
            f"Which time do you mean by {moment.text}? Write tomorrow {early} or today {late}.",
        )
    return on.today


def _is_small(clock: ClockTime) -> bool:
    return clock.hour < _SMALL_HOURS.hour


def _next_weekdays(weekday: int, on: Calendar) -> list[date]:
    """The two days that people mean by `next friday`: the one to come, and the one in next week. Often the same."""
    coming = on.today + ((weekday - on.today.weekday() - 1) % 7 + 1) * _DAY
    next_week = on.today + (7 - on.today.weekday() + weekday) * _DAY
    return sorted({coming, next_week})


def _one_of(days: list[date], moment: Moment) -> date:
    if len(days) == 1:
        return days[0]
    one, other = (f"{day.day} {month_name(day.month)}" for day in days)
    short, long = (f"{day.day} {month_name(day.month, 'short').lower()}" for day in days)
    name = weekday_name(days[0].weekday())
    raise NotUnderstood(moment.text, f"Do you mean {name} {one} or {name} {other}? Write {short} or {long}.")


def _dated(day: CalendarDay, earliest: date) -> date:
    """The day itself, or the first one from `earliest` on when it has no year."""
    years = [day.year] if day.year else range(earliest.year, earliest.year + 9)
    found = next((candidate for candidate in _in_years(day, years) if day.year or candidate >= earliest), None)
    if found is None:
        raise no_such_day(day.text)
    return found


def _in_years(day: CalendarDay, years: list[int] | range) -> Iterator[date]:
    """29 February only where it exists; `the 5th` is in every month."""
    months = range(1, 13) if day.month == ANY_MONTH else [day.month]
    found = ((year, month) for year in years for month in months if day.day <= calendar.monthrange(year, month)[1])
    return (date(year, month, day.day) for year, month in found)


def _check_years(line: WindowLine, window: AccessWindow, on: Calendar) -> None:
    """A day that was just missed, or the 29th of February: whoever means next year says so, once."""
    sides = ((line.start, window.starts_at), (line.end, window.ends_at))
    typed = next(((side.day, at) for side, at in sides if side and side.day), None)
    if typed is None or typed[0].year is not None:
        return
    day = typed[1].astimezone(on.zone).date()
    if day - on.today > _FAR:
        text, name = typed[0].text, f"{day.day} {month_name(day.month)} {day.year}"
        short = f"{day.day} {month_name(day.month, 'short').lower()} {day.year}"
        raise NotUnderstood(text, f"Do you mean {name}? Then write the year as well: {short}.")


def _check_weekday(moment: Moment, day: date) -> None:
    if moment.weekday is not None and moment.weekday != day.weekday():
        shown = f"{day.day} {month_name(day.month)} {day.year}"
        said, actual = weekday_name(moment.weekday), weekday_name(day.weekday())
        raise NotUnderstood(moment.text, f"{shown} is a {actual}, not a {said}: which day do you mean?")


def _check_not_running(line: WindowLine, window: AccessWindow, on: Calendar) -> None:
    """`2 dec - 7 dec` typed on the 4th: from now, or next year? We ask."""
    start, end = line.start, line.end
    if not (start and end and start.day and end.day) or start.day.year or end.day.year:
        return
    if ANY_MONTH in (start.day.month, end.day.month):
        return
    begun = next((day for day in _in_years(start.day, [on.today.year, on.today.year - 1]) if day < on.today), on.today)
    ending = _dated(end.day, begun)
    if begun < on.today <= ending <= begun + _HALF_YEAR and window.starts_at > on.now:
        raise NotUnderstood(
            start.text, f"{start.text} has passed: from now, or next year? Write now - {end.text} or add the year."
        )


# --- ends -----------------------------------------------------------------------------------------------------------


def _end(moment: Moment, start: _Side, on: Calendar) -> _Side:
    if moment.instant:
        return _Side(moment.instant.at.astimezone(UTC), wall_clock(moment.instant.at, on.zone))
    if moment.is_now:
        return _now(on)
    if moment.minutes_ahead:
        return _minutes_ahead(moment, on)
    if moment.near is Role.TONIGHT and not moment.clock:
        raise NotUnderstood(moment.text, f"Until what time {moment.text}? Write it like now - 22:00.")
    begins = start.wall.date()
    if moment.clock and not moment.has_day:
        return _rolled(begins, 1, start, moment, on)
    if moment.day is None and moment.weekday is not None:
        # The first such weekday after the start; `next` leaves only those of its days that are after the start.
        if moment.is_next:
            later = [day for day in _next_weekdays(moment.weekday, on) if _end_wall(day, moment, on) > start.wall]
            if later:
                return _ended(_end_wall(_one_of(later, moment), moment, on), start, on)
        return _rolled(begins + (moment.weekday - begins.weekday()) % 7 * _DAY, 7, start, moment, on)
    return _ended(_end_wall(_end_day(moment, begins, on), moment, on), start, on)


def _rolled(day: date, days: int, start: _Side, moment: Moment, on: Calendar) -> _Side:
    """The end on this day, or `days` later when that is not after the start."""
    wall = _end_wall(day, moment, on)
    if wall > start.wall:
        return _ended(wall, start, on)
    again = next((instant for instant in moments_of(wall.date(), wall.time(), on.zone) if instant > start.at), None)
    return _Side(again, wall) if again else _ended(_end_wall(day + days * _DAY, moment, on), start, on)


def _ended(wall: datetime, start: _Side, on: Calendar) -> _Side:
    """Of two times that the clocks show alike, the first after the start."""
    shown = on.instants(wall)
    later = (instant for instant in shown if wall > start.wall and instant > start.at)
    at = next(later, shown[0])
    return _Side(at, wall, on.note(wall, at))


def _end_day(moment: Moment, begins: date, on: Calendar) -> date:
    if moment.day is None:
        return _near_day(moment, on)
    day = _dated(moment.day, begins)
    if moment.day.year is None and day - begins > _HALF_YEAR:
        day = next(_in_years(moment.day, [begins.year]), day)
    _check_weekday(moment, day)
    return day


def _end_wall(day: date, moment: Moment, on: Calendar) -> datetime:
    return _wall(day, moment.clock, moment) if moment.clock else datetime.combine(day, on.check_out)


# --- clocks and lengths ---------------------------------------------------------------------------------------------


def _wall(day: date, clock: ClockTime, moment: Moment) -> datetime:
    """24:00 is the next day's 00:00; `fri midnight` may be either end of Friday."""
    if clock.style == "word" and clock.hour == 0 and moment.has_day and moment.near is not Role.TONIGHT:
        raise NotUnderstood(
            moment.text,
            f"Does {moment.text} begin or end that day? Write 00:00 for its beginning, 24:00 for its end.",
        )
    if clock.hour == 24:
        return datetime.combine(day + _DAY, time())
    return datetime.combine(day, time(clock.hour, clock.minute))


def _months_later(day: date, length: Length) -> date:
    years, month = divmod(day.month - 1 + length.months, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        raise NotUnderstood(
            f"for {length.text}", f"That month has no day {day.day}: until which day? {EXAMPLE}"
        ) from None
