"""Cal.com's webhooks, of its own cloud and of those that people run themselves: a signature over the raw body, and the
appointment whole. One that is moved gets another uid, and names the one before.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from bot.domain.messages.languages import language_of
from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, BookingState, Ignored
from providers.bookings import fields
from providers.bookings.fields import CamelWords, Id, Instant, Lowercase, Name, Object, Objects, Text
from providers.bookings.room import BookingDelivery, BookingRoom, Heard, Setup
from providers.bookings.signatures import signed_hex

_STANDS = ("BOOKING_CREATED", "BOOKING_RESCHEDULED")
_GONE = ("BOOKING_CANCELLED", "BOOKING_REJECTED")


class CalcomLanguage(CamelWords):
    locale: Text = ""


class CalcomAttendee(CamelWords):
    name: Name = ""
    email: Text = ""
    phone_number: Text = ""
    language: Object[CalcomLanguage] = CalcomLanguage()


class CalcomBooking(CamelWords):
    uid: Id = ""
    reschedule_uid: Id = ""
    status: Lowercase = ""
    type: Id = ""
    event_type_id: Id = ""
    event_title: Name = ""
    start_time: Instant = None
    end_time: Instant = None
    attendees: Objects[CalcomAttendee] = ()
    responses: Object[dict[str, Any]] = Field(default_factory=dict)


class CalcomEvent(CamelWords):
    trigger_event: Text = ""
    created_at: Instant = None
    payload: Object[CalcomBooking] = Field(default_factory=CalcomBooking)


def _fits(credentials: Credentials, delivery: BookingDelivery) -> bool:
    return signed_hex(credentials.secrets, delivery.body, delivery.headers.get("x-cal-signature-256", ""))


def _read(said: Any) -> Sequence[Heard]:
    event = fields.read_object(CalcomEvent, said)
    if event.trigger_event not in (*_STANDS, *_GONE):
        return [Ignored("action")]
    one = event.payload
    external_id = fields.required(one.uid, "payload.uid")
    moved_from = one.reschedule_uid if one.reschedule_uid != one.uid else ""
    if event.trigger_event in _GONE:
        gone = BookingState.GONE
        return [Booking(external_id, gone, changed_at=event.created_at, moved_from=moved_from)]
    if one.status not in ("", "accepted"):
        return [Ignored("status")]
    who = one.attendees[0] if one.attendees else CalcomAttendee()
    return [
        Booking(
            external_id,
            BookingState.STANDS,
            fields.listings((one.event_type_id or one.type, one.event_title or one.type)),
            fields.required(one.start_time, "payload.startTime"),
            fields.required(one.end_time, "payload.endTime"),
            who.name,
            fields.phones(who.phone_number, *_numbers(one.responses)),
            fields.email(who.email),
            language_of(who.language.locale),
            changed_at=event.created_at,
            moved_from=moved_from,
        )
    ]


def _numbers(responses: Mapping[str, Any]) -> Iterator[str]:
    """Answers to questions for a number, under the names that Cal.com gives such questions by itself."""
    for name in ("attendeePhoneNumber", "smsReminderNumber", "phone"):
        answer = responses.get(name)
        value = answer.get("value") if isinstance(answer, dict) else answer
        if isinstance(value, str):
            yield value


ROOM = BookingRoom(
    "calcom",
    _fits,
    _read,
    Setup(where="Settings, Developer, Webhooks, New: bookings created, rescheduled and cancelled, default payload"),
)
