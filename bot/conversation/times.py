"""How moments, windows and zones are written for people: English, the lock's clock, GSM-7 letters only.

What people write about times is `bot.conversation.understand`; sums on the lock's clock are
`bot.domain.planning.local_hours`.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.planning.visits import Visits
from bot.domain.windows import AccessWindow

_UTC = ZoneInfo("UTC")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NOW: ContextVar[datetime | None] = ContextVar("now", default=None)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class _ReadAt(AbstractContextManager[None]):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def __enter__(self) -> None:
        self._before = _NOW.set(self._now)

    def __exit__(self, *_error: object) -> None:
        _NOW.reset(self._before)


def read_at(now: datetime) -> AbstractContextManager[None]:
    """What is written within is read now: moments of another year say which. Whoever takes a click, a command or a
    nudge in hand says so once, for all that is written for it."""
    return _ReadAt(now)


def is_other_year(instant: datetime, zone: ZoneInfo, now: datetime | None = None) -> bool:
    """Whether it lies in another year than `now`, on the lock's calendar; False where nobody has said what now is."""
    now = now or _NOW.get()
    return now is not None and now.astimezone(zone).year != instant.astimezone(zone).year


def show_moment(instant: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """`Fri 4 Dec 15:00` on the lock's clock; with the year where it is not that of `now` (else of `read_at`).

    In the hours that the clock shows twice, the offset says which is meant: `Sun 25 Oct 02:00 (UTC+1)`.
    """
    return _moment(instant.astimezone(zone), with_year=is_other_year(instant, zone, now))


def show_on(zone: ZoneInfo | None, instant: datetime, now: datetime | None = None) -> str:
    """On the lock's clock; where nobody knows which, `Fri 4 Dec 14:00 UTC`."""
    return show_moment(instant, zone, now) if zone else f"{show_moment(instant, _UTC, now)} UTC"


def for_reader(instant: datetime, zone: ZoneInfo) -> str:
    """What happened to people, not at the door: a chat shows it on the clock of whoever reads, and the words behind the
    bar, which are the door's clock, where it cannot. Only for what a chat draws."""
    return f"<at {int(instant.timestamp())}|{show_moment(instant, zone)}>"


def show_window(window: AccessWindow, zone: ZoneInfo, now: datetime | None = None) -> str:
    """`Fri 4 Dec 15:00 - Sun 6 Dec 11:00`; the day once if it is the same, years where the window runs into another."""
    start, end = window.starts_at.astimezone(zone), window.ends_at.astimezone(zone)
    with_year = start.year != end.year or is_other_year(window.starts_at, zone, now)
    if start.date() == end.date():
        return f"{_moment(start, with_year=with_year)} - {_clock(end)}"
    return f"{_moment(start, with_year=with_year)} - {_moment(end, with_year=with_year)}"


def long_words(window: AccessWindow) -> str:
    """` (6 days 18 hours)` behind a window of six days or more, which `fri 3pm - fri 9am` is by a slip; else empty."""
    length = window.ends_at - window.starts_at
    return f" ({hours_words(round(length / _HOUR, 1))})" if length >= 6 * _DAY else ""


def show_visits(visits: Visits) -> str:
    """`every Tue and Fri 09:00 - 13:00, 61 visits until Tue 29 Jun 2027`."""
    days = visits.weekdays
    named = {tuple(range(7)): "day", tuple(range(5)): "weekday"}.get(days) or _listed([_DAYS[day] for day in days])
    often = "every other week on" if visits.every_other_week and len(days) > 1 else "every"
    often = "every other" if visits.every_other_week and len(days) == 1 else often
    hours, count, last = f"{visits.starts:%H:%M} - {visits.ends:%H:%M}", len(visits.days), visits.days[-1]
    until = f"{_DAYS[last.weekday()]} {last.day} {_MONTHS[last.month - 1]} {last.year}"
    return f"{often} {named} {hours}, {count} visit{'' if count == 1 else 's'} until {until}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def show_day(instant: datetime, zone: ZoneInfo) -> str:
    """`Fri 4 Dec` on the lock's calendar; with its year where that is another."""
    local = instant.astimezone(zone)
    year = f" {local.year}" if is_other_year(instant, zone) else ""
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year}"


def zone_words(instant: datetime, zone: ZoneInfo) -> str:
    """`Paris time (UTC+1)`: the zone's city and its offset at that instant; the offset alone where there is no city."""
    area, _, city = str(zone).rpartition("/")
    offset = offset_words(instant.astimezone(zone))
    if area in ("", "Etc"):
        return offset
    return f"{city.replace('_', ' ')} time ({offset})"


def hours_words(hours: float) -> str:
    """`1 hour`, `44 hours`, `20.5 hours`; from two whole days on, `28 days` or `3 days 4 hours`."""
    days, rest = divmod(hours, 24)
    if days < 2:
        return _count(hours, "hour")
    return _count(days, "day") + (f" {_count(rest, 'hour')}" if rest else "")


def _count(number: float, word: str) -> str:
    return f"{number:g} {word}{'' if number == 1 else 's'}"


def _moment(local: datetime, *, with_year: bool) -> str:
    year = f" {local.year}" if with_year else ""
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year} {_clock(local)}"


def _clock(local: datetime) -> str:
    return f"{local:%H:%M}" + (f" ({offset_words(local)})" if shown_twice(local) else "")


def shown_twice(local: datetime) -> bool:
    """Whether the clock shows this time twice, or never."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def offset_words(local: datetime) -> str:
    """`UTC+1`, `UTC-3:30`, `UTC`."""
    offset = local.utcoffset() or timedelta()
    hours, rest = divmod(abs(offset), timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    if not hours and not minutes:
        return "UTC"
    return f"UTC{'+' if offset > timedelta() else '-'}{hours}" + (f":{minutes:02}" if minutes else "")


def age_words(since: datetime, now: datetime) -> str:
    """`3 minutes`, `2 hours`, `1 day`: how long it has been so."""
    minutes = max(0, int((now - since) / timedelta(minutes=1)))
    for size, word in ((24 * 60, "day"), (60, "hour")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
