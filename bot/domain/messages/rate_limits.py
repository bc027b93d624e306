"""Rate limits at the chat: which moment is the next one's, when a way in takes only so much and is shut now and then.

A bucket lets `burst` calls through at once and then one `every` (a leaky bucket, kept as one instant: when the next
call would be in step). After a failure it is shut for a while, and the first ones after that go singly, until one
succeeds.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SHUT_SECONDS = (1, 2, 5, 10, 20, 30)
"""After the first failure, the second in a row, and so on: good weather is found out half a minute late at most."""

PROBE = timedelta(seconds=5)
"""After a failure one goes ahead; the next follows when that one has succeeded, or after this long."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A way into the chat. `name` is the vendor's room's own; without `every` it takes as much as comes."""

    name: str
    every: timedelta = timedelta()
    burst: int = 1


@dataclass(frozen=True, slots=True)
class BucketState:
    """What a bucket has seen. `in_step`: when one more call would be in step; `failures`: how many came in a row;
    `shut_until` is our own guess of when it is worth a try, `asked_until` what the vendor has asked for."""

    in_step: datetime
    failures: int = 0
    shut_until: datetime | None = None
    asked_until: datetime | None = None

    @property
    def opens_at(self) -> datetime | None:
        return _later(self.shut_until, self.asked_until)


@dataclass(frozen=True, slots=True)
class Permit:
    """When somebody may go. `probes`: alone, after a failure; that the chat answers has to be said, so that the others
    may follow."""

    at: datetime
    probes: bool = False


def is_shut(state: BucketState, now: datetime) -> bool:
    return state.opens_at is not None and state.opens_at > now


def next_permit(bucket: Bucket, state: BucketState, now: datetime) -> tuple[datetime, BucketState]:
    """When one more may go (now, or later), and the traffic with that turn given away.

    While the bucket is shut nothing is given away: whoever wants in comes again when it opens.
    """
    if state.opens_at is not None and state.opens_at > now:
        return state.opens_at, state
    turn = max(now, state.in_step - (bucket.burst - 1) * bucket.every)
    # From `turn` at the earliest: a bucket that stood idle saves up no more than its burst.
    given = replace(state, in_step=max(state.in_step, turn) + bucket.every)
    return turn, went(given, now) if turn <= now else given


def went(state: BucketState, now: datetime) -> BucketState:
    """Somebody goes: after a failure, alone."""
    return replace(state, shut_until=now + PROBE) if state.failures else state


def failed(state: BucketState, now: datetime, named: float | None) -> BucketState:
    """`named`: the seconds for which the vendor asked us to wait. Turns given away before are void."""
    failures = state.failures + 1
    own = now + timedelta(seconds=SHUT_SECONDS[min(failures, len(SHUT_SECONDS)) - 1])
    asked = now + timedelta(seconds=named) if named is not None else None
    after = replace(
        state,
        failures=failures,
        # Kept apart: the first success ends the guess, never what the vendor has asked for.
        shut_until=_later(own if asked is None else None, state.shut_until),
        asked_until=_later(asked, state.asked_until),
    )
    return replace(after, in_step=max(now, after.opens_at or now))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment), default=None)
