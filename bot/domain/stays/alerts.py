"""Alerts: whatever needs a person, since when, who has it, and whom it is told to next. Pure, and time is an argument.

An alert is raised where its first notice is queued. From then on a ladder climbs until somebody says "I have it", or
the facts say that nobody is needed any more. What each kind is about in words is `bot.conversation.team.alert_words`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from bot.domain.locks.health import battery_low
from bot.domain.locks.lock import Lock
from bot.domain.messages.reminders import LAST_CALL, QuietHours
from bot.domain.signs import one_line
from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus

S = CodeStatus


class AlertKind(StrEnum):
    """What is wrong."""

    OVERDUE = "overdue"
    MISCONFIGURED = "misconfigured"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    OPTED_OUT = "opted_out"
    DANGER = "danger"
    UNCONFIRMED = "unconfirmed"
    MISSED = "missed"
    WANTS_HELP = "wants_help"
    SHORTENED = "window_shortened"
    UNKNOWN_NUMBER = "unknown_number"
    NO_NUMBER = "no_number"
    BOOKING_WAITS = "booking_waits"
    LIMIT = "limit"
    LOCK_GONE = "lock_gone"
    LOCK_BATTERY = "lock_battery"
    BRIDGE_OFFLINE = "bridge_offline"
    RULE_WITHOUT_LOCK = "rule_without_lock"
    FEED_SILENT = "feed_silent"
    UNSEEN = "unseen"
    VISIT = "visit_without_pin"


OF_LOCKS = frozenset({AlertKind.LOCK_GONE, AlertKind.LOCK_BATTERY, AlertKind.BRIDGE_OFFLINE})
"""About a lock, and no stay: who hears of them are those who are called about no stay."""


def still(kind: AlertKind, lock: Lock) -> bool:
    """Whether what is wrong with the lock still is."""
    if kind is AlertKind.LOCK_BATTERY:
        return battery_low(lock.health)
    if kind is AlertKind.BRIDGE_OFFLINE:
        return lock.has_bridge and lock.health.online is False
    return lock.is_gone


def rule_key(named: str) -> str:
    """The key of the alert that what a rule names is not there."""
    return f"{AlertKind.RULE_WITHOUT_LOCK.value}:{one_line(named)}"


class Rung(IntEnum):
    """Whom an alert has come to: the channel and whoever asked for the stay, the approvers, everybody with a phone."""

    CHANNEL = 0
    APPROVERS = 1
    PHONES = 2


CLIMBS: Mapping[Rung, timedelta] = {
    Rung.CHANNEL: timedelta(0),
    Rung.APPROVERS: timedelta(minutes=10),
    Rung.PHONES: timedelta(minutes=20),
}
"""So long after an alert was raised, unless somebody has it."""


def climbs_after(kind: AlertKind, rung: Rung) -> timedelta:
    """What the channel itself keeps from people is for the approvers at once, and for phones ten minutes later."""
    return CLIMBS[Rung(rung - 1)] if kind is AlertKind.UNSEEN and rung else CLIMBS[rung]


LOOK_AGAIN = timedelta(hours=6)
"""What changes a stay has its alerts looked at; should that nudge be lost, they are looked at after this."""

OVER_AFTER = timedelta(hours=12)
"""An alert about a stay that is over stays open so long: somebody may have stood at the door."""


ASKED_ANEW = timedelta(hours=1)
"""Whoever took a guest's call for help, or an unknown number's text, so long ago may not have heard of the next."""

_ASKS = (AlertKind.WANTS_HELP, AlertKind.UNKNOWN_NUMBER)
"""Somebody who may stand at a door has written, and may write again."""


OF_SOURCES = (AlertKind.NO_NUMBER, AlertKind.BOOKING_WAITS)
"""About what a source has said and nobody has asked for yet."""

_OF_NOTHING = (AlertKind.LIMIT, AlertKind.RULE_WITHOUT_LOCK, AlertKind.FEED_SILENT)
"""About no stay, no lock and nobody's text."""


class Ending(StrEnum):
    """Why nobody is needed any more."""

    MADE = "made"
    DELIVERED = "delivered"
    TEXTS_AGAIN = "texts_again"
    NAMED = "named"
    USED = "used"
    REPLACED = "replaced"
    GIVEN_UP = "given_up"
    OVER = "over"
    BACK = "back"
    MENDED = "mended"
    MOVED = "moved"
    FORGOTTEN = "forgotten"
    GONE_ON = "gone_on"
    """Something else is wrong by now, and an alert of its own says what."""


