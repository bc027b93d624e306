"""AccessWindow: when a PIN works, and until when it must first be used.

Instants are UTC inside; the lock's zone belongs to the edges (`bot.conversation.times`) and to the planner.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

ACTIVATION = timedelta(hours=24)
"""An algoPIN that lives longer than this must be used once within it (igloohome; Seam's igloohome guide)."""


class PinKind(StrEnum):
    """The three kinds of offline PIN an igloohome lock knows."""

    HOURLY = "hourly"
    DAILY = "daily"
    ONE_TIME = "one_time"


@dataclass(frozen=True, slots=True, order=True)
class AccessWindow:
    """`[starts_at, ends_at)`, both aware and held in UTC."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a window needs instants, not wall-clock times")
        object.__setattr__(self, "starts_at", self.starts_at.astimezone(UTC))
        object.__setattr__(self, "ends_at", self.ends_at.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    def contains(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def covers(self, other: "AccessWindow") -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    @property
    def activate_by(self) -> datetime | None:
        """When the PIN must first have been used; None for a PIN of 24 h or less, whose end is its deadline."""
        return self.starts_at + ACTIVATION if self.length > ACTIVATION else None
