"""Answers as no vendor should give them: each part of a good one, in turn, replaced by something odd."""

import copy
from collections.abc import Iterator
from typing import Any

HUGE = 10**400
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    HUGE,
    -HUGE,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "é \u202e<@U1>",
    "\ud800",
    "\x00",
    "a" * 70_000,
    "http://[::1",
    "Mon, 01 Jan 99999999999999999 00:00:00 +0000",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "01234",
    "０１２３４５６７",
    [],
    {},
    [[]],
    [{}],
    ["x"],
    [{"a": []}, 7],
    {"a": {"b": []}},
)

HEADERS: tuple[dict[str, str], ...] = tuple(
    [
        {"Retry-After": value}
        for value in (
            "Mon, 01 Jan 99999999999999999 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 -1400",
            "Mon, 01 Jan 0001 00:00:00 +1400",
            "9" * 5000,
            "-1",
            "nan",
            "Mon, , , ,",
            ",",
            "é",
        )
    ]
    + [
        {"Content-Type": f"application/json; charset={value}"}
        for value in ("rot13", "zlib", "hex", "utf-16", "idna", "punycode", "no-such", '"', "utf-8; charset=x")
    ]
    + [
        {"Content-Type": value}
        for value in ("", "/", ";", "text/html", "application/gzip", "text/plain; charset=rot13")
    ]
)


def oddities(good: Any) -> Iterator[tuple[str, Any]]:
    """Every mutation of a value out of JSON, and where it is."""
    for path in _paths(good):
        for odd in ODD:
            yield f"{'.'.join(map(str, path)) or 'all'} = {odd!r:.40}", _put(good, path, odd)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    parts: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _paths(part, (*at, name))


def _put(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    changed = copy.deepcopy(value)
    here = changed
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = odd
    return changed
