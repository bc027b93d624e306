"""Fixtures for every room: a fresh, migrated database of each kind. What only one folder needs stands there."""

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from inspect import iscoroutinefunction
from pathlib import Path
from zlib import crc32

import pytest
import uvloop
from hypothesis import is_hypothesis_test, settings, strategies

from storage.engine import Database, open_database
from tests import janitor, kept_connections, one_loop
from tests.ahead import make_ahead, migrated_sqlite
from tests.cases import DEEP, examples
from tests.janitor import Run, folder_of_the_run
from tests.postgresql import emptied_database, let_go_of_all, new_database, start
from tests.together import group_of

for _name in [n for n in os.environ if n.startswith(("SLACK_", "TWILIO_", "SEAM_", "SANDBOX_", "NIGHTPORTER_"))]:
    del os.environ[_name]  # Bolt and the SDKs read some of these by themselves

gc.disable()  # till all is collected: see pytest_collection_finish
gc.set_threshold(100_000, 50, 1000)

settings.register_profile("every run", derandomize=True, database=None, deadline=None, max_examples=examples(25))
settings.register_profile("deep", deadline=None, max_examples=examples(25), print_blob=True)
settings.load_profile("deep" if DEEP else "every run")

pytest_plugins = ["tests.workers"]

_A_TEST_MAY = 180
"""Seconds, as pyproject.toml says."""

_RUN = pytest.StashKey[Run]()
_SERVERS = {"postgresql", "postgresql_url", "fake"}
_WHOLE_BOTS = ("journeys", "processes")
"""`make quick` leaves out what needs a server or a whole bot."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The process that leads the run makes its folder; its forks are given their part of it."""
    config.stash[_RUN] = Run()
    config.option.basetemp = str(folder_of_the_run() / "pytest")
    if config.option.workers and not config.option.file_or_dir and "processes" not in config.option.markexpr:
        make_ahead()  # all of them: they will want it


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
        if _is_twin(item):
            item.add_marker("deep")
    result = yield
    items.sort(key=lambda item: (-_minutes(item), "processes" not in item.keywords, "properties" not in item.keywords))
    return result


def _minutes(item: pytest.Item) -> float:
    """That it may take, where that is more than others may."""
    own = item.get_closest_marker("timeout")
    return max(0.0, own.args[0] - _A_TEST_MAY) / 60 if own else 0.0


_OF_EITHER = ("workflows", "contracts", "providers")


def _is_twin(item: pytest.Item) -> bool:
    """These ask the same of both kinds of database, and `tests/storage` holds these to the same answers. So each of
    their tests is run on one kind in every run, by its name, a third of them on PostgreSQL; on the other where it is
    deep. What does several things at once is run on both every time: each kind has its own way to let one wait."""
    kind = getattr(getattr(item, "callspec", None), "params", {}).get("database_url")
    if kind is None or item.path.parent.name not in _OF_EITHER:
        return False
    if {"gather", "TaskGroup"} & set(item.function.__code__.co_names):  # type: ignore[attr-defined]
        return False
    by_name = crc32(item.nodeid.replace(kind, "").encode()) % 3
    return bool(kind != ("postgresql" if by_name == 0 else "sqlite"))


def pytest_group_of(item: pytest.Item) -> str | None:
    return group_of(item)


def pytest_worker_started() -> None:
    janitor.join_the_run()


def pytest_collection_finish() -> None:
    """All that was imported stays for the whole run: looking through it again and again for garbage takes a twelfth of
    the time, and would make each worker a copy of it. In a fresh clone Hypothesis finds out which characters UTF-8 has,
    and each worker would, for half a second."""
    strategies.characters().validate()
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": one_loop.new_loop}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    result = yield
    one_loop.end_what_was_begun()
    return result


# --- databases --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql() -> str:
    """The address of a real PostgreSQL server, one for the whole run, with a migrated template database."""
    return start(folder_of_the_run() / "postgresql")


@pytest.fixture(scope="session")
async def kept_postgresql(postgresql: str) -> AsyncIterator[str]:
    """The same, and connections to it outlast a test."""
    with kept_connections.lent():
        yield postgresql
        await let_go_of_all()


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """The address of a PostgreSQL database that nobody has used: for processes, and for who changes its tables."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        database = new_database(postgresql)
        yield runner.run(database.__aenter__())
        runner.run(database.__aexit__(None, None, None))


@pytest.fixture
async def used_postgresql_url(kept_postgresql: str) -> AsyncIterator[str]:
    """The address of a PostgreSQL database as new: with nothing in it, and perhaps one that an earlier test had."""
    async with emptied_database(kept_postgresql) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file, one for the whole run, to be copied: migrating takes half a second, copying none."""
    return migrated_sqlite()


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The address of a fresh, migrated SQLite database."""
    file = tmp_path / "nightporter.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.processes)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both kinds, one after the other."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else _postgresql_for(request.function))
    return url


def _postgresql_for(test: object) -> str:
    """What is typed as a command has a loop of its own, and the connections that are kept belong to another."""
    return "used_postgresql_url" if iscoroutinefunction(test) else "postgresql_url"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url)
    yield opened
    await opened.engine.dispose()
