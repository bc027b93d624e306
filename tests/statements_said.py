"""Listening to what transactions ask of the database, on both kinds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from storage.transaction import PostgresqlTransaction, SqliteTransaction

Said = tuple[str, tuple[Any, ...]]
"""A statement in the database's words, and its values."""


@contextmanager
def statements_said() -> Iterator[list[Said]]:
    """Grows with every statement of every transaction of this process."""
    said: list[Said] = []
    with pytest.MonkeyPatch.context() as patched:
        for name in ("fetch", "execute", "execute_soon"):
            _listen(patched, SqliteTransaction, name, said)
        for name in ("fetch", "_run"):  # several that go together are one there
            _listen(patched, PostgresqlTransaction, name, said)
        yield said


def _listen(patched: pytest.MonkeyPatch, kind: type, name: str, said: list[Said]) -> None:
    real = getattr(kind, name)

    async def heard(begun: Any, sql: str, values: Sequence[Any]) -> Any:
        read_ahead = any((sql, values) == each[:2] for each in getattr(begun, "_ahead", ()))
        if not read_ahead and sql not in ("COMMIT", "ROLLBACK"):
            said.append((sql, tuple(values)))
        return await real(begun, sql, values)

    patched.setattr(kind, name, heard)
