"""Days and hours of what repeats, on clocks that are put forward and back: those of 2027 in Paris and New York."""

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.planning.local_hours import ClockNote, wall_clock
from bot.domain.planning.visits import Visits
from tests.cases import every, examples

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
days = st.dates(date(2027, 1, 1), date(2027, 12, 31))
quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
visits = st.builds(
    lambda found, starts, ends: Visits(tuple(sorted(found)), starts, ends),
    st.sets(days, min_size=1, max_size=40),
    quarters,
    quarters,
).filter(lambda made: made.starts != made.ends)


@settings(max_examples=examples(40))
@given(visits, st.sampled_from([PARIS, NEW_YORK]))
def test_each_visit_begins_and_ends_when_the_clock_at_the_door_says_so(made: Visits, zone: ZoneInfo) -> None:
    before = datetime.min.replace(tzinfo=UTC)
    for number, day in enumerate(made.days):
        window = made.window(number, zone)
        assert before <= window.starts_at < window.ends_at
        before = window.starts_at
        if ClockNote.GAP in made.noticed(number, zone):
            continue
        assert wall_clock(window.starts_at, zone) == datetime.combine(day, made.starts)
        overnight = timedelta(days=made.ends < made.starts)
        assert wall_clock(window.ends_at, zone) == datetime.combine(day + overnight, made.ends)


@settings(max_examples=examples(25))
@given(visits)
def test_what_is_kept_is_what_was_asked(made: Visits) -> None:
    assert Visits.from_json(json.loads(json.dumps(made.as_json()))) == made


@every(
    ("zone", "day", "hours", "length", "noticed"),
    [
        (PARIS, "2027-03-27", "22:00-06:00", 7 * 60, None),
        (PARIS, "2027-03-28", "02:15-02:45", 30, ClockNote.GAP),
        (PARIS, "2027-03-28", "01:30-03:30", 60, None),
        (PARIS, "2027-10-30", "22:00-06:00", 9 * 60, None),
        (PARIS, "2027-10-31", "02:30-04:00", 150, ClockNote.FOLD),
        (NEW_YORK, "2027-03-13", "22:00-06:00", 7 * 60, None),
        (NEW_YORK, "2027-03-14", "02:30-03:00", 1, ClockNote.GAP),
        (NEW_YORK, "2027-11-06", "22:00-06:00", 9 * 60, None),
        (NEW_YORK, "2027-11-07", "09:00-13:00", 4 * 60, None),
    ],
)
def test_the_nights_on_which_clocks_change(
    zone: ZoneInfo, day: str, hours: str, length: int, noticed: ClockNote | None
) -> None:
    starts, ends = map(time.fromisoformat, hours.split("-"))
    made = Visits((date.fromisoformat(day),), starts, ends)
    assert made.window(0, zone).length == timedelta(minutes=length)
    assert made.noticed(0, zone) == ({noticed} if noticed else set())
