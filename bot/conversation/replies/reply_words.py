"""The phrases that guests reply with: `phrases.txt` beside this, the one table that `grammar` reads, for all languages.

There `[IN]` begins the phrases of a word, `[PIN firmly]` those that say it whatever stands beside them, and `[LATE with
a time]` those that do beside one. A line has the phrases of a language, and one that is indented goes on with them. `|`
parts phrases, `(a/b)` is a choice, and a choice with an empty end (`(so/)`) may be left out. Accents, case and
apostrophes do not matter.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from bot.conversation.replies.bare_text import normal, tokens
from bot.domain.messages.languages import Language
from bot.domain.stays.replying import ReplyWord


class Little(StrEnum):
    """What a phrase does beside the words that answer us. NOT and UNLESS take a clause's meaning away: what is denied,
    or has still to happen, is no evidence. THING: what we hand out and what it opens. BESIDE: things that have codes
    or doors of their own. A clause ends at AND."""

    NOT = "NOT"
    UNLESS = "UNLESS"
    ASKS = "ASKS"
    THING = "THING"
    BESIDE = "BESIDE"
    COURTESY = "COURTESY"
    FILLER = "FILLER"
    TIME = "TIME"
    AND = "AND"


class Firmness(StrEnum):
    """As the table's headings put it. WEAKLY: each word that we do not know speaks against it. FIRMLY: it says so
    whatever stands beside it. TIMED: only where a time does."""

    WEAKLY = ""
    FIRMLY = "firmly"
    TIMED = "with a time"


Sense = ReplyWord | Little


@dataclass(frozen=True, slots=True)
class PhraseLine:
    """What the table says of one language."""

    sense: Sense
    how: Firmness
    language: Language
    phrases: tuple[str, ...]


@cache
def table() -> tuple[PhraseLine, ...]:
    """All lines, in the order of the file."""
    text = (files("bot.conversation.replies") / "phrases.txt").read_text("utf-8")
    lines: list[PhraseLine] = []
    heading = ""
    for line in re.sub(r"\n +", " ", text).splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif line:
            called, _, said = line.partition(" ")
            sense, _, how = heading.partition(" ")
            lines.append(PhraseLine(_SENSES[sense], Firmness(how), Language(called), tuple(spelled(said))))
    return tuple(lines)


_SENSES: Mapping[str, Sense] = {**{word.value: word for word in ReplyWord}, **{word.value: word for word in Little}}


@cache
def phrases() -> Mapping[tuple[str, ...], tuple[Sense, Firmness]]:
    """Every phrase by its tokens: what it says, and how. Of a phrase that several languages have the first meaning
    counts, those that answer us before the little words."""
    found: dict[tuple[str, ...], tuple[Sense, Firmness]] = {}
    for line in sorted(table(), key=lambda line: isinstance(line.sense, Little)):
        for phrase in line.phrases:
            found.setdefault(tuple(tokens(normal(phrase))), (line.sense, line.how))
    return found


def spelled(line: str) -> Iterator[str]:
    """The phrases of a line, each choice made."""
    for phrase in line.split("|"):
        choices = [part.split("/") for part in re.split(r"[()]", phrase)]
        for made in itertools.product(*choices):
            if said := " ".join("".join(made).split()):
                yield said
