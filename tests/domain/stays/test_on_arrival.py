"""A PIN on arrival: none exists by the passing of time; it starts in the hour in which the guest is there."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.planning.holdings import Holdings
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.advance import Facts
from bot.domain.stays.reserving import arrived
from bot.domain.windows import ACTIVATION, AccessWindow
from tests.domain.stays.test_advance import PARIS, START, Life, code, h

S = CodeStatus
EMPTY = Holdings({}, 0, None)

lengths = st.integers(1, 24 * 20)
visits = st.lists(st.integers(-60, 24 * 21).map(h), max_size=20)


def waiting(window: AccessWindow) -> Life:
    return Life(code(window, on_arrival=True))


@given(lengths, visits)
def test_time_alone_never_makes_one(hours: int, moments: list[datetime]) -> None:
    """However often and in whatever order it is looked at, the guest is told once, and in the end staff once."""
    window = AccessWindow(START, h(hours))
    life = waiting(window)
    for moment in moments:
        life.settle(moment)
        assert life.code.status in (S.RESERVED, S.RELEASED)
        assert not life.code.has_pin
    life.settle(window.ends_at)
    assert life.code.status is S.RELEASED
    assert life.code.due_at is None
    assert life.said.count("no_show") == 1
    assert life.said.count("on_arrival") <= 1
    assert set(life.said) <= {"on_arrival", "no_show"}


def test_the_guest_is_told_in_time_and_it_is_looked_at_again_at_the_end() -> None:
    life = waiting(AccessWindow(START, h(70)))
    life.settle(h(-30))
    assert (life.said, life.code.due_at) == ([], h(-24))
    life.settle(h(-24))
    assert (life.said, life.code.due_at) == (["on_arrival"], h(70))


@given(st.integers(26, 24 * 20), st.floats(0, 1))
def test_whoever_comes_has_a_day_from_their_own_hour(hours: int, part: float) -> None:
    """At whatever moment of the stay: the PIN works at this moment, ends no earlier, and has a deadline of its own."""
    window = AccessWindow(START, h(hours))
    now = START + part * (window.length - timedelta(hours=1))
    made = arrived(code(window, on_arrival=True), EMPTY, PARIS, now)
    assert not made.on_arrival
    assert (made.mint_at, made.due_at) == (now, now)
    assert made.window.starts_at <= now < made.window.starts_at + timedelta(hours=1)
    assert made.window.ends_at >= window.ends_at
    assert made.deadline >= min(made.window.ends_at, now + ACTIVATION - timedelta(hours=1))
    life = Life(made, facts=Facts(already_sent=frozenset({"on_arrival"})))
    life.settle(now)
    assert life.code.status is S.SHARED
    assert life.said == ["pin", "shared"]


def test_its_own_place_is_not_in_its_way() -> None:
    """Two others and itself start in this hour: it moves to the next one, and comes back to none that is taken."""
    full = Holdings({("hourly", "2026-12-04T20"): frozenset({1, 2, 3})}, 3, None)
    same = arrived(code(on_arrival=True), full, PARIS, h(0.5))
    assert (same.slot, same.window) == (code().slot, code().window)
    later = arrived(code(on_arrival=True), full, PARIS, h(1.5))
    assert (later.slot.key, later.slot.index, later.window.starts_at) == ("2026-12-04T21", 1, h(1))


def test_given_up_before_anybody_came() -> None:
    life = waiting(AccessWindow(START, h(70)))
    life.settle(h(-24))
    life.code = replace(life.code, status=S.RELEASED, due_at=None)
    life.settle(h(80))
    assert life.said == ["on_arrival"]
