"""`/pin check front-door 481 529 063`: which lock and which digits somebody means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.typed.lock_names import LockName, near_lock, only_lock
from bot.domain.pins import Pin
from bot.domain.refusals import Reason, Refusal

EXAMPLE = "/pin check front-door 481 529 063"
_DIGITS = re.compile(r"^(?P<lock>.*?)[\s:,]*(?P<pin>[0-9](?:[ \-]?[0-9]){3,9})\s*$", re.DOTALL)
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Check:
    lock_id: str
    pin: Pin


def understand_check(words: str, locks: Sequence[LockName]) -> Check:
    """Raises a Refusal for a lock we do not know, or words without 4 to 10 digits at their end."""
    found = _DIGITS.match(words[:MOST_LETTERS])
    if found is None:
        raise Refusal(Reason.NOT_UNDERSTOOD, {"example": EXAMPLE})
    typed = found["lock"].split()
    match = only_lock(typed, locks)
    if match is None or len(match.locks) != 1:
        near = near_lock(typed, locks)
        meant = {"did_you_mean": near.locks[0].name} if near else {}
        raise Refusal(
            Reason.UNKNOWN_LOCK, {"name": " ".join(typed), "known": tuple(n.name for n in locks[:5]), **meant}
        )
    return Check(match.locks[0].id, Pin(re.sub(r"[ \-]", "", found["pin"])))
