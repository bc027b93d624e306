"""Stays that come by themselves: what a source has said of one, under a name of its own, and what is another since it
said so last.

A stay that came so is a stay as any: its request, its codes and its decision are those of one that somebody typed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import Language
from bot.domain.pins import Phone
from bot.domain.planning.local_hours import read_wall_clock
from bot.domain.planning.otherwise import as_booked
from bot.domain.sources.names import as_requester, from_source
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import ERASED_NAME
from bot.domain.stays.standing import newest_of_parts
from bot.domain.windows import AccessWindow

NEW = -1
"""The version of what is not kept yet."""


_NONE = "\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ufffd"
EXTERNAL_ID = f"^[^{_NONE}]*[^{_NONE} ][^{_NONE}]*$"
"""One line that is not blank, without signs that steer terminals, or that stand for what could not be read."""

LONGEST_ID = 255


def is_external_id(text: str) -> bool:
    return len(text) <= LONGEST_ID and re.fullmatch(EXTERNAL_ID, text) is not None


@dataclass(frozen=True, slots=True, repr=False)
class SourceKey:
    """`external_id`: what the source calls the stay; it may be a reservation's code, so it prints as dots."""

    source: str
    external_id: str

    @property
    def requester(self) -> str:
        """Its source, where a person's id stands."""
        return as_requester(self.source)

    def __repr__(self) -> str:
        return f"SourceKey({self.source}, •••)"


Moment = date | datetime
"""A day at the door, a time on its clock (naive), or an instant (aware)."""


@dataclass(frozen=True, slots=True, repr=False)
class StayWords:
    """A stay as a source words it: doors by their names, a number as people write it."""

    guest_name: str
    phone: str | None
    doors: tuple[str, ...]
    starts_at: Moment
    ends_at: Moment
    email: str | None = None
    language: Language | None = None
    note: str | None = None

    @property
    def digest(self) -> str:
        """The same for the same words."""
        said = (self.guest_name, self.phone, self.doors, self.starts_at.isoformat(), self.ends_at.isoformat())
        return sha256(repr((*said, self.email, self.language, self.note)).encode(errors="replace")).hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class SaidStay:
    """What a source says of a stay. `doors` as it names them, `lock_ids` what they were understood as; a language that
    is None goes by the number. `confirmed`: it stands; else it was cancelled. `words`: the digest of what was said.
    `erased`: its guest was, and what is left of it names nobody."""

    guest_name: str
    phone: Phone | None
    doors: tuple[str, ...]
    starts_at: Moment
    ends_at: Moment
    confirmed: bool = True
    email: str | None = None
    language: Language | None = None
    note: str | None = None
    lock_ids: tuple[str, ...] = ()
    words: str = ""
    erased: bool = False

    def erased_now(self) -> "SaidStay":
        nobody = replace(self, guest_name=ERASED_NAME, phone=None, email=None, language=None, note=None)
        return replace(nobody, confirmed=False, erased=True)

    def as_json(self) -> dict[str, Any]:
        """As it is kept, under a seal; `from_json` reads it."""
        return {
            "guest_name": self.guest_name,
            "phone": self.phone.e164 if self.phone else None,
            "doors": list(self.doors),
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "confirmed": self.confirmed,
            "email": self.email,
            "language": self.language.value if self.language else None,
            "note": self.note,
            "lock_ids": list(self.lock_ids),
            "words": self.words,
            "erased": self.erased,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "SaidStay":
        lists = {name: tuple(kept[name]) for name in ("doors", "lock_ids")}
        times = {name: read_moment(kept[name]) for name in ("starts_at", "ends_at")}
        phone = Phone(kept["phone"]) if kept["phone"] else None
        language = Language(kept["language"]) if kept["language"] else None
        return cls(**{**kept, **lists, **times, "phone": phone, "language": language})


def read_moment(kept: str) -> Moment:
    """One that was kept by its `isoformat`."""
    return datetime.fromisoformat(kept) if "T" in kept else date.fromisoformat(kept)


@dataclass(frozen=True, slots=True)
class SourceStay:
    """One stay as its source knows it. `request_id`: the request that it is now; None while nobody has said whom to
    text, and then people are asked at `due_at` once more."""

    id: str
    key: SourceKey
    said: SaidStay
    created_at: datetime
    request_id: str | None = None
    due_at: datetime | None = None
    version: int = NEW

    @property
    def waits_for_contact(self) -> bool:
        return self.request_id is None and self.said.confirmed


def code_of(key: SourceKey) -> str:
    """The reservation code, as people write it: a calendar's stays have their door's id behind it."""
    return key.external_id.partition("@")[0].partition("#")[0].strip().upper()


LOOKED_AT_BEFORE = (timedelta(days=2), timedelta(days=1), timedelta())
"""So long before a stay begins that nobody can be texted about, people are asked once more; when it begins it is over
with that."""


def next_look(starts_at: datetime, now: datetime) -> datetime | None:
    """When such a stay is looked at next; None once it has begun."""
    return min((at for before in LOOKED_AT_BEFORE if (at := starts_at - before) > now), default=None)


def looks_so_far(starts_at: datetime, now: datetime) -> int:
    """How many of those looks have been."""
    return sum(starts_at - before <= now for before in LOOKED_AT_BEFORE)


def window_at(
    lock: Lock, starts_at: Moment, ends_at: Moment, check_in: time, check_out: time
) -> tuple[AccessWindow, frozenset[str]]:
    """The window at this door, and what is odd about its times (`dst_gap`, `dst_fold`). A day alone begins with the
    door's check-in, and ends with its check-out; `check_in` and `check_out` are the house's."""
    defaults, zone = lock.defaults, lock.zoneinfo
    first, odd = _instant(starts_at, defaults.check_in or check_in, zone)
    last, also_odd = _instant(ends_at, defaults.check_out or check_out, zone)
    return AccessWindow(first, last), odd | also_odd


def _instant(moment: Moment, clock: time, zone: ZoneInfo) -> tuple[datetime, frozenset[str]]:
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, clock)
    if at.tzinfo is not None:
        return at, frozenset()
    read = read_wall_clock(at, zone)
    return read.instant, frozenset([read.note.value] if read.note else [])


