"""Offline PINs: nine digits that carry their own window, sealed with a lock's key.

The lock and its maker's cloud share the key and this module, and nothing else: the cloud mints, the lock reads, and
neither asks the other. What a lock does with a window belongs to `doors`, who may have which PIN to `seam_room`.

Kinds, lengths and slots are igloohome's (Seam's guide "Creating igloohome offline access codes"): hourly 1..672 h and
3 slots, daily 29..367 days and 3 slots, one-time 24 h and 5 slots. The true algorithm is not public. Ours: kind, length
and slot (3038 combinations) times the start hour (modulo 8 years) make a number below 10^9, which a keyed permutation
of all nine-digit numbers (a Feistel network, so it has an inverse) turns into the PIN. So there are no collisions on a
lock, and the same lock, window and slot always give the same PIN.

How often do random digits open a door? Whatever the algorithm, an offline lock must accept every PIN that might have
been minted: some 72 000 windows at any moment have started within the day and still wait for their first use (47 556
hourly, 24 408 daily, 120 one-time), so one random try in 14 000. That is what the lock-out after five tries is for.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["hourly", "daily", "one_time"]

HOUR = timedelta(hours=1)
HOURLY = range(1, 673)  # hours
DAILY = range(29, 368)  # days on the local clock
ONE_TIME = range(24, 25)  # hours
LENGTHS: dict[Kind, range] = {"hourly": HOURLY, "daily": DAILY, "one_time": ONE_TIME}
SLOTS: dict[Kind, int] = {"hourly": 3, "daily": 3, "one_time": 5}

DIGITS = 9
START_HOURS = 8 * 366 * 24
_PER_START = sum(len(lengths) * SLOTS[kind] for kind, lengths in LENGTHS.items())
_SIDE = 31_623  # its square is the smallest above 10^9
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class PinWindow:
    """`starts_at` is a whole hour of the lock's clock, in UTC; `length` is in hours, of a daily PIN in days."""

    kind: Kind
    starts_at: datetime
    length: int
    slot: int

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """In UTC. A daily PIN ends at its start's time of day; where the clock has that twice, at the first."""
        if self.kind != "daily":
            return self.starts_at + HOUR * self.length
        wall = self.starts_at.astimezone(zone).replace(tzinfo=None) + timedelta(days=self.length)
        return wall.replace(tzinfo=zone).astimezone(UTC)


def mint(key: bytes, window: PinWindow) -> str:
    """The PIN of this window on the lock with this key."""
    hour = int(window.starts_at.timestamp()) // 3600
    return f"{_walk(key, _combination(window) + _PER_START * (hour % START_HOURS), 1):0{DIGITS}}"


def read(key: bytes, pin: str, zone: ZoneInfo, now: datetime) -> PinWindow | None:
    """The window a PIN carries, its start being the one nearest to `now`; None if no such PIN can have been minted."""
    if len(pin) != DIGITS:
        return None
    number = _walk(key, int(pin), -1)
    if number >= _PER_START * START_HOURS:
        return None
    hour, combination = divmod(number, _PER_START)
    this_hour = int(now.timestamp()) // 3600
    nearest = this_hour + (hour - this_hour + START_HOURS // 2) % START_HOURS - START_HOURS // 2
    kind, length, slot = _kind_length_slot(combination)
    return PinWindow(kind, _whole_hour_within(nearest, zone), length, slot)


def _whole_hour_within(hour: int, zone: ZoneInfo) -> datetime:
    """Where a zone is off by quarter hours, its whole hour falls inside the UTC hour, not on it."""
    instant = datetime.fromtimestamp(hour * 3600, UTC)
    return instant + timedelta(minutes=-instant.astimezone(zone).minute % 60)


def _combination(window: PinWindow) -> int:
    base = 0
    for kind, lengths in LENGTHS.items():
        if kind == window.kind:
            return base + lengths.index(window.length) * SLOTS[kind] + window.slot - 1
        base += len(lengths) * SLOTS[kind]
    raise ValueError(f"no such kind: {window.kind}")


def _kind_length_slot(combination: int) -> tuple[Kind, int, int]:
    for kind, lengths in LENGTHS.items():
        if combination < len(lengths) * SLOTS[kind]:
            return kind, lengths[combination // SLOTS[kind]], combination % SLOTS[kind] + 1
        combination -= len(lengths) * SLOTS[kind]
    raise ValueError("no such combination")


def _walk(key: bytes, number: int, direction: Literal[1, -1]) -> int:
    """Permutes again until the result has nine digits: the network's own domain is a little larger."""
    while True:
        number = _permute(key, number, direction)
        if number < 10**DIGITS:
            return number


def _permute(key: bytes, number: int, direction: Literal[1, -1]) -> int:
    left, right = divmod(number, _SIDE)
    for turn in range(_ROUNDS):
        if direction == 1:
            left, right = right, (left + _mask(key, turn, right)) % _SIDE
        else:
            left, right = (right - _mask(key, _ROUNDS - 1 - turn, left)) % _SIDE, left
    return left * _SIDE + right


@lru_cache(maxsize=4096)
def _mask(key: bytes, turn: int, half: int) -> int:
    digest = hmac.digest(key, b"%d|%d" % (turn, half), "sha256")
    return int.from_bytes(digest[:8], "big") % _SIDE
