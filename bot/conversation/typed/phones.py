"""A phone number among other words, by Google's rules (the phonenumbers library): all of what was typed, or a question.

A number is every digit from its beginning on, over spaces, dots, dashes, slashes and brackets. What fits only in part
is in doubt as a whole: the piece that would fit is somebody else's number. Digits that belong to a time are taken
before the number is looked for, so the `4` of `+33 6 39 98 12 34 4-7 dec` is no part of it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import phonenumbers
from babel import Locale
from babel.core import get_global
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from bot.conversation.typed.phone_kinds import PhoneKind, hardly_reached
from bot.conversation.typed.plain_text import plain
from bot.conversation.typed.slack_text import shown_text
from bot.conversation.typed.windows.time_words import NOTHING, meaning

_BETWEEN = r"[ .,·/()\-\u2010-\u2015\u2212\u2043\ufe58\ufe63\uff0d\u301c~]"
_PLUS = r"[+＋﹢⁺]"
_GROUP = re.compile(rf"(?P<between>{_BETWEEN.replace(',', '')}*)(?P<digits>\d+)")
_BEGINS = re.compile(
    rf"\d*{_PLUS}(?={_BETWEEN}{{0,2}}\d)|(?<!\w)(?<!\d[:.])00(?={_BETWEEN.replace('/', '')}{{0,2}}[1-9])"
)
_NATIONAL = re.compile(r"(?<![\w:.])\(?(?=\d)")
_TIME = re.compile(r"\d{1,2}(?::\d|(?:h|hrs?|uhr|[ap]\.?m|st|nd|rd|th|º)(?![^\W\d_]))", re.IGNORECASE)
_DAY = re.compile(
    r"(?:(?:0?[1-9]|[12]\d|3[01])([./])(?:0?[1-9]|1[0-2]|[12]\d|3[01])(?:\1(?:\d{4}|\d\d)?)?"
    r"|20\d\d([-/.])\d\d?\2\d\d?)(?!\d)"
)
_COUNTED = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.?(?: ?[-–/] ?\d{1,2}\.?)? ?(?P<word>[^\W\d_]+)")
_DATE_OR_TIME = re.compile(r"\d{4}([-/.])\d\d?\1\d\d?|\d\d?[./-]\d\d?(?:[./-](?:\d{4}|\d\d)?)?|\d\d?:\d\d.*")
_LABELS = frozenset(["", "tel", "telephone", "phone", "mobile", "cell", "sms", "handy", "mobil", "mob", "number"])
_AROUND = " :.,;()"
_FEWEST_DIGITS = 6
_LONGEST_GROUP = 8
"""Of a number that is written in groups; what begins with 00 and has more digits is a number of its own."""
_LONGEST_FIELD = 200
_MEXICO, _OLD_MEXICAN = 52, 11


_KINDS = {
    PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
    PhoneNumberType.TOLL_FREE: PhoneKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: PhoneKind.PREMIUM,
    PhoneNumberType.SHARED_COST: PhoneKind.COMPANY,
    PhoneNumberType.UAN: PhoneKind.COMPANY,
    PhoneNumberType.PAGER: PhoneKind.PAGER,
    PhoneNumberType.VOICEMAIL: PhoneKind.PAGER,
}


@dataclass(frozen=True, slots=True)
class FoundPhone:
    """Where a number stands in a text; `e164` is None where it cannot be a phone number as a whole. `kind`: what makes
    a text to it doubtful. `region` ("AT"): whose number it was taken for, where no country was typed."""

    start: int
    end: int
    typed: str
    e164: str | None
    kind: PhoneKind | None = None
    region: str | None = None


def find_phone(text: str, default_region: str | None) -> FoundPhone | None:
    """The first number with a country (`+33 …`, `0033 …`); without one, the first that a country of its own would have.

    With a country, a number that mobiles there could have will do (carriers' test numbers are not valid ones); without,
    it must be a valid one of `default_region`. Digits that look like a phone number and are none come back without
    `e164`.
    """
    for begins in _BEGINS.finditer(text):
        found = _read(text, begins.start(), begins.end(), None)
        if not begins.group().isdigit() or _digits(found.typed) >= _FEWEST_DIGITS:
            return found
    past = 0
    for begins in _NATIONAL.finditer(text):
        if begins.start() < past:
            continue
        found = _read(text, begins.start(), begins.end(), default_region)
        if _digits(found.typed) < _FEWEST_DIGITS:
            continue
        day = found.typed.split()[0]
        if not _DATE_OR_TIME.fullmatch(day):
            return found
        past = begins.start() + len(day)
    return None


def read_phone(field: str, default_region: str | None = None) -> FoundPhone | None:
    """The number of a field that holds one and nothing else; a word before it may say that it is one."""
    text = shown_text(field)
    found = find_phone(text, default_region) if len(text) <= _LONGEST_FIELD else None
    if found is None or found.e164 is None:
        return None
    before, after = text[: found.start].strip(_AROUND), text[found.end :].strip(_AROUND)
    return found if not after and before.casefold() in _LABELS else None


def is_country(region: str) -> bool:
    """Whether numbers can be read as those of this country ("AT", ISO 3166-1)."""
    return region in phonenumbers.SUPPORTED_REGIONS


@cache
def zone_region(zone: str) -> str | None:
    """The country that keeps this IANA zone (CLDR, through Babel): `Europe/Vienna` → "AT"."""
    region = str(get_global("zone_territories").get(zone))
    return region if is_country(region) else None


def country_name(region: str) -> str:
    """`AT` → `Austria`."""
    return str(Locale("en").territories.get(region, region))


def remark_on(found: FoundPhone) -> str:
    """What whoever typed a number should see before it is used; empty where there is nothing to say."""
    said = []
    if found.e164 and found.region:
        shown = phonenumbers.format_number(phonenumbers.parse(found.e164), PhoneNumberFormat.INTERNATIONAL)
        said.append(f"Read as {shown}, a number of {country_name(found.region)}.")
    if found.kind:
        said.append(hardly_reached(found.kind))
    return " ".join(said)


def _digits(typed: str) -> int:
    return sum(map(str.isdigit, typed))


def _read(text: str, start: int, position: int, region: str | None) -> FoundPhone:
    """All groups of digits from here on; a time that stands apart (`15:00`, `4 dec`) is none of them."""
    end, day = position, None
    while group := _GROUP.match(text, end):
        at = group.start("digits")
        apart = end > position and " " in group["between"]
        if apart and _tells_time(text, at):
            break
        if apart and day is None and _DAY.match(text, at):
            day = end
        end = group.end()
    found = _whole(text, start, position, end, region)
    # `12/5` behind a number is a day where the number would not fit with it, or has no country.
    return found if day is None or (found.e164 and not region) else _whole(text, start, position, day, region)


def _whole(text: str, start: int, position: int, end: int, region: str | None) -> FoundPhone:
    after = text[end : end + 1]
    in_time = after == ":" and text[end + 1 : end + 2].isdigit()
    end += after == ")"
    typed = text[start:end]
    number = None if after.isalnum() or after == "_" or in_time else _parsed(typed, region)
    if number is None or _ends_early(text, start, position, end, region, _fewest_digits(number.country_code)):
        return FoundPhone(start, end, typed, None)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return FoundPhone(start, end, typed, e164, _KINDS.get(phonenumbers.number_type(number)), region)


def _tells_time(text: str, at: int) -> bool:
    """`15:00`, `3pm`, `4-7 dec`, `2 nights`."""
    counted = _COUNTED.match(text, at)
    known = meaning(plain(counted["word"])) if counted else NOTHING
    return _TIME.match(text, at) is not None or known.month is not None or known.unit is not None


def _ends_early(text: str, start: int, position: int, end: int, region: str | None, fewest: int) -> bool:
    """Whether it is a number before its last groups, too: `+43 664 1234567 4-7`. In countries whose numbers have no
    fixed length, each is another guest's. Groups that go on alike, from what is short for a number there, are one.
    `fewest`: with fewer digits, that of the country among them, nothing is a number there."""
    groups = list(_GROUP.finditer(text, position, end))
    for index, (before, after) in enumerate(pairwise(groups)):
        lengths = [len(group["digits"]) for group in (before, after)]
        alike = abs(lengths[0] - lengths[1]) <= 1 and after["between"] in {g["between"] for g in groups[1 : index + 1]}
        typed = text[start : before.end()]
        number = None if region is None and _digits(typed) < fewest else _parsed(typed, region)
        if number is not None and not (alike and _is_short(number)):
            return True
        if after["digits"].startswith("00") and lengths[1] > _LONGEST_GROUP:
            return True
    return False


@cache
def _fewest_digits(country_code: int) -> int:
    regions = phonenumbers.region_codes_for_country_code(country_code)
    found = [phonenumbers.PhoneMetadata.metadata_for_region(region) for region in regions]
    found.append(phonenumbers.PhoneMetadata.metadata_for_nongeo_region(country_code))
    described = [one.general_desc for one in found if one and one.general_desc]
    lengths = [length for one in described for length in one.possible_length]
    return len(str(country_code)) + min(lengths, default=0)


def _is_short(number: PhoneNumber) -> bool:
    region = phonenumbers.region_code_for_number(number) or ""
    usual = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    return usual is not None and len(str(number.national_number)) < len(str(usual.national_number))


def _parsed(typed: str, region: str | None) -> PhoneNumber | None:
    """The number that all of it is; None for none."""
    written = unicodedata.normalize("NFKC", typed)
    written = re.sub(r"[·~]", " ", written if region else re.sub(r"^00", "+", written))
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException:
        return None
    if number.country_code == _MEXICO:
        number = _without_old_prefix(number)
    fits = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.MOBILE)
    # A country that was typed is believed to know its numbers better than the library does.
    known = (region is None and fits == ValidationResult.IS_POSSIBLE) or phonenumbers.is_valid_number(number)
    return number if known and number.extension is None else None


def _without_old_prefix(number: PhoneNumber) -> PhoneNumber:
    """`+52 1 55 …`, as WhatsApp still writes it: mobiles of Mexico have had no 1 before them since 2019."""
    national = str(number.national_number)
    shorter = PhoneNumber(country_code=_MEXICO, national_number=int(national[1:] or 0))
    old = len(national) == _OLD_MEXICAN and national[0] == "1" and phonenumbers.is_valid_number(shorter)
    return shorter if old else number
