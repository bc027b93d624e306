"""Alternatives: other ways to let the same guest in, beside what was granted. Only those that make sense for the stay.

Counted for each: the PINs it takes from the lock, the texts the guest gets (reminders apart), what is better and what
is worse than the PIN that was granted. The sentences are `bot.conversation.team.alternatives`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.planning.ledger import slot_key
from bot.domain.planning.local_hours import hour_at_or_before, on_local_clock
from bot.domain.planning.lock_rules import DAILY_MIN, ONE_TIME_LIFE, Grant, LockView, grant
from bot.domain.refusals import Refusal
from bot.domain.windows import ACTIVATION, AccessWindow, PinKind

MOST_LINKS = 14
"""A longer chain would mean more texts than anybody reads."""


class AlternativeKind(StrEnum):
    """How a guest can be let in."""

    ONE_PIN = "one_pin"
    CHAIN = "chain"
    ONE_TIME = "one_time"
    ON_ARRIVAL = "on_arrival"


class Better(StrEnum):
    """What an alternative does better than the PIN that was granted."""

    NO_DEADLINE = "no_deadline"
    OPENS_AGAIN = "opens_again"
    DIES_AFTER_USE = "dies_after_use"
    STARTS_WHEN_THERE = "starts_when_there"


class Worse(StrEnum):
    """What it does worse."""

    NEW_PIN_EVERY_DAY = "new_pin_every_day"
    OPENS_ONCE = "opens_once"
    DEADLINE = "deadline"
    LIVES_ON = "lives_on"
    GUEST_MUST_TEXT = "guest_must_text"


@dataclass(frozen=True, slots=True)
class Alternative:
    """`windows` in order; for a PIN on arrival the widest one, since it starts in the hour in which the guest texts."""

    way: AlternativeKind
    windows: tuple[AccessWindow, ...]
    pins: int
    texts: int
    better: Better
    worse: Worse


def alternatives_to(granted: Grant, asked: AccessWindow, lock: LockView) -> tuple[Alternative, ...]:
    """The other ways that the lock has room for, cheapest first."""
    ways: tuple[Alternative | None, ...]
    if granted.kind is PinKind.ONE_TIME:
        ways = (_one_pin(asked, lock),)
    elif granted.window.activate_by is None:
        ways = (_one_time(granted, lock),)
    else:
        ways = (_on_arrival(granted, lock), _chain(granted, lock))
    return tuple(filter(None, ways))


def _one_pin(asked: AccessWindow, lock: LockView) -> Alternative | None:
    try:
        window = grant(asked, lock).window
    except Refusal:
        return None
    worse = Worse.DEADLINE if window.activate_by else Worse.LIVES_ON
    return Alternative(AlternativeKind.ONE_PIN, (window,), 1, 1, Better.OPENS_AGAIN, worse)


def _one_time(granted: Grant, lock: LockView) -> Alternative | None:
    start = granted.window.starts_at
    if not _has_slot(PinKind.ONE_TIME, start, lock):
        return None
    window = AccessWindow(start, start + ONE_TIME_LIFE)
    return Alternative(AlternativeKind.ONE_TIME, (window,), 1, 1, Better.DIES_AFTER_USE, Worse.OPENS_ONCE)


def _on_arrival(granted: Grant, lock: LockView) -> Alternative | None:
    """A PIN that starts in the hour in which the guest texts; only where every hour of the first day leaves a length
    that the lock takes, which 29 days do not."""
    a_day_late = granted.window.starts_at + ACTIVATION
    if granted.kind is PinKind.DAILY and on_local_clock(a_day_late, granted.window.ends_at, lock.zone) < DAILY_MIN:
        return None
    return Alternative(
        AlternativeKind.ON_ARRIVAL, (granted.window,), 1, 2, Better.STARTS_WHEN_THERE, Worse.GUEST_MUST_TEXT
    )


def _chain(granted: Grant, lock: LockView) -> Alternative | None:
    """PINs of at most 24 h, one after the other: such a PIN has no deadline but its own end."""
    if granted.window.length > timedelta(days=MOST_LINKS):
        return None
    links = _links(granted.window, lock)
    if lock.ledger.live + len(links) > lock.ledger.live_limit:
        return None
    if not all(_has_slot(PinKind.HOURLY, link.starts_at, lock) for link in links):
        return None
    return Alternative(
        AlternativeKind.CHAIN, links, len(links), len(links), Better.NO_DEADLINE, Worse.NEW_PIN_EVERY_DAY
    )


def _links(window: AccessWindow, lock: LockView) -> tuple[AccessWindow, ...]:
    links: list[AccessWindow] = []
    start = window.starts_at
    while start < window.ends_at:
        # On a whole local hour and within 24 h: a longer link would have a deadline of its own.
        end = min(hour_at_or_before(start + ACTIVATION, lock.zone), window.ends_at)
        links.append(AccessWindow(start, end))
        start = end
    return tuple(links)


def _has_slot(kind: PinKind, start: datetime, lock: LockView) -> bool:
    return not lock.ledger.slot(kind, slot_key(kind, start, lock.zone)).is_full
