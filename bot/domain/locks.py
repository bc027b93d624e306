"""Lock: a door we may set codes on. Guest: whose phone gets the PIN."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.lock_health import NOTHING_TOLD, LockHealth
from bot.domain.pins import Phone


@dataclass(frozen=True, slots=True)
class Lock:
    """`provider_ref` is the provider's own id; `zone` an IANA name. A lock without a bridge is normal."""

    id: str
    provider_ref: str
    name: str
    zone: str
    makes_offline_pins: bool = True
    has_bridge: bool = False
    health: LockHealth = NOTHING_TOLD

    @property
    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class Guest:
    id: str
    name: str
    phone: Phone
