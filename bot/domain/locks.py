"""Lock: a door we may set codes on. Guest: whose phone gets the PIN."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.languages import Tongue
from bot.domain.lock_health import NOTHING_TOLD, LockHealth
from bot.domain.pins import Phone


@dataclass(frozen=True, slots=True)
class ForGuests:
    """What an operator wants guests to read about a lock: what they call the door, how its keypad wakes, which key ends
    a PIN, whom to ask. Empty where the texts' own words do. The number to ask is the house's, no guest's."""

    door: str = ""
    wake: str = ""
    end_key: str = ""
    contact: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """`provider_ref` is the provider's own id; `zone` an IANA name. A lock without a bridge is normal."""

    id: str
    provider_ref: str
    name: str
    zone: str
    makes_offline_pins: bool = True
    has_bridge: bool = False
    for_guests: ForGuests = field(default_factory=ForGuests)
    health: LockHealth = NOTHING_TOLD

    @property
    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class Guest:
    """`opted_out_at`: since when they want no texts of ours; nothing is texted to them until they take it back."""

    id: str
    name: str
    phone: Phone
    tongue: Tongue = field(default_factory=Tongue)
    opted_out_at: datetime | None = None
