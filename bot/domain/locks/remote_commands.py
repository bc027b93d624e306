"""Unlocking and locking from afar, through a bridge: who may, how often, and how long an order is worth anything.

An order that is not carried out at once is not carried out at all: a door must not open a minute later, with nobody
before it. For the same reason it is never sent a second time while nobody knows what became of the first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal

GOOD_FOR = timedelta(seconds=30)
FOLLOWED_FOR = timedelta(seconds=90)
"""Seam's attempts end sooner; what is still pending then is said to be unknown."""

LOOK_AGAIN = timedelta(seconds=1)
MOST_A_MINUTE = 15
"""Actions a minute at one lock (product.md, igloohome's limit)."""


class Action(StrEnum):
    UNLOCK = "unlock"
    LOCK = "lock"


class RemoteStatus(StrEnum):
    """How far an order has come. The last five are final."""

    ASKED = "asked"
    SENDING = "sending"
    FOLLOWED = "followed"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class RemoteCommand:
    """`ref` is the provider's name of the action, once it has one; `problem` in plain words. `workspace`: where it was
    asked, if there are several. `due_at` is None when nothing is left to do."""

    id: str
    lock_id: str
    person: str
    action: Action
    asked_at: datetime
    status: RemoteStatus = RemoteStatus.ASKED
    ref: str | None = None
    problem: str = ""
    workspace: str = ""
    due_at: datetime | None = None
    claimed_until: datetime | None = None
    version: int = 0


def check_can_operate(lock: Lock | None, lately: int) -> Lock:
    """`lately`: orders for this lock within the last minute. Raises a Refusal where there is no bridge, or too many."""
    if lock is None:
        raise Refusal(Reason.UNKNOWN_LOCK)
    if not lock.has_bridge:
        raise Refusal(Reason.NO_BRIDGE, {"lock": lock.name})
    if lately >= MOST_A_MINUTE:
        raise Refusal(Reason.TOO_MANY_UNLOCKS, {"lock": lock.name, "most": MOST_A_MINUTE})
    return lock
