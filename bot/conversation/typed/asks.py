"""A whole ask in one line: `front-door for Ana +33 6 39 98 12 34 fri 3pm - sun 11am note: flight at noon`.

What was understood fills a form; what was not is a Problem with a question beside its field. Each step makes the next
one sure: the lock's name, then the longest run of words that is a window (no window holds a stray number, so the digits
of a phone stay out), then the phone among the rest, then the name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.conversation.typed.courtesies import name_alone, only_leads_in, without_courtesies, without_labels
from bot.conversation.typed.languages import find_language
from bot.conversation.typed.lock_names import LockMatch, LockName, find_lock, find_row, near_lock
from bot.conversation.typed.phone_kinds import hardly_reached
from bot.conversation.typed.phones import FoundPhone, find_phone, zone_region
from bot.conversation.typed.slack_text import MAX_ASK_TEXT, shown_text
from bot.conversation.typed.understood import Ask, Field, Problem, ProblemKind
from bot.conversation.typed.windows.ask_windows import (
    FoundWindow,
    day_in_name,
    find_window,
    is_month,
    question_about,
    tells_time,
    window_in_doubt,
)
from bot.conversation.typed.windows.repeating import Repeating, find_repeating
from bot.conversation.typed.windows.window_calendar import PlacedWindow
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT
from bot.domain.guest_names import as_called
from bot.domain.messages.languages import Language
from bot.domain.planning.lock_rules import ONE_TIME_LIFE
from bot.domain.signs import is_seen
from bot.domain.windows import AccessWindow

MAX_NAME = 60
MAX_NOTE = 300

_NOTE = re.compile(r"(?:^| )(?:note ?:|because\b)", re.IGNORECASE)
_FOR = re.compile(r"(?:^| )(?:for|für|fuer|pour|para|por|per|voor) ", re.IGNORECASE)
_DIGITS = re.compile(r"(?<!\w)\d[\d .\-/()]*\d(?!\w)")
_ON_ARRIVAL = re.compile(
    r"(?<!\w)(?:(?:pin|code) )?"
    r"(?:on arrival|bei ankunft|à l['’]arrivée|al llegar|à chegada|all['’]arrivo|bij aankomst)(?!\w)",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"(?<!\w)(?<!at )(?:once|one[ -]time|onetime|single[ -]use|einmalige?r?|einmal"
    r"|(?:à )?usage unique|une (?:seule )?fois"
    r"|(?:de )?(?:un )?solo uso|una (?:sola )?vez|uma (?:só |única )?vez|(?:de )?uso único|una (?:sola )?volta|monouso"
    r"|eenmalige?|één keer)(?: (?:pin|code))?(?!\w)",
    re.IGNORECASE,
)
_ONCE_AND_AGAIN = "Each visit has a PIN of its own for its hours: leave out “once”, or the days on which it repeats."
_UTC = ZoneInfo("UTC")
_EDGES = " ,;:-–—/|·"
_NEAREST = 3
"""So many words beside a window belong to it, where somebody's whole message is read."""
_CONNECTORS = frozenset(
    ["for", "at", "on", "from", "in", "to", "the", "with", "tel", "phone", "mobile", "cell", "sms", "whatsapp"]
)


@dataclass(frozen=True, slots=True)
class _Setting:
    locks: Sequence[LockName]
    now: datetime
    default_region: str | None
    default_zone: ZoneInfo
    check_in: time
    check_out: time
    any_phone: bool


@dataclass(slots=True)
class _Draft:
    """An ask in the making: `rest` holds the runs of words that nothing has claimed yet, and the window stood before
    the one at `window_at`, between the words that are `touching`; `stray` are digits that are no number."""

    rest: list[str]
    lock: LockMatch | None = None
    more_locks: list[LockName] = field(default_factory=list)
    near: LockMatch | None = None
    lock_words: str = ""
    window: FoundWindow | None = None
    window_words: str = ""
    repeating: Repeating | None = None
    stray: list[str] = field(default_factory=list)
    touching: tuple[str, str] = ("", "")
    said_for: bool = False
    left_over: str = ""
    window_at: int = -1
    phone: FoundPhone | None = None
    name: str | None = None
    language: Language | None = None
    on_arrival: bool = False
    one_time: bool = False
    problems: list[Problem] = field(default_factory=list)

    def claim(self, index: int, start: int, end: int) -> str:
        """Take characters out of one run; what is left of it stays as two."""
        run = self.rest[index]
        self.window_at += index < self.window_at
        self.rest[index : index + 1] = [run[:start].strip(_EDGES + "("), run[end:].strip(_EDGES + ")")]
        return run[start:end].strip(_EDGES)

    def doubt(self, about: Field, kind: ProblemKind, question: str, near: LockName | None = None) -> None:
        self.problems.append(Problem(about, kind, question, near))


