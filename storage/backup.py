"""A whole database in one file, and back. A file has its name only when all of it is there: whatever ends halfway
leaves what was there before.

This is SQLite's half, by its own backup API, which reads one moment of the database with its log while others write;
PostgreSQL's, which leaves it to the server's own tools, is `postgresql_backup.py`.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from storage.migrate import revisions
from storage.processes import FORGOTTEN_AFTER
from storage.schema import METADATA
from storage.seals import Seals
from storage.seals_fit import check_opens, sealed_ends
from storage.sqlite_dialect import PATIENCE

_OF_THE_PROGRAM = {"purpose", "heartbeats", "processes", "audit_entries", "audit_head"}
"""What a start, or a command, writes by itself into a database that holds nothing yet."""

Fits = Callable[[list[bytes]], None]
"""Raises UnknownSeal unless the keys open all of these."""


class BackupProblem(Exception):
    """Why there is no backup, or nothing is restored; the words are for the operator."""


NOT_OURS = "{} is no backup of Night Porter's: nothing was changed."
DAMAGED = "{} is damaged or cut off: take another backup. Nothing was changed."
HOLDS_ROWS = (
    "The database in DATABASE_URL holds something already: name another, or give --force to replace it. Nothing was "
    "changed."
)
FOREIGN = "DATABASE_URL names a database that is none of Night Porter's: name another. Nothing was changed."
NO_HOUSE = "DATABASE_URL names a database that is none of Night Porter's: there is nothing to back up."
IN_USE = (
    "A process has the database open: stop everything that runs, and try again. One that was killed is forgotten after "
    "a minute. Nothing was changed."
)
NO_ROOM = "There is no room for it in {}: nothing was changed."
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
EMPTY = "The database holds nothing yet, not even tables: check DATABASE_URL."


def check_revision(revision: str) -> None:
    """Raises BackupProblem where a newer program has made the backup."""
    if revision not in revisions():
        raise BackupProblem(
            f"The backup is at revision {revision}, which this version of Night Porter does not know: restore it with "
            "the version that made it, or a newer one. Nothing was changed."
        )


def names_of_tables(*, with_people: bool = False) -> list[str]:
    """Of all our tables; or of those that hold something only once there has been somebody."""
    return [one for one in METADATA.tables if not (with_people and one in _OF_THE_PROGRAM)]


@contextmanager
def made_whole(file: Path) -> Iterator[Path]:
    """Where to write what `file` shall be: out of others' reach, on the disk before it has its name, and gone if it
    never gets it."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with _writing(file):
            new.unlink(missing_ok=True)  # of a process of this number that was killed
            os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            if os.geteuid() == 0:  # typed by root, it is still for whoever had it, or has the folder
                whose = (file if file.exists() else file.parent).stat()
                os.chown(new, whose.st_uid, whose.st_gid)
        yield new
        with _writing(file):
            _to_the_disk(new)
            new.replace(file)
            _to_the_disk(file.parent)
    finally:
        for each in (new, *_beside(new)):
            each.unlink(missing_ok=True)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupProblem(f"{file} cannot be written: {error.strerror or type(error).__name__}.") from None


