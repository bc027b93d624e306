"""A town for the tests of Slack and Twilio: the sandbox on one port, a bot that writes everything down on another.

The bot checks every signature with the vendors' own validators and answers as each test tells it to.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import pytest
import uvicorn
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from twilio.request_validator import RequestValidator

from providers.sandbox.app import build_sandbox
from providers.sandbox.world import SandboxSettings, World
from providers.tls import tls

Json = dict[str, Any]
GUEST = "+33639980042"


@dataclass
class Delivery:
    """One signed request that reached the bot."""

    path: str
    headers: dict[str, str]
    body: str
    fields: dict[str, str]

    @property
    def payload(self) -> Json:
        """What Slack says: an event, an interaction, or a command's fields."""
        if "payload" in self.fields:
            return json.loads(self.fields["payload"])
        return self.fields if self.fields else json.loads(self.body)


Answer = Callable[[Delivery], Awaitable[Response]]


async def _nothing(delivery: Delivery) -> Response:
    return Response()


@dataclass
class Bot:
    """`answer` decides what the bot says; everything with a good signature is in `heard`."""

    secret: str = "sandbox-signing-secret"
    token: str = "sandbox-twilio-auth-token"
    url: str = ""
    answer: Answer = _nothing
    heard: list[Delivery] = field(default_factory=list)
    bolt: Callable[[Request], Awaitable[Response]] | None = None
    """Takes over /slack/events."""
    refused: int = 0
    """How often something came with a bad one."""

    async def slack(self, request: Request) -> Response:
        if self.bolt is not None:
            return await self.bolt(request)
        body = await request.body()
        if not SignatureVerifier(self.secret).is_valid_request(body, dict(request.headers)):
            self.refused += 1
            return PlainTextResponse("bad signature", 401)
        form = {} if "json" in request.headers["content-type"] else _form(body)
        return await self._receive(request, body, form)

    async def twilio(self, request: Request) -> Response:
        body = await request.body()
        signature = request.headers.get("x-twilio-signature", "")
        url = self.url + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if not RequestValidator(self.token).validate(url, _form(body), signature):
            self.refused += 1
            return PlainTextResponse("bad signature", 401)
        return await self._receive(request, body, _form(body))

    async def _receive(self, request: Request, body: bytes, form: dict[str, str]) -> Response:
        delivery = Delivery(request.url.path, dict(request.headers), body.decode(), form)
        self.heard.append(delivery)
        return await self.answer(delivery)

    def routes(self) -> list[Route]:
        return [
            Route("/slack/events", self.slack, methods=["POST"]),
            Route("/twilio/sms", self.twilio, methods=["POST"]),
            Route("/twilio/status", self.twilio, methods=["POST"]),
        ]


def _form(body: bytes) -> dict[str, str]:
    assert all(len(values) == 1 for values in parse_qs(body.decode(), keep_blank_values=True).values())
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


@dataclass
class Town:
    url: str
    world: World
    bot: Bot
    http: httpx.AsyncClient

    def slack(self, token: str = "xoxb-sandbox") -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=f"{self.url}/sandbox/slack/api/")

    async def does(self, action: str, expect: int = 200, **asked: object) -> Json:
        """Somebody acts in Slack."""
        said = await self.http.post(f"/sandbox/slack/{action}", json=asked)
        assert said.status_code == expect, said.text
        return said.json()

    async def sees(self, path: str, **query: str) -> Json:
        said = await self.http.get(f"/sandbox/{path}", params=query)
        assert said.status_code == 200, said.text
        return said.json()

    async def messages(self, channel: str, **query: str) -> list[Json]:
        return (await self.sees(f"slack/channels/{channel}", **query))["messages"]


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Waits for something that happens by itself."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


class _Server(uvicorn.Server):
    """Leaves the test run's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(make: Callable[[str], ASGIApp]) -> AsyncIterator[str]:
    """What `make` builds for its own address, on a free port of loopback."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # otherwise no TCP_NODELAY: 44 ms
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = _Server(
        uvicorn.Config(make(url), log_level="warning", lifespan="on", ws="websockets-sansio", access_log=False)
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield url
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def open_town() -> AsyncIterator[Town]:
    bot = Bot()
    worlds: list[World] = []

    def make(url: str) -> ASGIApp:
        app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=bot.url))
        worlds.append(world)
        return app

    async with (
        served(lambda url: Starlette(routes=bot.routes())) as bot.url,
        served(make) as url,
        httpx.AsyncClient(base_url=url, timeout=10, verify=tls()) as http,
    ):
        yield Town(url, worlds[0], bot, http)


def error_of(caught: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(caught.value.response["error"])


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return error_of(caught)


def answers(said: Json | str) -> Answer:
    async def answer(delivery: Delivery) -> Response:
        return PlainTextResponse(said) if isinstance(said, str) else JSONResponse(said)

    return answer
