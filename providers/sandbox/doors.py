"""Doors: igloohome locks that decide at the keypad by themselves, from their own key, memory and clock.

A door never sees the cloud's list of codes. A bridge (if it has one) can open it, program codes of its own choice, and
hear what happened; without a bridge nobody hears anything. How PINs carry their window is `algopin`'s matter.

Rules: Seam's igloohome guide (a PIN longer than 24 h must be used within 24 h of its start; a one-time PIN lives 24 h
and dies after one use); igloohome's help centre (security lock-out after wrong tries, here 5 tries and 5 minutes).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from providers.sandbox import algopin
from providers.sandbox.algopin import PinWindow

Reason = Literal["not_yet", "ended", "missed_activation", "already_used", "unknown_pin", "locked_out"]

ACTIVATION = timedelta(hours=24)
WRONG_TRIES = 5
LOCKED_OUT_FOR = timedelta(minutes=5)
RELOCKS_AFTER = timedelta(seconds=5)
SEES_AHEAD, SEES_BACK = timedelta(days=92), timedelta(days=7)
"""A PIN that starts later, or ended earlier, is unknown digits to the keypad. Every window that a door can name a
reason for takes one of the 10^9 PINs, so random digits get a wrong reason now and then: here one try in eighty."""

FRONT_DOOR = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f0d01"
GARDEN_GATE = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f0d02"
LOFT = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f0d03"
LODGE = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f0d04"
CABIN = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f0d05"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one entry at the keypad."""

    at: datetime
    pin: str
    reason: Reason | None

    @property
    def opened(self) -> bool:
        return self.reason is None


@dataclass(slots=True)
class Door:
    device_id: str
    slug: str
    name: str
    zone: ZoneInfo
    serial: str
    key: bytes = field(repr=False)
    has_bridge: bool = False
    battery: float | None = 0.86
    opened_at: datetime | None = None
    programmed: dict[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict, repr=False)
    last: Tried | None = field(default=None, repr=False)
    _used: set[PinWindow] = field(default_factory=set, repr=False)
    _forgotten: set[str] = field(default_factory=set, repr=False)
    _wrong: int = 0
    _locked_out_until: datetime | None = None

    def enter(self, pin: str, now: datetime) -> Tried:
        """Somebody types digits and the end key."""
        if self.is_locked_out(now):
            self.last = Tried(now, pin, "locked_out")
            return self.last
        reason = self._reason_against(pin, now)
        if reason is None:
            self._use_up(pin, now)
        self._count(reason, now)
        self.opened_at = now if reason is None else self.opened_at
        self.last = Tried(now, pin, reason)
        return self.last

    def would_open(self, pin: str, now: datetime) -> bool:
        """Whether these digits would open it then, as it stands: nobody types them, and nothing is used up."""
        return self._reason_against(pin, now) is None

    def forget(self, pin: str) -> None:
        """Somebody stands at the lock and deletes this PIN from it."""
        self.programmed.pop(pin, None)
        self._forgotten.add(pin)

    def is_locked_out(self, now: datetime) -> bool:
        return self._locked_out_until is not None and now < self._locked_out_until

    def stands_open(self, now: datetime) -> bool:
        """It locks itself a few seconds after it was opened."""
        return self.opened_at is not None and now < self.opened_at + RELOCKS_AFTER

    def lamp(self, now: datetime) -> str:
        """What the keypad shows: `locked` while locked out, `green` or `red` for the last entry, `off` at first."""
        if self.is_locked_out(now):
            return "locked"
        if self.last is None:
            return "off"
        return "green" if self.last.opened else "red"

    def _count(self, reason: Reason | None, now: datetime) -> None:
        self._wrong = 0 if reason is None else self._wrong + 1
        self._locked_out_until = now + LOCKED_OUT_FOR if self._wrong >= WRONG_TRIES else None
        if self._locked_out_until:
            self._wrong = 0

    def _reason_against(self, pin: str, now: datetime) -> Reason | None:
        if pin in self.programmed:
            return _outside(*self.programmed[pin], now)
        if pin in self._forgotten:
            return "unknown_pin"
        window = algopin.read(self.key, pin, self.zone, now)
        if window is None:
            return "unknown_pin"
        return self._against_window(window, now)

    def _against_window(self, window: PinWindow, now: datetime) -> Reason | None:
        ends_at = window.ends_at(self.zone)
        if window.starts_at > now + SEES_AHEAD or ends_at < now - SEES_BACK:
            return "unknown_pin"
        outside = _outside(window.starts_at, ends_at, now)
        if outside:
            return outside
        if window in self._used:
            return "already_used" if window.kind == "one_time" else None
        if ends_at - window.starts_at > ACTIVATION and now >= window.starts_at + ACTIVATION:
            return "missed_activation"
        return None

    def _use_up(self, pin: str, now: datetime) -> None:
        window = None if pin in self.programmed else algopin.read(self.key, pin, self.zone, now)
        if window is not None:
            self._used.add(window)


