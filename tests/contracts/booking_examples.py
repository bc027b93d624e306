"""Bookings as booking systems send them, made up from what is known of each: nobody's, with numbers that nobody has.

`VENDORS` says of each what its room has to be able to do; `test_booking_rooms.py` holds all of them to the same.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.sources.booking_sources import Credentials

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
    answered: Callable[..., Any] | None = None
    """What its system answers when it is asked, where it only names what it sends."""

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

VENDORS: dict[str, Example] = {"hospitable": HOSPITABLE}
