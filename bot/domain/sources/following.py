"""One reading of a calendar after the other: what is new, what has moved, what is gone and since when; and which
bookings of several calendars of one door are the same stay. Pure, and time is an argument.

Nothing is cancelled because a calendar cannot be read, comes empty once, or leaves a booking out once: a booking is
gone when its calendar says so, or has not named it twice in a row and for a day.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.sources.source_stays import LONGEST_ID, Moment, is_external_id

GONE_AFTER = timedelta(days=1)
GONE_AFTER_READINGS = 2
EMPTY_COUNTS_AT = 2
"""The second empty calendar in a row counts: platforms serve one now and then although there are bookings."""

APART_AFTER = timedelta(days=1)
"""What was the echo of another calendar's booking and is so no more may follow it late; after this it is a stay."""

NEAR = timedelta(days=2)
"""What begins so soon is not waited for: rather one question too many than a guest without a PIN."""

_SHORTENED = 40


@dataclass(frozen=True, slots=True, repr=False)
class CalendarBooking:
    """What a calendar says of one stay. `identity`: by which it is known from reading to reading. `sure`: it is
    certainly a booking, and no echo of another calendar's."""

    identity: str
    starts_at: Moment
    ends_at: Moment
    sure: bool = True
    uid: str = ""
    name: str | None = None
    code: str | None = None
    phone: str | None = None
    last_four: str | None = None
    email: str | None = None
    link: str | None = None
    cancelled: bool = False

    def of_nobody(self) -> "CalendarBooking":
        return replace(self, name=None, phone=None, last_four=None, email=None, link=None)


@dataclass(frozen=True, slots=True, repr=False)
class FeedEntry:
    """A booking as we know it by its calendar. `key`: what its stay is called (`SourceKey.external_id`), and `source`
    from whom; None while it is no stay of its own. `done`: the digest of what was last made of it. `apart_since`:
    since when it is the echo of nothing any more. `gone`: it was cancelled, and that is still to be done; `cancelled`
    by its calendar's own word. `erased`: its guest was, and nothing of it is kept or made. `again`: two readings
    in a row have named it."""

    booking: CalendarBooking
    since: datetime
    source: str = ""
    key: str | None = None
    done: str = ""
    missed: int = 0
    missing_since: datetime | None = None
    apart_since: datetime | None = None
    gone: bool = False
    cancelled: bool = False
    erased: bool = False
    again: bool = False

    @property
    def stands(self) -> bool:
        return not self.gone

    @property
    def is_named(self) -> bool:
        """By the last whole copy of its calendar."""
        return self.missing_since is None and not self.cancelled

    def erased_now(self) -> "FeedEntry":
        return replace(self, booking=self.booking.of_nobody(), erased=True)


Entries = tuple[FeedEntry, ...]


# --- one calendar -----------------------------------------------------------------------------------------------------


def follow(
    known: Entries, read: Iterable[CalendarBooking], now: datetime, zone: ZoneInfo, unreadable: Collection[str] = ()
) -> Entries:
    """What is known after one more reading. `unreadable`: uids of events that came and could not be read, which count
    as unchanged."""
    known = tuple(one for one in known if _ends(one.booking, zone) > now)
    by_identity = {one.booking.identity: one for one in known}
    found = {one.identity: one for one in read if _ends(one, zone) > now}
    new = [one for identity, one in found.items() if identity not in by_identity and not one.cancelled]
    lost = [one for one in known if one.booking.identity not in found and not one.gone]
    moved = _moved(lost, new)
    after = []
    for one in known:
        seen = found.get(one.booking.identity) or moved.get(one.booking.identity)
        if seen is not None:
            after.append(_seen(one, seen))
        elif one.gone or one.booking.uid in unreadable or "" in unreadable:
            after.append(one)
        else:
            after.append(_missed(one, now, zone))
    taken = {id(one) for one in moved.values()}
    return (*after, *(FeedEntry(one, now) for one in new if id(one) not in taken))


def unchanged(known: Entries) -> tuple[CalendarBooking, ...]:
    """What the calendar said last, where it says that nothing has changed since."""
    return tuple(one.booking for one in known if one.is_named and one.stands)


def _seen(one: FeedEntry, booking: CalendarBooking) -> FeedEntry:
    if booking.cancelled:
        return replace(one, gone=True, cancelled=True)
    kept = booking.of_nobody() if one.erased else booking
    again = one.again or one.missing_since is None
    return replace(one, booking=kept, missed=0, missing_since=None, gone=False, cancelled=False, again=again)


