"""A vendor on 127.0.0.1 for wire tests: answers what it is told, in order, and keeps what it was asked."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web


@dataclass(frozen=True)
class Answer:
    """`then`: "answer", "hang" (never answers) or "drop" (cuts the connection after hearing everything)."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    then: str = "answer"
    content_type: str = "application/json"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    json: Any
    headers: Mapping[str, str]


class Loopback:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.url = ""
        self.closing = asyncio.Event()
        self._answers: deque[Answer] = deque()

    def will(self, *answers: Answer) -> None:
        """What comes next, in place of what was to come; the last one is repeated."""
        self._answers = deque(answers)

    async def receive(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(_asked(request, await request.text()))
        answer = self._answers.popleft() if len(self._answers) > 1 else self._answers[0]
        if answer.then == "drop":
            assert request.transport is not None
            request.transport.abort()
        if answer.then == "hang":
            await self.closing.wait()
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        headers = {"Content-Type": answer.content_type, **answer.headers}
        return web.Response(body=text.encode(), status=answer.status, headers=headers)


def _asked(request: web.Request, text: str) -> Asked:
    is_json = request.content_type == "application/json"
    form = {} if is_json else dict(parse_qsl(text, keep_blank_values=True))
    body = json.loads(text) if is_json and text else None
    return Asked(request.method, request.path, dict(request.query), form, body, dict(request.headers))


@asynccontextmanager
async def loopback() -> AsyncIterator[Loopback]:
    vendor = Loopback()
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", vendor.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    vendor.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield vendor
    finally:
        vendor.closing.set()
        await runner.cleanup()


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
