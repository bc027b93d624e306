"""Whether the keys at hand open what lies sealed in the database, without showing any of it."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlmodel import col

from storage.engine import Database
from storage.installed import SEALED_TOKENS, SlackBotRow
from storage.rotate import SEALED
from storage.seals import Seals, UnknownSeal


async def seals_fit(database: Database, seals: Seals) -> bool:
    """Tried on the oldest and the newest of each kind: a change of keys goes from the one to the other. True where
    there is none yet."""
    async with database.engine.connect() as connection:
        for one in _ends():
            sealed = await connection.scalar(one)
            try:
                if sealed is not None:
                    seals.open(sealed if isinstance(sealed, bytes) else sealed.encode("ascii"))
            except UnknownSeal:
                return False
    return True


def check_opens(seals: Seals | None, sealed: Iterable[bytes]) -> None:
    """Raises UnknownSeal unless the keys open all of it; without keys, where there is any."""
    for one in sealed:
        if seals is None:
            raise UnknownSeal
        seals.open(one)


def holds_sealed(file: Path) -> bool:
    """Whether this SQLite file holds anything that only a key opens. False where there is none, or none of ours."""
    return file.is_file() and bool(sealed_ends(file))


def sealed_ends(file: Path) -> list[bytes]:
    """The oldest and the newest of each kind in an SQLite file."""
    found = []
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        for words in _ends_in_sqlite():
            with suppress(sqlite3.Error):  # a table that an older revision does not have yet
                found += [str(value).encode("ascii") for (value,) in connection.execute(words)]
    return found


SEALED_COLUMNS: tuple[tuple[str, str], ...] = (
    *((row.__tablename__, value) for _what, row, value, _mark in SEALED),
    *((SlackBotRow.__tablename__, name) for name in SEALED_TOKENS),
)
"""Table and column."""


@cache
def _ends_in_sqlite() -> tuple[str, ...]:
    dialect, literal = sqlite_dialect.dialect(), {"literal_binds": True}
    return tuple([str(one.compile(dialect=dialect, compile_kwargs=literal)) for one in _ends()])


def _ends() -> Iterator[Select[Any]]:
    columns: list[tuple[Any, Any]] = [(row.id, col(getattr(row, value))) for _what, row, value, _mark in SEALED]
    columns += [(SlackBotRow.id, col(getattr(SlackBotRow, name))) for name in SEALED_TOKENS]
    for row_id, value in columns:
        for order in (col(row_id), col(row_id).desc()):
            yield select(value).where(value.is_not(None)).order_by(order).limit(1)
