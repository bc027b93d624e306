"""Lock: a door we may set codes on, and what an operator says about it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import reduce
from zoneinfo import ZoneInfo

from bot.domain.locks.health import NOTHING_TOLD, LockHealth
from bot.domain.locks.known_as import MOST_NAMES, KnownAs, as_id, with_name
from bot.domain.locks.presence import NEVER_HEARD, Presence
from bot.domain.locks.zones import ZoneSource


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom guests may ask: a name, a number of the house's, or both."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class GuestInfo:
    """What an operator wants guests to read about a lock: what they call the door, how its keypad wakes, which key ends
    a PIN, whom to ask. Empty where the texts' own words do. The number to ask is the house's, no guest's. `page`: the
    text with the PIN names the guest's page, too."""

    door: str = ""
    wake: str = ""
    end_key: str = ""
    contact: str = ""
    contact_phone: str = ""
    page: bool = False


@dataclass(frozen=True, slots=True)
class LockDefaults:
    """What an operator says about a lock for those who ask for PINs: other names, tags that rules may mean (`#annex`),
    and when stays begin and end where nobody names a time, on the lock's clock; None where the house's hours do."""

    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    check_in: time | None = None
    check_out: time | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """`provider_ref` is the provider's own id; `zone` an IANA name. A lock without a bridge is normal; `bridge_ref` is
    the provider's id of the one it has. `pin_error_at`: the provider says that it makes offline PINs, and since then
    it did not make the one that was ordered. `zone_before`: the zone whose hours its stays still keep, until they
    follow what changed at `zone_changed_at`. `account_ref`: the provider's id of the account that it came by.
    `names`: what the provider has called it, oldest first, as far as rules hold on to it by that."""

    id: str
    provider_ref: str
    name: str
    zone: str
    makes_offline_pins: bool = True
    has_bridge: bool = False
    guest_info: GuestInfo = field(default_factory=GuestInfo)
    health: LockHealth = NOTHING_TOLD
    bridge_ref: str | None = None
    pin_error_at: datetime | None = None
    defaults: LockDefaults = LockDefaults()
    zone_source: ZoneSource = ZoneSource.UNKNOWN
    zone_before: str | None = None
    zone_changed_at: datetime | None = None
    account_ref: str | None = None
    presence: Presence = NEVER_HEARD
    forgotten_at: datetime | None = None
    names: tuple[str, ...] = ()

    @property
    def is_gone(self) -> bool:
        """The provider has it no more."""
        return self.presence.gone_at is not None

    @property
    def called(self) -> tuple[str, ...]:
        """What a rule may mean it by today: its name, and what is the house's own."""
        return (self.name, *self._own)

    @property
    def known_as(self) -> KnownAs:
        """What rules hold on to it by: each name that it was called, too."""
        # Where no further name is kept, the one that it has counts all the same.
        return KnownAs(with_name(self.names, self.name, MOST_NAMES + 1), self._own)

    @property
    def also_known_as(self) -> tuple[str, ...]:
        """What it is not called today, and rules know it by."""
        return tuple(name for name in self.names if name.casefold() != self.name.casefold())

    @property
    def _own(self) -> tuple[str, ...]:
        return (as_id(self.id), *self.defaults.aliases, *(f"#{tag}" for tag in self.defaults.tags))

    @property
    def reports_openings(self) -> bool:
        """Its bridge is there now, so that an opening would have been told. Without one silence says nothing."""
        return self.has_bridge and self.health.online is True

    @property
    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


def together(locks: Sequence[Lock]) -> Lock:
    """The doors of one stay under one name, as people read it: `Front door and Garage`; for guests a name a line, which
    their texts put together in any language. Its rules, its clock and its id are those of the first; whoever applies
    rules asks each of the locks."""
    if len(locks) == 1:
        return locks[0]
    first = locks[0]
    guests = "\n".join(lock.guest_info.door or lock.name for lock in locks)
    return replace(
        first, name=_listed([lock.name for lock in locks]), guest_info=replace(first.guest_info, door=guests)
    )


def shared_names(locks: Sequence[Lock], news: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Where a name is, or was, another lock's nobody can tell which of them a rule means: whoever takes it is known by
    the names of that lock, too. `news`: ids of locks that are new, or renamed. All names of those that this changes."""
    by_name: dict[str, list[Lock]] = {}
    for lock in locks:
        for name in lock.known_as.names:
            by_name.setdefault(name.casefold(), []).append(lock)
    found = {}
    for lock in (one for one in locks if one.id in news):
        names = lock.known_as.names
        for other in by_name[lock.name.casefold()]:
            names = reduce(with_name, other.known_as.names, names)
        if names != lock.names:
            found[lock.id] = names
    return found


def door_of(locks: Sequence[Lock], lock_id: str) -> Lock:
    """The door of one PIN among those of its stay."""
    return next((lock for lock in locks if lock.id == lock_id), locks[0])


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


MOST_ON_A_BRIDGE = 5
"""igloohome's limit (Seam's igloohome guide); what a sixth does is not said, so people are told."""


def crowded_bridges(locks: Iterable[Lock]) -> Mapping[str, tuple[Lock, ...]]:
    """The bridges with more locks than they carry, and those locks."""
    by_bridge: dict[str, list[Lock]] = {}
    for lock in locks:
        if lock.bridge_ref:
            by_bridge.setdefault(lock.bridge_ref, []).append(lock)
    return {ref: tuple(held) for ref, held in by_bridge.items() if len(held) > MOST_ON_A_BRIDGE}
