"""`nightporter plan`: what would the lock accept? No database, no network; the outside contract's JSON or words.

Exit status 0: granted. 3: refused. 2: wrong usage, one sentence on stderr. The rules are `bot.domain.planning.plan`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from json import dumps
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import typer

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.alternatives import alternative_sentence, warning_sentence
from bot.conversation.times import hours_words, show_moment, show_window, zone_words
from bot.domain.planning.ledger import Ledger, slot_key
from bot.domain.planning.local_hours import read_wall_clock
from bot.domain.planning.lock_rules import ONE_TIME_LIFE, LockView, first_hour
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Offer, Refusal
from bot.domain.windows import AccessWindow, PinKind

_KINDS = {PinKind.HOURLY: "an hourly PIN", PinKind.DAILY: "a daily PIN", PinKind.ONE_TIME: "a one-time PIN"}
"""As the lock's maker has them: here somebody asks what the lock would do."""

GRANTED, USAGE, REFUSED = 0, 2, 3
YEARS = range(1970, 2200)
"""Times outside are slips of the finger, and the calendar's own ends are near."""

MOST_DIGITS = 6


class UsageError(Exception):
    """The command was not typed right. The text is the one sentence that says so."""


@dataclass(frozen=True, slots=True)
class Question:
    """The command line, understood. `noticed` are warnings from reading the times."""

    asked: AccessWindow
    lock: LockView
    one_time: bool
    noticed: frozenset[str]


