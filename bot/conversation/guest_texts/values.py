"""What stands for each name in braces of a guest's text: facts in, words out, in the guest's language.

The templates themselves are in `catalogues/`; which of them is said when is `bot.conversation.guest_texts.phrases`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Formatter
from zoneinfo import ZoneInfo

from bot.conversation.guest_texts.catalogue import template_of
from bot.conversation.guest_texts.gsm7 import loses_letters
from bot.conversation.guest_texts.moments import guest_moment, guest_zone, offsets
from bot.conversation.guest_texts.names import UCS2, first_name, name, units
from bot.conversation.times import is_other_year
from bot.domain.messages.languages import Language
from bot.domain.messages.name_widths import (
    LONGEST_CONTACT,
    LONGEST_CONTACT_ALONE,
    LONGEST_END_KEY,
    LONGEST_WAKE,
    Widths,
)
from bot.domain.pins import Pin

Facts = Mapping[str, str]

_MOMENTS = {
    "now": "now",
    "wanted": "wanted",
    "comes_at": "comes_at",
    "starts": "starts_at",
    "deadline": "activate_by",
    "ends": "ends_at",
}
"""The names in braces that are moments, and the fact behind each."""

_A_YEAR_ALMOST = timedelta(days=300)
_MOST_DOORS = 9


@dataclass(frozen=True, slots=True)
class Template:
    """One text in the making: `words` is its template. `more`: the PINs of further doors, behind the first."""

    words: str
    facts: Facts
    pin: Pin | None
    language: Language
    widths: Widths
    more: Sequence[Pin] = ()

    def part(self, called: str) -> str:
        return template_of(f"part {called}", self.language)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.facts["zone"])

    def said(self) -> str:
        """The template with its values. A line that comes out empty is left out."""
        values = {each: VALUES[each](self) for each in placeholders(self.words)}
        lines = (line.replace("  ", " ").rstrip() for line in self.words.format(**values).split("\n"))
        return "\n".join(line for line in lines if line)


def placeholders(words: str) -> tuple[str, ...]:
    """The names in braces, in order. Raises ValueError for braces that do not match or hold more than a name: Python
    would take `{pin:>999999999}` at its word."""
    found: dict[str, None] = {}
    for _, each, form, conversion in Formatter().parse(words):
        if each is None:
            continue
        if not each.isidentifier() or form or conversion:
            raise ValueError("braces hold a name and nothing else")
        found[each] = None
    return tuple(found)


def _moment(template: Template, placeholder: str) -> datetime:
    """A text about a PIN without a deadline of its own has to be used before its end."""
    fact = _MOMENTS[placeholder]
    return datetime.fromisoformat(template.facts.get(fact) or template.facts["ends_at"])


def _moments(template: Template) -> list[datetime]:
    return [_moment(template, each) for each in placeholders(template.words) if each in _MOMENTS]


def _on_the_clock(template: Template, moment: datetime, *, with_year: bool = False) -> str:
    """The offset stands at a moment only where the zone beside it leaves two to choose from."""
    clear = "{zone}" in template.words and len(offsets(_moments(template), template.zone)) == 1
    with_year = with_year or is_other_year(moment, template.zone)
    return guest_moment(moment, template.zone, template.language, with_year=with_year, with_offset=not clear)


def _shown(placeholder: str) -> Callable[[Template], str]:
    def shown(template: Template) -> str:
        return _on_the_clock(template, _moment(template, placeholder))

    return shown


def _ends(template: Template) -> str:
    """With the year where the stay is so long that day and month do not say which."""
    ends = _moment(template, "ends")
    long = "starts_at" in template.facts and ends - _moment(template, "starts") > _A_YEAR_ALMOST
    return _on_the_clock(template, ends, with_year=long)


def _zone(template: Template) -> str:
    moments = _moments(template) or [_moment(template, "starts")]
    return guest_zone(moments, template.zone, template.language, template.widths.city)


def _hello(template: Template) -> str:
    called = first_name(template.facts.get("guest", ""), template.widths.guest, template.language)
    return template.part("hello").format(name=called) if called else ""


def _door(template: Template) -> str:
    """What guests know it as, else the lock's own name, else `the door`."""
    several = template.facts.get("guest_door", "").split("\n")
    if len(several) > 1:
        return _joined(several, template)
    for fact in ("guest_door", "door"):
        if said := name(template.facts.get(fact, ""), template.widths.door, template.language):
            return said
    return template.part("door")


