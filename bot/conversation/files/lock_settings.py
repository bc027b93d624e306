"""What an operator types about a lock → `GuestInfo` and `LockDefaults`; every mistake in one sentence."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from bot.conversation.guest_texts import names
from bot.conversation.guest_texts.gsm7 import is_gsm7, to_gsm7
from bot.conversation.typed.lock_names import name_key
from bot.conversation.typed.phones import find_phone
from bot.domain.locks.lock import Contact, GuestInfo, Lock, LockDefaults
from bot.domain.messages.languages import Language
from bot.domain.messages.name_widths import (
    LONGEST_CONTACT,
    LONGEST_CONTACT_ALONE,
    LONGEST_END_KEY,
    LONGEST_GUEST_NAME_OF_LOCK,
    LONGEST_WAKE,
)

_LIMITS = {
    "door": ("--guest-name", LONGEST_GUEST_NAME_OF_LOCK),
    "wake": ("--wake", LONGEST_WAKE),
    "end_key": ("--end-key", LONGEST_END_KEY),
    "contact": ("--contact", LONGEST_CONTACT),
}


class LockMistakes(Exception):
    """What is wrong, one sentence each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def understand_lock_settings(before: GuestInfo, typed: Mapping[str, str | None]) -> GuestInfo:
    """`typed` by the names of ForGuests; None leaves what is there, an empty text goes back to the default. `contact`
    is a name, a phone number, or both: `Ada +33 6 39 98 12 34`; `page` is yes or no. Raises LockMistakes."""
    given: dict[str, Any] = {name: " ".join(words.split()) for name, words in typed.items() if words is not None}
    mistakes: list[str] = []
    if "contact" in given:
        given["contact"], given["contact_phone"] = _contact(given["contact"], mistakes)
    if "page" in given:
        if given["page"].lower() not in ("yes", "no", ""):
            mistakes.append(f"--page is yes or no: this is {_quoted(given['page'])}.")
        given["page"] = given["page"].lower() == "yes"
    mistakes += [
        f"{option} may be at most {most} characters long: this is {len(given[name])}."
        for name, (option, most) in _LIMITS.items()
        if len(given.get(name, "")) > most
    ]
    if mistakes:
        raise LockMistakes(mistakes)
    return replace(before, **given)


def understand_defaults(before: LockDefaults, typed: Mapping[str, str | None], others: Sequence[Lock]) -> LockDefaults:
    """`typed`: `alias` and `tag` hold names with commas between, `check_in` and `check_out` an hour like 15:00; None
    leaves what is there, an empty text takes it away. `others` may not be called like it. Raises LockMistakes."""
    mistakes: list[str] = []
    aliases = before.aliases if typed.get("alias") is None else _listed(typed["alias"] or "")
    tags = before.tags if typed.get("tag") is None else tuple(tag.lstrip("#") for tag in _listed(typed["tag"] or ""))
    mistakes += _wrong_names(aliases, others)
    mistakes += [f'"{tag}" is no tag: letters, digits, hyphens, like annex.' for tag in tags if not _TAG.fullmatch(tag)]
    hours = {name: _hour(name, typed.get(name), getattr(before, name), mistakes) for name in ("check_in", "check_out")}
    if mistakes:
        raise LockMistakes(mistakes)
    return LockDefaults(aliases, tags, hours["check_in"], hours["check_out"])


def _wrong_names(aliases: Sequence[str], others: Sequence[Lock]) -> list[str]:
    called = {name_key(name): lock.name for lock in others for name in (lock.name, *lock.defaults.aliases)}
    most = LONGEST_GUEST_NAME_OF_LOCK
    long = [f'"{name[:30]}…" is too long: {most} letters at most.' for name in aliases if len(name) > most]
    taken = [(name, called[name_key(name)]) for name in aliases if name_key(name) in called]
    return long + [f'"{name}" is what {lock} is called already.' for name, lock in taken]


@cache
def known_zones() -> frozenset[str]:
    """To know their names six hundred files are opened, at each look."""
    return frozenset(available_timezones())


def understand_zone(typed: str) -> str:
    """An IANA name, whatever its case, or nothing. Raises LockMistakes with the names that come near."""
    words = "_".join(typed.split())
    if not words:
        return ""
    known = {name.casefold(): name for name in known_zones() - _NO_PLACES}
    found = known.get(words.casefold())
    if found is None:
        raise LockMistakes([f"--zone: {_quoted(typed)} is no zone. {_zone_hint(words.casefold(), known)}"])
    return found


