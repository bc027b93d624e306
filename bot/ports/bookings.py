"""Booking systems as the core needs them: the repositories of what they said and of how they are set up, and how one is
asked what became of a booking."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.pins import Phone
from bot.domain.sources.booking_sources import BookingSource, MappedListing
from bot.domain.sources.bookings import BookedListing, Booking, KeptBooking

AskBooking = Callable[[BookingSource, Booking], Awaitable[Booking | None]]
"""What its system says of a booking now, of which this was told; None where that is nothing about a stay. The same
where it told all. Raises ProviderError."""


class BookingSources(Protocol):
    async def all(self) -> Sequence[BookingSource]:
        """In order of name."""
        ...

    async def get(self, source_id: str) -> BookingSource | None: ...
    async def put(self, source: BookingSource) -> None:
        """Adds a new one, or changes it if it is still as it was read. Raises Stale where somebody else was first."""
        ...

    async def remove(self, source_id: str) -> None:
        """With its listings, and all that waits of its bookings."""
        ...

    async def heard(self, source_id: str, at: datetime) -> None: ...
    async def token(self, source_id: str) -> str | None:
        """What it was last let in with, as its vendor's room wrote it down."""
        ...

    async def keep_token(self, source_id: str, token: str) -> None: ...


class Listings(Protocol):
    async def of(self, source_id: str) -> Sequence[MappedListing]:
        """In order of name."""
        ...

    async def seen(self, source_id: str, listings: Sequence[BookedListing], at: datetime) -> None:
        """They were booked; one that is new is no door yet."""
        ...

    async def map(self, source_id: str, listing: str, lock_ids: Sequence[str]) -> None: ...


class Bookings(Protocol):
    async def get(self, booking_id: str) -> KeptBooking | None: ...
    async def by_id_there(self, source_id: str, external_id: str) -> KeptBooking | None:
        """The one that its system calls so."""
        ...

    async def put(self, kept: KeptBooking) -> KeptBooking:
        """As of sources. Raises Stale."""
        ...

    async def waiting(self, source_id: str) -> Sequence[KeptBooking]:
        """Those that are no stays yet, the oldest first."""
        ...

    async def how_many_wait(self) -> Mapping[str, int]:
        """By the source's id."""
        ...

    async def of_number(self, phone: Phone) -> Sequence[KeptBooking]:
        """Those that wait with this number, however it is written."""
        ...

    async def forget_number(self, phone: Phone) -> int:
        """Nobody makes a stay any more of what waits with this number; how many those are."""
        ...