def _missed(one: FeedEntry, now: datetime, zone: ZoneInfo) -> FeedEntry:
    since, missed = one.missing_since or now, one.missed + 1
    # Calendars leave out what has begun: that is no cancellation.
    had_begun = since >= _day_of(one.booking, zone)
    gone = missed >= GONE_AFTER_READINGS and now - since >= GONE_AFTER and not had_begun
    return replace(one, missing_since=since, missed=missed, gone=gone)


def _moved(lost: Sequence[FeedEntry], new: Sequence[CalendarBooking]) -> Mapping[str, CalendarBooking]:
    """By the old identity: bookings that go on under another one, as Vrbo's do when their dates change."""
    found, free = dict[str, CalendarBooking](), sorted(lost, key=lambda one: (one.missing_since is not None, one.since))
    for booking in new:
        same = next((one for one in free if _goes_on(one, booking)), None)
        if same is not None:
            free.remove(same)
            found[same.booking.identity] = booking
    return found


def _goes_on(old: FeedEntry, new: CalendarBooking) -> bool:
    """Something of the guest's is the same; or nothing is known of either, and one took the other's place from one
    reading to the next on the very same nights."""
    before = old.booking
    if _contradict(before, new) or not _overlap(before, new):
        return False
    pairs = ((before.code, new.code), (before.name, new.name), (before.phone, new.phone))
    if any(a is not None and a == b for a, b in (*pairs, (before.last_four, new.last_four))):
        return True
    return old.missing_since is None and (_same_time(before, new) or not (before.uid or new.uid))


# --- several calendars of one door ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    feed: str
    place: int
    entry: FeedEntry


def assign(feeds: Mapping[str, Entries], sources: Mapping[str, str], scope: str, now: datetime) -> dict[str, Entries]:
    """Which entries are one stay. `feeds`: what is known by each calendar of a door, those that were added first
    first; `sources`: what each is called as a source; `scope`: the door.

    The booking that was there first keeps the stay, and what is certainly a booking decides over what may be an echo,
    once its calendar has named it twice.
    Another calendar's booking is the same stay where it is for the same time and says of nobody else, or where one of
    the two may be an echo and they overlap. When the first is gone and another stands for the same time, the stay goes
    on under that.
    """
    after = {feed: list(entries) for feed, entries in feeds.items()}
    stays = _stays(after)
    for key, members in stays.items():
        _settle(after, key, members, now)
    stays = _stays(after)
    used = {one.key for entries in after.values() for one in entries if one.key}
    for feed, entries in after.items():
        for place, one in sorted(enumerate(entries), key=lambda pair: _order(pair[1])):
            if one.key is not None or not one.stands or one.erased:
                continue
            found = next((k for k, members in stays.items() if _belongs(feed, one, members)), None)
            if found is not None and _moves_too_soon(one, [member.entry for member in stays[found]]):
                continue
            if found is not None:
                first = stays[found][0].entry
                after[feed][place] = replace(one, key=found, source=first.source, apart_since=None)
            elif one.is_named and _stands_alone(one, now):
                found = _new_key(one.booking, scope, used)
                used.add(found)
                after[feed][place] = replace(one, key=found, source=sources[feed], apart_since=None)
            if found is not None:
                stays.setdefault(found, []).append(_Member(feed, place, after[feed][place]))
    return {feed: _left(entries) for feed, entries in after.items()}


def _stands_alone(one: FeedEntry, now: datetime) -> bool:
    if one.apart_since is None or now - one.apart_since >= APART_AFTER:
        return True
    return instant(one.booking.starts_at, ZoneInfo("UTC")) - now <= NEAR


def _moves_too_soon(one: FeedEntry, members: Sequence[FeedEntry]) -> bool:
    """Whether it would give another calendar's stay another time, and one reading alone has named it: where a calendar
    was served in another's place once, nobody's PIN is for other days."""
    before = leader([member for member in members if member.stands])
    decides = leader([before, one]) is one
    return decides and not (one.again and one.is_named) and not _same_time(one.booking, before.booking)


def _left(entries: list[FeedEntry]) -> Entries:
    """Without what was gone before it was a stay."""
    return tuple(one for one in entries if one.key is not None or one.stands)


def _stays(feeds: Mapping[str, list[FeedEntry]]) -> dict[str, list[_Member]]:
    found = dict[str, list[_Member]]()
    for feed, entries in feeds.items():
        for place, one in enumerate(entries):
            if one.key is not None:
                found.setdefault(one.key, []).append(_Member(feed, place, one))
    return found


