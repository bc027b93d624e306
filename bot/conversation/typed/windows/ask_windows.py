"""A typed window among other words: the longest run of words that is one, or the words that nearly are.

What a window is, is `understand_window`'s business; here only its edges are found.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.conversation.typed.plain_text import plain
from bot.conversation.typed.windows.day_names import other_weekdays
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import Meaning, Role, is_window_word, meaning, vocabulary
from bot.conversation.typed.windows.window_calendar import PlacedWindow
from bot.conversation.typed.windows.window_line import unknown
from bot.conversation.typed.windows.window_pieces import CLOCK_MARKS, OF
from bot.conversation.typed.windows.windows_typed import read_window

_MOST_WORDS = 20
_MOST_TRIES = 250
WORD = re.compile(r"[^ ,;!?]+")
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]*)*")
_DATE_OR_TIME = re.compile(r"\d{4}([-/.])\d\d?\1\d\d?|\d{1,2}(?:[:./-]\d{1,2}.*|st|nd|rd|th|[ap]m|h|uhr)")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(r"\d\d?:\d\d", re.ASCII)
_PARTS = (Role.MORNING, Role.AFTERNOON, Role.EVENING, Role.NIGHT, Role.NOON, Role.MIDNIGHT, Role.VAGUE)
_OTHER_DAYS = (
    "weekend weekends week-end wochenende finde fds fine-settimana xmas christmas easter weihnachten ostern silvester"
)
_LONG, _NEAR_A_DAY = 6, 0.84
_FROM = frozenset({"ab", "from", "since", "starting", "beginning", "seit", "vom", "depuis", "desde", "dal", "vanaf"})
"""Behind a name, what follows is a day, be it one that we do not know: `Ana ab Nikolaus 2 nights`."""

_LONGEST_SHORT = 3
_LONGEST_NAME = 6
"""Letters. No longer name of a month is that of a person, as April, August and Julio are."""
_FROM_WHEN = "From when, {words}? Write now before it, or the day and the time at which the stay begins."
_DAYS = (Role.NOW, Role.TODAY, Role.TONIGHT, Role.TOMORROW, Role.OVERMORROW, Role.NEXT)


@dataclass(frozen=True, slots=True)
class FoundWindow:
    """Characters `start` to `end` of a run are this window, in so many words."""

    start: int
    end: int
    words: int
    placed: PlacedWindow


@dataclass(frozen=True, slots=True)
class WindowInDoubt:
    """Characters `start` to `end` of a run talk of time, and this is the question about them."""

    start: int
    end: int
    question: str


def find_window(
    text: str, zone: ZoneInfo, now: datetime, check_in: time, check_out: time, *, endless: bool = False
) -> FoundWindow | None:
    """The run of most words that is a window; of several, the first. `endless`: a moment alone will do, and what it
    lasts means nothing."""
    words = list(WORD.finditer(text))
    for first, after in _longest_first(_runs(words)):
        start, end = words[first].start(), words[after - 1].end()
        tries = (text[start:end], f"{text[start:end]} for 24h") if endless else (text[start:end],)
        read = (_read(each, zone, now, check_in, check_out) for each in tries)
        placed = next((each for each in read if each is not None), None)
        if placed is None or placed.open:
            continue
        # `in 3 days` says when the stay begins, not how long it is.
        if first and not placed.dated and meaning(plain(words[first - 1].group())).is_a(Role.IN):
            continue
        return FoundWindow(start, end, after - first, placed)
    return None


def _read(text: str, zone: ZoneInfo, now: datetime, check_in: time, check_out: time) -> PlacedWindow | None:
    try:
        return read_window(text, zone=zone, now=now, check_in=check_in, check_out=check_out)
    except NotUnderstood:
        return None


def window_in_doubt(text: str, zone: ZoneInfo, now: datetime, check_in: time, check_out: time) -> WindowInDoubt | None:
    """The question about the words from the first that tells a day or a time; None when there is none."""
    words = list(WORD.finditer(text))
    first = next((index for index, word in enumerate(words) if _tells_time(word.group())), None)
    if first is None:
        return None
    while first and _counts(words[first - 1]):
        first -= 1
    start, end = words[first].start(), words[_doubt_ends(words, first)].end()
    try:
        placed = read_window(text[start:end], zone=zone, now=now, check_in=check_in, check_out=check_out)
    except NotUnderstood as doubt:
        return WindowInDoubt(start, end, doubt.question)
    return WindowInDoubt(start, end, _FROM_WHEN.format(words=text[start:end])) if placed.open else None


def tells_time(words: str) -> bool:
    """Whether these words, which stand beside a window and are none of it, may say something about it."""
    folded = _folded(words)
    numbers = any(character.isdigit() for word in folded for character in word)
    known = [meaning(word) for word in folded]
    tells = any(_is_day(each) or each.month is not None or each.unit is not None for each in known)
    return numbers or tells or any(map(_is_nearly_a_day, folded))


def day_in_name(words: str, *, first_too: bool = False, short_too: bool = False) -> int | None:
    """Where in what may be a name the words begin that tell a day: a guest may be called May, Sun Li or Team 5; and
    Domingo where it is not `first_too`, Sam where not `short_too`."""
    folded = _folded(words)
    for index, word in enumerate(folded):
        known = meaning(word)
        following = folded[index + 1] if index + 1 < len(folded) else ""
        if word[:1].isdigit() and meaning(following).month is not None:
            return index
        if known.month is not None and following[:1].isdigit():
            return index
        if first_too and known.month is not None and len(word) > _LONGEST_NAME:
            return index
        if first_too and index and word in _FROM:
            return index
        if meaning(following).unit is not None and (word[:1].isdigit() or known.count is not None):
            return index - (index > 0 and meaning(folded[index - 1]).is_a(Role.IN))
        # Short names of weekdays are names of people in half the world.
        if known.weekday is not None and (
            (index == 0 and not first_too) or (_may_be_called(words.split()[index]) and not short_too)
        ):
            continue
        if _is_day(known) or _DATE_OR_TIME.fullmatch(word):
            return index
        # With a capital letter it may be a name that is one letter from a day: Frida.
        if first_too and (word in _day_like() or (words.split()[index].islower() and _is_nearly_a_day(word))):
            return index
    return None


def _is_nearly_a_day(word: str) -> bool:
    """`tomorow` and `freitags`: where words tell no other day, nobody is let in now for these. Words of a script
    that has no small letters are short: `金曜日`."""
    if word.upper() == word and word in other_weekdays():
        return True
    near = _day_like_from().get(word[:1], ()) if len(word) >= _LONG - 1 else ()
    return bool(difflib.get_close_matches(word, near, 1, _NEAR_A_DAY))


@cache
def _day_like_from() -> Mapping[str, Sequence[str]]:
    """By their first letter, which people get right."""
    return {first: [*group] for first, group in groupby(sorted(_day_like()), key=lambda word: word[0])}


@cache
def _day_like() -> frozenset[str]:
    """Long words that tell a day: those that we read, and the names of weekdays in languages that we do not."""
    read = {word for word in vocabulary() if len(word) >= _LONG and "_" not in word and _is_day(meaning(word))}
    return frozenset(read | {plain(word) for word in _OTHER_DAYS.split()} | other_weekdays())


def _may_be_called(word: str) -> bool:
    """`Sun` and `Sam`, with a capital letter; `fri` behind a name is a day."""
    return len(plain(word).strip(".,;:")) <= _LONGEST_SHORT and not word[:1].islower()


def is_month(word: str) -> bool:
    return meaning(plain(word).strip(".,;:")).month is not None


def _is_day(known: Meaning) -> bool:
    return known.weekday is not None or known.is_a(*_DAYS, *_PARTS)


def _folded(words: str) -> list[str]:
    return [plain(word).strip(".,;:") for word in words.split()]


def question_about(
    words: str, around: str, zone: ZoneInfo, now: datetime, check_in: time, check_out: time
) -> NotUnderstood:
    """What to ask about words that stand beside a window; `around` is all of it together, as it was typed."""
    try:
        read_window(around, zone=zone, now=now, check_in=check_in, check_out=check_out)
    except NotUnderstood as doubt:
        return doubt
    return unknown(words)


def _longest_first(runs: list[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """The longest first, and of one length as they stand there: what is found first is looked for no longer."""
    for length in range(max([longest for _, _, longest in runs], default=0), 0, -1):
        yield from ((first, first + length) for first, shortest, longest in runs if shortest <= length <= longest)


def _runs(words: list[re.Match[str]]) -> list[tuple[int, int, int]]:
    """Where words of time begin, and the fewest and the most of them in a row that are tried from there, the longest
    before the others. Three bare numbers in a row are a phone's."""
    said = [word.group() for word in words]
    timely, bare = [may_belong(word) for word in said], [word.isdecimal() for word in said]
    count, tries, runs = len(words), _MOST_TRIES, list[tuple[int, int, int]]()
    phones = [third for third in range(2, count) if bare[third] and bare[third - 1] and bare[third - 2]]
    timely.append(False)
    reach = 0
    for first in range(count):
        if not timely[first]:
            continue
        if reach <= first:
            reach = timely.index(False, first)
        third = next((at for at in phones if at > first + 1), count) if phones else count
        most = min(third - first, _MOST_WORDS)
        if most > 1 and bare[first] and not _may_begin(said[first + 1], words[first + 2 : first + 3]):
            most = 1
        longest = min(most, reach - first)
        runs.append((first, max(longest - tries, 0) + 1, longest))
        tries -= min(longest, tries)
    return runs


