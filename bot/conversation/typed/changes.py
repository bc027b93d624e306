"""A typed change of a stay: `ana until mon 11:00`, `ana from fri 16:00`, `k3j9p for 3 nights`, `ana door garage`, `ana
doors loft + cellar until mon 11:00`: whose, to what time, to which doors.

What a moment is, is `understand_window`'s business; here a change is read against the time that the stay has. A door
stands behind `door` or `doors`, or behind `at` and `to` where what follows is the name of one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.conversation.typed.lock_names import ARTICLES, LockName, find_lock, find_row, near_lock
from bot.conversation.typed.slack_text import MAX_ASK_TEXT
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT, understand_window
from bot.domain.windows import AccessWindow

_DOOR = re.compile(r"(?<=\s)(?:(?:to|at|into)\s+)?(?:the\s+)?(?:(doors?)|at|to|into)\s+", re.IGNORECASE)
_TIME = re.compile(r"\s(from|until|till|til|for|to)\s", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}(?:[:.]\d\d)?\s*(?:am|pm|h|uhr)?", re.IGNORECASE)
_END = re.compile(r"(?:until|till|til|to)\s+(.+)", re.IGNORECASE | re.DOTALL)
_START = re.compile(r"from\s+(.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class TypedChange:
    """`time` is empty where only a stay is named, `locks` where no door is. `question`: what was not understood about
    the door."""

    stay: str
    time: str = ""
    locks: tuple[str, ...] = ()
    question: str = ""


def understand_change(words: str, locks: Sequence[LockName] = ()) -> TypedChange:
    if len(words) > MAX_ASK_TEXT:
        return TypedChange(words[:MAX_ASK_TEXT].strip())
    for marker in _DOOR.finditer(words):
        if (found := _with_doors(words, marker, locks)) is not None:
            return found
    found_time = _TIME.search(f" {words} ")
    if found_time is None:
        return TypedChange(words.strip())
    at = found_time.start()
    return TypedChange(words[:at].strip(), words[at:].strip())


def _with_doors(words: str, marker: re.Match[str], locks: Sequence[LockName]) -> TypedChange | None:
    """None where these words are about no door: `at` and `to` stand before hours, too."""
    named = words[marker.end() :].strip()
    if named.split(" ", 1)[0].casefold() in ARTICLES and (row := find_row(named.split(" ", 1)[-1], locks)):
        row = row if row.first == 0 else None
    else:
        row = find_row(named, locks)
    if row is not None and row.first == 0:
        rest = understand_change(f"{words[: marker.start()].strip()} {' '.join(row.words[row.after :])}".strip())
        return TypedChange(rest.stay, rest.time, tuple(lock.id for lock in row.locks))
    if marker[1] is None:
        return None
    time = _TIME.search(f" {named} ")
    name = named[: time.start()].strip() if time else named
    rest = understand_change(f"{words[: marker.start()].strip()} {named[len(name) :]}".strip())
    return TypedChange(rest.stay, rest.time, question=_which(name, locks))


def _which(name: str, locks: Sequence[LockName]) -> str:
    match = find_lock(name.split(" "), locks)
    if match is not None and match.first == 0 and len(match.locks) > 1:
        return f"More than one lock is called “{name}”: which one?"
    if near := near_lock(name.split(" "), locks):
        return f"Which lock is “{name}”? Did you mean {near.locks[0].name}?"
    known = ", ".join(sorted(lock.name for lock in locks)[:10])
    return f"Which lock is “{name}”? I know {known}." if known else "There is no lock yet."


def changed_window(
    words: str,
    before: AccessWindow,
    *,
    zone: ZoneInfo,
    now: datetime,
    check_in: time = CHECK_IN,
    check_out: time = CHECK_OUT,
) -> AccessWindow:
    """The time that a stay has after this change. Raises NotUnderstood where the words have no meaning, or two."""

    def moment(typed: str, after: datetime, near: datetime) -> datetime:
        # A clock alone is on the day on which that side of the stay lies; a day is the first one after `after`.
        day = f"{near.astimezone(zone):%Y-%m-%d} " if _CLOCK.fullmatch(typed.strip()) else ""
        line = f"until {day}{typed}"
        return understand_window(line, zone=zone, now=after, check_in=check_in, check_out=check_out).ends_at

    begins = max(now, before.starts_at)
    if end := _END.fullmatch(words):
        return AccessWindow(before.starts_at, moment(end[1], begins, before.ends_at))
    if start := _START.fullmatch(words):
        try:
            return understand_window(start[1], zone=zone, now=now, check_in=check_in, check_out=check_out)
        except NotUnderstood:
            return AccessWindow(moment(start[1], now, before.starts_at), before.ends_at)
    length = understand_window(words, zone=zone, now=begins, check_in=check_in, check_out=check_out)
    return AccessWindow(before.starts_at, length.ends_at)
