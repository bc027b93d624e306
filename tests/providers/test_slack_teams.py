"""Tokens of teams: looked up once, renewed once however many ask in however many processes, forgotten when told."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import event

from bot.domain.messages.workspaces import Workspace
from bot.ports import Misconfigured, NotInstalled, Unavailable
from bot.processes.web import build_web
from bot.settings import read_settings, sandbox_values
from bot.wiring import open_all
from bot.workflows.admit_workspace import register_workspace
from providers import http
from providers.slack.client import web_client
from providers.slack.installations import Installations
from providers.slack.teams import EARLY_SECONDS, REMEMBERED_SECONDS, Teams
from providers.slack.tokens import TokenCalls
from storage.columns import SealedText
from storage.engine import Database, open_database
from storage.exclusive import exclusive
from storage.seals import Seals, new_key
from tests.contracts.conftest import outside as outside
from tests.contracts.outside import Outside

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk's own
KEY, TEAM = new_key(), "T_SECOND"


def calls_of(outside: Outside, method: str) -> int:
    return sum(seen["path"] == f"/sandbox/slack/api/{method}" for seen in outside.world.calls)


@dataclass
class Bench:
    """One process's teams, with a clock for what it remembers."""

    store: Installations
    teams: Teams
    now: float = 0.0


@asynccontextmanager
async def bench(outside: Outside, database: Database) -> AsyncIterator[Bench]:
    session = http.session(5)
    web = web_client(None, api_url=f"{outside.url}/sandbox/slack/api/", session=session)
    store = Installations("sandbox-client", database.engine, SealedText(Seals([KEY])))
    calls = TokenCalls(web, "sandbox-client", "sandbox-client-secret")
    made: Bench
    teams = Teams(store, calls, exclusive(database), lambda: datetime.now(UTC), lambda: made.now)
    made = Bench(store, teams)
    yield made
    await session.close()


async def installed(outside: Outside, store: Installations, lives: timedelta) -> Bot:
    """A bot as Slack gave it, whose token ends after `lives`."""
    await outside.post("slack-settings", rotates=True)
    query = {"client_id": "sandbox-client", "scope": "commands", "redirect_uri": "http://127.0.0.1/x", "team": TEAM}
    back = await outside.http.get(f"/sandbox/slack/oauth/v2/authorize?{urlencode(query)}")
    code = httpx.URL(back.headers["location"]).params["code"]
    given = await outside.http.post(
        "/sandbox/slack/api/oauth.v2.access",
        data={"code": code, "redirect_uri": "http://127.0.0.1/x"},
        auth=("sandbox-client", "sandbox-client-secret"),
    )
    reported = given.json()
    bot = Bot(
        app_id=reported["app_id"],
        team_id=TEAM,
        team_name="Second House",
        bot_token=reported["access_token"],
        bot_id="B_NIGHTPORTER",
        bot_user_id=reported["bot_user_id"],
        bot_refresh_token=reported["refresh_token"],
        bot_token_expires_at=int(time.time() + lives.total_seconds()),
        installed_at=time.time(),
    )
    await store.async_save_bot(bot)
    outside.world.calls.clear()
    return bot


async def test_fifteen_at_once_in_three_processes_renew_an_ended_token_once(
    outside: Outside, postgresql_url: str
) -> None:
    """Signed commands to three bots on one PostgreSQL; a refresh token is good once, so a second use strands a team."""
    url = outside.url
    given = {**sandbox_values(url, several_workspaces=True), "database_url": postgresql_url, "public_url": url}
    settings = read_settings(**given, slack_workspaces=(TEAM,), nightporter_keys=(KEY,))
    async with AsyncExitStack() as stack:
        bots = [await stack.enter_async_context(open_all(settings)) for _ in range(3)]
        store = Installations("sandbox-client", bots[0].database.engine, SealedText(Seals([KEY])))
        before = await installed(outside, store, timedelta(hours=-1))
        await register_workspace(bots[0].ports, Workspace(TEAM, "Second House", "U_DAN", datetime.now(UTC)))
        doors = [
            await stack.enter_async_context(
                httpx.AsyncClient(transport=httpx.ASGITransport(build_web(one.inbound, one.ready)), base_url="http://x")
            )
            for one in bots
        ]
        answers = await asyncio.gather(*(command(doors[n % 3], n) for n in range(15)))
        # One that comes too late for the acknowledgement is answered beside it: a slow machine's business.
        assert [a.status_code for a in answers] == [200] * 15
        assert {"Ask in one line" in a.text for a in answers if a.text} == {True}
        assert (calls_of(outside, "oauth.v2.access"), calls_of(outside, "auth.test")) == (1, 0)
        after = await store.bot_of(TEAM)
        assert after is not None
        assert after.bot_token != before.bot_token
        assert after.bot_token_expires_at is not None
        assert after.bot_token_expires_at > time.time() + 40_000


