"""Which PINs of a stay their guest hears of in one text, and when: those for doors that begin together. A later PIN of
a chain is texted by itself, shortly before it begins."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.standing import newest_of_parts

S = CodeStatus
LINK_TEXTED = timedelta(hours=2)
"""So long before its start the next PIN of a chain is texted: a day before, there would be two PINs to mix up."""

WAITS_FOR_OTHERS = timedelta(minutes=2)
"""So long a PIN that is made waits for those of the other doors. It takes seconds, mostly."""

_OVER = frozenset({S.RELEASED, S.FAILED, S.WITHDRAWN, S.ENDED, S.EXPIRED})


def companions(code: AccessCode, codes: Sequence[AccessCode]) -> tuple[AccessCode, ...]:
    """The code and those of its stay that begin with it, as the newest of their doors; in the order of the doors.
    `codes`: the stay's, oldest first."""
    found = [c for c in newest_of_parts(codes).values() if c.id == code.id or _goes_with(c, code)]
    return tuple(sorted(found, key=lambda c: c.part)) if any(c.id == code.id for c in found) else (code,)


def link_of(code: AccessCode, codes: Sequence[AccessCode]) -> tuple[int, int]:
    """Which of its door's PINs one after the other it is, counted from 1, and how many there are. A later one that was
    given up alone, as the stay became shorter, counts no more; nor does what is left of a stay that went to another
    door and came back."""
    theirs = [c for c in newest_of_parts(codes).values() if c.lock_id == code.lock_id]
    parts = sorted(c.part for c in theirs if c.part == code.part or _follows(c, code))
    # At a door that the stay has left it is one of none.
    return (parts.index(code.part) + 1, len(parts)) if code.part in parts else (1, 1)


def _follows(one: AccessCode, other: AccessCode) -> bool:
    """Links open one after the other, and none has a deadline but its own end."""
    apart = one.window.ends_at <= other.window.starts_at or other.window.ends_at <= one.window.starts_at
    return apart and one.given_up is None and one.activate_by is None and other.activate_by is None


def text_at(code: AccessCode, codes: Sequence[AccessCode], now: datetime) -> datetime:
    """When the text with this PIN may go: at once, when the others that begin with it are made, or, for a later link,
    shortly before it begins."""
    link, _ = link_of(code, codes)
    at = max(now, code.window.starts_at - LINK_TEXTED) if link > 1 and code.replaces is None else now
    # After an outage from when it was made at last: the others follow within seconds.
    waited = max(code.mint_at, code.minting.tried_at or code.mint_at) + WAITS_FOR_OTHERS
    others = (c for c in companions(code, codes) if c.id != code.id and not c.on_arrival)
    if any(not c.has_pin and c.mint_at <= code.mint_at for c in others):
        return max(at, waited)
    return at


def _goes_with(other: AccessCode, code: AccessCode) -> bool:
    same = (other.window, other.kind, other.on_arrival) == (code.window, code.kind, code.on_arrival)
    return same and other.status not in _OVER
