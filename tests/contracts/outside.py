"""The sandbox on a free port, and beside it a bot's ear that keeps whatever vendors tell it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from providers.sandbox.app import build_sandbox
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings, World
from providers.tls import tls
from tests.moments import START


@dataclass(frozen=True)
class Report:
    """One call of a vendor's to the bot, as it came over the wire."""

    path_and_query: str
    headers: Mapping[str, str]
    body: bytes
    form: list[tuple[str, str]]


@dataclass
class Outside:
    url: str
    world: World
    http: httpx.AsyncClient
    said: list[Report] = field(default_factory=list)

    @property
    def settings(self) -> SandboxSettings:
        return self.world.settings

    def now(self) -> datetime:
        return self.world.clock.now()

    def fault(self, provider: str, fault: str, path: str, count: int = 1) -> None:
        """The next `count` requests to `path` go wrong."""
        self.world.faults.set({"provider": provider, "fault": fault, "rate": 1, "path": path, "count": count})

    async def post(self, path: str, **asked: object) -> Any:
        answer = await self.http.post(f"/sandbox/{path}", json=asked)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str) -> Any:
        answer = await self.http.get(f"/sandbox/{path}")
        assert answer.is_success, answer.text
        return answer.json()


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Waits for something that happens by itself."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def open_outside() -> AsyncIterator[Outside]:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # else asyncio leaves Nagle on
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=url), SandboxClock(START))
    said: list[Report] = []
    app.router.routes.extend(_ear(said))
    async with (
        _served(app, listening),
        httpx.AsyncClient(base_url=url, timeout=10, trust_env=False, verify=tls()) as http,
    ):
        yield Outside(url, world, http, said)
        world.faults.let_go()


def _ear(said: list[Report]) -> list[Route]:
    async def receive(request: Request) -> Response:
        query = request.scope["query_string"].decode()
        path = request.scope["raw_path"].decode() + (f"?{query}" if query else "")
        body = await request.body()
        form = [(k, str(v)) for k, v in (await request.form()).multi_items()]
        said.append(Report(path, dict(request.headers), body, form))
        return Response(status_code=204)

    return [Route(path, receive, methods=["POST"]) for path in ("/seam/webhooks", "/twilio/{what}", "/slack/events")]


class _Server(uvicorn.Server):
    """Leaves the test run's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _served(app: ASGIApp, listening: socket.socket) -> AsyncIterator[None]:
    server = _Server(uvicorn.Config(app, log_level="warning", lifespan="on", ws="none", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        await serving
