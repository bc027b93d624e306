"""`every tue,fri 9-13 until 30 jun`: which days these are, against counting them one by one; what is asked where it is
not clear; what does not repeat although it has such a word. Whole lines stand in `lines.txt`."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.times import show_visits
from bot.conversation.typed.windows.day_names import weekday_name
from bot.conversation.typed.windows.repeating import find_repeating
from bot.domain.planning.visits import MOST_VISITS, Visits
from tests.cases import every, examples

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 30, 12, tzinfo=PARIS)
OFTEN = {"every": 1, "each": 1, "every other": 2, "every second": 2}


@settings(max_examples=examples(25), deadline=None)
@given(
    st.sets(st.integers(0, 6), min_size=1, max_size=7),
    st.sampled_from(sorted(OFTEN)),
    st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 1)),  # noqa: DTZ001 - on the clock of the zone drawn
    st.integers(0, 30),
    st.integers(0, 60),
    st.sampled_from([PARIS, NEW_YORK]),
    st.sampled_from([", ", ",", " and ", " & ", "/", " + "]),
)
def test_the_days_are_those_that_one_counts(
    weekdays: set[int], often: str, now: datetime, ahead: int, long: int, zone: ZoneInfo, joined: str
) -> None:
    here = now.replace(tzinfo=zone)
    first = here.date() + timedelta(days=ahead)
    last = first + timedelta(days=long)
    words = joined.join(weekday_name(day)[: 3 + day] for day in sorted(weekdays))
    found = find_repeating(f"{often} {words} 9:00-13:00 from {first} until {last}", zone, here)
    assert found is not None
    every_day = [first + timedelta(days=n) for n in range(long + 1)]
    named = [day for day in every_day if day.weekday() in weekdays]
    weeks = [(day - named[0] + timedelta(days=named[0].weekday())).days // 7 for day in named]
    counted = [day for day, week in zip(named, weeks, strict=True) if week % OFTEN[often] == 0]
    coming = [day for day in counted if datetime.combine(day, time(9), zone).astimezone(UTC) >= here.astimezone(UTC)]
    assert (found.visits.days if found.visits else ()) == tuple(coming)
    assert bool(found.question) == (not coming)


@every(
    ("words", "said"),
    [
        ("every tue 9-13", "Until when does it repeat?"),
        ("every tue until 30 jun", "From when until when each time"),
        ("every tue 9 - wed 13 until 30 jun", "From when until when each time"),
        ("every tue 9-9 until 30 jun", "Less than a day."),
        ("every tue 2-5 until 30 jun", "Is 2-5 before noon or after it?"),
        ("every tue 9-1 until 30 jun", "Is 9-1 before noon or after it?"),
        ("every tue 9-13 until june", "Which day of June do you mean?"),
        ("every tue 9-13 until 31 feb", "There is no such day as 31 feb"),
        ("every tue 9-13 until 31.2.", "There is no such day as 31.2."),
        ("every tue 9-13 until 2027-02-31", "There is no such day as 2027-02-31"),
        ("every tue 9-13 until 30/01/27", "Which day is 30/01/27?"),
        ("every tue 9-13 until 3/4", "Is 3/4 the 3rd of April or March 4th?"),
        ("every tue from 9.00 until 13.00", "Until when does it repeat?"),
        ("every tue 9.30 until 13.30 until 31/2", "There is no such day as 31/2"),
        ("every tue 9-13 until 1 dec 2025", "It would end on 1 dec 2025, before it begins"),
        ("every sun 9-13 until 2 dec", "There is no such day until 2 dec 2026"),
        ("every day 9-13 until 30 jun", "write until 30 mar 2027, and ask anew then"),
        ("every tue 9-13 until 30 jun 2028", "120 visits in 12 months at most: write until 30 nov 2027"),
        ("every other day 9-13 until 30 dec", "not every other day"),
        ("every month 9-13 until 30 jun", "by days of the week, not by months"),
    ],
)
def test_what_is_not_clear_is_asked(words: str, said: str) -> None:
    found = find_repeating(words, PARIS, NOW)
    assert found is not None
    assert found.visits is None
    assert said in found.question


@every(
    "words",
    [
        "for Every fri 9-13",
        "for James Every fri 9-13",
        "for James Every +44 7700 900123 fri 9-13",
        "for Each Monday 9-13",
        "fri 3pm - sun 11am",
        "for Dominic Weekly fri 9-13",
        "every 3 days",
        "the key for every room",
    ],
)
def test_what_does_not_repeat(words: str) -> None:
    assert find_repeating(words, PARIS, NOW) is None


@every(
    ("words", "shown"),
    [
        ("every tue,fri 9-13 until 30 jun", "every Tue and Fri 09:00 - 13:00, 61 visits until Tue 29 Jun 2027"),
        ("every day 8:00-9:30 until 31 dec", "every day 08:00 - 09:30, 31 visits until Thu 31 Dec 2026"),
        ("weekdays 22-2 for 6 weeks", "every weekday 22:00 - 02:00, 30 visits until Fri 8 Jan 2027"),
        ("every other weekend 9-13 until 20 dec", "every other week on Sat and Sun 09:00 - 13:00, 4 visits"),
        ("every morning 9-11 until 20 dec", "every day 09:00 - 11:00, 20 visits until Sun 20 Dec 2026"),
        ("tuesdays 10-12 until 20 dec", "every Tue 10:00 - 12:00, 3 visits until Tue 15 Dec 2026"),
        ("every tue morning 9-11 until 20 dec", "every Tue 09:00 - 11:00, 3 visits until Tue 15 Dec 2026"),
        ("weekly on tue 9-11 until 20 dec", "every Tue 09:00 - 11:00, 3 visits until Tue 15 Dec 2026"),
        ("todos los martes y jueves 9-13 hasta 20 dic", "every Tue and Thu 09:00 - 13:00, 6 visits"),
        ("tous les mardis 9h-13h jusqu'au 20 dec", "every Tue 09:00 - 13:00, 3 visits"),
        ("cada dos semanas martes 9-13 hasta 30 enero", "every other Tue 09:00 - 13:00, 5 visits"),
        ("cada dos martes 9-13 hasta 30 enero", "every other Tue 09:00 - 13:00, 5 visits until Tue 26 Jan 2027"),
        ("ogni due settimane martedì 9-13 fino al 30 gen", "every other Tue 09:00 - 13:00, 5 visits"),
        ("toutes les deux semaines le mardi 9h-13h jusqu'au 30 janvier", "every other Tue 09:00 - 13:00, 5 visits"),
        ("a cada duas semanas terça 9h-13h até 30 janeiro", "every other Tue 09:00 - 13:00, 5 visits"),
        ("everyday 9-11 until 20 dec", "every day 09:00 - 11:00, 20 visits until Sun 20 Dec 2026"),
        ("every night 22-6 until 20 dec", "every day 22:00 - 06:00, 21 visits until Sun 20 Dec 2026"),
        ("every tue 9-11 until 20dec", "every Tue 09:00 - 11:00, 3 visits"),
        ("every other tue 9am to 1pm until 30 jan", "every other Tue 09:00 - 13:00, 5 visits until Tue 26 Jan 2027"),
    ],
)
def test_the_rule_in_words(words: str, shown: str) -> None:
    found = find_repeating(words, PARIS, NOW)
    assert found is not None
    assert found.visits is not None
    assert show_visits(found.visits).startswith(shown)


def test_as_many_as_one_decision_is_for() -> None:
    found = find_repeating("every day 9-13 until 29 mar 2027", PARIS, NOW)
    assert found is not None
    assert found.visits is not None
    assert len(found.visits.days) == MOST_VISITS - 1
    assert found.visits == Visits(tuple(date(2026, 12, 1) + timedelta(n) for n in range(119)), time(9), time(13))
