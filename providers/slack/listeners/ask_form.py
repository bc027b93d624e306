"""The form behind `/pin`: how it is drawn at each moment, and what stands in it. Pure functions over view payloads.

Slack keeps what was typed where a block keeps its `block_id`. So the ids stay while somebody fills in the form, and
those of the times carry a generation: a click that sets them draws new blocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bot.conversation.forms.previews import CHOICES, Choice, FormAnswer, Take
from bot.conversation.team.lock_health import name_apart
from bot.conversation.times import zone_words
from bot.conversation.typed.languages import language_name
from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import Language
from bot.domain.planning.local_hours import read_wall_clock
from bot.domain.planning.lock_rules import ONE_TIME_LIFE
from bot.domain.planning.stay_plan import MOST_DOORS
from bot.domain.refusals import Reason
from bot.domain.windows import AccessWindow
from providers.slack.listeners.elements import (
    Block,
    actions,
    ask_for,
    button,
    context,
    fields,
    option,
    plain,
    section,
    states_of,
    text_input,
)

ASK = "ask"
LOCK, MORE, KIND, TAKE, LANGUAGE = "lock", "more_locks", "kind", "take", "language"
TIME_FIELDS = (KIND, "from_date", "from_time", "to_date", "to_time")
WINDOW_FIELDS = (LOCK, MORE, *TIME_FIELDS)
"""The fields whose changes are answered at once, by action_id."""

MOST_OPTIONS = 100
"""In one menu; with more locks than this the menu is searched."""

_YEARS = range(2000, 2200)
MOST_GUEST = 60
NUMBER = "+33 6 39 98 12 34"
AUTOMATIC = "auto"

FIELD_OF = {
    Reason.MAY_NOT_ASK: "lock",
    Reason.ENDS_BEFORE_START: "to_date",
    Reason.ALREADY_OVER: "to_date",
    Reason.GAP_28_29_DAYS: "to_date",
    Reason.TOO_LONG: "to_date",
    Reason.SLOT_FULL: "from_time",
    Reason.LOCK_FULL: LOCK,
    Reason.UNKNOWN_LOCK: LOCK,
    Reason.LOCK_MAKES_NO_PINS: LOCK,
    Reason.LOCK_GONE: LOCK,
    Reason.TOO_MANY_DOORS: MORE,
    Reason.DOORS_APART: MORE,
    Reason.NO_SHARED_APPROVER: MORE,
    Reason.NO_CHAIN: KIND,
    Reason.NOT_UNDERSTOOD: KIND,
}
"""Which field of the form causes a refusal."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the form now. Days and clocks are those at the door."""

    lock_id: str | None = None
    guest: str = ""
    phone: str = ""
    note: str | None = None
    choice: Choice = Choice.STAY
    from_day: date | None = None
    from_clock: time | None = None
    to_day: date | None = None
    to_clock: time | None = None
    generation: int = 0
    language: Language | None = None
    more_lock_ids: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    """Stays of the same number that the form tells of."""
    number_seen: str = ""
    """The end of a number that the form has said to be one that texts hardly reach."""

    @property
    def lock_ids(self) -> tuple[str, ...]:
        """All doors, each once, the one named first first."""
        return tuple(dict.fromkeys(filter(None, (self.lock_id, *self.more_lock_ids))))

    def block_id(self, field: str) -> str:
        """Of the field's block: an error beside it must name this very id."""
        kept = field in (LOCK, MORE, "guest", "phone", "note") or not self.generation
        return field if kept else f"{field}.{self.generation}"

    def window(self, zone: ZoneInfo) -> tuple[AccessWindow, frozenset[str]] | None:
        """The window and what was odd about reading it; None until the times are complete."""
        if self.from_day is None or self.from_clock is None:
            return None
        start = read_wall_clock(datetime.combine(self.from_day, self.from_clock), zone)
        notes = {start.note} if start.note else set()
        if self.choice is Choice.ONE_TIME:
            return AccessWindow(start.instant, start.instant + ONE_TIME_LIFE), frozenset(notes)
        if self.to_day is None or self.to_clock is None:
            return None
        end = read_wall_clock(datetime.combine(self.to_day, self.to_clock), zone)
        notes |= {end.note} if end.note else set()
        return AccessWindow(start.instant, end.instant), frozenset(notes)

    def at(self, window: AccessWindow, zone: ZoneInfo) -> "Entry":
        """With these times, as the clock at the door shows them."""
        start, end = (moment.astimezone(zone) for moment in (window.starts_at, window.ends_at))
        return replace(self, from_day=start.date(), from_clock=start.time(), to_day=end.date(), to_clock=end.time())


def taken(entry: Entry, value: str, zone: ZoneInfo) -> Entry:
    """After a click on one of our `Take`s. Raises ValueError for a value that is none of ours."""
    choice, _, window = value.partition("|")
    starts, _, ends = window.partition("/")
    times = AccessWindow(datetime.fromisoformat(starts), datetime.fromisoformat(ends))
    return replace(entry.at(times, zone), choice=Choice(choice), generation=entry.generation + 1)


