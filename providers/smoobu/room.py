"""Smoobu's webhook: nothing in it is signed, so a secret of ours stands behind the address, and with an API key what
came is confirmed before anything is done. Its keys have hyphens; hours may be empty.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pydantic import Field

from bot.domain.messages.languages import language_of
from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, BookingState, Ignored
from providers.bookings import fields
from providers.bookings.asking import AskedSystem
from providers.bookings.fields import Clock, Day, Flag, HyphenWords, Id, Lowercase, Name, Object, Text
from providers.bookings.room import BookingDelivery, BookingRoom, Heard, Setup, UnreadableBooking
from providers.bookings.signatures import any_fits
from providers.http import Unreadable, readable

API_URL = "https://login.smoobu.com"

_SAYS_HOW_IT_IS = ("newReservation", "updateReservation")
_GONE = ("cancelReservation", "deleteReservation")


class SmoobuPlace(HyphenWords):
    id: Id = ""
    name: Name = ""


class SmoobuReservation(HyphenWords):
    id: Id = ""
    type: Lowercase = ""
    arrival: Day = None
    departure: Day = None
    check_in: Clock = None
    check_out: Clock = None
    apartment: Object[SmoobuPlace] = SmoobuPlace()
    channel: Object[SmoobuPlace] = SmoobuPlace()
    guest_name: Name = ""
    firstname: Name = ""
    lastname: Name = ""
    email: Text = ""
    phone: Text = ""
    language: Text = ""
    is_blocked_booking: Flag = False


class SmoobuEvent(HyphenWords):
    action: Text = ""
    data: Object[SmoobuReservation] = Field(default_factory=SmoobuReservation)


def _fits(credentials: Credentials, delivery: BookingDelivery) -> bool:
    return any_fits(credentials.secrets, delivery.key)


def _read(said: Any) -> Sequence[Heard]:
    event = fields.read_object(SmoobuEvent, said)
    if event.action in _GONE:
        return [Booking(fields.required(event.data.id, "data.id"), BookingState.GONE)]
    if event.action not in _SAYS_HOW_IT_IS:
        return [Ignored("action")]
    return [read_reservation(event.data)]


def read_reservation(one: SmoobuReservation) -> Booking:
    """Raises UnreadableBooking."""
    external_id = fields.required(one.id, "data.id")
    if one.is_blocked_booking or one.type == "cancellation":
        return Booking(external_id, BookingState.GONE)
    return Booking(
        external_id,
        BookingState.STANDS,
        fields.listings((one.apartment.id, one.apartment.name)),
        fields.required(fields.at_the_door(one.arrival, one.check_in), "data.arrival"),
        fields.required(fields.at_the_door(one.departure, one.check_out), "data.departure"),
        fields.joined(one.firstname, one.lastname) or one.guest_name,
        fields.phones(one.phone),
        fields.email(one.email),
        language_of(one.language),
        one.channel.name,
    )


async def _ask(system: AskedSystem, news: Booking) -> Booking | None:
    """Whoever knows the address could have sent what came. What Smoobu does not know is no booking."""
    key = system.source.credentials.client_secret
    if not key:
        return news
    said = await system.object(API_URL, f"/api/reservations/{quote(news.external_id, safe='')}", {"Api-Key": key})
    if said is None:
        return Booking(news.external_id, BookingState.GONE)
    with readable(ROOM.vendor, read=True):
        try:
            return read_reservation(SmoobuReservation.model_validate({**said, "id": news.external_id}))
        except UnreadableBooking as unreadable:
            raise Unreadable(str(unreadable)) from None


ROOM = BookingRoom(
    "smoobu",
    _fits,
    _read,
    Setup(
        where="Settings, Advanced, API Keys, Webhook URL",
        brings=("client_secret",),
        optional=("client_secret",),
        in_address=True,
    ),
    _ask,
)
