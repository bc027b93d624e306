"""understand_window: what "now", the house and daylight saving decide; junk is refused quickly, by one exception."""

import time as clock
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.conversation.typed.windows.day_names import months, units, weekdays
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.window_pieces import pieces
from bot.conversation.typed.windows.windows_typed import MAX_WINDOW_TEXT, understand_window
from bot.domain.windows import AccessWindow
from tests.cases import every, examples

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 2, 10, 20, 30, tzinfo=PARIS)
FRI_SUN = "2026-12-04 15:00 .. 2026-12-06 11:00"
TODAY_3_6 = "2026-12-02 15:00 .. 2026-12-02 18:00"


def understood(text: str, now: datetime = NOW, **installation: time) -> str:
    window = understand_window(text, zone=PARIS, now=now, **installation)
    return " .. ".join(f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}" for moment in (window.starts_at, window.ends_at))


@every(
    ("now", "text", "window"),
    [
        # a weekday is today's while its time, or the day, is still to come
        ("2026-12-04 14:00", "fri 3pm - sun 11am", FRI_SUN),
        ("2026-12-04 15:00", "fri 3pm - sun 11am", FRI_SUN),
        ("2026-12-04 16:00", "fri 3pm - sun 11am", "2026-12-11 15:00 .. 2026-12-13 11:00"),
        ("2026-12-04 16:00", "fri - sun", "2026-12-04 16:00 .. 2026-12-06 11:00"),
        ("2026-12-04 09:00", "next fri for 1 night", "2026-12-11 15:00 .. 2026-12-12 11:00"),
        ("2026-12-05 09:00", "next fri for 1 night", "2026-12-11 15:00 .. 2026-12-12 11:00"),
        # a time alone is today's until the window is over
        ("2026-12-02 16:00", "15:00-18:00", TODAY_3_6),
        ("2026-12-02 18:00", "15:00-18:00", "2026-12-03 15:00 .. 2026-12-03 18:00"),
        ("2026-12-02 20:00", "3pm for 90 minutes", "2026-12-03 15:00 .. 2026-12-03 16:30"),
        ("2026-12-02 10:20", "midnight for 3h", "2026-12-03 00:00 .. 2026-12-03 03:00"),
        # a stay that begins today after check-in begins now
        ("2026-12-02 21:10", "tonight", "2026-12-02 21:10 .. 2026-12-03 11:00"),
        ("2026-12-02 21:10", "for 2 nights", "2026-12-02 21:10 .. 2026-12-04 11:00"),
        ("2026-12-04 21:10", "4 dec - 6 dec", "2026-12-04 21:10 .. 2026-12-06 11:00"),
        # a day without a year is the next one
        ("2027-02-20 09:00", "4 dec - 7 dec", "2027-12-04 15:00 .. 2027-12-07 11:00"),
        ("2026-12-20 09:00", "4 dec 2027 - 7 dec", "2027-12-04 15:00 .. 2027-12-07 11:00"),
        ("2026-12-31 23:00", "tomorrow - 3 jan", "2027-01-01 15:00 .. 2027-01-03 11:00"),
        # the small hours of tonight are those to come
        ("2026-12-02 20:00", "tonight 2am - 6am", "2026-12-03 02:00 .. 2026-12-03 06:00"),
        ("2026-12-02 20:00", "tonight 0:30 - 5:00", "2026-12-03 00:30 .. 2026-12-03 05:00"),
        ("2026-12-02 09:00", "heute nacht 2:00 für 3h", "2026-12-03 02:00 .. 2026-12-03 05:00"),
        ("2026-12-02 20:00", "cette nuit 1h - 3h", "2026-12-03 01:00 .. 2026-12-03 03:00"),
        ("2026-12-02 20:00", "tonight midnight for 3h", "2026-12-03 00:00 .. 2026-12-03 03:00"),
        ("2026-12-02 20:00", "tonight 24:00 for 3h", "2026-12-03 00:00 .. 2026-12-03 03:00"),
        ("2026-12-02 20:00", "tonight 23:00 - 2:00", "2026-12-02 23:00 .. 2026-12-03 02:00"),
        ("2026-12-02 20:00", "now - tonight 2am", "2026-12-02 20:00 .. 2026-12-03 02:00"),
        ("2026-12-02 01:00", "tonight 2am for 1h", "2026-12-02 02:00 .. 2026-12-02 03:00"),
        ("2026-12-02 01:00", "now - tonight 4:30", "2026-12-02 01:00 .. 2026-12-02 04:30"),
    ],
)
def test_what_now_decides(now: str, text: str, window: str) -> None:
    assert understood(text, datetime.fromisoformat(now).replace(tzinfo=PARIS)) == window


