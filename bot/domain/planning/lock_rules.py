"""What an igloohome lock accepts, and the bare refusal where it does not.

Rules only: what to offer instead is `bot.domain.planning.offers`, what else would fit
`bot.domain.planning.alternatives`, and `bot.domain.planning.plan` puts the three together. Sources: Seam's igloohome
guide ("creating igloohome offline access codes") and igloohome's algoPIN API.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.planning.ledger import EMPTY, Ledger, Slot, slot_key
from bot.domain.planning.local_hours import (
    HOUR,
    hour_at_or_after,
    hour_at_or_before,
    on_local_clock,
    time_of_day_at_or_after,
    wall_clock,
)
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow, PinKind

HOURLY_MAX = timedelta(hours=672)
"""The longest hourly PIN, in absolute hours."""

DAILY_MIN = timedelta(days=29)
DAILY_MAX = timedelta(days=367)
"""The shortest and longest daily PIN, on the local clock; it ends at the time of day at which it starts."""

ONE_TIME_LIFE = timedelta(hours=24)
"""How long a one-time PIN waits for its one use, in absolute hours from its start."""


@dataclass(frozen=True, slots=True)
class LockView:
    """One lock as a plan sees it: its zone, the moment, what it already holds, and the whole hour that is running."""

    zone: ZoneInfo
    now: datetime
    ledger: Ledger = EMPTY
    this_hour: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "this_hour", hour_at_or_before(self.now, self.zone))


@dataclass(frozen=True, slots=True)
class Grant:
    """What the lock would accept."""

    kind: PinKind
    window: AccessWindow
    slot: Slot


def grant(asked: AccessWindow, lock: LockView, *, one_time: bool = False) -> Grant:
    """The window the lock would accept for this one. Raises a Refusal without offers.

    A lock with no room at all is named before a full slot: another hour would not help there.
    """
    if not one_time:
        facts = {"starts_at": asked.starts_at, "ends_at": asked.ends_at, "now": lock.now.astimezone(UTC)}
        if asked.ends_at <= asked.starts_at:
            raise Refusal(Reason.ENDS_BEFORE_START, facts)
        if asked.ends_at <= lock.now:
            raise Refusal(Reason.ALREADY_OVER, facts)
    start = first_hour(asked.starts_at, lock)
    if one_time:
        return _place(PinKind.ONE_TIME, AccessWindow(start, start + ONE_TIME_LIFE), lock)
    return _place(*fit(start, asked.ends_at, lock.zone), lock)


def first_hour(asked_start: datetime, lock: LockView) -> datetime:
    """The local hour the PIN starts in: the asked one, or the current one if that is already past.

    igloohome takes no start before the current hour (integrators' clients clamp to it).
    """
    return max(hour_at_or_before(asked_start, lock.zone), lock.this_hour)


def fit(start: datetime, asked_end: datetime, zone: ZoneInfo) -> tuple[PinKind, AccessWindow]:
    """The kind and window of a PIN that starts at this whole hour and lasts at least to the asked end.

    Raises Refusal gap_28_29_days or too_long.
    """
    # A past start that was moved into this hour can lie behind the asked end; no PIN is shorter than an hour.
    end = hour_at_or_after(max(asked_end, start + HOUR), zone)
    # Hourly PINs are measured in absolute hours, daily ones on the local clock: over a clock change these differ.
    if end - start <= HOURLY_MAX:
        return PinKind.HOURLY, AccessWindow(start, end)
    if on_local_clock(start, end, zone) < DAILY_MIN:
        raise Refusal(Reason.GAP_28_29_DAYS, {"starts_at": start, "ends_at": end})
    # Only after the gap was refused: moved before, 28 and a half days would silently become 29.
    end = time_of_day_at_or_after(end, wall_clock(start, zone).time(), zone)
    days = on_local_clock(start, end, zone)
    if days > DAILY_MAX:
        raise Refusal(Reason.TOO_LONG, {"starts_at": start, "ends_at": end, "days": days.days})
    return PinKind.DAILY, AccessWindow(start, end)


def _place(kind: PinKind, window: AccessWindow, lock: LockView) -> Grant:
    live = lock.ledger.room()
    if live.is_full:
        raise Refusal(Reason.LOCK_FULL, {"taken": live.taken, "limit": live.limit, "next_end": lock.ledger.next_end})
    slot = lock.ledger.slot(kind, slot_key(kind, window.starts_at, lock.zone))
    if slot.is_full:
        facts = {"kind": kind, "key": slot.key, "taken": slot.taken, "limit": slot.limit, "starts_at": window.starts_at}
        raise Refusal(Reason.SLOT_FULL, facts)
    return Grant(kind, window, slot)
