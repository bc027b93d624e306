"""Other programs that are called when something happens: what they hear of, and how often one that does not answer is
tried. What there is to hear of is read off the audit log, which has a line for everything: nothing is lost between what
was done and what is told of it, and the order is that in which it happened."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.domain.sources.source_stays import NEW

TRIED_FOR = timedelta(days=1)
"""What a program has not taken by then it does not hear of."""
LOOKS_EVERY = timedelta(seconds=10)
"""With nothing to tell, so long until the next look."""
MOST_HOOKS = 20
_WAITS = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 3600))


class HookEvent(StrEnum):
    """What programs hear of."""

    STAY_APPROVED = "stay.approved"
    STAY_DENIED = "stay.denied"
    STAY_LAPSED = "stay.lapsed"
    STAY_CHANGED = "stay.changed"
    STAY_CANCELLED = "stay.cancelled"
    PIN_READY = "pin.ready"
    PIN_USED = "pin.used"
    PIN_UNCONFIRMED = "pin.unconfirmed"
    TEXT_UNDELIVERED = "text.undelivered"
    ALERT_OPENED = "alert.opened"


E = HookEvent
ALERT_LINE = "alert_opened"
"""The line of the audit log that says so; its fact `kind` is the alert's."""
_BY_LINE: Mapping[str, HookEvent] = MappingProxyType(
    {
        "approved": E.STAY_APPROVED,
        "visit": E.STAY_APPROVED,
        "break_glass": E.STAY_APPROVED,
        "denied": E.STAY_DENIED,
        "lapsed": E.STAY_LAPSED,
        **dict.fromkeys(("changed", "moved_to_lock", "hours_kept", "hours_moved"), E.STAY_CHANGED),
        "withdrawn": E.STAY_CANCELLED,
        "given_up": E.STAY_CANCELLED,
        "minted": E.PIN_READY,
        "used": E.PIN_USED,
        "unconfirmed": E.PIN_UNCONFIRMED,
        "expired": E.PIN_UNCONFIRMED,
        ALERT_LINE: E.ALERT_OPENED,
    }
)


@dataclass(frozen=True, slots=True)
class HappenedLine:
    """A line of the audit log: `number` counts them all."""

    number: int
    at: datetime
    what: str
    subject: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Hook:
    """A program that is called. `address` and `secret` are known to it and to us alone. `events`: what it hears of, all
    where none is named. `done`: the last line of the audit log that it has heard of, or that was not for it. `tries`:
    how often in a row it did not take one. `missed`: how many it never took. `ended_at`: it wants to hear no more."""

    id: str
    name: str
    address: str
    secret: str
    events: frozenset[HookEvent]
    done: int
    created_at: datetime
    due_at: datetime | None
    tries: int = 0
    missed: int = 0
    problem: str = ""
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    claimed_until: datetime | None = None
    version: int = NEW

    def hears_of(self, line: HappenedLine) -> HookEvent | None:
        found = event_of(line)
        return found if found is not None and (not self.events or found in self.events) else None

    def passed(self, line: int, now: datetime) -> "Hook":
        """Nothing up to this line was for it."""
        return replace(self, done=line, due_at=now + LOOKS_EVERY, claimed_until=None)

    def took(self, line: HappenedLine, now: datetime) -> "Hook":
        after = replace(self, done=line.number, due_at=now, claimed_until=None)
        return replace(after, tries=0, problem="", taken_at=now)

    def failed(self, line: HappenedLine, problem: str, now: datetime) -> "Hook":
        """Tried again, ever more slowly; what is a day old is given up, and the next is told."""
        after = replace(self, problem=problem, claimed_until=None, tries=self.tries + 1)
        if now - line.at >= TRIED_FOR:
            return replace(after, done=line.number, due_at=now, missed=self.missed + 1)
        return replace(after, due_at=now + _WAITS[min(self.tries, len(_WAITS) - 1)])

    def ended(self, now: datetime) -> "Hook":
        return replace(self, ended_at=now, due_at=None, claimed_until=None)


def event_of(line: HappenedLine) -> HookEvent | None:
    found = _BY_LINE.get(line.what)
    # The one alert that is told by another name: programs that resend by another way wait for it.
    undelivered = found is E.ALERT_OPENED and line.facts.get("kind") == "undelivered"
    return E.TEXT_UNDELIVERED if undelivered else found


def is_hook_name(text: str) -> bool:
    return 0 < len(text) <= 40 and text.isprintable() and text == text.strip()
