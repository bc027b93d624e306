"""Signs in texts from outside, made harmless once, where a text comes in: what no database holds and no eye sees.

Words are kept, with � for each sign that cannot be. An id is another thing: with one sign replaced it is another id, so
whoever reads ids asks `is_id`.
"""

import re
from typing import Any
from unicodedata import category

REPLACED = "\ufffd"
LONGEST_ID = 255
"""Letters. No vendor's id comes near it, and an index of PostgreSQL's takes no more than some 2,700 bytes."""

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""NUL, which PostgreSQL refuses; half a surrogate pair, which no encoding has; what steers terminals; no signs."""

BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that print nothing."""

_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the reading direction, also of the words that follow."""


def fit(text: str) -> str:
    """The text with � for every sign that a database, an encoding or a terminal does not bear."""
    # Nearly all that comes, and a look is cheaper than a search.
    if text.isascii() and text.isprintable():
        return text
    return _UNFIT.sub(REPLACED, text)


def one_line(text: str) -> str:
    """A name: one line, whatever breaks lines, and nothing that turns the words around it or calls a person. Empty
    where nothing of it is seen."""
    if text.isascii() and text.isprintable():
        return calling_nobody(" ".join(text.split()))
    line = " ".join(fit(_DIRECTIONS.sub("", " ".join(text.split()))).split())
    return calling_nobody(line) if is_seen(line) else ""


def is_seen(text: str) -> bool:
    """Whether any sign of it leaves ink: no blank, no mark without a letter, and no sign that we have replaced."""
    return any(char not in BLANKS and char != REPLACED and category(char)[0] not in "ZCM" for char in text)


def calling_nobody(text: str) -> str:
    """Where chats are told of a person by `<@…>`, of a channel by `<#…>` and of a moment by `<at …>`, only we name one:
    what others write so is shown as it is typed."""
    return text.replace("<@", "‹@").replace("<#", "‹#").replace("<at ", "‹at ")


def unturned(text: str) -> str:
    """`fit`, and nothing that turns the reading direction: for what is drawn beside words of ours."""
    if text.isascii() and text.isprintable():
        return text
    return _DIRECTIONS.sub("", fit(text))


def is_fit(value: Any) -> bool:
    """Whether `fit_json` would leave it as it is, which is so of nearly all that comes."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if not isinstance(value, list):
        return not isinstance(value, str) or not _UNFIT.search(value)
    others = [part for part in value if not isinstance(part, str)]
    texts = "".join([part for part in value if isinstance(part, str)] if others else value)
    fits = (texts.isascii() and texts.isprintable()) or not _UNFIT.search(texts)
    return fits and (not others or all(map(is_fit, others)))


def fit_json(value: Any) -> Any:
    """Every text in a value out of JSON, and the names of fields. Raises RecursionError for one that nests too deep."""
    if isinstance(value, str):
        return fit(value)
    if isinstance(value, dict):
        return {fit(name) if isinstance(name, str) else name: fit_json(part) for name, part in value.items()}
    return [fit_json(part) for part in value] if isinstance(value, list) else value


def is_id(text: str) -> bool:
    """Whether it can be an id as it stands: all of it printable, of a length that ids have."""
    return 0 < len(text) <= LONGEST_ID and text.isprintable() and REPLACED not in text
