"""Who somebody is to a workspace, on both databases: a member stays one while Slack is silent, and nobody else does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.domain.approvals.belonging import Belonging
from bot.ports import Clock, Ports, ProviderError, Unavailable
from bot.workflows.find_belonging import FRESH, LAST_KNOWN, find_belonging
from tests.benchmarks.ports import InstantChat, installation
from tests.moments import START


class Slack(InstantChat):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.says: Belonging | ProviderError = Belonging.MEMBER

    async def belonging(self, person: str, *, workspace: str = "", of_team: str = "") -> Belonging:
        self.asked += 1
        if isinstance(self.says, ProviderError):
            raise self.says
        return Belonging.CONNECTED if of_team else self.says


@dataclass
class Bench:
    ports: Ports
    slack: Slack

    async def look(self, after: timedelta = timedelta(), of_team: str = "", workspace: str = "T1") -> Belonging:
        later = replace(self.ports, clock=Clock(lambda: START, lambda: START + after))
        return await find_belonging(later, "U_ADA", workspace, of_team)


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    async with installation(database_url) as (ports, _, _):
        slack = Slack()
        yield Bench(replace(ports, chat=slack), slack)


async def test_a_member_is_looked_up_once_in_a_while_and_stays_one_while_slack_is_silent(bench: Bench) -> None:
    for _ in range(3):
        assert await bench.look() is Belonging.MEMBER
    assert bench.slack.asked == 1
    assert await bench.look(FRESH * 2) is Belonging.MEMBER
    assert bench.slack.asked == 2
    bench.slack.says = Unavailable("away")
    assert await bench.look(FRESH * 9) is Belonging.MEMBER
    for after, workspace in ((FRESH * 2 + LAST_KNOWN, "T1"), (FRESH * 9, "T2")):
        with pytest.raises(ProviderError):
            await bench.look(after, workspace=workspace)


@pytest.mark.parametrize("kind", [Belonging.GUEST, Belonging.CONNECTED])
async def test_whoever_is_no_member_any_more_is_none_while_slack_is_silent(bench: Bench, kind: Belonging) -> None:
    assert await bench.look() is Belonging.MEMBER
    bench.slack.says = kind
    assert await bench.look(FRESH * 2) is kind
    bench.slack.says = Unavailable("away")
    with pytest.raises(ProviderError):
        await bench.look(FRESH * 2)


async def test_who_is_said_to_be_of_another_team_is_none_of_ours(bench: Bench) -> None:
    assert await bench.look() is Belonging.MEMBER
    assert await bench.look(of_team="T9") is Belonging.CONNECTED
    bench.slack.says = Unavailable("away")
    for of_team in ("T9", ""):
        with pytest.raises(ProviderError):
            await bench.look(of_team=of_team)
