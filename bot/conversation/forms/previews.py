"""What the form answers while somebody fills it in: granted beside asked, the deadline as a clock time, what room the
lock has left, and other ways to take in one click.

Neutral: lines and choices, no vendor's words. Why something is refused is said in
`bot.conversation.refusals.sentences`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.alternatives import alternative_sentence, kind_words, warning_sentence
from bot.conversation.times import hours_words, show_moment, show_window, zone_words
from bot.domain.locks.lock import Lock
from bot.domain.planning.alternatives import Alternative, AlternativeKind
from bot.domain.planning.plan import Plan, Warning  # noqa: A004 - the contract's word
from bot.domain.planning.stay_plan import links_of
from bot.domain.refusals import Offer, Refusal
from bot.domain.windows import AccessWindow, PinKind


class Choice(StrEnum):
    """How the guest is let in, as the form asks it."""

    STAY = "stay"
    ONE_TIME = "one_time"
    CHAIN = "chain"
    ON_ARRIVAL = "on_arrival"


CHOICES = {
    Choice.STAY: ("One PIN for the stay", "Opens as often as needed"),
    Choice.ONE_TIME: ("A one-time PIN", "Opens once, within 24 hours of its start; it needs no end"),
    Choice.CHAIN: ("A new PIN for every 24 hours", "None of them has to be used early"),
    Choice.ON_ARRIVAL: ("A PIN on arrival", "Made when the guest texts HERE at the door; none exists before"),
}
"""Each choice with what it means."""

_ONE_CLICK = {
    AlternativeKind.ONE_PIN: Choice.STAY,
    AlternativeKind.ONE_TIME: Choice.ONE_TIME,
    AlternativeKind.CHAIN: Choice.CHAIN,
    AlternativeKind.ON_ARRIVAL: Choice.ON_ARRIVAL,
}
"""The other ways that the form can take."""


@dataclass(frozen=True, slots=True)
class Take:
    """One click that fills in these times and this kind."""

    label: str
    choice: Choice
    window: AccessWindow


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What stands under the times. `refused` tells a no from a yes at a glance."""

    heading: str
    facts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    takes: tuple[Take, ...] = ()
    refused: bool = False


def not_yet(lock: Lock | None) -> FormAnswer:
    """Before there is enough to plan with."""
    missing = "Choose the times" if lock else "Choose the door and the times"
    return FormAnswer(f"{missing}, and this form shows what the lock gives.")


def granted(
    plan: Plan,
    choice: Choice,
    lock: Lock,
    now: datetime,
    choices: Collection[Choice] = tuple(Choice),
    *,
    doors: int = 1,
) -> FormAnswer:
    """The plan of a stay, of a one-time PIN, or of a chain where the plan has one. `choices` are those of the form."""
    chain = links_of(plan) if choice is Choice.CHAIN else ()
    early = bool(chain) or choice is Choice.ON_ARRIVAL
    remarks = [warning_sentence(w, plan, zone=lock.zoneinfo) for w in plan.warnings if not (early and w in _OF_ONE)]
    if choice is Choice.CHAIN and not chain:
        remarks.insert(0, NO_CHAIN)
    others = [a for a in plan.alternatives if _ONE_CLICK[a.way] is not choice and _ONE_CLICK[a.way] in choices]
    remarks += [alternative_sentence(a) for a in others]
    takes = [Take(_LABELS[AlternativeKind.ONE_PIN], Choice.STAY, plan.asked)] if early else []
    takes += [_take(a, plan) for a in others]
    facts = _chain_facts(plan, chain, lock, now) if chain else _facts(plan, choice, lock, now)
    if doors > 1:
        remarks.insert(0, f"The same for each of the {doors} doors, with a PIN of its own; one text lists them all.")
    return FormAnswer(_heading(plan, chain, choice), facts, tuple(remarks), tuple(takes))


_OF_ONE = frozenset({Warning.NEEDS_ACTIVATION})
"""Warnings of the one PIN that a chain replaces, or that is made only when the guest is there."""


