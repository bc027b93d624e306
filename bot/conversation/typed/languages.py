"""Languages as people name them, and the language that a country's numbers most likely read.

Names are CLDR's, through Babel. The countries are our choice: the language that most people there speak where it is one
of ours; French where it is the language of schools and signs; English everywhere else. So Switzerland is German (three
in five), Canada English; Belgium is English too, because Dutch and French are each wrong for nearly every second guest.
Whoever asks for the PIN can always say another.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import phonenumbers
from babel import Locale

from bot.conversation.typed.plain_text import plain
from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice
from bot.domain.pins import Phone

_SPOKEN = {
    Language.GERMAN: "DE AT CH LI",
    Language.FRENCH: "FR MC LU GP RE MQ GF YT PM NC PF WF BL MF SN CI ML BF NE TG BJ CG CD CF GA GN TD MG CM MA DZ TN",
    Language.SPANISH: "ES MX AR CO CL PE VE EC GT CU BO DO HN PY SV NI CR PA UY PR GQ",
    Language.PORTUGUESE: "PT BR AO MZ CV GW ST TL",
    Language.ITALIAN: "IT SM VA",
    Language.DUTCH: "NL SR AW CW BQ SX",
    Language.JAPANESE: "JP",
}
COUNTRIES: Mapping[str, Language] = {
    country: language for language, countries in _SPOKEN.items() for country in countries.split()
}
_IN = r"(?:in|auf|en|em|op|lang(?:uage)?:?)"


@dataclass(frozen=True, slots=True)
class FoundLanguage:
    """Where a language is asked for in a text."""

    start: int
    end: int
    language: Language


_REGIONS = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
"""By the code; no code begins another."""


def find_language(text: str) -> FoundLanguage | None:
    """`in German`, `auf Deutsch`, `en français`, `lang de`: the last one. A language without such a word is none: it
    may be somebody's name, or a door's."""
    *_, last = [None, *_asked().finditer(text)]
    if last is None:
        return None
    code = last["code"]
    language = Language(code.lower()) if code else _names()[plain(last["name"])]
    return FoundLanguage(last.start(), last.end(), language)


@cache
def language_name(language: Language) -> str:
    """In English, for staff."""
    return str(Locale(language.value).get_language_name("en"))


def language_choice_for(wished: Language | None, phone: Phone, default: Language | None) -> LanguageChoice:
    """What was asked for, else the house's own choice, else the number's country."""
    if wished is not None:
        return LanguageChoice(wished, ChosenBy.REQUEST)
    if default is not None:
        return LanguageChoice(default, ChosenBy.OPERATOR)
    return LanguageChoice(COUNTRIES.get(_country(phone), Language.ENGLISH), ChosenBy.COUNTRY)


def _country(phone: Phone) -> str:
    """Where the number is from, or the main country of its code; empty where no country has it."""
    codes = (int(phone.e164[1:end]) for end in range(2, 5))
    regions = next((_REGIONS[code] for code in codes if code in _REGIONS), ())
    if len(regions) == 1:
        return regions[0]
    try:
        number = phonenumbers.parse(phone.e164)
    except phonenumbers.NumberParseException:
        return ""
    exact = phonenumbers.region_code_for_number(number)
    return exact or phonenumbers.region_code_for_country_code(number.country_code or 0)


@cache
def _names() -> dict[str, Language]:
    """Every name of each language in any of them, without accents and in lower case."""
    shown = {(Locale(of.value).get_language_name(said.value), of) for of in Language for said in Language}
    return {plain(name): of for name, of in shown if name}


@cache
def _asked() -> re.Pattern[str]:
    shown = {Locale(of.value).get_language_name(said.value) or "" for of in Language for said in Language}
    names = "|".join(sorted(map(re.escape, {*shown, *_names()} - {""}), key=len, reverse=True))
    codes = "|".join(Language)
    pattern = rf"(?<!\w)(?:{_IN} (?P<name>{names})|lang(?:uage)?[: ] ?(?P<code>{codes}))(?!\w)"
    return re.compile(pattern, re.IGNORECASE)