def understand_ask(
    text: str,
    *,
    locks: Sequence[LockName],
    now: datetime,
    default_region: str | None = None,
    default_zone: ZoneInfo = _UTC,
    check_in: time = CHECK_IN,
    check_out: time = CHECK_OUT,
    any_phone: bool = False,
) -> Ask:
    """The slash command's text, as Slack sends it, to an Ask. Never raises for what a person typed.

    The window is read in the lock's zone; without a lock, in that of the near one or the one that all locks share, else
    in `default_zone`. A number without its country is one of `default_region` ("FR"), else of the country of that zone.
    `any_phone`: somebody knows that it is a landline, or another number that texts hardly reach.
    """
    setting = _Setting(locks, now, default_region, default_zone, check_in, check_out, any_phone)
    if len(text) > MAX_ASK_TEXT * 4 or len(shown := shown_text(text)) > MAX_ASK_TEXT:
        question = f"Could you say it in fewer than {MAX_ASK_TEXT} characters?"
        return Ask(problems=(Problem(Field.TEXT, ProblemKind.NOT_UNDERSTOOD, question),))
    body, note = _split_note(shown)
    draft = _Draft([without_courtesies(without_labels(body))])
    for step in (
        _take_lock,
        _take_language,
        _take_arrival,
        _take_once,
        _take_repeating,
        _take_window,
        _take_phone,
        _take_window_in_doubt,
        _take_name,
        _place_visits,
        _ask_for_the_rest,
    ):
        step(draft, setting)
    return _finished(draft, note)


def _finished(draft: _Draft, note: str | None) -> Ask:
    only = draft.lock.locks[0].id if draft.lock and len(draft.lock.locks) == 1 else None
    return Ask(
        lock=only,
        more_locks=tuple(lock.id for lock in draft.more_locks),
        lock_words=draft.lock_words,
        # Cut only now: what stands behind the sixtieth letter may have told a day.
        name=(draft.name or "")[:MAX_NAME].strip(_EDGES) or None,
        phone=draft.phone.e164 if draft.phone else None,
        phone_typed=draft.phone.typed.strip() if draft.phone else "",
        left_over=draft.left_over,
        phone_region=draft.phone.region if draft.phone else None,
        window=_window(draft),
        noticed=draft.window.placed.noticed if draft.window else frozenset(),
        note=note,
        problems=tuple(draft.problems),
        language=draft.language,
        on_arrival=draft.on_arrival,
        one_time=draft.one_time,
        visits=draft.repeating.visits if draft.repeating else None,
        repeats=draft.repeating is not None,
    )


def _window(draft: _Draft) -> AccessWindow | None:
    """A one-time PIN lives as long as the lock says, from its start."""
    found = draft.window.placed.window if draft.window else None
    return AccessWindow(found.starts_at, found.starts_at + ONE_TIME_LIFE) if found and draft.one_time else found


def _split_note(text: str) -> tuple[str, str | None]:
    found = _NOTE.search(text)
    if found is None:
        return text, None
    return text[: found.start()], text[found.end() :].strip()[:MAX_NOTE].strip() or None


def _take_lock(draft: _Draft, setting: _Setting) -> None:
    if _take_locks(draft, setting):
        return
    words = draft.rest[0].split(" ")
    draft.lock = find_lock(words, setting.locks)
    found = draft.lock
    if found is None:
        before_for = _FOR.split(draft.rest[0], maxsplit=1)[0]
        found = draft.near = near_lock(before_for.split(" "), setting.locks)
    if found:
        start = len(" ".join(words[: found.first]))
        draft.lock_words = draft.claim(0, start, len(" ".join(words[: found.after])))
        _leave_lead_in(draft)


