"""How moments, windows and zones are written."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.guest_texts.gsm7 import is_gsm7
from bot.conversation.times import hours_words, show_moment, show_window, zone_words
from bot.domain.windows import AccessWindow
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@every(
    ("moment", "now", "shown"),
    [
        ("2026-12-04T15:00", None, "Fri 4 Dec 15:00"),
        ("2026-12-04T14:00Z", None, "Fri 4 Dec 15:00"),
        ("2026-12-04T15:00", "2026-01-01T00:00", "Fri 4 Dec 15:00"),
        ("2027-01-02T09:05", "2026-12-31T23:00", "Sat 2 Jan 2027 09:05"),
        ("2026-12-31T23:30Z", "2026-12-31T10:00Z", "Fri 1 Jan 2027 00:30"),
        ("2026-06-30T00:00", None, "Tue 30 Jun 00:00"),
        ("2026-10-25T00:30Z", None, "Sun 25 Oct 02:30 (UTC+2)"),
        ("2026-10-25T01:30Z", None, "Sun 25 Oct 02:30 (UTC+1)"),
        ("2026-10-25T02:30Z", None, "Sun 25 Oct 03:30"),
        ("2026-03-29T01:00Z", None, "Sun 29 Mar 03:00"),
    ],
)
def test_a_moment(moment: str, now: str | None, shown: str) -> None:
    assert show_moment(at(moment), PARIS, at(now) if now else None) == shown


@every(
    ("start", "end", "now", "shown"),
    [
        ("2026-12-04T15:00", "2026-12-06T11:00", None, "Fri 4 Dec 15:00 - Sun 6 Dec 11:00"),
        ("2026-12-04T15:00", "2026-12-04T19:00", None, "Fri 4 Dec 15:00 - 19:00"),
        ("2026-12-04T15:00", "2026-12-05T00:00", None, "Fri 4 Dec 15:00 - Sat 5 Dec 00:00"),
        ("2026-12-31T22:00", "2027-01-01T10:00", None, "Thu 31 Dec 2026 22:00 - Fri 1 Jan 2027 10:00"),
        ("2027-12-04T15:00", "2027-12-04T19:00", "2026-12-04T15:00", "Sat 4 Dec 2027 15:00 - 19:00"),
        ("2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", None, "Sun 25 Oct 02:00 (UTC+2) - 02:00 (UTC+1)"),
    ],
)
def test_a_window(start: str, end: str, now: str | None, shown: str) -> None:
    assert show_window(AccessWindow(at(start), at(end)), PARIS, at(now) if now else None) == shown


@every(
    ("zone", "month", "words"),
    [
        ("Europe/Paris", 12, "Paris time (UTC+1)"),
        ("Europe/Paris", 7, "Paris time (UTC+2)"),
        ("America/New_York", 12, "New York time (UTC-5)"),
        ("America/Argentina/Buenos_Aires", 12, "Buenos Aires time (UTC-3)"),
        ("Asia/Kathmandu", 12, "Kathmandu time (UTC+5:45)"),
        ("Pacific/Marquesas", 12, "Marquesas time (UTC-9:30)"),
        ("Australia/Lord_Howe", 7, "Lord Howe time (UTC+10:30)"),
        ("Europe/London", 12, "London time (UTC)"),
        ("UTC", 12, "UTC"),
        ("Etc/GMT+5", 12, "UTC-5"),
    ],
)
def test_a_zone(zone: str, month: int, words: str) -> None:
    assert zone_words(datetime(2026, month, 4, tzinfo=UTC), ZoneInfo(zone)) == words


@every(
    ("hours", "words"),
    [
        (1, "1 hour"),
        (24, "24 hours"),
        (20.5, "20.5 hours"),
        (44, "44 hours"),
        (48, "2 days"),
        (49, "2 days 1 hour"),
        (672, "28 days"),
        (672.5, "28 days 0.5 hours"),
        (8784, "366 days"),
    ],
)
def test_a_length(hours: float, words: str) -> None:
    assert hours_words(hours) == words


@given(
    zone=st.sampled_from(sorted(available_timezones() - {"localtime"})),
    seconds=st.integers(0, 4_000_000_000),
    length=st.integers(0, 40_000_000),
)
def test_all_of_it_is_gsm_7(zone: str, seconds: int, length: int) -> None:
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in (seconds, seconds + length))
    there = ZoneInfo(zone)
    shown = show_window(AccessWindow(start, end), there, end), show_moment(start, there, end), zone_words(start, there)
    assert all(is_gsm7(text) for text in shown)
