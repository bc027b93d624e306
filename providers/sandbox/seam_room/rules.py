"""What an igloohome lock's offline PIN may be, as Seam refuses it. Pure: values in, a window or SeamError out.

Source: Seam's guide "Creating igloohome offline access codes". Seam can move a start or end by up to
`max_time_rounding`, but nowhere says in which direction, so the sandbox refuses what would need it. Status and words of
these refusals are not documented; 400 invalid_input is our choice.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from providers.sandbox.algopin import DAILY, HOUR, HOURLY, ONE_TIME, Kind, PinWindow
from providers.sandbox.doors import Door
from providers.sandbox.seam_room.ledger import MOST_LIVE, SetCodes
from providers.sandbox.seam_room.wire import SeamError, invalid

FARTHEST = timedelta(days=3 * 365)
"""How far ahead a start may lie, so that a lock can never take it for another year's."""


@dataclass(frozen=True, slots=True)
class Span:
    kind: Kind
    starts_at: datetime
    length: int


def offline_span(
    starts_at: datetime | None, ends_at: datetime | None, one_time: bool, zone: ZoneInfo, now: datetime
) -> Span:
    """Kind and length of the PIN that was asked for. Raises SeamError."""
    if starts_at is None:
        raise invalid("starts_at is required", "starts_at", "Required")
    _check_start(starts_at, zone, now)
    if one_time:
        return Span("one_time", starts_at, ONE_TIME[0])
    if ends_at is None:
        raise invalid("Both starts_at and ends_at must be provided if one is")
    check_order(starts_at, ends_at, now)
    if ends_at - starts_at <= HOURLY[-1] * HOUR:
        return _hourly(starts_at, ends_at, zone)
    return _daily(starts_at, ends_at, zone)


def _check_start(starts_at: datetime, zone: ZoneInfo, now: datetime) -> None:
    if not is_whole_hour(starts_at, zone):
        raise invalid("starts_at must be a whole hour of the device's time zone", "starts_at")
    if starts_at + HOUR <= now:
        raise invalid(
            "Invalid access code time range, start time must be a value greater than the current time", "starts_at"
        )
    if starts_at > now + FARTHEST:
        raise invalid("starts_at is too far ahead", "starts_at")


def check_order(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> None:
    """Raises SeamError unless the end lies ahead, and after the start."""
    if ends_at is not None and ends_at <= now:
        raise invalid("ends_at must be in the future", "ends_at")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise invalid("ends_at must be after starts_at", "ends_at")


def _hourly(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Span:
    hours, rest = divmod(ends_at - starts_at, HOUR)
    if rest or not is_whole_hour(ends_at, zone):
        raise invalid("ends_at must be a whole hour of the device's time zone", "ends_at")
    return Span("hourly", starts_at, hours)


def _daily(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Span:
    days = (ends_at.astimezone(zone).date() - starts_at.astimezone(zone).date()).days
    start, end = (instant.astimezone(zone).replace(tzinfo=None) for instant in (starts_at, ends_at))
    if end - start < timedelta(days=DAILY[0]):
        raise invalid("Offline access codes last from 1 to 672 hours or from 29 to 367 days", "ends_at")
    if end - start > timedelta(days=DAILY[-1]):
        raise invalid("Offline access codes last at most 367 days", "ends_at")
    if PinWindow("daily", starts_at, days, 1).ends_at(zone) != ends_at:
        raise invalid("A daily offline access code must end at the time of day at which it starts", "ends_at")
    return Span("daily", starts_at, days)


def is_whole_hour(instant: datetime, zone: ZoneInfo) -> bool:
    local = instant.astimezone(zone)
    return not (local.minute or local.second or local.microsecond)


def shortened(span: Span) -> Span:
    """An hour less, as far as it goes: how Seam would round an end that the lock cannot have, were there one."""
    return replace(span, length=span.length - 1) if span.kind == "hourly" and span.length > 1 else span


def window_on(ledger: SetCodes, door: Door, span: Span) -> PinWindow:
    """The span with the lowest free slot. Raises SeamError if all slots of its start are taken."""
    slot = ledger.free_slot(door, span.kind, span.starts_at)
    if slot is None:
        when = "day" if span.kind == "daily" else "hour"
        raise invalid(f"This device has no more {span.kind} offline access codes for this start {when}", "starts_at")
    return PinWindow(span.kind, span.starts_at.astimezone(UTC), span.length, slot)


def check_room(ledger: SetCodes, door: Door, now: datetime) -> None:
    """Raises SeamError: no place among the lock's 199 codes (400), or more than 10 in a minute (429)."""
    if ledger.live_on(door, now) >= MOST_LIVE:
        raise invalid(f"This device already has {MOST_LIVE} active access codes")
    wait = ledger.wait_for_rate(door, now)
    if wait is not None:
        error = SeamError(429, "rate_limit_exceeded", "Too many access codes were created on this device in a minute")
        error.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
        raise error
