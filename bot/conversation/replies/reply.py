"""A guest's text message as one of our words, however it is put; None for what a person has to read.

What carriers answer or obey (STOP and its like) is read in `carrier_words`, before anything here.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from bot.conversation.replies.arrival_times import unit_of
from bot.conversation.replies.bare_text import is_reaction, own_words
from bot.conversation.replies.grammar import understand, without
from bot.conversation.replies.reply_words import Little
from bot.domain.stays.replying import MOST_CHOICES
from bot.domain.stays.replying import ReplyWord as ReplyWord

MAX_REPLY_TEXT = 480
"""Letters: three texts in one. What is longer tells a story, which people have to read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A word, and what came with it: `rest` of LATE (`22:00`, or empty); `calls`: they want a person, whatever else
    they say; `more`: there is something beside it that people should read."""

    word: ReplyWord
    rest: str = ""
    calls: bool = False
    more: bool = False


def understand_reply(text: str, names: Collection[str] = ()) -> Reply | None:
    """`In.`, `We're in, thanks!` and `in 👍` are IN; `in the kitchen` is None. `names`: of the doors and of the guest,
    which may stand beside any word."""
    if len(text) > MAX_REPLY_TEXT or len(unicodedata.normalize("NFKC", text)) > MAX_REPLY_TEXT:
        return None
    if is_reaction(text):
        return Reply(ReplyWord.THANKS)
    words = own_words(text)
    meant = understand(words, names)
    if meant.word is None:
        return None
    late = meant.word is ReplyWord.LATE
    rest = without(words, (ReplyWord.LATE, Little.COURTESY), unit_of) if late else ""
    return Reply(meant.word, rest, meant.calls and meant.word is not ReplyWord.HUMAN, meant.more)


def understand_choice(text: str) -> int | None:
    """A bare number from 1 to 9, as an answer to a question with numbers."""
    bare = _undecorated(unicodedata.normalize("NFKC", own_words(text)))
    return int(bare) if len(bare) == 1 and bare.isascii() and bare.isdigit() and 0 < int(bare) <= MOST_CHOICES else None


def _undecorated(text: str) -> str:
    """Without spaces, punctuation, emoji and invisible marks at both ends; one space for many inside."""
    kept = [index for index, character in enumerate(text) if character.isalnum()]
    return " ".join(text[kept[0] : kept[-1] + 1].split()) if kept else ""
