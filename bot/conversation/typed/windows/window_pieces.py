"""The pieces of a typed window: a line of text becomes dates, clock times, numbers, dashes and words.

Every pattern is bounded and anchored at the reading position, so the time taken grows with the length of the line
only. What the pieces mean together is `window_line`; nothing here knows the time or a zone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.conversation.typed.plain_text import plain
from bot.conversation.typed.windows.day_names import month_name
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import NOTHING, Meaning, join_phrases, meaning

_YEARS = range(2000, 2200)
OF = ("of", "de", "di", "d'")
ANY_MONTH = 0
"""The month of `the 5th`."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment with its own offset: `2026-12-04T15:00+01:00`."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of a month, with or without its year."""

    text: str
    month: int
    day: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day. `style` says how it was written: `:`, `h` (may be a length), `u` (Uhr), `m` (am, pm), `word`."""

    text: str
    hour: int
    minute: int = 0
    style: str = ":"


@dataclass(frozen=True, slots=True)
class Dotted:
    """`10.12`: a day and month, a time of day, or a decimal number; its neighbours decide."""

    text: str
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number that says nothing more yet; `ordinal` for `4th` and `4.`, which is a day."""

    text: str
    value: int
    ordinal: bool = False


@dataclass(frozen=True, slots=True)
class WordPiece:
    """A word, with all that it may mean."""

    text: str
    meaning: Meaning = field(default=NOTHING, compare=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """A dash (`to`), a comma (nothing), or a character that has no place here (`text` is shown)."""

    text: str
    kind: str


Piece = Instant | CalendarDay | ClockTime | Dotted | Number | WordPiece | Mark

_MERIDIEM = r"(?P<{0}>[ap])\.? ?m\b\.?"
_ISO_T = (
    r"\d{4}-\d\d-\d\dt\d\d:?\d\d(?::?\d\d(?:\.\d{1,6})?)?"
    r"(?:z|[+-](?:0\d|1[0-4])(?::?\d\d)?(?![\d:t-]))?(?![\w:])"
)
_ISO_SPACE = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?(?:z|\+\d\d:?\d\d)(?![\w:])"
_PATTERNS = (
    ("iso", rf"{_ISO_T}|{_ISO_SPACE}"),
    ("year_first", r"(?P<y>\d{4})(?P<ys>[-/.])(?P<ym>\d{1,2})(?P=ys)(?P<yd>\d{1,2})(?!\d)"),
    ("dots_short", r"(?P<nd>\d{1,2})\.(?P<nm>\d{1,2})\.(?P<ny>\d\d)(?![\d.:h])"),
    ("dots", r"(?P<dd>\d{1,2})\. ?(?P<dm>\d{1,2})\.(?: ?(?P<dy>\d{4})(?![\d:h]))?(?!\d)"),
    ("slashes", r"(?P<sa>\d{1,2})(?P<ss>[-/])(?P<sb>\d{1,2})(?P=ss)(?P<sy>\d{4}|\d\d)(?!\d)"),
    ("slash", r"(?P<pa>\d{1,2})/(?P<pb>\d{1,2})(?!\d)"),
    ("colon", rf"(?P<ch>\d{{1,2}}):(?P<cm>\d\d)(?::\d\d)?(?: ?{_MERIDIEM.format('ca')}| ?(?:uhr|hrs|h)\b)?(?!\d)"),
    ("dotted_clock", rf"(?P<eh>\d{{1,2}})\.(?P<em>\d\d) ?(?:{_MERIDIEM.format('ea')}|uhr\b|h\b)"),
    ("meridiem", rf"(?P<mh>\d{{1,2}}) ?{_MERIDIEM.format('ma')}"),
    ("uhr", r"(?P<uh>\d{1,2}) ?uhr\b(?: ?(?P<um>\d\d)(?![\d:.]))?"),
    ("hours", r"(?P<hh>\d{1,3})(?:h(?P<hm>\d\d)(?:m|min)?| h (?P<hn>\d\d)| ?hr?s?)\b(?!:)"),
    ("dotted", r"(?P<ta>\d{1,2})\.(?P<tb>\d{1,2})(?!\d)"),
    ("ordinal", r"(?P<od>\d{1,2})(?:(?:st|nd|rd|th|er|ere|o)\b|\.(?![\d.]))"),
    ("number", r"\d{1,4}(?!\d)"),
    ("dash", r"-+>?|\.{2,4}|/"),
    ("comma", r"[,;]"),
    ("word", r"@|'?[^\W\d]+(?:'[^\W\d]*)*\.?"),
    ("space", r" "),
    ("junk", r"\d+|."),
)
CLOCK_MARKS = frozenset(["uhr", "h", "hr", "hrs", "am", "pm", "a", "p", "m"])
"""Words that only the patterns of a clock time know."""
_PIECE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS), re.DOTALL)


def pieces(text: str) -> tuple[Piece, ...]:
    """Cut a line into pieces, left to right. Raises NotUnderstood for a date that reads two ways or does not exist."""
    line = join_phrases(plain(text))
    return tuple(piece for found in _PIECE.finditer(line) for piece in _READERS[found.lastgroup or "junk"](found))


def no_such_day(text: str) -> NotUnderstood:
    """For the 31st of June."""
    return NotUnderstood(text, f"There is no such day as {text}: which one do you mean? Write 4 dec or 2026-12-04.")


def calendar_day(text: str, month: int, day: int, year: int | None = None) -> CalendarDay:
    """A day that exists in some year that we plan for, else NotUnderstood."""
    if year is not None and year not in _YEARS:
        raise NotUnderstood(text, f"Which year do you mean by {text}? Write the date like 2026-12-04.")
    try:
        date(year or 2000, month, day)
    except ValueError:
        raise no_such_day(text) from None
    return CalendarDay(text, month, day, year)


def day_of_any_month(text: str, day: int) -> CalendarDay:
    """`the 5th`, else NotUnderstood."""
    if not 1 <= day <= 31:
        raise no_such_day(text)
    return CalendarDay(text, ANY_MONTH, day)


def clock(text: str, hour: int, minute: int, style: str) -> ClockTime:
    """A time of day up to 24:00, else NotUnderstood."""
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise NotUnderstood(text, f"What time do you mean by {text}? Write it like 15:00 or 3pm.")
    return ClockTime(text, hour, minute, style)


def _iso(found: re.Match[str]) -> Iterator[Piece]:
    text = found.group()
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        raise NotUnderstood(text, f"There is no such moment as {text}: which one do you mean?") from None
    day = calendar_day(text, at.month, at.day, at.year)
    if at.tzinfo is not None:
        return iter((Instant(text, at),))
    return iter((day, ClockTime(text, at.hour, at.minute)))


def _year_first(found: re.Match[str]) -> Iterator[Piece]:
    yield calendar_day(found.group(), int(found["ym"]), int(found["yd"]), int(found["y"]))


def _dots_short(found: re.Match[str]) -> Iterator[Piece]:
    yield calendar_day(found.group(), int(found["nm"]), int(found["nd"]), 2000 + int(found["ny"]))


def _dots(found: re.Match[str]) -> Iterator[Piece]:
    day, month = int(found["dd"]), int(found["dm"])
    if month > 12 and found["dy"] is None:
        yield Dotted(found.group(), day, month)
    else:
        yield calendar_day(found.group(), month, day, int(found["dy"]) if found["dy"] else None)


def _slashes(found: re.Match[str]) -> Iterator[Piece]:
    if len(found["sy"]) == 2:
        raise NotUnderstood(found.group(), f"Which day is {found.group()}? Write it like 4 dec 2026 or 2026-12-04.")
    yield _either_way(found.group(), int(found["sa"]), int(found["sb"]), int(found["sy"]))


def _slash(found: re.Match[str]) -> Iterator[Piece]:
    yield _either_way(found.group(), int(found["pa"]), int(found["pb"]))


def _either_way(text: str, first: int, second: int, year: int | None = None) -> CalendarDay:
    """Day and month or month and day: whichever exists; when both do, we ask."""
    if first > 12 or first == second or 0 in (first, second):
        return calendar_day(text, second, first, year)
    if second > 12:
        return calendar_day(text, first, second, year)
    written = f" {year}" if year else ""
    one = f"{first} {month_name(second, 'short').lower()}{written}"
    other = f"{second} {month_name(first, 'short').lower()}{written}"
    days = f"the {ordinal(first)} of {month_name(second)} or {month_name(first)} {ordinal(second)}"
    raise NotUnderstood(text, f"Is {text} {days}? Write {one} or {other}.")


def _colon(found: re.Match[str]) -> Iterator[Piece]:
    yield _with_meridiem(found.group(), int(found["ch"]), int(found["cm"]), found["ca"])


def _dotted_clock(found: re.Match[str]) -> Iterator[Piece]:
    yield _with_meridiem(found.group(), int(found["eh"]), int(found["em"]), found["ea"])


def _meridiem(found: re.Match[str]) -> Iterator[Piece]:
    if int(found["mh"]) > 12 and found["ma"] == "a":  # German: `4. bis 15 am Freitag`
        yield Number(found["mh"], int(found["mh"]))
    else:
        yield _with_meridiem(found.group(), int(found["mh"]), 0, found["ma"])


def _with_meridiem(text: str, hour: int, minute: int, meridiem: str | None) -> ClockTime:
    """`12am` is midnight, `12pm` noon; an hour past 12 says by itself what it is."""
    if meridiem is None or hour > 12 or hour == 0:
        return clock(text, hour, minute, ":")
    return clock(text, hour % 12 + (12 if meridiem == "p" else 0), minute, "m")


def _uhr(found: re.Match[str]) -> Iterator[Piece]:
    yield clock(found.group(), int(found["uh"]), int(found["um"] or 0), "u")


def _hours(found: re.Match[str]) -> Iterator[Piece]:
    yield ClockTime(found.group(), int(found["hh"]), int(found["hm"] or found["hn"] or 0), "h")


def _dotted(found: re.Match[str]) -> Iterator[Piece]:
    yield Dotted(found.group(), int(found["ta"]), int(found["tb"]))


def _ordinal(found: re.Match[str]) -> Iterator[Piece]:
    yield Number(found.group(), int(found["od"]), ordinal=True)


def _number(found: re.Match[str]) -> Iterator[Piece]:
    yield Number(found.group(), int(found.group()))


def _word(found: re.Match[str]) -> Iterator[Piece]:
    text = found.group().rstrip(".")
    yield WordPiece(text.replace("_", " "), meaning(text))


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    suffix = "th" if number // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


_READERS: dict[str, Callable[[re.Match[str]], Iterator[Piece]]] = {
    "iso": _iso,
    "year_first": _year_first,
    "dots_short": _dots_short,
    "dots": _dots,
    "slashes": _slashes,
    "slash": _slash,
    "colon": _colon,
    "dotted_clock": _dotted_clock,
    "meridiem": _meridiem,
    "uhr": _uhr,
    "hours": _hours,
    "dotted": _dotted,
    "ordinal": _ordinal,
    "number": _number,
    "word": _word,
    "dash": lambda found: iter((Mark(found.group(), "dash"),)),
    "comma": lambda found: iter((Mark(found.group(), "comma"),)),
    "space": lambda found: iter(()),
    "junk": lambda found: iter((Mark(found.group()[:20], "junk"),)),
}


def join_dates(pieces: tuple[Piece, ...]) -> list[Piece]:
    """The same pieces, with each number and month beside it made a CalendarDay."""
    joined: list[Piece] = []
    index = 0
    while index < len(pieces):
        day, used = _date_at(pieces, index)
        joined.append(day or pieces[index])
        index += used
    return joined


def _date_at(pieces: tuple[Piece, ...], index: int) -> tuple[CalendarDay | None, int]:
    """The date that begins here, and how many pieces it takes."""
    first, then = pieces[index], index + 1
    if isinstance(first, Number):
        if then < len(pieces) and isinstance(word := pieces[then], WordPiece) and word.text in OF:
            then += 1
        month = _month(pieces, then)
        return _with_year(pieces, index, then + 1, month, first) if month else (None, 1)
    month = _month(pieces, index)
    if month and then < len(pieces) and isinstance(number := pieces[then], Number) and not _month(pieces, then + 1):
        return _with_year(pieces, index, then + 1, month, number)
    return None, 1


def _with_year(
    pieces: tuple[Piece, ...], start: int, after: int, month: int, number: Number
) -> tuple[CalendarDay, int]:
    year_at = after
    while year_at < len(pieces) and _is_between_date_and_year(pieces[year_at]):
        year_at += 1
    year = _year(pieces[year_at]) if year_at < len(pieces) else None
    end = year_at + 1 if year else after
    text = " ".join(piece.text for piece in pieces[start:end])
    return calendar_day(text, month, number.value, year), end - start


def _month(pieces: tuple[Piece, ...], index: int) -> int | None:
    piece = pieces[index] if index < len(pieces) else None
    return piece.meaning.month if isinstance(piece, WordPiece) else None


def _is_between_date_and_year(piece: Piece) -> bool:
    return (isinstance(piece, Mark) and piece.kind == "comma") or (isinstance(piece, WordPiece) and piece.text in OF)


def _year(piece: Piece) -> int | None:
    return piece.value if isinstance(piece, Number) and piece.value in _YEARS else None
