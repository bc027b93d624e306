"""A database of the first release, filled: backed up, brought to today, moved to PostgreSQL, backed up there and
restored elsewhere. Every stay stands the same at each step."""

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection, text

from storage.engine import Database
from storage.migrate import _config, migrate
from storage.seals import Seals
from storage.standings import standings
from tests.processes.test_backup import KEY, on, typed
from tests.processes.test_backup import tools as tools
from tests.storage.test_migrations import REQUESTS, STATES, _fill

PIN, PHONES = "481529063", {"G": "+33639981234", "G2": "+33639985678", "G3": "+33639980001"}
WITH_PIN = ("C-ready", "C-shared", "C-active", "C-withdrawn", "C-unheard")


def _seal(sync: Connection) -> None:
    """What `_fill` leaves as words lies under a real key, as it did."""
    seals = Seals([KEY])
    for guest, phone in PHONES.items():
        said = {"phone": seals.seal(phone).decode(), "mark": seals.fingerprint(phone), "of": guest}
        sync.execute(text("UPDATE guests SET phone = :phone, phone_mark = :mark WHERE id = :of"), said)
    for code in WITH_PIN:
        said = {"pin": seals.seal(PIN).decode(), "mark": seals.fingerprint(PIN), "of": code}
        sync.execute(text("UPDATE access_codes SET pin = :pin, pin_mark = :mark WHERE id = :of"), said)


async def first_release(database: Database) -> None:
    async with database.engine.begin() as opened:
        await opened.run_sync(lambda sync: command.upgrade(_config(sync), "0018"))
        await opened.run_sync(_fill)
        await opened.run_sync(_seal)


def stands(url: str, now: datetime) -> list[tuple[str, str]]:
    async def read(database: Database) -> list[tuple[str, str]]:
        return [one async for one in standings(database, Seals([KEY]), now)]

    return on(url, read)  # type: ignore[no-any-return]


@pytest.fixture
def elsewhere(postgresql: str) -> str:
    """An empty PostgreSQL database, without tables."""
    name = f"np_{uuid.uuid4().hex}"

    async def make() -> None:
        connection = await asyncpg.connect(postgresql)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        await connection.close()

    asyncio.run(make())
    return postgresql.replace("/postgres?", f"/{name}?")


def test_every_stay_stands_the_same_at_each_step(tmp_path: Path, postgresql_url: str, elsewhere: str) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'first.db'}"
    on(url, first_release)
    assert "at revision 0018." in typed(tmp_path, url, "backup", "first.backup").stdout
    done = typed(tmp_path, url, "move", "--to", postgresql_url)
    assert "run `nightporter migrate`" in done.stderr
    on(url, migrate)
    now = datetime.now(UTC)
    first = stands(url, now)
    assert len(first) == 2 + len(REQUESTS)
    assert sum(said.count("True") for _, said in first) == len(WITH_PIN)
    assert len(dict(first)["R"].split()) == 1 + 3 * len(STATES)
    assert ":used" in dict(first)["R"], "evidence stands beside its PIN"

    moved = typed(tmp_path, url, "move", "--to", postgresql_url)
    assert moved.returncode == 0, moved.stderr
    assert stands(postgresql_url, now) == first

    kept = typed(tmp_path, postgresql_url, "backup", "second.backup")
    assert kept.returncode == 0, kept.stderr
    restored = typed(tmp_path, elsewhere, "restore", "second.backup")
    assert restored.returncode == 0, restored.stderr
    assert stands(elsewhere, now) == first

    again = f"sqlite+aiosqlite:///{tmp_path / 'again.db'}"
    assert typed(tmp_path, again, "restore", "first.backup").returncode == 0
    on(again, migrate)
    assert stands(again, now) == first, "and so does the very first backup"
    assert typed(tmp_path, elsewhere, "audit", "verify").returncode == 0
