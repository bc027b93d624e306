"""Nonsense with a seed: good payloads spoiled at one place, words shaken together, bytes out of nowhere."""

import copy
import random
from collections.abc import Iterator
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5e308,
    float("inf"),
    float("nan"),
    "",
    " ",
    "\x00",
    "\ud800",
    "\U0001f6aa\u202e\u0000\ufeff",
    "x" * 20_000,
    "9" * 5_000,
    "' OR 1=1; --",
    "../../etc/passwd",
    "{{7*7}}%s%n{0}",
    [],
    [[]],
    [None],
    {},
    {"type": {"type": {}}},
    {"": ""},
)

_WORDS = (
    "front-door birch-gate for Ana +33 6 39 98 12 34 +33639981234 now tomorrow fri sun 3pm 11am 25:99 24:00 00:00 -"
    " - to until from 30h 0h -5h 1e9h 99999999999999999999h 28d 29d 367d 400d 2026-13-45 2026-12-04T15:20 29 feb"
    " 31.11. noon midnight <@U0BEN|ben> <!channel> <tel:+33639981234|06> & ; , . ? ! / \\ ` ' \" ( ) [ ] { } \x00 \x1b"
    " \U0001f511 \u202e \u0130 ｆｒｉ ３ｐｍ help list locks withdraw show note one-time PIN HERE IN STOP"
)
WORDS = _WORDS.split(" ")


def spoiled(template: Any, rng: random.Random, times: int) -> Iterator[tuple[str, Any]]:
    """The template with one place, sometimes two, gone or replaced; and which."""
    places = list(_places(template))
    for _ in range(times):
        made, names = copy.deepcopy(template), []
        for _ in range(rng.choice((1, 1, 1, 2))):
            place = rng.choice(places)
            names.append(_spoil(made, place, rng))
        yield " and ".join(names), made


def each_missing(template: Any) -> Iterator[tuple[str, Any]]:
    """The template without one of its parts, each in turn."""
    for place in _places(template):
        made = copy.deepcopy(template)
        del _parent(made, place)[place[-1]]
        yield f"without {_named(place)}", made


def soup(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 14)))


def noise(rng: random.Random) -> bytes:
    """Random bytes, invalid UTF-8, broken JSON and half-made forms."""
    return rng.choice(
        (
            b"",
            rng.randbytes(rng.randint(1, 300)),
            b"\xff\xfe\xed\xa0\x80",
            b"payload=" + rng.randbytes(30),
            b"payload=%ED%A0%80&command=%FF%FE&user_id=%00&trigger_id=%C3%28",
            b"payload=%7B%22type%22%3A",
            b"payload",
            b"&&&===&;;",
            b"%",
            b"a=b" * 5_000,
            b"&".join(b"k%d=v" % n for n in range(3_000)),
            b"{",
            b"null",
            b"[]",
            b'"\\ud800"',
            b"1e999",
            b"9" * 6_000,
            b"[" * 60_000,
            b'{"a":' * 60_000,
            b"[" * 900 + b"]" * 900,
            b'{"type":"event_callback","event":' + b'{"a":' * 900 + b"1" + b"}" * 901,
            b'{"event_id":"\xff"}',
        )
    )


def _places(part: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in items:
        yield (*at, name)
        yield from _places(value, (*at, name))


def _parent(made: Any, place: tuple[Any, ...]) -> Any:
    for name in place[:-1]:
        made = made[name]
    return made


def _spoil(made: Any, place: tuple[Any, ...], rng: random.Random) -> str:
    """A place that an earlier spoiling took away is left alone."""
    try:
        parent = _parent(made, place)
        if rng.random() < 0.3:
            del parent[place[-1]]
            return f"without {_named(place)}"
        odd = rng.choice(ODD_VALUES)
        parent[place[-1]] = copy.deepcopy(odd)
    except (KeyError, IndexError, TypeError):
        return "as before"
    return f"{_named(place)} = {str(odd)[:30].encode('ascii', 'backslashreplace').decode()!r}"


def _named(place: tuple[Any, ...]) -> str:
    return ".".join(map(str, place))
