"""Which instants a typed line means: the year, the weekday's date, the zone, and "now" are settled here.

The choices, all of them visible in the window that is shown back before anything is granted:

- A time that was typed is kept, even when it has passed today. A time that was not typed is check-in or check-out; for
  a stay that begins today after check-in, it is now (to the minute).
- A weekday is the next one: today's while its time (or, without a time, the day) is still to come.
- A day without a year is the next one, today included; an end without a year is the one nearest after the start, half a
  year ahead at most.
- A time of day alone is today's, or tomorrow's when the window would be over.
- Only an end without a date rolls to the next day or week. A dated end before its start is returned as it is: the
  planner refuses it with a sentence of its own.
- Hours and minutes are absolute; days, weeks, months and nights are the local clock's. Nights always end at check-out;
  so do days and weeks that begin at a day without a time.
- A local time that daylight saving skips moves forward by the gap; one that comes twice is the first.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.typed.day_names import month_name, weekday_name
from bot.conversation.typed.not_understood import NotUnderstood
from bot.conversation.typed.time_words import Role
from bot.conversation.typed.window_line import WindowLine
from bot.conversation.typed.window_moments import EXAMPLE, Length, Moment, how_long
from bot.conversation.typed.window_pieces import CalendarDay, ClockTime, no_such_day
from bot.domain.windows import AccessWindow

_DAY = timedelta(days=1)
_HALF_YEAR = timedelta(days=183)
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

    def at(self, day: date, clock: time) -> datetime:
        """The first instant at which the zone's clocks show this; a skipped time moves forward by the gap."""
        return datetime.combine(day, clock.replace(tzinfo=None, fold=0), tzinfo=self.zone).astimezone(UTC)


def place(line: WindowLine, on: Calendar) -> AccessWindow:
    """The window that a line means. Raises NotUnderstood where it means two, or none."""
    if line.start is None:
        # `for 3h` and `until 18:00` begin now; `for 2 nights` begins today.
        start = on.local_now.astimezone(UTC)
        if line.length is not None and line.length.nights:
            _check_small_hours(f"for {line.length.text}", on)
            start = _default_start(on.today, on)
        return _window(line, start, on)
    if line.end is None and line.length is None:
        # Only `tonight` is a whole stay.
        if line.start.near is not Role.TONIGHT or line.start.clock:
            raise NotUnderstood(line.start.text, f"Until when, after {line.start.text}? {EXAMPLE}")
        _check_small_hours(line.start.text, on)
        return AccessWindow(_start(line.start, on), on.at(on.today + _DAY, on.check_out))
    if line.start.near is Role.TONIGHT or (line.length and line.length.nights and line.start.is_now):
        _check_small_hours(line.start.text, on)
    _check_start_has_time(line)
    window = _window(line, _start(line.start, on), on)
    if (
        _is_time_only(line.start)
        and window.ends_at <= on.now < window.ends_at + _DAY
        and (line.length is not None or (line.end is not None and _is_time_only(line.end)))
    ):
        window = _window(line, _start(line.start, on, days_later=1), on)
    _check_not_running(line, window, on)
    return window


def _window(line: WindowLine, start: datetime, on: Calendar) -> AccessWindow:
    if line.length is not None:
        # The end of a length: months, days and nights on the local clock, then absolute minutes.
        timed = line.start is None or line.start.has_clock
        days = line.length.days + line.length.nights
        if days > _LONGEST_DAYS or line.length.minutes > _LONGEST_DAYS * 24 * 60 or line.length.months > 120:
            raise how_long(line.length.text)
        local = start.astimezone(on.zone)
        end = start
        if days or line.length.months:
            clock = local.time() if timed and not line.length.nights else on.check_out
            end = on.at(_months_later(local.date(), line.length) + days * _DAY, clock)
        return AccessWindow(start, (end + timedelta(minutes=line.length.minutes)))
    assert line.end is not None
    return AccessWindow(start, _end(line.end, start, on))


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


def _start(moment: Moment, on: Calendar, days_later: int = 0) -> datetime:
    if moment.instant:
        return moment.instant.at.astimezone(UTC)
    if moment.is_now:
        return on.local_now.astimezone(UTC)
    day = _start_day(moment, on) + days_later * _DAY
    return _clocked(day, moment.clock, moment, on) if moment.clock else _default_start(day, on)


