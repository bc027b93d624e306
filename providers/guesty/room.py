"""Guesty's webhooks of the second version: signed by Svix, with no more in them than which reservation it is. What it
is now, the Open API says: so whatever came late, or twice, does no harm.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pydantic import Field

from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, BookingState, Ignored
from providers.bookings import fields
from providers.bookings.asking import AskedSystem, TokenOrder
from providers.bookings.fields import CamelWords, Day, Id, Instant, Lowercase, Name, Object, Text
from providers.bookings.room import BookingDelivery, BookingRoom, Heard, Setup, UnreadableBooking
from providers.bookings.signatures import is_svix_secret, svix_signed
from providers.http import Unreadable, readable

API_URL = "https://open-api.guesty.com"
TOKEN = TokenOrder("/oauth2/token", "open-api", most_a_day=5)

_EVENTS = ("reservation.created.v2", "reservation.updated.v2")
_STANDS = frozenset({"confirmed", "checked_in"})
_NO_STAY = frozenset({"canceled", "cancelled", "declined", "expired", "inquiry", "reserved", "closed"})
"""What is none of these, as `checked_out`, changes nothing."""


class GuestyReference(CamelWords):
    reservation_id: Id = ""


class GuestyEvent(CamelWords):
    event: Text = ""
    data: Object[GuestyReference] = GuestyReference()
    published_at: Instant = None


class GuestyGuest(CamelWords):
    full_name: Name = ""
    first_name: Name = ""
    last_name: Name = ""
    phone: Text = ""
    email: Text = ""


class GuestyListing(CamelWords):
    nickname: Name = ""
    title: Name = ""


class GuestyReservation(CamelWords):
    id: Id = Field("", alias="_id")
    listing_id: Id = ""
    listing: Object[GuestyListing] = GuestyListing()
    status: Lowercase = ""
    source: Name = ""
    check_in: Instant = None
    check_out: Instant = None
    check_in_date_localized: Day = None
    check_out_date_localized: Day = None
    guest: Object[GuestyGuest] = GuestyGuest()


def _fits(credentials: Credentials, delivery: BookingDelivery) -> bool:
    return svix_signed(credentials.secrets, delivery.body, delivery.headers)


def _read(said: Any) -> Sequence[Heard]:
    event = fields.read_object(GuestyEvent, said)
    if event.event not in _EVENTS:
        return [Ignored("action")]
    external_id = fields.required(event.data.reservation_id, "data.reservationId")
    return [Booking(external_id, BookingState.ASK, changed_at=event.published_at)]


async def _ask(system: AskedSystem, news: Booking) -> Booking | None:
    said = await system.object(API_URL, f"/v1/reservations/{quote(news.external_id, safe='')}", token=TOKEN)
    if said is None:
        return Booking(news.external_id, BookingState.GONE)
    with readable(ROOM.vendor, read=True):
        try:
            return read_reservation(news.external_id, said)
        except UnreadableBooking as unreadable:
            raise Unreadable(str(unreadable)) from None


def read_reservation(external_id: str, said: Any) -> Booking | None:
    """None where its status says nothing about a stay. Raises UnreadableBooking."""
    one = fields.read_object(GuestyReservation, said)
    if one.status in _NO_STAY:
        return Booking(external_id, BookingState.GONE)
    if one.status not in _STANDS:
        return None
    return Booking(
        external_id,
        BookingState.STANDS,
        fields.listings((one.listing_id, one.listing.nickname or one.listing.title)),
        fields.required(one.check_in or one.check_in_date_localized, "checkIn"),
        fields.required(one.check_out or one.check_out_date_localized, "checkOut"),
        one.guest.full_name or fields.joined(one.guest.first_name, one.guest.last_name),
        fields.phones(one.guest.phone),
        fields.email(one.guest.email),
        note=one.source,
    )


def _wrong_secret(typed: Sequence[str]) -> str:
    return "" if all(map(is_svix_secret, typed)) else "Guesty's secret begins with whsec_, and base64 follows."


ROOM = BookingRoom(
    "guesty",
    _fits,
    _read,
    Setup(
        where="POST /v1/webhooks of the Open API, for reservation.created.v2 and reservation.updated.v2",
        brings=("secret", "client_id", "client_secret"),
    ),
    _ask,
    _wrong_secret,
)
