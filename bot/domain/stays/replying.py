"""What a guest can tell us in one word, which of their stays it can be about, and why a PIN does not open."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus
from bot.domain.stays.standing import standing
from bot.domain.windows import PinKind

S = CodeStatus


class ReplyWord(StrEnum):
    """What a guest can tell us in one word. HELP, which carriers keep for themselves, is never asked for: it is any
    call for help. THANKS: words that wait for no answer."""

    PIN = "PIN"
    IN = "IN"
    HERE = "HERE"
    LATE = "LATE"
    STUCK = "STUCK"
    HUMAN = "HUMAN"
    HELP = "HELP"
    THANKS = "THANKS"


class CarrierWord(StrEnum):
    """No more texts, or texts again."""

    STOP = "stop"
    START = "start"


class Why(StrEnum):
    """Why a PIN does not open, the likeliest first (product.md)."""

    NOT_STARTED = "not started"
    WRONG_HOUR = "wrong hour"
    NOT_IN_TIME = "not in time"
    ONCE_USED = "once used"
    LOCKED = "locked"
    REPLACED = "replaced"
    END_KEY = "end key"


STUCK_AGAIN = timedelta(minutes=10)
"""Whoever says so twice within this needs a person."""

ASKED_WHICH = timedelta(minutes=30)
"""So long a bare number answers the question which door is meant."""

KEYPAD_LOCKED, WRONG_TRIES = timedelta(minutes=5), 5
"""igloohome's keypad locks itself after a number of wrong tries, 1 to 10 by its setting (facts/igloohome.md)."""

MOST_CHOICES = 9
"""Doors to choose from in one question; each has a number of one digit."""

MOST_ANSWERED, SLOWED_FOR = 10, timedelta(minutes=10)
"""More texts than this within this are not answered; what they say is still passed on."""

MOST_HEARD, HEARD_FOR = 40, timedelta(hours=1)
"""More than this within this are no conversation: they are not passed on either."""

_LIVES = (S.RESERVED, S.MINTING, S.READY, S.SHARED, S.ACTIVE, *PAST_DEADLINE)
TEXTED = (S.READY, S.SHARED, S.ACTIVE)
"""A PIN exists that may be texted."""


def stays_of(codes: Sequence[AccessCode], now: datetime) -> list[AccessCode]:
    """The code that is the guest's now, or the next one, for each door of each stay that goes on or is still to come;
    the soonest first. `codes`: newest first."""
    by_stay: dict[str, list[AccessCode]] = {}
    for code in reversed(codes):
        by_stay.setdefault(code.request_id, []).append(code)
    found = [pin.code for of_stay in by_stay.values() for pin in standing(of_stay, (), now).guests]
    alive = [c for c in found if c.status in _LIVES and now < c.window.ends_at]
    return sorted(alive, key=lambda c: (c.window.starts_at, c.id))


def missed_arrival(codes: Sequence[AccessCode], now: datetime, since: datetime) -> AccessCode | None:
    """The stay whose guest never came while it lasted, and ended after `since`. `codes`: newest first."""
    gone = (c for c in codes if c.on_arrival and c.status is S.RELEASED and c.given_up is None)
    return next((c for c in gone if since < c.window.ends_at <= now), None)


def meant(word: ReplyWord, stays: Sequence[AccessCode], now: datetime) -> list[AccessCode]:
    """The stays that this word can be about; more than one: they have to be asked."""
    inside = [c for c in stays if c.window.contains(now)]
    if word is ReplyWord.IN:
        # Of a stay with several doors also those known to have opened: said twice, IN is no word about another.
        unheard = {c.request_id for c in inside if c.status is not S.ACTIVE}
        fitting = [c for c in inside if c.request_id in unheard] or inside
    elif word in (ReplyWord.HERE, ReplyWord.STUCK):
        fitting = inside
    elif word is ReplyWord.PIN:
        fitting = [c for c in stays if c.has_pin and c.status in TEXTED]
    else:
        fitting = [c for c in stays if c.status not in (S.ACTIVE, *PAST_DEADLINE)]
    return fitting or list(stays)


def word_to_offer(code: AccessCode, now: datetime, *, used: bool) -> ReplyWord | None:
    """What helps a guest most, whose text says none of our words; None where none would."""
    if code.status not in _LIVES or now >= code.window.ends_at:
        return None
    if now < code.window.starts_at:
        return ReplyWord.LATE
    if code.on_arrival and code.status is S.RESERVED:
        return ReplyWord.HERE
    return ReplyWord.PIN if used or code.status is S.ACTIVE else ReplyWord.STUCK


def why_stuck(code: AccessCode, now: datetime, *, used: bool, wrong_tries: int) -> Why:
    """From the code's own facts. `wrong_tries`: what the lock has told of within `KEYPAD_LOCKED`."""
    if now < code.window.starts_at:
        return Why.NOT_STARTED
    if now >= code.window.ends_at:
        return Why.WRONG_HOUR
    if not used and (code.status in PAST_DEADLINE or now >= code.deadline):
        return Why.NOT_IN_TIME
    if used and code.kind is PinKind.ONE_TIME:
        return Why.ONCE_USED
    if wrong_tries >= WRONG_TRIES:
        return Why.LOCKED
    return Why.REPLACED if code.replaces is not None and not used else Why.END_KEY


OF_THE_STAY = frozenset({ReplyWord.PIN, ReplyWord.HERE, ReplyWord.LATE, ReplyWord.HUMAN})
"""About all doors of a stay at once; IN and STUCK are about one of them."""


def covers(code: AccessCode, arrival: datetime) -> bool:
    """Whether the PIN, which nobody has used yet, still opens for somebody who comes then; one that is made on arrival
    does whenever they come."""
    if code.on_arrival:
        return code.window.contains(arrival)
    return code.status not in PAST_DEADLINE and code.window.starts_at <= arrival < code.deadline
