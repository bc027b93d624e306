"""Talking with a guest: which stay their words belong to, until when the team may write.

What is said, and how it is put, is `bot.conversation.team.talk_words`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import Guest

AFTERWARDS = timedelta(days=7)
"""Somebody who has left may still have forgotten something: so long after the end both sides can write."""

NEAR = timedelta(days=1)
MOST_NEAR = 200
MOST_UNKNOWN = 30
"""Of all numbers without a stay so many texts an hour are shown to the team: more than that is no guest at a door."""

_GIVEN_UP = (CodeStatus.WITHDRAWN, CodeStatus.FAILED)


def spoken_of(codes: Sequence[AccessCode], now: datetime) -> AccessCode | None:
    """The stay that a guest's words are about: the one that runs, else the next one, else the one that ended last.

    A stay that was given up stands back behind one that was not; what never existed, or ended long ago, does not count.
    """
    known = [c for c in codes if c.status is not CodeStatus.RELEASED and now < c.window.ends_at + AFTERWARDS]
    alive = [c for c in known if c.status not in _GIVEN_UP and now < c.window.ends_at]
    running = [c for c in alive if c.window.starts_at <= now]
    if running:
        return max(running, key=lambda c: (c.window.starts_at, c.id))
    if alive:
        return min(alive, key=lambda c: (c.window.starts_at, c.id))
    return max(known, key=lambda c: (c.window.ends_at, c.id), default=None)


def near_start(codes: Iterable[AccessCode], now: datetime) -> list[AccessCode]:
    """The stays whose guest may be on the way, or in trouble at the door: from a day before the start to a day after,
    while the stay lasts. A PIN that was never to be is nobody's."""
    gone = (CodeStatus.RELEASED, CodeStatus.ENDED)
    return [
        c for c in codes if c.status not in gone and now < c.window.ends_at and abs(c.window.starts_at - now) <= NEAR
    ]


def check_can_write(request: AccessRequest, newest: AccessCode | None, guest: Guest, now: datetime) -> AccessCode:
    """The code that the text belongs to. Raises a Refusal where the stay was never approved, is long over or was given
    up before a PIN existed, or its guest wants no texts."""
    if request.status is not RequestStatus.APPROVED or newest is None:
        raise Refusal(Reason.NOT_TO_WRITE_TO, {"status": request.status.value})
    if newest.status is CodeStatus.RELEASED or now >= newest.window.ends_at + AFTERWARDS:
        raise Refusal(Reason.NOT_TO_WRITE_TO, {"status": newest.status.value})
    if guest.opted_out_at is not None:
        raise Refusal(Reason.GUEST_OPTED_OUT, {"guest": guest.name})
    return newest
