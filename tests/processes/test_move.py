"""`nightporter move`: a house with stays in every state, from SQLite to PostgreSQL and back, where it goes on."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.conversation.guest_texts.phrases import Phrase
from bot.workflows.withdraw import withdraw
from storage import move as moving
from storage.engine import Database, open_database
from storage.migrate import migrate
from storage.processes import announced
from storage.schema import METADATA
from storage.seals import Seals, new_key
from storage.standings import standings
from tests.benchmarks.ports import KEY
from tests.processes.operator import Said, run
from tests.processes.test_backup import on, refused, statement
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_receiving_guest_texts import Guest

URL = "sqlite+aiosqlite:///{}"


async def filled(url: str) -> None:
    """Stays to come, running, in use, not heard of, withdrawn, on arrival, over; texts, evidence, alerts."""
    async with a_house(url) as made:
        cleo = Guest(made)
        await cleo.stays(0, 30, 0)
        await cleo.later(hours=60)
        await cleo.stays(72, 40, 0)
        running = await cleo.stays(0, 40, 1)
        await cleo.texts("IN")
        await cleo.stays(0, 60, 2, on_arrival=True)
        gone = await cleo.stays(4, 30, 1)
        await withdraw(made.ports, gone, "U_BEN")
        await cleo.texts("It does not open, please help 🔑")
        await cleo.later(hours=3)
        assert running


async def goes_on(url: str, days: int) -> None:
    """What is due so much later is done, and a new stay gets its PIN."""
    async with a_house(url) as made:
        cleo = Guest(made)
        await cleo.later(days=days)
        stay = await cleo.stays(0, 20, 2)
        assert (await cleo.codes(stay))[-1].has_pin
        assert await cleo.count(Phrase.PIN.value) >= 1


def house(tmp_path: Path, name: str = "house.db") -> str:
    url = URL.format(tmp_path / name)
    on(url, migrate)
    asyncio.run(filled(url))
    return url


def moved(folder: Path, url: str, to: str, key: str = KEY) -> Said:
    return run(folder, "move", "--to", to, DATABASE_URL=url, NIGHTPORTER_KEYS=key)


def rows(url: str) -> dict[str, int]:
    async def count(database: Database) -> dict[str, int]:
        async with database.engine.connect() as connection:
            return {
                name: (await connection.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one()
                for name in METADATA.tables
                if name not in moving.OF_PROCESSES
            }

    return on(url, count)  # type: ignore[no-any-return]


def stands(url: str, now: Any) -> list[tuple[str, str]]:
    async def read(database: Database) -> list[tuple[str, str]]:
        return [one async for one in standings(database, Seals([KEY]), now)]

    return on(url, read)  # type: ignore[no-any-return]


def test_from_sqlite_to_postgresql_and_back(tmp_path: Path, postgresql_url: str) -> None:
    url, back = house(tmp_path), URL.format(tmp_path / "back.db")
    before = rows(url)
    done = moved(tmp_path, url, postgresql_url)
    assert done.returncode == 0, done.stderr
    assert "5 stays stand as they did" in done.stdout
    after = rows(postgresql_url)
    assert after.pop("audit_entries") == before.pop("audit_entries") + 1, "that it was moved is written"
    assert after == before
    verified = run(tmp_path, "audit", "verify", DATABASE_URL=postgresql_url)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    asyncio.run(goes_on(postgresql_url, 9))
    again = moved(tmp_path, postgresql_url, back)
    assert again.returncode == 0, again.stderr
    assert "6 stays stand as they did" in again.stdout
    asyncio.run(goes_on(back, 20))


def test_what_stands_in_the_way_is_said_and_nothing_is_changed(tmp_path: Path, postgresql_url: str) -> None:
    url = house(tmp_path)
    refused(moved(tmp_path, url, url), "Both addresses name the same database")
    refused(moved(tmp_path, url, postgresql_url, new_key()), "key")
    other = house(tmp_path, "other.db")
    refused(moved(tmp_path, url, other), "--to holds something already")
    missing = moved(tmp_path, URL.format(tmp_path / "nowhere.db"), postgresql_url)
    assert missing.returncode == 1
    assert "There is no database" in missing.stderr
    for address in ("mysql://h/x", "postgresql://h:99999/x"):
        done = moved(tmp_path, url, address)
        assert done.returncode == 2
        assert "--to" in done.stderr

    async def lives(database: Database) -> None:
        async with announced(database, Seals([KEY]), ["web"]):
            done = await asyncio.to_thread(moved, tmp_path, url, postgresql_url)
            refused(done, "A process has")

    on(url, lives)
    on(url, statement("UPDATE alembic_version SET version_num = '0033'"))
    refused(moved(tmp_path, url, postgresql_url), "not at the newest revision")
    assert set(rows(postgresql_url).values()) <= {0, 1}


def test_a_target_that_is_none_is_said_by_its_own_name(tmp_path: Path) -> None:
    url, shop, words = house(tmp_path), tmp_path / "shop.db", tmp_path / "words.db"
    with closing(sqlite3.connect(shop)) as other, other:
        other.execute("CREATE TABLE shop (x)")
    words.write_text("This is a text, and no database of anybody's.")
    refused(moved(tmp_path, url, URL.format(shop)), "none of Night Porter's")
    with closing(sqlite3.connect(shop)) as other:
        assert [name for (name,) in other.execute("SELECT name FROM sqlite_master")] == ["shop"]
    for nowhere in ("sqlite://", "sqlite:///:memory:"):
        refused(moved(tmp_path, url, nowhere), "is gone when this command ends")
    away = "postgresql://porter:s3cret@127.0.0.1:1/porter"
    for address, said in ((URL.format(words), "names a file that SQLite did not write"), (away, "does not answer")):
        done = moved(tmp_path, url, address)
        refused(done, said)
        assert "--to" in done.stderr
        assert "DATABASE_URL" not in done.stderr
        assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("damage", [lambda _row: b"x", lambda _row: b"y"], ids=["one", "another"])
def test_what_arrives_otherwise_is_not_committed(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Any], bytes]
) -> None:
    """As if the driver changed a value on the way."""
    url, real, seen = house(tmp_path), moving._print_of, [0]

    def odd(row: Any) -> bytes:
        seen[0] += 1
        return damage(row) if seen[0] == 40 else real(row)

    monkeypatch.setattr(moving, "_print_of", odd)
    refused(moved(tmp_path, url, postgresql_url), "is not what was sent: nothing was changed")
    assert rows(postgresql_url)["guests"] == 0


async def test_whoever_starts_meanwhile_waits(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what they write would be in some of the tables that are read, or in none."""
    source, target = open_database(postgresql_url), open_database(URL.format(tmp_path / "to.db"))
    await migrate(source)
    real, starts = moving._check_nobody_lives, list[asyncio.Task[None]]()

    async def start() -> None:
        async with announced(source, Seals([KEY]), ["web"]):
            pass

    async def one_starts(connection: AsyncConnection, which: str) -> None:
        await real(connection, which)
        if not starts:
            starts.append(asyncio.create_task(start()))
            waiting = text(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            async with asyncio.timeout(10), source.engine.connect() as other:
                # who waits is looked up once in a transaction
                await other.execution_options(isolation_level="AUTOCOMMIT")
                while not await other.scalar(waiting):
                    assert not starts[0].done(), "it has started"

    monkeypatch.setattr(moving, "_check_nobody_lives", one_starts)
    await moving.move(source, target)
    await starts[0]
    await source.engine.dispose()
    await target.engine.dispose()


def test_many_rows_are_read_some_at_a_time(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "AT_A_TIME", 2)
    url = house(tmp_path)
    assert moved(tmp_path, url, postgresql_url).returncode == 0
    assert rows(postgresql_url)["messages"] == rows(url)["messages"] > 4
