"""Lock: a door we may set codes on. Guest: whose phone gets the PIN."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

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

    @property
    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class Guest:
    """`opted_out_at`: since when they want no texts of ours; nothing is texted to them until they take it back."""

    id: str
    name: str
    phone: Phone
    opted_out_at: datetime | None = None
