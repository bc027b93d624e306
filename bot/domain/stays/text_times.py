"""When a text to a guest may go, how long its words are true, and whether they still are. Pure; which phrase is of
which sort is `bot.conversation.guest_texts.kinds`, when a reminder is planned is `bot.domain.messages.reminders`."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.messages.reminders import LAST_CALL, Policy, reminders
from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus
from bot.domain.windows import AccessWindow


class TextKind(StrEnum):
    """What a text is to its guest."""

    PIN = "pin"
    REMINDER = "reminder"
    NOT_IN_TIME = "not in time"
    ON_ARRIVAL = "on_arrival"
    CANCELLED = "cancelled"
    NOT_YET = "not_yet"
    MOVED = "moved"
    ANSWER = "answer"


S = CodeStatus
ON_THE_WAY = timedelta(hours=1)
"""So long before the start a guest may be on the way, and wants to know."""

ANSWER_GOOD = timedelta(hours=4)
"""An answer that comes later than this answers nothing any more."""

_OPENS = frozenset({S.READY, S.SHARED, S.ACTIVE})
_UNUSED = frozenset({S.READY, S.SHARED})


def send_at(kind: TextKind, window: AccessWindow | None, now: datetime, policy: Policy, zone: ZoneInfo) -> datetime:
    """Now, or when the quiet hours at the door end. An answer goes at once; so does what cannot wait for the morning,
    and what belongs to a stay that itself begins at this time of the night."""
    stretch = policy.quiet.stretch(now.astimezone(zone)) if policy.quiet else None
    if stretch is None or window is None or kind in (TextKind.ANSWER, TextKind.NOT_YET):
        return now
    quiet_from, morning = (moment.astimezone(UTC) for moment in stretch)
    return now if _cannot_wait(kind, window, quiet_from, morning, policy, zone) else morning


def _cannot_wait(
    kind: TextKind, window: AccessWindow, quiet_from: datetime, morning: datetime, policy: Policy, zone: ZoneInfo
) -> bool:
    if quiet_from <= window.starts_at < morning:
        return True
    if kind is TextKind.REMINDER:
        return window.activate_by is not None and morning + LAST_CALL > window.activate_by
    if kind is TextKind.NOT_IN_TIME:
        return policy.quiet is not None and policy.quiet.stretch(window.starts_at.astimezone(zone)) is not None
    return window.starts_at < morning + ON_THE_WAY


def good_until(
    kind: TextKind, code: AccessCode | None, created_at: datetime, policy: Policy, zone: ZoneInfo, *, used: bool
) -> datetime:
    """After this instant the words would be untrue, or of no use. `created_at`: when it was first to be said."""
    if code is None or kind is TextKind.ANSWER:
        return created_at + ANSWER_GOOD
    if kind is TextKind.PIN:
        return code.window.ends_at if used else code.deadline
    if kind is TextKind.REMINDER:
        later = [r.due_at for r in reminders(code.window, policy, zone) if r.due_at > created_at]
        return min([*later, code.deadline])
    return code.window.starts_at if kind is TextKind.NOT_YET else code.window.ends_at


def still_true(kind: TextKind, code: AccessCode, newest: AccessCode, *, used: bool) -> bool:
    """Whether the words fit what has become of the code; `newest` is the stay's newest. The time is `good_until`'s."""
    if kind is TextKind.PIN:
        return code.id == newest.id and code.status in _OPENS
    if kind is TextKind.REMINDER:
        return code.id == newest.id and code.status in _UNUSED and not used
    if kind is TextKind.ON_ARRIVAL:
        return code.id == newest.id and code.status is S.RESERVED and code.on_arrival
    if kind is TextKind.MOVED:
        return code.id == newest.id and code.given_up is None
    if kind is TextKind.NOT_IN_TIME:
        replaced = code.id != newest.id and newest.status in (S.SHARED, S.ACTIVE)
        return code.status in PAST_DEADLINE and not used and not replaced
    return kind is not TextKind.CANCELLED or code.given_up is not None
