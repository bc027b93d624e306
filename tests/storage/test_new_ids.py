"""Ids begin with the moment that they are given, and have an order of their own where it stands."""

from datetime import UTC, datetime, timedelta

from ulid import ULID

from storage.new_ids import id_at

THEN = datetime(2031, 5, 6, 7, 8, 9, 250_000, tzinfo=UTC)


def test_an_id_begins_with_its_moment() -> None:
    for since in (timedelta(), timedelta(days=400), timedelta(days=-4000)):
        assert ULID.from_str(id_at(THEN + since)).datetime == THEN + since


def test_what_is_made_later_is_later_while_the_clock_stands() -> None:
    made = [id_at(THEN) for _ in range(1000)]
    assert made == sorted(set(made))