def _take_locks(draft: _Draft, setting: _Setting) -> bool:
    """Several doors in a row."""
    row = find_row(draft.rest[0], setting.locks)
    # One door is looked for in the words as they were typed.
    if row is None or not row.joined:
        return False
    draft.rest[0] = " ".join(row.words)
    draft.lock, draft.more_locks = LockMatch(row.first, row.after, row.locks[:1]), list(row.locks[1:])
    draft.lock_words = draft.claim(0, len(" ".join(row.words[: row.first])), len(" ".join(row.words[: row.after])))
    _leave_lead_in(draft)
    return True


def _leave_lead_in(draft: _Draft, runs: int = 1) -> None:
    """`can I get a PIN for the`, before the door, says nothing about the guest."""
    draft.rest[:runs] = ["" if only_leads_in(run) else run for run in draft.rest[:runs]]


def _take_language(draft: _Draft, setting: _Setting) -> None:
    """`in German`, before the window is looked for: "in" may belong to a time as well."""
    for index, run in enumerate(draft.rest):
        if found := find_language(run):
            draft.language = found.language
            draft.claim(index, found.start, found.end)
            return


def _take_arrival(draft: _Draft, _setting: _Setting) -> None:
    """`on arrival`, `PIN on arrival`: no PIN is made before the guest is there."""
    for index, run in enumerate(draft.rest):
        if found := _ON_ARRIVAL.search(run):
            draft.on_arrival = True
            draft.claim(index, found.start(), found.end())
            _leave_lead_in(draft, 2 if draft.lock and index == 0 else 0)
            return


def _take_once(draft: _Draft, _setting: _Setting) -> None:
    """`once`, `one-time PIN`, `single use`: it opens one time, and needs no end."""
    for index, run in enumerate(draft.rest):
        if not draft.on_arrival and (found := _ONCE.search(run)):
            draft.one_time = True
            draft.claim(index, found.start(), found.end())
            _leave_lead_in(draft, 2 if draft.lock and index == 0 else 0)
            return


def _zone(draft: _Draft, setting: _Setting) -> ZoneInfo:
    match = draft.lock or draft.near
    if match and len(match.locks) == 1:
        return ZoneInfo(match.locks[0].zone)
    zones = {lock.zone for lock in (match.locks if match else setting.locks)}
    return ZoneInfo(zones.pop()) if len(zones) == 1 else setting.default_zone


def _hours(draft: _Draft, setting: _Setting) -> tuple[time, time]:
    """When a stay begins and ends where the words name no time: at the lock's own hours, if it has any."""
    match = draft.lock or draft.near
    lock = match.locks[0] if match and len(match.locks) == 1 else None
    own = (lock.check_in, lock.check_out) if lock else (None, None)
    return own[0] or setting.check_in, own[1] or setting.check_out


def _take_repeating(draft: _Draft, setting: _Setting) -> None:
    """`every tue,fri 9-13 until 30 jun`."""
    zone = _zone(draft, setting)
    runs = ((index, find_repeating(run, zone, setting.now)) for index, run in enumerate(draft.rest))
    index, draft.repeating = next(((index, found) for index, found in runs if found), (0, None))
    if draft.repeating is None:
        return
    run, spans = draft.rest[index], draft.repeating.spans
    gaps = zip((0, *(end for _, end in spans)), (*(start for start, _ in spans), len(run)), strict=True)
    draft.rest[index : index + 1] = [run[after:before].strip(_EDGES + "()") for after, before in gaps]
    if question := draft.repeating.question or (_ONCE_AND_AGAIN if draft.one_time else ""):
        draft.doubt(Field.WINDOW, ProblemKind.NOT_UNDERSTOOD, question)


def _place_visits(draft: _Draft, setting: _Setting) -> None:
    """The first of them is the window; behind the name, since no word of it stands beside one."""
    if (found := draft.repeating) and (visits := found.visits) and not draft.window:
        zone = _zone(draft, setting)
        placed = PlacedWindow(visits.window(0, zone), visits.noticed(0, zone), dated=True)
        draft.window = FoundWindow(0, 0, 0, placed)


def _take_window(draft: _Draft, setting: _Setting) -> None:
    """The longest window in any run."""
    if draft.repeating:
        return
    zone, hours = _zone(draft, setting), _hours(draft, setting)
    found = [
        (index, window)
        for index, run in enumerate(draft.rest)
        if (window := find_window(run, zone, setting.now, *hours, endless=draft.one_time))
    ]
    if found:
        index, draft.window = max(found, key=lambda each: each[1].words)
        draft.window_words = draft.claim(index, draft.window.start, draft.window.end)
        draft.window_at = index + 1
        draft.touching = (draft.rest[index], draft.rest[index + 1])


