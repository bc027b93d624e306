"""The bot and the sandbox in this process, in a minute that stands still until somebody moves it: so every picture of
them is the same in every run."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from socket import socket

import httpx
from starlette.routing import Mount

from bot.ports import Clock
from bot.processes.serve import PARTS, run
from bot.settings import read_settings, sandbox_values
from bot.wiring import open_all, real_clock
from bot.workflows.sync_locks import sync_locks
from providers.sandbox.app import build_sandbox
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings
from providers.slack import client
from storage.migrate import migrate
from tests.journeys.living_demo import People

START = datetime(2026, 12, 1, 14, 20, tzinfo=UTC)
"""A Tuesday, 15:20 in Paris: reminders of a PIN that starts now fall into the next morning."""


class StillClock(SandboxClock):
    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._at, self._since = start, time.monotonic()

    def now(self) -> datetime:
        """Its seconds pass, so that whoever waits for some is served; its minute stays until somebody moves it."""
        return self._at + timedelta(seconds=min(time.monotonic() - self._since, 59))

    def advance(self, by: timedelta) -> datetime:
        if by < timedelta():
            raise ValueError("The sandbox's clock only goes forward.")
        self._at, self._since = (self.now() + by).replace(second=0, microsecond=0), time.monotonic()
        for listener in self._listeners:
            listener()
        return self._at


@asynccontextmanager
async def _no_pace() -> AsyncIterator[None]:
    """Our own pace at Slack is kept by a clock that stands still here."""
    usual = client.A_POST, client.AN_UPDATE, client.A_CARD
    client.A_POST = client.AN_UPDATE = client.A_CARD = timedelta()
    try:
        yield
    finally:
        client.A_POST, client.AN_UPDATE, client.A_CARD = usual


@asynccontextmanager
async def still_house(folder: Path) -> AsyncIterator[tuple[People, Callable[[], Awaitable[object]]]]:
    """Its people, once the locks are known, and how the bot looks at the locks once more.

    Slack takes any number of posts: waiting would never end here.
    """
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, stop = f"http://127.0.0.1:{port}", asyncio.Event()
    app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=url), StillClock(START))
    database = f"sqlite+aiosqlite:///{folder / 'nightporter.db'}"
    given = {**sandbox_values(url), "policy_file": "", "guest_language": "en", "morning_message": None}
    settings = read_settings(**given, database_url=database, port=port, public_url=url)
    clock = Clock(world.clock.now, real_clock().wall)
    async with _no_pace(), open_all(settings, clock) as opened, app.router.lifespan_context(app):
        await migrate(opened.database)
        installation = asyncio.create_task(run(opened, PARTS, shutdown=stop, others=[Mount("/", app)]))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
                made = People(http)
                await made.ready()
                await made.post("/sandbox/slack-settings", burst=100_000, per_second=1000, tiers=False)
                await made.post("/sandbox/seam-settings", pin_delay_seconds=0)
                yield made, partial(sync_locks, opened.ports)
        finally:
            world.faults.let_go()
            stop.set()
            await installation