@every(
    ("now", "text", "question"),
    [
        ("2026-12-03 02:00", "tonight", "ends this morning"),
        ("2026-12-03 02:00", "now for 1 night", "ends this morning"),
        ("2026-12-03 02:00", "for 1 night", "ends this morning"),
        ("2026-12-03 03:00", "tonight 2am for 1h", "ends this morning"),
        ("2026-12-03 01:00", "tonight 22:00 for 1h", "ends this morning"),
        ("2026-12-02 07:00", "tonight 8:00 - 11:00", "Which time do you mean by tonight 8:00"),
        ("2026-12-31 12:00", "30 dec - 2 jan", "from now, or next year"),
        ("2027-01-01 12:00", "30 dec - 2 jan", "from now, or next year"),
    ],
)
def test_what_now_makes_unclear(now: str, text: str, question: str) -> None:
    with pytest.raises(NotUnderstood, match=question):
        understood(text, datetime.fromisoformat(now).replace(tzinfo=PARIS))


@every(
    ("text", "starts_at", "ends_at"),
    [
        ("28 mar 2027 02:30 - 04:00", "2027-03-28T01:30", "2027-03-28T02:00"),  # skipped: moves to 03:30
        ("31 oct 2027 02:30 - 04:00", "2027-10-31T00:30", "2027-10-31T03:00"),  # twice: the first
        ("27 mar 2027 15:00 for 1 day", "2027-03-27T14:00", "2027-03-28T13:00"),  # a day of the clock
        ("27 mar 2027 15:00 for 24h", "2027-03-27T14:00", "2027-03-28T14:00"),  # 24 hours
        ("27 mar 2027 for 1 night", "2027-03-27T14:00", "2027-03-28T09:00"),
    ],
)
def test_daylight_saving(text: str, starts_at: str, ends_at: str) -> None:
    window = understand_window(text, zone=PARIS, now=NOW)
    assert window == AccessWindow(
        datetime.fromisoformat(starts_at).replace(tzinfo=UTC), datetime.fromisoformat(ends_at).replace(tzinfo=UTC)
    )


def test_the_house_says_when_one_checks_in_and_out() -> None:
    assert understood("fri - sun", check_in=time(16), check_out=time(10)) == "2026-12-04 16:00 .. 2026-12-06 10:00"


def test_now_is_read_in_the_zone_of_the_lock() -> None:
    late = datetime(2026, 12, 3, 4, 30, tzinfo=UTC)  # still Wednesday evening in New York
    window = understand_window("today 23:45 for 1h", zone=ZoneInfo("America/New_York"), now=late)
    assert window.starts_at == datetime(2026, 12, 3, 4, 45, tzinfo=UTC)


def test_now_must_be_an_instant() -> None:
    with pytest.raises(TypeError):
        understand_window("tonight", zone=PARIS, now=datetime(2026, 12, 2))  # noqa: DTZ001


def test_no_name_means_two_days_or_two_months() -> None:
    assert {word for word in weekdays() if word in months()} == {"mar"}
    assert not weekdays().keys() & units().keys()
    assert weekdays()["thurs"] == weekdays()["donnerstag"] == weekdays()["quinta"] == 3
    assert months()["maerz"] == months()["marz"] == months()["marco"] == 3


JUNK = [
    "1",
    " ",
    "-",
    "/",
    ".",
    ":",
    "a",
    "\0",
    "é",
    "12.",
    "1/",
    "4-",
    "h ",
    "15h",
    "fri ",
    "for ",
    "'",
    "a'",
    "ა",
    "️‍",
]


