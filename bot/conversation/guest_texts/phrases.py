"""Every text that a guest can get. Facts in, words out, at the moment of sending; nothing here is ever stored. The
words are in `catalogues/`, one template for each text and language.

What an approver without chat is texted is `bot.conversation.guest_texts.approver_texts`, what staff read in chat
`bot.conversation.team.notices`; why something is refused is `bot.conversation.refusals.sentences`.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bot.conversation.guest_texts.catalogue import sources, template_of
from bot.conversation.guest_texts.gsm7 import loses_letters, segments, to_gsm7
from bot.conversation.guest_texts.names import UCS2
from bot.conversation.guest_texts.one_way import without_replies
from bot.conversation.guest_texts.values import Facts, Template
from bot.domain.messages.languages import Language
from bot.domain.messages.name_widths import WIDTHS
from bot.domain.pins import Pin
from bot.domain.windows import PinKind

Wording = Mapping[tuple[str, str], str]
"""The operator's own templates, by language and name of the text."""


class Phrase(StrEnum):
    """What can be said. `FACTS` lists what each needs."""

    PIN = "pin"
    REMINDER = "reminder"
    ASK_USED = "ask_used"
    EXPIRED = "missed_guest"
    THANKS = "thanks"
    NOT_NOW = "not_now"
    NOT_YET = "not_yet"
    PASSED_ON = "passed_on"
    HEARD = "heard"
    HINT_HERE = "hint_here"
    HINT_STUCK = "hint_stuck"
    HINT_LATE = "hint_late"
    CANCELLED = "cancelled"
    CANCELLED_NO_PIN = "cancelled_no_pin"
    CANCELLED_VISITS = "cancelled_visits"
    REPLACED = "replaced"
    MOVED_SAME_PIN = "moved_same_pin"
    MOVED_NEW_PIN = "moved_new_pin"
    HELP = "help"
    PIN_LATER = "pin_later"
    ON_ARRIVAL = "on_arrival"
    HERE_EARLY = "here_early"
    HERE_MAKING = "here_making"
    HERE_OVER = "here_over"
    LATE_WHEN = "late_when"
    LATE_FINE = "late_fine"
    LATE_ASKED = "late_asked"
    LATE_APPROVED = "late_approved"
    LATE_DENIED = "late_denied"
    STUCK_NOT_STARTED = "stuck_not_started"
    STUCK_WRONG_HOUR = "stuck_wrong_hour"
    STUCK_EXPIRED = "stuck_missed"
    STUCK_ONCE_USED = "stuck_once_used"
    STUCK_LOCKED = "stuck_locked"
    STUCK_END_KEY = "stuck_end_key"
    STUCK_REPLACED = "stuck_replaced"
    STUCK_HUMAN = "stuck_human"
    HUMAN = "human"
    WHICH_DOOR = "which_door"
    SLOW_DOWN = "slow_down"
    FROM_STAFF = "from_staff"


NEEDS_PIN = frozenset({Phrase.PIN, Phrase.REMINDER})
"""These cannot be said without opening the seal."""


SEALED = frozenset({Phrase.FROM_STAFF})
"""What these say was written by people, and lies under a seal of its own."""

_STAY = ("door", "zone", "starts_at", "ends_at")
_NOTHING = (
    *(Phrase.NOT_NOW, Phrase.PASSED_ON, Phrase.HEARD, Phrase.HELP, Phrase.STUCK_LOCKED, Phrase.STUCK_END_KEY),
    *(Phrase.HINT_HERE, Phrase.HINT_STUCK, Phrase.HINT_LATE),
    *(Phrase.STUCK_HUMAN, Phrase.HUMAN, Phrase.LATE_WHEN),
)
_MORE: Mapping[Phrase, tuple[str, ...]] = {
    Phrase.REMINDER: ("activate_by",),
    Phrase.PIN_LATER: ("comes_at",),
    Phrase.LATE_ASKED: ("wanted",),
    Phrase.STUCK_WRONG_HOUR: ("now",),
    Phrase.STUCK_EXPIRED: ("activate_by",),
}
FACTS: Mapping[Phrase, tuple[str, ...]] = {
    **{phrase: (*_STAY, *_MORE.get(phrase, ())) for phrase in Phrase},
    **dict.fromkeys(_NOTHING, ()),
    Phrase.WHICH_DOOR: ("doors",),
    Phrase.SLOW_DOWN: ("minutes",),
    Phrase.FROM_STAFF: ("words",),
}
"""The facts each needs, all as text. `drafts.stay_facts` gives those of a stay.

`starts_at`, `ends_at`, `activate_by`, `comes_at`, `wanted` and `now` are instants in ISO 8601, `zone` the lock's.
`doors` has a name on each line, in the order of their numbers (at most 9). `minutes` is more than 1. `who` is a name as
people know it, no id. `words` is what staff wrote, at most `LONGEST_STAFF_WORDS`: more has to be refused, not cut.

A text with a PIN may have `together` (an id a line, with `doors`: several doors in one text), `link` and `links` (which
of how many PINs one after the other) and `replaces`. Any text may besides have `language` (else English), `guest` (a
greeting), `guest_door`, `wake`, `end_key`, `contact` and `contact_phone` (the lock's settings, for the last two else
GUEST_CONTACT), `kind` (a one-time PIN is told to be one), `who` (FROM_STAFF; else the front desk) and `reason`
(LATE_DENIED).
"""

