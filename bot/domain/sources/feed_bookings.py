"""What a calendar's events mean: which are stays, which only block a day, and what each says of a guest. A profile for
each platform, since what is a booking at one is a closed day at the next. Pure.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time
from functools import partial

from bot.domain.signs import one_line
from bot.domain.sources.feeds import FeedEvent, Platform
from bot.domain.sources.following import CalendarBooking
from bot.domain.sources.source_stays import Moment

LONGEST_NAME = 80

_Read = Callable[[FeedEvent], CalendarBooking | None]

_CODE = re.compile(r"/reservations/(?:details/)?([A-Z0-9]{6,16})\b")
_OLD_CODE = re.compile(r"^(?P<name>.*?)\s*\((?P<code>HM[A-Z0-9]{6,12})\)\s*$")
_AIRBNB_LINK = re.compile(r"https://www\.airbnb\.[a-z.]{2,6}/hosting/reservations/details/[A-Z0-9]{6,16}\b")
_LAST_FOUR = re.compile(r"last\s*(?:4|four)\s*digits\)?\s*:?\s*(\d{4})\b", re.IGNORECASE)
_PHONE = re.compile(r"(?:phone|mobile|tel)(?:ephone)?(?: number)?\s*:\s*(\+?[\d.\- ()/]{9,30})", re.IGNORECASE)
_EMAIL = re.compile(r"e-?mail\s*:\s*([^\s<>@,;]{1,64}@[^\s<>@,;]{1,190})", re.IGNORECASE)
_BOOKING_ID = re.compile(r"(?:booking|reservation|confirmation) (?:id|code|number)\s*:\s*([A-Za-z0-9-]{4,40})\b", re.I)
_CLOCK = r"\s*(?:time)?\s*:\s*(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?m?"
_CHECK_IN = re.compile(rf"check-?\s?in{_CLOCK}", re.IGNORECASE)
_CHECK_OUT = re.compile(rf"check-?\s?out{_CLOCK}", re.IGNORECASE)
_BLOCKED = re.compile(r"^\W*(?:blocked|closed|unavailable|owner(?:'s)? (?:stay|block))\b|not available", re.IGNORECASE)
_ONLY_ARRIVAL = re.compile(r"check-?\s?(?:in|out)\b", re.IGNORECASE)
_BEFORE_NAME = re.compile(
    r"^\W*(?:\[\w{1,3}\]\s*[-–—]\s*|(?:closed|reserved|reservation|booked|booking|confirmed)\b"
    r"[^:\w]*(?:for\b)?[\s:–—-]*|(?:tripadvisor|flipkey)\b[^:]*:\s*)+",
    re.IGNORECASE,
)
_BEHIND_NAME = re.compile(
    r"\s+[-–—|]\s*(?:airbnb|booking(?:\.com)?|vrbo|homeaway|expedia|agoda|direct)\b.*$|-[^ -]*-$", re.I
)
_NOBODY = re.compile(
    r"^\W*(?:(?:reserved|reservation|booked|booking|busy|occupied|confirmed|private|guest|stay|no title|n/?a)\W*)*$",
    re.I,
)


def bookings(platform: Platform, events: Iterable[FeedEvent]) -> tuple[CalendarBooking, ...]:
    """Those that are stays, or were. No two of them have one identity."""
    read, found = _PROFILES[platform], dict[str, dict[str, CalendarBooking]]()
    for event in events:
        one = read(event) if event.status.upper() != "TENTATIVE" and _lasts(event) else None
        if one is None:
            continue
        one = replace(one, cancelled=event.status.upper() == "CANCELLED")
        alike, start = found.setdefault(one.identity, {}), one.starts_at.isoformat()
        if start not in alike or alike[start].cancelled:
            alike[start] = one
    return tuple(one for alike in found.values() for one in _told_apart(alike))


def _told_apart(alike: Mapping[str, CalendarBooking]) -> Iterable[CalendarBooking]:
    """One code for nights apart, or a calendar that calls all its events the same: each goes by its start, too."""
    if len(alike) == 1:
        return alike.values()
    return [replace(one, identity=f"{one.identity}|{start}") for start, one in alike.items()]


def _lasts(event: FeedEvent) -> bool:
    if isinstance(event.starts_at, datetime) != isinstance(event.ends_at, datetime):
        return False
    if isinstance(event.starts_at, datetime) and isinstance(event.ends_at, datetime):
        aware = {event.starts_at.tzinfo is None, event.ends_at.tzinfo is None}
        return len(aware) == 1 and event.starts_at < event.ends_at
    return event.starts_at < event.ends_at


def _airbnb(event: FeedEvent) -> CalendarBooking | None:
    if _BLOCKED.search(event.summary):
        return None
    old, code, link = _OLD_CODE.match(event.summary), _CODE.search(event.description), _AIRBNB_LINK.search
    found = link(event.description)
    return _booking(
        event,
        sure=True,
        name=_name(old["name"] if old else event.summary),
        code=code[1] if code else old["code"] if old else None,
        link=found[0] if found else None,
    )


def _booking_com(event: FeedEvent) -> CalendarBooking | None:
    """Its bookings and its closed days look the same, so all count; older calendars say the guest's name."""
    name = None if "not available" in event.summary.lower() else _name(event.summary)
    return _booking(event, sure=name is not None, name=name)


