"""What every notice about a stay begins with: whom, which door, when; how a person is named in chat; and in a few words
where a stay and each of its PINs stand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.stay_buttons import can_give_up
from bot.conversation.times import for_reader, long_words, show_moment, show_window, zone_words
from bot.domain.approvals.sms_approvers import BY_SMS, by_sms
from bot.domain.locks.lock import Lock, door_of, together
from bot.domain.sources.names import BY_SOURCE, from_source
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.doubles import Double
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.standing import PinStanding, PinState, Standing
from bot.domain.windows import AccessWindow

Facts = Mapping[str, str]
MOST_PEOPLE = 20
"""More than this many are not called by name at once."""


def person(user_id: str) -> str:
    """A person in chat, as the chat itself shows them; somebody who decides by text message, and a source of stays, by
    name."""
    if from_source(user_id):
        return user_id.removeprefix(BY_SOURCE)
    return f"{user_id.removeprefix(BY_SMS)} (by SMS)" if by_sms(user_id) else f"<@{user_id}>"


def persons(user_ids: Iterable[str]) -> str:
    """Several, in a fixed order."""
    ids = sorted(user_ids)
    return ", ".join([*map(person, ids[:MOST_PEOPLE]), *(["…"] if len(ids) > MOST_PEOPLE else [])])


def about(facts: Facts) -> tuple[tuple[str, str], ...]:
    zone = ZoneInfo(facts["zone"])
    starts, ends = datetime.fromisoformat(facts["starts_at"]), datetime.fromisoformat(facts["ends_at"])
    when = f"{show_window(AccessWindow(starts, ends), zone)}, {zone_words(starts, zone)}"
    return (("Guest", facts["guest"]), ("Lock", facts["door"]), ("When", when))


def when_rows(asked: AccessWindow, granted: AccessWindow, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """One row; two only where the lock, or whoever decided, made it another window than was asked for."""
    shown = f"{show_window(granted, zone)}, {zone_words(granted.starts_at, zone)}{long_words(granted)}"
    if (asked.starts_at, asked.ends_at) == (granted.starts_at, granted.ends_at):
        return (("When", shown),)
    return (("Asked", show_window(asked, zone)), ("Granted", shown))


def visit_words(request: AccessRequest) -> str:
    """Behind the time of a stay that is one visit of a wish that repeats."""
    return f", visit {request.visit}" if request.series_id else ""


HOW_TO_CALL = "The number: Show number on the card, or `/pin number`."
"""Beside every masked number that staff are asked to call."""

BY_TIME = "the lock reported an opening when only this PIN could have opened it"
"""Evidence that names no PIN."""


def state(request: AccessRequest, standing: Standing) -> str:
    """Where a request stands, in a few words."""
    if not standing.pins:
        withdrawn = request.status is RequestStatus.WITHDRAWN
        return "withdrawn, no PIN ever existed" if withdrawn else _STATE.get(request.status.value, request.status.value)
    earlier = standing.earlier and not any(pin.may_open for pin in standing.current)
    each = dict.fromkeys(map(pin_words, standing.guests))
    link = f", PIN {' and '.join(dict.fromkeys(link_words(pin, standing) for pin in standing.guests))}"
    return (
        " / ".join(each) + (link if is_chain(standing) else "") + ("; an earlier PIN may still open" if earlier else "")
    )


def is_chain(standing: Standing) -> bool:
    """PINs one after the other at the same door."""
    return len(standing.current) > len(standing.guests)


def link_words(pin: PinStanding, standing: Standing) -> str:
    parts = [each.code.part for each in standing.current if each.code.lock_id == pin.code.lock_id]
    return f"{parts.index(pin.code.part) + 1} of {len(parts)}"


def pin_words(pin: PinStanding) -> str:
    """How far one PIN has come, and what it does."""
    if pin.state is PinState.DELETED:
        return "deleted at the lock"
    status = pin.code.status
    if status is CodeStatus.WITHDRAWN and pin.state in _WITHDRAWN:
        silent = pin.state is PinState.MAY_BE_SPENT and not pin.used
        return "withdrawn, opens once, may still open" if silent else _WITHDRAWN[pin.state]
    if pin.state is PinState.UNCONFIRMED:
        return _STATE["unconfirmed"]
    if pin.state is PinState.ENDED:
        return "ended"
    if pin.state is PinState.MAY_BE_SPENT and not pin.used and status is CodeStatus.SHARED:
        return "PIN texted, opens once, not heard of yet"
    if pin.unread and status in (CodeStatus.READY, CodeStatus.SHARED):
        return "PIN made, its text did not arrive"
    if pin.code.on_arrival:
        return _ON_ARRIVAL.get(status, _STATE.get(status.value, status.value))
    return _STATE.get(status.value, status.value)


_ON_ARRIVAL = {
    CodeStatus.RESERVED: "approved, PIN on arrival",
    CodeStatus.RELEASED: "nobody came, no PIN ever existed",
}
"""Of a code that waits for its guest, or waited for nothing."""

_WITHDRAWN = {
    PinState.UNCONFIRMED: "withdrawn, may still open",
    PinState.MAY_EXIST: "withdrawn while it was being made, may open",
    PinState.MAY_BE_SPENT: "withdrawn, opens once and has been used, as people say",
    PinState.SPENT: "withdrawn, used, opens nothing any more",
    PinState.NEVER_MADE: "withdrawn, no PIN was ever known",
}
"""Of a PIN that was given up, where it is not certain that it opens."""

_STATE = {
    "pending": "to decide",
    "reserved": "approved, PIN not made yet",
    "minting": "PIN is being made",
    "ready": "PIN made, text on its way",
    "shared": "PIN texted, not heard of yet",
    "active": "in",
    "unconfirmed": "not heard of, may still open",
    "expired": "expired, this PIN opens nothing",
    "withdrawn": "withdrawn, still opens until its end",
    "failed": "no PIN could be made",
    "released": "given up, no PIN ever existed",
}


def evidence_words(evidence: Sequence[Evidence], zone: ZoneInfo) -> str:
    """When it was used, and who says so; empty while nobody does."""
    if not evidence:
        return ""
    first = evidence[0]
    who = {"guest": "the guest says so", "lock": "the lock reported it", "staff": "staff say so", "lock_time": BY_TIME}
    return f"Used {show_moment(first.at, zone)}: {who.get(first.source, first.source)}"


def given_up_lines_of(request: AccessRequest, standing: Standing, locks: Sequence[Lock]) -> tuple[str, ...]:
    """Who gave it up, which PINs still open, who deleted one at the lock. `locks`: its doors, then those that
    it had before."""
    zone, current = locks[0].zoneinfo, standing.current
    # Of a chain that became shorter later PINs are given up while the stay stands.
    stands = any(map(can_give_up, current))
    given_up = request.given_up or next((p.code.given_up for p in current if p.code.given_up and not stands), None)
    lines = [f"Withdrawn by {person(given_up.by)}, {for_reader(given_up.at, zone)}"] if given_up else []
    for pin in current:
        lock = door_of(locks, pin.code.lock_id)
        called = "It" if len(current) == 1 else f"PIN number {pin.number}"
        if (gone := pin.code.deleted) is not None:
            which = "" if len(current) == 1 else f" ({called}, {lock.name})"
            when = show_moment(gone.at, zone)
            lines.append(f"Deleted at the lock by {gone.who}, {when} (reported by {person(gone.said_by)}){which}")
        elif pin.code.status is CodeStatus.WITHDRAWN and pin.may_open:
            lines.append(f"{_opens_words(pin, called, lock)}.")
    for pin in standing.earlier:
        lock = door_of(locks, pin.code.lock_id)
        lines.append(f"{_opens_words(pin, f'PIN number {pin.number}', lock)}.")
    return tuple(lines)


def _opens_words(pin: PinStanding, called: str, lock: Lock) -> str:
    """What a PIN that people want to be rid of does, and what could change that."""
    opens = f"{lock.name} until {show_moment(pin.code.window.ends_at, lock.zoneinfo)}"
    unless = "unless somebody deletes it at the lock"
    return {
        PinState.UNCONFIRMED: f"{called} opens {opens} if it was used in time, {unless}",
        PinState.MAY_EXIST: f"{called} was being made; if it exists, it opens {opens}, {unless}",
        PinState.MAY_BE_SPENT: f"{called} opens once{_used_up(pin)}; if not, it opens {opens}, {unless}",
    }.get(pin.state, f"{called} still opens {opens}, {unless}")


def _used_up(pin: PinStanding) -> str:
    return ", and has been used, as people say" if pin.used else ", and nobody has told us whether it has"


# --- the same number once more ---------------------------------------------------------------------------------------

ALL_THE_SAME = "all the same"
"""At the end of a line: it is asked although the number has a stay there."""


def double_words(double: Double, doors: Sequence[Lock], *, named: bool, asker: bool) -> str:
    """One stay of the same number. `named`: its reader may see it; `asker`: they may at least know who asked."""
    request, door = double.request, together(doors)
    if not named:
        return f"{person(request.requester)} asked for it" if asker else "somebody else asked for it"
    when = show_window(double.window, door.zoneinfo)
    waits = ", to decide" if request.status is RequestStatus.PENDING else ""
    return (
        f"{request.guest_name} at {door.name}, {when}{waits}, asked by {person(request.requester)} ({request.short_id})"
    )


def double_sentence(known: Sequence[str]) -> str:
    """What it may mean, and what to do, in an answer to a line."""
    return f"{_there(known)} For another guest add `{ALL_THE_SAME}` at the end."


def double_remark(known: Sequence[str]) -> str:
    """The same beside the number in a form, which is sent all the same."""
    return f"{_there(known)} For another guest ask all the same."


def _there(known: Sequence[str]) -> str:
    stays = f": {'; '.join(known)}" if known else ""
    return f"This number has a stay at this door in that time already{stays}. To change it: `/pin change`."
