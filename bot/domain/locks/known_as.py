"""The names that rules know a lock by. Whoever has the vendor's app renames a lock there; that is nobody's decision
about who may approve, so a rule holds on to a lock by every name that it was called."""

import re
from dataclasses import dataclass

MOST_NAMES = 100
"""So many are kept, the first ones: whoever renames a lock over and over does not get rid of what it was."""

_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}", re.IGNORECASE)
_MARK = "\0"
"""Stands before an id among names. No name holds it: `bot.domain.signs` replaces it."""


@dataclass(frozen=True, slots=True)
class KnownAs:
    """`names`: what its provider calls it and has called it, oldest first. `own`: what is the house's own and holds
    whatever it is called: its id, other names, tags."""

    names: tuple[str, ...]
    own: tuple[str, ...] = ()

    @property
    def each(self) -> tuple[tuple[str, ...], ...]:
        """The lock under each of its names."""
        return tuple((name, *self.own) for name in self.names)


def as_id(lock_id: str) -> str:
    """An id among names."""
    return _MARK + lock_id


def is_id(name: str) -> bool:
    return name.startswith(_MARK)


def looks_like_id(written: str) -> bool:
    """Whether a rule means an id by it. A name of that look is nobody's: a lock must not be called as another is
    known."""
    return _ID.fullmatch(written) is not None


def with_name(names: tuple[str, ...], name: str, most: int = MOST_NAMES) -> tuple[str, ...]:
    """These names and this one; what differs in upper and lower case is one name, as in the rules."""
    if len(names) >= most or name.casefold() in {one.casefold() for one in names}:
        return names
    return (*names, name)
