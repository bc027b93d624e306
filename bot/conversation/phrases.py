"""Every sentence we text to a guest. Facts in, words out, at the moment of sending; nothing here is ever stored.

What staff read in chat is `bot.conversation.notices`; why something is refused is `bot.conversation.refusals`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversation.gsm7 import to_gsm7
from bot.conversation.times import show_moment, zone_words
from bot.domain.pins import Pin

Facts = Mapping[str, str]


class Phrase(StrEnum):
    """The texts a guest can get."""

    PIN = "pin"
    REMINDER = "reminder"
    MISSED = "missed_guest"
    THANKS = "thanks"
    NOT_NOW = "not_now"
    NOT_YET = "not_yet"
    PASSED_ON = "passed_on"
    CANCELLED = "cancelled"
    HEARD = "heard"
    STAFF_WORDS = "staff_words"


NEEDS_PIN = frozenset({Phrase.PIN, Phrase.REMINDER})
"""These cannot be said without opening the seal."""


SEALED = frozenset({Phrase.STAFF_WORDS})
"""What these say was written by people, and lies under a seal of its own."""


def sms(phrase: Phrase, facts: Facts, pin: Pin | None) -> str:
    """The finished text. Raises ValueError for a phrase that needs a PIN and has none."""
    if phrase in NEEDS_PIN:
        if pin is None:
            raise ValueError("this text needs a PIN")
        return to_gsm7(_WITH_PIN[phrase](facts, pin))
    return to_gsm7(_WITHOUT_PIN[phrase](facts))


def _pin(facts: Facts, pin: Pin) -> str:
    lines = [
        f"{_hello(facts)}your PIN for {_door(facts)}:",
        pin.grouped(),
        f"Works {_at(facts, 'starts_at')} to {_at(facts, 'ends_at')}, {_zone(facts)}.",
    ]
    if "activate_by" in facts:
        lines.append(f"Use it once before {_at(facts, 'activate_by')} or it stops working.")
    lines.append("Touch the keypad, type the PIN, press the unlock key. Wrong 3 times? Stop, reply STUCK.")
    lines.append("Open? Reply IN." + (" Only this newest PIN counts." if "replaces" in facts else ""))
    return "\n".join(lines)


def _reminder(facts: Facts, pin: Pin) -> str:
    return (
        f"PIN {pin.grouped()} for {_door(facts)} is still unused. Open the door before "
        f"{_at(facts, 'activate_by')} ({_city(facts)} time) or it stops working. Already in? Reply IN."
    )


def _missed(facts: Facts) -> str:
    return (
        f"{_hello(facts)}your PIN for {_door(facts)} was not used in time and does not open any more. "
        "The team knows; a new PIN comes by text."
    )


def _thanks(facts: Facts) -> str:
    return f"Good to know you are in. {_door(facts)} opens with the same PIN until {_at(facts, 'ends_at')}."


def _not_now(_facts: Facts) -> str:
    return "We have no stay for this number right now. Please ask whoever invited you."


def _not_yet(facts: Facts) -> str:
    return f"Your PIN for {_door(facts)} works from {_at(facts, 'starts_at')}, {_zone(facts)}."


def _passed_on(_facts: Facts) -> str:
    return "Thank you, the team has your message. Reply PIN to get your PIN again, IN once the door has opened."


def _cancelled(facts: Facts) -> str:
    """One segment. It does not say that the PIN is gone: it is not."""
    return (
        f"{_hello(facts)}your stay at {_door(facts)} from {_at(facts, 'starts_at')} is cancelled. "
        "Please do not use the PIN we sent."
    )


def _heard(_facts: Facts) -> str:
    return "Thank you, the team has your message."


_WITH_PIN: dict[Phrase, Callable[[Facts, Pin], str]] = {Phrase.PIN: _pin, Phrase.REMINDER: _reminder}
_WITHOUT_PIN: dict[Phrase, Callable[[Facts], str]] = {
    Phrase.MISSED: _missed,
    Phrase.THANKS: _thanks,
    Phrase.NOT_NOW: _not_now,
    Phrase.NOT_YET: _not_yet,
    Phrase.PASSED_ON: _passed_on,
    Phrase.CANCELLED: _cancelled,
    Phrase.HEARD: _heard,
}


def _hello(facts: Facts) -> str:
    words = to_gsm7(facts.get("guest", "")).split()
    return f"{words[0][:20]}, " if words else ""


def _door(facts: Facts) -> str:
    name = " ".join(to_gsm7(facts.get("door", "")).split())
    return name if len(name) <= 24 else name[:23].rstrip() + "."


def _at(facts: Facts, name: str) -> str:
    return show_moment(datetime.fromisoformat(facts[name]), ZoneInfo(facts["zone"]))


def _zone(facts: Facts) -> str:
    return zone_words(datetime.fromisoformat(facts["starts_at"]), ZoneInfo(facts["zone"]))


def _city(facts: Facts) -> str:
    return facts["zone"].rpartition("/")[2].replace("_", " ")
