"""Hostaway's unified webhook: basic authentication, and a reservation whole in every delivery. The same change may come
more than once, and so does every one that is no news.

Days are the listing's, hours are whole ones or left out; with `isDatesUnspecified` its days mean nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.messages.languages import language_of
from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, BookingState, Ignored
from providers.bookings import fields
from providers.bookings.fields import CamelWords, Clock, Day, Flag, Id, Lowercase, Name, Object, Stamp, Text
from providers.bookings.room import BookingDelivery, BookingRoom, Heard, Setup
from providers.bookings.signatures import basic_auth

_STANDS = frozenset({"new", "modified", "ownerstay"})
_NO_STAY = frozenset(
    {
        "cancelled",
        "canceled",
        "pending",
        "declined",
        "expired",
        "unconfirmed",
        "awaitingpayment",
        "awaitingguestverification",
    }
)
"""And every kind of inquiry. An owner who stays comes to the door as anybody (facts/bookings.md §6)."""


class HostawayReservation(CamelWords):
    id: Id = ""
    listing_map_id: Id = ""
    listing_name: Name = ""
    channel_name: Name = ""
    arrival_date: Day = None
    departure_date: Day = None
    check_in_time: Clock = None
    check_out_time: Clock = None
    is_dates_unspecified: Flag = False
    guest_name: Name = ""
    guest_first_name: Name = ""
    guest_last_name: Name = ""
    guest_email: Text = ""
    phone: Text = ""
    guest_locale: Text = ""
    status: Lowercase = ""
    updated_on: Stamp = None
    latest_activity_on: Stamp = None


class HostawayEvent(CamelWords):
    event: Lowercase = ""
    object: Lowercase = ""
    data: Object[HostawayReservation] = HostawayReservation()


def _fits(credentials: Credentials, delivery: BookingDelivery) -> bool:
    return basic_auth(credentials.user, credentials.secrets, delivery.headers.get("authorization", ""))


def _read(said: Any) -> Sequence[Heard]:
    event = fields.read_object(HostawayEvent, said)
    if "reservation" not in (event.object, event.event.replace(".", " ").partition(" ")[0]):
        return [Ignored("action")]
    one = event.data
    external_id, changed_at = fields.required(one.id, "data.id"), _changed_at(one)
    if one.status in _NO_STAY or one.status.startswith("inquiry"):
        return [Booking(external_id, BookingState.GONE, changed_at=changed_at)]
    if one.status not in _STANDS:
        return [Ignored("status")]
    if one.is_dates_unspecified:
        return [Ignored("dates")]
    return [
        Booking(
            external_id,
            BookingState.STANDS,
            fields.listings((one.listing_map_id, one.listing_name)),
            fields.required(fields.at_the_door(one.arrival_date, one.check_in_time), "data.arrivalDate"),
            fields.required(fields.at_the_door(one.departure_date, one.check_out_time), "data.departureDate"),
            fields.joined(one.guest_first_name, one.guest_last_name) or one.guest_name,
            fields.phones(one.phone),
            fields.email(one.guest_email),
            language_of(one.guest_locale),
            one.channel_name,
            changed_at,
        )
    ]


def _changed_at(one: HostawayReservation) -> datetime | None:
    return max((at for at in (one.updated_on, one.latest_activity_on) if at), default=None)


ROOM = BookingRoom(
    "hostaway",
    _fits,
    _read,
    Setup(where="Settings, Integrations, Webhooks, Add unified webhook, with login and password", user="nightporter"),
)
