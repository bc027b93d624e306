"""What the room of a booking system has: by what its deliveries are known, how they are read, and how it is set up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, Ignored

if TYPE_CHECKING:
    from providers.bookings.asking import Ask


class UnreadableBooking(Exception):
    """From its system, and yet nothing that we can read. The text names the field, never its content. `beside`: what
    could be read of the same delivery, and is not to be lost with it."""

    def __init__(self, why: str, beside: "Sequence[Heard]" = ()) -> None:
        super().__init__(why)
        self.beside = beside


@dataclass(frozen=True, slots=True)
class BookingDelivery:
    """`key`: what stood behind the address, for a system that cannot sign."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Setup:
    """`brings`: what the operator has from the system, by the names of `Credentials`, and which of it may be left out;
    where no secret is among it, we make one. `in_address`: that secret stands behind the address."""

    where: str
    brings: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    user: str = ""
    in_address: bool = False


Heard = Booking | Ignored


@dataclass(frozen=True, slots=True)
class BookingRoom:
    """`fits`: whether a delivery is theirs, in constant time and by its raw bytes. `read`: what it says, from its JSON;
    raises UnreadableBooking."""

    vendor: str
    fits: Callable[[Credentials, BookingDelivery], bool]
    read: Callable[[Any], Sequence[Heard]]
    setup: Setup
    ask: "Ask | None" = None
    """What its system says of a booking now, where that was not said, or is to be confirmed."""

    wrong_secret: Callable[[Sequence[str]], str] = lambda _secrets: ""
    """What is wrong with the secrets that were typed: a sentence, or nothing."""
