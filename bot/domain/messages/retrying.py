"""Retrying: what a text's definite failure is answered with. From the cause, what was tried and the time; a text whose
outcome is not known is never tried again from here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.messages.message import Attempt, Message, MessageStatus, Route


class Cause(StrEnum):
    """Why a text did not arrive, by what may be done about it."""

    CONTACT = "contact"
    """This number cannot be texted: nothing of ours changes that."""
    OPTED_OUT = "opted_out"
    """The guest has told the carrier that they want no texts; only they can undo it."""
    LATER = "later"
    """The phone or its network was not there: it may be in a while."""
    ONCE_MORE = "once_more"
    """Nobody knows why."""
    EXPIRED = "expired"
    """It waited too long."""
    FILTERED = "filtered"
    """Taken for spam: the same words by the same sender would be again."""
    SENDER = "sender"
    """Our sender may not, or cannot; another may."""
    CONFIGURATION = "configuration"
    """The operator has to change something."""
    REVIEW = "review"
    """A person has to look."""


_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
WAITS: Mapping[Cause, tuple[timedelta, ...]] = {
    Cause.LATER: (15 * _MINUTE, _HOUR, 3 * _HOUR),
    Cause.ONCE_MORE: (5 * _MINUTE,),
    Cause.EXPIRED: (_MINUTE,),
}
"""How long to wait before each new try by the same sender; what is not here is not tried by the same sender again."""

CURED_BY_ANOTHER = frozenset({Cause.FILTERED, Cause.SENDER, Cause.ONCE_MORE})
SHORTEST = 2 * _MINUTE
"""With less time left a new try is not worth it: people have to act now."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a vendor said. `problem` is in plain words. `refused`: at once, so that nothing was ever under way."""

    cause: Cause
    problem: str
    ref: str | None = None
    refused: bool = False


def next_try(message: Message, cause: Cause, now: datetime, *, second_way: bool) -> tuple[timedelta, Route] | None:
    """How long to wait and which way to take; None when trying again helps nobody."""
    if message.way is Route.REPLY:
        return None if cause is Cause.OPTED_OUT else (timedelta(0), Route.FIRST)
    failed_so = sum(1 for attempt in message.earlier if attempt.way is message.way)
    waits = WAITS.get(cause, ())
    if failed_so < len(waits):
        return waits[failed_so], message.way
    if cause in CURED_BY_ANOTHER and second_way and message.way is Route.FIRST:
        return timedelta(0), Route.SECOND
    return None


def after_failure(
    message: Message, failure: Failure, now: datetime, good_until: datetime, *, second_way: bool
) -> Message:
    """The message queued for a new try, or at its end. A new try comes while the words are still true: a long wait is
    cut to half of the time that is left."""
    again = next_try(message, failure.cause, now, second_way=second_way)
    if again is None or good_until - now < SHORTEST:
        final = MessageStatus.REFUSED if failure.refused else MessageStatus.UNDELIVERED
        ref = failure.ref or message.vendor_ref
        return replace(message, status=final, problem=failure.problem, vendor_ref=ref, due_at=None, claimed_until=None)
    wait, way = again
    return replace(
        message,
        status=MessageStatus.QUEUED,
        way=way,
        earlier=(*message.earlier, Attempt(failure.ref, failure.problem, now, message.way)),
        # It failed for certain, so the new try has nothing to look up at the vendor.
        vendor_ref=None,
        tried_at=None,
        problem=failure.problem,
        due_at=now + min(wait, (good_until - now) / 2),
        claimed_until=None,
        looks=0,
    )


LOOKS = (10 * _MINUTE, 50 * _MINUTE, 3 * _HOUR, 12 * _HOUR)
"""When a text that nobody reports on is looked up at the vendor: so long after it left, then after each look."""


def next_look(looks: int, now: datetime) -> datetime | None:
    """None when it has been looked up often enough: "sent" may be the vendor's last word."""
    return now + LOOKS[looks] if looks < len(LOOKS) else None
