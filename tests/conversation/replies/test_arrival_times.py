"""When a guest wants to come: a time of day, or how much later; what may be both is asked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.replies.arrival_times import understand_arrival
from bot.conversation.replies.reply import understand_reply
from bot.domain.stays.replying import ReplyWord
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 4, 10, 0, tzinfo=PARIS)
STARTS = datetime(2026, 12, 4, 15, 0, tzinfo=PARIS)


def arrival(text: str, now: datetime = NOW) -> datetime | None:
    said = understand_reply(text)
    assert said is not None, text
    assert said.word is ReplyWord.LATE, text
    return understand_arrival(said.rest, zone=PARIS, now=now, starts_at=STARTS)


LATER = [
    ("LATE 2h", 120),
    ("LATE +2h", 120),
    ("late 2 hrs", 120),
    ("LATE by 2 hours", 120),
    ("LATE 90 min", 90),
    ("LATE 1h30", 90),
    ("late 1½h", 90),
    ("LATE 1.5 hours", 90),
    ("late ½ hour", 30),
    ("late .5h", 30),
    ("late, 2 ½ hours", 150),
    ("an hour late", 60),
    ("half an hour late", 30),
    ("running 2 hours late", 120),
    ("My flight is delayed 3 hours", 180),
    ("2 Stunden später", 120),
    ("eine halbe Stunde später", 30),
    ("Verspätung um 1 Stunde", 60),
    ("2 heures de retard", 120),
    ("retard 2h", 120),
    ("une demi-heure de retard", 30),
    ("llego 2 horas tarde", 120),
    ("atraso 2 horas", 120),
    ("mezz'ora di ritardo", 30),
    ("2 ore di ritardo", 120),
    ("2 uur later", 120),
    ("een half uur later", 30),
    ("2時間遅れます", 120),
    ("1時間半遅れます", 90),
    ("30分遅れます", 30),
]


@every(("text", "minutes"), LATER)
def test_so_much_later_counts_from_the_start_or_from_now_where_that_has_passed(text: str, minutes: int) -> None:
    later = timedelta(minutes=minutes)
    assert arrival(text) == STARTS + later
    assert arrival(text, STARTS + timedelta(hours=3)) == STARTS + timedelta(hours=3) + later


@every(
    ("text", "hour", "minute"),
    [
        ("LATE 22:00", 22, 0),
        ("LATE 22 : 00", 22, 0),
        ("late, about 10pm", 22, 0),
        ("retard 22h30", 22, 30),
        ("atraso 22h", 22, 0),
        ("ankunft gegen 22 Uhr", 22, 0),
        ("running late, will be there at 11 pm", 23, 0),
        ("we arrive at 22:30", 22, 30),
        ("Llegaré más tarde, a las 23h", 23, 0),
        ("Arriverò alle 23", 23, 0),
        ("遅れます 22時", 22, 0),
        ("遅れます 22時半", 22, 30),
        ("23時に着きます", 23, 0),
    ],
)
def test_a_time_of_day(text: str, hour: int, minute: int) -> None:
    assert arrival(text) == STARTS.replace(hour=hour, minute=minute)


@every(
    "text",
    [
        "LATE",
        "I'm late",
        "LATE 10",
        "retard 9h",
        "LATE 120",
        "late 3 days",
        "23h instead of 20h, late",
        "LATE 99h",
        "late tomorrow",
        "we arrive on 5 dec",
    ],
)
def test_what_has_no_meaning_or_two_is_asked(text: str) -> None:
    assert arrival(text) is None


def test_a_day_is_not_dropped() -> None:
    assert arrival("late tomorrow 10:00") == STARTS.replace(day=5, hour=10)
    assert arrival("train cancelled, arriving tomorrow 10am") == STARTS.replace(day=5, hour=10)


@given(st.text(max_size=60))
def test_whatever_is_said_is_read_without_error_and_lies_ahead(text: str) -> None:
    for said in (text, f"{text} 2h", f"at {text} 22:00"):
        found = understand_arrival(said, zone=PARIS, now=NOW, starts_at=STARTS)
        assert found is None or found.astimezone(UTC).year in range(2020, 2035)