LONGEST_STAFF_WORDS = 300

WITH_PAGE = frozenset({Phrase.PIN, Phrase.ON_ARRIVAL})
"""These name the guest's page, where the lock's settings want it: the fact `page`, a line of its own."""

_THREE = frozenset({"pins", "pins_short", "pins_once", "pins_link", "reminders"})
"""With a line for each of several doors."""

_TWO = frozenset({"pin", "pin_short", "pin_once", "pin_link", "on_arrival", "moved_same_pin", "moved_new_pin"})


def names() -> tuple[str, ...]:
    """Every text that has words of its own: a phrase, or one of the cases of PIN and THANKS."""
    return tuple(name for name in sources() if not name.startswith("part "))


def most_segments(name: str, language: Language) -> int:
    """Into how many segments this text has to fit. UCS-2 has less than half the room of GSM-7, and short Japanese words
    do not make up for all of it: one segment more."""
    if name == Phrase.FROM_STAFF:
        return 5
    return (3 if name in _THREE else 2 if name in _TWO else 1) + (language in UCS2)


def sms(
    phrase: Phrase,
    facts: Facts,
    pin: Pin | None,
    wording: Wording | None = None,
    more: Sequence[Pin] = (),
    *,
    one_way: bool = False,
) -> str:
    """The finished text in the language of the facts; `more` are the PINs of further doors; `one_way`: it comes from a
    sender that cannot be answered. Raises ValueError for a phrase that needs a PIN and has none, or not as many as
    there are doors."""
    if phrase in NEEDS_PIN and pin is None:
        raise ValueError("this text needs a PIN")
    name, language = name_of(phrase, facts), language_of(facts)
    words = (wording or {}).get((language.value, name)) or template_of(name, language)
    if one_way and phrase not in SEALED:
        words = without_replies(words)
    return fitted(name, words, facts, pin, language, more)


def name_of(phrase: Phrase, facts: Facts) -> str:
    """The text for this case of the phrase."""
    once = facts.get("kind") == PinKind.ONE_TIME.value
    several = "together" in facts
    if phrase is Phrase.PIN and "links" in facts:
        return "pins_link" if several else "pin_link"
    if phrase is Phrase.PIN and several:
        return "pins_once" if once else "pins" if "activate_by" in facts else "pins_short"
    if phrase is Phrase.REMINDER and several:
        return "reminders"
    if phrase is Phrase.PIN:
        return "pin_once" if once else "pin" if "activate_by" in facts else "pin_short"
    return "thanks_once" if phrase is Phrase.THANKS and once else phrase.value


def language_of(facts: Facts) -> Language:
    said = facts.get("language")
    return Language(said) if said in set(Language) else Language.ENGLISH


def fitted(name: str, words: str, facts: Facts, pin: Pin | None, language: Language, more: Sequence[Pin] = ()) -> str:
    """The template with its values, names cut until it fits; the tightest where nothing does."""
    text, page = "", facts.get("page", "")
    most = most_segments(name, language) + bool(page)
    for widths in WIDTHS:
        text = _written(Template(words, facts, pin, language, widths, more).said(), name, language)
        text = f"{text}\n{page}" if page else text
        if segments(text) <= most:
            break
    return text


def _written(text: str, name: str, language: Language) -> str:
    """In GSM-7 wherever the language allows; what a person of the staff wrote keeps its letters."""
    text = text[:1].upper() + text[1:]
    if language in UCS2 or (name == Phrase.FROM_STAFF and loses_letters(text)):
        return text
    return to_gsm7(text)
