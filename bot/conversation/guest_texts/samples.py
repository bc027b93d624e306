"""Facts to try every text with: a usual stay, and the worst that can come together. For `nightporter texts`, for the
check of an operator's wording, and for tests. Names and numbers are made up."""

from collections.abc import Mapping

from bot.conversation.guest_texts.phrases import FACTS, LONGEST_STAFF_WORDS, Phrase
from bot.conversation.guest_texts.values import Facts
from bot.domain.messages.languages import Language
from bot.domain.messages.name_widths import LONGEST_CONTACT, LONGEST_END_KEY, LONGEST_WAKE
from bot.domain.pins import Pin
from bot.domain.planning.stay_plan import MOST_DOORS
from bot.domain.windows import PinKind

SAMPLE_PIN = Pin("481529063")
LONGEST_PIN = Pin("4815290637")

USUAL: Facts = {
    "guest": "Ana Moreau",
    "door": "Front door",
    "zone": "Europe/Paris",
    "starts_at": "2026-11-28T15:00:00+01:00",
    "ends_at": "2026-11-30T11:00:00+01:00",
    "activate_by": "2026-11-29T15:00:00+01:00",
    "comes_at": "2026-11-27T15:00:00+01:00",
    "wanted": "2026-11-28T22:00:00+01:00",
    "now": "2026-11-28T09:40:00+01:00",
    "contact": "Ada",
    "contact_phone": "+33639981234",
    "doors": "Front door\nGarden gate",
    "minutes": "10",
    "who": "Ada",
    "words": "The key to the bins hangs behind the door.",
    "reason": "the flat is being cleaned",
}
"""A weekend in Paris."""

LONGEST: Facts = {
    **USUAL,
    "guest": "Wolfgang-Maximilian Featherstonehaugh-Cholmondeley",
    "door": "Wintergartenwohnung im Dachgeschoss links hinten",
    "zone": "America/Argentina/Buenos_Aires",
    "starts_at": "2026-09-23T20:00:00-03:00",
    "ends_at": "2027-09-23T20:00:00-03:00",
    "activate_by": "2026-09-24T20:00:00-03:00",
    "comes_at": "2026-09-23T20:00:00-03:00",
    "wanted": "2026-09-23T22:00:00-03:00",
    "now": "2026-09-23T20:00:00-03:00",
    "wake": "W" * LONGEST_WAKE,
    "end_key": "E" * LONGEST_END_KEY,
    "contact": "C" * LONGEST_CONTACT,
    "contact_phone": "+999000000000000",
    "doors": "\n".join(f"Wintergartenwohnung Nummer {number}" for number in range(1, 6)),
    "minutes": "120",
    "who": "Wolfgang-Maximilian Featherstonehaugh",
    "words": "w" * LONGEST_STAFF_WORDS,
    "replaces": "C1",
    "reason": "the flat is being cleaned and the floor has to dry until the evening " * 4,
}
"""Everything as long as it may be, or longer."""

TO_APPROVER: Facts = {
    **{name: USUAL[name] for name in ("guest", "door", "zone", "starts_at", "ends_at")},
    "lapses_at": USUAL["starts_at"],
    "requester": "U_ADA",
    "who": "U_BEN",
    "status": "approved",
    "at": USUAL["now"],
    "since": USUAL["now"],
    "what": "no PIN yet",
}
"""The same weekend in what an approver without chat is texted."""

APPROVER_NAMES: Mapping[str, str] = {"U_ADA": "Ada", "U_BEN": "Ben"}
SAMPLE_CODE = "482193"

LONGEST_WITHOUT_SETTINGS: Facts = {key: value for key, value in LONGEST.items() if key not in ("wake", "end_key")}
"""The same with the texts' own words for the keypad, which may be longer than an operator's."""

CLOCK_CHANGES: Facts = {
    **LONGEST,
    "zone": "America/St_Johns",
    "starts_at": "2026-11-01T01:00:00-02:30",
    "ends_at": "2027-03-23T20:00:00-02:30",
    "activate_by": "2026-11-02T00:00:00-03:30",
    "now": "2026-11-01T01:00:00-02:30",
    "wanted": "2026-11-01T01:00:00-03:30",
    "comes_at": "2026-11-01T01:00:00-02:30",
}
"""The same, beginning in the hour that the clock shows twice."""


SEVERAL = frozenset({"pins", "pins_short", "pins_once", "pins_link", "reminders"})


def facts_for(name: str, language: Language, facts: Facts) -> Mapping[str, str]:
    """The facts that lead to this very text, in this language."""
    kind = PinKind.ONE_TIME if name.endswith("_once") else PinKind.HOURLY
    short = name in ("pin_short", "pins_short") or name.endswith("_link")
    kept = {key: value for key, value in facts.items() if not (short and key == "activate_by")}
    if name in SEVERAL:
        kept["together"] = kept["doors"] = "\n".join(_doors(facts))
    if name.endswith("_link"):
        kept |= {"link": "102", "links": "120"}
    return {**kept, "language": language.value, "kind": kind.value}


def more_pins(name: str, facts: Facts, pin: Pin) -> tuple[Pin, ...]:
    """The PINs of the other doors, where this text has several."""
    return (pin,) * (len(_doors(facts)) - 1) if name in SEVERAL else ()


def _doors(facts: Facts) -> list[str]:
    return facts["doors"].split("\n")[:MOST_DOORS]


def phrase_of(name: str) -> Phrase:
    """The phrase that this text is a case of."""
    if name.startswith(("pin_", "pins")) and name != Phrase.PIN_LATER:
        return Phrase.PIN
    cases = {"reminders": Phrase.REMINDER, "thanks_once": Phrase.THANKS}
    return cases.get(name) or Phrase(name)


def needed(phrase: Phrase) -> frozenset[str]:
    """What a text cannot do without; see `FACTS`."""
    return frozenset(FACTS[phrase])