def _to_the_disk(what: Path) -> None:
    opened = os.open(what, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _beside(file: Path) -> list[Path]:
    return [Path(f"{file}{ending}") for ending in ("-wal", "-shm", "-journal")]


def back_up_sqlite(database: Path, file: Path, seals: Seals | None) -> str:
    """Returns the revision. `seals`: what has to open the copy. Raises BackupProblem, UnknownSeal and sqlite3's
    errors."""
    with closing(_connected(database, "rw")) as source, made_whole(file) as new:
        if not _tables_in(source):
            raise BackupProblem(EMPTY)
        revision = _copy(source, new, NO_HOUSE)
        if seals:
            check_opens(seals, sealed_ends(new))
        return revision


def restore_sqlite(file: Path, database: Path, fits: Fits, before: Callable[[], None], *, force: bool) -> str:
    """Returns the revision. `before` is called when nothing stands in the way any more, and the new database is about
    to take its place. Raises BackupProblem and sqlite3's errors; whatever it raises, the database is as it was."""
    database = database.resolve()  # a link to it stays one
    if not force and _holds(database):
        raise BackupProblem(HOLDS_ROWS)
    with _writing(database):
        database.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held, made_whole(database) as new:
        revision = _copy_back(file, new)
        check_revision(revision)
        fits(sealed_ends(new))
        held.enter_context(_nobody_else_in(database))  # until the new one has its name
        before()
        # The log of a database that is replaced would be taken for the new one's.
        for each in _beside(database):
            each.unlink(missing_ok=True)
    return revision


def _copy_back(file: Path, new: Path) -> str:
    try:
        with closing(_connected(file, "ro")) as source:
            if file.stat().st_size % source.execute("PRAGMA page_size").fetchone()[0]:
                raise BackupProblem(DAMAGED.format(file))  # SQLite would take zeros for what is cut off
            return _copy(source, new, NOT_OURS.format(file))
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
        if name in ("SQLITE_NOTADB", "SQLITE_CANTOPEN"):
            raise BackupProblem(NOT_OURS.format(file)) from None
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_IOERR_SHORT_READ")):
            raise BackupProblem(DAMAGED.format(file)) from None
        raise


def _copy(source: sqlite3.Connection, new: Path, not_ours: str) -> str:
    """One file, checked, with no process in it that is said to live."""
    if not {"alembic_version", "guests", "access_codes"} <= _tables_in(source):
        raise BackupProblem(not_ours)
    with closing(sqlite3.connect(new, isolation_level=None)) as copy:
        try:
            source.backup(copy)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith(_NO_ROOM):
                raise BackupProblem(NO_ROOM.format(new.parent)) from None
            raise
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()
        if "processes" in _tables_in(copy):
            copy.execute("DELETE FROM processes")
        if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("the copy is not whole")
        return str(copy.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _connected(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=PATIENCE)


def _tables_in(connection: sqlite3.Connection) -> set[str]:
    return {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _holds(database: Path) -> bool:
    """Whether anything would be lost. A file that cannot be read holds what might still be saved."""
    if not database.exists():
        return False
    try:
        with closing(_connected(database, "rw")) as connection:
            rows = (f"SELECT 1 FROM {name} LIMIT 1" for name in _ours_in(connection, with_people=True))  # noqa: S608
            return any(connection.execute(one).fetchone() for one in rows)
    except sqlite3.DatabaseError:
        return True


def _ours_in(connection: sqlite3.Connection, *, with_people: bool) -> list[str]:
    """Raises BackupProblem where somebody else's are there."""
    there = _tables_in(connection)
    if there and "alembic_version" not in there:
        raise BackupProblem(FOREIGN)
    return [name for name in names_of_tables(with_people=with_people) if name in there]


@contextmanager
def _nobody_else_in(database: Path) -> Iterator[None]:
    """Only whoever is alone may take SQLite's log away, which puts all of it into the file; then nobody gets in.
    A damaged database cannot be held, and nobody lives in it."""
    if not database.exists():
        yield
        return
    with closing(_connected(database, "rw")) as connection:
        try:
            connection.execute("PRAGMA busy_timeout=0").fetchall()
            if "processes" in _ours_in(connection, with_people=False):
                _check_nobody_lives(connection)
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise BackupProblem(IN_USE) from None
        yield


def _check_nobody_lives(connection: sqlite3.Connection) -> None:
    since = f"-{FORGOTTEN_AFTER.total_seconds():.0f} seconds"
    lives = "SELECT 1 FROM processes WHERE datetime(seen_at) > datetime('now', ?)"
    if connection.execute(lives, (since,)).fetchone():
        raise BackupProblem(IN_USE)
