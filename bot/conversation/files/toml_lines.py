"""On which line of a TOML text something stands. The standard library's reader keeps no lines, so the text is cut into
its statements: a statement ends on the first line with which it can be read by itself."""

import tomllib
from typing import Any

Place = tuple[str | int, ...]
"""A way into what was written: ("rule", 0, "needed") is `needed` of the first [[rule]]."""


def place_words(place: Place) -> str:
    """The place as the operator knows it: the last name, or the header of a table."""
    if place and isinstance(place[-1], int):
        return f"[[{place[-2]}]]"
    return str(place[-1]) if place else "the file"


class Lines:
    """The first line of every statement of a text that tomllib has read as a whole."""

    def __init__(self, text: str) -> None:
        self._at: dict[Place, int] = {}
        self._table: Place = ()
        self._seen: dict[Place, int] = {}
        begun, first = "", 1
        for number, line in enumerate(text.splitlines(), 1):
            first = first if begun else number
            begun += line + "\n"
            statement = _read(begun)
            if statement is not None:
                self._note(begun.lstrip(), statement, first)
                begun = ""

    def of(self, place: Place) -> int:
        """The line of this place, or of the nearest thing around it."""
        while place and place not in self._at:
            place = place[:-1]
        return self._at.get(place, 1)

    def _note(self, text: str, statement: dict[str, Any], line: int) -> None:
        if text.startswith("[["):
            name = _way(statement)
            index = self._seen[name] = self._seen.get(name, -1) + 1
            self._table = (*name, index)
            self._at.setdefault(name, line)
            self._at[self._table] = line
        elif text.startswith("["):
            self._table = _way(statement)
            self._at[self._table] = line
        elif statement:
            place = self._table
            for step in _way(statement):
                place = (*place, step)
                self._at.setdefault(place, line)


def read_toml(text: str) -> dict[str, Any]:
    """Raises ValueError with tomllib's words, also for what makes it stumble."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("brackets within brackets, too many") from None


def _read(text: str) -> dict[str, Any] | None:
    try:
        return read_toml(text)
    except ValueError:
        return None


def _way(statement: dict[str, Any]) -> Place:
    """The names down to where a statement puts something: `a.b = 1` is ("a", "b")."""
    way: Place = ()
    inside: Any = statement
    while isinstance(inside, dict) and len(inside) == 1:
        name = next(iter(inside))
        way, inside = (*way, str(name)), inside[name]
        inside = inside[0] if isinstance(inside, list) and inside and isinstance(inside[0], dict) else inside
    return way