class Said(StrEnum):
    """What can be another than a source said last."""

    WINDOW = "window"
    DOORS = "doors"
    NAME = "name"
    PHONE = "phone"
    LANGUAGE = "language"
    NOTE = "note"
    STATUS = "status"


def news(before: SaidStay, now: SaidStay) -> frozenset[Said]:
    """What the source says otherwise than before. Only that counts: what people have changed since stays so, however
    often the source repeats itself. A number left out takes none away."""
    found = {
        Said.WINDOW: (before.starts_at, before.ends_at) != (now.starts_at, now.ends_at),
        Said.DOORS: before.lock_ids != now.lock_ids,
        Said.NAME: before.guest_name != now.guest_name,
        Said.PHONE: now.phone not in (None, before.phone),
        Said.LANGUAGE: before.language is not now.language,
        Said.NOTE: before.note != now.note,
        Said.STATUS: before.confirmed != now.confirmed,
    }
    return frozenset(one for one, other in found.items() if other)


def booked_otherwise(request: AccessRequest) -> AccessWindow | None:
    """What its source has booked, where what would be granted is not that."""
    change = request.amendment
    if not from_source(change.by if change else request.requester):
        return None
    booked, at = request.booked or request.wanted, change.at if change else request.created_at
    return None if as_booked(booked, request.wanted, request.granted, at) else booked


def refused_by_people(request: AccessRequest, codes: Iterable[AccessCode]) -> bool:
    """Whether people of the team have denied it, or given it up: then no rule alone says yes to what its source makes
    of it. `codes`: the stay's, oldest first."""
    newest = newest_of_parts(codes).values()
    by = {gone.by for gone in (request.given_up, *(code.given_up for code in newest)) if gone}
    return request.status is RequestStatus.DENIED or bool(by - {request.requester})
