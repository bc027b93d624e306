"""Turns at the chat, settled on paper: the pace, what is void after a failure, and one that goes ahead."""

from datetime import UTC, datetime, timedelta

from bot.domain.messages.rate_limits import PROBE, SHUT_SECONDS, Bucket, BucketState, failed, is_shut, next_permit

T0 = datetime(2026, 12, 4, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BUCKET = Bucket("slack:C1", SECOND, 4)


def rate_limits(
    state: BucketState, count: int, now: datetime = T0, bucket: Bucket = BUCKET
) -> tuple[list[float], BucketState]:
    """Seconds from now to each of so many turns."""
    waits = []
    for _ in range(count):
        turn, state = next_permit(bucket, state, now)
        waits.append((turn - now).total_seconds())
    return waits, state


def test_a_few_at_once_then_one_a_second() -> None:
    waits, after = rate_limits(BucketState(T0), 7)
    assert waits == [0, 0, 0, 0, 1, 2, 3]
    waits, _ = rate_limits(after, 2, T0 + 10 * SECOND)
    assert waits == [0, 0]


def test_a_rest_is_not_saved_up() -> None:
    waits, _ = rate_limits(BucketState(T0 - timedelta(days=1)), 6)
    assert waits == [0, 0, 0, 0, 1, 2]


def test_without_a_pace_all_go() -> None:
    waits, _ = rate_limits(BucketState(T0), 50, bucket=Bucket("open"))
    assert set(waits) == {0}


def test_what_the_vendor_asks_for_is_kept_to_and_nothing_is_given_away_meanwhile() -> None:
    _, busy = rate_limits(BucketState(T0), 30)
    shut = failed(busy, T0, 30)
    waits, after = rate_limits(shut, 5, T0 + 29 * SECOND)
    assert waits == [1] * 5
    assert after == shut
    waits, _ = rate_limits(shut, 2, T0 + 30 * SECOND)
    assert waits[0] == 0, "what was given away before is void"


def test_a_shorter_wait_does_not_cut_a_longer_one_short() -> None:
    shut = failed(failed(BucketState(T0), T0, 30), T0 + SECOND, 1)
    assert shut.opens_at == T0 + 30 * SECOND
    assert failed(shut, T0 + SECOND, None).opens_at == T0 + 30 * SECOND


def test_failures_in_a_row_are_tried_ever_more_seldom_up_to_half_a_minute() -> None:
    state, now = BucketState(T0), T0
    for seconds in (*SHUT_SECONDS, SHUT_SECONDS[-1]):
        state = failed(state, now, None)
        assert state.opens_at == now + timedelta(seconds=seconds)
        now = state.opens_at
    assert not is_shut(state, now)


def test_after_a_failure_one_goes_ahead() -> None:
    now = T0 + 2 * SECOND
    turn, state = next_permit(BUCKET, failed(BucketState(T0), T0, None), now)
    assert turn == now
    waits, _ = rate_limits(state, 3, now)
    assert waits == [PROBE.total_seconds()] * 3
