"""Bookings as they are kept: of several words the newest counts, in whatever order they come."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.messages.languages import Language
from bot.domain.pins import Phone
from bot.domain.sources.bookings import (
    BookedListing,
    Booking,
    BookingState,
    KeptBooking,
    Unmet,
    names_number,
    over_after,
)
from tests.cases import examples

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
KEPT = KeptBooking("01", "source", "4711", NOW, NOW)
naive = st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01"))
moments = naive.map(lambda at: at.replace(tzinfo=UTC))
words = st.builds(
    Booking,
    st.just("4711"),
    st.sampled_from(BookingState),
    st.lists(st.builds(BookedListing, st.text(min_size=1), st.text()), max_size=3).map(tuple),
    st.none() | st.dates(date(2020, 1, 1)) | moments | naive,
    st.none() | st.dates(date(2020, 1, 1), date(2200, 1, 1)) | moments,
    st.text(),
    st.lists(st.text(), max_size=3).map(tuple),
    st.text(),
    st.none() | st.sampled_from(Language),
    st.text(),
    st.none() | moments,
    st.text(),
)


@pytest.mark.properties
@settings(max_examples=examples(40))
@given(words)
def test_what_is_kept_is_what_was_said(said: Booking) -> None:
    assert Booking.from_json(json.loads(json.dumps(said.as_json()))) == said
    assert Booking.from_json(said.as_json()).digest == said.digest


@pytest.mark.properties
@settings(max_examples=examples(40))
@given(st.lists(words, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_of_dated_words_the_newest_counts_in_any_order(said: list[Booking], rng: object) -> None:
    dated = [replace(one, changed_at=NOW + timedelta(minutes=number)) for number, one in enumerate(said)]
    mixed = [*dated, *dated]
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    kept = KEPT
    for one in mixed:
        kept = kept.heard(one, NOW)
    assert (kept.words, kept.changed_at) == (dated[-1], dated[-1].changed_at)


def test_what_says_not_when_it_was_said_counts_as_it_comes() -> None:
    first, second = Booking("4711", BookingState.STANDS, changed_at=NOW), Booking("4711", BookingState.GONE)
    kept = KEPT.heard(first, NOW).heard(second, NOW)
    assert (kept.words, kept.changed_at) == (second, NOW)


def test_a_new_word_is_due_at_once_whatever_the_one_before_has_waited_for() -> None:
    waiting = replace(KEPT, words=Booking("4711", BookingState.ASK), attempts=7, unmet=Unmet.UNREAD, due_at=None)
    after = waiting.heard(Booking("4711", BookingState.GONE), NOW)
    assert (after.due_at, after.attempts, after.unmet) == (NOW, 0, None)
    done = after.done()
    assert (done.words, done.due_at, done.changed_at) == (None, None, None)


@pytest.mark.parametrize(
    ("ends_at", "over"),
    [
        (None, NOW),
        (date(2026, 12, 6), datetime(2026, 12, 7, 14, tzinfo=UTC)),
        (datetime.fromisoformat("2026-12-06T11:00:00"), datetime(2026, 12, 8, 1, tzinfo=UTC)),
        (datetime.fromisoformat("2026-12-06T11:00:00+02:00"), datetime(2026, 12, 6, 9, tzinfo=UTC)),
    ],
)
def test_when_it_is_over_wherever_its_door_is(ends_at: date | datetime | None, over: datetime) -> None:
    assert over_after(Booking("4711", BookingState.STANDS, ends_at=ends_at), NOW) == over


@pytest.mark.parametrize(
    ("written", "theirs"),
    [
        ("+33 6 39 98 12 34", True),
        ("0033-639981234", True),
        ("06.39.98.12.34", True),
        ("(33) 639981234", True),
        ("+33 6 39 98 12 35", False),
        ("1234", False),
        ("", False),
        ("call me", False),
    ],
)
def test_whose_number_it_may_be_however_it_is_written(written: str, theirs: bool) -> None:
    booking = Booking("4711", BookingState.STANDS, phones=("", written))
    assert names_number(booking, Phone("+33639981234")) is theirs