def _outside(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> Reason | None:
    if starts_at and now < starts_at:
        return "not_yet"
    return "ended" if ends_at and now >= ends_at else None


def _door(device_id: str, name: str, zone: str, key: int, has_bridge: bool = False) -> Door:
    """Keys are such that the digits people type to see a refusal (123456789, 000000000, …) are nobody's PIN, ever."""
    slug = name.lower().replace(" ", "-")
    serial = f"IGP1{device_id[-6:].upper()}{len(slug):02}"
    return Door(device_id, slug, name, ZoneInfo(zone), serial, f"sandbox|{slug}|{key}".encode(), has_bridge)


Heard = Callable[[Door, Tried], None]
Measured = Callable[[Door], None]


class Building:
    """All doors of the demo, and the bridge's wire on which some of them are heard."""

    def __init__(self) -> None:
        seeded = (
            _door(FRONT_DOOR, "Front door", "Europe/Paris", 326),
            _door(GARDEN_GATE, "Garden gate", "Europe/Paris", 92),
            _door(LOFT, "Loft", "Europe/Paris", 360, has_bridge=True),
            _door(LODGE, "Lodge", "Asia/Kathmandu", 52),
            _door(CABIN, "Cabin", "America/New_York", 7),
        )
        self._doors = {door.device_id: door for door in seeded}
        self._listeners: list[Heard] = []
        self._watchers: list[Measured] = []
        self._taken: dict[str, Door] = {}
        self._takers: list[Measured] = []
        self._namers: list[Measured] = []

    def __iter__(self) -> Iterator[Door]:
        return iter(self._doors.values())

    def find(self, device_id: str) -> Door | None:
        """By device id, by the serial number that its maker knows it by, or by its short name such as `front-door`."""
        named = (door for door in self if device_id in (door.slug, door.serial))
        return self._doors.get(device_id) or next(named, None)

    def on_bridge(self, listener: Heard) -> None:
        """`listener` hears every entry at a door with a bridge, right or wrong."""
        self._listeners.append(listener)

    def take_out(self, device_id: str) -> Door | None:
        """Out of its maker's account, as somebody does in the app; said once more each time it is asked for."""
        door = self.find(device_id)
        if door is not None:
            self._taken[door.slug] = self._doors.pop(door.device_id)
        gone = self._taken.get(door.slug if door else device_id)
        for taker in self._takers:
            if gone is not None:
                taker(gone)
        return gone

    def on_taken_out(self, taker: Measured) -> None:
        """`taker` hears of every lock that leaves the account."""
        self._takers.append(taker)

    def on_battery(self, watcher: Measured) -> None:
        """`watcher` hears of every battery that is not as full as before."""
        self._watchers.append(watcher)

    def rename(self, door: Door, name: str) -> None:
        """As somebody does in its maker's app. Its slug, by which people find it here, stays."""
        door.name = name
        for namer in self._namers:
            namer(door)

    def on_renamed(self, namer: Measured) -> None:
        """`namer` hears of every lock that has got another name."""
        self._namers.append(namer)

    def measure(self, door: Door, battery: float | None) -> None:
        """The battery is so full from now on (0 to 1); None where nobody can tell."""
        changed, door.battery = door.battery != battery, battery
        for watcher in self._watchers if changed else []:
            watcher(door)

    def enter(self, door: Door, pin: str, now: datetime) -> Tried:
        """Types a PIN at a door; whoever listens to its bridge hears of it."""
        tried = door.enter(pin, now)
        if door.has_bridge:
            for listener in self._listeners:
                listener(door, tried)
        return tried