def _take_phone(draft: _Draft, setting: _Setting) -> None:
    draft.phone = phone = _claim_phone(draft, setting)
    if phone is None:
        return
    others = list(iter(lambda: _claim_phone(draft, setting), None))
    draft.stray += [other.typed for other in (phone, *others) if other.e164 is None]
    if phone.e164 is None:
        _doubt_phone(draft, phone.typed)
    elif any(other.e164 != phone.e164 for other in others):
        draft.phone = replace(phone, e164=None, typed="")
        draft.doubt(Field.PHONE, ProblemKind.BAD_PHONE, "There is more than one number: which one is the guest's?")
    elif phone.kind and not setting.any_phone:
        draft.doubt(Field.PHONE, ProblemKind.BAD_PHONE, hardly_reached(phone.kind))


def _claim_phone(draft: _Draft, setting: _Setting) -> FoundPhone | None:
    region = setting.default_region or zone_region(str(_zone(draft, setting)))
    found = ((index, find_phone(run, region)) for index, run in enumerate(draft.rest))
    index, phone = next(((index, phone) for index, phone in found if phone), (0, None))
    if phone is not None:
        draft.claim(index, phone.start, phone.end)
    return phone


def _doubt_phone(draft: _Draft, typed: str) -> None:
    draft.stray.append(typed)
    question = f"Is {typed.strip()} the guest's whole number? Write it with + and the country, like +33 6 39 98 12 34."
    draft.doubt(Field.PHONE, ProblemKind.BAD_PHONE, question)


def _take_window_in_doubt(draft: _Draft, setting: _Setting) -> None:
    """Words that would be a window if they were clear: their question becomes the field's."""
    if draft.window or draft.repeating:
        return
    zone, hours = _zone(draft, setting), _hours(draft, setting)
    for index, run in enumerate(draft.rest):
        doubt = window_in_doubt(run, zone, setting.now, *hours)
        if doubt:
            draft.claim(index, doubt.start, doubt.end)
            draft.doubt(Field.WINDOW, ProblemKind.NOT_UNDERSTOOD, doubt.question)
            return


def _take_name(draft: _Draft, setting: _Setting) -> None:
    """The words after "for", else the first that are left. A lock that we do not know stands before them."""
    before = next((run for run in reversed(draft.rest[: draft.window_at]) if run), "")
    after = next((run for run in draft.rest[draft.window_at :] if run), "")
    _take_stray_digits(draft)
    _choose_name(draft)
    if draft.window:
        _doubt_window(draft, draft.window, (before, after), setting)


def _choose_name(draft: _Draft) -> None:
    runs = [run for run in draft.rest if run]
    said = next((run for run in runs if _FOR.search(run)), None)
    draft.said_for = said is not None
    if said is not None:
        at = runs.index(said)
        before, after = _FOR.split(said, maxsplit=1)
        runs[at : at + 1] = [after.strip(_EDGES), "" if only_leads_in(before) else before.strip(_EDGES)]
        runs.insert(0, runs.pop(at))
    runs = [run for run in runs if any(map(str.isalnum, run)) and not _only_connects(run)]
    if said is None and (quiet := [run for run in runs if not tells_time(run)]):
        runs.insert(0, runs.pop(runs.index(quiet[0])))
    if runs and is_seen(runs[0]) and any(character.isalpha() for character in runs[0]):
        draft.name = as_called(name_alone(runs.pop(0))).strip(_EDGES) or None
    if runs and said is not None and not draft.lock_words:
        draft.lock_words = runs.pop(0)
    draft.rest = runs


def _only_connects(run: str) -> bool:
    return all(word.casefold().strip(".:") in _CONNECTORS for word in run.split())