def effort(doing: Callable[[], object]) -> float:
    """Seconds of processor time, the least of three tries: whatever else runs on the machine only adds to it."""
    took = []
    for _ in range(3):
        started = clock.process_time()
        with suppress(NotUnderstood):
            doing()
        took.append(clock.process_time() - started)
    return max(min(took), 0.002)  # what is shorter is noise


@every("junk", JUNK)
def test_a_flood_is_refused_at_once(junk: str) -> None:
    """A flood takes no longer than a few lines of the usual length."""
    with pytest.raises(NotUnderstood):
        understood(junk * 50_000)
    line = effort(lambda: understood("fri 3pm - sun 11am"))
    assert effort(lambda: understood(junk * 50_000)) < 30 * line


@every("junk", JUNK)
def test_cutting_into_pieces_takes_linear_time(junk: str) -> None:
    """Without the cap on length: eight times as long a text takes about eight times as long. A pattern that backtracks
    would take 64 times as long, or would never come to an end."""
    pieces("fri")
    short, long = (junk * 24_000)[:3_000], (junk * 24_000)[:24_000]
    assert effort(lambda: pieces(long)) < 30 * effort(lambda: pieces(short))


WORDS = st.sampled_from(
    [
        "fri",
        "sun",
        "next",
        "for",
        "to",
        "until",
        "-",
        "/",
        ".",
        ",",
        ":",
        "3",
        "15",
        "4",
        "12",
        "31",
        "2026",
        "2026-12-04",
        "04/12",
        "10.12",
        "4.",
        "3pm",
        "15:00",
        "15h",
        "15h30",
        "24:00",
        "noon",
        "midnight",
        "dec",
        "mar",
        "29",
        "feb",
        "a",
        "the",
        "at",
        "tonight",
        "today",
        "tomorrow",
        "now",
        "nights",
        "hours",
        "days",
        "week",
        "half",
        "and",
        "between",
        "bis",
        "à",
        "até",
        "fino",
        "ore",
        "dia",
        "99999",
        "2026-12-04t15:00z",
        "heute",
        "abend",
        "morgen",
        "evening",
        "night",
        "in",
        "5th",
        "demain",
        "d'",
        "z",
        "+",
        "12am",
        "0",
    ]
)
LINES = st.lists(WORDS, max_size=12).map(" ".join) | st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=220)


@given(LINES, st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
@example("٣٣/٣", NOW)
@example("3 hr 9999999 h", NOW)
@settings(max_examples=examples(40), deadline=None)
def test_any_text_is_a_window_or_a_question(text: str, now: datetime) -> None:
    started = clock.process_time()
    try:
        window = understand_window(text, zone=PARIS, now=now)
    except NotUnderstood as caught:
        question = caught.question
    else:
        question = "none"
        assert len(text) <= MAX_WINDOW_TEXT
        assert window.starts_at.tzinfo is UTC
    assert question
    assert question.isprintable()
    assert clock.process_time() - started < 0.5


STYLES = [
    "{0:%Y-%m-%dT%H:%M}/{1:%Y-%m-%dT%H:%M}",
    "{0:%Y-%m-%d %H:%M} - {1:%Y-%m-%d %H:%M}",
    "{0:%d.%m.%Y %H:%M} bis {1:%d.%m.%Y %H:%M}",
    "{0:%d %b %Y %I:%M %p} – {1:%d %b %Y %I:%M %p}",
    "{0:%B %d, %Y, %H:%M} until {1:%B %d, %Y, %H:%M}",
    "{0:%a %d %b %Hh%M} to {1:%a %d %b %Hh%M}",
]


@given(
    st.sampled_from(STYLES),
    st.integers(1, 150 * 24 * 4),
    st.integers(1, 28 * 24 * 4),
)
@settings(max_examples=examples(25), deadline=None)
def test_a_window_that_was_written_is_read_back(style: str, wait: int, length: int) -> None:
    start = datetime(2026, 12, 2, 10, 30) + wait * timedelta(minutes=15)  # noqa: DTZ001
    end = start + length * timedelta(minutes=15)
    window = AccessWindow(start.replace(tzinfo=PARIS), end.replace(tzinfo=PARIS))
    assert understand_window(style.format(start, end), zone=PARIS, now=NOW) == window
