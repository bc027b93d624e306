"""A phone number among other words, by Google's rules (the phonenumbers library).

Only where the number begins and ends is decided here: at a group of digits, never inside one, so that the `4` of
`+33 6 39 98 12 34 4-7 dec` stays out. Whether we may text a number is not our question.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from bot.conversation.typed.slack_text import shown_text

_GROUP = re.compile(r"[ .\-/()]{0,3}\d+")
_NATIONAL = re.compile(r"(?<![\w+])\(?\d[\d .\-/()]*\d(?![\w:])")
_DATE_OR_TIME = re.compile(r"\d{4}([-/.])\d\d?\1\d\d?|\d\d?[./-]\d\d?(?:[./-](?:\d{4}|\d\d)?)?|\d\d?:\d\d.*")
_LABELS = frozenset(["", "tel", "telephone", "phone", "mobile", "cell", "sms", "handy", "mobil", "mob", "number"])
_AROUND = " :.,;()"
_MOST_GROUPS = 16
_FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class FoundPhone:
    """Where a number stands in a text; `e164` is None for one that cannot be a phone number."""

    start: int
    end: int
    typed: str
    e164: str | None


def find_phone(text: str, default_region: str | None) -> FoundPhone | None:
    """The first number with a leading `+`; without one, the first national number of the region, when there is one.

    With `+`, a possible number will do (carriers' test numbers are not valid ones); a national number must be valid.
    Digits that look like a phone number and are none come back without `e164`.
    """
    plus = re.search(r"[+＋](?= ?\(?\d)", text)
    if plus:
        return _best(text, list(_ends(text, plus.end(), plus.start())), None)
    for run in _NATIONAL.finditer(text):
        digits = sum(character.isdigit() for character in run.group())
        if digits >= _FEWEST_DIGITS and not _DATE_OR_TIME.fullmatch(run.group().split()[0]):
            return _best(text, list(_ends(text, run.start(), run.start())), default_region)
    return None


def read_phone(field: str) -> str | None:
    """The number of a field that holds one and nothing else, as E.164; a word before it may say that it is one."""
    text = shown_text(field)
    found = find_phone(text, None)
    if found is None:
        return None
    before, after = text[: found.start].strip(_AROUND), text[found.end :].strip(_AROUND)
    return found.e164 if not after and before.casefold() in _LABELS else None


def _ends(text: str, position: int, start: int) -> Iterator[tuple[int, int]]:
    """(start, end) of every candidate, shortest first; a group that begins a time (`15:00`, `3pm`) ends the number."""
    for _ in range(_MOST_GROUPS):
        group = _GROUP.match(text, position)
        if group is None or re.match(r":|[^\W\d_]", text[group.end() : group.end() + 1]):
            return
        position = group.end()
        yield start, position + (text[position : position + 1] == ")")


def _best(text: str, candidates: list[tuple[int, int]], region: str | None) -> FoundPhone | None:
    """The longest valid number, else (with `+`) the longest possible one, else all of it as a bad one."""
    parsed = [(start, end, _parsed(text[start:end], region)) for start, end in reversed(candidates)]
    checks = [phonenumbers.is_valid_number]
    if candidates and text[candidates[0][0]] in "+＋":
        checks.append(phonenumbers.is_possible_number)
    for check in checks:
        for start, end, number in parsed:
            if number is not None and check(number):
                e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                return FoundPhone(start, end, text[start:end], e164)
    return FoundPhone(parsed[0][0], parsed[0][1], text[parsed[0][0] : parsed[0][1]], None) if parsed else None


def _parsed(written: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except NumberParseException:
        return None