async def command(door: httpx.AsyncClient, number: int) -> httpx.Response:
    fields = {"command": "/pin", "text": "help", "user_id": "U_DAN", "team_id": TEAM, "trigger_id": f"t{number}"}
    fields |= {"channel_id": "C_SECOND_DESK", "response_url": "http://127.0.0.1:9/nobody"}
    body, stamp = urlencode(fields), str(int(time.time()))
    signature = SignatureVerifier("sandbox-signing-secret").generate_signature(timestamp=stamp, body=body)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signature or "",
    }
    return await door.post("/slack/events", content=body, headers=headers)


async def test_a_team_is_looked_up_once_and_again_after_a_while(outside: Outside, database: Database) -> None:
    reads: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *said: reads.append(said[2]))
    async with bench(outside, database) as made:
        await installed(outside, made.store, timedelta(hours=12))
        reads.clear()
        teams = await asyncio.gather(*(made.teams.team(TEAM) for _ in range(20)))
        assert len(set(teams)) == 1
        assert sum("slack_bots" in said for said in reads) == 1
        made.now = REMEMBERED_SECONDS + 1
        await made.teams.team(TEAM)
        assert sum("slack_bots" in said for said in reads) == 2
        assert calls_of(outside, "oauth.v2.access") == 0
        assert "xox" not in repr(teams[0])


async def test_a_token_is_renewed_before_its_end_and_a_silent_slack_costs_nothing(
    outside: Outside, sqlite_url: str
) -> None:
    database = open_database(sqlite_url)
    async with bench(outside, database) as made:
        bot = await installed(outside, made.store, timedelta(seconds=EARLY_SECONDS - 60))
        outside.fault("slack", "http_500", "/oauth.v2.access")
        assert (await made.teams.team(TEAM)).token == bot.bot_token
        assert (await made.teams.team(TEAM)).token == bot.bot_token
        assert calls_of(outside, "oauth.v2.access") == 1
        made.now = 60
        assert (await made.teams.team(TEAM)).token != bot.bot_token
        assert calls_of(outside, "oauth.v2.access") == 2
    await database.engine.dispose()


async def test_an_ended_token_that_cannot_be_renewed_says_so(outside: Outside, sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    async with bench(outside, database) as made:
        bot = await installed(outside, made.store, timedelta(hours=-1))
        outside.fault("slack", "http_500", "/oauth.v2.access")
        with pytest.raises(Unavailable):
            await made.teams.team(TEAM)
        bot.bot_refresh_token = "xoxe-1-used-already"
        await made.store.renew(bot)
        with pytest.raises(Misconfigured, match="invalid_refresh_token"):
            await made.teams.team(TEAM)
        await made.store.remove(TEAM)
        with pytest.raises(NotInstalled):
            await made.teams.team(TEAM)
    await database.engine.dispose()


async def test_a_token_that_slack_refuses_is_replaced_or_given_up(outside: Outside, sqlite_url: str) -> None:
    """Another process has renewed it; or the app is gone, and the event never came."""
    database = open_database(sqlite_url)
    async with bench(outside, database) as made:
        bot = await installed(outside, made.store, timedelta(hours=12))
        team = await made.teams.team(TEAM)
        bot.bot_token = "xoxb-by-another-process"
        await made.store.renew(bot)
        found = await made.teams.after(team, Misconfigured("", "token_expired"))
        assert found.token == "xoxb-by-another-process"
        assert calls_of(outside, "oauth.v2.access") == 0
        with pytest.raises(NotInstalled):
            await made.teams.after(found, Misconfigured("", "token_revoked"))
        with pytest.raises(Misconfigured, match="install the app there again"):
            await made.teams.after(found, Misconfigured("", "invalid_auth"))
    await database.engine.dispose()


async def test_a_team_removed_while_its_token_is_renewed_stays_removed(outside: Outside, sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    async with bench(outside, database) as made:
        await installed(outside, made.store, timedelta(hours=-1))
        made.store.renew = _removed_before(made.store)  # type: ignore[method-assign]
        with pytest.raises(NotInstalled):
            await made.teams.team(TEAM)
        assert await made.store.bot_of(TEAM) is None
    await database.engine.dispose()


def _removed_before(store: Installations) -> Callable[[Bot], Awaitable[bool]]:
    renew = store.renew

    async def removed(bot: Bot) -> bool:
        await store.remove(TEAM)
        return await renew(bot)

    return removed
