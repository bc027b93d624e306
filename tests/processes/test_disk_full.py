"""The disk under the database is full: whoever asks is told so in a sentence, `/readyz` says it, nothing ends and
nothing is called a bug; and all goes on by itself once there is room."""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from bot.ports import NoRoom, Subject
from storage.engine import open_database
from storage.nudges import Queue
from storage.processes import has_room
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.fork_server import ROOT, Forked
from tests.ports import free_port
from tests.processes.house import Asked

SIZE, AT = "12m", datetime(2026, 12, 1, tzinfo=UTC)


@contextmanager
def small(place: Path) -> Iterator[Path]:
    """A file system of a few megabytes; where the machine makes none for us, there is nothing to see here."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0777", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts nothing for us; the last test fills a database that may not grow")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    with small(place) as mounted:
        yield mounted


class FullHouse(Asked):
    """A sandbox and a bot, each a process of its own, with the database on that disk."""

    def __init__(self, disk: Path, log: Path) -> None:
        self.log, self.sandbox, self.bot = log, free_port(), free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": f"sqlite:///{disk}/nightporter.db",
            "NIGHTPORTER_KEYS": new_key(),
            "SANDBOX_URL": f"http://127.0.0.1:{self.sandbox}",
            "PUBLIC_URL": f"http://127.0.0.1:{self.bot}",
            "PORT": str(self.bot),
        }
        with log.open("w") as written:
            self.running = [
                Forked(words, cwd=ROOT, env=environment, out=written.fileno())
                for words in (("sandbox", "--port", str(self.sandbox)), ("serve",))
            ]

    def is_full_for(self, guest: str, hour: int) -> bool:
        return "Our database takes nothing just now: its disk is full" in self.ask(guest, hour)

    def close(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(30)


def fill(place: Path) -> Path:
    filler = place / "filler"
    with filler.open("wb", buffering=0) as opened:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    opened.write(b"x" * size)
            except OSError:
                continue
    return filler


def test_a_full_disk_ends_nothing_and_room_mends_it(disk: Path, tmp_path: Path) -> None:
    house = FullHouse(disk, tmp_path / "log")
    try:
        house.until("ready", lambda: house.get("/readyz").status_code == 200)
        house.until("the locks are known", lambda: "Asked for a PIN for *Ana*" in house.ask("Ana", 1))
        for turn, guest in enumerate(("Bea", "Cleo"), 2):
            filler = fill(disk)
            house.until("whoever asks is told", partial(house.is_full_for, guest, turn))
            answer = house.until("it is not ready", lambda: (a := house.get("/readyz")).status_code == 503 and a)
            assert answer.json()["wrong"]["database"].startswith("cannot grow: its disk is full; make room on it")
            assert house.get("/healthz").status_code == 200
            assert house.get("/metrics").status_code == 200
            filler.unlink()
            house.until("ready again", lambda: house.get("/readyz").status_code == 200)
            assert f"Asked for a PIN for *{guest}*" in house.ask(guest, turn)
        assert [process.poll() for process in house.running] == [None, None]
    finally:
        house.close()
    log = house.log.read_text()
    assert "a bug" not in log
    assert "Traceback" not in log
    said = [line for line in log.splitlines() if "misconfigured" in line and "database" in line]
    assert len(said) == 1, "once an hour"
    assert "make room on it" in said[0]
    assert log.count("the clock will nudge again") <= 2, "a line a minute"


async def test_postgresql_on_a_full_disk_says_so_and_takes_up_again(postgresql_url: str) -> None:
    """Its tables that grow lie on a disk of their own: where its log lies there as well, PostgreSQL stops altogether,
    and is away."""
    place = Path(tempfile.mkdtemp(dir="/dev/shm"))
    place.chmod(0o755)
    server = await asyncpg.connect(postgresql_url)
    database = open_database(postgresql_url)
    queue = await Queue.on_postgresql(database.engine)
    store, name = open_store(database, Seals([new_key()]), queue), f"small_{place.name.lower()}"

    async def write(number: int) -> None:
        async with store() as uow:
            await uow.deliveries.first(
                "twilio", f"SM{number} {secrets.token_hex(900)}", datetime(2026, 12, 1, tzinfo=UTC)
            )

    try:
        with small(place):
            data = Path(str(await server.fetchval("SHOW data_directory")))
            os.chown(place, data.stat().st_uid, -1)
            await server.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'")
            for table in ("deliveries", "processes", "pgqueuer"):
                await server.execute(f"ALTER TABLE {table} SET TABLESPACE {name}")
            await write(0)
            filler = fill(place)
            with pytest.raises(NoRoom):
                for number in range(1, 200):
                    await write(number)
            assert database.room.is_full
            assert not await has_room(database)
            with pytest.raises(OSError, match="DiskFull"):
                for number in range(400):
                    await queue.put([(Subject.CODE, f"C{number}{turn}") for turn in range(50)])
            filler.unlink()
            assert await has_room(database)
            await write(1000)
            await queue.put([(Subject.CODE, "C")])
            for table in ("deliveries", "processes", "pgqueuer"):
                await server.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
            await server.execute(f"DROP TABLESPACE {name}")
    finally:
        await queue.close()
        await database.engine.dispose()
        await server.close()
        place.rmdir()


async def test_a_database_that_may_not_grow_says_so_and_takes_up_again(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    store = open_store(database, Seals([new_key()]), Queue.in_memory())

    async def grow_to(pages: int) -> None:
        # Of the one connection that lies in the pool; SQLite takes no fewer than there are.
        async with database.engine.connect() as connection:
            await connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    async def write(number: int) -> None:
        async with store() as uow:
            await uow.deliveries.first("twilio", f"SM{number}" + "x" * 3000, AT)

    await write(0)
    await grow_to(1)
    with pytest.raises(NoRoom):
        for number in range(1, 50):
            await write(number)
    assert database.room.is_full
    assert not await has_room(database)
    await grow_to(1_000_000)
    assert await has_room(database)
    await write(100)
    await database.engine.dispose()
