"""What Seam and igloohome's cloud know about access codes: every one ever made, also deleted ones, and its slot.

Pure bookkeeping over the moment that is passed in. What may be asked for stands in `rules`, how it is told in
`access_codes`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from providers.sandbox.algopin import SLOTS, Kind, PinWindow, mint
from providers.sandbox.doors import Door

MOST_LIVE = 199
MOST_A_MINUTE = 10
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class SetCode:
    """`window` is set for offline codes only; `pin` is what will be told once `due_at` has come."""

    access_code_id: str
    door: Door
    name: str | None
    created_at: datetime
    due_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    pin: str = field(repr=False)
    window: PinWindow | None = None
    common_code_key: str | None = None
    told_at: datetime | None = None
    is_scheduled: bool = False
    deleted_at: datetime | None = None

    @property
    def code(self) -> str | None:
        """What Seam tells: nothing until it has been assigned. An online code is known from the start."""
        return self.pin if self.told_at or not self.window else None

    def is_listed(self, now: datetime) -> bool:
        return self.deleted_at is None and not self.has_ended(now)

    def has_ended(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    def has_started(self, now: datetime) -> bool:
        return self.starts_at is None or self.starts_at <= now

    def lives(self, now: datetime) -> bool:
        """Whether it takes one of the lock's 199 places: a deleted offline PIN does, for the lock still opens to it."""
        return not self.has_ended(now) and (self.deleted_at is None or self.window is not None)


@dataclass(slots=True)
class SetCodes:
    codes: dict[str, SetCode] = field(default_factory=dict)

    def __iter__(self) -> Iterator[SetCode]:
        return iter(list(self.codes.values()))

    def add(self, code: SetCode) -> None:
        self.codes[code.access_code_id] = code

    def on(self, door: Door) -> Iterator[SetCode]:
        return (code for code in self if code.door is door)

    def listed(self, now: datetime) -> list[SetCode]:
        """Newest first, as Seam lists them."""
        return [code for code in reversed(list(self)) if code.is_listed(now)]

    def live_on(self, door: Door, now: datetime) -> int:
        return sum(code.lives(now) for code in self.on(door))

    def wait_for_rate(self, door: Door, now: datetime) -> timedelta | None:
        """How long until this door may have another code made; None if at once."""
        recent = sorted(code.created_at for code in self.on(door) if code.created_at > now - MINUTE)
        return None if len(recent) < MOST_A_MINUTE else recent[-MOST_A_MINUTE] + MINUTE - now

    def free_slot(self, door: Door, kind: Kind, starts_at: datetime) -> int | None:
        """The lowest free slot for this start: hour for hourly and one-time PINs, local date for daily ones.

        A deleted PIN keeps its slot; the same window and slot would give its digits to somebody else.
        """
        windows = [code.window for code in self.on(door) if code.window and code.window.kind == kind]
        key = _slot_key(kind, starts_at, door)
        taken = {window.slot for window in windows if _slot_key(kind, window.starts_at, door) == key}
        return next((slot for slot in range(1, SLOTS[kind] + 1) if slot not in taken), None)

    def has_online(self, door: Door, pin: str, now: datetime) -> bool:
        return any(code.pin == pin and not code.window and code.is_listed(now) for code in self.on(door))


def _slot_key(kind: Kind, starts_at: datetime, door: Door) -> object:
    return starts_at.astimezone(door.zone).date() if kind == "daily" else starts_at


def pin_for(door: Door, window: PinWindow) -> str:
    """As igloohome's cloud makes it, with the lock's key and without the lock."""
    return mint(door.key, window)
