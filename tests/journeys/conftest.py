"""Towns for the tests from outside, one for each environment that a module asks for, and the bot's log beside every
failure."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta

import pytest

from bot import groups
from bot.workflows import find_belonging
from providers.sandbox.slack_room.delivery import PATIENCE_SECONDS
from providers.slack import client
from providers.slack.listeners import answering, later, own_team, workspaces
from tests.journeys.outside.town import Town, open_town
from tests.journeys.outside.unhurried import PACES
from tests.journeys.patience import PATIENCE
from tests.together import started_once

Towns = Callable[[Mapping[str, str]], Town]
_OPEN: dict[str, ExitStack] = {}
_STILL_TO_COME: Counter[str] = Counter()
"""How many tests of this run are through which town."""


def _named(environment: Mapping[str, str]) -> str:
    return str(sorted(environment.items()))


def _environment(item: pytest.Item) -> Mapping[str, str]:
    given: Mapping[str, str] = getattr(item.module, "ENVIRONMENT", {})  # type: ignore[attr-defined]
    return given


def _through_a_town(item: pytest.Item) -> bool:
    return "towns" in getattr(item, "fixturenames", ())


def pytest_collection_finish(session: pytest.Session) -> None:
    _STILL_TO_COME.update(_named(_environment(item)) for item in session.items if _through_a_town(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """With its last test a town ends: a bot that nobody needs any more would sweep its rows until the run is over."""
    result = yield
    if _through_a_town(item):
        name = _named(_environment(item))
        _STILL_TO_COME[name] -= 1
        if _STILL_TO_COME[name] == 0 and name in _OPEN:
            _OPEN.pop(name).close()
    return result


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    """A bot takes seconds to start, so modules with the same environment share one; stays never meet."""
    made: dict[str, Town] = {}

    def town_with(environment: Mapping[str, str]) -> Town:
        name = _named(environment)
        if name not in _OPEN:
            started_once(f"the town with {name}")
            _OPEN[name] = ExitStack()
            made[name] = _OPEN[name].enter_context(open_town(tmp_path_factory.mktemp("town"), **environment))
        return made[name]

    yield town_with
    while _OPEN:
        _OPEN.popitem()[1].close()


@pytest.fixture(scope="module")
def module_town(request: pytest.FixtureRequest, towns: Towns) -> Town:
    """The town of a module; its `ENVIRONMENT` comes on top of what every bot here is given."""
    return towns(getattr(request.module, "ENVIRONMENT", {}))


@pytest.fixture
def town(module_town: Town) -> Iterator[Town]:
    """The module's town, up and well. What the bot logs meanwhile is printed, and so shown where a test fails."""
    module_town.begin()
    yield module_town
    print(module_town.bot.text()[module_town.log_mark :][-6000:])


@pytest.fixture(autouse=True, scope="session")
def _migrated(sqlite_template: object) -> None:
    """Every demo begins with a copy."""


_OURS = (
    (find_belonging, "LOOKING_SECONDS"),
    (own_team, "ASKING_SECONDS"),
    (answering, "ANSWER_SECONDS"),
    (workspaces, "CHOOSING_SECONDS"),
    (later, "SAYING_SECONDS"),
    (groups, "GROUPS_SECONDS"),
)
"""How long the bot waits for a vendor within Slack's three seconds."""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the sandboxes of journeys are: the bot's shares of it grow as it does."""
    for module, name in _OURS:
        monkeypatch.setattr(module, name, PATIENCE / PATIENCE_SECONDS * getattr(module, name))


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the bot of a town (`outside/unhurried.py`)."""
    for pace in PACES:
        monkeypatch.setattr(client, pace, timedelta())
