"""A PostgreSQL database in one file, and back, by the server's own tools. `backup.py` says what holds for both."""

import itertools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine import URL

from storage.backup import (
    DAMAGED,
    EMPTY,
    HOLDS_ROWS,
    IN_USE,
    NOT_OURS,
    BackupProblem,
    Fits,
    check_revision,
    made_whole,
    names_of_tables,
)
from storage.engine import Database
from storage.migrate import current_revision, newest_revision
from storage.processes import FORGOTTEN_AFTER
from storage.repository import table
from storage.seals import Seals, UnknownSeal
from storage.seals_fit import SEALED_COLUMNS, seals_fit
from storage.tables import ProcessRow

_LONGEST_REMARK = 300
_QUEUES = "pgqueuer"
"""What the queue's own tables begin with."""


async def back_up_postgresql(database: Database, file: Path, seals: Seals | None) -> str:
    """Returns the revision. `seals`: what has to open what is there; told of the newest tables only. Raises
    BackupProblem, UnknownSeal and the driver's errors."""
    revision = await current_revision(database)
    if revision is None:
        raise BackupProblem(EMPTY)
    if seals and revision == newest_revision() and not await seals_fit(database, seals):
        raise UnknownSeal
    with made_whole(file) as new, _Tools(database.engine.url) as tools:
        tools.run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--exclude-table-data=processes",
                  f"--file={new}", "--dbname", tools.address)  # fmt: skip
    return revision


async def restore_postgresql(file: Path, database: Database, fits: Fits, *, force: bool) -> str:
    """Returns the revision. All of it is one transaction. Raises BackupProblem, UnknownSeal and the driver's errors."""
    with _Tools(database.engine.url) as tools:
        script = tools.folder / "restore.sql"
        script.touch(mode=0o600)
        tools.run("pg_restore", "--no-owner", "--no-privileges", "--clean", "--if-exists", f"--file={script}",
                  str(file), otherwise=DAMAGED.format(file))  # fmt: skip
        revision, sealed = _read(script)
        if revision is None:
            raise BackupProblem(NOT_OURS.format(file))
        check_revision(revision)
        async with database.engine.connect() as connection:
            there = await connection.run_sync(_ours_there)
            await connection.run_sync(_check_free, there, force)
        fits(sealed)
        first = tools.folder / "first.sql"
        first.write_text("".join(f'DROP TABLE IF EXISTS "{name}" CASCADE;\n' for name in there))
        # In one transaction, and of what went wrong only its number: the rest might say whose row it was.
        tools.run("psql", "--no-psqlrc", "--quiet", "--output=/dev/null", "--single-transaction",
                  "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", f"--file={first}", f"--file={script}",
                  "--dbname", tools.address)  # fmt: skip
    return revision


def _ours_there(connection: Connection) -> list[str]:
    ours = {*names_of_tables(), "alembic_version"}
    return [name for name in inspect(connection).get_table_names() if name in ours or name.startswith(_QUEUES)]


def _check_free(connection: Connection, there: list[str], force: bool) -> None:
    with_people = [name for name in names_of_tables(with_people=True) if name in there]
    if not force and any(connection.scalar(text(f'SELECT 1 FROM "{name}" LIMIT 1')) for name in with_people):  # noqa: S608
        raise BackupProblem(HOLDS_ROWS)
    processes = table(ProcessRow)
    if processes.name in there and connection.scalar(
        select(processes.c.id).where(processes.c.seen_at > datetime.now(UTC) - FORGOTTEN_AFTER).limit(1)
    ):
        raise BackupProblem(IN_USE)


def _read(script: Path) -> tuple[str | None, list[bytes]]:
    """The revision, and of each kind of what is sealed the oldest and the newest."""
    revision, sealed = None, []
    with script.open(encoding="utf-8", errors="replace") as lines:
        for name, columns, rows in _copied(lines):
            if name == "alembic_version":
                revision = next((row[0] for row in rows), None)
            for_keys = [columns.index(column) for of, column in SEALED_COLUMNS if of == name and column in columns]
            if for_keys:
                sealed += _ends(rows, columns.index("id"), for_keys)
    return revision, sealed


_COPY = re.compile(r"COPY (?:\w+\.)?(\w+) \((.+)\) FROM stdin;\n")


def _copied(lines: Iterable[str]) -> Iterator[tuple[str, list[str], Iterator[list[str]]]]:
    """Table by table, its columns and its rows, each value as it is written. To be read in this order."""
    lines = iter(lines)
    for line in lines:
        if found := _COPY.fullmatch(line):
            columns = [column.strip('"') for column in found[2].split(", ")]
            rows = (row.rstrip("\n").split("\t") for row in itertools.takewhile(_END.__ne__, lines))
            yield found[1], columns, rows


_END = "\\.\n"
_NULL = "\\N"


def _ends(rows: Iterable[list[str]], key: int, columns: Sequence[int]) -> list[bytes]:
    found: dict[int, tuple[list[str], list[str]]] = {}
    for row in rows:
        for column in columns:
            if row[column] != _NULL:
                first, last = found.get(column, (row, row))
                found[column] = min(first, row, key=itemgetter(key)), max(last, row, key=itemgetter(key))
    return [row[column].encode() for column, ends in found.items() for row in ends]


class _Tools:
    """The programs that come with PostgreSQL, and how they reach this database: the password is in a file that goes
    again, since what a program was called with can be read by everybody on the machine."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def __enter__(self) -> Self:
        self._made = tempfile.TemporaryDirectory(prefix="nightporter-")  # nobody else may look into it
        self.folder = Path(self._made.name)
        url = self._url.set(drivername="postgresql")
        if url.password is not None:
            kept = self.folder / "password"
            kept.touch(mode=0o600)
            kept.write_text("*:*:*:*:" + re.sub(r"([:\\])", r"\\\1", str(url.password)) + "\n")
            bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
            url = bare.update_query_dict({"passfile": str(kept)})
        self.address = url.render_as_string(hide_password=False)
        return self

    def __exit__(self, *_raised: object) -> None:
        self._made.cleanup()

    def run(self, program: str, *words: str, otherwise: str = "") -> None:
        """Raises BackupProblem with the program's remarks, or what is said otherwise."""
        found = shutil.which(program)
        if found is None:
            raise BackupProblem(NO_TOOLS.format(program))
        done = subprocess.run([found, *words], stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            remarks = " ".join(done.stderr.decode(errors="replace").split())[:_LONGEST_REMARK]
            raise BackupProblem(otherwise or f"{program} could not do it: {remarks or done.returncode}")


NO_TOOLS = (
    "{} is not to be found: PostgreSQL is backed up and restored by its own tools, of the server's version or a newer "
    "one (Debian's package postgresql-client has them). Nothing was changed."
)
