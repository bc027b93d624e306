"""How a lock itself is: its battery and its line to us, as the provider last told, and when that was.

Nothing here is ever measured by us. A lock without a bridge tells its battery only when somebody's phone is near it,
and is never "online": that is normal, and no reason for a warning.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Battery(StrEnum):
    """How full, in the few words that matter: below `good` somebody has to change it."""

    UNKNOWN = "unknown"
    CRITICAL = "critical"
    LOW = "low"
    GOOD = "good"


LOW_BELOW, CRITICAL_BELOW = 0.25, 0.10
"""For a provider that tells a level and no word for it."""

STALE_AFTER = timedelta(hours=6)
"""We ask every quarter of an hour: what is older than this was told before something broke."""


@dataclass(frozen=True, slots=True)
class LockHealth:
    """`level` is 0 to 1. `word` is the provider's own judgement of the battery, `online` of the line to the lock. None
    is "never told"; `seen_at` is when we were told last."""

    level: float | None = None
    word: Battery | None = None
    online: bool | None = None
    seen_at: datetime | None = None

    @property
    def battery(self) -> Battery:
        """The worse of the provider's word and the level: a dead lock opens for nobody."""
        words = [self.word or Battery.UNKNOWN, _word_for(self.level)]
        return next((word for word in (Battery.CRITICAL, Battery.LOW, Battery.GOOD) if word in words), Battery.UNKNOWN)

    def is_stale(self, now: datetime) -> bool:
        return self.seen_at is not None and now - self.seen_at > STALE_AFTER


NOTHING_TOLD = LockHealth()


def _word_for(level: float | None) -> Battery:
    if level is None:
        return Battery.UNKNOWN
    return Battery.CRITICAL if level < CRITICAL_BELOW else Battery.LOW if level < LOW_BELOW else Battery.GOOD


def newer(known: LockHealth, said: LockHealth) -> LockHealth:
    """Of two, what was told later: what is on its way may overtake."""
    if known.seen_at is None or said.seen_at is None:
        return said
    return said if said.seen_at >= known.seen_at else known


@dataclass(frozen=True, slots=True)
class HealthNews:
    """One thing that the provider tells of a lock by itself, at a moment; what it does not speak of stays as it was."""

    at: datetime
    level: float | None = None
    word: Battery | None = None
    online: bool | None = None

    def applied_to(self, known: LockHealth) -> LockHealth:
        """A new level makes the old word for it void, and the other way round."""
        if known.seen_at is not None and self.at < known.seen_at:
            return known
        after = replace(known, seen_at=self.at)
        if self.level is not None or self.word is not None:
            after = replace(after, level=self.level, word=self.word)
        return after if self.online is None else replace(after, online=self.online)


ARRIVES_WITHIN = timedelta(hours=24)
"""A bridge that is offline matters while somebody is there, or arrives within a day."""


def battery_low(health: LockHealth) -> bool:
    return health.battery in (Battery.CRITICAL, Battery.LOW)


def needs_care(health: LockHealth, *, has_bridge: bool) -> bool:
    """Whether somebody should look after the lock."""
    return health.battery in (Battery.CRITICAL, Battery.LOW) or (has_bridge and health.online is False)
