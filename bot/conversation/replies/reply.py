"""A guest's text message that is one of our reply words, and nothing else.

Carriers swallow or answer some words themselves (STOP and its like): those are CARRIER, so that nobody takes them for
conversation. Any other text is None, and a person reads it. Which words say what is `reply_words`.
"""

import unicodedata
from dataclasses import dataclass

from bot.conversation.replies.reply_words import meaning_of, split_late
from bot.conversation.typed.plain_text import plain
from bot.conversation.typed.time_words import is_time_word
from bot.domain.stays.replying import MOST_CHOICES
from bot.domain.stays.replying import ReplyWord as ReplyWord

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
    if bare.upper() in CARRIER_WORDS:
        return Reply(ReplyWord.CARRIER, bare.upper())
    first, _, others = bare.partition(" ")
    if _undecorated(first).upper() == ReplyWord.LATE:
        return Reply(ReplyWord.LATE, _undecorated(others))
    typed = plain(bare)
    word = meaning_of(typed)
    if word is not None:
        return Reply(word)
    rest = split_late(typed)
    return Reply(ReplyWord.LATE, rest) if rest and _may_be_time(rest) else None


def understand_choice(text: str) -> int | None:
    """A bare number from 1 to 9, as an answer to a question with numbers."""
    bare = _undecorated(unicodedata.normalize("NFKC", text))
    return int(bare) if len(bare) == 1 and bare.isascii() and bare.isdigit() and 0 < int(bare) <= MOST_CHOICES else None


def _may_be_time(rest: str) -> bool:
    return any(character.isdigit() for character in rest) or all(is_time_word(word) for word in rest.split())


def _undecorated(text: str) -> str:
    """Without spaces, punctuation, emoji and invisible marks at both ends; one space for many inside."""
    kept = [index for index, character in enumerate(text) if character.isalnum()]
    return " ".join(text[kept[0] : kept[-1] + 1].split()) if kept else ""
