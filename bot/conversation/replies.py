"""A guest's text message that is one of our reply words, and nothing else.

Carriers swallow or answer some words themselves (STOP and its like): those are CARRIER, so that nobody takes them for
conversation. Any other text is None, and a person reads it.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

MAX_REPLY_TEXT = 200

CARRIER_WORDS = frozenset(
    [
        "STOP",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "REVOKE",
        "OPTOUT",
        "START",
        "YES",
        "UNSTOP",
        "HELP",
        "INFO",
    ]
)
"""Twilio's default opt-out, opt-in and help keywords (product.md)."""


class ReplyWord(StrEnum):
    """What a guest can tell us in one word."""

    PIN = "PIN"
    IN = "IN"
    HERE = "HERE"
    LATE = "LATE"
    STUCK = "STUCK"
    HUMAN = "HUMAN"
    CARRIER = "CARRIER"


@dataclass(frozen=True, slots=True)
class Reply:
    """A word, and what came with it: the argument of LATE (`22:00`, or empty), the carrier's word of CARRIER."""

    word: ReplyWord
    rest: str = ""


def understand_reply(text: str) -> Reply | None:
    """`In.`, `IN!` and `in 👍` are IN; `in the kitchen` is None. Only LATE takes more words."""
    if len(text) > MAX_REPLY_TEXT:
        return None
    bare = _undecorated(unicodedata.normalize("NFKC", text))
    first, _, others = bare.partition(" ")
    word, rest = _undecorated(first).upper(), _undecorated(others)
    if word == ReplyWord.LATE:
        return Reply(ReplyWord.LATE, rest)
    if rest or not word:
        return None
    if word in CARRIER_WORDS:
        return Reply(ReplyWord.CARRIER, word)
    return Reply(ReplyWord(word)) if word in ReplyWord.__members__ and word != ReplyWord.CARRIER else None


def _undecorated(text: str) -> str:
    """Without spaces, punctuation, emoji and invisible marks at both ends; one space for many inside."""
    kept = [index for index, character in enumerate(text) if character.isalnum()]
    return " ".join(text[kept[0] : kept[-1] + 1].split()) if kept else ""
