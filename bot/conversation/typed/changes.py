"""A typed change of a stay: `ana until mon 11:00`, `ana from fri 16:00`, `k3j9p for 3 nights`: whose, and to what time.

What a moment is, is `understand_window`'s business; here a change is read against the time that the stay has.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.conversation.typed.not_understood import NotUnderstood
from bot.conversation.typed.windows_typed import CHECK_IN, CHECK_OUT, understand_window
from bot.domain.windows import AccessWindow

_TIME = re.compile(r"\s(from|until|till|til|for|to)\s", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}(?:[:.]\d\d)?\s*(?:am|pm|h|uhr)?", re.IGNORECASE)
_END = re.compile(r"(?:until|till|til|to)\s+(.+)", re.IGNORECASE | re.DOTALL)
_START = re.compile(r"from\s+(.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class TypedChange:
    """`time` is empty where only a stay is named."""

    stay: str
    time: str = ""


def understand_change(words: str) -> TypedChange:
    found = _TIME.search(f" {words} ")
    if found is None:
        return TypedChange(words.strip())
    at = found.start()
    return TypedChange(words[:at].strip(), words[at:].strip())


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