# --- drawing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FormContext:
    """What the form stands on: the locks to choose from, what it answers, and the moment."""

    locks: Sequence[Lock]
    answer: FormAnswer
    now: datetime
    remarks: tuple[str, ...] = ()
    number: str = ""
    """What there is to say about the number: whose it was taken for, or that it has a stay there already."""


def ask_view(entry: Entry, around: FormContext) -> dict[str, Any]:
    """The form as it is to be seen now."""
    chosen = next((lock for lock in around.locks if lock.id == entry.lock_id), None)
    remarks = [section("\n".join(around.remarks), "remarks")] if around.remarks else []
    return {
        "type": "modal",
        "callback_id": ASK,
        "private_metadata": "|".join((str(entry.generation), entry.number_seen, *entry.known)),
        "title": plain("Ask for a PIN", 24),
        "submit": plain("Ask", 24),
        "close": plain("Not now", 24),
        "blocks": [
            *remarks,
            *doors_asked(entry, around.locks, around.now),
            ask_for("guest", "Guest", text_input("guest", entry.guest, "Ana")),
            ask_for("phone", "Mobile number, with country code", text_input("phone", entry.phone, NUMBER), tells=True),
            *([context([around.number], "number")] if around.number else []),
            *times_asked(entry, CHOICES, chosen, around.now),
            *answered(around.answer),
            ask_for(entry.block_id(LANGUAGE), "Language of the texts", languages_menu(entry.language), optional=True),
            ask_for("note", "What for? The approver reads it", text_input("note", entry.note), optional=True),
        ],
    }


def doors_asked(entry: Entry, locks: Sequence[Lock], now: datetime) -> list[Block]:
    """Which door, and which others beside it."""
    chosen = next((lock for lock in locks if lock.id == entry.lock_id), None)
    return [ask_for(LOCK, "Door", _menu(locks, chosen, now), tells=True), *_more_doors(entry, locks, now)]


def times_asked(entry: Entry, choices: Iterable[Choice], lock: Lock | None, now: datetime) -> list[Block]:
    """How the guest is let in, from when and until when: what the form answers to."""
    return [
        ask_for(entry.block_id(KIND), "How", _kinds(entry.choice, choices), tells=True),
        *moments_asked(entry, lock, now),
    ]


def moments_asked(entry: Entry, lock: Lock | None, now: datetime) -> list[Block]:
    """From when and until when alone, where the kind is settled."""
    return [*_moment_inputs(entry, "from", lock, now), *_moment_inputs(entry, "to", lock, now)]


def answered(answer: FormAnswer) -> list[Block]:
    mark = ":no_entry:" if answer.refused else ":key:" if answer.facts else ":information_source:"
    blocks = [section(f"{mark} {answer.heading}", "answer")]
    blocks += [fields(answer.facts, "granted")] if answer.facts else []
    blocks += [context(answer.remarks, "mind")] if answer.remarks else []
    takes = [button(f"{TAKE}.{n}", take.label, _take_value(take)) for n, take in enumerate(answer.takes)]
    return blocks + ([actions(takes, "takes")] if takes else [])


def _take_value(take: Take) -> str:
    return f"{take.choice.value}|{take.window.starts_at.isoformat()}/{take.window.ends_at.isoformat()}"


_SIDES = {"from": "From", "to": "Until"}


def _moment_inputs(entry: Entry, side: str, lock: Lock | None, now: datetime) -> list[Block]:
    """A day and a time with the zone of the lock spelled out beside both."""
    day = entry.from_day if side == "from" else entry.to_day
    clock = entry.from_clock if side == "from" else entry.to_clock
    dated: Block = {"type": "datepicker", "action_id": f"{side}_date"}
    dated |= {"initial_date": day.isoformat()} if day else {}
    timed: Block = {"type": "timepicker", "action_id": f"{side}_time"}
    timed |= {"initial_time": f"{clock:%H:%M}"} if clock else {}
    needless = side == "to" and entry.choice is Choice.ONE_TIME
    zone = _zone_of(day, clock, lock, now)
    more = f"{zone}; a one-time PIN needs no end" if needless else zone
    return [
        ask_for(entry.block_id(f"{side}_date"), f"{_SIDES[side]}, day ({more})", dated, optional=needless, tells=True),
        ask_for(entry.block_id(f"{side}_time"), f"{_SIDES[side]}, time ({more})", timed, optional=needless, tells=True),
    ]


def _zone_of(day: date | None, clock: time | None, lock: Lock | None, now: datetime) -> str:
    if lock is None:
        return "the clock at the door"
    moment = read_wall_clock(datetime.combine(day, clock or time(12)), lock.zoneinfo).instant if day else now
    return zone_words(moment, lock.zoneinfo)


