"""What a whole run needs for certain, made while its tests are collected, which keeps one core busy for ten seconds: by
a process of its own, `python -m tests.ahead`. Whoever needs one of these sooner makes it, or waits for who does."""

import asyncio
import os
import sys
from pathlib import Path

from storage.engine import open_database
from storage.migrate import migrate
from tests import janitor, postgresql
from tests.fork_server import ROOT, start_ahead


def make_ahead() -> None:
    """Does not wait."""
    log = str(janitor.folder_of_the_run() / "ahead.log")
    said = [(os.POSIX_SPAWN_OPEN, number, log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) for number in (1, 2)]
    words = [sys.executable, "-m", __name__]
    os.posix_spawn(sys.executable, words, {**os.environ, "PYTHONPATH": str(ROOT)}, file_actions=said)


def migrated_sqlite() -> Path:
    """Where a migrated SQLite file lies, one for the whole run."""
    file = janitor.sqlite_template()
    assert file is not None
    with postgresql.one_at_a_time(file.parent):
        if not file.exists():
            asyncio.run(_make(file))
    return file


async def _make(file: Path) -> None:
    database = open_database(f"sqlite+aiosqlite:///{file.with_suffix('.new')}")
    await migrate(database)
    await database.engine.dispose()
    file.with_suffix(".new").rename(file)


if __name__ == "__main__":
    start_ahead()
    postgresql.start(janitor.folder_of_the_run() / "postgresql")
    migrated_sqlite()
