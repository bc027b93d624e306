"""Names of days, months and units of time in the languages we read, from CLDR through Babel.

Words that CLDR does not hold ("tomorrow", "until") are in `time_words`.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import cache

from babel import Locale
from babel.dates import get_day_names, get_month_names
from babel.units import format_unit

from bot.conversation.typed.plain_text import plain

LOCALES = ("en", "en_GB", "de", "de_AT", "fr", "es", "pt", "pt_PT", "it")
_OTHERS = ("nl", "da", "sv", "nb", "fi", "pl", "cs", "hu", "ro", "hr", "uk", "ru", "el", "tr", "ja", "ko", "zh")
_WIDTHS = ("wide", "abbreviated")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


class Unit(StrEnum):
    """A unit of length, by CLDR's name for it."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    NIGHT = "night"
    WEEK = "week"
    MONTH = "month"


_MORE_UNITS = {"d": Unit.DAY, "tagen": Unit.DAY}
"""CLDR has no `in zwei Tagen`."""


def key(name: str) -> str:
    """A name as the reader of tokens spells it: plain, no dots, parts joined by an underscore."""
    return plain(name).strip(" .").replace("-", "_").replace(" ", "_")


def _spellings(name: str) -> Iterator[str]:
    """`März`, `Maerz`; `segunda-feira`, `segunda`."""
    for spelled in (name, name.translate(_UMLAUTS)):
        yield key(spelled)
        yield key(spelled).split("_")[0]


def _english_beginnings(name: str) -> Iterator[str]:
    """`tues`, `thur`, `sept`: three letters or more of an English name are that name."""
    return (key(name)[:length] for length in range(3, len(name) + 1))


@cache
def weekdays() -> dict[str, int]:
    """Every name of a weekday, Monday being 0."""
    names = ((name, day) for code in LOCALES for width in _WIDTHS for day, name in _days(code, width))
    found = {spelled: day for name, day in names for spelled in _spellings(name)}
    return found | {short: day for day, name in _days("en", "wide") for short in _english_beginnings(name)}


@cache
def other_weekdays() -> frozenset[str]:
    """The names of weekdays in languages whose times we do not read, so that none is taken for a guest's."""
    return frozenset(key(name) for code in _OTHERS for _, name in _days(code, "wide"))


@cache
def months() -> dict[str, int]:
    """Every name of a month, January being 1."""
    contexts = ("format", "stand-alone")
    kinds = ((code, width, context) for code in LOCALES for width in _WIDTHS for context in contexts)
    names = (pair for kind in kinds for pair in _months(*kind))
    found = {spelled: month for month, name in names for spelled in _spellings(name)}
    return found | {short: month for month, name in _months("en", "wide") for short in _english_beginnings(name)}


@cache
def units() -> dict[str, Unit]:
    """Every name of a unit that is longer than a letter and is not also the name of a day or month (`Mon.`)."""
    taken = weekdays().keys() | months().keys()
    found = {word: unit for unit in Unit for code in LOCALES for word in _unit_names(unit, code)}
    return {word: unit for word, unit in found.items() if word not in taken and len(word) > 1} | _MORE_UNITS


@cache
def clock_hours() -> frozenset[str]:
    """Words for hours that also tell the time: `15 heures`, `15 horas`, `ore 15`. English and German ones do not."""
    words = (word for code in ("fr", "es", "pt", "it") for word in _unit_names(Unit.HOUR, code))
    return frozenset(word for word in words if len(word) > 1)


@cache
def day_periods(period: str) -> frozenset[str]:
    """CLDR's words for `noon` or `midnight`."""
    found = (Locale.parse(code).day_periods["format"]["wide"].get(period) for code in LOCALES)
    return frozenset(key(name) for name in found if name)


def month_name(month: int, width: str = "wide") -> str:
    """The English name, for questions."""
    return str(get_month_names("wide" if width == "wide" else "abbreviated", locale="en")[month])


def weekday_name(day: int) -> str:
    """The English name, for questions."""
    return str(get_day_names("wide", locale="en")[day])


def _days(code: str, width: str) -> Iterator[tuple[int, str]]:
    names = get_day_names("wide" if width == "wide" else "abbreviated", locale=code)
    return ((int(day), str(name)) for day, name in names.items())


def _months(code: str, width: str, context: str = "format") -> Iterator[tuple[int, str]]:
    names = get_month_names(
        "wide" if width == "wide" else "abbreviated",
        "format" if context == "format" else "stand-alone",
        locale=code,
    )
    return ((int(month), str(name)) for month, name in names.items())


def _unit_names(unit: Unit, code: str) -> Iterator[str]:
    for count in (1, 2):
        for length in ("long", "short"):
            written = format_unit(count, f"duration-{unit}", length, locale=code)
            if "duration-" not in written:  # Babel's stand-in for a form that CLDR lacks
                yield key(plain(written).lstrip("0123456789 "))
