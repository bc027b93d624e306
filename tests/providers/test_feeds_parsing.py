"""Bytes → events: as the RFC wants them, as platforms write them, and as whoever means us no good does."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.sources.feed_bookings import bookings
from bot.domain.sources.feeds import FeedEvent, FeedProblem, Platform
from bot.ports.feeds import FeedUnreadable
from providers.feeds.parsing import AHEAD, MOST_EVENTS, parsed
from tests.cases import every, examples
from tests.providers.calendars import AIRBNB, FIRST, LOGIN, calendar, night

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def events(body: bytes) -> list[FeedEvent]:
    found, unreadable = parsed(body, NOW)
    assert unreadable == frozenset()
    return list(found)


def problem(body: bytes) -> FeedProblem:
    with pytest.raises(FeedUnreadable) as caught:
        parsed(body, NOW)
    return caught.value.problem


def test_airbnbs_folded_lines_are_read_whole() -> None:
    found = events(AIRBNB.encode())
    assert len(found) == 2
    (stay,) = bookings(Platform.AIRBNB, found)
    assert (stay.code, stay.last_four) == ("HMTEST1234", "1234")
    assert (stay.starts_at, stay.ends_at) == (date(2026, 12, 4), date(2026, 12, 8))
    assert stay.link == "https://www.airbnb.com/hosting/reservations/details/HMTEST1234"


@every(
    ("what", "body"),
    [
        ("LF only", AIRBNB.replace("\r\n", "\n").encode()),
        ("a BOM", b"\xef\xbb\xbf" + AIRBNB.encode()),
        ("blank lines around", b"\r\n\r\n" + AIRBNB.encode() + b"\r\n\r\n"),
        ("small letters", AIRBNB.replace("BEGIN:VCALENDAR", "begin:vcalendar").encode()),
    ],
)
def test_what_is_a_little_odd_is_read_all_the_same(what: str, body: bytes) -> None:
    assert len(events(body)) == 2, what


def test_latin_1_is_read_and_no_name_becomes_another_sign() -> None:
    (found,) = events(calendar(night(summary="Ren\u00e9")).decode().encode("latin-1"))
    assert found.summary.startswith("Ren")


def test_an_owners_times_are_instants_whatever_says_the_zone() -> None:
    there = datetime(2026, 12, 4, 14, tzinfo=UTC)
    zone = "DTSTART;TZID=Europe/Paris:20261204T150000\nDTEND;TZID=Europe/Paris:20261206T110000"
    (found,) = events(calendar(f"UID:g\n{zone}\nSUMMARY:Ana"))
    assert (found.starts_at, found.ends_at) == (there, datetime(2026, 12, 6, 10, tzinfo=UTC))
    floating = "UID:g\nDTSTART:20261204T150000\nDTEND:20261206T110000\nSUMMARY:Ana"
    assert events(calendar(floating))[0].starts_at == datetime.fromisoformat("2026-12-04T15:00"), "the door's own clock"
    zulu = "UID:g\nDTSTART:20261204T140000Z\nDTEND:20261206T100000Z\nSUMMARY:Ana"
    assert events(calendar(zulu, head="X-WR-TIMEZONE:Europe/Paris\n"))[0].starts_at == there


def test_without_an_end_a_day_is_one_night_and_a_duration_counts() -> None:
    assert events(calendar(f"UID:a\n{FIRST}"))[0].ends_at == date(2026, 12, 5)
    assert events(calendar(f"UID:a\n{FIRST}\nDURATION:P3D"))[0].ends_at == date(2026, 12, 7)


def test_what_repeats_is_each_time_an_event_of_its_own() -> None:
    weekly = (
        "UID:w\nDTSTART;TZID=Europe/Paris:20261204T180000\nDTEND;TZID=Europe/Paris:20261204T200000\nSUMMARY:Choir\n"
    )
    rule = "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Paris:20261211T180000"
    moved = (
        "UID:w\nRECURRENCE-ID;TZID=Europe/Paris:20261218T180000\nDTSTART;TZID=Europe/Paris:20261219T180000\n"
        "DTEND;TZID=Europe/Paris:20261219T200000\nSUMMARY:Choir"
    )
    found = events(calendar(weekly + rule, moved))
    assert sorted(one.starts_at.day for one in found) == [4, 19, 25]
    assert len({(one.uid, one.occurrence) for one in found}) == 3
    moved_one = next(one for one in found if one.starts_at.day == 19)
    assert moved_one.occurrence == "2026-12-18T17:00:00+00:00", "known by when it was to be"
    endless = events(calendar(weekly + "RRULE:FREQ=WEEKLY"))
    assert len(endless) == 52
    assert max(one.starts_at for one in endless) <= NOW + AHEAD  # type: ignore[operator,type-var]


@every(
    ("what", "rule"),
    [
        ("every second", "RRULE:FREQ=SECONDLY"),
        ("every minute", "RRULE:FREQ=MINUTELY;COUNT=1000000"),
        ("every hour", "RRULE:FREQ=HOURLY"),
        ("no step", "RRULE:FREQ=DAILY;INTERVAL=0"),
        ("backwards", "RRULE:FREQ=DAILY;INTERVAL=-1"),
        ("never", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        ("never by set", "RRULE:FREQ=YEARLY;BYDAY=MO;BYSETPOS=400"),
        ("by week", "RRULE:FREQ=YEARLY;BYWEEKNO=60"),
        ("two rules", "RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY"),
        ("no frequency", "RRULE:COUNT=3"),
        ("not a rule", "RRULE:often"),
        (
            "many dates",
            "RDATE:"
            + ",".join(f"2026{m:02}{d:02}T0{h}0000" for m in range(1, 13) for d in range(1, 29) for h in (1, 2)),
        ),
    ],
)
def test_what_would_never_end_is_not_begun(what: str, rule: str) -> None:
    began = time.process_time()
    found, unreadable = parsed(calendar(f"UID:bad\n{FIRST}\nSUMMARY:x\n{rule}", night("good")), NOW)
    assert [one.uid for one in found] == ["good"], what
    assert unreadable == {"bad"}, what
    assert time.process_time() - began < 5, what


def test_what_has_repeated_since_long_ago_is_not_counted_on() -> None:
    for begins in ("00010101", "19000101", "20100101"):
        found, unreadable = parsed(calendar(f"UID:old\nDTSTART;VALUE=DATE:{begins}\nRRULE:FREQ=DAILY"), NOW)
        assert (found, unreadable) == ((), {"old"})


@every(
    ("what", "lines"),
    [
        ("a date as people write it", "DTSTART:2026-12-04"),
        ("no start", "DTEND;VALUE=DATE:20261206"),
        ("no month", "DTSTART;VALUE=DATE:20261304"),
        ("another age", "DTSTART;VALUE=DATE:99991231"),
        ("the first year", "DTSTART:00010101T000000Z"),
        ("an end that is none", f"{FIRST}\nDTEND:soon"),
        ("both ends", f"{FIRST}\nDTEND;VALUE=DATE:20261206\nDURATION:P1D"),
    ],
)
def test_what_is_broken_costs_that_event_alone(what: str, lines: str) -> None:
    found, unreadable = parsed(calendar(f"UID:bad\n{lines}", night("good")), NOW)
    assert [one.uid for one in found] == ["good"], what
    assert unreadable == {"bad"}, what


def test_without_a_uid_or_with_an_end_before_its_start_it_is_read_and_judged_later() -> None:
    (found,) = events(calendar(f"{FIRST}\nDTEND;VALUE=DATE:20261206\nSUMMARY:Ana"))
    assert found.uid == ""
    (turned,) = events(calendar("UID:t\nDTSTART;VALUE=DATE:20261206\nDTEND;VALUE=DATE:20261204"))
    assert bookings(Platform.GENERIC, [turned]) == ()


@every(
    ("what", "body", "why"),
    [
        ("nothing", b"", FeedProblem.NO_CALENDAR),
        ("blanks", b" \r\n ", FeedProblem.NO_CALENDAR),
        ("words", b"hello", FeedProblem.NO_CALENDAR),
        ("a page", LOGIN, FeedProblem.NO_CALENDAR),
        ("a JSON error", b'{"error": "not found"}', FeedProblem.NO_CALENDAR),
        ("only a beginning", b"BEGIN:VCALENDAR\r\n", FeedProblem.CUT_SHORT),
        ("cut in an event", AIRBNB.encode()[:300], FeedProblem.CUT_SHORT),
        ("cut before the end", AIRBNB.encode().removesuffix(b"END:VCALENDAR\r\n"), FeedProblem.CUT_SHORT),
        ("an event left open", calendar(night()).replace(b"END:VEVENT\r\n", b""), FeedProblem.CUT_SHORT),
        ("too many", calendar(*["UID:x"] * (MOST_EVENTS + 1)), FeedProblem.TOO_LARGE),
    ],
)
def test_what_is_no_calendar_says_what_it_is(what: str, body: bytes, why: FeedProblem) -> None:
    assert problem(body) is why, what


def test_an_empty_calendar_is_one_and_two_in_one_body_are_both_read() -> None:
    assert events(calendar()) == []
    assert [one.uid for one in events(calendar(night("a")) + calendar(night("b")))] == ["a", "b"]


async def test_two_thousand_events_are_read_beside_the_loop() -> None:
    body = calendar(*(night(f"u{n}") for n in range(2_000)))
    longest, last, done = 0.0, time.monotonic(), asyncio.Event()

    async def watched() -> None:
        nonlocal longest, last
        while not done.is_set():
            await asyncio.sleep(0.005)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()

    watching = asyncio.create_task(watched())
    found, _ = await asyncio.to_thread(parsed, body, NOW)
    done.set()
    await watching
    assert len(found) == 2_000
    assert longest < 1, "the loop went on meanwhile"


# --- ten thousand hostile calendars ----------------------------------------------------------------------------------

_NAMES = """
UID DTSTART DTEND DURATION SUMMARY DESCRIPTION STATUS RRULE RDATE EXDATE EXRULE RECURRENCE-ID X-WR-TIMEZONE TZID
SEQUENCE ATTACH BEGIN END X-\u00e9 dtstart
"""
_VALUES = """
20261204 20261204T150000 20261204T150000Z 99991231T235959Z 00010101 20260230 P1D -P99999W FREQ=DAILY FREQ=SECONDLY
FREQ=DAILY;INTERVAL=0 FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30 FREQ=MONTHLY FREQ=WEEKLY;UNTIL=99991231 CANCELLED VEVENT
FREQ=DAILY;COUNT=99999999 FREQ=WEEKLY;BYDAY=MO,TU,53FR 20261204T150000Z/P1D \\n\\,\\;\\\\ VCALENDAR VTIMEZONE VALARM
20261204,20261205,20261206 Europe/Paris \u0661\u0662\u0663 FREQ=DAILY;WKST=XX FREQ=MONTHLY;BYSETPOS=-366
"""
NAMES = st.sampled_from(["", *_NAMES.split()])
PARAMETERS = st.sampled_from(
    [
        "",
        ";VALUE=DATE",
        ";TZID=Europe/Paris",
        ";TZID=Nowhere/Land",
        ';TZID="',
        ";VALUE=PERIOD",
        ";X=",
        ";;",
        ";TZID=\x00",
    ]
)
VALUES = st.sampled_from(["", "a" * 3_000, "\ud800", *_VALUES.split()]) | st.text(max_size=30)
LINES = st.builds(lambda name, parameters, value: f"{name}{parameters}:{value}", NAMES, PARAMETERS, VALUES)
ODD = st.text(max_size=40)
EVENT = st.lists(LINES | LINES | LINES | ODD, max_size=12)


def written(parts: list[list[str]], head: list[str], fold: int, encoding: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head]
    for part in parts:
        lines += ["BEGIN:VEVENT", *part, "END:VEVENT"]
    text = "\r\n".join([*lines, "END:VCALENDAR"])
    folded = "\r\n ".join(text[at : at + fold] for at in range(0, len(text), fold)) if fold else text
    return folded.encode(encoding, errors="replace")


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(EVENT, max_size=5),
    st.lists(LINES, max_size=2),
    st.sampled_from([0, 0, 0, 60, 7]),
    st.sampled_from(["utf-8", "utf-8", "latin-1", "utf-16"]),
    st.sampled_from([0, 0, 0, 10, 200]),
)
def test_whatever_a_calendar_holds_it_is_read_or_refused_and_soon(
    parts: list[list[str]], head: list[str], fold: int, encoding: str, cut: int
) -> None:
    body = written(parts, head, fold, encoding)
    began = time.process_time()
    try:
        found, _ = parsed(body[cut:] if cut else body, NOW)
    except FeedUnreadable:
        found = ()
    for platform in Platform:
        for one in bookings(platform, found):
            assert 2000 <= one.starts_at.year <= one.ends_at.year <= 2100
    assert time.process_time() - began < 5


@settings(max_examples=examples(40), deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_do_harm(noise: bytes) -> None:
    for body in (noise, b"BEGIN:VCALENDAR\r\n" + noise + b"\r\nEND:VCALENDAR"):
        with suppress(FeedUnreadable):
            parsed(body, NOW)


@pytest.mark.parametrize("nested", [50, 5_000])
def test_what_is_nested_without_end_is_refused_or_read(nested: int) -> None:
    inside = b"BEGIN:VALARM\r\n" * nested + b"END:VALARM\r\n" * nested
    began = time.process_time()
    with suppress(FeedUnreadable):
        parsed(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + inside + b"END:VEVENT\r\nEND:VCALENDAR", NOW)
    assert time.process_time() - began < 6
