"""`/pin` and a word: which command somebody means by it, however it is spelled, decorated or called elsewhere.

What only looks like a command is a suggestion, never the command; and a line with somebody's number is an ask.
"""

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.conversation.typed.courtesies import after_lead_in
from bot.conversation.typed.lock_names import LockName, near_lock, only_lock
from bot.conversation.typed.phones import find_phone
from bot.conversation.typed.plain_text import plain
from bot.domain.pins import Pin
from bot.domain.refusals import Reason, Refusal

_CALLED = {
    "withdraw": "cancel delete remove revoke void storno",
    "change": "extend move edit update amend reschedule shorten modify prolong postpone",
    "show": "find info details view status",
    "list": "ls stays requests pins",
    "approvals": "approve deny pending decide approval",
    "help": "? h usage commands hilfe aide ayuda ajuda aiuto",
    "locks": "doors",
    "text": "message sms",
    "resend": "again",
}
"""What commands are called elsewhere. None of them does a thing that its command does not ask about first."""

_WITHOUT_NAME = {"show": "list"}
"""`/pin status`: of one's own stays."""

_ONLY_SUGGESTED = {"unlock": "open", "reveal": "pin code", "replace": "renew new-pin"}
"""What these would do is too much for a guess."""

_HAS_DIGITS = "check"
_AROUND = " .,:;!\"'“”„«»‘’`*_/"
_NEAR = 0.75
_SHORTEST = 3
CHECK_EXAMPLE = "/pin check front-door 481 529 063"
_DIGITS = re.compile(r"^(?P<lock>.*?)[\s:,]*(?P<pin>[0-9](?:[ \-]?[0-9]){3,9})\s*$", re.DOTALL)
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """`word` is the command's own; `rest` what came after it. `sure`: it is that, else it is what may be meant."""

    word: str
    rest: str
    sure: bool = True


def understand_command(words: str, known: Collection[str]) -> TypedCommand | None:
    """`words` are shown text; `known` the words that `/pin` takes. None where they are about no command."""
    if not words.split():
        return None
    said = list(words.split()) if _key(words.split()[0]) in known else list(after_lead_in(words.split()))
    first, rest = _key(said[0]) or said[0], " ".join(said[1:])
    number = find_phone(rest, None)
    if first != _HAS_DIGITS and number is not None and number.e164 is not None:
        return None
    if first in known:
        return TypedCommand(first, rest)
    called = {each: word for word, others in _CALLED.items() if word in known for each in others.split()}
    if first in called:
        word = called[first]
        return TypedCommand(word if rest else _WITHOUT_NAME.get(word, word), rest)
    maybe = {each: word for word, others in _ONLY_SUGGESTED.items() if word in known for each in others.split()}
    if first in maybe:
        return TypedCommand(maybe[first], rest, sure=False)
    near = difflib.get_close_matches(first, [*known, *called], 1, _NEAR) if len(first) >= _SHORTEST else []
    return TypedCommand(called.get(near[0], near[0]), rest, sure=False) if near else None


def _key(word: str) -> str:
    return plain(word).strip(_AROUND)


@dataclass(frozen=True, slots=True)
class Check:
    """`/pin check front-door 481 529 063`: which lock and which digits somebody means."""

    lock_id: str
    pin: Pin


def understand_check(words: str, locks: Sequence[LockName]) -> Check:
    """Raises a Refusal for a lock we do not know, or words without 4 to 10 digits at their end."""
    found = _DIGITS.match(words[:MOST_LETTERS])
    if found is None:
        raise Refusal(Reason.NOT_UNDERSTOOD, {"example": CHECK_EXAMPLE})
    typed = found["lock"].split()
    match = only_lock(typed, locks)
    if match is None or len(match.locks) != 1:
        near = near_lock(typed, locks)
        meant = {"did_you_mean": near.locks[0].name} if near else {}
        raise Refusal(
            Reason.UNKNOWN_LOCK, {"name": " ".join(typed), "known": tuple(n.name for n in locks[:5]), **meant}
        )
    return Check(match.locks[0].id, Pin(re.sub(r"[ \-]", "", found["pin"])))
