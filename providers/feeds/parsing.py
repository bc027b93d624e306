"""Bytes → events, by icalendar. Slow, and so run in a thread. Whoever writes a calendar may be hostile: what is broken
costs one event, what would never end is not begun, and nothing but FeedUnreadable is raised."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.domain.signs import fit
from bot.domain.sources.feeds import FeedEvent, FeedProblem
from bot.domain.sources.source_stays import Moment
from bot.ports.feeds import FeedUnreadable
from providers.http import UNREADABLE

MOST_EVENTS = 5_000
MOST_REPEATING = 200
AHEAD = timedelta(days=366)
"""So far ahead what repeats is looked at."""

LONGEST_TEXT = 4_000
_YEARS = range(2000, 2101)
_OLDEST_START = timedelta(days=10 * 366)
"""What has repeated for longer is counted on from its first time, day by day."""

_RULES = {
    "DAILY": {"COUNT", "UNTIL", "INTERVAL", "WKST"},
    "WEEKLY": {"COUNT", "UNTIL", "INTERVAL", "WKST", "BYDAY"},
    "MONTHLY": {"COUNT", "UNTIL", "INTERVAL", "WKST", "BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"COUNT", "UNTIL", "INTERVAL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH"},
}
"""What people's calendars write. Others may match no day until the year 9999, and be looked for until then."""

ODD = (*UNREADABLE, RuntimeError, AssertionError)
"""What the libraries raise that meet what nobody should write."""

_BEGINS, _ENDS = (re.compile(rb"^%s:VEVENT\s*$" % word, re.IGNORECASE | re.MULTILINE) for word in (b"BEGIN", b"END"))
_MOST_LISTED = 500
_LONGEST_INTERVAL = 400

Parsed = tuple[tuple[FeedEvent, ...], frozenset[str]]
"""The events, and the uids of those that cannot be understood."""


def parsed(body: bytes, now: datetime) -> Parsed:
    text = body.strip().removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"BEGIN:VCALENDAR" not in text[:1_000].upper():
        raise FeedUnreadable(FeedProblem.NO_CALENDAR)
    if not text.upper().endswith(b"END:VCALENDAR"):
        raise FeedUnreadable(FeedProblem.CUT_SHORT)
    if len(_BEGINS.findall(text)) > MOST_EVENTS:
        raise FeedUnreadable(FeedProblem.TOO_LARGE)
    if len(_BEGINS.findall(text)) != len(_ENDS.findall(text)):
        raise FeedUnreadable(FeedProblem.CUT_SHORT)
    from icalendar import Calendar  # takes a tenth of a second, which only whoever reads a calendar waits for

    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except ODD:
        raise FeedUnreadable(FeedProblem.NO_CALENDAR) from None
    found, unreadable = list[FeedEvent](), set[str]()
    for calendar in calendars:
        if calendar.name != "VCALENDAR":
            raise FeedUnreadable(FeedProblem.NO_CALENDAR)
        for each in _events(calendar, now):
            if isinstance(each, FeedEvent):
                found.append(each)
            else:
                unreadable.add(each)
    return tuple(found), frozenset(unreadable)


def _events(calendar: Any, now: datetime) -> Iterator[FeedEvent | str]:
    """Each event, or the uid of one that cannot be understood."""
    try:
        import x_wr_timezone

        calendar = x_wr_timezone.to_standard(calendar)
        events = list(calendar.walk("VEVENT"))
    except ODD:
        raise FeedUnreadable(FeedProblem.NO_CALENDAR) from None
    repeating = {_text(one, "UID") for one in events if any(name in one for name in ("RRULE", "RDATE"))}
    series = dict[str, list[Any]]()
    for one in events:
        uid = _text(one, "UID")
        if uid in repeating or "RECURRENCE-ID" in one:
            series.setdefault(uid, []).append(one)
        else:
            yield _event(one) or uid
    for number, (uid, parts) in enumerate(series.items()):
        if number < MOST_REPEATING and all(_can_be_counted(one, now) for one in parts):
            yield from _occurrences(calendar, uid, parts, now)
        else:
            yield uid


def _occurrences(calendar: Any, uid: str, parts: list[Any], now: datetime) -> Iterator[FeedEvent | str]:
    import recurring_ical_events
    from icalendar import Calendar

    alone = Calendar()
    for one in (*calendar.walk("VTIMEZONE"), *parts):
        alone.add_component(one)
    try:
        every = recurring_ical_events.of(alone).between(now - timedelta(days=1), now + AHEAD)
    except ODD:
        yield uid
        return
    for one in every:
        occurrence = _moment(one.get("RECURRENCE-ID"))
        event = _event(one, occurrence.isoformat() if occurrence else "")
        yield event or uid


def _event(event: Any, occurrence: str = "") -> FeedEvent | None:
    try:
        if any(name in ("DTSTART", "DTEND", "DURATION") for name, _ in event.errors):
            return None
        starts, ends = _fits(event.start), _fits(event.end)
        if starts is None or ends is None:
            return None
        texts = {name: _text(event, name.upper()) for name in ("summary", "description", "status")}
        return FeedEvent(_text(event, "UID"), starts, ends, **texts, occurrence=occurrence)
    except ODD:
        return None


def _fits(value: object) -> Moment | None:
    """A time with a zone becomes an instant; one of another age none."""
    if isinstance(value, datetime):
        if value.year not in _YEARS:
            return None
        return value.astimezone(UTC) if value.tzinfo is not None else value
    return value if isinstance(value, date) and value.year in _YEARS else None


def _moment(value: Any) -> Moment | None:
    return _fits(getattr(value, "dt", None))


def _text(event: Any, name: str) -> str:
    found = event.get(name, "")
    first = found[0] if isinstance(found, list) and found else found
    return fit(str(first))[:LONGEST_TEXT]


def _can_be_counted(event: Any, now: datetime) -> bool:
    try:
        if any(name in ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE") for name, _ in event.errors):
            return False
        starts, ends = _fits(event.start), _fits(event.end)
        if starts is None or ends is None:
            return False
        first = starts.date() if isinstance(starts, datetime) else starts
        if first < now.date() - _OLDEST_START:
            return False
        rules = event.get("RRULE", [])
        rules = rules if isinstance(rules, list) else [rules]
        listed = sum(str(event.get(name, "")).count(",") + len(_listed(event, name)) for name in ("RDATE", "EXDATE"))
        return len(rules) <= 1 and listed <= _MOST_LISTED and all(_ends_soon(rule) for rule in rules)
    except ODD:
        return False


def _listed(event: Any, name: str) -> list[Any]:
    found = event.get(name, [])
    many = found if isinstance(found, list) else [found]
    return [each for one in many for each in getattr(one, "dts", [one])]


def _ends_soon(rule: Any) -> bool:
    """Whether counting on always comes to a next time, or to an end."""
    values = {str(name).upper(): value if isinstance(value, list) else [value] for name, value in rule.items()}
    frequency = str(next(iter(values.pop("FREQ", [])), "")).upper()
    if frequency not in _RULES or not values.keys() <= _RULES[frequency]:
        return False
    if not all(1 <= int(each) <= _LONGEST_INTERVAL for each in values.get("INTERVAL", [])):
        return False
    return all(len(each) <= 31 for each in values.values())
