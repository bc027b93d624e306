"""What an operator types about a lock for its guests → `ForGuests`; every mistake in one sentence."""

from collections.abc import Mapping
from dataclasses import replace

from bot.conversation.gsm7 import is_gsm7
from bot.conversation.guest_phones import find_phone
from bot.domain.limits import LONGEST_CONTACT, LONGEST_END_KEY, LONGEST_GUEST_NAME_OF_LOCK, LONGEST_WAKE
from bot.domain.locks import ForGuests, Lock

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


def understand_lock_settings(before: ForGuests, typed: Mapping[str, str | None]) -> ForGuests:
    """`typed` by the names of ForGuests; None leaves what is there, an empty text goes back to the default. `contact`
    is a name, a phone number, or both: `Ada +33 6 39 98 12 34`. Raises LockMistakes."""
    given = {name: " ".join(words.split()) for name, words in typed.items() if words is not None}
    mistakes: list[str] = []
    if "contact" in given:
        given["contact"], given["contact_phone"] = _contact(given["contact"], mistakes)
    mistakes += [
        f"{option} may be at most {most} characters long: this is {len(given[name])}."
        for name, (option, most) in _LIMITS.items()
        if len(given.get(name, "")) > most
    ]
    if mistakes:
        raise LockMistakes(mistakes)
    return replace(before, **given)


def told_to_guests(lock: Lock) -> list[tuple[str, str]]:
    """What is set for this lock, by the option that sets it."""
    set_ = lock.for_guests
    contact = " ".join(filter(None, (set_.contact, set_.contact_phone)))
    pairs = (("guest name", set_.door), ("wake", set_.wake), ("end key", set_.end_key), ("contact", contact))
    return [(option, words) for option, words in pairs if words]


def remarks(settings: ForGuests) -> list[str]:
    """What an operator should know about words that are not refused."""
    own = {"--guest-name": settings.door, "--wake": settings.wake, "--end-key": settings.end_key}
    strange = [option for option, words in own.items() if not is_gsm7(words)]
    return [
        f"{option} has letters that a cheap text cannot carry: they get the nearest ones, or the default words stand."
        for option in strange
    ]


def _contact(words: str, mistakes: list[str]) -> tuple[str, str]:
    found = find_phone(words, None)
    if found is None:
        return words, ""
    if found.e164 is None:
        mistakes.append(f'"{found.typed.strip()}" is no phone number: write it with its country code, like +33 6 ...')
        return "", ""
    return " ".join(f"{words[: found.start]} {words[found.end :]}".split()).strip(" ,;:"), found.e164
