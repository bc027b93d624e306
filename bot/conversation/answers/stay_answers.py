"""What somebody reads at once about a stay they named or changed. Only for their eyes, and still without any PIN."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.team.amendments import amended_so_far
from bot.conversation.team.notices import person
from bot.conversation.team.stay_buttons import can_give_up, withdrawal_truth
from bot.conversation.team.stay_words import BY_TIME, given_up_lines_of, pin_words, state, when_rows
from bot.conversation.times import for_reader, show_moment, show_visits, show_window, zone_words
from bot.domain.locks.lock import Lock, door_of, together
from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.messages.notice import Button, Notice
from bot.domain.sources.series import Series
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import Opens, PinStanding, PinState, Standing, standing
from bot.domain.windows import AccessWindow

_MOST_TEXTS = 15


WITHDRAW, WITHDRAW_SERIES = "withdraw_yes", "withdraw_series"
"""The buttons under the question whether to."""


def withdraw_question(
    request: AccessRequest,
    guest: Guest,
    locks: Sequence[Lock],
    pins: Standing,
    left: Sequence[Lock],
    as_shown: str,
    series: Series | None = None,
) -> Notice:
    """Asked before anything is cancelled or texted. `as_shown`: how the stay stands, so that an old question does not
    count for what has changed since. `series`: of which it is one visit, where others are to come."""
    lock = together(locks)
    windows = [pin.code.window for pin in pins.current] or [request.granted]
    window = AccessWindow(min(w.starts_at for w in windows), max(w.ends_at for w in windows))
    when = f"{show_window(window, lock.zoneinfo, pins.now)}, {zone_words(window.starts_at, lock.zoneinfo)}"
    pending = "Nobody has decided yet, so no PIN exists, and none will be made."
    truth = pending if request.status is RequestStatus.PENDING else withdrawal_truth(pins, (*locks, *left))
    words = f"Withdraw the stay of {guest.name} at {lock.name}, {when}?\n{truth}"
    this = Button(WITHDRAW, "Withdraw", f"{request.id}|{as_shown}", "danger")
    if series is None or request.status is RequestStatus.PENDING:
        return Notice("", remarks=(words,), buttons=(this,))
    every = Button(WITHDRAW_SERIES, "All visits", request.id, "danger")
    repeats = f"It repeats {show_visits(series.visits)}."
    if not any(map(can_give_up, pins.current)):
        words = f"Withdraw all visits of {guest.name} at {lock.name} that are to come?"
        over = f"The visit of {when} is over, or given up. PINs that were made open to their end."
        return Notice("", remarks=(f"{words}\n{repeats} {over}",), buttons=(every,))
    once = f"Only the visit of {when}, or all that are to come?"
    buttons = (replace(this, label="This visit"), every)
    return Notice("", remarks=(f"{words}\n{repeats} {once}",), buttons=buttons)


def series_withdrawn(guest: Guest, lock: Lock, visits: int, still: Sequence[AccessCode]) -> str:
    """`visits`: how many are given up; `still`: codes whose PINs open, or may."""
    given_up = f"Withdrawn: {guest.name}, {lock.name}, all visits to come ({visits})."
    if not still:
        return f"{given_up} No PIN of them exists."
    ends = " and ".join(show_moment(one.window.ends_at, lock.zoneinfo) for one in still)
    return f"{given_up} A PIN cannot be taken back: what was made opens, or may, until {ends}, unless deleted there."


def withdrawn(
    guest: Guest,
    lock: Lock,
    code: AccessCode | None,
    still: Sequence[AccessCode] = (),
    *,
    texted: bool,
    certain: bool = True,
) -> str:
    """After giving up: what is gone, and what is not. `still`: the codes whose PINs open, or may; `certain`: they
    all do."""
    if code is None:
        return f"Withdrawn: {guest.name}, {lock.name}. Nobody had decided yet, so no PIN ever existed."
    if not still and code.has_pin:
        return f"Withdrawn: {guest.name}, {lock.name}. Its PIN was used up and opens nothing any more."
    if not still:
        return f"Given up: {guest.name}, {lock.name}. No PIN ever existed, and its place at the lock is free again."
    in_order = sorted(still, key=lambda one: one.window.ends_at)
    ends = " and ".join(dict.fromkeys(show_moment(one.window.ends_at, lock.zoneinfo) for one in in_order))
    opens = f"The PIN cannot be taken back: it {'still opens' if certain else 'may still open'} until {ends}."
    if len(still) > 1:
        they = "they still open" if certain else "they may still open"
        opens = f"{len(still)} PINs of this stay cannot be taken back: {they} until {ends}."
    asked = f"{guest.name} is asked by text not to use it." if texted else f"{guest.name} has not been texted the PIN."
    return (
        f"Withdrawn: {guest.name}, {lock.name}. {opens} {asked} "
        'Once it is deleted at the lock, press "Deleted at the lock" on the card.'
    )


RECORDED = "Thank you: it opened. The reminders stop."
HERE_MAKING = "A PIN that starts in this hour is being made; the guest gets it by text."
ON_ITS_WAY = "The PIN is being texted again. It is the same PIN; no new one is made."
DELETED_TITLE = "Deleted at the lock"
WHO_STOOD_THERE = "Who deleted it, standing at the lock?"
WHEN_WAS_IT = "When (the clock at the door)"
WHO_IS_MISSING = "Somebody has to have stood at the lock: please name them."


def replaced(guest: Guest, lock: Lock, new: AccessCode, before: PinStanding | None = None) -> str:
    """`before`: the PIN whose place it takes, where that one opens, or may."""
    window = show_window(new.window, lock.zoneinfo)
    made = f"A new PIN for {guest.name} at {lock.name}, {window}, is being made; it comes by text."
    if before is None or not before.may_open:
        return made
    ends = show_moment(before.code.window.ends_at, lock.zoneinfo)
    opens = "opens" if before.opens is Opens.CERTAIN or before.state is PinState.UNCONFIRMED else "may open"
    unused = ", if it was used in time" if before.state is PinState.UNCONFIRMED else ""
    return f"{made} The one before {opens} until {ends}{unused}, unless somebody deletes it at the lock."


def waiting(lines: Sequence[tuple[AccessRequest, Guest, Lock]], more: int = 0, workspace: str = "") -> str:
    """What waits for this person to decide, all of it asked for in their own workspace."""
    if not lines:
        return "Nothing waits for you to decide."
    where = f" in {workspace}" if workspace else ""
    said = [
        f"• {request.short_id} {guest.name}, {lock.name}, {show_window(request.granted, lock.zoneinfo)}, asked by "
        f"{person(request.requester)}{', the first of several visits' if request.series_id else ''}{where}"
        for request, guest, lock in lines
    ]
    return "\n".join([*said, *([f"… and {more} more: these first, then ask again."] if more else [])])


def shown(
    request: AccessRequest,
    guest: Guest,
    locks: Sequence[Lock],
    codes: Sequence[AccessCode],
    messages: Sequence[Message],
    evidence: Sequence[Evidence],
    now: datetime,
    left: Sequence[Lock] = (),
    workspace: str = "",
    series: Series | None = None,
) -> str:
    """Everything known about a stay, oldest first within each part. `left`: doors that it had before. `workspace`: how
    people call the one it was asked in, where there are several."""
    pins = standing(codes, evidence, now, messages)
    lock = together(locks)
    zone, window = lock.zoneinfo, pins.main.code.window if pins.main else request.granted
    lines = [
        f"{guest.name} at {lock.name}: {state(request, pins)} (short id {request.short_id})",
        f"Asked by {person(request.requester)}, {for_reader(request.created_at, zone)}",
        *([f"Workspace: {workspace}"] if workspace else []),
        *(f"{label}: {when}" for label, when in when_rows(request.asked, window, zone)),
        *([f"Visit {request.visit} of {_repeats(series)}"] if series else []),
        f"Guest's number: {guest.phone.masked()}",
        *([f"Why: {request.note}"] if request.note else []),
        *amended_so_far(request, zone),
        *_decision(request, lock),
    ]
    for pin in pins.pins:
        door, alone = door_of((*locks, *left), pin.code.lock_id), len(locks) == 1 and not left
        lines += _pin(pin, door, "PIN" if len(codes) == 1 else f"PIN number {pin.number}", alone=alone)
    lines += given_up_lines_of(request, pins, (*locks, *left))
    texts = [m for m in messages if m.medium is Medium.SMS]
    earlier = len(texts) - _MOST_TEXTS
    lines += [f"{earlier} earlier texts are in the thread under its card."] if earlier > 0 else []
    lines += [_text(message, lock) for message in texts[-_MOST_TEXTS:]]
    return "\n".join(lines)


def _repeats(series: Series) -> str:
    ended = f"; given up by {person(series.ended_by)}" if series.ended_by else ""
    return f"what repeats {show_visits(series.visits)}{ended}"


def _decision(request: AccessRequest, lock: Lock) -> list[str]:
    said = request.decision
    if said is None:
        words = {RequestStatus.PENDING: "Nobody has decided yet.", RequestStatus.LAPSED: "Nobody decided in time."}
        return [words[request.status]] if request.status in words else []
    verb = "Approved" if said.approved else "Denied"
    why = f": {said.reason}" if said.reason else ""
    return [f"{verb} by {person(said.approver)}, {for_reader(said.at, lock.zoneinfo)}{why}"]


def _pin(pin: PinStanding, lock: Lock, name: str, *, alone: bool) -> list[str]:
    zone, code = lock.zoneinfo, pin.code
    name = name if alone else f"{name} ({lock.name})"
    made = "made" if code.has_pin else f"not made; planned for {show_moment(code.mint_at, zone)}"
    deadline = f", to be used before {show_moment(code.activate_by, zone)}" if code.activate_by else ""
    lines = [f"{name}: {pin_words(pin).removeprefix('PIN ')}; {made}{deadline}"]
    who = {"guest": "the guest says so", "lock": "the lock reported it", "lock_time": BY_TIME}
    lines += [
        f"{name} was used: {show_moment(e.at, zone)}, {who.get(e.source) or person(e.by) + ' says so'}"
        for e in pin.evidence
    ]
    return lines


_TEXT_NAMES = {
    "pin": "the PIN",
    "reminder": "reminder",
    "ask_used": "did the PIN open?",
    "missed_guest": "PIN expired",
    "cancelled": "stay cancelled",
    "cancelled_no_pin": "stay cancelled",
    "cancelled_visits": "no further visits",
    "on_arrival": "PIN on arrival",
    "moved_same_pin": "another time, same PIN",
    "moved_new_pin": "another time, a new PIN comes",
    "thanks": "thanks",
    "not_yet": "not yet",
    "passed_on": "message passed on",
    "from_staff": "the team's words",
    "approver_ask": "question to an approver",
    "approver_remind": "question to an approver, once more",
    "approver_changed": "question to an approver, with the new window",
}
_TEXT_STATES = {
    MessageStatus.QUEUED: "waits to be sent",
    MessageStatus.SENDING: "being sent",
    MessageStatus.SENT: "sent",
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.UNDELIVERED: "NOT delivered",
    MessageStatus.REFUSED: "could not be sent",
    MessageStatus.DROPPED: "not sent, it had stopped being true",
}


def _text(message: Message, lock: Lock) -> str:
    at = show_moment(message.tried_at or message.created_at, lock.zoneinfo)
    problem = f" ({message.problem})" if message.problem else ""
    problem += f", attempt {len(message.earlier) + 1}" if message.earlier else ""
    name = _TEXT_NAMES.get(message.phrase, message.phrase.replace("_", " "))
    return f"Text, {at}: {name}, {_TEXT_STATES[message.status]}{problem}"


def moment_at_door(local: datetime, lock: Lock) -> datetime:
    """A clock time at the door as an instant."""
    return local.replace(tzinfo=lock.zoneinfo)


def label(request: AccessRequest, lock: Lock, standing: Standing) -> str:
    """One of several: short id, door, window, where it stands."""
    window = standing.main.code.window if standing.main else request.granted
    when = show_window(window, lock.zoneinfo, standing.now)
    return f"{request.short_id} {lock.name}, {when}, {state(request, standing)}"
