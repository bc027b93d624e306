"""`lines.txt`: what people type behind `/pin`, each line with what it must come to.

`asked: door · guest · number · window` (and what else was understood) is asked at once; `command: word rest` runs that
command, `meant: word rest` is answered with "did you mean"; `question: fields | …` opens the form with what was read
and one question beside each of these fields. `\\u00a0`, `\\t` and `\\n` stand for the signs themselves.
"""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.commands import understand_command
from bot.conversation.typed.lock_names import LockName, LockNames
from bot.conversation.typed.slack_text import shown_text
from bot.conversation.typed.understood import Ask
from tests.cases import every, examples

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 2, 10, 20, tzinfo=PARIS)

LINES = Path(__file__).parents[1] / "lines.txt"
NAMES = ("Front door", "Back door", "Garage", "Loft 3", "Café", "Garden gate", "Sauna")
ALIASES = {"Front door": ("main entrance",)}
LOCKS = LockNames(LockName(name, name, str(PARIS), ALIASES.get(name, ())) for name in NAMES)
TAKEN = (
    "help locks check show resend replace withdraw approvals list mine reveal number text unlock lock online connect"
    " change feeds"
)
WORDS = frozenset(TAKEN.split())
"""What `/pin` takes (tests/sandbox reads the bot's own list)."""


def table() -> list[tuple[str, str]]:
    lines = (line for line in LINES.read_text().splitlines() if line and not line.startswith("# "))
    pairs = (line.rpartition(" => ") for line in lines)
    return [(re.sub(r"\\(u[0-9a-f]{4}|[tn])", _sign, typed), outcome) for typed, _, outcome in pairs]


def _sign(written: re.Match[str]) -> str:
    return written.group().encode().decode("unicode_escape")


def outcome(typed: str) -> str:
    meant = understand_command(shown_text(typed), WORDS, LOCKS)
    if meant is not None:
        return f"{'command' if meant.sure else 'meant'}: {meant.word} {meant.rest}".strip()
    ask = understand_ask(typed, locks=LOCKS, now=NOW, default_zone=PARIS)
    if ask.complete:
        return f"asked: {_read(ask)}"
    fields = dict.fromkeys(problem.field.value for problem in ask.problems)
    return f"question: {', '.join(fields)} | {_read(ask)}"


def _read(ask: Ask) -> str:
    window = "-"
    if ask.window:
        starts, ends = (f"{m.astimezone(PARIS):%a %-d %b %Y %H:%M}" for m in (ask.window.starts_at, ask.window.ends_at))
        window = f"{starts} - {ends}"
    doors = " + ".join(filter(None, (ask.lock, *ask.more_locks)))
    said = [doors or "-", ask.name or "-", ask.phone or "-", window]
    more = {"once": ask.one_time, "on arrival": ask.on_arrival, f"in {ask.language}": ask.language is not None}
    said += [word for word, holds in more.items() if holds]
    said += [f"{len(ask.visits.days)} visits until {ask.visits.days[-1]:%a %-d %b %Y}"] if ask.visits else []
    said += [f"a number of {ask.phone_region}"] if ask.phone_region else []
    return " · ".join([*said, f"note {ask.note}"] if ask.note else said)


@every(("typed", "expected"), table())
def test_every_line_comes_to_what_the_table_says(typed: str, expected: str) -> None:
    assert outcome(typed) == expected


def test_the_table_is_long_and_most_of_what_holds_everything_is_understood_at_once() -> None:
    lines = table()
    assert len(lines) >= 400
    assert len({typed for typed, _ in lines}) == len(lines)
    at_once = [expected for _, expected in lines if expected.startswith("asked:")]
    assert len(at_once) >= 0.85 * (len(at_once) + len(asked_all_the_same())), len(at_once)


def asked_all_the_same() -> list[str]:
    """Lines that hold everything for a colleague, who would perhaps be wrong."""
    sections = LINES.read_text().split("# --- ")
    mine = next(section for section in sections if section.startswith("times that colleagues would take to be clear"))
    return mine.splitlines()[1:]


PLACES = ("front door", "garage", "sauna,", "for Ana", "for Ana Silva", "Bob", "+33639981234", "+44 7700 900123")
OTHER_DAYS = (
    "tomorrow|friday|fri|on sunday|next monday|this saturday|4 dec|the 5th|december 24|2026-12-24|24.12.|13/12"
    "|in 3 days|in 2 weeks|in a month|day after tomorrow"
    "|morgen|übermorgen|freitag|demain|vendredi|mañana|viernes|domani|amanhã"
    "|until sunday|till friday|leaving saturday|end of december|mid january|next week|next weekend|friday week|30 feb"
    "|last friday|vendredi dernier|tomorow|tommorow|thrusday|mondays|weekend|vrijdag|fredag|пятница|金曜日"
)
TIMES = (
    "15:00|3pm|at 3|noon|midnight|9-17|9-13|10:00 - 12:00|for 2h|for 3 hours|2 nights|3 nights|for 40h|for a week|1h"
    "|until 18:00|evening|morning|- sun|- 11am|to|from|until|in|at|and|or|,|-|for|about|after|within|every|once|late"
)


@given(
    st.sampled_from(OTHER_DAYS.split("|")),
    st.lists(st.sampled_from([*PLACES, *TIMES.split("|")]), max_size=7),
    st.integers(0, 7),
)
@settings(max_examples=examples(120))
def test_a_line_that_names_another_day_never_starts_now(day: str, others: list[str], at: int) -> None:
    line = " ".join([*others[:at], day, *others[at:]])
    asked = understand_ask(line, locks=LOCKS, now=NOW, default_zone=PARIS)
    assert asked.window is None or asked.window.starts_at != NOW, line
