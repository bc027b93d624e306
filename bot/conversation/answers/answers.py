"""What somebody who typed a command or pressed a button reads at once, only for their eyes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.alternatives import clock_remarks
from bot.conversation.team.lock_health import health_words, worried_first, zone_remark, zone_said
from bot.conversation.team.stay_words import person
from bot.conversation.team.workspace_words import NO_CHANNEL_YET
from bot.conversation.times import (
    long_words,
    show_day,
    show_moment,
    show_on,
    show_visits,
    show_window,
    zone_words,
)
from bot.conversation.typed.languages import language_name
from bot.conversation.typed.phones import country_name
from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice
from bot.domain.messages.notice import Button, Notice
from bot.domain.planning.stay_plan import StayPlan
from bot.domain.planning.visits import Visits
from bot.domain.refusals import Offer, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow

EXAMPLE = "/pin front-door for Ana +33 6 39 98 12 34 fri 3pm - sun 11am"
EXAMPLE_REPEATING = "/pin loft for Maria +33 6 39 98 12 34 every tue,fri 9:00-13:00 until 30 jun"

_LONGEST_COMMAND = 100
HELP = (
    "*Night Porter hands out door PINs.* Ask in one line, or type `/pin` alone for a form:\n"
    f"`{EXAMPLE}`\n"
    "`/pin garden gate for Ana +33 6 39 98 12 34 tomorrow 9:00 for 3h note: the plumber`\n"
    "`/pin cabin for Ana now for 40h` opens the form for what is missing.\n"
    "`in German` at the end chooses the language of the guest's texts; else it is that of the number's country.\n"
    "`on arrival` in the line: no PIN exists before the guest texts HERE at the door, and none goes unused.\n"
    f"What repeats is one decision: `{EXAMPLE_REPEATING}`\n"
    "Times are the clock at the door. An approver decides here in Slack; the guest gets the PIN by text message.\n"
    "On a message, *Make a PIN from this* fills the form with its words. The Home tab shows what needs you.\n"
    "`/pin check front-door 481 529 063` tells what a PIN does right now.\n"
    "`/pin list` shows what you asked for, `/pin approvals` what waits for you, `/pin locks` the doors. "
    "An approver's `/pin list all` shows everybody's stays, `by day` or `by door`.\n"
    "`/pin show`, `/pin resend`, `/pin replace` and `/pin withdraw` take a guest's name or a stay's short id; "
    "withdrawing asks first.\n"
    "`/pin change Ana until mon 11:00` gives an approved stay another time, and `door garage` another door; the form "
    "says first what that costs.\n"
    "`/pin connect` connects an igloohome account and its locks; `/pin feeds` shows the calendars that are read.\n"
    "`/pin unlock loft` and `/pin lock loft` open and lock a door with a bridge from afar, after a question.\n"
    "`/pin online loft` lists its online PINs: digits of your own choice, set, changed and deleted from afar.\n"
    "`/pin text Ana` writes to the guest; what is typed in a stay's thread never leaves Slack.\n"
    "`/pin reveal` and a name or short id shows a PIN for a minute, to whoever may see it; why is asked and kept.\n"
    "`/pin number` shows the guest's number in the same way, for whoever has to call them."
)


FULL = "Our database takes nothing just now: its disk is full. Please tell whoever runs Night Porter, and try again."
AWAY = "Our database does not answer just now. Please try again in a minute; `/pin list` shows what was done."
DID_YOU_MEAN = (
    "Did you mean `/pin {command}`? For a PIN, name the door, the guest, a mobile number and the times: `{example}`"
)


def did_you_mean(word: str, rest: str) -> str:
    """For what nearly is a command, or may be one of those that are not guessed."""
    command = f"{word} {rest}".strip().replace("`", "'")[:_LONGEST_COMMAND]
    return DID_YOU_MEAN.format(command=command, example=EXAMPLE)


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What was asked for, in the words the answer needs. `channel` is empty where nobody has named one yet."""

    lock: Lock
    guest: str
    channel: str
    approved: bool = False
    language_choice: LanguageChoice = field(default_factory=LanguageChoice)
    on_arrival: bool = False
    request_id: str = ""
    unheard: str = ""
    """Why nobody can be told in Slack just now, where that is known."""
    read_as: str = ""
    """("AT") whose the number was taken for, where none was typed."""
    undecidable: bool = False
    """Too few may decide it, since nobody decides their own."""
    visits: Visits | None = None
    """It repeats, and the plan is of the first."""


