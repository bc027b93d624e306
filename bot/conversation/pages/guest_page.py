"""The page of one stay's guest as HTML: one answer, no script, nothing from anywhere else.

The words are in `catalogues/`, one for each language; how moments, zones and doors are called is that of the texts.
What has braces gets: `name` (the guest's first name), `door`, `starts`, `ends`, `deadline`, `comes_at` (moments on the
door's clock), `wake` and `end_key` (the lock's settings, else the texts' words).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from bot.conversation.guest_texts.catalogue import template_of
from bot.conversation.guest_texts.moments import guest_moment, guest_zone
from bot.conversation.guest_texts.names import first_name
from bot.conversation.pages.html import whole
from bot.conversation.times import is_other_year
from bot.domain.locks.lock import Contact, Lock
from bot.domain.messages.languages import Language
from bot.domain.pins import Pin
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import PinStanding, PinState
from bot.domain.windows import PinKind

ROOM = "bot.conversation.pages"
_LONGEST_NAME, _LONGEST_CITY = 40, 30
_ACTIVATION = timedelta(hours=24)
"""The ring is full so long before the deadline: the lock's own activation window (facts/igloohome.md)."""


@dataclass(frozen=True, slots=True)
class DoorShown:
    """One door of the stay. `digits`: None where there are none to be seen now. `late`: it should exist by now."""

    lock: Lock
    pin: PinStanding
    digits: Pin | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class PageShown:
    """`said`: what came of the button that was pressed last (`in`, `asked`, `often`). `step`: the id that the next
    press carries, so that it counts once."""

    guest: Guest
    doors: Sequence[DoorShown]
    contact: Contact
    now: datetime
    step: str
    said: str = ""

    @property
    def language(self) -> Language:
        return self.guest.language_choice.language


def page(shown: PageShown) -> str:
    words = _Words(shown.language)
    name = first_name(shown.guest.name, _LONGEST_NAME, shown.language)
    parts = [Markup("<h1>{}</h1>").format(words.said("title"))]
    parts += [Markup("<p>{}</p>").format(words.said("hello", name=name))] if name else []
    if answer := {"in": "said in", "asked": "said", "often": "too often"}.get(shown.said):
        parts.append(Markup('<p class="said" role="status">{}</p>').format(words.said(answer)))
    parts += [_door(words, shown, door) for door in shown.doors]
    parts.append(_help(words, shown))
    return whole(shown.language, words.said("title"), Markup("\n").join(parts))


def nothing(language: Language) -> str:
    """For an address that is not known any more, or never was: the same words for both."""
    words = _Words(language)
    title = words.said("nothing")
    return whole(language, title, Markup("<h1>{}</h1><p>{}</p>").format(title, words.said("why nothing")))


def too_often(language: Language) -> str:
    words = _Words(language)
    title = words.said("title")
    return whole(language, title, Markup("<h1>{}</h1><p>{}</p>").format(title, words.said("too often")))


@dataclass(frozen=True, slots=True)
class _Words:
    language: Language

    def said(self, called: str, **values: str) -> str:
        return template_of(called, self.language, ROOM).format(**values)

    def part(self, name: str) -> str:
        """As texts call it."""
        return template_of(f"part {name}", self.language)

    def moment(self, instant: datetime, lock: Lock) -> str:
        with_year = is_other_year(instant, lock.zoneinfo)
        return guest_moment(instant, lock.zoneinfo, self.language, with_year=with_year)

    def zone(self, moments: Sequence[datetime], lock: Lock) -> str:
        return guest_zone(moments, lock.zoneinfo, self.language, _LONGEST_CITY)


def _door(words: _Words, shown: PageShown, door: DoorShown) -> Markup:
    name, state, code = door.lock.guest_info.door or door.lock.name, door.pin.state, door.pin.code
    if door.digits is None:
        here = [("HERE", "button here")] if code.on_arrival and code.window.contains(shown.now) else []
        buttons = [("STUCK", "button stuck")] if state is PinState.EXPIRED else here
        body = Markup("<p>{}</p>").format(_without(words, door, name))
    else:
        opened = [] if door.pin.used else [("IN", "button in")]
        buttons = [*opened, ("STUCK", "button stuck")] if code.window.contains(shown.now) else []
        body = _with_digits(words, shown, door, name)
    waits = state in (PinState.WAITS, PinState.MAKING, PinState.OPENS) and not door.pin.used
    pressed = [_button(words, shown.step, code.id, word, label) for word, label in buttons]
    pressed += [_later(words, shown.step, code.id)] if waits and code.kind is not PinKind.ONE_TIME else []
    return Markup("<section>{}{}</section>").format(body, Markup("").join(pressed))


