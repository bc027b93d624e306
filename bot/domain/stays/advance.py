"""`advance`: what becomes of a code, from itself, a few facts and the time. One pure function, no memory of its own.

Run it late, early, twice or after a week: it comes to the same place, and the topics already told keep it from
saying a thing twice. What it yields is done by `bot.workflows.process_code`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.messages.reminders import Policy, last_call_at, reminders, staff_alert_at
from bot.domain.stays.access_codes import PAST_DEADLINE, SETTLED, AccessCode, CodeStatus, check_transition

S = CodeStatus
LOOK_AGAIN = timedelta(minutes=1)
"""So long after a PIN should have been replaced, should the nudge for it be lost."""

OVERDUE_AFTER = timedelta(minutes=15)
"""A PIN takes seconds, and up to a minute on a bad day: after so long its guest may come before it."""

PROMISED = timedelta(minutes=2)
"""Whoever stands at the door was told that the PIN is being made: after so long people have to know."""

ANOTHER_WANTED, REPLACED_ALONE = "another_wanted", "replaced_alone"
"""Keys of messages about a code: its guest said after the deadline that it does not open; the rules have dealt with
it."""


class NotificationKind(StrEnum):
    """What a message about a code is about; together with the code it is said once."""

    PIN = "pin"
    REMINDER = "reminder"
    SHARED = "shared"
    USED = "used"
    DANGER = "danger"
    ASK_GUEST = "ask_guest"
    UNCONFIRMED = "unconfirmed"
    EXPIRED_GUEST = "missed_guest"
    EXPIRED_STAFF = "missed_staff"
    FAILED = "failed"
    NEVER_MINTED = "never_minted"
    OVERDUE = "overdue"
    STILL_NO_PIN = "still_no_pin"
    ON_ARRIVAL = "on_arrival"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True, order=True)
class Notification:
    """A message to be sent, by topic; `hours` tells a rung: of a reminder before the deadline, of a missing PIN before
    the start."""

    kind: NotificationKind
    hours: int = 0

    @property
    def key(self) -> str:
        rungs = (NotificationKind.REMINDER, NotificationKind.STILL_NO_PIN)
        return f"{self.kind.value}:{self.hours}" if self.kind in rungs else self.kind.value


@dataclass(frozen=True, slots=True)
class Facts:
    """What the world has said about a code. `already_sent` are the keys of everything already queued for it.
    `reminded`: a reminder has arrived. `replaces_alone`: the rules would have it replaced once its guest says that it
    does not open. `heard_from_lock`: the lock would have told us of an opening. `text_at`: the text with the PIN goes
    no sooner (`bot.domain.stays.companions`). `promised_at`: when its guest, at the door, was promised a PIN
    in minutes."""

    already_sent: frozenset[str] = frozenset()
    texted: bool = False
    used: bool = False
    reminded: bool = False
    replaces_alone: bool = False
    heard_from_lock: bool = False
    text_at: datetime | None = None
    promised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CodeStep:
    """`path` holds every status passed through, the last being the new one; empty when nothing moved. `replace`: its
    guest stands before the door with it, and the next thing is a new PIN; staff hear what came of that."""

    status: CodeStatus
    path: tuple[CodeStatus, ...]
    tell: tuple[Notification, ...]
    due_at: datetime | None
    replace: bool = False


def advance(code: AccessCode, facts: Facts, now: datetime, policy: Policy, zone: ZoneInfo) -> CodeStep:
    """Where this code stands now, what has to be said, and when to look again."""
    path: list[CodeStatus] = []
    status = code.status
    # On to the last status before anything is said: after a week away nobody hears what was true in between.
    while (after := _next_status(code, status, facts, now)) is not None:
        check_transition(status, after)
        status = after
        path.append(after)
    said = _notifications(code, status, facts, now, policy, zone)
    # Only where time released it: whoever gives a code up tells of it themselves.
    if path and status is S.RELEASED:
        said = (Notification(NotificationKind.NO_SHOW if code.on_arrival else NotificationKind.NEVER_MINTED),)
    tell = tuple(t for t in said if t.key not in facts.already_sent)
    due_at = _due(code, status, facts, now, policy, zone)
    if (
        status in PAST_DEADLINE
        and facts.replaces_alone
        and ANOTHER_WANTED in facts.already_sent
        and REPLACED_ALONE not in facts.already_sent
    ):
        return CodeStep(status, tuple(path), tell, now + LOOK_AGAIN, replace=True)
    return CodeStep(status, tuple(path), tell, due_at)


def begun(code: AccessCode, now: datetime) -> AccessCode:
    """One that is new, as the first look at it would leave it where its PIN is to be made at once."""
    at_once = code.status is S.RESERVED and _next_status(code, code.status, Facts(), now) is S.MINTING
    return replace(code, status=S.MINTING, due_at=now) if at_once else code


def _next_status(code: AccessCode, status: CodeStatus, facts: Facts, now: datetime) -> CodeStatus | None:
    over = now >= code.window.ends_at
    if status is S.RESERVED:
        # One that waits for its guest is made when they are there, at any moment of the stay, and never by time.
        if code.on_arrival:
            return S.RELEASED if now >= code.window.ends_at else None
        # A PIN that is made after its deadline opens nothing.
        if now >= code.deadline:
            return S.RELEASED
        return S.MINTING if now >= code.mint_at else None
    if status is S.MINTING:
        # A PIN in hand counts even when this runs after the deadline.
        return S.READY if code.has_pin else (S.FAILED if now >= code.deadline else None)
    if status in (S.READY, S.SHARED):
        # Use before deadline, deadline before end: however late this runs, it says what happened at the door.
        if facts.used:
            return S.ACTIVE
        if code.activate_by is not None and now >= code.activate_by:
            # Silence is no proof: only a lock that would have told us makes it one.
            return S.EXPIRED if facts.heard_from_lock else S.UNCONFIRMED
        if now >= code.window.ends_at:
            return S.ENDED
        return S.SHARED if status is S.READY and facts.texted else None
    if status in PAST_DEADLINE and facts.used:
        return S.ACTIVE
    return S.ENDED if over and status in (S.ACTIVE, S.UNCONFIRMED, S.WITHDRAWN) else None


def _notifications(
    code: AccessCode, status: CodeStatus, facts: Facts, now: datetime, policy: Policy, zone: ZoneInfo
) -> tuple[Notification, ...]:
    if status is S.RESERVED:
        return (Notification(NotificationKind.ON_ARRIVAL),) if code.on_arrival and now >= code.mint_at else ()
    if status is S.MINTING:
        return _missing(code, now, facts.promised_at)
    if status in (S.READY, S.SHARED):
        tell = [Notification(NotificationKind.PIN)] if facts.text_at is None or facts.text_at <= now else []
        if status is S.SHARED:
            tell.append(Notification(NotificationKind.SHARED))
            tell.extend(_due_reminder(code, facts, now, policy, zone))
        if _in_danger(code, facts, now, policy):
            tell.append(Notification(NotificationKind.DANGER))
        return tuple(tell)
    if status is S.ACTIVE:
        return (Notification(NotificationKind.USED),)
    if status is S.UNCONFIRMED:
        asked = (Notification(NotificationKind.ASK_GUEST),) if facts.texted else ()
        return (Notification(NotificationKind.UNCONFIRMED), *asked)
    if status is S.EXPIRED:
        guest = (Notification(NotificationKind.EXPIRED_GUEST),) if facts.texted else ()
        return (Notification(NotificationKind.EXPIRED_STAFF), *guest)
    return (Notification(NotificationKind.FAILED),) if status is S.FAILED else ()


def overdue_at(code: AccessCode, promised_at: datetime | None = None) -> datetime:
    """When people hear that its PIN should exist, and does not: a quarter of an hour after it should, and sooner where
    its guest was promised one at the door."""
    planned = code.mint_at + OVERDUE_AFTER
    return min(planned, promised_at + PROMISED) if promised_at is not None else planned


def is_overdue(code: AccessCode, now: datetime, promised_at: datetime | None = None) -> bool:
    """Its PIN should exist by now, and does not: the vendor is away, or nothing works."""
    return code.status is S.MINTING and not code.has_pin and now >= overdue_at(code, promised_at)


def _missing(code: AccessCode, now: datetime, promised_at: datetime | None) -> tuple[Notification, ...]:
    """People hear when it is overdue, two hours before the start, and at the start; of what fell due together only the
    last."""
    if not is_overdue(code, now, promised_at):
        return ()
    overdue = overdue_at(code, promised_at)
    rungs = [(overdue, Notification(NotificationKind.OVERDUE))]
    rungs += [
        (code.window.starts_at - timedelta(hours=h), Notification(NotificationKind.STILL_NO_PIN, h)) for h in (2, 0)
    ]
    return tuple(said for at, said in rungs if overdue <= at <= now)[-1:]


def _in_danger(code: AccessCode, facts: Facts, now: datetime, policy: Policy) -> bool:
    """Staff hear at their hour, and at the last call at the latest where no reminder has arrived."""
    alert, last_call = staff_alert_at(code.window, policy), last_call_at(code.window)
    if alert is None or last_call is None:
        return False
    return now >= alert or (now >= last_call and not facts.reminded)


def _due_reminder(
    code: AccessCode, facts: Facts, now: datetime, policy: Policy, zone: ZoneInfo
) -> tuple[Notification, ...]:
    """Only the last one that has fallen due, and none once a later one was told: a clock that jumps sends one text."""
    due = [r for r in reminders(code.window, policy, zone) if r.due_at <= now]
    if not due:
        return ()
    return (Notification(NotificationKind.REMINDER, due[-1].hours),)


def _due(
    code: AccessCode, status: CodeStatus, facts: Facts, now: datetime, policy: Policy, zone: ZoneInfo
) -> datetime | None:
    if status in SETTLED:
        return None
    if status is S.RESERVED:
        return code.window.ends_at if code.on_arrival and now >= code.mint_at else code.mint_at
    if status is S.MINTING:
        # What the mint has put off stays put off; only a code that has just come here is due at once.
        return code.due_at if code.status is S.MINTING and code.due_at is not None else now
    moments = [code.window.ends_at]
    if status in (S.READY, S.SHARED):
        moments += [r.due_at for r in reminders(code.window, policy, zone)]
        others = (staff_alert_at(code.window, policy), last_call_at(code.window), code.activate_by, facts.text_at)
        moments += [m for m in others if m is not None]
    # What is past was told above; kept, it would bring the row back at every sweep.
    return min(m for m in moments if m > now)
