"""When a guest is nudged and when staff hear: pure arithmetic over `activate_by`, quiet hours and the lock's zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.windows import AccessWindow

LAST_CALL = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """No text of our own making between these local clock times; `start` may be later than `end` (overnight)."""

    start: time
    end: time

    def stretch(self, local: datetime) -> tuple[datetime, datetime] | None:
        """Start and end of the quiet stretch that this local moment lies in; None if it lies in none."""
        start = self.begins_before(local)
        if start is None:
            return None
        day = start.date() if self.start < self.end else start.date() + timedelta(days=1)
        return start, datetime.combine(day, self.end, tzinfo=local.tzinfo)

    def begins_before(self, local: datetime) -> datetime | None:
        """The start of the quiet stretch that this local moment lies in; None if it lies in none."""
        if self.start == self.end:
            return None
        clock = local.time()
        overnight = self.start > self.end
        inside = (clock >= self.start or clock < self.end) if overnight else (self.start <= clock < self.end)
        if not inside:
            return None
        day = local.date() if clock >= self.start else local.date() - timedelta(days=1)
        return datetime.combine(day, self.start, tzinfo=local.tzinfo)


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's choices that shape a code's life. Hours are hours before `activate_by`, longest first."""

    mint_lead: timedelta = timedelta(hours=24)
    reminder_hours: tuple[int, ...] = (12, 6, 2)
    staff_alert_hours: int = 4
    quiet: QuietHours | None = QuietHours(time(21), time(8))


@dataclass(frozen=True, slots=True, order=True)
class Reminder:
    """A planned nudge."""

    due_at: datetime
    hours: int


def reminders(window: AccessWindow, policy: Policy, zone: ZoneInfo) -> tuple[Reminder, ...]:
    """The ladder of nudges, earliest first; empty for a PIN of 24 h or less.

    One that would fall into quiet hours comes just before them, unless the window itself only began in them.
    """
    if window.activate_by is None:
        return ()
    planned = {h: _awake(window.activate_by - timedelta(hours=h), window, policy, zone) for h in policy.reminder_hours}
    nearest: dict[datetime, int] = {}
    for hours, due in planned.items():
        # Quiet hours may pull several to one moment: one text goes, under the last of their rungs.
        nearest[due] = min(hours, nearest.get(due, hours))
    return tuple(sorted(Reminder(due, hours) for due, hours in nearest.items()))


def staff_alert_at(window: AccessWindow, policy: Policy) -> datetime | None:
    """When staff hear that a PIN is still unused (quiet hours do not bind them)."""
    return window.activate_by - timedelta(hours=policy.staff_alert_hours) if window.activate_by else None


def last_call_at(window: AccessWindow) -> datetime | None:
    """By now somebody must know: the guest from a reminder that arrived, or staff."""
    return window.activate_by - LAST_CALL if window.activate_by else None


def _awake(due: datetime, window: AccessWindow, policy: Policy, zone: ZoneInfo) -> datetime:
    quiet_from = policy.quiet.begins_before(due.astimezone(zone)) if policy.quiet else None
    if quiet_from is None:
        return max(due, window.starts_at)
    # A minute before they begin: in their first minute a text is held back until the morning.
    pulled = quiet_from.astimezone(UTC) - timedelta(minutes=1)
    return pulled if pulled >= window.starts_at else max(due, window.starts_at)
