"""When a PIN is in danger: it may die unused, or its guest may not know it. From the code, its text and the time."""

from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.messages.message import MessageStatus
from bot.domain.stays.access_codes import AccessCode, CodeStatus

CLOSING = timedelta(hours=12)
"""So long before `activate_by` an unused PIN is worth a look."""

_UNREAD = frozenset({MessageStatus.UNDELIVERED, MessageStatus.REFUSED, MessageStatus.DROPPED})
_WAITING = frozenset({CodeStatus.READY, CodeStatus.SHARED})


class Danger(StrEnum):
    """Why somebody should act."""

    UNDELIVERED = "undelivered"
    OPTED_OUT = "opted_out"
    CLOSING = "closing"


def dangers_of(
    code: AccessCode, text: MessageStatus | None, now: datetime, *, opted_out: bool = False
) -> tuple[Danger, ...]:
    """`text`: how far the text with the PIN has come, if there is one; `opted_out`: the guest wants no texts. Empty
    for a PIN that is used, over or unmade."""
    if code.status not in _WAITING:
        return ()
    found = [Danger.UNDELIVERED] if text in _UNREAD else []
    if opted_out:
        found.append(Danger.OPTED_OUT)
    if code.activate_by is not None and now < code.activate_by <= now + CLOSING:
        found.append(Danger.CLOSING)
    return tuple(found)
