"""What somebody finds in their Home tab: what needs a person, what waits for them, PINs in danger, their own stays, the
doors.

Neutral: parts with lines and buttons, no vendor's words. No PIN and no full phone number ever stands here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.conversation.calendars.words import sources_lines
from bot.conversation.team.alert_words import HOME_HAVE_IT, KINDS, LABEL
from bot.conversation.team.amendments import amended_so_far, not_as_booked
from bot.conversation.team.lock_health import health_words, worries
from bot.conversation.team.notices import person
from bot.conversation.team.stay_words import state, visit_words
from bot.conversation.times import age_words, hours_words, show_moment, show_visits, show_window, zone_words
from bot.domain.hiding import hide_digits
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Button
from bot.domain.planning.ledger import LIVE_LIMIT
from bot.domain.planning.local_hours import HOUR
from bot.domain.planning.visits import Visits
from bot.domain.sources.health import SourcesHealth
from bot.domain.sources.source_stays import SourceStay
from bot.domain.stays.alerts import Alert
from bot.domain.stays.dangers import Danger
from bot.domain.stays.stay_now import StayNow
from bot.domain.windows import AccessWindow

MOST_LINES = 8
MOST_LOCKS = 20
MOST_BARE = 3
"""A tab has a hundred blocks, and the other parts leave no more."""

HOME_ADD_CONTACT = "home_add_contact"
REFRESH, ASK, APPROVE, DENY = "home_refresh", "home_ask", "home_approve", "home_deny"


@dataclass(frozen=True, slots=True)
class HomeAlert:
    """Something that needs a person; without a stay where it is about none, then `phone` is the masked number."""

    alert: Alert
    stay: StayNow | None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class BareStay:
    """A stay that came without a number, and when it would be at its first door."""

    stay: SourceStay
    lock: Lock
    window: AccessWindow


@dataclass(frozen=True, slots=True)
class HomeInfo:
    """What one person may see now. `in_danger` says of each stay why; `doors` how many PINs each lock holds."""

    now: datetime
    decides: bool
    alerts: Sequence[HomeAlert] = ()
    mine: Sequence[StayNow] = ()
    to_decide: Sequence[StayNow] = ()
    arriving: Sequence[StayNow] = ()
    in_danger: Sequence[tuple[StayNow, tuple[Danger, ...]]] = ()
    doors: Sequence[tuple[Lock, int]] = ()
    without_contact: Sequence[BareStay] = ()
    """Stays that came by themselves without a number."""
    sources: SourcesHealth = field(default_factory=SourcesHealth)
    workspace: str = ""
    """How people call the one it is shown in, where there are several."""
    visits: Mapping[str, Visits] = field(default_factory=dict)
    """Of what repeats and waits for a decision, by its request's id."""


@dataclass(frozen=True, slots=True)
class HomeLine:
    """`worries`: somebody should do something about it."""

    words: str
    buttons: tuple[Button, ...] = ()
    worries: bool = False


@dataclass(frozen=True, slots=True)
class HomeSection:
    """One part of the tab: its first lines, how many more there are, and what stands there when there are none."""

    heading: str
    lines: tuple[HomeLine, ...]
    more: int = 0
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    parts: tuple[HomeSection, ...]
    buttons: tuple[Button, ...]
    seen: str
    remark: str = ""


def home(seen: HomeInfo, remark: str = "") -> Home:
    """The tab; `remark` is what came of a button just pressed."""
    danger = [HomeLine(_danger(stay, why, seen)) for stay, why in seen.in_danger]
    decide = _all_to_decide(seen)
    arriving = [HomeLine(_stay(stay)) for stay in seen.arriving]
    mine = [HomeLine(_stay(stay)) for stay in seen.mine]
    bare = [_bare(one) for one in seen.without_contact]
    whose = "" if seen.decides else "your "
    alerts = [_alert(one, seen) for one in seen.alerts]
    parts = [
        *([_section("Needs a person", alerts, "")] if alerts else []),
        _section("PINs in danger", danger, f"None of {whose}PINs is in danger." if whose else "No PIN is in danger."),
        *([_section("Nobody to text", bare, "", MOST_BARE)] if bare else []),
        *([_section("To decide", decide, "Nothing waits for a decision.")] if seen.decides else []),
        _section("Arriving today", arriving, "Nobody arrives today."),
        _section("Asked for by me", mine, "You have asked for no PIN yet."),
        *_sources(seen),
        _doors(seen),
    ]
    buttons = (Button(ASK, "Ask for a PIN", "ask", "primary"), Button(REFRESH, "Refresh", "refresh"))
    return Home(tuple(parts), buttons, _as_of(seen), remark)


def status(seen: HomeInfo) -> Home:
    """The same for nobody in particular, with nothing to press."""
    danger = [HomeLine(_danger(stay, why, seen)) for stay, why in seen.in_danger]
    parts: tuple[HomeSection, ...] = (
        _section("Needs a person", [_alert(one, seen) for one in seen.alerts], "Nothing needs a person.", MOST_LOCKS),
        _section("PINs in danger", danger, "No PIN is in danger.", MOST_LOCKS),
        _section("Nobody to text", [_bare(one) for one in seen.without_contact], "Of every stay a number is known."),
        _section("To decide", _all_to_decide(seen), "Nothing waits for a decision."),
        _section("Arriving today", [HomeLine(_stay(stay)) for stay in seen.arriving], "Nobody arrives today."),
        *_sources(seen, MOST_LOCKS),
        _doors(seen),
    )
    return Home(parts, (), _as_of(seen))


