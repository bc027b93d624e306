"""How people name a stay: by the guest, whatever the case and accents, or by the short id on its card."""

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.typed.plain_text import plain
from bot.domain.guest_names import as_called
from bot.domain.stays.access_requests import SHORT_ID, short_id

_ID = re.compile(
    rf"(?:(?:stay|pin|code|booking|request|id)\W+)?\W*([a-z0-9]{{{SHORT_ID}}})\W*"
    rf"|[^()]*\(([a-z0-9]{{{SHORT_ID}}})\)\W*",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 100
_NEAR = 0.6
_MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stay by its guest's name, before anything else about it is read."""

    request_id: str
    guest: str


def typed_id(words: str) -> str | None:
    """The short id: whatever signs stand around it, behind what it is one of, or as we say it: `Cleo (K3J9P)`."""
    found = _ID.fullmatch(unicodedata.normalize("NFKC", words[:_LONGEST]).strip())
    return (found[1] or found[2]).upper() if found else None


def choose(words: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """All stays of the guest of that name; the first name is enough where no whole name fits."""
    typed = plain(as_called(words))
    whole = [c for c in candidates if typed and plain(c.guest) == typed]
    return whole or [c for c in candidates if typed and plain(c.guest).split()[:1] == [typed]]


def near(words: str, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """What comes near, or the newest where nothing was typed: `Cleo (K3J9P)`. Never a match, only a suggestion."""
    newest: dict[str, Candidate] = {}
    for candidate in candidates:
        newest.setdefault(plain(candidate.guest), candidate)
    typed = plain(words)
    if typed:
        beginning = [name for name in newest if name.startswith(typed)]
        names = beginning or difflib.get_close_matches(typed, list(newest), _MOST_NEAR, _NEAR)
    else:
        names = list(newest)
    return tuple(f"{newest[name].guest} ({short_id(newest[name].request_id)})" for name in names[:_MOST_NEAR])
