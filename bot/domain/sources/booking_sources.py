"""Booking systems whose bookings become stays: what each is called here, by what its deliveries are known, and which
doors its listings are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from bot.domain.sources.source_stays import NEW

PROGRAMS = "api"
"""Whose words come by our own API, written down without waiting for what becomes of them. Such a source is known from
its first word on, names doors as `/pin` does, and is never asked back."""


def programs_id(source: str) -> str:
    """The id of the one source of programs that is called so: found without looking for it, as every call has to."""
    return sha256(f"{PROGRAMS} {source}".encode()).hexdigest()[:26]


HEARD_KEPT = timedelta(minutes=1)
"""When one was last heard is kept so exactly."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """`secrets`: any of them makes a delivery one of theirs. `client_id` and `client_secret` are for asking back, of a
    system that is asked at `api_url`."""

    secrets: tuple[str, ...] = ()
    user: str = ""
    client_id: str = ""
    client_secret: str = ""
    api_url: str = ""


@dataclass(frozen=True, slots=True)
class BookingSource:
    """`name` is what approvers read, and what its stays are found by at `/v1/stays/{source}`; `vendor` whose words it
    speaks."""

    id: str
    name: str
    vendor: str
    credentials: Credentials
    created_at: datetime
    heard_at: datetime | None = None
    version: int = NEW


@dataclass(frozen=True, slots=True)
class MappedListing:
    """`lock_ids`: the doors of whoever books it; none as long as nobody has said so."""

    source_id: str
    listing: str
    name: str
    lock_ids: tuple[str, ...]
    seen_at: datetime | None
