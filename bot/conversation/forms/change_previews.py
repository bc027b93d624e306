"""What somebody reads in the form in which they change an approved stay, and once they have: first what it costs. What
the lock would give is said as in the form for asking (`bot.conversation.forms.previews`)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.forms import previews
from bot.conversation.forms.previews import Choice, FormAnswer
from bot.conversation.team.amendments import can_decide
from bot.conversation.times import show_moment, show_window, zone_words
from bot.conversation.typed.languages import language_name
from bot.domain.locks.lock import Lock
from bot.domain.planning.plan import Plan
from bot.domain.refusals import Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import Opens, PinStanding, Standing
from bot.domain.windows import AccessWindow, PinKind

TITLE = "Change the stay"
SUBMIT, MAKE_NEW_PIN, ALL_THE_SAME, ASK = "Change", "Make a new PIN", "Change all the same", "Ask for the change"
NUMBER = "Another mobile number, with country code"
CANNOT_OPEN = "Slack could not open the form just now, and nothing was changed. Please press Change on the card."
UNREADABLE = "This form cannot be read; please press Change again."
MISSING = "A day and a time are needed here."
NAME_IS_MISSING = "Whom is the PIN for?"
LATE = "It is too late for a form, and nothing was changed. Please press Change on the card."


def about(request: AccessRequest, guest: Guest, lock: Lock, pins: Standing) -> tuple[tuple[str, str], ...]:
    """What the form is about, as it stands."""
    windows = [pin.code.window for pin in pins.current] or [request.granted]
    stands = AccessWindow(min(w.starts_at for w in windows), max(w.ends_at for w in windows))
    when = f"{show_window(stands, lock.zoneinfo, pins.now)}, {zone_words(stands.starts_at, lock.zoneinfo)}"
    return (("Guest", guest.name), ("Lock", lock.name), ("So far", when))


def not_yet(lock: Lock, pins: Standing, guest: Guest) -> FormAnswer:
    """Before another time is chosen."""
    answer = previews.not_yet(lock)
    opens = [pin for pin in pins.current if pin.may_open]
    return replace(answer, remarks=(cost_words(guest, lock, opens, pins.now),)) if opens else answer


def granted(
    guest: Guest,
    plan: Plan,
    choice: Choice,
    lock: Lock,
    cost: Sequence[PinStanding],
    pins: Standing,
    opened: str = "",
) -> FormAnswer:
    """The plan of the new time at `lock`; what it costs stands first. `opened`: the doors that these PINs open, where
    they are others."""
    now, made = pins.now, any(pin.code.has_pin for pin in pins.current)
    answer = previews.granted(plan, choice, lock, now, (choice,))
    heading = _heading(guest, plan, lock, cost, now, opened) if cost else _COSTS_NOTHING[made]
    facts = tuple(("Chosen", words) if name == "Asked" else (name, words) for name, words in answer.facts)
    return replace(answer, heading=heading, facts=facts, takes=())


_COSTS_NOTHING = {
    False: "No PIN is made yet: this change costs nothing.",
    True: "This change costs nothing: the PIN before opens nothing any more.",
}
"""By whether a PIN was made before."""


def _heading(guest: Guest, plan: Plan, lock: Lock, cost: Sequence[PinStanding], now: datetime, opened: str = "") -> str:
    first = cost_words(guest, lock, cost, now, opened)
    window = show_window(plan.granted, lock.zoneinfo, now)
    if opened:
        return f"{first}; the stay is then at {lock.name}, {window}, and a door that is new gets a PIN of its own."
    new = "a new one is made" if len(cost) == 1 else "new ones are made"
    forget = f"{guest.name} is asked to forget what came before"
    return f"{first}; {new} for {window}, and {forget}."


def cost_words(guest: Guest, lock: Lock, cost: Sequence[PinStanding], now: datetime, opened: str = "") -> str:
    """`Ana's PIN opens until Sun 6 Dec 11:00 whatever you do`; with `opened`, which door."""
    ends = show_moment(max(pin.code.window.ends_at for pin in cost), lock.zoneinfo, now)
    sure = any(pin.opens is not Opens.PERHAPS for pin in cost)
    if len(cost) > 1:
        open_ = f"{'open' if sure else 'may open'}{f' {opened}' if opened else ''}"
        return f"{guest.name}'s {len(cost)} PINs {open_} until {ends} whatever you do"
    opens = f"{'opens' if sure else 'may open'}{f' {opened}' if opened else ''}"
    return f"{guest.name}'s PIN {opens} until {ends} whatever you do"


def asking(answer: FormAnswer, whom: Sequence[str], needed: int, request: AccessRequest, lock: Lock) -> FormAnswer:
    """What goes beyond what was approved is asked; `answer`: what it would come to, `lock` as it was approved."""
    approved = f"{lock.name}, {show_window(request.granted, lock.zoneinfo)}"
    rule = f"This goes beyond what was approved ({approved}): {can_decide(whom, needed)}"
    return replace(
        answer, heading=f"{rule}, and nothing changes until then.", remarks=(answer.heading, *answer.remarks)
    )


def asked(whom: Sequence[str], needed: int, lapses_at: datetime, lock: Lock) -> str:
    """After it was sent."""
    until = show_moment(lapses_at, lock.zoneinfo)
    return f"Asked: {can_decide(whom, needed)} until {until}. Nothing is changed until then; you hear what came of it."


def confirm(
    guest: Guest,
    lock: Lock,
    plan: Plan,
    cost: Sequence[PinStanding],
    now: datetime,
    opened: str = "",
    *,
    makes: bool = True,
) -> str:
    """Asked before it happens."""
    what = "it" if len(cost) == 1 else "them"
    only = f"Deleting {what} is possible only at the lock."
    press = f"Press *{confirming(makes=makes)}* to do it."
    return f"*Please confirm.* {_heading(guest, plan, lock, cost, now, opened)} {only} {press}"


def confirming(*, makes: bool) -> str:
    """The button of the form that asks."""
    return MAKE_NEW_PIN if makes else ALL_THE_SAME


def refused(refusal: Refusal, choice: Choice, lock: Lock, now: datetime) -> FormAnswer:
    """The refusal, with what can be taken instead."""
    return replace(previews.refused(refusal, choice, lock, now), remarks=())


def choice_of(request: AccessRequest) -> Choice:
    """A change keeps the kind of the stay."""
    if request.kind is PinKind.ONE_TIME:
        return Choice.ONE_TIME
    if request.chain:
        return Choice.CHAIN
    return Choice.ON_ARRIVAL if request.on_arrival else Choice.STAY


def double(known: Sequence[str]) -> str:
    """The same number has another stay there."""
    return f"This number has another stay at these doors in that time: {'; '.join(known)}. It is changed all the same."


def done(
    request: AccessRequest,
    guest: Guest,
    lock: Lock,
    cost: Sequence[PinStanding],
    now: datetime,
    opened: str = "",
    *,
    makes: bool = True,
) -> str:
    """After it was sent."""
    window = f"{show_window(request.granted, lock.zoneinfo)}, {zone_words(request.granted.starts_at, lock.zoneinfo)}"
    if not cost:
        return f"Changed: {guest.name}, {lock.name}, {window}."
    opens = cost_words(guest, lock, cost, now, opened).removesuffix(" whatever you do")
    made = f"Changed: {guest.name}, {lock.name}, {window}.{' A new PIN comes by text.' if makes else ''}"
    return f"{made} {opens}, unless it is deleted at the lock."


def corrected(before: Guest, after: Guest) -> str:
    """After the guest's name, language or number was corrected."""
    lines = [f"The guest is now {after.name}."] if after.name != before.name else []
    if after.language_choice.language is not before.language_choice.language:
        lines.append(f"The texts go out in {language_name(after.language_choice.language)}.")
    if after.id != before.id:
        texted = f"A PIN that is out and opens is texted to {after.phone.masked()} now"
        lines.append(f"{texted}; {before.phone.masked()} gets nothing more, but has what it was sent.")
    return " ".join(lines)
