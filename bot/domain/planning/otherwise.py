"""Bookings that a lock does not take as they are: what it would take instead, and whether what it gives is what was
booked. Where nobody stands by who could choose another time, a person decides about whatever is otherwise."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.planning.local_hours import HOUR, hour_at_or_before
from bot.domain.planning.lock_rules import fit
from bot.domain.refusals import Offer, Reason, Refusal
from bot.domain.windows import AccessWindow

_NOTHING = timedelta()


def as_booked(booked: AccessWindow, planned: AccessWindow, granted: AccessWindow, now: datetime) -> bool:
    """Whether it was planned as it was booked, and all that is still ahead of it is granted, with no more than an hour
    at either end."""
    before = max(booked.starts_at, now) - granted.starts_at
    after = granted.ends_at - booked.ends_at
    return planned == booked and _NOTHING <= before <= HOUR and _NOTHING <= after <= HOUR


def nearest(booked: AccessWindow, offers: Iterable[Offer]) -> AccessWindow | None:
    """Of what a lock offers the one of which the guest loses least, and of these the shortest; None where it offers
    nothing that one PIN can do."""
    windows = [AccessWindow(one.starts_at, one.ends_at) for one in offers if not one.then]
    return min(windows, key=lambda one: (_lost(booked, one), _lost(one, booked)), default=None)


def _lost(whole: AccessWindow, part: AccessWindow) -> timedelta:
    """So much of the one is not in the other."""
    return max(_NOTHING, part.starts_at - whole.starts_at) + max(_NOTHING, whole.ends_at - part.ends_at)


def why_otherwise(booked: AccessWindow, planned: AccessWindow, zone: ZoneInfo, at: datetime) -> Reason | None:
    """The rule for which it was planned otherwise `at` that time; None where it was rounded only."""
    if planned == booked:
        return None
    start = hour_at_or_before(max(booked.starts_at, at), zone)
    try:
        fit(start, booked.ends_at, zone)
    except Refusal as refusal:
        return refusal.reason
    return Reason.SLOT_FULL
