"""Ledger: what a lock already holds, as far as a new PIN cares: slots by start, PINs that have not ended, the limits.

Whoever has the rows fills it in; nothing here knows where they come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.domain.windows import PinKind

SLOT_LIMITS: Mapping[PinKind, int] = MappingProxyType({PinKind.HOURLY: 3, PinKind.DAILY: 3, PinKind.ONE_TIME: 5})
"""PINs with the same start: 3 an hour, 3 a day, 5 one-time (Seam's igloohome guide; igloohome's `variance`)."""

LIVE_LIMIT = 199
"""All PINs of a lock that have not ended, online and offline together (Seam's igloohome guide)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The start that a PIN shares with few others: `taken` of `limit` before this one."""

    kind: PinKind
    key: str
    taken: int
    limit: int

    @property
    def is_full(self) -> bool:
        return self.taken >= self.limit


@dataclass(frozen=True, slots=True)
class Live:
    """All PINs of the lock that have not ended: `taken` of `limit` before this one."""

    taken: int
    limit: int

    @property
    def is_full(self) -> bool:
        return self.taken >= self.limit


@dataclass(frozen=True, slots=True)
class Ledger:
    """`slots` counts PINs by (kind, slot key); `next_end` is when the first of the `live` PINs ends.

    The limits are igloohome's; a provider that told us of less may lower them.
    """

    slots: Mapping[tuple[str, str], int] = field(default_factory=dict)
    live: int = 0
    next_end: datetime | None = None
    slot_limits: Mapping[PinKind, int] = field(default_factory=lambda: SLOT_LIMITS)
    live_limit: int = LIVE_LIMIT

    def slots_taken(self, kind: PinKind, key: str) -> int:
        return self.slots.get((kind, key), 0)

    def slot(self, kind: PinKind, key: str) -> Slot:
        return Slot(kind, key, self.slots_taken(kind, key), self.slot_limits[kind])

    def room(self) -> Live:
        return Live(self.live, self.live_limit)


EMPTY = Ledger()
"""A lock that holds nothing."""


def slot_key(kind: PinKind, start: datetime, zone: ZoneInfo) -> str:
    """The lock's local start hour (`2026-12-04T15`), for a daily PIN its local start date (`2026-12-04`).

    When clocks are put back, two hours carry the same name and share one slot: nothing published says that a lock tells
    them apart. Counting too many only costs a slot; counting too few would promise a PIN that the lock refuses.
    """
    return start.astimezone(zone).isoformat()[: 10 if kind is PinKind.DAILY else 13]
