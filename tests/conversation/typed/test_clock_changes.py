"""Lines about the nights in which clocks change: an end is on the day on which it was typed, whatever the clocks skip
or show twice.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.typed.windows.windows_typed import read_window, understand_window
from bot.domain.planning.local_hours import ClockNote, clocks_change
from bot.domain.windows import AccessWindow
from tests.cases import DEEP, every

PARIS = ZoneInfo("Europe/Paris")
SATURDAY = datetime(2027, 3, 27, 20, tzinfo=PARIS)
AUTUMN = datetime(2027, 10, 30, 20, tzinfo=PARIS)
FIRST, SECOND = (datetime(2027, 10, 31, 2, 30, fold=fold, tzinfo=PARIS) for fold in (0, 1))
_QUARTER = timedelta(minutes=15)
_MOST_CHANGED = timedelta(hours=1)

NIGHTS = [
    ("Europe/Paris", date(2027, 3, 28)),
    ("Europe/Paris", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Africa/Casablanca", date(2027, 2, 7)),
    ("Africa/Casablanca", date(2027, 3, 14)),
    ("America/Havana", date(2027, 3, 14)),
    ("America/Havana", date(2027, 11, 7)),
    ("Asia/Beirut", date(2027, 3, 28)),
    ("Atlantic/Azores", date(2027, 10, 31)),
]
SHAPES = (
    "{name} {start:%H:%M} - {name} {end:%H:%M}",
    "{name} {start:%H:%M} - {end:%H:%M}",
    "tomorrow {start:%H:%M} - {end:%H:%M}",
    "{start:%H:%M}-{end:%H:%M}",
    "{start:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M}",
)


def shown(window: AccessWindow) -> str:
    return " .. ".join(f"{at.astimezone(PARIS):%a %H:%M %z}" for at in (window.starts_at, window.ends_at))


@every(("zone", "day"), NIGHTS)
def test_the_clocks_do_change_in_these_nights(zone: str, day: date) -> None:
    midnight = datetime.combine(day, time(12), ZoneInfo(zone))
    assert clocks_change(midnight - timedelta(days=1), midnight, ZoneInfo(zone))


def _asked(day: date) -> Iterator[tuple[datetime, datetime]]:
    """From every quarter of the first five hours, up to three hours long, within one day of the calendar."""
    lengths = [_QUARTER * n for n in (range(1, 13) if DEEP else (1, 2, 4, 9))]
    for start in (datetime.combine(day, time()) + _QUARTER * n for n in range(20)):
        yield from ((start, start + length) for length in lengths)


@every(("zone", "day"), NIGHTS)
@every("shape", SHAPES)
def test_a_few_hours_never_become_a_day(shape: str, zone: str, day: date) -> None:
    """The clocks may add the hour by which they are put back, and nothing else."""
    place = ZoneInfo(zone)
    now = datetime.combine(day - timedelta(days=1), time(20), place)
    name = f"{day:%a}".lower()
    for start, end in _asked(day):
        line = shape.format(name=name, start=start, end=end)
        window = understand_window(line, zone=place, now=now)
        begins = window.starts_at.astimezone(place).replace(tzinfo=None)
        assert timedelta() <= begins - start <= _MOST_CHANGED, line
        assert window.length <= end - start + _MOST_CHANGED, line


@every(("zone", "day"), NIGHTS)
def test_from_now_until_a_clock_is_never_a_day_more(zone: str, day: date) -> None:
    """At every quarter of that night, up to three hours ahead as the clock at the door counts them."""
    place = ZoneInfo(zone)
    evening = datetime.combine(day - timedelta(days=1), time(22), place).astimezone(UTC)
    for now in (evening + _QUARTER * n for n in range(36)):
        for ahead in (_QUARTER * n for n in (1, 2, 3, 5, 8, 12)):
            clock = now.astimezone(place).replace(tzinfo=None) + ahead
            window = understand_window(f"now - {clock:%H:%M}", zone=place, now=now)
            assert timedelta() < window.length <= ahead + _MOST_CHANGED, f"{now} {clock:%H:%M}"


@every(
    "line",
    [
        *("sun 2am - sun 3am", "sun 2:30 - sun 3:30", "sun 2:15 - sun 3:00", "sun 2:59 - sun 3:30", "sun 2am to 3am"),
        *("tomorrow 2:00 - 3:00", "tomorrow 2am-3am", "2:00-3:00", "tonight 2:00 - 3:00", "morgen 2 Uhr bis 3 Uhr"),
        *("28 march 2:00 - 28 march 3:00", "2027-03-28 02:30 - 2027-03-28 03:15", "this sunday 2:30 - 3:00"),
    ],
)
def test_what_has_no_length_in_the_gap_is_left_to_be_refused(line: str) -> None:
    assert understand_window(line, zone=PARIS, now=SATURDAY).length <= timedelta()


@every(
    ("now", "line", "window"),
    [
        (SATURDAY, "sun 1:30 - 2:30", "Sun 01:30 +0100 .. Sun 03:30 +0200"),
        (SATURDAY, "sun 2:30 - sun 6:00", "Sun 03:30 +0200 .. Sun 06:00 +0200"),
        (SATURDAY, "sun 2:15 - 2:45", "Sun 03:15 +0200 .. Sun 03:45 +0200"),
        (SATURDAY, "sun 2:30 for 1h", "Sun 03:30 +0200 .. Sun 04:30 +0200"),
        (AUTUMN, "sun 2:30 - sun 2:15", "Sun 02:30 +0200 .. Sun 02:15 +0100"),
        (AUTUMN, "tomorrow 2:45 - 2:15", "Sun 02:45 +0200 .. Sun 02:15 +0100"),
        (AUTUMN, "sun 2:30 - sun 2:45", "Sun 02:30 +0200 .. Sun 02:45 +0200"),
        (FIRST, "now - 2:15", "Sun 02:30 +0200 .. Sun 02:15 +0100"),
        (FIRST, "now - 2:45", "Sun 02:30 +0200 .. Sun 02:45 +0200"),
        (SECOND, "now - 2:45", "Sun 02:30 +0100 .. Sun 02:45 +0100"),
        (SECOND, "today 2:40 - 2:50", "Sun 02:40 +0100 .. Sun 02:50 +0100"),
        (SECOND, "31 oct 2:40 - 31 oct 2:50", "Sun 02:40 +0100 .. Sun 02:50 +0100"),
        (SECOND, "sun 2:40 - 2:50", "Sun 02:40 +0100 .. Sun 02:50 +0100"),
        (SECOND, "2:40 for 30 min", "Sun 02:40 +0100 .. Sun 03:10 +0100"),
        (SECOND, "2:15 for 1h", "Sun 02:15 +0100 .. Sun 03:15 +0100"),
        (SECOND, "now - 2:15", "Sun 02:30 +0100 .. Mon 02:15 +0100"),
    ],
)
def test_a_time_that_the_clocks_skip_or_show_twice(now: datetime, line: str, window: str) -> None:
    assert shown(understand_window(line, zone=PARIS, now=now)) == window


@every(
    ("now", "line", "noticed"),
    [
        (SATURDAY, "sun 2:30 - sun 6:00", {ClockNote.GAP}),
        (SATURDAY, "sat 22:00 - sun 2:30", {ClockNote.GAP}),
        (AUTUMN, "sun 2:30 - sun 6:00", {ClockNote.FOLD}),
        (SECOND, "today 2:40 - 6:00", set()),
        (SATURDAY, "sat 22:00 - sun 6:00", set()),
    ],
)
def test_what_was_odd_about_a_time_is_noticed(now: datetime, line: str, noticed: set[ClockNote]) -> None:
    assert read_window(line, zone=PARIS, now=now).noticed == noticed