def _may_begin(second: str, third: list[re.Match[str]]) -> bool:
    """Whether a window may begin with a bare number before these: with `10 4 dec` and `10 4 hours`, but with no other
    two numbers, and not before a whole date and its time."""
    word = plain(third[0].group()) if third else ""
    if _ISO_DAY.fullmatch(second):
        return not _CLOCK.fullmatch(word)
    if not second.isdecimal():
        return True
    if word.isalpha():
        known = meaning(word)
        return known.month is not None or known.unit is not None or word in OF
    return word != "" and not word[0].isdigit()


def _doubt_ends(words: list[re.Match[str]], first: int) -> int:
    """The last word before "for" and a name, or the last of all."""
    pairs = zip(range(first + 1, len(words)), words[first + 2 :], strict=False)
    names = (index for index, following in pairs if _is_for(words[index]) and not may_belong(following.group()))
    return next(names, len(words)) - 1


def _counts(word: re.Match[str]) -> bool:
    """`in an` before `hour`, `until the` before `4th`."""
    known = meaning(plain(word.group()))
    return known.count is not None or known.is_a(Role.IN, Role.HALF, Role.FILLER, Role.TO)


def _is_for(word: re.Match[str]) -> bool:
    return meaning(plain(word.group())).is_a(Role.FOR)


def may_belong(word: str) -> bool:
    """Whether a window can hold this word: digits and dashes can, letters only when they mean something."""
    folded = plain(word)
    if not folded.isalpha() and any(map(str.isdigit, folded)):
        return not folded.startswith("+")  # of a number to text; no piece of a time begins with it
    letters = _LETTERS.findall(folded)
    return (
        all(is_window_word(each) or each in CLOCK_MARKS for each in letters)
        if letters
        else folded in ("", "-", "--", "->", "/", "...", "@")
    )


def _tells_time(word: str) -> bool:
    """A number of a date or time, or the name of a day: not a month alone, which may be a guest called May."""
    folded = plain(word)
    known = meaning(folded.split("-")[0].rstrip("."))
    return folded[:1].isdigit() or known.weekday is not None or known.unit is not None or known.is_a(*_DAYS)
