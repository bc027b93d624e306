"""The sandbox and a listener in the bot's place, each on a free loopback port; Seam's SDK and Seam's schema on top."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn
from seam import Seam
from starlette.applications import Starlette
from starlette.routing import Route

from providers.sandbox.app import SandboxServer, build_sandbox
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings
from providers.tls import tls
from tests.sandbox.outside_world import Bot, Sandbox, free_port, serving
from tests.sandbox.seam_contract import Api, needs_contract

START = datetime(2026, 12, 1, 9, 20, tzinfo=UTC)
"""No clock changes for months around it; PINs, and so the luck of made-up digits, are the same in every run."""


@pytest.fixture(scope="session")
def listening() -> Iterator[Bot]:
    bound, url = free_port()
    bot = Bot(url)
    app = Starlette(routes=[Route("/{path:path}", bot.receive, methods=["POST"])])
    with serving(uvicorn.Server(uvicorn.Config(app, log_level="warning")), bound):
        yield bot


@pytest.fixture
def bot(listening: Bot) -> Bot:
    listening.status = 200
    listening.heard.clear()
    return listening


@pytest.fixture
def sandbox(bot: Bot) -> Iterator[Sandbox]:
    bound, url = free_port()
    app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=bot.url), SandboxClock(START))
    server = SandboxServer(app, world, 0)
    with (
        serving(server, bound),
        httpx.Client(base_url=url, timeout=15, trust_env=False, verify=tls()) as http,
    ):
        yield Sandbox(url, world, http, server)


@pytest.fixture
def sdk(sandbox: Sandbox) -> Iterator[Seam]:
    with Seam(api_key="seam_test_nightporter", endpoint=f"{sandbox.url}/sandbox/seam") as client:
        yield client


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    """Seam by hand; PINs come at once."""
    needs_contract()
    sandbox.post("/sandbox/seam-settings", {"pin_delay_seconds": 0})
    return Api(sandbox)