NOBODY_DECIDES = (
    "Nobody can approve it yet: too few approvers are left, since nobody approves their own. Have somebody else ask, "
    "or tell whoever runs Night Porter."
)
ON_ARRIVAL = "The PIN is made on arrival: {guest} texts HERE at the door, and it starts then. None exists before."


CHANGE_LANGUAGE = "change_language"
LANGUAGE_TITLE = "Language of the texts"


def asked(ask: AskedFor, planned: StayPlan) -> Notice:
    """After a request was made: asked and granted, the deadline, who decides; the language where it may surprise."""
    said = _language(ask.language_choice)
    change = (Button(CHANGE_LANGUAGE, "Change language", ask.request_id),) if said else ()
    return Notice("", remarks=("\n".join([*_asked(ask, planned), *said]),), buttons=change)


def _asked(ask: AskedFor, planned: StayPlan) -> list[str]:
    plan, zone = planned.whole, ask.lock.zoneinfo
    links, doors = max(part.links for part in planned.parts), len({part.lock_id for part in planned.parts})
    gets = "gets the PIN on arrival" if ask.on_arrival else "gets the PIN by text"
    rules = f"It is approved by the rules; {ask.guest} {gets}."
    approvers = f"An approver decides in <#{ask.channel}>." if ask.channel else NO_CHANNEL_YET
    decides = rules if ask.approved else NOBODY_DECIDES if ask.undecidable else approvers
    granted = "Granted" if ask.approved else "Granted if approved"
    window = f"{show_window(plan.granted, zone)}, {zone_words(plan.granted.starts_at, zone)}{long_words(plan.granted)}"
    lines = [
        f"Asked for a PIN for *{ask.guest}* at *{ask.lock.name}*. {decides}",
        f"{granted}: {window}{', the first visit' if ask.visits else ''}.",
    ]
    if ask.visits:
        lines.append(f"It repeats {show_visits(ask.visits)}: one decision, and a PIN for each, texted before it.")
    lines += clock_remarks(plan, zone=zone)
    if plan.granted != plan.asked:
        lines.append(f"You asked for {show_window(plan.asked, zone)}; the lock knows whole hours only.")
    if doors > 1:
        lines.append("Each door has a PIN of its own, and one text lists them all.")
    if links > 1:
        lines.append(
            f"{links} PINs, one after the other, each for 24 hours at most; each comes two hours before it begins."
        )
    elif ask.on_arrival:
        lines.append(ON_ARRIVAL.format(guest=ask.guest))
    elif plan.granted.activate_by:
        which, before = "each" if doors > 1 else "the", show_moment(plan.granted.activate_by, zone)
        lines.append(f"The guest must open {which} door once before {before}; we remind them.")
    if ask.unheard and not ask.approved:
        lines.append(f"Approvers may not see it yet: {ask.unheard}. Please tell whoever runs Night Porter.")
    if ask.read_as:
        lines.append(f"The number had no country: it was read as one of {country_name(ask.read_as)}.")
    return lines


def _language(language_choice: LanguageChoice) -> list[str]:
    """Said where it may surprise, and where somebody asked for it."""
    if language_choice.chosen_by is ChosenBy.REQUEST:
        return [f"The texts go out in {language_name(language_choice.language)}."]
    if language_choice.language is Language.ENGLISH:
        return []
    why = "by the number's country" if language_choice.chosen_by is ChosenBy.COUNTRY else "as the house has it"
    named = language_name(language_choice.language)
    return [f"The texts go out in {named}, {why}."]


def language_changed(before: LanguageChoice, after: LanguageChoice) -> str:
    language = language_name(after.language)
    return f"The texts go out in {language}{', as before' if after.language is before.language else ''}."


ASKED_ALREADY = "This was asked for already; nothing was asked twice."
DENY_TITLE = "Deny the PIN"


def deny_about(request: AccessRequest, guest: Guest, lock: Lock) -> tuple[tuple[str, str], ...]:
    """Whom the form denies what."""
    window = request.granted
    when = f"{show_window(window, lock.zoneinfo)}, {zone_words(window.starts_at, lock.zoneinfo)}"
    why = (("Why", request.note),) if request.note else ()
    asker = person(request.requester)
    return (("Guest", guest.name), ("Lock", lock.name), ("When", when), ("Asked by", asker), *why)


