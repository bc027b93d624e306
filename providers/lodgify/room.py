"""Lodgify's webhooks: a signature over the raw body, and a list of bookings. Each kind of event is subscribed to alone
and has a secret of its own; days come without hours.
"""

from collections.abc import Sequence
from typing import Any

from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, BookingState, Ignored
from providers.bookings import fields
from providers.bookings.fields import Day, Id, Lowercase, Name, Object, Objects, Text, TheirWords
from providers.bookings.room import BookingDelivery, BookingRoom, Heard, Setup, UnreadableBooking
from providers.bookings.signatures import signed_hex

_STANDS = "booked"
_NO_STAY = ("open", "declined", "cancelled", "canceled")
_PREFIX = "sha256="


class LodgifyGuest(TheirWords):
    name: Name = ""
    email: Text = ""
    phone_number: Text = ""


class LodgifyRoomType(TheirWords):
    room_type_id: Id = ""
    name: Name = ""


class LodgifyBooking(TheirWords):
    id: Id = ""
    status: Lowercase = ""
    type: Lowercase = ""
    booking_type: Lowercase = ""
    source: Name = ""
    date_arrival: Day = None
    date_departure: Day = None
    property_id: Id = ""
    property_name: Name = ""
    room_types: Objects[LodgifyRoomType] = ()


class LodgifyEvent(TheirWords):
    action: Text = ""
    booking: Object[LodgifyBooking] = LodgifyBooking()
    guest: Object[LodgifyGuest] = LodgifyGuest()


def _fits(credentials: Credentials, delivery: BookingDelivery) -> bool:
    shown = delivery.headers.get("ms-signature", "").strip().lower()
    return shown.startswith(_PREFIX) and signed_hex(credentials.secrets, delivery.body, shown.removeprefix(_PREFIX))


def _read(said: Any) -> Sequence[Heard]:
    if not isinstance(said, list):
        raise UnreadableBooking("the body is no list")
    heard: list[Heard] = []
    wrong: list[str] = []
    for each in said:
        try:
            heard.append(_one(each))
        except UnreadableBooking as unreadable:
            wrong.append(str(unreadable))
    if wrong:
        raise UnreadableBooking(wrong[0], heard)
    return heard


def _one(said: Any) -> Heard:
    event = fields.read_object(LodgifyEvent, said)
    if not event.action.startswith("booking_"):
        return Ignored("action")
    one, guest = event.booking, event.guest
    external_id = fields.required(one.id, "booking.id")
    if one.status in _NO_STAY or one.type == "closedperiod" or one.booking_type == "enquiryonly":
        return Booking(external_id, BookingState.GONE)
    if one.status != _STANDS:
        return Ignored("status")
    rooms = [(each.room_type_id, each.name or one.property_name) for each in one.room_types if each.room_type_id]
    return Booking(
        external_id,
        BookingState.STANDS,
        fields.listings(*(rooms or [(one.property_id, one.property_name)])),
        fields.required(one.date_arrival, "booking.date_arrival"),
        fields.required(one.date_departure, "booking.date_departure"),
        guest.name,
        fields.phones(guest.phone_number),
        fields.email(guest.email),
        note=one.source,
    )


ROOM = BookingRoom(
    "lodgify",
    _fits,
    _read,
    Setup(
        where="POST https://api.lodgify.com/webhooks/v1/subscribe, for booking_new_any_status and booking_change",
        brings=("secret",),
    ),
)
