"""The operator's own words for guests' texts (TOML) → `Wording`; every mistake with its line, phrase and language. Who
opens the file is `bot.settings`; one file is for the whole installation.

    [de]
    cancelled = "{hello}leider ist Ihr Aufenthalt ab {starts} abgesagt."

A text that could not be said is refused at the start, not at the door: each is tried with the longest names and the
oddest hours, and has to fit as the one of the catalogue does.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from bot.conversation.files.toml_lines import Lines, read_toml
from bot.conversation.guest_texts.gsm7 import segments
from bot.conversation.guest_texts.phrases import FACTS, NEEDS_PIN, Wording, fitted, most_segments, names
from bot.conversation.guest_texts.samples import (
    CLOCK_CHANGES,
    LONGEST,
    LONGEST_PIN,
    SEVERAL,
    facts_for,
    more_pins,
    phrase_of,
)
from bot.conversation.guest_texts.values import VALUES, placeholders
from bot.domain.messages.languages import Language

_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "pin": ("pin", "starts", "ends", "deadline", "zone"),
    "pin_short": ("pin", "starts", "ends", "zone"),
    "pin_once": ("pin", "starts", "ends", "zone"),
    "pins": ("pins", "starts", "ends", "deadline", "zone"),
    "pins_short": ("pins", "starts", "ends", "zone"),
    "pins_once": ("pins", "starts", "ends", "zone"),
    "pin_link": ("pin", "link", "links", "starts", "ends", "zone"),
    "pins_link": ("pins", "link", "links", "starts", "ends", "zone"),
    "reminder": ("pin", "deadline", "zone"),
    "reminders": ("pins", "deadline", "zone"),
    "which_door": ("doors",),
    "from_staff": ("words",),
}
"""What the words must hold, whatever else they say. Where no deadline stands, the end is the deadline."""

_BEHIND: Mapping[str, tuple[str, ...]] = {
    "starts": ("starts_at",),
    "ends": ("ends_at",),
    "deadline": ("activate_by", "ends_at"),
    "zone": ("zone",),
    "now": ("now",),
    "wanted": ("wanted",),
    "comes_at": ("comes_at",),
    "door": ("door",),
    "doors": ("doors",),
    "words": ("words",),
    "minutes": ("minutes",),
}
"""Of which facts one must be known for a name in braces; names that stand everywhere are left out."""

_OF_PIN_TEXTS, _OF_LINKS = ("pin", "pins", "forget"), ("link", "links", "next")
_MOST_LETTERS = 600


class WordingMistakes(Exception):
    """What is wrong in the file, in the order of its lines, one sentence each: `line 7: …`."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def read_wording(text: str) -> Wording:
    """The texts in the file by language and name. Raises WordingMistakes."""
    try:
        written = read_toml(text)
    except ValueError as error:
        raise WordingMistakes([f"this is no TOML: {error}"]) from None
    lines, found, mistakes = Lines(text), dict[tuple[str, str], str](), list[tuple[int, str]]()
    for code, table in written.items():
        if code not in set(Language) or not isinstance(table, dict):
            mistakes.append((lines.of((code,)), f"[{code}] is no language of ours: there are {', '.join(Language)}"))
            continue
        for name, words in table.items():
            wrong = _mistake(name, words, Language(code))
            if wrong:
                mistakes.append((lines.of((code, name)), f"{name} in {code} {wrong}"))
            else:
                found[code, name] = words
    if mistakes:
        raise WordingMistakes([f"line {line}: {said}" for line, said in sorted(mistakes)])
    return found


def allowed(name: str) -> tuple[str, ...]:
    """What may stand in braces in this text."""
    facts, phrase = FACTS[phrase_of(name)], phrase_of(name)
    known = [each for each in VALUES if each not in _BEHIND or any(fact in facts for fact in _BEHIND[each])]
    wrong = set(_OF_PIN_TEXTS) if phrase not in NEEDS_PIN else {"pin" if name in SEVERAL else "pins"}
    wrong |= set() if name.endswith("_link") else set(_OF_LINKS)
    return tuple(each for each in known if each not in wrong)


def _mistake(name: str, words: Any, language: Language) -> str:
    """What is wrong with one text; empty when it can be said."""
    if name not in names():
        near = get_close_matches(name, names(), 1)
        return f"is no text of ours: {f'did you mean {near[0]}?' if near else 'see `nightporter texts`'}"
    if not isinstance(words, str) or not words.strip() or len(words) > _MOST_LETTERS:
        return f"has to be words in quotes, at most {_MOST_LETTERS} letters"
    try:
        used = placeholders(words)
    except ValueError:
        return "has braces that do not match: write {door}, nothing more inside"
    unknown = [each for each in used if each not in allowed(name)]
    if unknown:
        return f"cannot fill in {_braced(unknown)}: there are {_braced(allowed(name))}"
    missing = [each for each in _ALWAYS.get(name, ()) if each not in used]
    if missing:
        return f"lacks {_braced(missing)}"
    most = most_segments(name, language)
    for facts in (LONGEST, CLOCK_CHANGES):
        more = more_pins(name, facts, LONGEST_PIN)
        text = fitted(name, words, facts_for(name, language, facts), LONGEST_PIN, language, more)
        if segments(text) > most:
            return f"takes {segments(text)} segments with long names, and {most} is the most: say less"
    return ""


def _braced(names_in_braces: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{{{each}}}" for each in names_in_braces)
