"""Names inside a guest's text: what people, doors and keys are called, in letters that the text can carry, and short.

In the languages of GSM-7 one letter from elsewhere would more than double a text. So such letters get the nearest
ones, and a word that has none (李, Анна) is left out whole: half a name is worse than no name. Japanese texts take any
letter. Nothing shows where a name was cut: three dots cost three letters.
"""

import unicodedata

from bot.conversation.guest_texts.gsm7 import loses_letters, to_gsm7
from bot.domain.messages.languages import Language

UCS2 = frozenset({Language.JAPANESE})
"""These cannot be written in GSM-7; all others are, with the nearest letter where theirs is not in it (ç, ã, ê, í)."""

_DOUBLE = frozenset("^{}\\[~]|€\f")
_SPOKEN = frozenset("LMNPZ")
_WITHIN = frozenset("'’ʼ-‐‑·\u200c\u200d")


def name(text: str, width: int, language: Language) -> str:
    """As many whole words as fit into `width`; of a longer first word its beginning. Empty when nothing can be said."""
    kept = ""
    for word in filter(None, (spoken(word, language) for word in text.split())):
        longer = f"{kept} {word}" if kept else word
        if units(longer) > width:
            return kept or cut(word, width)
        kept = longer
    return kept


def first_name(text: str, width: int, language: Language) -> str:
    """The first word alone, as far as it is a name: letters, and what stands within names. Empty where it cannot be
    said, or is an address, a number or anything else that a greeting should not carry."""
    word = _only_letters(next(iter(text.split()), ""))
    return name(word, width, language)


def _only_letters(word: str) -> str:
    """`Ana!` and `*Ana*` are Ana, and `J.R.` stays; `bit.ly/x`, `a@b` and `4815` are no names."""
    inner = word
    while inner and unicodedata.category(inner[0])[0] != "L":
        inner = inner[1:]
    while inner and unicodedata.category(inner[-1])[0] not in "LM":
        inner = inner[:-1]
    pieces = inner.split(".")
    initials = len(pieces) > 1 and all(len(piece) == 1 for piece in pieces)
    letters = inner if not initials else inner.replace(".", "")
    fine = all(unicodedata.category(sign)[0] in "LM" or sign in _WITHIN for sign in letters)
    return inner if fine else ""


def spoken(word: str, language: Language) -> str:
    """The word in letters that the text can carry, without emoji; empty when it cannot be written."""
    if language in UCS2:
        return "".join(c for c in word if unicodedata.category(c)[0] in _SPOKEN)
    if loses_letters(word):
        return ""
    return "".join(c for c in to_gsm7(word) if c not in _DOUBLE).strip()


def units(text: str) -> int:
    """How long a text is where it counts: an emoji or a rare kanji takes two places."""
    return sum(2 if ord(char) > 0xFFFF else 1 for char in text)


def cut(word: str, width: int) -> str:
    """The beginning that fits, without a dash or dot at its end."""
    while units(word) > width:
        word = word[:-1]
    return word.rstrip("-.,'")
