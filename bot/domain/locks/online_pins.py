"""Online PINs: digits of one's own choice at a lock with a bridge, for as long as one likes. They are set, changed and
deleted from afar, know no activation window, and count among the lock's 199.

They are no AccessCodes: nobody is texted, nothing has to be used in time, and deleted they are gone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from bot.domain.locks.lock import Lock
from bot.domain.pins import Pin
from bot.domain.planning.holdings import Holdings
from bot.domain.planning.ledger import LIVE_LIMIT
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow

_DIGITS = re.compile(r"[0-9]{4,6}")
"""igloohome's keypads take 4 to 6 digits of one's own (igloohome's help centre; Seam's igloohome guide)."""

LATE_AFTER = timedelta(minutes=2)
"""Seam's integrators report up to 40 s; what takes longer is told once."""

_PACE_SECONDS = (2, 3, 5, 10, 20, 30, 60)
_WHILE_LATE = timedelta(minutes=5)


class OnlineStatus(StrEnum):
    """`setting`, `changing` and `erasing` are under way: until they are done, the lock knows what it knew before."""

    SETTING = "setting"
    LIVE = "live"
    CHANGING = "changing"
    ERASING = "erasing"
    GONE = "gone"
    FAILED = "failed"


S = OnlineStatus
TRANSITIONS: Mapping[OnlineStatus, frozenset[OnlineStatus]] = {
    S.SETTING: frozenset({S.LIVE, S.ERASING, S.GONE, S.FAILED}),
    S.LIVE: frozenset({S.CHANGING, S.ERASING}),
    S.CHANGING: frozenset({S.LIVE, S.ERASING, S.GONE}),
    S.ERASING: frozenset({S.GONE}),
    S.GONE: frozenset(),
    S.FAILED: frozenset(),
}
UNDER_WAY = frozenset({S.SETTING, S.CHANGING, S.ERASING})
HELD = UNDER_WAY | {S.LIVE}
"""These take one of the lock's places until their window ends."""


@dataclass(frozen=True, slots=True)
class OnlinePin:
    """`window` is None for one that works until it is deleted. `person` asked for the last thing, at `asked_at`;
    `sent`: the provider has taken it; `tried`: it may have been told of the PIN. `told_late`: they know that it takes
    long. The digits lie under a seal elsewhere."""

    id: str
    lock_id: str
    name: str
    made_by: str
    person: str
    asked_at: datetime
    window: AccessWindow | None = None
    status: OnlineStatus = OnlineStatus.SETTING
    ref: str | None = None
    sent: bool = False
    tried: bool = False
    attempts: int = 0
    told_late: bool = False
    workspace: str = ""
    due_at: datetime | None = None
    claimed_until: datetime | None = None
    version: int = 0

    @property
    def provider_name(self) -> str:
        """Unique at the provider, so that a lost answer can be looked up."""
        return f"NP-{self.id}"

    def is_over(self, now: datetime) -> bool:
        return self.window is not None and now >= self.window.ends_at

    def lives(self, now: datetime) -> bool:
        """Whether it takes a place at the lock."""
        return self.status in HELD and not self.is_over(now)

    def becomes(self, status: OnlineStatus, **changes: object) -> "OnlinePin":
        """Raises ValueError for a move that the table does not have: a bug."""
        if status not in TRANSITIONS[self.status]:
            raise ValueError(f"{self.status} → {status}")
        return replace(self, status=status, **changes)  # type: ignore[arg-type]


def digits_of_ones_own(typed: str) -> Pin:
    """Raises a Refusal unless these are 4 to 6 digits, and none that everybody tries first; spaces and hyphens between
    them do not count."""
    plain = re.sub(r"[\s-]", "", typed)
    if not _DIGITS.fullmatch(plain):
        raise Refusal(Reason.BAD_DIGITS)
    if is_easy(plain):
        raise Refusal(Reason.EASY_DIGITS)
    return Pin(plain)


def is_easy(digits: str) -> bool:
    """All one digit, or a run up or down, over the end of the keypad (7890) or not."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return steps in ({0}, {1}, {9})


def check_can_program(lock: Lock | None, held: Holdings, *, taken: bool) -> Lock:
    """`taken`: the lock holds these digits already. Raises a Refusal where it cannot be set."""
    if lock is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    if not lock.has_bridge:
        raise Refusal(Reason.NO_BRIDGE, {"lock": lock.name})
    if taken:
        raise Refusal(Reason.DIGITS_TAKEN, {"lock": lock.name})
    if held.live >= LIVE_LIMIT:
        raise Refusal(Reason.LOCK_FULL, {"limit": LIVE_LIMIT, "next_end": held.next_end})
    return lock


def check_window(window: AccessWindow | None, now: datetime) -> None:
    """Raises a Refusal unless it ends ahead, and after its start."""
    if window is None:
        return
    facts = {"starts_at": window.starts_at, "ends_at": window.ends_at, "now": now}
    if window.ends_at <= window.starts_at:
        raise Refusal(Reason.ENDS_BEFORE_START, facts)
    if window.ends_at <= now:
        raise Refusal(Reason.ALREADY_OVER, facts)


def changing(pin: OnlinePin | None, person: str, now: datetime) -> OnlinePin:
    """The PIN with other digits on their way. Raises a Refusal unless it works now and nothing else is under way."""
    if pin is None or not pin.lives(now):
        raise Refusal(Reason.UNKNOWN_ONLINE_PIN)
    if pin.status is not S.LIVE:
        raise Refusal(Reason.ONLINE_PIN_BUSY, {"name": pin.name})
    return _anew(pin.becomes(S.CHANGING), person, now)


def erasing(pin: OnlinePin | None, person: str, now: datetime) -> OnlinePin:
    """The PIN on its way out; one that is being deleted already stays as it is. Raises a Refusal if there is none."""
    if pin is None or not pin.lives(now):
        raise Refusal(Reason.UNKNOWN_ONLINE_PIN)
    return pin if pin.status is S.ERASING else _anew(pin.becomes(S.ERASING), person, now)


def _anew(pin: OnlinePin, person: str, now: datetime) -> OnlinePin:
    return replace(pin, person=person, asked_at=now, due_at=now, sent=False, attempts=0, told_late=False)


def look_again(pin: OnlinePin, now: datetime) -> datetime:
    """When to ask the provider once more."""
    if now - pin.asked_at > LATE_AFTER:
        return now + _WHILE_LATE
    return now + timedelta(seconds=_PACE_SECONDS[min(pin.attempts, len(_PACE_SECONDS)) - 1])


def is_late(pin: OnlinePin, now: datetime) -> bool:
    """Whether whoever asked has to be told that it takes long."""
    return not pin.told_late and now - pin.asked_at > LATE_AFTER
