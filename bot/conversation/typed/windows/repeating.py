"""A wish that repeats, among other words: `every tue,fri 9-13 until 30 jun`, `mondays 10-12 from 1 dec until 28 feb`.

Which days these are is dateutil's business; hours and days are read as any window's are. What is left of the line says
whom, where and why.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from dateutil.rrule import WEEKLY, rrule

from bot.conversation.typed.plain_text import plain
from bot.conversation.typed.windows.ask_windows import WORD, may_belong
from bot.conversation.typed.windows.day_names import Unit, key, month_name, weekdays
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.time_words import Role, meaning
from bot.conversation.typed.windows.windows_typed import read_window
from bot.domain.planning.visits import MOST_MONTHS, MOST_VISITS, Visits

REPEATING_EXAMPLE = "Write it like every tue,fri 9:00-13:00 until 30 jun."

_EVERY_WORDS = (
    "every each weekly | jeden jede jedes jeder alle | chaque tous toutes | cada | toda todas todo todos"
    " | ogni tutti tutte"
)
_ARTICLE_WORDS = "the on | am an den der die | les le la | los las | os as | i"
_OTHER_WORDS = "other second 2nd 2 two | zweite zweiten zweites zwei | deux | dos | due | dois duas"
_EACH_DAY = "day days daily everyday tag tage taglich taeglich jour jours dia dias giorno giorni"
_PARTS_OF_DAY = frozenset({"morning", "mornings", "afternoon", "afternoons", "evening", "evenings", "night", "nights"})
"""`every morning 9-11` is every day; beside a day they belong to the hours."""
_WORKDAY_WORDS = "weekday weekdays workday workdays werktag werktage werktags"
_WEEKEND = (5, 6)
_WEEKEND_WORDS = "weekend weekends wochenende wochenenden"
_EVERY, _ARTICLES, _OTHER = (frozenset(words.split()) - {"|"} for words in (_EVERY_WORDS, _ARTICLE_WORDS, _OTHER_WORDS))
_DAY_WORDS = {
    **dict.fromkeys([*_EACH_DAY.split(), *_PARTS_OF_DAY], tuple(range(7))),
    **dict.fromkeys(_WORKDAY_WORDS.split(), tuple(range(5))),
    **dict.fromkeys(_WEEKEND_WORDS.split(), _WEEKEND),
}
_ALONE = frozenset({"daily", "everyday", "taglich", "taeglich", "weekdays", "workdays", "werktags"})
"""These repeat without `every` before them."""
_ONCE_A_MONTH = frozenset(["month", "months", "monat", "monate", "mois", "mes", "mese", "year", "years", "jahr"])
_RANGE = frozenset({"-", "to", "through", "thru", "bis"})
_JOINS = frozenset({"and", "und", "et", "y", "e", "&", "+", "/"})
_FROM = frozenset(["from", "starting", "beginning", "since", "ab", "vom", "von", "desde", "dal", "des"])
_NEAR = (Role.TODAY, Role.TOMORROW, Role.OVERMORROW, Role.NEXT, Role.IN)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{0,4})?|\d{1,2}(?:st|nd|rd|th)")
_SURE_DATE = re.compile(r"\d{1,4}/\d{1,2}(?:/\d{0,4})?|\d{1,4}([-.])\d{1,2}\1\d{1,4}|\d{1,2}\.\d")
"""No hour is written so, as `9-13` and `9.30` are."""
_LONGEST_DAY = 5
_SHORTEST_PLURAL = len("dos")
_LONGEST_HOURS = 8
_MOST_TRIES = 250
_MEASURED = r" ?(?:[ap]\.? ?m|uhr|h|hours?|hrs?|min\w*|std|stunden?|heures?|horas?|or[ae])\b"
_MAY_BEGIN = re.compile(
    rf"(?<![^ ,;!?.])(?:{'|'.join(map(re.escape, sorted(_EVERY | _ALONE)))}|[^ ,;!?]{{{len('friday')},}}s)(?![^ ,;!?.])"
)
"""What one of the words that `_begins` looks for may be: in most lines there is none."""
_BARE = re.compile(rf"(?<![\w:.,/])(\d{{1,2}})(?![\w:./])(?!{_MEASURED})")
_A_DAY = date(2026, 1, 5)
"""Hours are read on a day like any other, and no clock changes in UTC."""
_EARLIEST = 7
"""Who writes `2-5` may mean the afternoon; `8-12` does not."""


@dataclass(frozen=True, slots=True)
class Repeating:
    """Where its words stand in the run, in order; what they mean, or the question about them."""

    spans: tuple[tuple[int, int], ...]
    visits: Visits | None
    question: str = ""


@dataclass(slots=True)
class _RunWords:
    """The words of a run, which of them are used, and how often more is tried to be read in them."""

    text: str
    found: list[re.Match[str]]
    used: set[int] = field(default_factory=set)
    tries: int = _MOST_TRIES

    def __len__(self) -> int:
        return len(self.found)

    def plain(self, index: int) -> str:
        return plain(self.found[index].group()).strip(".") if 0 <= index < len(self.found) else ""

    def said(self, first: int, after: int) -> str:
        return self.text[self.found[first].start() : self.found[after - 1].end()]

    def free(self, first: int, after: int) -> bool:
        """Whether these may still be read."""
        self.tries -= 1
        return self.tries >= 0 and self.used.isdisjoint(range(first, after))

    def spans(self) -> tuple[tuple[int, int], ...]:
        """Words that stand side by side are one."""
        spans: list[tuple[int, int]] = []
        for index in sorted(self.used):
            start, end = self.found[index].span()
            spans.append((spans.pop()[0] if index - 1 in self.used else start, end))
        return tuple(spans)


def find_repeating(text: str, zone: ZoneInfo, now: datetime) -> Repeating | None:
    """None where nothing repeats; a question instead of visits where it is not clear which."""
    if _MAY_BEGIN.search(plain(text)) is None:
        return None
    words = _RunWords(text, list(WORD.finditer(text)))
    begins = next((index for index in range(len(words)) if _begins(words, index)), None)
    if begins is None:
        return None
    try:
        visits = _read(words, begins, zone, now)
    except NotUnderstood as doubt:
        return None if _may_be_surname(words, begins) else Repeating(words.spans(), None, doubt.question)
    return Repeating(words.spans(), visits)


def _begins(words: _RunWords, index: int) -> bool:
    """`every` and a day; `mondays`, `daily`. A guest may be called Every: with a capital letter behind "for"."""
    word = words.plain(index)
    if word not in _EVERY and word not in _ALONE and not _is_plural(word):
        return False
    if words.found[index].group()[:1].isupper() and meaning(words.plain(index - 1)).is_a(Role.FOR):
        return False
    if word not in _EVERY:
        return True
    ahead = index + 1
    while words.plain(ahead) in _ARTICLES | _OTHER:
        ahead += 1
    return bool(_days_of(words.plain(ahead))) or _is_week(words, ahead) or words.plain(ahead) in _ONCE_A_MONTH


def _may_be_surname(words: _RunWords, begins: int) -> bool:
    """`for James Every tue 9-13`: with a capital letter behind a name, and nothing says until when."""
    before = words.plain(begins - 1)
    return words.found[begins].group()[:1].isupper() and before.isalpha() and not may_belong(before)


def _is_plural(word: str) -> bool:
    """`mondays`, `montags`: no day has such a name."""
    return word.endswith("s") and len(word) > len("friday") and word not in weekdays() and word[:-1] in weekdays()


def _is_week(words: _RunWords, index: int) -> bool:
    return meaning(words.plain(index)).unit is Unit.WEEK


def _days_of(word: str) -> tuple[int, ...]:
    """`tue`, `tuesdays`, `mon-fri`, `tue/fri`, `day`."""
    if word in _DAY_WORDS:
        return _DAY_WORDS[word]
    first, _, last = word.partition("-")
    if (begins := _weekday(first)) is not None and (ends := _weekday(last)) is not None:
        return _through(begins, ends)
    days = [_weekday(part) for part in re.split(r"[/+&]", word)]
    return tuple(day for day in days if day is not None) if None not in days else ()


def _weekday(word: str) -> int | None:
    """`tue`, `tuesdays`; no plural has an abbreviation of two letters: `dos` is no Donnerstag."""
    named = key(word)
    return weekdays().get(named, weekdays().get(named.removesuffix("s")) if len(named) > _SHORTEST_PLURAL else None)


def _through(first: int, last: int) -> tuple[int, ...]:
    return tuple((first + n) % 7 for n in range((last - first) % 7 + 1))


def _read(words: _RunWords, begins: int, zone: ZoneInfo, now: datetime) -> Visits:
    days, interval = _take_days(words, begins)
    today = now.astimezone(zone).date()
    first = _take_day(words, _is_from, zone, now) or today
    since = max(now, datetime.combine(first, time(), zone).astimezone(UTC))
    last = _take_day(words, _is_until, zone, since) or _take_length(words, first)
    starts, ends = _take_hours(words, begins)
    if last is None:
        raise _ask("Until when does it repeat?")
    return _visits(_Rule(days, interval, max(first, today), last), starts, ends, zone, now)


def _take_days(words: _RunWords, begins: int) -> tuple[frozenset[int], int]:
    """Every day of the week that it names, and every how many weeks."""
    index = begins + (words.plain(begins) in _EVERY)
    days, interval, after = list[int](), 1, index
    while index < len(words):
        word, before = words.plain(index), words.plain(index - 1)
        named = _days_of(word)
        if word in _ONCE_A_MONTH:
            raise _ask("I repeat by days of the week, not by months.")
        if days and word in _PARTS_OF_DAY:
            break
        if interval > 1 and word in _DAY_WORDS and named != _WEEKEND:
            raise _ask("I repeat by days of the week, every week or every other, not every other day.")
        if named:
            days += _through(days[-1], named[0]) if days and before in _RANGE else named
        elif word in _OTHER and not days:
            interval = 2
        elif not _is_week(words, index):
            if word not in _ARTICLES | _JOINS and not (word in _RANGE and days):
                break
            index += 1
            continue
        index = after = index + 1
    words.used |= set(range(begins, after))
    if not days:
        raise _ask("On which days of the week?")
    return frozenset(days), interval


def _is_from(words: _RunWords, index: int) -> int:
    """How many words say that what follows is the first day; so does `_is_until` of the last."""
    return int(words.plain(index) in _FROM)


def _is_until(words: _RunWords, index: int) -> int:
    word = words.plain(index)
    if meaning(f"{word}_{words.plain(index + 1)}").is_a(Role.TO):
        return 2
    return int(word != "-" and meaning(word).is_a(Role.TO))


def _take_day(words: _RunWords, marks: Callable[[_RunWords, int], int], zone: ZoneInfo, since: datetime) -> date | None:
    for at in reversed(range(len(words))):
        first = at + marks(words, at)
        doubt: NotUnderstood | None = None
        for after in range(min(len(words), first + _LONGEST_DAY), first, -1) if first > at else ():
            if not words.free(at, after) or not any(_names_day(words.plain(each)) for each in range(first, after)):
                continue
            try:
                placed = read_window(f"{words.said(first, after)} 9:00-10:00", zone=zone, now=since)
            except NotUnderstood as why:
                doubt = why
                continue
            words.used |= set(range(at, after))
            return placed.window.starts_at.astimezone(zone).date()
        if doubt is not None and any(_is_sure(words.plain(each)) for each in (first, first + 1)):
            words.used |= set(range(at, min(len(words), first + 2)))
            raise doubt
    return None


def _is_sure(word: str) -> bool:
    """It talks of a day and of nothing else."""
    known = meaning(word)
    return known.month is not None or known.is_a(Role.NEXT) or _SURE_DATE.fullmatch(word) is not None


def _names_day(word: str) -> bool:
    known = meaning(word.strip("0123456789"))
    named = known.month is not None or known.weekday is not None or known.is_a(*_NEAR)
    return named or _DATE.fullmatch(word) is not None


def _take_length(words: _RunWords, first: date) -> date | None:
    """`for 6 weeks`, `for three months`."""
    for at in range(len(words) - 2):
        count, unit = words.plain(at + 1), meaning(words.plain(at + 2)).unit
        number = int(count) if count.isdecimal() and len(count) < 3 else meaning(count).count
        if not meaning(words.plain(at)).is_a(Role.FOR) or number is None or unit not in (Unit.WEEK, Unit.MONTH):
            continue
        words.used |= {at, at + 1, at + 2}
        long = relativedelta(weeks=number) if unit is Unit.WEEK else relativedelta(months=number)
        last: date = first + long - timedelta(days=1)
        return last
    return None


def _take_hours(words: _RunWords, begins: int) -> tuple[time, time]:
    """Those nearest to the days, behind them first."""
    starts = sorted(range(len(words)), key=lambda index: (index < begins, index))
    for first in starts:
        after = first
        while after < min(len(words), first + _LONGEST_HOURS) and may_belong(words.found[after].group()):
            after += 1
        for end in range(after, first, -1):
            if words.free(first, end) and (read := _hours(words.said(first, end))):
                words.used |= set(range(first, end))
                return read
    raise _ask("From when until when each time, on the clock at the door? Less than a day.")


def _hours(said: str) -> tuple[time, time] | None:
    """On its own hour where it is a bare number: `9-13`."""
    if not any(character.isdigit() for character in said) and not meaning(plain(said.split()[0])).is_a(*_CLOCKS):
        return None
    for words in dict.fromkeys((said, _BARE.sub(r"\1:00", said))):
        try:
            placed = read_window(f"{_A_DAY} {words}", zone=ZoneInfo("UTC"), now=datetime.combine(_A_DAY, time(), UTC))
        except NotUnderstood:
            continue
        window = placed.window
        if placed.open or window.starts_at.date() != _A_DAY or not timedelta() < window.length < timedelta(days=1):
            continue
        starts, ends = window.starts_at.time(), window.ends_at.time()
        bare = words != said and {int(number) for number in _BARE.findall(said)}
        if bare and max(bare) <= 12 and (starts.hour < _EARLIEST or ends <= starts):
            raise _ask(f"Is {said} before noon or after it?")
        return starts, ends
    return None


_CLOCKS = (Role.NOON, Role.MIDNIGHT)


@dataclass(frozen=True, slots=True)
class _Rule:
    days: frozenset[int]
    interval: int
    first: date
    last: date


def _visits(rule: _Rule, starts: time, ends: time, zone: ZoneInfo, now: datetime) -> Visits:
    if rule.last < rule.first:
        raise _ask(f"It would end on {_day(rule.last)}, before it begins: until when?")
    far = rule.first + relativedelta(months=MOST_MONTHS)
    every = Visits(tuple(_dates(rule, min(rule.last, far))), starts, ends)
    coming = [day for number, day in enumerate(every.days) if every.window(number, zone).starts_at >= now]
    if not coming:
        raise _ask(f"There is no such day until {_day(rule.last)}: until when?")
    if rule.last > far or len(coming) > MOST_VISITS:
        end = coming[:MOST_VISITS][-1]
        most = f"One decision is for {MOST_VISITS} visits in {MOST_MONTHS} months at most"
        raise NotUnderstood("", f"{most}: write until {_day(end)}, and ask anew then.")
    return replace(every, days=tuple(coming))


def _dates(rule: _Rule, last: date) -> Iterator[date]:
    begins, until = (datetime.combine(day, time()) for day in (rule.first, last))
    weekly: dict[str, Any] = {"freq": WEEKLY, "byweekday": sorted(rule.days), "until": until}
    # Every other week is counted from that of the first visit.
    first = next(iter(rrule(dtstart=begins, **weekly)), begins)
    return (at.date() for at in rrule(dtstart=first, interval=rule.interval, **weekly))


def _day(day: date) -> str:
    return f"{day.day} {month_name(day.month, 'short').lower()} {day.year}"


def _ask(question: str) -> NotUnderstood:
    return NotUnderstood("", f"{question} {REPEATING_EXAMPLE}")
