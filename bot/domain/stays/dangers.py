"""When a PIN is in danger: it may die unused, or its guest may not know it. From the code, its text and the time."""

from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.stays.access_codes import AccessCode, CodeStatus

CLOSING = timedelta(hours=12)
"""So long before `activate_by` an unused PIN is worth a look."""

_WAITING = frozenset({CodeStatus.READY, CodeStatus.SHARED})


class Danger(StrEnum):
    """Why somebody should act."""

    UNDELIVERED = "undelivered"
    OPTED_OUT = "opted_out"
    CLOSING = "closing"


def dangers_of(code: AccessCode, now: datetime, *, unread: bool = False, opted_out: bool = False) -> tuple[Danger, ...]:
    """`unread`: the text with the PIN reached nobody; `opted_out`: the guest wants no texts. Empty for a PIN that is
    used, over or unmade."""
    if code.status not in _WAITING:
        return ()
    found = [Danger.UNDELIVERED] if unread else []
    if opted_out:
        found.append(Danger.OPTED_OUT)
    if code.activate_by is not None and now < code.activate_by <= now + CLOSING:
        found.append(Danger.CLOSING)
    return tuple(found)