def _joined(doors: Sequence[str], template: Template) -> str:
    """`Front door + Garage`; where there is no room for all of them `Front door +1`, and none is half named."""
    width, more = template.widths.door, f" +{len(doors) - 1}"
    joined = " + ".join(name(door, width, template.language) or template.part("door") for door in doors)
    if units(joined) <= width:
        return joined
    return (name(doors[0], width - len(more), template.language) or template.part("door")) + more


def _pin(template: Template) -> str:
    if template.pin is None:
        raise ValueError("this text needs a PIN")
    return template.pin.grouped()


def _pins(template: Template) -> str:
    """`Front door: 481 529 063`, a line for each door, in the order of the fact's lines."""
    if template.pin is None:
        raise ValueError("this text needs a PIN")
    doors = template.facts["doors"].split("\n")
    named = (name(door, template.widths.door, template.language) or template.part("door") for door in doors)
    pins = (template.pin, *template.more)
    return "\n".join(f"{door}: {pin.grouped()}" for door, pin in zip(named, pins, strict=True))


def _forget(template: Template) -> str:
    """Only where there was one before: a first text that says so would make people look for another."""
    return template.part("forget") if template.facts.get("replaces") else ""


def _next(template: Template) -> str:
    return "" if template.facts["link"] == template.facts["links"] else template.part("next pin")


def _of_lock(fact: str, part: str, width: int) -> Callable[[Template], str]:
    """The operator's own words where the guest's language can carry them, else the catalogue's."""

    def words(template: Template) -> str:
        own = template.facts.get(fact, "")
        strange = template.language not in UCS2 and loses_letters(own)
        return ("" if strange else name(own, width, template.language)) or template.part(part)

    return words


def _help(template: Template) -> str:
    """Whom to ask: a name, and a number that is never cut; where there is none, the name is not left out either."""
    phone = template.facts.get("contact_phone", "")
    width = min(max(template.widths.contact, 0 if phone else LONGEST_CONTACT_ALONE), LONGEST_CONTACT)
    contact = " ".join(filter(None, (name(template.facts.get("contact", ""), width, template.language), phone)))
    return template.part("help").format(contact=contact) if contact else ""


def _help_or_human(template: Template) -> str:
    """For whoever is asked to wait: without anybody to ask, the word that calls a person."""
    return _help(template) or template.part("human")


def _doors(template: Template) -> str:
    """`1 Front door, 2 Garden gate`: numbered in the order of the fact's lines."""
    doors = template.facts["doors"].split("\n")[:_MOST_DOORS]
    named = (name(door, template.widths.door, template.language) or template.part("door") for door in doors)
    return ", ".join(f"{number} {door}" for number, door in enumerate(named, 1))


def _who(template: Template) -> str:
    return name(template.facts.get("who", ""), LONGEST_CONTACT, template.language) or template.part("desk")


def _reason(template: Template) -> str:
    words = name(template.facts.get("reason", ""), template.widths.words, template.language)
    return template.part("reason").format(words=words) if words else ""


def _fact(called: str) -> Callable[[Template], str]:
    return lambda template: template.facts[called]


VALUES: Mapping[str, Callable[[Template], str]] = {
    **{each: _shown(each) for each in _MOMENTS if each != "ends"},
    "ends": _ends,
    "zone": _zone,
    "hello": _hello,
    "door": _door,
    "pin": _pin,
    "pins": _pins,
    "forget": _forget,
    "next": _next,
    "link": _fact("link"),
    "links": _fact("links"),
    "wake": _of_lock("wake", "wake", LONGEST_WAKE),
    "end_key": _of_lock("end_key", "end key", LONGEST_END_KEY),
    "help": _help,
    "help_or_human": _help_or_human,
    "doors": _doors,
    "who": _who,
    "reason": _reason,
    "words": _fact("words"),
    "minutes": _fact("minutes"),
}
"""Every name that may stand in braces."""