def _as_of(seen: HomeInfo) -> str:
    zones = dict.fromkeys(lock.zone for lock, _ in seen.doors)
    places = [lock.zoneinfo for lock, _ in seen.doors if zones.pop(lock.zone, lock) is None][:3]
    times = ", ".join(f"{show_moment(seen.now, zone)} {zone_words(seen.now, zone)}" for zone in places)
    where = f"In {seen.workspace}. " if seen.workspace else ""
    return f"{where}As of {times}." if times else f"{where}As of now."


def _section(heading: str, lines: Sequence[HomeLine], empty: str, most: int = MOST_LINES) -> HomeSection:
    return HomeSection(heading, tuple(lines[:most]), max(0, len(lines) - most), "" if lines else empty)


def _when(stay: StayNow) -> str:
    window = stay.code.window if stay.code else stay.request.granted
    when = f"{show_window(window, stay.lock.zoneinfo)}, {zone_words(window.starts_at, stay.lock.zoneinfo)}"
    return f"{when}{visit_words(stay.request)}"


def _stay(stay: StayNow) -> str:
    where = state(stay.request, stay.standing)
    return f"*{stay.guest.name}* at *{stay.lock.name}*: {where}\n{_when(stay)}"


def _all_to_decide(seen: HomeInfo) -> list[HomeLine]:
    return [_to_decide(stay, seen.visits.get(stay.request.id)) for stay in seen.to_decide]


def _to_decide(stay: StayNow, visits: Visits | None) -> HomeLine:
    request, zone = stay.request, stay.lock.zoneinfo
    lines = [f"*{stay.guest.name}* at *{stay.lock.name}*, asked by {person(request.requester)}", _when(stay)]
    if request.granted != request.asked:
        lines.append(f"Asked: {show_window(request.asked, zone)}")
    lines += (*not_as_booked(request, zone), *amended_so_far(request, zone))
    lines += [f"It repeats {show_visits(visits)}: one decision for all of them."] if visits else []
    if request.granted.activate_by:
        lines.append(f"Must be used before {show_moment(request.granted.activate_by, zone)}")
    if request.note:
        lines.append(f"Why: {hide_digits(request.note)}")
    lines.append("Once the PIN is made it cannot be taken back.")
    buttons = (Button(APPROVE, "Approve", request.as_shown, "primary"), Button(DENY, "Deny", request.id, "danger"))
    return HomeLine("\n".join(lines), buttons)


def _bare(one: BareStay) -> HomeLine:
    stay, zone = one.stay, one.lock.zoneinfo
    when = f"{show_window(one.window, zone)}, {zone_words(one.window.starts_at, zone)}"
    words = f"*{stay.said.guest_name}* at *{one.lock.name}*, sent by {stay.key.source} without a number\n{when}"
    return HomeLine(words, (Button(HOME_ADD_CONTACT, "Add name and number", stay.id, "primary"),), worries=True)


def _alert(one: HomeAlert, seen: HomeInfo) -> HomeLine:
    """With its age, and its owner or the button that makes one."""
    alert, stay = one.alert, one.stay
    number = f" ({one.phone})" if one.phone else ""
    what = f"{KINDS[alert.kind]}{number}, since {age_words(alert.since, seen.now)}"
    words = f"*{stay.guest.name}* at *{stay.lock.name}*: {what}" if stay else what[:1].upper() + what[1:]
    if alert.acknowledged_by is not None and alert.acknowledged_at is not None:
        return HomeLine(f"{words}\n{person(alert.acknowledged_by)} has it.")
    return HomeLine(f"{words}\nNobody has taken it.", (Button(HOME_HAVE_IT, LABEL, alert.id, "primary"),), worries=True)


def _danger(stay: StayNow, why: tuple[Danger, ...], seen: HomeInfo) -> str:
    lines = [f"*{stay.guest.name}* ({stay.guest.phone.masked()}) at *{stay.lock.name}*"]
    deadline = stay.code.activate_by if stay.code else None
    if Danger.UNDELIVERED in why:
        lines.append("The text with the PIN did not arrive: call the guest (`/pin number`).")
    if Danger.OPTED_OUT in why:
        lines.append("The guest wants no texts from us, so no reminders go out: call them (`/pin number`).")
    if Danger.CLOSING in why and deadline:
        left = max(1, int((deadline - seen.now) / HOUR))
        zone = stay.lock.zoneinfo
        end = f"{show_moment(deadline, zone)}, {zone_words(deadline, zone)}"
        unless = f"Unless it is used in the next {hours_words(left)}, before {end}"
        lines.append(f"Not heard of yet. {unless}, it opens nothing any more.")
    return "\n".join(lines)


def _sources(seen: HomeInfo, most: int = MOST_BARE) -> tuple[HomeSection, ...]:
    """Where there are any."""
    said = sources_lines(seen.sources, {lock.id: lock.name for lock, _ in seen.doors}, seen.now)
    lines = [HomeLine(words, worries=worrying) for words, worrying in said]
    return (_section("Calendars and booking systems", lines, "", most),) if lines else ()


def _doors(seen: HomeInfo) -> HomeSection:
    doors = sorted(seen.doors, key=lambda door: not worries(door[0]))
    lines = [HomeLine(_door(lock, held, seen.now), worries=worries(lock)) for lock, held in doors]
    empty = "No locks are known yet. Connect an igloohome account, then run `nightporter locks sync`."
    return _section("Doors", lines, empty, MOST_LOCKS)


def _door(lock: Lock, held: int, now: datetime) -> str:
    makes = "" if lock.makes_offline_pins else " It cannot be given PINs from here."
    room = f"{held} of {LIVE_LIMIT} PINs held.{makes}"
    return f"*{lock.name}*, {zone_words(now, lock.zoneinfo)}: {room}\n{health_words(lock, now)}"
