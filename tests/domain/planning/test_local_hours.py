"""The lock's clock against a walk in single minutes, in zones whose clocks do odd things."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.planning.local_hours import (
    ClockNote,
    clocks_change,
    hour_at_or_after,
    hour_at_or_before,
    next_hour,
    previous_hour,
    read_wall_clock,
    time_of_day_at_or_after,
)
from tests.cases import every, examples

MINUTE = timedelta(minutes=1)
CHANGES = (
    ("Europe/Paris", "2026-03-29T01:00Z"),
    ("Europe/Paris", "2026-10-25T01:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Asia/Pyongyang", "2015-08-14T15:00Z"),  # half an hour back at midnight
    ("Asia/Pyongyang", "2018-05-04T15:00Z"),  # half an hour forward, at half past eleven
    ("America/St_Johns", "2010-03-14T03:31Z"),  # at a minute past midnight
    ("America/St_Johns", "2010-11-07T02:31Z"),
    ("America/Caracas", "2007-12-09T07:00Z"),
    ("Asia/Kathmandu", "1985-12-31T18:30Z"),  # a quarter of an hour forward
    ("Pacific/Apia", "2011-12-30T10:00Z"),  # a day forward
    ("Antarctica/Troll", "2026-03-29T01:00Z"),  # two hours forward
)


def _shows_whole_hour(moment: datetime, zone: ZoneInfo) -> bool:
    return moment.astimezone(zone).minute == 0


def _walk(moment: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    while not _shows_whole_hour(moment, zone):
        moment += step
    return moment


@every(("name", "change"), CHANGES)
def test_whole_hours_around_a_change_of_clocks(name: str, change: str) -> None:
    zone, middle = ZoneInfo(name), datetime.fromisoformat(change)
    assert (middle - MINUTE).astimezone(zone).utcoffset() != middle.astimezone(zone).utcoffset()
    for n in range(-200, 201):
        moment = middle + n * MINUTE
        assert hour_at_or_before(moment, zone) == _walk(moment, -MINUTE, zone)
        assert hour_at_or_after(moment, zone) == _walk(moment, MINUTE, zone)
        assert next_hour(moment, zone) == _walk(moment + MINUTE, MINUTE, zone)
        assert previous_hour(moment, zone) == _walk(moment - MINUTE, -MINUTE, zone)


@settings(max_examples=examples(80))
@given(place=st.sampled_from(CHANGES), minutes=st.integers(-3000, 3000), hour=st.integers(0, 23))
def test_the_next_time_of_day_is_the_first_one_met_on_a_walk(place: tuple[str, str], minutes: int, hour: int) -> None:
    zone, start = ZoneInfo(place[0]), datetime.fromisoformat(place[1]) + minutes * MINUTE
    moment = start
    while (local := moment.astimezone(zone)).hour != hour or local.minute:
        moment += MINUTE
    assert time_of_day_at_or_after(start, time(hour), zone) == moment


def test_seconds_are_kept_out_of_whole_hours_in_zones_of_mean_time() -> None:
    paris = ZoneInfo("Europe/Paris")
    moment = datetime(1900, 6, 1, 12, 30, tzinfo=UTC)  # Paris was 9 minutes and 21 seconds ahead
    assert hour_at_or_before(moment, paris).isoformat() == "1900-06-01T11:50:39+00:00"


@every(
    ("wall", "instant", "note"),
    [
        ("2026-03-29T01:59", "2026-03-29T00:59Z", None),
        ("2026-03-29T02:00", "2026-03-29T01:00Z", ClockNote.GAP),
        ("2026-03-29T02:59", "2026-03-29T01:59Z", ClockNote.GAP),
        ("2026-03-29T03:00", "2026-03-29T01:00Z", None),
        ("2026-10-25T01:59", "2026-10-24T23:59Z", None),
        ("2026-10-25T02:00", "2026-10-25T00:00Z", ClockNote.FOLD),
        ("2026-10-25T02:59", "2026-10-25T00:59Z", ClockNote.FOLD),
        ("2026-10-25T03:00", "2026-10-25T02:00Z", None),
    ],
)
def test_reading_the_clock_on_the_wall(wall: str, instant: str, note: ClockNote | None) -> None:
    reading = read_wall_clock(datetime.fromisoformat(wall), ZoneInfo("Europe/Paris"))
    assert (reading.instant, reading.note) == (datetime.fromisoformat(instant), note)


@every(
    ("name", "start", "end", "change"),
    [
        ("Europe/Paris", "2026-03-28T00:00Z", "2026-03-29T00:59Z", False),
        ("Europe/Paris", "2026-03-28T00:00Z", "2026-03-29T01:00Z", True),
        ("Europe/Paris", "2026-03-29T01:00Z", "2026-04-29T01:00Z", False),
        ("Europe/Paris", "2026-01-01T00:00Z", "2027-01-01T00:00Z", True),
        ("Asia/Kathmandu", "2026-01-01T00:00Z", "2027-01-01T00:00Z", False),
        ("Africa/Casablanca", "2026-01-15T00:00Z", "2026-12-15T00:00Z", True),
        ("America/Recife", "2000-10-01T00:00Z", "2000-10-29T00:00Z", True),  # a summer of a week
        ("America/Recife", "2000-09-01T00:00Z", "2000-10-31T00:00Z", True),
    ],
)
def test_changes_of_clock_there_and_back_are_noticed(name: str, start: str, end: str, change: bool) -> None:
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    assert clocks_change(first, last, ZoneInfo(name)) is change
