"""Towns for the tests from outside, one for each environment that a module asks for, and the bot's log beside every
failure."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta

import pytest

from bot import wiring
from bot.workflows import find_belonging
from providers.sandbox.slack_room import delivery, room
from providers.slack import client
from providers.slack.listeners import answering, later, own_team, workspaces
from tests.journeys.outside.town import Town, open_town
from tests.together import started_once

Towns = Callable[[Mapping[str, str]], Town]


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    """A bot takes seconds to start, so modules with the same environment share one; stays never meet."""
    made: dict[str, Town] = {}
    with ExitStack() as stack:

        def town_with(environment: Mapping[str, str]) -> Town:
            key = str(sorted(environment.items()))
            if key not in made:
                started_once(f"the town with {key}")
                made[key] = stack.enter_context(open_town(tmp_path_factory.mktemp("town"), **environment))
            return made[key]

        yield town_with


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


PATIENCE = 9.0
"""Seconds. Slack waits three: that the sandbox does so, too, is tested in tests/sandbox. Here a busy machine is no
fault, and an acknowledgement that waits for a vendor (whose patience is ten) still is."""


_OURS = (
    (find_belonging, "LOOKING_SECONDS"),
    (own_team, "ASKING_SECONDS"),
    (answering, "ANSWER_SECONDS"),
    (workspaces, "CHOOSING_SECONDS"),
    (later, "SAYING_SECONDS"),
    (wiring, "GROUPS_SECONDS"),
)
"""How long the bot waits for a vendor within Slack's three seconds: the same shares of ours."""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "ANSWER_SECONDS", PATIENCE)
    monkeypatch.setattr(room, "TRIGGER_SECONDS", PATIENCE)
    for module, name in _OURS:
        monkeypatch.setattr(module, name, PATIENCE / 3 * getattr(module, name))


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No post waits for its turn, which is machine time, and no sandbox here minds: that the bot keeps Slack's pace is
    tested in processes of its own (`test_slack_away`)."""
    for pace in ("A_POST", "AN_UPDATE"):
        monkeypatch.setattr(client, pace, timedelta())