def refused(refusal: Refusal, zone: ZoneInfo | None = None) -> str:
    """The refusal's sentence and what would work instead. `zone`: of the lock, where the refusal does not know it."""
    offers = [f"• {_offer(offer, refusal.zone or zone)}" for offer in refusal.offers[:3]]
    return "\n".join([sentence(refusal, zone=zone), *(["This would work:", *offers] if offers else [])])


def _offer(offer: Offer, zone: ZoneInfo | None) -> str:
    """One offer; several PINs one after the other stand in a row."""
    parts = (offer, *offer.then)
    return ", then ".join(f"{show_on(zone, part.starts_at)} - {show_on(zone, part.ends_at)}" for part in parts)


def doors(locks: Sequence[Lock], now: datetime) -> str:
    """The locks by name, each with its zone and how it is; those that need somebody first."""
    if not locks:
        return "No locks are known yet. An approver can connect an igloohome account: `/pin connect`."
    shown = worried_first(list(locks))[:100]
    lines = [f"• *{lock.name}* ({zone_said(lock, now)}). {health_words(lock, now)}" for lock in shown]
    lines += [f"… and {len(locks) - 100} more"] if len(locks) > 100 else []
    return "\n".join(filter(None, [*lines, zone_remark(locks)]))


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request, for somebody's list. `doors`: its locks one by one, `lock` as one."""

    guest: str
    lock: Lock
    window: AccessWindow
    state: str
    short_id: str
    workspace: str = ""
    requester: str = ""
    doors: tuple[Lock, ...] = ()
    visit: str = ""

    @property
    def shown(self) -> str:
        when = show_window(self.window, self.lock.zoneinfo)
        asker = f", asked by {person(self.requester)}" if self.requester else ""
        where = f" (in {self.workspace})" if self.workspace else ""
        return f"• {self.short_id} *{self.guest}*, {self.lock.name}, {when}{self.visit}: {self.state}{asker}{where}"


def mine(lines: Sequence[RequestLine], more: int = 0) -> str:
    """Somebody's own requests, newest first."""
    if not lines:
        return f"You have asked for no PIN yet. Try `{EXAMPLE}`"
    said = [line.shown for line in lines]
    rest = [f"… and {more} more; `/pin show` with a guest's name or a short id finds each."] if more else []
    return "\n".join([*said, *rest])


BY_DOOR, BY_DAY = "by door", "by day"


def everybodys(lines: Sequence[RequestLine], now: datetime, more: int = 0, *, by_door: bool = False) -> str:
    """Everybody's stays that are not over, under the day of their start at the door, or under each of their doors."""
    if not lines:
        return "Nobody has a stay that goes on or waits."
    groups: dict[str, list[RequestLine]] = {}
    for line in lines:
        for heading in [door.name for door in line.doors] if by_door else [_day(line, now)]:
            groups.setdefault(heading, []).append(line)
    named = sorted(groups, key=str.casefold) if by_door else groups
    said = [words for heading in named for words in (f"*{heading}*", *(line.shown for line in groups[heading]))]
    rest = [f"… and {more} more, which begin later; `/pin show` finds each."] if more else []
    other = f"Also `/pin list all {BY_DAY if by_door else BY_DOOR}`."
    return "\n".join([*said, *rest, other])


def _day(line: RequestLine, now: datetime) -> str:
    starts = line.window.starts_at
    return "Running now" if starts <= now else show_day(starts, line.lock.zoneinfo)


def no_form(sentences: Sequence[str]) -> str:
    """Where the form could not be opened: what it would have asked, with a way that works without one."""
    failed = f"Slack could not open the form just now. Nothing was asked for. In one line it works: `{EXAMPLE}`"
    return "\n".join([*sentences, failed])


def repeats_in_a_line(sentences: Sequence[str]) -> str:
    """A form is for one stay: what it would have asked of one that repeats, with a line that works."""
    said = f"What repeats is asked for in one line: `{EXAMPLE_REPEATING}`"
    return "\n".join([*sentences, f"Nothing was asked for. {said}" if sentences else said])


LATER = "Many at once just now: your answer follows in a moment."


def no_form_later(sentences: Sequence[str]) -> str:
    """A form opens only within seconds of the command: what it would have asked, in words."""
    said = "Something was missing, and it is too late for a form. Nothing was asked for."
    return "\n".join([*sentences, f"{said} In one line it works: `{EXAMPLE}`"])
