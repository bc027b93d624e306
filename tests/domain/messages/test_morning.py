"""When the morning message goes, and which day it tells of: zones, clocks that change, clocks that jump."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.messages.morning import LATE, house_zone, morning_of, morning_on
from tests.cases import every

DOORS = (
    *("Europe/Paris", "America/Los_Angeles", "Pacific/Pitcairn", "Pacific/Honolulu", "Pacific/Auckland"),
    *("Pacific/Kiritimati", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Asia/Kolkata", "UTC"),
)
PARIS, NINE = ZoneInfo("Europe/Paris"), time(9)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def at(said: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=zone).astimezone(UTC)


@every(
    ("now", "day"),
    [
        ("2026-12-01 08:59", None),
        ("2026-12-01 09:00", "2026-12-01"),
        ("2026-12-01 11:59", "2026-12-01"),
        ("2026-12-01 12:00", None),
        ("2026-12-01 23:30", None),
        ("2026-12-02 00:30", None),
    ],
)
def test_from_nine_to_noon_by_the_houses_clock(now: str, day: str | None) -> None:
    found = morning_of(at(now), NINE, PARIS)
    assert (found.day.isoformat() if found else None) == day


@every("zone", ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham", "UTC"])
def test_one_morning_a_day_all_year_whatever_clocks_do(zone: str) -> None:
    house = ZoneInfo(zone)
    now, end = (datetime(year, 1, 1, tzinfo=house).astimezone(UTC) for year in (2026, 2027))
    seen: dict[date, list[datetime]] = {}
    while now < end:
        if (found := morning_of(now, NINE, house)) is not None:
            seen.setdefault(found.day, []).append(now)
            assert found.at.astimezone(house).time() == NINE
        now += timedelta(minutes=30)
    days = sorted(seen)
    assert len(days) == 365
    assert all(later - day == DAY for day, later in pairwise(days))
    assert {len(moments) for moments in seen.values()} == {6}, "three hours, never cut nor torn"


@every("clock", [time(0), time(2, 30), time(22, 30), time(23, 59)])
def test_an_hour_that_a_clock_leaves_out_or_shows_twice_is_one_morning(clock: time) -> None:
    for changes in (at("2026-03-28 12:00"), at("2026-10-24 12:00")):
        found = [morning_of(changes + step * MINUTE, clock, PARIS) for step in range(2 * 24 * 60)]
        days = [one.day for one in found if one is not None]
        assert days == sorted(days)
        whole = [days.count(day) for day in sorted(set(days))[1:-1]]
        assert set(whole) <= {180}


def test_none_is_wanted_where_none_is_set() -> None:
    assert morning_of(at("2026-12-01 09:00"), None, PARIS) is None


def test_each_day_at_every_door_is_told_of_once() -> None:
    """Also where it is midnight at the door when it is morning in the house, and clocks change between."""
    for house in (PARIS, ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Auckland")):
        mornings = [morning_on(date(2026, 1, 1) + n * DAY, NINE, house) for n in range(365)]
        for name in DOORS:
            days = [morning.tomorrow(ZoneInfo(name)) for morning in mornings]
            assert all(start <= end for start, end in days)
            assert all(end == start for (_, end), (start, _) in pairwise(days)), (house, name)


def test_tomorrow_is_the_next_day_on_the_clock_at_the_door() -> None:
    morning = morning_on(date(2026, 12, 4), NINE, PARIS)
    for zone, day in (("Europe/Paris", 5), ("Asia/Kolkata", 5), ("Pacific/Honolulu", 4), ("Pacific/Kiritimati", 5)):
        start, end = morning.tomorrow(ZoneInfo(zone))
        assert start.astimezone(ZoneInfo(zone)) == datetime(2026, 12, day, tzinfo=ZoneInfo(zone))
        assert end - start == DAY
    # Kiritimati is 13 hours ahead: at nine in Paris it is ten in the evening of the same day.
    spring = morning_on(date(2026, 3, 28), NINE, PARIS).tomorrow(PARIS)
    autumn = morning_on(date(2026, 10, 24), NINE, PARIS).tomorrow(PARIS)
    assert [end - start for start, end in (spring, autumn)] == [timedelta(hours=23), timedelta(hours=25)]
    no_midnight = morning_on(date(2026, 9, 5), NINE, PARIS).tomorrow(ZoneInfo("America/Santiago"))
    assert no_midnight[1] - no_midnight[0] == timedelta(hours=23)


def test_late_is_late_and_no_later() -> None:
    morning = morning_on(date(2026, 12, 4), NINE, PARIS)
    assert morning.until - morning.at == LATE == timedelta(hours=3)


@every(
    ("named", "doors", "zone"),
    [
        ("Europe/Paris", ["Asia/Kolkata"] * 9, "Europe/Paris"),
        ("UTC", ["America/New_York", "Europe/Paris", "America/New_York"], "America/New_York"),
        ("UTC", ["Europe/Paris", "America/New_York"], "America/New_York"),
        ("UTC", ["America/New_York", "Europe/Paris"], "America/New_York"),
        ("UTC", ["UTC"], "UTC"),
        ("UTC", [], "UTC"),
    ],
)
def test_a_house_without_a_zone_is_where_most_of_its_doors_are(named: str, doors: list[str], zone: str) -> None:
    assert house_zone(named, doors).key == zone
