"""Digits that people write as words or with letters that look like them: `one five nought`, `l5O`. Each is read as one
digit; of larger numbers (fifteen, quatre-vingts) nothing is read."""

import re
import unicodedata
from collections.abc import Iterator

_WORDS = {
    "0": "zero nought naught oh o null cero nul nulla",
    "1": "one eins ein eine un une uno una um uma een",
    "2": "two zwei zwo deux dos dois duas due twee",
    "3": "three drei trois tres tre drie",
    "4": "four vier quatre cuatro quatro quattro",
    "5": "five funf fuenf cinq cinco cinque vijf",
    "6": "six sechs seis sei zes",
    "7": "seven sieben sept siete sete sette zeven",
    "8": "eight acht huit ocho oito otto",
    "9": "nine neun neuf nueve nove negen",
}
"""English, German, French, Spanish, Portuguese, Italian and Dutch, without accents. In Japanese numerals are signs."""

_DIGITS = {word: digit for digit, words in _WORDS.items() for word in words.split()}
_LOOK_ALIKES = str.maketrans("lI|Oo", "11100")
_WORD = re.compile(rf"(?<![^\W_])(?:{'|'.join(sorted(_DIGITS, key=len, reverse=True))})(?![^\W_])")
_MIXED = re.compile(r"(?<![^\W_])[0-9lI|Oo]{2,}(?![^\W_])")


def spells_digits(text: str) -> bool:
    """Whether `read_spelled` would read anything else than what stands there; of most texts it would not."""
    bare = text.lower() if text.isascii() else "".join(map(_bare, text))
    return _WORD.search(bare) is not None or _MIXED.search(text) is not None


def read_spelled(text: str) -> Iterator[tuple[str, int]]:
    """The text sign by sign, and where in it each stands; a word for a digit is one sign."""
    bare, index = "".join(map(_bare, text)), 0
    for found in _WORD.finditer(bare):
        yield from _mixed(text, index, found.start())
        yield _DIGITS[found[0]], found.start()
        index = found.end()
    yield from _mixed(text, index, len(text))


def _mixed(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """Letters are digits only where most of what they stand among are."""
    signs = list(text[start:end])
    for found in _MIXED.finditer(text, start, end):
        if 2 * sum(char.isdigit() for char in found[0]) >= len(found[0]):
            signs[found.start() - start : found.end() - start] = found[0].translate(_LOOK_ALIKES)
    yield from zip(signs, range(start, end), strict=True)


def _bare(char: str) -> str:
    """In lower case and without its accent; always one sign."""
    lower = unicodedata.normalize("NFD", char)[0].lower()
    return lower if len(lower) == 1 else char
