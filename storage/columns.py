"""Column types: instants as UTC on every database, and text under a seal. No tables here."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.domain.signs import fit
from storage.seals import Seals


class UtcDateTime(TypeDecorator[datetime]):
    """Aware instants in, aware UTC instants out; SQLite keeps them naive, PostgreSQL with its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    # Each row has a dozen of them, so they are written and read here in one call.

    def bind_processor(self, dialect: Dialect) -> Any:
        return _as_text if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _from_text if dialect.name == "sqlite" else _in_utc


def _as_text(value: datetime | None) -> str | None:
    """2026-12-01 15:00:00.000000, in UTC, as SQLAlchemy writes an instant on SQLite: texts that sort by time."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def _in_utc(value: datetime | None) -> datetime | None:
    """As PostgreSQL's driver takes and gives it."""
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return value.astimezone(UTC)


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Sealed(TypeDecorator[bytes]):
    """Text that only `storage.seals.Seals` can read; the column holds what it made, as ASCII."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Any:
        return value.decode("ascii") if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return value.encode("ascii") if value is not None else None


class SealedText(TypeDecorator[str]):
    """Text in, text out; the column holds it sealed. For tables whose statements are not ours."""

    impl = String
    cache_ok = False  # a statement kept for later would keep these seals

    def __init__(self, seals: Seals) -> None:
        super().__init__()
        self._seals = seals

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        return self._seals.seal(value).decode("ascii") if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return self._seals.open(value.encode("ascii")) if value is not None else None


class Texts(TypeDecorator[Iterable[str]]):
    """A list of texts as one value: PostgreSQL has arrays, and SQLite reads JSON. Written, never read."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        on_postgresql = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(String()) if on_postgresql else String())

    def bind_processor(self, dialect: Dialect) -> Any:
        return _as_array if dialect.name == "postgresql" else _as_json


def _as_array(value: Iterable[str] | None) -> list[str]:
    return [fit(text) for text in value or ()]


def _as_json(value: Iterable[str] | None) -> str:
    return json.dumps(_as_array(value))
