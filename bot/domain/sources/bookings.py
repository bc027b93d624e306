"""Bookings of other people's systems, as far as a stay can be made of them: what each system says in fields of its own,
said the same way for all. No vendor's word is here.

What is not given is empty or None: a system names what it happens to know.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from bot.domain.messages.languages import Language
from bot.domain.pins import Phone
from bot.domain.sources.source_stays import NEW, Moment, read_moment


class BookingState(StrEnum):
    """`ASK`: its system named it, and says what it is only when it is asked."""

    STANDS = "stands"
    GONE = "gone"
    ASK = "ask"


@dataclass(frozen=True, slots=True, repr=False)
class BookedListing:
    """What was booked, by the id that its system gives it: a flat, a room, a kind of appointment."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Booking:
    """`phones`: as people wrote them, the best first. `changed_at`: when its system came to say so, for which of two
    words is the newer. `moved_from`: another id, under which it was known until now. `token`: the name of the token
    that it came with, of a program's word."""

    external_id: str
    state: BookingState
    listings: tuple[BookedListing, ...] = ()
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    guest_name: str = ""
    phones: tuple[str, ...] = ()
    email: str = ""
    language: Language | None = None
    note: str = ""
    changed_at: datetime | None = None
    moved_from: str = ""
    token: str = ""

    @property
    def digest(self) -> str:
        """The same for the same words, whenever they were said."""
        said = replace(self, changed_at=None).as_json()
        return sha256(repr(sorted(said.items())).encode(errors="replace")).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """As it is kept, under a seal; `from_json` reads it."""
        return {
            "external_id": self.external_id,
            "state": self.state.value,
            "listings": [[one.id, one.name] for one in self.listings],
            "starts_at": self.starts_at.isoformat() if self.starts_at else None,
            "ends_at": self.ends_at.isoformat() if self.ends_at else None,
            "guest_name": self.guest_name,
            "phones": list(self.phones),
            "email": self.email,
            "language": self.language.value if self.language else None,
            "note": self.note,
            "changed_at": self.changed_at.isoformat() if self.changed_at else None,
            "moved_from": self.moved_from,
            "token": self.token,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Booking":
        times = {name: read_moment(kept[name]) if kept[name] else None for name in ("starts_at", "ends_at")}
        return cls(
            **{
                **kept,
                **times,
                "state": BookingState(kept["state"]),
                "listings": tuple(BookedListing(*one) for one in kept["listings"]),
                "phones": tuple(kept["phones"]),
                "language": Language(kept["language"]) if kept["language"] else None,
                "changed_at": datetime.fromisoformat(kept["changed_at"]) if kept["changed_at"] else None,
            }
        )


@dataclass(frozen=True, slots=True)
class Ignored:
    """What came tells nothing about a stay. `why`: one word or two, for whoever counts."""

    why: str


class Unmet(StrEnum):
    """Why a booking is not a stay yet."""

    UNMAPPED = "unmapped"
    """Nobody has said which door its listing is."""
    REFUSED = "refused"
    """A rule says no."""
    UNREAD = "unread"
    """Its system does not answer what it is."""


@dataclass(frozen=True, slots=True, repr=False)
class KeptBooking:
    """One booking as we know it. `words`: what was said last, for as long as something is to be done about it.
    `over_at`: when nobody needs it any more. `unmet`: why it still waits.

    A booking that moves may get another id. The row that its stay is known by stays the one; `root_id` leads from the
    row of another id to it, and `spoken_by` is the row of the id that it has now. `claimed_until`: a worker has it in
    hand, and others leave it: whoever was slow must not say last what was said before."""

    id: str
    source_id: str
    external_id: str
    received_at: datetime
    over_at: datetime
    words: Booking | None = None
    changed_at: datetime | None = None
    root_id: str | None = None
    spoken_by: str | None = None
    due_at: datetime | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    unmet: Unmet | None = None
    version: int = NEW

    def heard(self, booking: Booking, now: datetime) -> "KeptBooking":
        """With what has come now. Of an older word than the one that is known nothing is left."""
        if self.changed_at and booking.changed_at and booking.changed_at < self.changed_at:
            return self
        over_at = max(over_after(booking, now), self.over_at)
        known = replace(self, words=booking, received_at=now, over_at=over_at, due_at=now, attempts=0, unmet=None)
        return replace(known, changed_at=booking.changed_at or self.changed_at)

    def done(self) -> "KeptBooking":
        """Nothing is left to do: what was said is forgotten, and when it was said is not."""
        return replace(self, words=None, due_at=None, attempts=0, unmet=None)


def over_after(booking: Booking, now: datetime) -> datetime:
    """When it is over wherever its door is; where it does not say when it ends, it may be over by now."""
    return over_anywhere(booking.ends_at) if booking.ends_at else now


def over_anywhere(ends: Moment) -> datetime:
    """When this moment has come wherever its door is."""
    sure = isinstance(ends, datetime) and ends.tzinfo is not None
    return begins_at(ends) if sure else begins_at(ends) + _ANYWHERE


def begins_about(booking: Booking, now: datetime) -> datetime:
    """When it begins, give or take where its door is."""
    return begins_at(booking.starts_at) if booking.starts_at else now


def begins_at(moment: Moment) -> datetime:
    """Give or take where its door is: what says no zone is taken for UTC."""
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)


_ANYWHERE = timedelta(days=1, hours=14)
"""A day that has ended everywhere on earth."""


def names_number(booking: Booking, phone: Phone) -> bool:
    """Whether this may be its guest's number, however it is written: for erasing, where too much is no harm."""
    return any(phone.e164.endswith(_last_digits(each)) for each in booking.phones if _last_digits(each))


def _last_digits(written: str) -> str:
    digits = "".join(sign for sign in written if sign.isdecimal() and sign.isascii())
    return digits[-8:] if len(digits) >= 8 else ""
