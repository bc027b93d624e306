"""What the operator says for stays of a source, beside who decides them."""

from dataclasses import dataclass
from datetime import time, timedelta

from bot.domain.locks.lock import Contact


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """When a day alone begins and ends at the door, how long before its start a PIN is made, where cards go, whom
    guests ask. None or empty: as for any other stay."""

    mint_lead: timedelta | None = None
    check_in: time | None = None
    check_out: time | None = None
    channel: str = ""
    contact: Contact | None = None

    def or_else(self, other: "SourceTerms") -> "SourceTerms":
        """What this one leaves open is as the other says."""
        return SourceTerms(
            other.mint_lead if self.mint_lead is None else self.mint_lead,
            self.check_in or other.check_in,
            self.check_out or other.check_out,
            self.channel or other.channel,
            self.contact or other.contact,
        )
