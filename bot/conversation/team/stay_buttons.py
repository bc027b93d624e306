"""What can be pressed on the card of an approved stay, PIN by PIN, and what is asked before it happens."""

from collections.abc import Sequence

from bot.conversation.times import show_moment
from bot.domain.locks.lock import Lock, together
from bot.domain.messages.notice import Button
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.changing import can_change
from bot.domain.stays.standing import Opens, PinStanding, PinState, Standing

S = CodeStatus
_UNUSED = (S.READY, S.SHARED, S.UNCONFIRMED)
_REPLACEABLE = (S.EXPIRED, S.FAILED, S.UNCONFIRMED)
_TO_GIVE_UP = (S.RESERVED, S.MINTING, S.READY, S.SHARED, S.ACTIVE, S.UNCONFIRMED)


def stay_buttons(request: AccessRequest, standing: Standing, locks: Sequence[Lock]) -> tuple[Button, ...]:
    """By how far each PIN has come: first what counts now, then what was replaced or moved and may still open. Of PINs
    one after the other only the one that is the guest's, unless there is something to be done about others. `locks`:
    its doors, and those that it had before."""
    current, doors = standing.current, {lock.id: lock.name for lock in locks}
    shown = [p for p in current if p in standing.guests or p.code.status in (*_REPLACEABLE, S.WITHDRAWN)]
    buttons: list[Button] = []
    for pin in shown:
        called = "" if len(shown) == 1 else f": {doors.get(pin.code.lock_id, '')}"
        called += f", PIN {pin.number}" if called and len(current) > len(standing.guests) else ""
        buttons += pin_buttons(request, pin, called)
    if any(map(_to_call, current)):
        buttons.append(Button("number", "Show number", request.id))
    if can_change(request, [pin.code for pin in current], standing.now):
        buttons.append(Button("change", "Change", request.id))
    if any(map(can_give_up, current)):
        label = "Withdraw this visit" if request.series_id else "Withdraw"
        buttons.append(Button("withdraw", label, request.id, "danger", withdrawal_truth(standing, locks)))
    return (*buttons, *(button for pin in standing.earlier for button in _earlier_buttons(pin)))


def _to_call(pin: PinStanding) -> bool:
    """Before a PIN is due there is nothing to call about; who has to all the same types `/pin number`."""
    code = pin.code
    over = code.status in (S.RELEASED, S.ENDED) or pin.state in (PinState.ENDED, PinState.DELETED)
    return not over and (code.status is not S.RESERVED or code.on_arrival)


def can_give_up(pin: PinStanding) -> bool:
    """Its code is not over, and nobody has given it up."""
    return pin.code.status in _TO_GIVE_UP and pin.state is not PinState.ENDED


def pin_buttons(request: AccessRequest, pin: PinStanding, called: str = "") -> tuple[Button, ...]:
    """Of a PIN that counts; `called` tells it from others beside it."""
    code, buttons = pin.code, list[Button]()
    if code.status is S.RESERVED and code.on_arrival:
        buttons.append(Button("guest_is_here", f"The guest is here{called}", code.id))
    if code.status in _UNUSED and pin.may_open:
        buttons.append(Button("opened", f"It opened{called}", code.id))
    # By the time as well as by the row, which the clock may not have looked at yet.
    unheard = pin.state is PinState.UNCONFIRMED and code.status is not S.WITHDRAWN
    if (code.status in _REPLACEABLE or unheard) and pin.state is not PinState.ENDED:
        buttons.append(Button("replace", f"Replace the PIN{called}", code.id, "primary"))
    if code.has_pin and pin.may_open:
        buttons.append(Button("reveal", f"Show PIN{called}", code.id if called else request.id))
    if code.status is S.WITHDRAWN and pin.may_open:
        buttons.append(Button("deleted", f"Deleted at the lock{called}", code.id))
    return tuple(buttons)


def _earlier_buttons(pin: PinStanding) -> tuple[Button, ...]:
    """For a PIN that was replaced or moved, and may still open."""
    number, code = pin.number, pin.code
    show = (Button(f"reveal.{number}", f"Show PIN {number}", code.id),) if code.has_pin else ()
    gone = Button(f"deleted.{number}", f"PIN {number} deleted at the lock", code.id)
    return (*show, gone) if code.status is S.WITHDRAWN else show


def withdrawal_truth(standing: Standing, locks: Sequence[Lock]) -> str:
    """What whoever would withdraw it reads first; Slack takes 300 characters in a dialog."""
    still = [pin for pin in standing.pins if pin.may_open or pin.state is PinState.MAKING]
    if not still:
        return "No PIN exists yet: if you withdraw now, none will be made, and the place at the lock is free again."
    lock = together([lock for lock in locks if lock.id in {pin.code.lock_id for pin in still}] or locks)
    ends = show_moment(max(pin.code.window.ends_at for pin in still), lock.zoneinfo)
    certain = all(pin.opens is Opens.CERTAIN or pin.state is PinState.MAKING for pin in still)
    unheard = all(pin.state is PinState.UNCONFIRMED for pin in still)
    opens = "It still opens" if certain else "If it was used in time, it opens" if unheard else "It may still open"
    they = "They open" if certain else "They may open"
    what = "This PIN cannot be taken back." if len(still) == 1 else f"{len(still)} PINs cannot be taken back."
    return (
        f"{what} {opens if len(still) == 1 else they} {lock.name[:60]} until {ends}, unless somebody deletes "
        f"{'it' if len(still) == 1 else 'them'} at the lock. A guest who has it is asked by text not to use it."
    )