def _default_start(day: date, on: Calendar) -> datetime:
    """Check-in, or now when that has passed today."""
    check_in = on.at(day, on.check_in)
    return max(check_in, on.local_now.astimezone(UTC)) if day == on.today else check_in


def _start_day(moment: Moment, on: Calendar) -> date:
    if moment.day is not None:
        day = _dated(moment.day, on.today)
        _check_weekday(moment, day)
        return day
    if moment.weekday is None:
        return on.today + _AHEAD[moment.near or Role.TODAY] * _DAY
    day = on.today + (moment.weekday - on.today.weekday()) % 7 * _DAY
    if moment.is_next:
        return _one_of(_next_weekdays(moment.weekday, on), moment)
    passed = day == on.today and moment.clock is not None and _clocked(day, moment.clock, moment, on) < on.now
    return day + 7 * _DAY if passed else day


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
    """29 February only where it exists."""
    return (date(year, day.month, day.day) for year in years if day.day <= calendar.monthrange(year, day.month)[1])


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
    begun = next((day for day in _in_years(start.day, [on.today.year, on.today.year - 1]) if day < on.today), on.today)
    ending = _dated(end.day, begun)
    if begun < on.today <= ending <= begun + _HALF_YEAR and window.starts_at > on.now:
        raise NotUnderstood(
            start.text, f"{start.text} has passed: from now, or next year? Write now - {end.text} or add the year."
        )


# --- ends -----------------------------------------------------------------------------------------------------------


def _end(moment: Moment, start: datetime, on: Calendar) -> datetime:
    if moment.instant:
        return moment.instant.at.astimezone(UTC)
    if moment.is_now:
        return on.local_now.astimezone(UTC)
    if moment.near is Role.TONIGHT and not moment.clock:
        raise NotUnderstood(moment.text, f"Until what time {moment.text}? Write it like now - 22:00.")
    if moment.clock and not moment.has_day:
        return _rolled(start.astimezone(on.zone).date(), 1, start, moment, on)
    if moment.day is None and moment.weekday is not None:
        # The first such weekday after the start; `next` leaves only those of its days that are after the start.
        begins = start.astimezone(on.zone).date()
        if moment.is_next:
            later = [day for day in _next_weekdays(moment.weekday, on) if _at_end(day, moment, on) > start]
            if later:
                return _at_end(_one_of(later, moment), moment, on)
        return _rolled(begins + (moment.weekday - begins.weekday()) % 7 * _DAY, 7, start, moment, on)
    return _at_end(_end_day(moment, start, on), moment, on)


def _rolled(day: date, days: int, start: datetime, moment: Moment, on: Calendar) -> datetime:
    """The end on this day, or `days` later when that is not after the start."""
    end = _at_end(day, moment, on)
    return end if end > start else _at_end(day + days * _DAY, moment, on)


def _end_day(moment: Moment, start: datetime, on: Calendar) -> date:
    if moment.day is None:
        return on.today + _AHEAD[moment.near or Role.TODAY] * _DAY
    begins = start.astimezone(on.zone).date()
    day = _dated(moment.day, begins)
    if moment.day.year is None and day - begins > _HALF_YEAR:
        day = next(_in_years(moment.day, [begins.year]), day)
    _check_weekday(moment, day)
    return day


def _at_end(day: date, moment: Moment, on: Calendar) -> datetime:
    return _clocked(day, moment.clock, moment, on) if moment.clock else on.at(day, on.check_out)


# --- clocks and lengths ---------------------------------------------------------------------------------------------


def _clocked(day: date, clock: ClockTime, moment: Moment, on: Calendar) -> datetime:
    """24:00 is the next day's 00:00; `fri midnight` may be either end of Friday."""
    if clock.style == "word" and clock.hour == 0 and moment.has_day:
        raise NotUnderstood(
            moment.text,
            f"Does {moment.text} begin or end that day? Write 00:00 for its beginning, 24:00 for its end.",
        )
    if clock.hour == 24:
        return on.at(day + _DAY, time())
    return on.at(day, time(clock.hour, clock.minute))


def _months_later(day: date, length: Length) -> date:
    years, month = divmod(day.month - 1 + length.months, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        raise NotUnderstood(
            f"for {length.text}", f"That month has no day {day.day}: until which day? {EXAMPLE}"
        ) from None
