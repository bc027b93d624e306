"""Bookings as booking systems send them, made up from what is known of each: nobody's, with numbers that nobody has.

`VENDORS` says of each what its room has to be able to do; `test_booking_rooms.py` holds all of them to the same.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import Booking, Ignored
from providers.guesty.room import read_reservation as read_guesty

SECRET = "a-secret-of-theirs"
NUMBER = "+33 6 39 98 12 34"
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Example:
    """`made`: a booking of "4711" that stands, as its system sends it, with other fields where the test says so.
    `starts`, `ends`: what is read of its hours. `sign`: the headers of a body; `key`: what is behind the address."""

    made: Callable[..., Any]
    gone: Any
    ignored: Mapping[str, Any]
    starts: str
    ends: str
    sign: Callable[[bytes], Headers]
    credentials: Credentials = field(default_factory=lambda: Credentials((SECRET,)))
    key: str = ""
    no_stays: Mapping[str, Any] = field(default_factory=dict)
    """What is said of a booking that is no stay, or none any more."""
    unreadable: Mapping[str, Any] = field(default_factory=dict)
    other: Credentials = field(default_factory=lambda: Credentials(("another-secret",)))
    """Of another account."""
    same_for_every_body: bool = False
    """It shows that it is itself, and signs nothing."""
    dated: bool = True
    unsigned: tuple[bytes, ...] = ()
    """What it has no signature for."""
    answered: Callable[..., Any] | None = None
    """What its system answers when it is asked, where it only names what it sends; and what reads that."""
    reads: Callable[[Any], list[Booking | Ignored]] | None = None

    def whole(self) -> Any:
        return (self.answered or self.made)()


def body_of(said: Any) -> bytes:
    return said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()


def hexed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def basic(user: str, secret: str) -> str:
    return f"Basic {b64encode(f'{user}:{secret}'.encode()).decode()}"


# --- Hospitable -------------------------------------------------------------------------------------------------------


def hospitable(at: str = "2026-12-01T10:00:00Z", action: str = "reservation.changed", **data: Any) -> dict[str, Any]:
    said = {
        "id": "4711",
        "conversation_id": "c-1",
        "platform": "airbnb",
        "platform_id": "HMTEST1234",
        "booking_date": "2026-11-20T09:00:00Z",
        "arrival_date": "2026-12-04T00:00:00+0100",
        "departure_date": "2026-12-06T00:00:00+0100",
        "nights": 2,
        "check_in": "2026-12-04T16:00:00+0100",
        "check_out": "2026-12-06T11:00:00+0100",
        "status": "booking",
        "reservation_status": {"current": {"category": "accepted", "sub_category": None}, "history": []},
        "guest": {
            "id": "g-1",
            "first_name": "Ana",
            "last_name": "Sample",
            "email": "ana@example.org",
            "phone_numbers": [NUMBER],
            "location": None,
        },
        "properties": [{"id": "flat-1", "name": "Casa Azul", "timezone": "+0100", "check-in": "16:00"}],
    }
    return {
        "id": "d-1",
        "action": action,
        "triggers": ["dates_changed"],
        "created": at,
        "version": "v2",
        "data": {**said, **data},
    }


def hospitable_status(category: Any) -> dict[str, Any]:
    return hospitable(reservation_status={"current": {"category": category}})


HOSPITABLE = Example(
    hospitable,
    gone=hospitable_status("cancelled"),
    ignored={
        "another event": hospitable(action="message.created"),
        "no event": {"hello": "there"},
        "an empty object": {},
        "a test": {**hospitable(), "triggers": ["test"]},
        "a status that says nothing": hospitable_status("unknown"),
        "a checkpoint": hospitable_status("checkpoint"),
        "no status": hospitable(reservation_status=None),
    },
    starts="2026-12-04T15:00:00+00:00",
    ends="2026-12-06T10:00:00+00:00",
    sign=lambda body: {"Signature": hexed(body)},
    no_stays={each: hospitable_status(each) for each in ("request", "cancelled", "not accepted")},
    unreadable={
        "no id": hospitable(id=None),
        "no dates": hospitable(check_in=None, arrival_date=None),
        "dates that are none": hospitable(check_out=7, departure_date="soon"),
    },
)

# --- Hostaway ---------------------------------------------------------------------------------------------------------


def hostaway(at: str = "2026-12-01T10:00:00Z", event: str = "reservation.updated", **data: Any) -> dict[str, Any]:
    said = {
        "id": 4711,
        "listingMapId": "flat-1",
        "listingName": "Casa Azul",
        "channelId": 2018,
        "channelName": "airbnbOfficial",
        "reservationId": "1-2-3",
        "confirmationCode": "HMTEST1234",
        "arrivalDate": "2026-12-04",
        "departureDate": "2026-12-06",
        "previousArrivalDate": None,
        "checkInTime": 16,
        "checkOutTime": None,
        "isDatesUnspecified": 0,
        "guestName": "A. Sample",
        "guestFirstName": "Ana",
        "guestLastName": "Sample",
        "guestEmail": "ana@example.org",
        "phone": NUMBER,
        "guestLocale": "de",
        "status": "new",
        "doorCode": None,
        "updatedOn": "2026-11-20 08:00:00",
        "latestActivityOn": at.replace("T", " ").removesuffix("Z"),
        "reservationUnit": [],
    }
    return {"object": "reservation", "event": event, "accountId": 1, "data": {**said, **data}}


HOSTAWAY_NO_STAYS = (
    *("cancelled", "pending", "declined", "expired", "unconfirmed", "awaitingPayment", "awaitingGuestVerification"),
    *("inquiry", "inquiryPreapproved", "inquiryDenied", "inquiryTimedout", "inquiryNotPossible"),
)
HOSTAWAY = Example(
    hostaway,
    gone=hostaway(status="cancelled"),
    ignored={
        "a message": {"object": "conversationMessage", "event": "message.received", "data": {"id": 7}},
        "no event": {"hello": "there"},
        "days that mean nothing": hostaway(isDatesUnspecified=1, arrivalDate="2026-11-30"),
        "a status that says nothing": hostaway(status="unknown"),
        "no status": hostaway(status=None),
    },
    starts="2026-12-04T16:00:00",
    ends="2026-12-06",
    sign=lambda body: {"Authorization": basic("nightporter", SECRET)},
    credentials=Credentials((SECRET,), user="nightporter"),
    no_stays={each: hostaway(status=each) for each in HOSTAWAY_NO_STAYS},
    unreadable={
        "no id": hostaway(id=None),
        "no days": hostaway(arrivalDate=None),
        "days that are none": hostaway(departureDate="2026-02-30"),
    },
    other=Credentials(("another-secret",), user="nightporter"),
    same_for_every_body=True,
)


# --- Guesty -----------------------------------------------------------------------------------------------------------

SVIX_SECRET = f"whsec_{b64encode(b'guesty signs with this').decode()}"


def guesty(at: str = "2026-12-01T10:00:00Z", event: str = "reservation.updated.v2", **data: Any) -> dict[str, Any]:
    return {
        "event": event,
        "meta": {"eventId": "e-1"},
        "data": {"reservationId": "4711", **data},
        "status": "confirmed",
        "publishedAt": at,
        "subtype": "dates",
    }


def guesty_reservation(**more: Any) -> dict[str, Any]:
    return {
        "_id": "4711",
        "listingId": "flat-1",
        "listing": {"_id": "flat-1", "nickname": "Casa Azul", "title": "Sunny flat"},
        "status": "confirmed",
        "confirmationCode": "GY-TEST",
        "checkIn": "2026-12-04T15:00:00.000Z",
        "checkOut": "2026-12-06T10:00:00.000Z",
        "checkInDateLocalized": "2026-12-04",
        "checkOutDateLocalized": "2026-12-06",
        "plannedArrival": "18:00",
        "plannedDeparture": "",
        "guest": {"_id": "g-1", "fullName": "Ana Sample", "phone": NUMBER, "email": "ana@example.org"},
        "customFields": [],
        "source": "Airbnb",
        "note": "",
        **more,
    }


def svix(body: bytes, secret: str = SVIX_SECRET, at: datetime | None = None) -> Headers:
    """Real time: that is what receivers hold it against."""
    at = at or datetime.now(UTC)
    try:
        signature = Webhook(secret).sign("msg_1", at, body.decode())
    except UnicodeDecodeError:
        signature = "v1,AAAA"
    return {"svix-id": "msg_1", "svix-timestamp": str(int(at.timestamp())), "svix-signature": signature}


def _guesty_answer(said: Any) -> list[Booking | Ignored]:
    found = read_guesty("4711", said)
    return [found] if found else [Ignored("status")]


GUESTY = Example(
    guesty,
    gone=guesty_reservation(status="canceled"),
    ignored={
        "another event": guesty(event="listing.updated"),
        "the old event": guesty(event="reservation.updated"),
        "no event": {"hello": "there"},
    },
    starts="2026-12-04T15:00:00+00:00",
    ends="2026-12-06T10:00:00+00:00",
    sign=svix,
    credentials=Credentials((SVIX_SECRET,), client_id="client", client_secret="secret"),
    no_stays={
        each: guesty_reservation(status=each) for each in ("canceled", "inquiry", "reserved", "closed", "declined")
    },
    unreadable={"no id": guesty(reservationId=None), "no data": {**guesty(), "data": None}},
    other=Credentials((f"whsec_{b64encode(b'of another account').decode()}",)),
    unsigned=(b"\xff\xfe",),
    answered=guesty_reservation,
    reads=_guesty_answer,
)


# --- Smoobu -----------------------------------------------------------------------------------------------------------


def smoobu(at: str = "", action: str = "updateReservation", **data: Any) -> dict[str, Any]:
    said = {
        "id": 4711,
        "reference-id": "HMTEST1234",
        "type": "reservation",
        "arrival": "2026-12-04",
        "departure": "2026-12-06",
        "check-in": "16:00",
        "check-out": "",
        "created-at": "2026-11-20 09:00",
        "apartment": {"id": "flat-1", "name": "Casa Azul"},
        "channel": {"id": 12, "name": "Airbnb"},
        "guest-name": "A. Sample",
        "firstname": "Ana",
        "lastname": "Sample",
        "email": "ana@example.org",
        "phone": NUMBER,
        "adults": 2,
        "children": 0,
        "language": "de",
        "is-blocked-booking": False,
    }
    return {"action": action, "user": 7, "data": {**said, **data}}


SMOOBU = Example(
    smoobu,
    gone=smoobu(action="cancelReservation"),
    ignored={
        **{
            each: smoobu(action=each)
            for each in ("newMessage", "updateRates", "newTimelineEvent", "deleteTimelineEvent")
        },
        "no event": {"hello": "there"},
    },
    starts="2026-12-04T16:00:00",
    ends="2026-12-06",
    sign=lambda body: {},
    key=SECRET,
    no_stays={
        "deleted": smoobu(action="deleteReservation"),
        "a block": smoobu(**{"is-blocked-booking": True}),
        "a cancellation": smoobu(type="cancellation"),
        "a block that became a booking and was blocked again": smoobu(**{"is-blocked-booking": 1}),
    },
    unreadable={"no id": smoobu(id=None), "no days": smoobu(arrival=""), "another day": smoobu(departure="tomorrow")},
    dated=False,
)


# --- Cal.com ----------------------------------------------------------------------------------------------------------


def calcom(at: str = "2026-12-01T10:00:00Z", event: str = "BOOKING_CREATED", **payload: Any) -> dict[str, Any]:
    said = {
        "uid": "4711",
        "type": "studio-hour",
        "eventTypeId": "flat-1",
        "eventTitle": "Casa Azul",
        "title": "Casa Azul between Ana Sample and Studio",
        "startTime": "2026-12-04T15:00:00.000Z",
        "endTime": "2026-12-06T10:00:00Z",
        "status": "ACCEPTED",
        "organizer": {"name": "Studio", "email": "studio@example.org"},
        "attendees": [
            {
                "name": "Ana Sample",
                "email": "ana@example.org",
                "timeZone": "Europe/Paris",
                "language": {"locale": "de"},
                "phoneNumber": NUMBER,
            }
        ],
        "responses": {
            "name": {"label": "your_name", "value": "Ana Sample"},
            "attendeePhoneNumber": {"label": "phone_number", "value": NUMBER},
        },
    }
    return {"triggerEvent": event, "createdAt": at, "payload": {**said, **payload}}


CALCOM = Example(
    calcom,
    gone=calcom(event="BOOKING_CANCELLED"),
    ignored={
        "a test": {"triggerEvent": "PING", "createdAt": "2026-12-01T10:00:00Z", "payload": {"type": "Test"}},
        "only asked for": calcom(event="BOOKING_REQUESTED"),
        "not accepted yet": calcom(status="PENDING"),
        "a meeting that ended": calcom(event="MEETING_ENDED"),
        "no event": {"hello": "there"},
    },
    starts="2026-12-04T15:00:00+00:00",
    ends="2026-12-06T10:00:00+00:00",
    sign=lambda body: {"X-Cal-Signature-256": hexed(body)},
    no_stays={"rejected": calcom(event="BOOKING_REJECTED")},
    unreadable={
        "no uid": calcom(uid=""),
        "no time": calcom(startTime=None),
        "a time without its offset": calcom(endTime="2026-12-04T15:00:00"),
    },
)

# --- Lodgify ----------------------------------------------------------------------------------------------------------


def lodgify(at: str = "", action: str = "booking_change", **booking: Any) -> list[dict[str, Any]]:
    said = {
        "id": 4711,
        "status": "Booked",
        "type": "Booking",
        "booking_type": "Instant",
        "source": "Airbnb",
        "date_arrival": "2026-12-04T00:00:00",
        "date_departure": "2026-12-06T00:00:00",
        "property_id": 9,
        "property_name": "Casa Azul",
        "room_types": [{"room_type_id": "flat-1", "people": 2}],
    }
    guest = {"name": "Ana Sample", "email": "ana@example.org", "phone_number": NUMBER}
    return [{"action": action, "booking": {**said, **booking}, "guest": guest}]


LODGIFY = Example(
    lodgify,
    gone=lodgify(status="Declined"),
    ignored={
        "a price": lodgify(action="rate_change"),
        "no event": [{"hello": "there"}],
        "a status that says nothing": lodgify(status="Tentative?"),
    },
    starts="2026-12-04",
    ends="2026-12-06",
    sign=lambda body: {"ms-signature": f"sha256={hexed(body).upper()}"},
    no_stays={
        "open": lodgify(status="Open"),
        "a closed period": lodgify(type="ClosedPeriod"),
        "an enquiry": lodgify(booking_type="EnquiryOnly"),
    },
    unreadable={
        "an object": lodgify()[0],
        "a list of texts": ["booking"],
        "no id": lodgify(id=None),
        "no days": lodgify(date_arrival=None),
        "one of two": [*lodgify(), *lodgify(date_departure="soon")],
    },
    dated=False,
)

VENDORS: dict[str, Example] = {
    "lodgify": LODGIFY,
    "hospitable": HOSPITABLE,
    "hostaway": HOSTAWAY,
    "guesty": GUESTY,
    "smoobu": SMOOBU,
    "calcom": CALCOM,
}
