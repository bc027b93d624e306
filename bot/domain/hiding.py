"""PINs and numbers that people type into their own words: found however the digits are written, and hidden.

A guest's text, a note, a reason: all of them are read in a channel and kept in plain columns. Nothing is changed but
what is hidden.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.domain.pins import Phone, Pin
from bot.domain.signs import BLANKS
from bot.domain.spelled import read_spelled, spells_digits

HIDDEN = "•••"

_MARKS = frozenset(("Mn", "Me", "Cf"))
"""Nobody sees these between two digits, or they only dress one up: keycaps, joiners, marks of direction, accents."""

_SIGN = "(?:[^\\w•]|_)"
_PLAIN_RUN = re.compile(r"\+?[0-9](?:[\s.,\-–/()]{0,3}[0-9]){3,}")
_SIGNED_RUN = re.compile(f"[0-9](?:{_SIGN}{{0,12}}[0-9]){{3,}}")
_ONLY_SIGNS = re.compile(f"{_SIGN}{{0,12}}")
_NUMBER = re.compile(r"(?:\+|00)[\s(]{0,2}[1-9](?:[\s.\-–/()]{0,3}[0-9]){6,14}")
_HOURS = re.compile(r"(?<![0-9:])(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?![0-9:])")
_COUNTED = frozenset("%‰°+=&<>^×÷")
"""Between two numbers these say that something is counted: prices, degrees, shares."""

_LONG = 6
"""Digits of a PIN that nobody types in their order by accident, whatever stands between them."""

_LONGEST = 10
_COUNTED_LONG = 7

_END_OF_PHONE = 7
"""So many digits every number has, however much of its beginning somebody leaves out."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """Words with one alphabet of digits and nothing that is not seen; `at`: where each sign of it stands in them, and
    at the end their length."""

    text: str
    at: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Up to the next thing that is seen: what dresses up the last digit goes with it, and so does the dot of ⒉."""
        last = self.at[end - 1]
        return self.at[start], next((place for place in self.at[end:] if place > last), self.at[-1])


def hide_digits(words: str, pins: Iterable[Pin] = ()) -> str:
    """Runs of four or more digits, whatever signs stand among them, and these PINs wherever they stand. Hours (10:30)
    and single numbers stay."""
    pins, read = list(pins), _readings(words)
    return _covered(words, (span for folded in read for span in (*_runs(folded), *_pins(folded, pins))))


def hide_in_name(words: str, pins: Iterable[Pin], *phones: Phone) -> str:
    """These PINs, and whatever is written as a phone number or is one of these: other numbers are right in a name.
    Whoever is in a hurry types the number into the field above it."""
    read = _readings(words)
    secrets = [*pins, *(Pin(phone.e164[-_END_OF_PHONE:]) for phone in phones)]
    numbers = [folded.span(*found.span()) for folded in read for found in _NUMBER.finditer(folded.text)]
    return _covered(words, (*numbers, *(span for folded in read for span in _pins(folded, secrets))))


def holds_pin(words: str, pins: Iterable[Pin]) -> bool:
    """Whether one of these PINs stands in a text, however its digits are written and spaced."""
    pins = list(pins)
    return any(len(groups) == 1 for folded in _readings(words) for _, groups in _found(folded, pins))


def pins_in(words: str) -> frozenset[Pin]:
    """Everything in them that could be a PIN which nobody writes by accident: six to ten digits after each other."""
    runs = [run[0] for folded in _readings(words) for run in _SIGNED_RUN.finditer(folded.text)]
    digits = ["".join(filter(str.isdigit, run)) for run in runs]
    cut = [
        (run, at, many) for run in digits for many in range(_LONG, _LONGEST + 1) for at in range(len(run) - many + 1)
    ]
    return frozenset(Pin(run[at : at + many]) for run, at, many in cut)


