"""What can be pressed on the card of an approved stay, and what is asked before it happens."""

from bot.conversation.times import show_moment
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Button
from bot.domain.stays.access_codes import MAY_OPEN, AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest

S = CodeStatus
_UNUSED = (S.READY, S.SHARED, S.UNCONFIRMED)


def stay_buttons(request: AccessRequest, newest: AccessCode, lock: Lock) -> tuple[Button, ...]:
    """By how far the newest code has come."""
    another = (Button("replace", "Replace the PIN", newest.id, "primary"),)
    if newest.status in (S.EXPIRED, S.FAILED):
        return another
    show = (Button("reveal", "Show PIN", request.id),) if newest.has_pin and newest.status in MAY_OPEN else ()
    if newest.status is S.WITHDRAWN:
        return (*show, Button("deleted", "Deleted at the lock", newest.id))
    if newest.status is S.RESERVED and newest.on_arrival:
        here = Button("guest_is_here", "The guest is here", newest.id)
        return (here, Button("withdraw", "Withdraw", request.id, "danger", _truth(newest, lock)))
    opened = (Button("opened", "It opened", newest.id),) if newest.status in _UNUSED else ()
    if newest.status is S.UNCONFIRMED:
        return (*opened, *another, *show, Button("withdraw", "Withdraw", request.id, "danger", _truth(newest, lock)))
    if newest.status in (S.RESERVED, S.MINTING, S.READY, S.SHARED, S.ACTIVE):
        return (*opened, *show, Button("withdraw", "Withdraw", request.id, "danger", _truth(newest, lock)))
    return ()


def earlier_buttons(number: int, code: AccessCode) -> tuple[Button, ...]:
    """For a PIN that was replaced or moved, and may still open."""
    show = (Button(f"reveal.{number}", f"Show PIN {number}", code.id),) if code.has_pin else ()
    gone = (
        (Button(f"deleted.{number}", f"PIN {number} deleted at the lock", code.id),)
        if code.status is S.WITHDRAWN
        else ()
    )
    return (*show, *gone)


def _truth(code: AccessCode, lock: Lock) -> str:
    """What the confirm dialog says; Slack takes 300 characters."""
    if code.status is S.RESERVED:
        return "No PIN exists yet: if you withdraw now, none will be made, and the place at the lock is free again."
    ends = show_moment(code.window.ends_at, lock.zoneinfo)
    if code.status is S.UNCONFIRMED:
        return (
            f"This PIN cannot be taken back. If it was used in time, it opens {lock.name[:60]} until {ends}, unless "
            "somebody deletes it at the lock. A guest who has it is asked by text not to use it."
        )
    return (
        f"This PIN cannot be taken back. It still opens {lock.name[:60]} until {ends}, unless somebody deletes it at "
        "the lock. A guest who has it is asked by text not to use it."
    )
