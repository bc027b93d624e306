"""What can be pressed on the card of an approved stay, and what is asked before it happens."""

from bot.conversation.times import show_moment
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Button
from bot.domain.stays.access_codes import OPENS, AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest

S = CodeStatus


def stay_buttons(request: AccessRequest, newest: AccessCode, lock: Lock) -> tuple[Button, ...]:
    """By how far the newest code has come."""
    if newest.status in (S.MISSED, S.FAILED):
        return (Button("replace", "Replace the PIN", newest.id, "primary"),)
    show = (Button("reveal", "Show PIN", request.id),) if newest.has_pin and newest.status in OPENS else ()
    if newest.status is S.WITHDRAWN:
        return (*show, Button("deleted", "Deleted at the lock", newest.id))
    if newest.status is S.RESERVED and newest.on_arrival:
        here = Button("guest_is_here", "The guest is here", newest.id)
        return (here, Button("withdraw", "Withdraw", request.id, "danger", _truth(newest, lock)))
    opened = (Button("opened", "It opened", newest.id),) if newest.status in (S.READY, S.SHARED) else ()
    if newest.status in (S.RESERVED, S.MINTING, S.READY, S.SHARED, S.ACTIVE):
        return (*opened, *show, Button("withdraw", "Withdraw", request.id, "danger", _truth(newest, lock)))
    return ()


def _truth(code: AccessCode, lock: Lock) -> str:
    """What the confirm dialog says; Slack takes 300 characters."""
    if code.status is S.RESERVED:
        return "No PIN exists yet: if you withdraw now, none will be made, and the place at the lock is free again."
    ends = show_moment(code.window.ends_at, lock.zoneinfo)
    return (
        f"This PIN cannot be taken back. It still opens {lock.name[:60]} until {ends}, unless somebody deletes it at "
        "the lock. A guest who has it is asked by text not to use it."
    )
