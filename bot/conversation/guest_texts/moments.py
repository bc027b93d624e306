"""Moments and zones as guests read them: their language, the lock's clock, 24 hours.

Names of days, months and cities are Babel's; how they stand together is the catalogue's. Dots after shortened names
are left out: they cost a letter each and help nobody. What staff read is `bot.conversation.times`.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_skeleton, get_timezone_location

from bot.conversation.guest_texts.catalogue import template_of
from bot.conversation.times import offset_words, shown_twice
from bot.domain.messages.languages import Language


def guest_moment(
    instant: datetime, zone: ZoneInfo, language: Language, *, with_year: bool = False, with_offset: bool = True
) -> str:
    """`Fri 4 Dec 15:00`, `Fr 4. Dez 15:00`; in the hour that the clock shows twice with its offset, unless the text
    says it elsewhere."""
    local = instant.astimezone(zone)
    pattern = template_of("part moment with year" if with_year else "part moment", language)
    words = format_datetime(local, pattern, tzinfo=zone, locale=language.value)
    for short in _shortened(language):
        words = words.replace(short, short.rstrip("."))
    return words + (f" ({offset_words(local)})" if with_offset and shown_twice(local) else "")


def guest_day(instant: datetime, zone: ZoneInfo, language: Language) -> str:
    """`28 Nov`, in the order of their language; without dots."""
    words = format_skeleton("MMMd", instant.astimezone(zone), tzinfo=zone, locale=language.value)
    return words.replace(".", "")


def offsets(moments: Sequence[datetime], zone: ZoneInfo) -> tuple[str, ...]:
    """Every offset that the zone has at these moments, in their order."""
    return tuple(dict.fromkeys(offset_words(moment.astimezone(zone)) for moment in moments))


def guest_zone(moments: Sequence[datetime], zone: ZoneInfo, language: Language, width: int) -> str:
    """`Paris time (UTC+1)`, `Paris time (UTC+2/+1)` where the clock changes in between; the offset alone where the zone
    has no city. `width`: the longest city."""
    first, *others = offsets(moments, zone)
    offset = "/".join([first, *(other.removeprefix("UTC") or "0" for other in others)])
    place = city(str(zone), language)[:width].rstrip(" .'-")
    if not place:
        return offset
    return template_of("part zone", language).format(city=place, offset=offset)


@cache
def city(zone: str, language: Language) -> str:
    """The zone's city in this language; empty where there is none."""
    area, _, last = zone.rpartition("/")
    if area in ("", "Etc"):
        return ""
    plain = last.replace("_", " ")
    if language is Language.ENGLISH:
        return plain
    known = get_timezone_location(zone, locale=language.value, return_city=True)
    return re.split(r", | \(", known.rpartition("/")[2])[0] or plain


@cache
def _shortened(language: Language) -> tuple[str, ...]:
    """Every name of a day or month that ends in a dot."""
    days = (datetime(2026, 6, day) for day in range(1, 8))  # noqa: DTZ001 - any week, on no clock
    months = (datetime(2026, month, 1) for month in range(1, 13))  # noqa: DTZ001
    names = [format_datetime(day, "EEE", locale=language.value) for day in days]
    names += [format_datetime(month, "MMM", locale=language.value) for month in months]
    return tuple(sorted({name for name in names if name.endswith(".")}))
