"""Which lock a person means by the words they typed: by name or alias, whatever the case, accents, hyphens or spaces.

A near miss is a suggestion to show, never a match. Nothing here knows what a lock can do.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import time
from functools import cached_property, lru_cache

from bot.conversation.typed.plain_text import plain
from bot.domain.locks.lock import Lock

_MOST_WORDS = 8
_SIGN = re.compile(r"\s*([+&/])\s*(?=[^\W\d])")
_JOINS = frozenset(["+", "&", "/", "and", "und", "et", "y", "e", "en", "plus"])
ARTICLES = frozenset(["the", "die", "der", "das", "la", "le", "el", "il", "de", "het", "o", "a"])
_NEAR = 0.8
_SHORTEST_BEGINNING = 4
_NEAR_IN_MENU = 0.6
"""A menu may guess more freely than an answer: the person still picks."""


@dataclass(frozen=True, slots=True)
class LockName:
    """What a lock is called: `id` is ours, `zone` an IANA name."""

    id: str
    name: str
    zone: str
    aliases: tuple[str, ...] = ()
    check_in: time | None = None
    check_out: time | None = None


def lock_name(lock: Lock) -> LockName:
    """What this lock is called, and when stays there begin and end."""
    defaults = lock.defaults
    return LockName(lock.id, lock.name, lock.zone, defaults.aliases, defaults.check_in, defaults.check_out)


class LockNames(tuple[LockName, ...]):
    """The names of a whole house, for whom many ask: what each is known by is worked out once."""

    @cached_property
    def by_key(self) -> dict[str, list[LockName]]:
        return _keyed(self)


def lock_names(locks: Iterable[Lock]) -> LockNames:
    """What these locks are called. Several of one name are told apart by the end of the id that their provider knows
    them by: `Front door (K3F9A)`, which `front-door k3f9a` means, while the name alone means any of them."""
    found = tuple(locks)
    count = Counter(name_key(lock.name) for lock in found)
    return LockNames(_apart(lock) if count[name_key(lock.name)] > 1 else lock_name(lock) for lock in found)


def _apart(lock: Lock) -> LockName:
    alone = lock_name(lock)
    return replace(alone, name=f"{lock.name} ({lock.provider_ref[-5:]})", aliases=(lock.name, *alone.aliases))


@dataclass(frozen=True, slots=True)
class LockMatch:
    """Words `first` up to `after` name these locks: one, or several that share a name."""

    first: int
    after: int
    locks: tuple[LockName, ...]


@dataclass(frozen=True, slots=True)
class NamedLocks:
    """Words `first` up to `after`, with spaces around what joins them, name these doors. `joined`: more than one name
    stands there, be it of the same door."""

    words: tuple[str, ...]
    first: int
    after: int
    locks: tuple[LockName, ...]
    joined: bool = False


@lru_cache(maxsize=10_000)
def name_key(name: str) -> str:
    """`Front door`, `front-door` and `frontdoor` are one key; `Room 4-7` and `Room 47` are two."""
    folded = plain(name)
    letters = re.sub(r"(?<=\d)[^\w]+(?=\d)", "-", folded)
    return re.sub(r"[^\w-]|_|(?<!\d)-|-(?!\d)", "", letters) or name.strip().casefold()


def find_lock(words: Sequence[str], locks: Sequence[LockName]) -> LockMatch | None:
    """The longest run of words that is the name of a lock, at the beginning if there is one, else anywhere."""
    called = _by_key(locks)
    for first in range(len(words)):
        for after in range(min(len(words), first + _MOST_WORDS), first, -1):
            if found := called.get(name_key(" ".join(words[first:after]))):
                return LockMatch(first, after, tuple(found))
    return None


def only_lock(words: Sequence[str], locks: Sequence[LockName]) -> LockMatch | None:
    """The lock that all of these words name: where they may name two, none is chosen for whoever typed them."""
    begins = int(len(words) > 1 and words[0].casefold() in ARTICLES)
    # An article may be a part of the name.
    for named in (words, words[begins:]):
        found = find_lock(named, locks)
        if found is not None and (found.first, found.after) == (0, len(named)):
            return found
    return None


def find_row(text: str, locks: Sequence[LockName]) -> NamedLocks | None:
    """`front door + garage and bike shed`: doors in a row, with a word or sign that joins them; one is a row, too. None
    where there is none, or the first can be several."""
    words = tuple(" ".join(_SIGN.sub(r" \1 ", text).split()).split(" "))
    first = find_lock(words, locks)
    if first is None or len(first.locks) > 1:
        return None
    doors, after = [first.locks[0]], first.after
    while (found := _joined(words, after, locks)) is not None:
        doors += [lock for lock in found.locks if lock not in doors]
        after = found.after
    return NamedLocks(words, first.first, after, tuple(doors), joined=after > first.after)


def _joined(words: Sequence[str], after: int, locks: Sequence[LockName]) -> LockMatch | None:
    """The door whose name stands next, behind what joins it to the one before."""
    begins = after
    while begins < len(words) and words[begins].casefold() in _JOINS:
        begins += 1
    # A sign may have been taken for a part of the name before it: names are compared without signs.
    if begins == after and not words[after - 1].endswith((",", ";", "+", "&", "/")):
        return None
    if begins < len(words) and words[begins].casefold() in ARTICLES:
        begins += 1
    found = find_lock(words[begins:], locks)
    if found is None or found.first > 0 or len(found.locks) > 1:
        return None
    return LockMatch(begins, begins + found.after, found.locks)


def near_lock(words: Sequence[str], locks: Sequence[LockName]) -> LockMatch | None:
    """The lock whose name looks most like the first words, for "did you mean": a slip of typing, or its beginning."""
    called = _by_key(locks)
    tries = [(after, name_key(" ".join(words[:after]))) for after in range(1, min(len(words), _MOST_WORDS) + 1)]
    scored = [(_likeness(typed, key), -after, key) for after, typed in tries for key in called]
    score, shortness, key = max(scored, default=(0.0, 0, ""))
    return LockMatch(0, -shortness, tuple(called[key])) if score >= _NEAR else None


def search_locks(typed: str, locks: Sequence[LockName], most: int) -> list[LockName]:
    """What a menu shows while somebody types: names that hold these words, those that begin so first; else near ones.

    All of them, in order of name, while nothing is typed.
    """
    wanted = name_key(typed) if typed.strip() else ""
    keys = {lock.id: [name_key(name) for name in (lock.name, *lock.aliases)] for lock in locks}
    holding = [lock for lock in locks if any(wanted in key for key in keys[lock.id])]
    if holding:
        begins = {lock.id: any(key.startswith(wanted) for key in keys[lock.id]) for lock in holding}
        return sorted(holding, key=lambda lock: (not begins[lock.id], lock.name.casefold()))[:most]
    scored = [(max(_likeness(wanted, key) for key in keys[lock.id]), lock) for lock in locks]
    near = sorted((pair for pair in scored if pair[0] >= _NEAR_IN_MENU), key=lambda pair: -pair[0])
    return [lock for _, lock in near][:most]


def _likeness(typed: str, key: str) -> float:
    if len(typed) >= _SHORTEST_BEGINNING and key.startswith(typed):
        return _NEAR
    return difflib.SequenceMatcher(None, typed, key).ratio() if typed else 0.0


def _by_key(locks: Sequence[LockName]) -> dict[str, list[LockName]]:
    return locks.by_key if isinstance(locks, LockNames) else _keyed(locks)


def _keyed(locks: Sequence[LockName]) -> dict[str, list[LockName]]:
    called: dict[str, list[LockName]] = {}
    for lock in locks:
        for key in {name_key(name) for name in (lock.name, *lock.aliases)} if lock.aliases else (name_key(lock.name),):
            called.setdefault(key, []).append(lock)
    called.pop("", None)
    return called