def _settle(after: dict[str, list[FeedEntry]], key: str, members: list[_Member], now: datetime) -> None:
    """Who goes on with the stay, and who has come apart from it."""
    gone = [one for one in members if one.entry.gone]
    left = [one for one in members if not one.entry.gone]
    apart = list[_Member]()
    if gone and left:
        first = leader([one.entry for one in members])
        if first.gone:
            believed = first.cancelled
            stay = [
                one
                for one in left
                if _same_time(one.entry.booking, first.booking) and (one.entry.booking.sure or not believed)
            ]
            apart = [one for one in left if one not in stay]
            left = stay
        if left:
            for one in gone:
                after[one.feed][one.place] = replace(one.entry, key=None)
    elif left:
        first = leader([one.entry for one in left])
        apart = [one for one in left if one.entry is not first and not _same_stay(one.entry.booking, first.booking)]
    for one in apart:
        after[one.feed][one.place] = replace(one.entry, key=None, source="", done="", apart_since=now)


def leader(entries: Sequence[FeedEntry]) -> FeedEntry:
    """Whose time the stay has: of those that are sure, else of all, the one that was there first."""
    return min(entries, key=lambda one: (not one.booking.sure, one.since))


def _belongs(feed: str, one: FeedEntry, members: Sequence[_Member]) -> bool:
    standing = [member for member in members if member.entry.stands]
    if not standing:
        return False
    # Two sure bookings of one calendar are never one stay.
    if one.booking.sure and any(member.feed == feed and member.entry.booking.sure for member in standing):
        return False
    if any(_contradict(one.booking, member.entry.booking) for member in standing):
        return False
    first = leader([member.entry for member in standing])
    if all(member.feed == feed for member in standing):
        return False
    return _same_stay(one.booking, first.booking)


def _same_stay(one: CalendarBooking, other: CalendarBooking) -> bool:
    if _contradict(one, other):
        return False
    if one.code is not None and one.code == other.code:
        return True
    return _same_time(one, other) or (_overlap(one, other) and not (one.sure and other.sure))


def _new_key(booking: CalendarBooking, scope: str, used: Collection[str | None]) -> str:
    """The same for the same booking of the same door, also where its calendar is taken away and added again."""
    named = booking.code or booking.identity.partition(":")[2]
    key = f"{named}@{scope}"
    if not is_external_id(key):
        key = f"{sha256(named.encode(errors='replace')).hexdigest()[:_SHORTENED]}@{scope}"
    number = 2
    while key in used:
        key, number = f"{key[: LONGEST_ID - 8].partition('#')[0]}#{number}", number + 1
    return key


# --- what is to be done -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class CalendarStay:
    """A stay as all its calendars together say it."""

    source: str
    key: str
    starts_at: Moment
    ends_at: Moment
    name: str | None
    phone: str | None
    email: str | None
    note: str | None

    @property
    def digest(self) -> str:
        said = [str(getattr(self, one.name)) for one in fields(self)]
        return sha256(repr(said).encode(errors="replace")).hexdigest()[:_SHORTENED]


@dataclass(frozen=True, slots=True, repr=False)
class FeedPlan:
    """What is to be asked for or changed, and the stays (source, key) that are to be given up."""

    wanted: tuple[CalendarStay, ...]
    gone: tuple[tuple[str, str], ...]


OF_CALENDAR = "calendar_booking"
"""How the key of an alert about a booking of a calendar begins."""


def mark(key: str) -> str:
    """The key of a stay, which may be a reservation's code, where nobody is to read it."""
    return sha256(key.encode()).hexdigest()[:16]


def plan(feeds: Mapping[str, Entries]) -> FeedPlan:
    wanted, gone = list[CalendarStay](), list[tuple[str, str]]()
    for key, members in _stays({feed: list(entries) for feed, entries in feeds.items()}).items():
        entries = [one.entry for one in members]
        standing = [one for one in entries if one.stands]
        if not standing:
            gone.append((entries[0].source, key))
        elif not any(one.erased for one in standing):
            said = _said(key, standing)
            if any(one.done != said.digest for one in standing):
                wanted.append(said)
    return FeedPlan(tuple(wanted), tuple(gone))


def _said(key: str, standing: Sequence[FeedEntry]) -> CalendarStay:
    """The time of the one that decides; of a guest whatever any of them knows."""
    first = leader(standing)
    each = [first.booking, *(one.booking for one in standing if one is not first)]
    known = {
        name: next((found for one in each if (found := getattr(one, name)) is not None), None)
        for name in ("name", "phone", "email", "code", "link", "last_four")
    }
    note = "; ".join(
        part
        for part in (
            f"Reservation {known['code']}" if known["code"] else "",
            known["link"] or "",
            f"number ends in {known['last_four']}" if known["last_four"] and not known["phone"] else "",
        )
        if part
    )
    booking, about = first.booking, (known["name"], known["phone"], known["email"], note or None)
    return CalendarStay(first.source, key, booking.starts_at, booking.ends_at, *about)