def refused(refusal: Refusal, choice: Choice, lock: Lock, now: datetime) -> FormAnswer:
    """The same sentence that asking would bring, and what can be taken instead."""
    single = [offer for offer in refusal.offers if not offer.then][:3]
    rows = [offer for offer in refusal.offers if offer.then][:1]
    remarks = tuple(_in_a_row(offer, lock, now) for offer in rows)
    takes = tuple(_take_offer(offer, choice, lock, now) for offer in single)
    said = sentence(refusal, zone=lock.zoneinfo)
    return FormAnswer(said, (("Times are", zone_words(now, lock.zoneinfo)),), remarks, takes, refused=True)


NO_CHAIN = "A new PIN for every 24 hours is not possible here: the stay is too long, or the lock has no room."


def _heading(plan: Plan, chain: tuple[AccessWindow, ...], choice: Choice) -> str:
    if choice is Choice.ON_ARRIVAL:
        return f"The lock gives a PIN at any hour of these {hours_words(plan.hours)}, when the guest is there."
    if len(chain) > 1:
        return f"The lock gives {len(chain)} PINs, one after the other."
    return f"The lock gives a PIN that {kind_words(plan.kind)}, for {hours_words(plan.hours)}."


def _facts(plan: Plan, choice: Choice, lock: Lock, now: datetime) -> tuple[tuple[str, str], ...]:
    zone = lock.zoneinfo
    asked = show_window(plan.asked, zone, now)
    if choice is Choice.ONE_TIME:
        asked = f"once, from {show_moment(plan.asked.starts_at, zone, now)}"
    deadline = show_moment(plan.activate_by or plan.granted.ends_at, zone, now)
    before = f"{deadline}, {zone_words(plan.activate_by or plan.granted.ends_at, zone)}"
    if choice is Choice.ON_ARRIVAL:
        before = "24 hours after it is made, at the latest"
    return (
        ("Asked", asked),
        ("Granted", f"{show_window(plan.granted, zone, now)}, {zone_words(plan.granted.starts_at, zone)}"),
        ("Must be used before", before),
        ("Room", f"{_slots_left(plan)}\n{_pins_left(plan)}"),
    )


def _chain_facts(plan: Plan, chain: tuple[AccessWindow, ...], lock: Lock, now: datetime) -> tuple[tuple[str, str], ...]:
    zone = lock.zoneinfo
    links = "\n".join(show_window(link, zone, now) for link in chain)
    return (
        ("Asked", show_window(plan.asked, zone, now)),
        ("Granted", f"{links}\n{zone_words(plan.granted.starts_at, zone)}"),
        ("Must be used before", "its own end, each of them"),
        ("Room", _pins_left(plan)),
    )


def _slots_left(plan: Plan) -> str:
    """`2 of 3 PINs left that start in this hour`."""
    unit = "on this day" if plan.kind is PinKind.DAILY else "in this hour"
    kind = "one-time PINs" if plan.kind is PinKind.ONE_TIME else "PINs"
    return f"{plan.slot.limit - plan.slot.taken} of {plan.slot.limit} {kind} left that start {unit}"


def _pins_left(plan: Plan) -> str:
    return f"{max(0, plan.live.limit - plan.live.taken)} of {plan.live.limit} PINs left at this lock"


_LABELS = {
    AlternativeKind.ONE_PIN: "Take one PIN for the stay",
    AlternativeKind.ONE_TIME: "Take a one-time PIN",
    AlternativeKind.CHAIN: "Take {pins} PINs one after the other",
    AlternativeKind.ON_ARRIVAL: "Take a PIN on arrival",
}


def _take(alternative: Alternative, plan: Plan) -> Take:
    label = _LABELS[alternative.way].format(pins=alternative.pins)
    return Take(label, _ONE_CLICK[alternative.way], plan.asked)


def _take_offer(offer: Offer, choice: Choice, lock: Lock, now: datetime) -> Take:
    window = AccessWindow(offer.starts_at, offer.ends_at)
    kept = Choice.ONE_TIME if offer.kind is PinKind.ONE_TIME else choice
    return Take(f"Take {show_window(window, lock.zoneinfo, now)}", kept, window)


def _in_a_row(offer: Offer, lock: Lock, now: datetime) -> str:
    parts = (AccessWindow(part.starts_at, part.ends_at) for part in (offer, *offer.then))
    windows = ", then ".join(show_window(part, lock.zoneinfo, now) for part in parts)
    return f"Or ask for two PINs one after the other, each by itself: {windows}."
