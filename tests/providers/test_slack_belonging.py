"""How Slack's users.info says that somebody is no full member, in all its shapes; and whose our token is."""

import asyncio
from typing import Any, cast

import pytest

from bot.domain.approvals.belonging import Belonging
from bot.ports import Unavailable
from bot.workflows.own_workspace import own_workspace
from providers.slack.client import SlackChat, _belonging
from providers.slack.listeners import own_team
from providers.slack.listeners.own_team import OwnTeam
from tests.benchmarks.ports import installation

OURS = "T1"


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ({"team_id": OURS}, Belonging.MEMBER),
        ({"team_id": OURS, "is_restricted": False, "is_ultra_restricted": False}, Belonging.MEMBER),
        ({"team_id": OURS, "is_restricted": True}, Belonging.GUEST),
        ({"team_id": OURS, "is_restricted": True, "is_ultra_restricted": True}, Belonging.GUEST),
        ({"team_id": OURS, "is_ultra_restricted": True}, Belonging.GUEST),
        ({"team_id": OURS, "is_stranger": True}, Belonging.CONNECTED),
        ({"team_id": OURS, "is_stranger": True, "is_restricted": True}, Belonging.CONNECTED),
        ({"team_id": "T2"}, Belonging.CONNECTED),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T2", OURS]}}, Belonging.MEMBER),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T2"]}}, Belonging.CONNECTED),
        ({"team_id": "T2", "enterprise_user": {"teams": "T1"}}, Belonging.CONNECTED),
        ({"enterprise_user": {"teams": [["T1"], 1, None]}}, Belonging.CONNECTED),
        ({}, Belonging.CONNECTED),
        ("U1", Belonging.CONNECTED),
        (None, Belonging.CONNECTED),
    ],
)
def test_of_each_shape(user: Any, kind: Belonging) -> None:
    assert _belonging(user, OURS) is kind


async def test_where_slack_does_not_say_in_time_whose_the_token_is_nobody_is_let_in(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        async def team(self) -> tuple[str, str]:
            await asyncio.Event().wait()
            return OURS, "House"

    monkeypatch.setattr(own_team, "ASKING_SECONDS", 0.01)
    async with installation(sqlite_url) as (ports, _queue, _texter):
        with pytest.raises(Unavailable):
            await OwnTeam(ports, cast("SlackChat", Silent())).check(OURS)
        assert await own_workspace(ports) == ""
