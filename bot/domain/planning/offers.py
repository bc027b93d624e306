"""Offers: what to ask for instead when the lock would not accept a window.

Every offer is put to the rules before it is made, against the same lock at the same moment: what a person takes with
one click is granted exactly as it was shown. Nearest first; two PINs in a row come last, since they cost a second text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from bot.domain.planning.local_hours import (
    DAY,
    HOUR,
    hour_at_or_after,
    hour_at_or_before,
    moments_of,
    next_hour,
    previous_hour,
    read_wall_clock,
    time_of_day_at_or_after,
    wall_clock,
)
from bot.domain.planning.lock_rules import DAILY_MAX, DAILY_MIN, HOURLY_MAX, LockView, first_hour, fit, grant
from bot.domain.refusals import Offer, Reason, Refusal
from bot.domain.windows import AccessWindow, PinKind

LOOK = 72
"""Starts to look at on either side of a full slot: 199 PINs, three to a start, fill at most 67 in a row."""


def offers_for(reason: Reason, asked: AccessWindow, lock: LockView, *, one_time: bool) -> tuple[Offer, ...]:
    """What the lock would accept instead, nearest first; empty where nothing honest can be offered.

    Nothing helps a lock that is full (its PINs count until they end), and whoever writes an end before the start, or in
    the past, has to say what they meant.
    """
    if lock.ledger.room().is_full:
        return ()
    if reason is Reason.SLOT_FULL:
        # Weighed by both ends: rather a little shorter or longer than elsewhere.
        start = first_hour(asked.starts_at, lock)
        if one_time:
            kind, window = PinKind.ONE_TIME, AccessWindow(start, start + DAY)
        else:
            kind, window = fit(start, asked.ends_at, lock.zone)
        found = [_first_free(starts, kind, window, lock) for starts in _starts(kind, start, lock)]
        return tuple(
            sorted(
                _made(found),
                key=lambda offer: abs(offer.starts_at - window.starts_at) + abs(offer.ends_at - window.ends_at),
            )
        )
    makers: Mapping[Reason, Callable[[AccessWindow, LockView], tuple[Offer, ...]]] = {
        Reason.GAP_28_29_DAYS: _around_the_gap,
        Reason.TOO_LONG: _longest,
    }
    return makers[reason](asked, lock) if reason in makers else ()


def _accept(start: datetime, end: datetime, lock: LockView, *, one_time: bool = False) -> Offer | None:
    """This window as an offer, if the lock would grant exactly it."""
    window = AccessWindow(start, end)
    try:
        granted = grant(window, lock, one_time=one_time)
    except Refusal:
        return None
    # Rounded, it would be another window than the one shown, and taken with one click.
    return Offer(granted.kind, start, end) if granted.window == window else None


def _around_the_gap(asked: AccessWindow, lock: LockView) -> tuple[Offer, ...]:
    """28 days, 29 days, and 28 days with a second PIN for the rest (of about a day, so mostly without a deadline)."""
    start = first_hour(asked.starts_at, lock)
    end = hour_at_or_after(asked.ends_at, lock.zone)
    shorter = _accept(start, hour_at_or_before(start + HOURLY_MAX, lock.zone), lock)
    longer = _accept(start, _after_29_days(start, lock.zone), lock)
    nearest = sorted(_made((shorter, longer)), key=lambda offer: abs(offer.ends_at - end))
    return _made((*nearest, _in_two(shorter, end, lock)))


def _longest(asked: AccessWindow, lock: LockView) -> tuple[Offer, ...]:
    """The longest daily PIN, and that with a second PIN for the rest.

    A rest of 28 to 29 days would not fit either, so the first PIN may give up a day to the second.
    """
    start = first_hour(asked.starts_at, lock)
    longest = _made(_accept(start, end, lock) for end in _last_days(start, lock.zone))
    in_two = _made(_in_two(first, asked.ends_at, lock) for first in longest)
    return longest[:1] + in_two[:1]


def _in_two(first: Offer | None, end: datetime, lock: LockView) -> Offer | None:
    """This offer with a second PIN from its end to the asked one, if the lock has room for both."""
    if first is None:
        return None
    # The first of the two takes one of the lock's places before the second is planned.
    fuller = replace(lock, ledger=replace(lock.ledger, live=lock.ledger.live + 1))
    try:
        rest = grant(AccessWindow(first.ends_at, end), fuller)
    except Refusal:
        return None
    return replace(first, then=(Offer(rest.kind, rest.window.starts_at, rest.window.ends_at),))


def _first_free(starts: Iterable[datetime], kind: PinKind, window: AccessWindow, lock: LockView) -> Offer | None:
    one_time = kind is PinKind.ONE_TIME
    tries = ((start, end) for start in starts for end in _ends(kind, start, window, lock.zone))
    return next(filter(None, (_accept(start, end, lock, one_time=one_time) for start, end in tries)), None)


def _ends(kind: PinKind, start: datetime, window: AccessWindow, zone: ZoneInfo) -> Iterator[datetime]:
    """Where a PIN of this kind could end if it started here instead: at the same end, if that leaves enough of it."""
    if kind is PinKind.ONE_TIME:
        yield start + DAY
    elif kind is PinKind.DAILY:
        yield from sorted({window.ends_at, max(window.ends_at, _after_29_days(start, zone))})
    elif window.ends_at - start >= HOUR:
        yield window.ends_at
    else:
        yield hour_at_or_after(start + window.length, zone)


def _starts(kind: PinKind, start: datetime, lock: LockView) -> tuple[Iterator[datetime], Iterator[datetime]]:
    """Starts after and before this one, nearest first, none before this hour: hours, or days at the same time."""
    if kind is PinKind.DAILY:
        later, earlier = _days_from(start, 1, lock.zone), _days_from(start, -1, lock.zone)
    else:
        later, earlier = _hours_from(start, next_hour, lock.zone), _hours_from(start, previous_hour, lock.zone)
    return later, takewhile(lambda moment: moment >= lock.this_hour, earlier)


def _hours_from(start: datetime, step: Callable[[datetime, ZoneInfo], datetime], zone: ZoneInfo) -> Iterator[datetime]:
    hour = start
    for _ in range(LOOK):
        hour = step(hour, zone)
        yield hour


def _days_from(start: datetime, step: int, zone: ZoneInfo) -> Iterator[datetime]:
    wall = wall_clock(start, zone)
    for n in range(1, LOOK + 1):
        yield from moments_of(wall.date() + DAY * n * step, wall.time(), zone)


def _last_days(start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Moments with the start's time of day, 367 days after it and one or two less."""
    wall = wall_clock(start, zone)
    for less in range(3):
        yield from moments_of((wall + DAILY_MAX - DAY * less).date(), wall.time(), zone)


def _after_29_days(start: datetime, zone: ZoneInfo) -> datetime:
    wall = wall_clock(start, zone)
    return time_of_day_at_or_after(read_wall_clock(wall + DAILY_MIN, zone).instant, wall.time(), zone)


def _made(offers: Iterable[Offer | None]) -> tuple[Offer, ...]:
    return tuple(filter(None, offers))