_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})


def _quoted(typed: str) -> str:
    plain = " ".join(typed.split())
    return f'"{plain if len(plain) <= 30 else plain[:30] + "…"}"'


def _zone_hint(typed: str, known: Mapping[str, str]) -> str:
    """A city alone, or a slip of typing; else how one looks."""
    city = [name for key, name in known.items() if key.rpartition("/")[2] == typed.rpartition("/")[2]]
    near = sorted(city) or [known[key] for key in difflib.get_close_matches(typed, known, 3, 0.75)]
    return f"Did you mean {' or '.join(near[:3])}?" if near else "Zones are called like Europe/Paris."


_TAG = re.compile(r"[\w-]{1,30}")


def _listed(words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in words.split(",") if (name := " ".join(one.split()))))


def _hour(name: str, typed: str | None, before: time | None, mistakes: list[str]) -> time | None:
    if typed is None:
        return before
    if not typed.strip():
        return None
    try:
        hour = time.fromisoformat(typed.strip().zfill(5))
    except ValueError:
        hour = time(0, 1)
    if hour.minute or hour.second or hour.tzinfo:
        mistakes.append(f"--{name.replace('_', '-')} is a whole hour on the lock's clock, like 15:00.")
        return before
    return hour


def defaults_of(lock: Lock) -> list[tuple[str, str]]:
    """What is set for those who ask, by the option that sets it."""
    defaults = lock.defaults
    hours = [("check in", defaults.check_in), ("check out", defaults.check_out)]
    pairs = [("also called", ", ".join(defaults.aliases)), ("tags", ", ".join(defaults.tags))]
    return [(option, words) for option, words in pairs if words] + [(o, f"{h:%H:%M}") for o, h in hours if h]


def told_to_guests(lock: Lock) -> list[tuple[str, str]]:
    """What is set for this lock, by the option that sets it."""
    set_ = lock.guest_info
    contact = " ".join(filter(None, (set_.contact, set_.contact_phone)))
    pairs = (("guest name", set_.door), ("wake", set_.wake), ("end key", set_.end_key), ("contact", contact))
    shown = [(option, words) for option, words in pairs if words]
    return [*shown, ("page", "yes")] if set_.page else shown


def remarks(settings: GuestInfo) -> list[str]:
    """What an operator should know about words that are not refused."""
    own = {"--guest-name": settings.door, "--wake": settings.wake, "--end-key": settings.end_key}
    strange = [option for option, words in own.items() if not is_gsm7(words)]
    return [
        f"{option} has letters that a cheap text cannot carry: they get the nearest ones, or the default words stand."
        for option in strange
    ]


def understand_contact(words: str) -> Contact:
    """Whom guests of every lock may ask where the lock names nobody: `Front desk +43 1 234 5678`. Raises LockMistakes:
    in a text it must stand whole, so it has to be short, and in letters that a cheap text can carry."""
    mistakes: list[str] = []
    name, phone = _contact(" ".join(words.split()), mistakes)
    most = LONGEST_CONTACT if phone else LONGEST_CONTACT_ALONE
    if len(name) > most:
        beside = "beside its number" if phone else "without a number"
        mistakes.append(f"the name may be at most {most} characters long {beside}: this is {len(name)}.")
    if to_gsm7(name) != name or names.name(name, len(name), Language.ENGLISH) != name:
        mistakes.append(f'"{name}" has characters that a cheap text cannot carry: use plain letters.')
    if mistakes:
        raise LockMistakes(mistakes)
    return Contact(name, phone)


def _contact(words: str, mistakes: list[str]) -> tuple[str, str]:
    found = find_phone(words, None)
    if found is None:
        return words, ""
    if found.e164 is None:
        mistakes.append(f'"{found.typed.strip()}" is no phone number: write it with its country code, like +33 6 ...')
        return "", ""
    name = " ".join(f"{words[: found.start]} {words[found.end :]}".split()).strip(" ,;:")
    if find_phone(name, None) is not None:
        mistakes.append("there are two numbers: a guest can be told one.")
    return name, found.e164