def _doubt_window(draft: _Draft, window: FoundWindow, beside: tuple[str, str], setting: _Setting) -> None:
    """Words beside a window may tell another day: then it is asked, and no form is filled with a guess."""
    before = [run for run in draft.rest if beside[0].endswith(run)]
    after = [run for run in draft.rest if beside[1].startswith(run) and run not in before]
    far = [run for run in draft.rest if run not in (*before, *after)]
    far += [draft.lock_words] if draft.lock_words and not (draft.lock or draft.near) else []
    # Digits of a number in doubt may be those of a day.
    far += [] if window.placed.dated else draft.stray
    near = [" ".join(run.split()[-_NEAREST:]) for run in before] + [" ".join(run.split()[:_NEAREST]) for run in after]
    if window.placed.dated:
        doubtful = any(map(tells_time, near)) or any(day_in_name(run) is not None for run in far)
    else:
        doubtful = bool(near) or any(map(tells_time, far))
    if in_name := _day_in_name(draft, window, beside):
        before = [*before, in_name]
    elif not doubtful:
        return
    words = before + after or far
    around = " ".join([*before, draft.window_words, *after])
    asked = question_about(" … ".join(words), around, _zone(draft, setting), setting.now, *_hours(draft, setting))
    draft.window = None
    draft.rest = [run for run in draft.rest if run not in words]
    draft.doubt(Field.WINDOW, ProblemKind.NOT_UNDERSTOOD, asked.question)


def _day_in_name(draft: _Draft, window: FoundWindow, beside: tuple[str, str]) -> str:
    """The words that were taken for a part of the name and tell a day; the name loses them."""
    name = draft.name or ""
    is_beside = beside[0].endswith(name) or beside[1].startswith(name)
    dated, (left, right) = window.placed.dated, draft.touching
    # Sam is called so where "for" stands before the name, and not where the hours follow.
    short_too = not dated and (left.endswith(name) or right.startswith(name) or not draft.said_for)
    first = day_in_name(name, first_too=not dated, short_too=short_too) if is_beside or not dated else None
    if first is None:
        return ""
    words = name.split()
    draft.name = " ".join(words[:first]).strip(_EDGES) or None
    return " ".join(words[first:])


def _take_stray_digits(draft: _Draft) -> None:
    """`Ana 1234`: digits that are no phone number are no name either."""
    for index, run in enumerate(draft.rest):
        found = _DIGITS.search(run)
        if found and draft.phone is None and not any(map(is_month, run.split())):
            _doubt_phone(draft, draft.claim(index, found.start(), found.end()))
            return


def _ask_for_the_rest(draft: _Draft, setting: _Setting) -> None:
    _ask_for_lock(draft, setting)
    doubtful = {problem.field for problem in draft.problems}
    missing = (
        (Field.NAME, draft.name, "Who is the guest?"),
        (Field.PHONE, draft.phone, "What is the guest's mobile number, with + and the country?"),
        (Field.WINDOW, draft.window, "From when until when? Write it like fri 3pm - sun 11am."),
    )
    for about, found, question in missing:
        if found is None and about not in doubtful:
            draft.doubt(about, ProblemKind.MISSING, question)
    unclear = draft.repeating is not None and Field.WINDOW in doubtful
    if left := "" if unclear else " … ".join(run for run in draft.rest if run):
        draft.left_over = left
        draft.doubt(Field.TEXT, ProblemKind.NOT_UNDERSTOOD, f"What does “{left}” mean?")


def _ask_for_lock(draft: _Draft, setting: _Setting) -> None:
    others = (find_lock(run.split(" "), setting.locks) for run in draft.rest)
    other = next((match.locks[0] for match in others if match), None)
    if draft.lock and other and not draft.more_locks and other not in draft.lock.locks:
        question = f"Do you mean {draft.lock.locks[0].name} or {other.name}?"
        draft.doubt(Field.LOCK, ProblemKind.UNKNOWN_LOCK, question)
        draft.lock = None
    elif draft.lock and len(draft.lock.locks) > 1:
        question = f"More than one lock is called “{draft.lock_words}”: which one?"
        draft.doubt(Field.LOCK, ProblemKind.UNKNOWN_LOCK, question)
    elif draft.near:
        near = draft.near.locks[0]
        draft.doubt(Field.LOCK, ProblemKind.UNKNOWN_LOCK, f"Did you mean {near.name}?", near)
    elif draft.lock is None:
        _ask_which_lock(draft, setting)


def _ask_which_lock(draft: _Draft, setting: _Setting) -> None:
    names = ", ".join(sorted(lock.name for lock in setting.locks)[:10])
    if draft.lock_words:
        question = f"Which lock is “{draft.lock_words}”? I know {names}." if names else "There is no lock yet."
        draft.doubt(Field.LOCK, ProblemKind.UNKNOWN_LOCK, question)
    else:
        question = f"Which lock? I know {names}." if names else "There is no lock yet."
        draft.doubt(Field.LOCK, ProblemKind.MISSING, question)
