"""A house with OAuth around it: the bot and the sandbox in this process under one address, two workspaces to install
the app in, and eyes on what is asked of the database and of Slack."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import event, text
from starlette.routing import Mount

from bot.ports import Clock
from bot.processes.serve import PARTS, run
from bot.settings import read_settings, sandbox_values
from bot.wiring import Opened, open_all, real_clock
from providers.sandbox.app import build_sandbox
from providers.sandbox.world import SandboxSettings, World
from providers.tls import tls
from storage.seals import new_key
from tests.journeys.patience import AS_FAST_AS_IT_COMES, PATIENCE
from tests.ports import free_port

FIRST, SECOND, ORGANISATION = "T_SANDBOX", "T_SECOND", "E_SANDBOX"
DESK = {"U_ADA": "C_FRONTDESK", "U_BEN": "C_FRONTDESK", "U_DAN": "C_SECOND_DESK", "U_EVE": "C_SECOND_DESK"}
KEY = new_key()
_NO_REST = httpx.Limits(max_keepalive_connections=0)


@dataclass
class TwoWorkspaces:
    opened: Opened
    world: World
    http: httpx.AsyncClient
    statements: list[str] = field(default_factory=list)

    # --- people -------------------------------------------------------------------------------------------------------

    async def install(self, team: str, **more: str) -> httpx.Response:
        """Somebody opens /slack/install in a browser and agrees; the page that they end on."""
        start = await self.http.get("/slack/install")
        assert start.status_code == 302, start.text
        agreed = await self.http.get(f"{start.headers['location']}&{urlencode({'team': team, **more})}")
        assert agreed.status_code == 302, agreed.text
        return await self.http.get(agreed.headers["location"])

    async def post(self, path: str, /, **body: Any) -> Any:
        answer = await self.http.post(f"/sandbox/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def typed(self, user: str, words: str, channel: str = "") -> dict[str, Any]:
        answer: dict[str, Any] = await self.post("slack/command", user=user, text=words, channel=channel or DESK[user])
        return answer

    async def says(self, user: str, words: str, channel: str = "") -> str:
        """What this person reads at once."""
        answer = await self.typed(user, words, channel)
        assert answer["status"] == 200, answer
        return "\n".join(shown["text"] for shown in answer["shown"])

    async def seen(self, channel: str) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/sandbox/slack/channels/{channel}")
        return list(answer.json()["messages"])

    async def card(self, channel: str, words: str) -> dict[str, Any]:
        """The newest message there with these words, waited for."""

        async def look() -> Any:
            return next((m for m in reversed(await self.seen(channel)) if words in m["text"]), None)

        found: dict[str, Any] = await self.until(f"{words} in {channel}", look)
        return found

    async def click(self, user: str, channel: str, message: dict[str, Any], action: str) -> dict[str, Any]:
        done: dict[str, Any] = await self.post(
            "slack/click", user=user, channel=channel, ts=message["ts"], action_id=action
        )
        return done

    async def until(self, what: str, look: Callable[[], Awaitable[Any]], seconds: float = 15) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            changes = self.world.changes
            if seen := await look():
                return seen
            # Not everything that is waited for is a change of the sandbox's.
            await self.world.changed(changes, 0.1)
            await asyncio.sleep(0.02)
        raise AssertionError(f"never: {what}")

    async def event(self, team: str, event: dict[str, Any]) -> int:
        """An event of Slack's as it comes, signed; our answer's status."""
        body = json.dumps({"type": "event_callback", "team_id": team, "event_id": "Ev1", "event": event})
        return (await self._signed(body, "application/json")).status_code

    async def unanswerable_click(self, user: str, team: str) -> int:
        """A click whose response_url nobody answers."""
        actions = [{"action_id": "approve", "value": "x", "type": "button"}]
        url = "http://127.0.0.1:9/nobody"
        return (await self.interact(user, team, "block_actions", response_url=url, actions=actions)).status_code

    async def interact(self, user: str, team: str, kind: str, **more: Any) -> httpx.Response:
        """Something pressed or submitted, as Slack would carry it, whatever the bot has shown."""
        payload = {
            "type": kind,
            "user": {"id": user, "team_id": team},
            "team": {"id": team, "domain": "second-house"},
            "trigger_id": "t1",
            **more,
        }
        return await self._signed(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    async def _signed(self, body: str, kind: str) -> httpx.Response:
        stamp = str(int(time.time()))
        signature = SignatureVerifier("sandbox-signing-secret").generate_signature(timestamp=stamp, body=body)
        headers = {
            "content-type": kind,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": signature or "",
        }
        return await self.http.post("/slack/events", content=body, headers=headers)

    # --- the world ----------------------------------------------------------------------------------------------------

    async def secrets(self) -> list[str]:
        """Every token that Slack ever gave."""
        given = (await self.http.get("/sandbox/slack/installs")).json()
        return [*given["tokens"], *given["refreshes"]]

    async def change(self, statement: str) -> None:
        async with self.opened.database.engine.begin() as connection:
            await connection.execute(text(statement))

    # --- eyes ---------------------------------------------------------------------------------------------------------

    def asked(self, method: str) -> int:
        """How often this method of Slack's was called."""
        path = f"/sandbox/slack/api/{method}"
        return sum(seen["direction"] == "in" and seen["path"] == path for seen in self.world.calls)

    def reads_of(self, table: str) -> int:
        return sum(f"from {table}" in " ".join(said.lower().split()) for said in self.statements)

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.opened.database.engine.connect() as connection:
            return [tuple(row) for row in (await connection.execute(text(query))).all()]


@asynccontextmanager
async def two_workspaces(database_url: str, **more: Any) -> AsyncIterator[TwoWorkspaces]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=url))
    given = {**sandbox_values(url, several_workspaces=True), "slack_approvers": ("U_BEN", "U_EVE"), **more}
    given = {"slack_workspaces": (FIRST, SECOND), **given}
    settings = read_settings(
        **given, database_url=database_url, port=port, public_url=url, nightporter_keys=(KEY,), morning_message=None
    )
    clock, stop = Clock(world.clock.now, real_clock().wall), asyncio.Event()
    async with open_all(settings, clock) as opened, app.router.lifespan_context(app):
        running = asyncio.create_task(run(opened, PARTS, shutdown=stop, others=[Mount("/", app)]))
        async with httpx.AsyncClient(base_url=url, timeout=10, trust_env=False, limits=_NO_REST, verify=tls()) as http:
            made = TwoWorkspaces(opened, world, http)

            def said(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
                made.statements.append(statement)

            event.listen(opened.database.engine.sync_engine, "before_cursor_execute", said)
            await made.until("the locks are known", lambda: _ready(made))
            settings_of_slack = {"patience": PATIENCE, **AS_FAST_AS_IT_COMES}
            (await http.post("/sandbox/slack-settings", json=settings_of_slack)).raise_for_status()
            try:
                yield made
            finally:
                world.faults.let_go()
                await _quiet(world)
                stop.set()
                await running


async def _quiet(world: World) -> None:
    """Nothing has travelled for a moment: a vendor cut off while it connects would leave its socket open."""
    for _ in range(20):
        seen = len(world.calls), world.calls[-1] if world.calls else None
        await asyncio.sleep(0.25)
        if seen == (len(world.calls), world.calls[-1] if world.calls else None):
            return


async def _ready(made: TwoWorkspaces) -> bool:
    try:
        await made.http.get("/healthz")
    except httpx.TransportError:
        return False
    async with made.opened.ports.store() as uow:
        return bool(await uow.locks.all())
