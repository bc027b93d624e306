"""Hospitable's webhooks, version v2: a signature over the raw body, and a reservation in every delivery.

Only a reservation that was accepted is a stay. Its hours come with an offset; `arrival_date` is a day at midnight.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, BookingState, Ignored
from providers.bookings import fields
from providers.bookings.fields import Day, Id, Instant, Lowercase, Name, Object, Objects, Text, Texts, TheirWords
from providers.bookings.room import BookingDelivery, BookingRoom, Heard, Setup
from providers.bookings.signatures import signed_hex

_ACTIONS = ("reservation.created", "reservation.changed")
_STANDS = "accepted"
_NO_STAY = frozenset({"request", "cancelled", "canceled", "not accepted", "not_accepted"})
"""What is none of these, as `unknown` and whatever is new, changes nothing: a stay is not given up by a riddle."""


class HospitableGuest(TheirWords):
    first_name: Name = ""
    last_name: Name = ""
    email: Text = ""
    phone_numbers: Texts = ()


class HospitableProperty(TheirWords):
    id: Id = ""
    name: Name = ""
    public_name: Name = ""


class HospitableCurrent(TheirWords):
    category: Lowercase = ""


class HospitableStatus(TheirWords):
    current: Object[HospitableCurrent] = HospitableCurrent()


class HospitableReservation(TheirWords):
    id: Id = ""
    platform: Name = ""
    arrival_date: Day = None
    departure_date: Day = None
    check_in: Instant = None
    check_out: Instant = None
    reservation_status: Object[HospitableStatus] = HospitableStatus()
    guest: Object[HospitableGuest] = HospitableGuest()
    properties: Objects[HospitableProperty] = ()
    listings: Objects[HospitableProperty] = ()


class HospitableEvent(TheirWords):
    action: Text = ""
    triggers: Any = None
    created: Instant = None
    data: Object[HospitableReservation] = Field(default_factory=HospitableReservation)


def _fits(credentials: Credentials, delivery: BookingDelivery) -> bool:
    return signed_hex(credentials.secrets, delivery.body, delivery.headers.get("signature", ""))


def _read(said: Any) -> Sequence[Heard]:
    event = fields.read_object(HospitableEvent, said)
    if event.action not in _ACTIONS:
        return [Ignored("action")]
    if event.triggers == "test" or event.triggers == ["test"]:
        return [Ignored("test")]
    one, category = event.data, event.data.reservation_status.current.category
    external_id = fields.required(one.id, "data.id")
    if category in _NO_STAY:
        return [Booking(external_id, BookingState.GONE, changed_at=event.created)]
    if category != _STANDS:
        return [Ignored("status")]
    places = one.properties or one.listings
    return [
        Booking(
            external_id,
            BookingState.STANDS,
            fields.listings(*((place.id, place.name or place.public_name) for place in places)),
            fields.required(one.check_in or one.arrival_date, "check_in"),
            fields.required(one.check_out or one.departure_date, "check_out"),
            fields.joined(one.guest.first_name, one.guest.last_name),
            fields.phones(*one.guest.phone_numbers),
            fields.email(one.guest.email),
            note=one.platform,
            changed_at=event.created,
        )
    ]


ROOM = BookingRoom(
    "hospitable",
    _fits,
    _read,
    Setup(
        where="Apps, Webhooks, Add new, of the kind reservations",
        brings=("secret",),
    ),
)