@dataclass(frozen=True, slots=True)
class Alert:
    """`key` is unique: one fault raises one alert. `climbs_from`: when its ladder began; later than `since` where it
    was raised once more. `episode` counts how often. `notices`: ids of the messages that speak of it, the channel's
    first. An alert of no stay has no `request_id` and no `code_id`; `workspace` is where it belongs, the others belong
    where their stay does."""

    id: str
    key: str
    kind: AlertKind
    since: datetime
    climbs_from: datetime
    due_at: datetime | None
    request_id: str | None = None
    code_id: str | None = None
    lock_id: str | None = None
    rung: Rung = Rung.CHANNEL
    episode: int = 0
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    solved_at: datetime | None = None
    outcome: Ending | None = None
    notices: tuple[str, ...] = ()
    workspace: str = ""
    version: int = 0

    @property
    def is_open(self) -> bool:
        return self.solved_at is None

    @property
    def climbs(self) -> bool:
        """Nobody has taken it, and it is not solved."""
        return self.is_open and self.acknowledged_by is None

    @property
    def about(self) -> str:
        """What the key names besides the kind: a text's id, for one that did not arrive."""
        return self.key.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What is known about an alert's stay. `newest`: no later PIN takes the code's place. `used_at`: when it was last
    said to have opened. `delivered`: the text that had not arrived, or a later one of the same words, has. Where it is
    about no stay, `named`: somebody has said whose text it was; `heard_at`: when that number last wrote. Of a lock, a
    rule, a calendar, a booking, a request that approvers do not see or a visit that has no place, `gone`: what is wrong
    still is; `hanging`: so many stays hang on it; `forgotten`: the operator wants no more of it."""

    code: AccessCode | None = None
    newest: bool = True
    used_at: datetime | None = None
    delivered: bool = False
    opted_out: bool = False
    given_up: bool = False
    named: bool = False
    heard_at: datetime | None = None
    gone: bool = True
    hanging: int = 0
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class AlertStep:
    """`rungs`: those that are due now, each with people of its own."""

    rungs: tuple[Rung, ...]
    due_at: datetime


def raised_again(known: Alert, more: tuple[str, ...], now: datetime) -> Alert:
    """The same fault is told of once more: unless somebody has it, its ladder begins anew. Of one that was solved the
    old notices say so, and whoever was called then has heard."""
    notices = (*known.notices, *more) if known.is_open else more
    after = replace(known, notices=notices, solved_at=None, outcome=None)
    had_it_long = known.acknowledged_at is not None and now - known.acknowledged_at >= ASKED_ANEW
    if not known.is_open or (known.kind in _ASKS and had_it_long):
        after = replace(after, since=now, acknowledged_by=None, acknowledged_at=None)
    if not after.climbs:
        return replace(after, due_at=now + LOOK_AGAIN)
    climb = now + climbs_after(after.kind, Rung.APPROVERS)
    return replace(after, rung=Rung.CHANNEL, episode=known.episode + 1, climbs_from=now, due_at=climb)


def advance_alert(
    alert: Alert, now: datetime, needed_at: datetime | None, quiet: QuietHours | None, zone: ZoneInfo
) -> AlertStep:
    """Which rungs are due, and when to look again. After a clock that jumped several are: they are different people."""
    if not alert.climbs:
        return AlertStep((), now + LOOK_AGAIN)
    ahead = [rung for rung in Rung if rung > alert.rung]
    goes = {
        rung: awake_at(max(alert.climbs_from + climbs_after(alert.kind, rung), now), needed_at, quiet, zone)
        for rung in ahead
    }
    due = tuple(rung for rung in ahead if goes[rung] <= now)
    return AlertStep(due, min([*(at for at in goes.values() if at > now), now + LOOK_AGAIN]))


def passed_over(alert: Alert, now: datetime) -> Alert:
    """The channel cannot say it: whoever comes after it is called at once."""
    if not alert.climbs or alert.rung is not Rung.CHANNEL:
        return alert
    climbed = now - climbs_after(alert.kind, Rung.APPROVERS)
    return replace(alert, climbs_from=climbed, due_at=now) if climbed < alert.climbs_from else alert


def awake_at(at: datetime, needed_at: datetime | None, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """This moment, or the end of the quiet hours that it lies in, where whoever hears of it then still has the time.
    `needed_at`: when somebody must have acted; None for what can always wait for the morning."""
    stretch = quiet.stretch(at.astimezone(zone)) if quiet else None
    if stretch is None:
        return at
    morning = stretch[1].astimezone(UTC)
    return morning if needed_at is None or morning + LAST_CALL <= needed_at else at


def needed_at(kind: AlertKind, code: AccessCode | None, since: datetime) -> datetime | None:
    """When somebody must have acted. None: nothing gets worse until the morning."""
    if kind in (AlertKind.UNCONFIRMED, AlertKind.MISSED, AlertKind.SHORTENED, *_OF_NOTHING):
        return None
    # Of a lock: before the first stay that hangs on it.
    if kind in OF_LOCKS:
        return code.window.starts_at if code else None
    # Somebody may stand at a door.
    if code is None or kind in _ASKS:
        return since
    return code.deadline if kind is AlertKind.DANGER else code.window.starts_at


def outcome_of(alert: Alert, facts: AlertFacts, now: datetime) -> Ending | None:
    """Why nobody is needed any more; None as long as somebody is."""
    code = facts.code
    if code is None and alert.kind in OF_LOCKS:
        return _by_the_lock(alert, facts, now)
    if code is None and alert.kind in (AlertKind.UNSEEN, AlertKind.VISIT):
        return None if facts.gone else Ending.OVER
    if code is None:
        return _by_the_sender(alert, facts, now)
    if facts.given_up:
        return Ending.GIVEN_UP
    # Before its own fate: what was changed or replaced is given up, too, and the stay goes on.
    if not facts.newest:
        return Ending.REPLACED
    if code.given_up is not None or code.deleted is not None or code.status is S.WITHDRAWN:
        return Ending.GIVEN_UP
    if now >= max(code.window.ends_at, alert.since + OVER_AFTER):
        return Ending.OVER
    return _by_the_code(alert, facts, code)


def _by_the_sender(alert: Alert, facts: AlertFacts, now: datetime) -> Ending | None:
    """Of an alert that is about no stay."""
    if alert.kind in (AlertKind.RULE_WITHOUT_LOCK, AlertKind.FEED_SILENT, *OF_SOURCES):
        return None if facts.gone else Ending.OVER
    if facts.named:
        return Ending.NAMED
    return Ending.OVER if now >= max(alert.since, facts.heard_at or alert.since) + OVER_AFTER else None


def _by_the_lock(alert: Alert, facts: AlertFacts, now: datetime) -> Ending | None:
    if not facts.gone:
        return Ending.BACK if alert.kind is AlertKind.LOCK_GONE else Ending.MENDED
    if facts.forgotten:
        return Ending.FORGOTTEN
    if facts.hanging or alert.kind is AlertKind.LOCK_BATTERY:
        return None
    return Ending.MOVED if facts.named else Ending.OVER if now >= alert.since + OVER_AFTER else None


def _by_the_code(alert: Alert, facts: AlertFacts, code: AccessCode) -> Ending | None:
    kind = alert.kind
    if kind is AlertKind.WANTS_HELP:
        # They asked for help although it was said to have opened before.
        return Ending.USED if facts.used_at is not None and facts.used_at >= alert.since else None
    if kind in (AlertKind.OVERDUE, AlertKind.MISCONFIGURED):
        if code.has_pin:
            return Ending.MADE
        return Ending.GONE_ON if code.status in (S.FAILED, S.RELEASED) else None
    of_itself = (AlertKind.FAILED, AlertKind.SHORTENED, AlertKind.UNSEEN, AlertKind.VISIT)
    if kind in (*of_itself, *_OF_NOTHING, *OF_LOCKS, *OF_SOURCES):
        return None
    if code.status is S.ACTIVE or facts.used_at is not None:
        return Ending.USED
    if kind is AlertKind.UNDELIVERED and facts.delivered:
        return Ending.DELIVERED
    if kind is AlertKind.OPTED_OUT and not facts.opted_out:
        return Ending.TEXTS_AGAIN
    return Ending.GONE_ON if kind is AlertKind.DANGER and code.status in (*PAST_DEADLINE, S.ENDED) else None