def plan_command(
    zone: Annotated[str, typer.Option(help="The lock's time zone, like Europe/Paris.")] = "",
    from_: Annotated[str, typer.Option("--from", help="Start, like 2026-12-04T15:20 (the lock's clock).")] = "",
    to: Annotated[str, typer.Option(help="End. A one-time PIN needs none.")] = "",
    one_time: Annotated[bool, typer.Option("--one-time", help="A PIN that opens once, within 24 hours.")] = False,
    now: Annotated[str, typer.Option(help="The moment of asking, instead of the machine's clock.")] = "",
    slot_taken: Annotated[str, typer.Option(metavar="N", help="PINs the lock already has with the same start.")] = "0",
    live: Annotated[str, typer.Option(metavar="N", help="PINs of the lock that have not ended.")] = "0",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What would the lock accept? Exit status 0 if it is granted, 3 if it is refused.

    Example: nightporter plan --zone Europe/Paris --from 2026-12-04T15:20 --to 2026-12-06T11:00 --json
    """
    try:
        question = _understand(zone, from_, to, now, one_time=one_time)
        question = _with_ledger(question, _count("--slot-taken", slot_taken), _count("--live", live))
    except UsageError as wrong:
        _stop(str(wrong))
    try:
        granted = _plan(question)
    except Refusal as refusal:
        typer.echo(_refused_json(refusal, question) if json else _refused_words(refusal, question))
        raise typer.Exit(REFUSED) from None
    typer.echo(_granted_json(granted, question) if json else _granted_words(granted, question))


def _stop(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(USAGE)


def _plan(question: Question) -> Plan:
    lock = question.lock
    return plan(
        question.asked,
        zone=lock.zone,
        now=lock.now,
        one_time=question.one_time,
        ledger=lock.ledger,
        noticed=question.noticed,
    )


# --- what was typed --------------------------------------------------------------------------------------------------


def _understand(zone: str, start: str, end: str, now: str, *, one_time: bool) -> Question:
    where = _zone(zone)
    starts_at, first = _moment("--from", start, where)
    if one_time and not end:
        ends_at, second = starts_at + ONE_TIME_LIFE, frozenset[str]()
    else:
        ends_at, second = _moment("--to", end, where)
    moment = _moment("--now", now, where)[0] if now else datetime.now(UTC)
    noticed = first if one_time else first | second
    return Question(AccessWindow(starts_at, ends_at), LockView(where, moment), one_time, noticed)


def _zone(name: str) -> ZoneInfo:
    if not name:
        raise UsageError("Say with --zone in which time zone the lock is, like Europe/Paris.")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), 1)
        hint = f"did you mean {near[0]}?" if near else "write one like Europe/Paris."
        raise UsageError(f'There is no time zone called "{name}"; {hint}') from None


def _moment(option: str, text: str, zone: ZoneInfo) -> tuple[datetime, frozenset[str]]:
    """An ISO 8601 time, local to the zone if it has no offset, and what is odd about it on the local clock."""
    if not text:
        raise UsageError(f"Say with {option} when, like {option} 2026-12-04T15:20.")
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f'{option} "{text}" is not a time; write it like 2026-12-04T15:20.') from None
    if read.year not in YEARS:
        raise UsageError(f"{option} is in the year {read.year}; only {YEARS[0]} to {YEARS[-1]} can be planned.")
    if read.tzinfo is not None:
        return read.astimezone(UTC), frozenset()
    reading = read_wall_clock(read, zone)
    return reading.instant, frozenset({reading.note.value} if reading.note else ())


def _count(option: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > MOST_DIGITS:
        raise UsageError(f'{option} "{text}" is not a number of PINs; write it like {option} 2.')
    return int(text)


def _with_ledger(question: Question, slot_taken: int, live: int) -> Question:
    """The lock as described: so many PINs in the very slot that this window would take, whatever its kind."""
    start = first_hour(question.asked.starts_at, question.lock)
    slots = {(kind.value, slot_key(kind, start, question.lock.zone)): slot_taken for kind in PinKind}
    lock = LockView(question.lock.zone, question.lock.now, Ledger(slots, live))
    return Question(question.asked, lock, question.one_time, question.noticed)


# --- JSON ------------------------------------------------------------------------------------------------------------


def _granted_json(granted: Plan, question: Question) -> str:
    zone = question.lock.zone
    return dumps(
        {
            "verdict": "granted",
            "kind": granted.kind,
            "asked": _window_json(granted.asked, zone),
            "granted": _window_json(granted.granted, zone),
            "hours": granted.hours,
            "activate_by": _iso(granted.activate_by, zone) if granted.activate_by else None,
            "slot": {"key": granted.slot.key, "taken": granted.slot.taken, "limit": granted.slot.limit},
            "live": {"taken": granted.live.taken, "limit": granted.live.limit},
            "warnings": granted.warnings,
            "alternatives": [
                (
                    {
                        "way": alternative.way,
                        "windows": [_window_json(window, zone) for window in alternative.windows],
                        "pins": alternative.pins,
                        "texts": alternative.texts,
                        "better": alternative.better,
                        "worse": alternative.worse,
                        "sentence": alternative_sentence(alternative),
                    }
                )
                for alternative in granted.alternatives
            ],
        }
    )


def _refused_json(refusal: Refusal, question: Question) -> str:
    zone = question.lock.zone
    return dumps(
        {
            "verdict": "refused",
            "reason": refusal.reason,
            "sentence": sentence(refusal, zone=zone),
            "offers": [_offer_json(offer, zone) for offer in refusal.offers],
        },
        ensure_ascii=False,
    )


def _offer_json(offer: Offer, zone: ZoneInfo) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": offer.kind, **_window_json(AccessWindow(offer.starts_at, offer.ends_at), zone)}
    if offer.then:
        shown["then"] = [_offer_json(part, zone) for part in offer.then]
    return shown


def _window_json(window: AccessWindow, zone: ZoneInfo) -> dict[str, str]:
    return {"starts_at": _iso(window.starts_at, zone), "ends_at": _iso(window.ends_at, zone)}


def _iso(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat()


# --- words -----------------------------------------------------------------------------------------------------------


def _granted_words(granted: Plan, question: Question) -> str:
    zone, now = question.lock.zone, question.lock.now
    slot, live = granted.slot, granted.live
    lines = [
        f"Granted: {_KINDS[granted.kind]} for {hours_words(granted.hours)}.",
        f"  asked    {_asked_words(granted, question)}",
        f"  granted  {show_window(granted.granted, zone, now)}, {zone_words(granted.granted.starts_at, zone)}",
        f"  use by   {show_moment(granted.activate_by or granted.granted.ends_at, zone, now)}",
        f"  room     {slot.taken} of {slot.limit} taken at {slot.key}; the lock holds {live.taken} of {live.limit}",
    ]
    lines += _list("Mind:", (warning_sentence(warning, granted, zone=zone) for warning in granted.warnings))
    lines += _list("You could also choose:", map(alternative_sentence, granted.alternatives))
    return "\n".join(lines)


def _asked_words(granted: Plan, question: Question) -> str:
    zone, now = question.lock.zone, question.lock.now
    if question.one_time:
        return f"once, from {show_moment(granted.asked.starts_at, zone, now)}"
    return show_window(granted.asked, zone, now)


def _refused_words(refusal: Refusal, question: Question) -> str:
    offers = (_offer_words(offer, question.lock) for offer in refusal.offers)
    return "\n".join([f"Refused: {sentence(refusal, zone=question.lock.zone)}", *_list("It would take:", offers)])


def _offer_words(offer: Offer, lock: LockView) -> str:
    parts = (
        f"{_KINDS[part.kind]} {show_window(AccessWindow(part.starts_at, part.ends_at), lock.zone, lock.now)}"
        for part in (offer, *offer.then)
    )
    return ", then ".join(parts)


def _list(heading: str, items: Iterable[str]) -> list[str]:
    lines = [f"  - {item}" for item in items]
    return [heading, *lines] if lines else []
