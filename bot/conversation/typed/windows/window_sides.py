"""What one side of a typed window says about the other: `4-7 dec`, `3-5pm`, `10.12 - 12.12.2026`.

What stays open is asked.
How a side is read is `window_line`; what it means on the calendar, `window_calendar`.
"""

from bot.conversation.typed.windows.day_names import month_name
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import Role
from bot.conversation.typed.windows.window_moments import Moment
from bot.conversation.typed.windows.window_pieces import ClockTime, calendar_day, clock, day_of_any_month


def settle(start: Moment | None, end: Moment | None, *, dashed: bool) -> None:
    """Give bare numbers and `10.12` the meaning that the other side of the line leaves them, or raise NotUnderstood."""
    if start and end:
        _lend_dots(start, end)
        _lend_dots(end, start)
        # `4-7 dec`, `fri 4 - mon 7 dec`, `dec 4-7`, `4 dec 3pm - 7 11am`.
        if _is_day_number(start) and start.number and end.day and start.number.value <= end.day.day:
            # `4-7 dec 3pm`.
            if end.clock and not start.clock:
                text = f"{start.text} - {end.text}"
                raise NotUnderstood(
                    text, f"Does {end.clock.text} begin or end {text}? Write it like 4 dec 3pm - 7 dec 11am."
                )
            start.day = calendar_day(start.number.text, end.day.month, start.number.value, end.day.year)
            start.number = None
        elif end.number and start.day and _is_day_number(end) and (end.has_clock or not start.has_clock):
            rolls = end.number.value < start.day.day
            month = start.day.month % 12 + 1 if rolls else start.day.month
            year = start.day.year and start.day.year + (rolls and month == 1)
            end.day = calendar_day(end.number.text, month, end.number.value, year)
            end.number = None
        _read_hours(start, end)
        _lend_clock(start, end)
        _check_moved(start, end)
        _check_sides(start, end)
        if dashed:
            _check_not_length(start, end)
    for moment in (start, end):
        if moment:
            _settle_ordinal(moment)
            _check_settled(moment)


def _lend_dots(moment: Moment, other: Moment) -> None:
    """`10.12 - 12.12.2026`: beside a plain date, the other is a date as well."""
    if len(moment.dotted) == 1 and not moment.has_clock and other.day is not None and not other.has_clock:
        moment.put_dotted_day(moment.dotted[0])


def _is_day_number(moment: Moment) -> bool:
    """A number that may be a day of the month: not after "at", not beside a day that is known."""
    return moment.number is not None and moment.day is None and moment.near is None and not moment.at


def _read_hours(start: Moment, end: Moment) -> None:
    """`tomorrow 9-17`: no days of a month behind a day that is known, and afternoon by the second."""
    first, last = start.number, end.number
    if first is None or last is None or start.near is None or start.has_clock or not end.only_number:
        return
    if not (first.ordinal or last.ordinal) and first.value < last.value and 12 < last.value <= 24:
        start.clock, start.number = clock(first.text, first.value, 0, ":"), None
        end.clock, end.number = clock(last.text, last.value, 0, ":"), None


def _lend_clock(start: Moment, end: Moment) -> None:
    """`3-5pm`, `fri 15-18h`: the end says how the start's number is meant, unless that leaves it after the end."""
    if start.number is None or start.number.ordinal or start.has_clock or end.clock is None or end.has_day:
        return
    value = start.number.value
    if end.clock.style == "m" and 1 <= value <= 12:
        value = value % 12 + (12 if end.clock.hour >= 12 else 0)
    elif end.clock.style not in ("h", "u"):
        return
    if (value, 0) < (end.clock.hour, end.clock.minute):
        start.clock_first = not start.has_day
        start.clock = clock(start.number.text, value, 0, end.clock.style)
        start.number = None
    start.at = True


def _settle_ordinal(moment: Moment) -> None:
    """`the 5th`: the next one. `5.` may be an hour."""
    number = moment.number
    if number is not None and number.ordinal and number.text[-1:].isalpha() and _is_day_number(moment):
        moment.day, moment.number = day_of_any_month(number.text, number.value), None


def _check_moved(start: Moment, end: Moment) -> None:
    """`tomorrow evening 8:00 - 10:00`."""
    if start.moved and end.clock and not end.has_day and end.clock.style != "m" and 1 <= end.clock.hour <= 11:
        text = end.clock.text
        raise NotUnderstood(
            text, f"Is {text} in the morning or in the evening? Write it like {end.clock.hour}am or {end.clock.hour}pm."
        )


def _check_sides(start: Moment, end: Moment) -> None:
    """Two readings that only show when both sides are known."""
    if (
        start.clock
        and not start.has_day
        and end.clock
        and end.clock_first
        and end.has_day
        and end.near is not Role.TODAY
    ):
        day = end.text.removeprefix(end.clock.text).strip()
        raise NotUnderstood(
            f"{start.text} - {end.text}",
            f"Does {start.text} mean {day} too, or today? Write {day} {start.text} - {day} {end.clock.text},"
            f" or today {start.text} - {day} {end.clock.text}.",
        )
    if start.clock and end.clock and not end.has_day:
        _check_meridiem(start.clock, end.clock)
        _check_meridiem(end.clock, start.clock)


def _check_not_length(start: Moment, end: Moment) -> None:
    """`now - 3h`."""
    if start.is_now and end.clock and end.clock.style == "h" and end.text == end.clock.text:
        hours = end.clock.hour
        raise NotUnderstood(
            end.text, f"Is {end.text} a length or a time? Write now for {hours} hours or now - {hours}:00."
        )


def _check_meridiem(clock: ClockTime, other: ClockTime) -> None:
    """`3:30 - 5pm`: is that 03:30, or 3:30 pm?"""
    if other.style == "m" and clock.style == ":" and 1 <= clock.hour <= 11 and not clock.text.startswith("0"):
        raise NotUnderstood(
            clock.text, f"Is {clock.text} in the morning or in the afternoon? Write {clock.text}am or {clock.text}pm."
        )


def _check_settled(moment: Moment) -> None:
    if moment.dotted:
        text = moment.dotted[0].text
        first, second = moment.dotted[0].first, moment.dotted[0].second
        day = f"{first} {month_name(second, 'short').lower()}"
        raise NotUnderstood(text, f"Is {text} a day or a time of day? Write {day} or {first}:{second:02}.")
    if moment.number is None:
        return
    text = moment.number.text
    # No day of a month stands beside a day that is known.
    if (moment.at or moment.near) and 1 <= moment.number.value <= 12:
        raise NotUnderstood(text, f"Is {text} in the morning or in the afternoon? Write {text}am or {text}pm.")
    raise NotUnderstood(text, f"Is {text} an hour or a day of the month? Write it like 15:00, 3pm or 4 dec.")
