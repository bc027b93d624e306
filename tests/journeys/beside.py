"""The sandbox of a demo that runs in the process of the test: asked without a socket.

A third of a journey's time went into carrying the same lists over loopback, again and again. What people do there
reaches the bot as ever: the sandbox signs it, and posts it to the bot's own port.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.types import Message, Scope

from providers.sandbox.app import build_sandbox
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings, World


@dataclass(frozen=True, slots=True)
class Answer:
    """What a test asks of an httpx.Response, without its making."""

    asked: str
    status_code: int
    content: bytes

    def raise_for_status(self) -> Self:
        assert self.status_code < 400, f"{self.asked}: {self.status_code} {self.content[:300]!r}"
        return self

    def json(self) -> Any:
        return json.loads(self.content)


class Beside:
    """`build` is what `run_demo` makes its sandbox with."""

    app: Starlette
    world: World

    def build(self, settings: SandboxSettings, clock: SandboxClock) -> tuple[Starlette, World]:
        self.app, self.world = build_sandbox(settings, clock)
        return self.app, self.world

    @property
    def url(self) -> str:
        return self.world.settings.base_url

    async def listens(self, running: "asyncio.Task[None]") -> None:
        """Returns when the demo takes connections. Raises what has ended it."""
        while not running.done():
            with suppress(AttributeError, OSError):
                parts = urlsplit(self.url)
                _, there = await asyncio.open_connection(parts.hostname, parts.port)
                there.close()
                await there.wait_closed()
                return
            await asyncio.sleep(0.01)
        await running

    async def asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        raw, _, query = path.partition("?")
        parts = urlsplit(self.url)
        headers = [(b"host", parts.netloc.encode()), (b"content-length", b"%d" % len(content))]
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [*headers, (b"content-type", b"application/json")],
            "client": (parts.hostname, 0),
            "server": (parts.hostname, parts.port),
            "state": {},
        }
        status, pieces = 0, list[bytes]()

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            pieces.append(message.get("body", b""))

        await self.app(scope, receive, send)
        return Answer(f"{method} {path}", status, b"".join(pieces))
