"""Every command here that makes an SQLite database makes it as the run's template is: the same revisions, said in the
same words, without half a second for each. `tests/storage` runs them one by one."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

import storage

_OBJECTS = """SELECT sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND sql IS NOT NULL
ORDER BY CASE type WHEN 'table' THEN 0 ELSE 1 END, rowid"""
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


@pytest.fixture(autouse=True)
def _from_the_template(monkeypatch: pytest.MonkeyPatch, sqlite_template: Path) -> None:
    real = command.upgrade

    def upgrade(config: Config, revision: str) -> None:
        connection: Connection = config.attributes["connection"]
        if revision != "head" or connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
            real(config, revision)
            return
        _copy(sqlite_template, connection)
        if (said := config.attributes["applied"]) is not None:
            for each in _revisions():
                said(each)

    monkeypatch.setattr(command, "upgrade", upgrade)


def _copy(template: Path, connection: Connection) -> None:
    with closing(sqlite3.connect(template)) as file:
        for (sql,) in file.execute(_OBJECTS):
            connection.exec_driver_sql(sql)
        for (name,) in file.execute(_TABLES).fetchall():
            for row in file.execute(f'SELECT * FROM "{name}"'):
                connection.exec_driver_sql(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(row))})', tuple(row))


@cache
def _revisions() -> Sequence[str]:
    """As `storage/migrations/env.py` says them."""
    (package,) = storage.__path__
    known = ScriptDirectory(f"{package}/migrations").walk_revisions()
    return [f"{each.revision}: {(each.doc or '').splitlines()[0]}" for each in reversed([*known])]
