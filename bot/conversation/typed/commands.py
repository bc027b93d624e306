"""`/pin` and a word: which command somebody means by it, however it is spelled, decorated or called elsewhere.

What only looks like a command is a suggestion, never the command; and a line with somebody's number is an ask.
"""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.conversation.typed.courtesies import after_lead_in, only_leads_in, without_courtesies
from bot.conversation.typed.lock_names import ARTICLES, LockName, find_lock, near_lock, only_lock
from bot.conversation.typed.phones import find_phone
from bot.conversation.typed.plain_text import plain
from bot.conversation.typed.slack_text import MAX_ASK_TEXT
from bot.domain.pins import Pin
from bot.domain.refusals import Reason, Refusal

_CALLED = {
    "withdraw": "cancel delete remove revoke void storno annul undo kill block drop",
    "change": "extend move edit update amend reschedule shorten modify prolong postpone",
    "show": "find info details view status",
    "list": "ls lists stays requests pins",
    "approvals": "approve deny pending decide approval",
    "help": "? h usage commands hilfe aide ayuda ajuda aiuto",
    "locks": "doors",
    "text": "message sms",
    "resend": "again",
}
"""What commands are called elsewhere. None of them does a thing that its command does not ask about first."""

_WITHOUT_NAME = {"show": "list"}
"""`/pin status`: of one's own stays."""

_ONLY_SUGGESTED = {
    "unlock": "open",
    "lock": "close shut",
    "reveal": "pin code",
    "replace": "renew",
    "text": "tell write",
    "number": "call phone ring",
}
"""What these would do is too much for a guess."""

_OURSELVES = ("/pin", "pin")
_AROUND = " .,:;!?-•>\"'“”„«»‘’`*_/"
_THEIRS = re.compile(r"['’]s (?:pin|code|stay|access|booking|reservation|request|number|phone|name)s?(?: to)?(?!\w)")
_OF = re.compile(r"^(?:the |a )?(?:pin|code|stay|access|booking|reservation|request|guest)s? (?:for|of) (?=\S)", re.I)
_HAS_DIGITS = "check"
_NEAR, _SHORT = 0.8, 5
CHECK_EXAMPLE = "/pin check front-door 481 529 063"
_DIGITS = re.compile(r"^(?P<lock>.*?)[\s:,]*(?P<pin>[0-9](?:[ \-]?[0-9]){3,9})\s*$", re.DOTALL)
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """`word` is the command's own; `rest` what came after it. `sure`: it is that, else it is what may be meant."""

    word: str
    rest: str
    sure: bool = True


_HELP = frozenset({"help", *_CALLED["help"].split()})
_COMMAND_OF = {each: word for word, others in _CALLED.items() for each in others.split()}


def first_word(words: str) -> str:
    """The command that a line begins with, under its own name, or whatever else its first word is: without a look at
    the doors."""
    said = words.split()
    first = _key(said[0]) or said[0] if said else ""
    return _COMMAND_OF.get(first, first)


def asks_for_help(typed: str) -> bool:
    """`help` alone, by whichever name: known without a look at the doors. What stands around it is left to
    `understand_command`."""
    return typed in _HELP


def understand_command(words: str, known: Collection[str], locks: Sequence[LockName] = ()) -> TypedCommand | None:
    """`words` are shown text; `known` the words that `/pin` takes. None where they are about no command."""
    said = words.split()
    said = said[next((index for index, word in enumerate(said) if _key(word) or "?" in word), 0) :]
    if said and _key(said[0]) not in known:
        said = list(after_lead_in(said[said[0] in _OURSELVES and len(said) > 1 :]))
    if not said:
        return None
    first, rest = _key(said[0]) or said[0][:1], " ".join(said[1:])
    word = first if first in known else _COMMAND_OF.get(first)
    if word not in known:
        word = None
    if word is None and _names_door(said, locks):
        return None  # most lines: what else stands there decides nothing
    number = find_phone(rest[:MAX_ASK_TEXT], None)
    if number is not None and number.e164 is not None and word != _HAS_DIGITS:
        # A door may be called like a command, and nobody is called "cancel Ana".
        before = _whose(rest[: number.start])
        return TypedCommand(word, before, word == "change") if word and not _names_door(said, locks) else None
    if word is not None:
        return TypedCommand(word if first in known or rest else _WITHOUT_NAME.get(word, word), _whose(rest))
    called = {each: of for each, of in _COMMAND_OF.items() if of in known}
    return _suggested(words.split(), said, known, called, locks)


def _names_door(said: Sequence[str], locks: Sequence[LockName]) -> bool:
    door = find_lock(said, locks)
    return door is not None and door.first == 0


def _suggested(
    typed: Sequence[str],
    said: Sequence[str],
    known: Collection[str],
    called: Mapping[str, str],
    locks: Sequence[LockName],
) -> TypedCommand | None:
    """The command that the first word nearly is, or one that is too much for a guess: `open front door`, `pin Ana`."""
    maybe = {each: word for word, others in _ONLY_SUGGESTED.items() if word in known for each in others.split()}
    found = maybe.get(_key(typed[0]))
    if found and (_names_door(_bare_door(typed[1:]), locks) or (len(typed) in (2, 3) and not only_leads_in(typed[1]))):
        return TypedCommand(found, _whose(" ".join(typed[1:])), sure=False)
    first, every = _key(said[0]), [*known, *called]
    if len(first) <= _SHORT:
        # One other letter in a short word makes somebody's name of it: Lisa.
        near = [each for each in every if sorted(each) == sorted(first) or _is_one_letter_apart(each, first)]
    else:
        near = difflib.get_close_matches(first, every, 1, _NEAR)
    return TypedCommand(called.get(near[0], near[0]), _whose(" ".join(said[1:])), sure=False) if near else None


def _bare_door(said: Sequence[str]) -> Sequence[str]:
    return said[1:] if said and said[0].casefold() in ARTICLES else said


def _is_one_letter_apart(one: str, other: str) -> bool:
    """One letter more or less, in words that are no beginning of each other."""
    short, long = sorted((one, other), key=len)
    left_out = any(long[:at] + long[at + 1 :] == short for at in range(1, len(long) - 1))
    return len(long) == len(short) + 1 and len(short) > 3 and left_out


def _whose(rest: str) -> str:
    """`Ana's code please` and `the code for Ana` → `Ana`."""
    return without_courtesies(_THEIRS.sub("", _OF.sub("", rest), count=1)).strip()


def _key(word: str) -> str:
    return plain(word[:MOST_LETTERS]).strip(_AROUND)


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
