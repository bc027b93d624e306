"""Reading what somebody sends to the sandbox, whatever it is, and refusing it with one sentence.

Used by the rooms for people's actions (a command typed, a text sent) and for parsing vendors' wire forms. Nothing in
here knows Slack or Twilio.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Json = dict[str, Any]


class Unfit(Exception):
    """What was asked cannot be done; `sentence` says why and goes back with HTTP `status` (4xx)."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


def parse_json(raw: str | bytes) -> Any:
    """Any JSON value that can be written out again. Raises Unfit (400) for NaN, lone surrogates, endless nesting."""
    try:
        value = json.loads(raw, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Unfit("This is not JSON in UTF-8.", 400) from None
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


async def json_body(request: Request) -> Json:
    """The request's JSON object. Raises Unfit (400)."""
    value = parse_json(await request.body())
    if not isinstance(value, dict):
        raise Unfit("Send one JSON object.", 400)
    return value


def form(raw: bytes) -> dict[str, str]:
    """An urlencoded body or query; the last of several values wins, blank ones are kept. Raises Unfit (400)."""
    try:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        raise Unfit("Too many fields.", 400) from None


def word(asked: Json, name: str, default: str | None = None) -> str:
    """A text field. Raises Unfit if it is missing (and has no default) or is not text."""
    value = asked.get(name, default)
    if not isinstance(value, str):
        raise Unfit(f"'{name}' must be a text." if name in asked else f"'{name}' is missing.")
    return value


def maybe(asked: Json, name: str) -> str | None:
    """A text field, or None where it is absent or null. Raises Unfit for anything else."""
    return None if asked.get(name) is None else word(asked, name)


def count(asked: Json, name: str, most: int = 10) -> int:
    """A small whole number, 0 by default. Raises Unfit."""
    value = asked.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Unfit(f"'{name}' must be a whole number from 0 to {most}.")
    return value


def words(asked: Json, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """A list of texts. Raises Unfit for anything else."""
    value = asked.get(name, list(default))
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unfit(f"'{name}' must be a list of texts.")
    return tuple(value)


def number(asked: Json, name: str, default: float, most: float) -> float:
    """A number from 0 to `most`. Raises Unfit."""
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Unfit(f"'{name}' must be a number from 0 to {most:g}.")
    return float(value)


def flag(asked: Json, name: str, default: bool = False) -> bool:
    """True or false. Raises Unfit for anything else."""
    value = asked.get(name, default)
    if not isinstance(value, bool):
        raise Unfit(f"'{name}' must be true or false.")
    return value


def answering(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint whose Unfit becomes `{"ok": false, "error": sentence}` with its status."""

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except Unfit as no:
            return JSONResponse({"ok": False, "error": no.sentence}, no.status)

    return endpoint
