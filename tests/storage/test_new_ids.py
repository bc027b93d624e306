"""Ids begin with the moment of the clock that rows are found by, and have an order of their own where it stands."""

from datetime import UTC, datetime, timedelta

from ulid import ULID

from storage.new_ids import ids_by

THEN = datetime(2031, 5, 6, 7, 8, 9, 250_000, tzinfo=UTC)


def test_an_id_begins_with_the_moment_of_its_clock() -> None:
    moment = [THEN]
    new_id = ids_by(lambda: moment[0])
    for since in (timedelta(), timedelta(days=400), timedelta(days=-4000)):
        moment[0] = THEN + since
        assert ULID.from_str(new_id()).datetime == THEN + since


def test_what_is_made_later_is_later_while_the_clock_stands() -> None:
    one, other = ids_by(lambda: THEN), ids_by(lambda: THEN)
    made = [each() for _ in range(500) for each in (one, other)]
    assert made == sorted(set(made)), "whoever opens the same house again goes on behind what is there"