def _without(words: _Words, door: DoorShown, name: str) -> str:
    code = door.pin.code
    if door.pin.state is PinState.EXPIRED and code.activate_by is not None:
        deadline, ends = words.moment(code.activate_by, door.lock), words.moment(code.window.ends_at, door.lock)
        return f"{name}: {words.said('unconfirmed', deadline=deadline, ends=ends)}"
    if code.on_arrival and door.pin.state is PinState.WAITS:
        return words.said("arrival", door=name)
    if door.late or door.pin.state is PinState.NEVER_MADE:
        return words.said("late", door=name)
    if door.pin.state is PinState.WAITS:
        return words.said("comes", door=name, comes_at=words.moment(code.mint_at, door.lock))
    return words.said("making", door=name)


def _with_digits(words: _Words, shown: PageShown, door: DoorShown, name: str) -> Markup:
    code, lock, info = door.pin.code, door.lock, door.lock.guest_info
    window = code.window
    starts, ends = words.moment(window.starts_at, lock), words.moment(window.ends_at, lock)
    lines = [words.said("opens", door=name, starts=starts, ends=ends)]
    ring, deadline = Markup(""), code.activate_by
    moments = [window.starts_at, window.ends_at]
    if door.pin.state is PinState.MAY_BE_SPENT:
        lines = [lines[0], words.said("perhaps spent")]
    elif code.kind is PinKind.ONE_TIME:
        lines.append(words.said("once"))
    elif door.pin.used:
        lines.append(words.said("in use", ends=ends))
    elif deadline is not None and door.pin.state is PinState.UNCONFIRMED:
        lines.append(words.said("unconfirmed", deadline=words.moment(deadline, lock), ends=ends))
    elif deadline is not None:
        moments.append(deadline)
        lines.append(words.said("deadline", deadline=words.moment(deadline, lock)))
        ring = _ring(deadline - shown.now)
    how = words.said("how", wake=info.wake or words.part("wake"), end_key=info.end_key or words.part("end key"))
    lines_shown = Markup("").join(Markup("<p>{}</p>").format(line) for line in [*lines, words.zone(moments, lock), how])
    digits = Markup('<p class="pin">{}{}</p>').format(ring, door.digits.grouped() if door.digits else "")
    return digits + lines_shown


def _ring(left: timedelta) -> Markup:
    """Closes with the time that is left, also where nobody loads the page again."""
    seconds = max(left.total_seconds(), 0.0)
    gone = 100 * (1 - min(seconds / _ACTIVATION.total_seconds(), 1.0))
    return Markup(
        '<svg viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="15.915" class="whole"/>'
        '<circle cx="18" cy="18" r="15.915" class="left" stroke-dasharray="100" stroke-dashoffset="{:.1f}">'
        '<animate attributeName="stroke-dashoffset" to="100" dur="{:.0f}s" fill="freeze"/></circle></svg>'
    ).format(gone, max(seconds, 1.0))


def _button(words: _Words, step: str, code_id: str, word: str, label: str) -> Markup:
    return Markup(
        '<form method="post"><input type="hidden" name="step" value="{}"><input type="hidden" name="pin" value="{}">'
        '<button name="word" value="{}">{}</button></form>'
    ).format(step, code_id, word, words.said(label))


def _later(words: _Words, step: str, code_id: str) -> Markup:
    return Markup(
        '<form method="post"><input type="hidden" name="step" value="{0}"><input type="hidden" name="pin" value="{1}">'
        '<label>{2} <input type="datetime-local" name="when" required></label>'
        '<button name="word" value="LATE">{3}</button></form>'
    ).format(step, code_id, words.said("when"), words.said("button late"))


def _help(words: _Words, shown: PageShown) -> Markup:
    """Whom the lock names, else the house; and the button that calls somebody of the team."""
    info = shown.doors[0].lock.guest_info
    own = Contact(info.contact, info.contact_phone)
    contact = own if own.name or own.phone else shown.contact
    phone = Markup('<a href="tel:{0}">{0}</a>').format(contact.phone) if contact.phone else Markup("")
    asked = Markup("{} {}").format(contact.name, phone) if contact.name else phone
    line = Markup("<p>{}</p>").format(escape(words.part("help")).format(contact=asked)) if asked else Markup("")
    return Markup("<footer>{}{}</footer>").format(
        line, _button(words, shown.step, shown.doors[0].pin.code.id, "HUMAN", "button human")
    )