def made(entries: Entries, key: str, digest: str) -> Entries:
    """After a stay was asked for or changed."""
    return tuple(replace(one, done=digest) if one.key == key and one.stands else one for one in entries)


def given_up(entries: Entries, key: str) -> Entries:
    """After a stay was given up: what is gone is known no more; should it come again, it is new."""
    return tuple(one for one in entries if one.key != key or one.stands)


def erased(entries: Entries, key: str) -> Entries:
    return tuple(one.erased_now() if one.key == key else one for one in entries)


# --- times ------------------------------------------------------------------------------------------------------------


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _day_of(booking: CalendarBooking, zone: ZoneInfo) -> datetime:
    first = instant(booking.starts_at, zone).astimezone(zone).date()
    return datetime.combine(first, time(), zone)


def _ends(booking: CalendarBooking, zone: ZoneInfo) -> datetime:
    """A day alone ends somewhen on it."""
    end = instant(booking.ends_at, zone)
    return end if isinstance(booking.ends_at, datetime) else end + timedelta(days=1)


def _days(booking: CalendarBooking) -> tuple[date, date]:
    """The nights, as calendars of days count them: a stay of hours within one day is that day."""
    first, last = (m.date() if isinstance(m, datetime) else m for m in (booking.starts_at, booking.ends_at))
    return first, max(last, first + timedelta(days=1))


def _same_time(one: CalendarBooking, other: CalendarBooking) -> bool:
    if _are_hours(one) and _are_hours(other):
        return _as_hours(one) == _as_hours(other)
    return _days(one) == _days(other)


def _overlap(one: CalendarBooking, other: CalendarBooking) -> bool:
    if _are_hours(one) and _are_hours(other):
        (a, b), (c, d) = _as_hours(one), _as_hours(other)
        return a < d and c < b
    (first, last), (begin, end) = _days(one), _days(other)
    return first < end and begin < last


def _are_hours(booking: CalendarBooking) -> bool:
    return isinstance(booking.starts_at, datetime)


def _as_hours(booking: CalendarBooking) -> tuple[datetime, datetime]:
    """Comparable with each other; a clock without a zone is told from one with by a few hours at the most."""
    found = [instant(moment, ZoneInfo("UTC")).astimezone(UTC) for moment in (booking.starts_at, booking.ends_at)]
    return found[0], found[1]


def _contradict(one: CalendarBooking, other: CalendarBooking) -> bool:
    """They say of different guests."""
    pairs = ((one.code, other.code), (one.phone, other.phone), (one.last_four, other.last_four))
    if any(a is not None and b is not None and a != b for a, b in pairs):
        return True
    return one.name is not None and other.name is not None and not _same_name(one.name, other.name)


def _same_name(one: str, other: str) -> bool:
    """`Ana` at one platform is `Ana Sample` at the other."""
    words, others = (set(name.casefold().replace(".", " ").split()) for name in (one, other))
    return bool(words & others)


def _order(entry: FeedEntry) -> tuple[bool, date, str]:
    return not entry.booking.sure, _days(entry.booking)[0], entry.booking.identity


# --- kept -------------------------------------------------------------------------------------------------------------

_TIMES = ("since", "missing_since", "apart_since")


def as_json(entries: Entries) -> list[dict[str, Any]]:
    """As they are kept, under a seal; `from_json` reads them."""
    return [
        {
            **{one.name: getattr(entry, one.name) for one in fields(FeedEntry) if one.name not in ("booking", *_TIMES)},
            **{name: at.isoformat() if (at := getattr(entry, name)) else None for name in _TIMES},
            "booking": {one.name: getattr(entry.booking, one.name) for one in fields(CalendarBooking)}
            | {name: getattr(entry.booking, name).isoformat() for name in ("starts_at", "ends_at")},
        }
        for entry in entries
    ]


def from_json(kept: Iterable[Mapping[str, Any]]) -> Entries:
    return tuple(_entry(one) for one in kept)


def _entry(kept: Mapping[str, Any]) -> FeedEntry:
    said = kept["booking"]
    times = {name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in _TIMES}
    booking = CalendarBooking(**{**said, **{name: _moment(said[name]) for name in ("starts_at", "ends_at")}})
    return FeedEntry(**{**kept, **times, "booking": booking})


def _moment(kept: str) -> Moment:
    return datetime.fromisoformat(kept) if "T" in kept else date.fromisoformat(kept)