def _vrbo(event: FeedEvent) -> CalendarBooking | None:
    """What an owner types for a block may look like a guest's name: it counts, and asks for a number at the most."""
    if _BLOCKED.search(event.summary):
        return None
    return _booking(event, sure=event.summary.lower().startswith("reserved"), name=_name(event.summary))


def _kept_by_hand(event: FeedEvent, *, stable: bool) -> CalendarBooking | None:
    """What people and property systems write: names in the summary, the rest by the conventions of Rental Control."""
    if _BLOCKED.search(event.summary):
        return None
    if _ONLY_ARRIVAL.search(event.summary):
        return None  # Smoobu says each stay three times: when it begins, when it ends, and whole
    name, text = _name(event.summary), event.description
    phone, email, code = _PHONE.search(text), _EMAIL.search(text), _BOOKING_ID.search(text)
    timed = replace(
        event, starts_at=_at(event.starts_at, _CHECK_IN, text), ends_at=_at(event.ends_at, _CHECK_OUT, text)
    )
    return _booking(
        timed if _lasts(timed) else event,
        sure=name is not None or phone is not None,
        name=name,
        code=code[1] if code and not stable else None,
        phone=" ".join(phone[1].split()) if phone else None,
        email=email[1].rstrip(".") if email else None,
    )


def _booking(
    event: FeedEvent,
    *,
    sure: bool,
    name: str | None = None,
    code: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    link: str | None = None,
) -> CalendarBooking:
    four = _LAST_FOUR.search(event.description)
    uid = f"{event.uid}|{event.occurrence}" if event.occurrence else event.uid
    alone = f"{event.starts_at.isoformat()}/{event.ends_at.isoformat()}/{name or ''}"
    return CalendarBooking(
        identity=f"code:{code}" if code else f"uid:{uid}" if uid else f"dates:{alone}",
        uid=event.uid,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        sure=sure,
        name=name,
        code=code,
        phone=phone,
        last_four=four[1] if four else None,
        email=email,
        link=link,
    )


def _name(summary: str) -> str | None:
    """The guest's name among what platforms and systems write around it."""
    line = one_line(summary)[: 4 * LONGEST_NAME]
    name = _BEHIND_NAME.sub("", _BEFORE_NAME.sub("", line)).strip(" -–—:|")
    return None if _NOBODY.match(name) or _BLOCKED.search(name) else name[:LONGEST_NAME].strip() or None


def _at(moment: Moment, clock: re.Pattern[str], text: str) -> Moment:
    """A day at the hour that the text names; a time is left as it is."""
    found = clock.search(text)
    if isinstance(moment, datetime) or found is None:
        return moment
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return datetime.combine(moment, time(hour, minute)) if hour < 24 and minute < 60 else moment


_PROFILES: Mapping[Platform, _Read] = {
    Platform.AIRBNB: _airbnb,
    Platform.BOOKING: _booking_com,
    Platform.VRBO: _vrbo,
    Platform.GOOGLE: partial(_kept_by_hand, stable=True),
    Platform.GENERIC: partial(_kept_by_hand, stable=False),
}
