"""When a guest wants to come, as they text it after LATE: `22:00`, `10pm`, `fri 22h`, `morgen 10 Uhr`; or how much
later than they were to: `2h`, `90 min`, `une demi-heure`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.replies.bare_text import normal, tokens
from bot.conversation.typed.windows.day_names import Unit, units
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import Role, is_time_word, meaning
from bot.conversation.typed.windows.window_calendar import Calendar, place
from bot.conversation.typed.windows.window_line import read_line
from bot.conversation.typed.windows.window_pieces import pieces
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT

_MORE_UNITS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "uur", "uren"), Unit.HOUR),
    **dict.fromkeys(("m", "min", "mins", "mn", "minuut", "minuten"), Unit.MINUTE),
}
_HALF_HOURS = frozenset({"mezzora", "halfuur"})
_ON_THE_CLOCK = frozenset({"h", "heure", "heures", "hora", "horas", "ora", "ore", "uur"})
"""`22h` is a time of day, `2h` a length; from 7 to 12 nobody knows."""
_SURELY_LENGTH, _SURELY_CLOCK = 6, 13
_HALF_OF_ONE = 0.5

_AT = frozenset({"at", "um", "a", "as", "las", "alle", "ore", "om", "vers", "verso", "gegen", "sobre", "hacia"})
_HALF = frozenset({"half", "halve", "halb", "halbe", "halben", "demi", "demie", "media", "medio", "meia", "mezza"})
_FEW = {"twee": 2, "drie": 3, "een": 1}
_LENGTH = re.compile(r"(?P<number>\d{1,3}(?:[.,]\d{1,2})?)(?P<unit>[a-z]*)(?P<minutes>\d{2})?")
_JAPANESE_LENGTH = re.compile(r"(\d{1,2})\s*時間\s*(半)?")
_JAPANESE_CLOCK = re.compile(r"(\d{1,2})\s*時\s*(?:(\d{1,2})\s*分|(半))?")
_JAPANESE_MINUTES = re.compile(r"(\d{1,3})\s*分")
_APART = re.compile(r"(?<=\d) ?: ?(?=\d\d\b)")
_LONGEST = timedelta(days=2)
_MOST_LETTERS, _MOST_WORDS = 200, 16
"""Whoever needs more words tells more than a time."""


class _UnclearError(Exception):
    """Both a length and a time of day."""


@dataclass(slots=True)
class _Length:
    """Hours and minutes in the making; `number` waits for its unit."""

    minutes: float = 0
    number: float | None = None
    of_clock: bool = False


def understand_arrival(text: str, *, zone: ZoneInfo, now: datetime, starts_at: datetime) -> datetime | None:
    """The instant, on the door's clocks; None where it has no meaning, or two. A time without a day is the first such
    time from now on, or from the stay's start on where that is still to come; a length counts from there, too."""
    if len(text) > _MOST_LETTERS:
        return None
    said = _JAPANESE_CLOCK.sub(_as_clock, _JAPANESE_LENGTH.sub(_as_hours, _APART.sub(":", normal(text))))
    said = _JAPANESE_MINUTES.sub(r" \1 minutes ", said)
    try:
        length = _length(tokens(said))
    except _UnclearError:
        return None
    if length is not None:
        return max(now, starts_at) + length if length <= _LONGEST else None
    candidates = (_read(f"{at}{each}", zone, now, starts_at) for each in _times(said) for at in ("", "at "))
    return next((found for found in candidates if found is not None), None)


def _as_hours(found: re.Match[str]) -> str:
    return f" {found[1]}.5 hours " if found[2] else f" {found[1]} hours "


def _as_clock(found: re.Match[str]) -> str:
    return f" {found[1]}:{'30' if found[3] else (found[2] or '0').zfill(2)} "


def _length(words: list[str]) -> timedelta | None:
    """None where it is no length, but may be a time of day."""
    made = _Length()
    for before, word in zip(["", *words], words, strict=False):
        found = _LENGTH.fullmatch(word)
        unit = unit_of(found["unit"] if found else word)
        if found is not None:
            made.number = float(found["number"].replace(",", "."))
        elif word in _HALF_HOURS:
            made.minutes += 30
        elif word in _HALF:
            made.number = _HALF_OF_ONE if made.number in (None, 1) else (made.number or 0) + _HALF_OF_ONE
        elif unit is None and (count := meaning(word).count or _FEW.get(word)) is not None:
            made.number = made.number if made.number == _HALF_OF_ONE and count == 1 else count  # half an hour
        elif unit is None and _names_a_day(word):
            return None
        if unit is not None and not _add(made, unit, found["unit"] if found else word, before in _AT):
            return None
        if found is not None and found["minutes"]:
            made.minutes += int(found["minutes"])
    if made.number == _HALF_OF_ONE and made.minutes:  # an hour and a half
        made.minutes, made.number = made.minutes + 30, None
    unread = any(word[0].isdigit() and _LENGTH.fullmatch(word) is None for word in words)
    return timedelta(minutes=made.minutes) if made.minutes and made.number in (None, 1) and not unread else None


def _add(made: _Length, unit: Unit, called: str, is_at: bool) -> bool:
    """Raises Unclear for hours that may be a time of day; False where they surely are."""
    number, made.number = made.number, None
    if number is None:
        return not (is_at and called in _ON_THE_CLOCK)
    if unit is Unit.HOUR and called in _ON_THE_CLOCK and (is_at or number > _SURELY_LENGTH):
        if is_at or number >= _SURELY_CLOCK:
            return False
        raise _UnclearError
    made.minutes += number * (60 if unit is Unit.HOUR else 1)
    return True


def unit_of(word: str) -> Unit | None:
    """Hours or minutes."""
    unit = _MORE_UNITS.get(word) or units().get(word)
    return unit if unit in (Unit.HOUR, Unit.MINUTE) else None


def _names_a_day(word: str) -> bool:
    said = meaning(word)
    return said.weekday is not None or said.month is not None or said.is_a(Role.TOMORROW, Role.OVERMORROW, Role.NOON)


def _times(said: str) -> Iterator[str]:
    """All of it, then less and less of what surely tells no time, from both ends."""
    words = said.split()
    while len(words) > _MOST_WORDS and not (_tells_time(words[0]) and _tells_time(words[-1])):
        words = words[1:] if not _tells_time(words[0]) else words[:-1]
    while 0 < len(words) <= _MOST_WORDS:
        yield " ".join(words)
        if not _tells_time(words[0]):
            words = words[1:]
        elif not _tells_time(words[-1]):
            words = words[:-1]
        else:
            return


def _tells_time(word: str) -> bool:
    bare = word.strip(".,;:!?()")
    return any(character.isdigit() for character in bare) or (is_time_word(bare) and len(bare) > 1)


def _read(said: str, zone: ZoneInfo, now: datetime, starts_at: datetime) -> datetime | None:
    try:
        line = read_line(pieces(f"{said} for 1h"))
        if line.start is None or line.end is not None or not line.start.has_clock:
            return None
        base = now if line.start.has_day or line.start.is_now else max(now, starts_at)
        return place(line, Calendar(zone, base, CHECK_IN, CHECK_OUT)).window.starts_at
    except NotUnderstood:
        return None
