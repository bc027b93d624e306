"""How Seam's API is spoken: parameters by JSON or query, errors, moments and pages.

Sources: nextlove (the framework Seam Connect is built on), the official Python SDK 3.18 and exchanges recorded from
Seam's own fake. What the parameters mean belongs to the handlers.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from providers.sandbox.asked import Json, Unfit, parse_json

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

BadType = Literal[
    "Required", "Expected string", "Expected boolean", "Expected number", "Expected array", "Invalid uuid"
]


class SeamError(Exception):
    """Seam's way of saying no: `{"error": {"type", "message", …}, "ok": false}`."""

    def __init__(self, status: int, kind: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        self.body: Json = {"error": {"type": kind, "message": message, **more}, "ok": False}


def invalid(message: str, name: str | None = None, short: str | None = None) -> SeamError:
    """`invalid_input` with zod's `validation_errors`; without a name it concerns the whole form."""
    errors: Json = {"_errors": []} if name else {"_errors": [message]}
    if name:
        errors[name] = {"_errors": [short or message]}
    return SeamError(400, "invalid_input", message, validation_errors=errors)


def not_found(kind: str, message: str) -> SeamError:
    return SeamError(404, kind, message)


def moment(instant: datetime) -> str:
    """As Seam writes instants: UTC, milliseconds, `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def optional_moment(instant: datetime | None) -> str | None:
    return moment(instant) if instant else None


class Params:
    """The parameters of one call. Each reader raises SeamError (400 invalid_input) for a wrong type; null is absent."""

    def __init__(self, given: Json, from_query: bool = False) -> None:
        self.given = given
        self.from_query = from_query

    @classmethod
    def from_json(cls, raw: bytes) -> "Params":
        """Raises Unfit for what is no JSON, SeamError for JSON that is no object."""
        given = parse_json(raw) if raw.strip() else {}
        if not isinstance(given, dict):
            raise invalid("Expected object")
        return cls(given)

    @classmethod
    def from_pairs(cls, pairs: Sequence[tuple[str, str]]) -> "Params":
        """A query: a repeated key or `key[]` is a list, `a.b` is nested, `_strict` is the SDK's and says nothing."""
        given: Json = {}
        for key, value in pairs:
            name, _, inner = key.removesuffix("[]").partition(".")
            if name == "_strict":
                continue
            if inner:
                nested = given.setdefault(name, {})
                if not isinstance(nested, dict):
                    raise SeamError(400, "invalid_query_params", f"Unable to parse query parameter {name}")
                nested[inner] = value
            elif isinstance(given.setdefault(name, []), list):
                given[name].append(value)
        return cls(given, from_query=True)

    def _value(self, name: str) -> Any:
        value = self.given.get(name)
        if self.from_query and isinstance(value, list):
            return (value[-1] or None) if value else None
        return value

    def _wrong(self, name: str, short: BadType) -> SeamError:
        return invalid(f"{name} is required" if short == "Required" else f'{short} for "{name}"', name, short)

    def text(self, name: str) -> str | None:
        value = self._value(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, "Expected string")
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise self._wrong(name, "Required")
        return value

    def uuid(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not UUID.fullmatch(value):
            raise self._wrong(name, "Invalid uuid")
        return value and value.lower()

    def required_uuid(self, name: str) -> str:
        value = self.uuid(name)
        if value is None:
            raise self._wrong(name, "Required")
        return value

    def flag(self, name: str) -> bool | None:
        value = self._value(name)
        if self.from_query and value in ("true", "false"):
            return bool(value == "true")
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "Expected boolean")
        return value

    def number(self, name: str, default: int, least: int = 1) -> int:
        """A whole number, not below `least`."""
        value = self._value(name)
        if value is None:
            return default
        if self.from_query and re.fullmatch(r"\d{1,9}", value, re.ASCII):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
            raise self._wrong(name, "Expected number")
        return int(value)

    def words(self, name: str) -> list[str] | None:
        value = self.given.get(name)
        if value is None:
            return None
        if self.from_query and isinstance(value, list):
            return [word for part in value for word in part.split(",") if word]
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self._wrong(name, "Expected array")
        return value

    def record(self, name: str) -> Json:
        value = self.given.get(name)
        if value is None or value == [""]:
            return {}
        if not isinstance(value, dict):
            raise invalid(f'Expected object for "{name}"', name, "Expected object")
        return value

    def moment(self, name: str) -> datetime | None:
        """An ISO 8601 instant, in UTC."""
        value = self.text(name)
        return None if value is None else read_moment(name, value)


def read_moment(name: str, value: str) -> datetime:
    """Raises SeamError; a moment without an offset is refused, for nobody could say which one is meant."""
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None and EARLIEST < instant < LATEST:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    short = "Must be parsable date string if defined"
    raise invalid(f'{short} for "{name}"', name, short)


def page(key: str, items: Sequence[Json], params: Params, default_limit: int = 500) -> Json:
    """One page of a list. A cursor only goes with the parameters it was made for (mismatched_page_parameters)."""
    limit, cursor = params.number("limit", default_limit), params.text("page_cursor")
    asked = {name: value for name, value in params.given.items() if name != "page_cursor"}
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    begin = _offset(cursor, fingerprint) if cursor else 0
    more = begin + limit < len(items)
    following = base64.urlsafe_b64encode(json.dumps([fingerprint, begin + limit]).encode()).decode() if more else None
    pagination = {"has_next_page": more, "next_page_cursor": following, "next_page_url": None}
    return {key: list(items[begin : begin + limit]), "pagination": pagination}


def _offset(cursor: str, fingerprint: str) -> int:
    try:
        made_for, begin = parse_json(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, Unfit):
        raise invalid('Invalid page cursor for "page_cursor"', "page_cursor") from None
    if made_for != fingerprint or isinstance(begin, bool) or not isinstance(begin, int) or begin < 0:
        raise SeamError(400, "mismatched_page_parameters", "The page cursor was made for other parameters.")
    return begin


def matches(found: Mapping[str, object], params: Params, *names: str) -> bool:
    """Whether an object has what was asked for by `names` (single values) and their plurals (lists)."""
    for name in names:
        wanted, several = params.text(name), params.words(f"{name}s")
        if wanted is not None and found.get(name) != wanted:
            return False
        if several is not None and found.get(name) not in several:
            return False
    return True
