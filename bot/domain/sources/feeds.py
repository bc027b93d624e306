"""A calendar that is read for a door: what it is, what one of its events says, and why it could not be read.

What an event means on which platform is `feed_bookings`; what follows from one reading after the other, `following`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from bot.domain.sources.following import FeedEntry
from bot.domain.sources.source_stays import NEW, Moment

READ_EVERY = timedelta(minutes=10)
SPREAD = timedelta(minutes=5)
"""So much later each calendar is read, by its id: those that were added together do not all come at once."""

WHOLE_EVERY = timedelta(hours=12)
"""So often at the least a calendar is read whole, changed or not: events that repeat come nearer meanwhile."""

SILENT_AFTER = timedelta(days=1)
"""Not read for so long, it needs a person."""


class Platform(StrEnum):
    """Whose calendar it is; also the source that its stays come from."""

    AIRBNB = "airbnb"
    BOOKING = "booking"
    VRBO = "vrbo"
    GOOGLE = "google"
    GENERIC = "generic"


class FeedProblem(StrEnum):
    """Why a calendar could not be read."""

    NO_ADDRESS = "no_address"
    NOT_HTTPS = "not_https"
    PRIVATE = "private"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    NOT_THERE = "not_there"
    FAILS = "fails"
    REDIRECTS = "redirects"
    TOO_LARGE = "too_large"
    WEB_PAGE = "web_page"
    NO_CALENDAR = "no_calendar"
    CUT_SHORT = "cut_short"


@dataclass(frozen=True, slots=True, repr=False)
class FeedEvent:
    """One event as its calendar says it. `occurrence`: which of several, where it repeats."""

    uid: str
    starts_at: Moment
    ends_at: Moment
    summary: str = ""
    description: str = ""
    status: str = ""
    occurrence: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Feed:
    """`address` is as good as a password. `unit`: the flat that it is of, where several share the door: calendars of
    different ones have nothing to do with each other. `read_at`: when it was last tried, `good_at` when it was last
    read, and `changed_at` when that was last another than before; `whole_at`: when all of it last came. `empties`: so
    many readings in a row held nothing at all."""

    id: str
    lock_id: str
    platform: Platform
    address: str
    added_at: datetime
    due_at: datetime
    unit: str = ""
    etag: str = ""
    modified: str = ""
    read_at: datetime | None = None
    good_at: datetime | None = None
    changed_at: datetime | None = None
    whole_at: datetime | None = None
    problem: FeedProblem | None = None
    failures: int = 0
    empties: int = 0
    entries: tuple[FeedEntry, ...] = field(default=())
    claimed_until: datetime | None = None
    version: int = NEW

    @property
    def scope(self) -> str:
        """Within which no two bookings have one name."""
        return f"{self.lock_id}/{self.unit}" if self.unit else self.lock_id

    @property
    def silent_since(self) -> datetime:
        return self.good_at or self.added_at

    def is_silent(self, now: datetime) -> bool:
        return self.problem is not None and now - self.silent_since >= SILENT_AFTER

    def next_reading(self, now: datetime) -> datetime:
        share = int.from_bytes(sha256(self.id.encode()).digest()[:2], "big") / 0x10000
        return now + READ_EVERY + share * SPREAD