def _menu(locks: Sequence[Lock], chosen: Lock | None, now: datetime) -> Block:
    picked: Block = {"initial_option": lock_option(chosen, now, locks)} if chosen else {}
    if len(locks) > MOST_OPTIONS:
        # By default Slack asks only from the third letter on (facts/slack-twilio.md §2.1).
        search = {"type": "external_select", "action_id": LOCK, "min_query_length": 0}
        return {**search, "placeholder": plain("Type a part of the door's name"), **picked}
    return {
        "type": "static_select",
        "action_id": LOCK,
        "options": [lock_option(lock, now, locks) for lock in locks],
        **picked,
    }


def _more_doors(entry: Entry, locks: Sequence[Lock], now: datetime) -> list[Block]:
    """Further doors for the same guest and time; nothing to choose where there is one door."""
    if len(locks) < 2:
        return []
    picked = [lock_option(lock, now, locks) for lock in locks if lock.id in entry.more_lock_ids]
    menu: Block = {"action_id": MORE, "max_selected_items": MOST_DOORS - 1}
    menu |= {"initial_options": picked} if picked else {}
    if len(locks) > MOST_OPTIONS:
        menu |= {"type": "multi_external_select", "min_query_length": 0}
        menu |= {"placeholder": plain("Type a part of the door's name")}
    else:
        options = [lock_option(lock, now, locks) for lock in locks]
        menu |= {"type": "multi_static_select", "options": options, "placeholder": plain("None")}
    return [ask_for(MORE, "More doors for the same time", menu, optional=True, tells=True)]


def lock_option(lock: Lock, now: datetime, others: Sequence[Lock] = ()) -> Block:
    return option(name_apart(lock, others), lock.id, zone_words(now, lock.zoneinfo))


def _kinds(choice: Choice, choices: Iterable[Choice]) -> Block:
    options = {one: option(CHOICES[one][0], one.value, CHOICES[one][1]) for one in choices}
    return {
        "type": "radio_buttons",
        "action_id": KIND,
        "options": list(options.values()),
        "initial_option": options[choice],
    }


def languages_menu(chosen: Language | None) -> Block:
    """`Automatic` is the house's choice, or the number's country; a select that is empty could not be emptied again."""
    options: dict[Language | None, Block] = {None: option("Automatic", AUTOMATIC)}
    for language in Language:
        options[language] = option(language_name(language), language.value)
    return {
        "type": "static_select",
        "action_id": LANGUAGE,
        "options": list(options.values()),
        "initial_option": options[chosen],
    }


# --- reading ---------------------------------------------------------------------------------------------------------


def read_entry(view: Mapping[str, Any]) -> Entry:
    """What stands in the form, complete or not. Raises KeyError, TypeError or ValueError for no form of ours."""
    states = states_of(view)
    generation, number_seen, *known = [*str(view.get("private_metadata") or "0").split("|"), ""]
    whom = Entry(
        guest=" ".join(str(states["guest"].get("value") or "").split())[:MOST_GUEST],
        phone=str(states["phone"].get("value") or ""),
        note=str(states["note"].get("value") or "").strip()[:500] or None,
        generation=int(generation or 0),
        known=tuple(filter(None, known)),
        number_seen=number_seen,
        language=language_of(states),
    )
    return with_times(with_doors(whom, states), states)


def with_doors(entry: Entry, states: Mapping[str, Mapping[str, Any]]) -> Entry:
    """With the doors that stand in the form."""
    more = states.get(MORE, {}).get("selected_options") or ()
    return replace(entry, lock_id=_picked(states[LOCK]), more_lock_ids=tuple(str(one["value"]) for one in more))


def language_of(states: Mapping[str, Mapping[str, Any]]) -> Language | None:
    """The language that is chosen; None for the automatic one. Raises ValueError for none of ours."""
    language = _picked(states.get(LANGUAGE, {})) or AUTOMATIC
    return None if language == AUTOMATIC else Language(language)


def with_times(entry: Entry, states: Mapping[str, Mapping[str, Any]]) -> Entry:
    """With the kind and the times that stand in the form. Raises KeyError or ValueError for what is none of ours."""
    return replace(
        entry,
        choice=Choice(_picked(states.get(KIND, {})) or Choice.STAY),
        from_day=_day(states["from_date"]),
        from_clock=_clock(states["from_time"]),
        to_day=_day(states["to_date"]),
        to_clock=_clock(states["to_time"]),
    )


def _picked(state: Mapping[str, Any]) -> str | None:
    found = state.get("selected_option")
    return str(found["value"]) if found else None


def _day(state: Mapping[str, Any]) -> date | None:
    """None for one that no stay has, too, as after a slip in the year: it is asked for again."""
    found = state.get("selected_date")
    day = date.fromisoformat(found) if found else None
    return day if day and day.year in _YEARS else None


def _clock(state: Mapping[str, Any]) -> time | None:
    found = state.get("selected_time")
    return time.fromisoformat(found) if found else None