def _readings(words: str) -> list[_Folded]:
    """As it stands, and with digits for the words and letters that mean some."""
    folded = _fold(words)
    if not spells_digits(folded.text):
        return [folded]
    signs = list(read_spelled(folded.text))
    spelled = _Folded("".join(sign for sign, _ in signs), (*(folded.at[index] for _, index in signs), folded.at[-1]))
    return [folded] if spelled.text == folded.text else [folded, spelled]


def _fold(words: str) -> _Folded:
    if words.isascii():
        return _Folded(words, range(len(words) + 1))
    text, at = [], []
    for index, char in enumerate(words):
        for plain in _plain(char):
            text.append(plain)
            at.append(index)
    return _Folded("".join(text), (*at, len(words)))


def _plain(char: str) -> str:
    if char.isascii():
        return char
    kind = unicodedata.category(char)
    if kind in _MARKS or char in BLANKS:
        return ""
    if kind == "No" and unicodedata.numeric(char) % 1:  # ½ is no 1 and 2
        return "x"
    return "".join(
        _digit(one) for one in unicodedata.normalize("NFKC", char) if unicodedata.category(one) not in _MARKS
    )


def _digit(char: str) -> str:
    digit = unicodedata.digit(char, None)
    return char if digit is None else str(digit)


def _runs(folded: _Folded) -> Iterator[tuple[int, int]]:
    for run in _PLAIN_RUN.finditer(folded.text):
        yield folded.span(*run.span())
    # Hours are read as a word: what stands before and after them is another number.
    for run in _SIGNED_RUN.finditer(_HOURS.sub(lambda hours: "h" * len(hours[0]), folded.text)):
        if _is_secret(run[0]):
            yield folded.span(*run.span())


def _is_secret(run: str) -> bool:
    groups = re.findall(r"[0-9]+", run)
    if all(len(group) == 1 for group in groups):
        return True
    counted = any(sign in _COUNTED or unicodedata.category(sign) in ("Sc", "So") for sign in run)
    return not counted or (all(len(group) > 2 for group in groups) and sum(map(len, groups)) >= _COUNTED_LONG)


def _pins(folded: _Folded, pins: Iterable[Pin]) -> Iterator[tuple[int, int]]:
    """Between the digits of a long PIN there may be words, which stay."""
    for pin, groups in _found(folded, pins):
        if len(groups) == 1 or len(pin.digits) >= _LONG:
            yield from (folded.span(first, last + 1) for first, last in groups)


def _found(folded: _Folded, pins: Iterable[Pin]) -> Iterator[tuple[Pin, list[tuple[int, int]]]]:
    """Where the digits of these follow each other: the first and the last of each group that only signs divide."""
    places = [(index, digit) for index, char in enumerate(folded.text) if (digit := _numeral(char))]
    digits = "".join(digit for _, digit in places)
    for pin in pins:
        start = digits.find(pin.digits)
        while start >= 0:
            yield pin, _groups(folded.text, [index for index, _ in places[start : start + len(pin.digits)]])
            start = digits.find(pin.digits, start + 1)


def _numeral(char: str) -> str:
    """The digit that a character stands for, those that are written as words (四) included; empty for none."""
    if char.isascii():
        return char if char.isdigit() else ""
    value = unicodedata.numeric(char, -1.0)
    return str(int(value)) if 0 <= value <= 9 and value % 1 == 0 else ""


def _groups(text: str, where: Sequence[int]) -> list[tuple[int, int]]:
    groups = [(where[0], where[0])]
    for index in where[1:]:
        first, last = groups[-1]
        if _ONLY_SIGNS.fullmatch(text, last + 1, index):
            groups[-1] = (first, index)
        else:
            groups.append((index, index))
    return groups


def _covered(words: str, spans: Iterable[tuple[int, int]]) -> str:
    shown, done = [], 0
    for start, end in sorted(spans):
        if start >= done:
            shown += [words[done:start], HIDDEN]
        done = max(done, end)
    return "".join((*shown, words[done:]))
