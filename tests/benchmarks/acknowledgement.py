"""How long Slack waits: a signed `/pin`, from the request's first byte to the answer's last, without a network."""

import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import asyncpg
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from ulid import ULID

from bot.processes.web import build_web
from providers.slack.listeners.app import slack_app
from providers.slack.listeners.endpoint import SlackEndpoint
from storage.engine import database_url
from tests.benchmarks.ports import LOCKS, installation, machines_clock
from tests.moments import START

ROUNDS, EACH = 7, 60
SECRET = "bench-secret"
FROM = START.date() + timedelta(days=4)
ASKS = {
    "help": "help",
    "<one line>": f"door-1 for Ana +33 6 39 98 {{:04d}} {FROM} 15:00 - {FROM + timedelta(days=2)} 11:00",
}
"""Another number each time: a guest's second stay at the same time is asked about in the form."""


FLOOR = "an empty listener that writes one row"
_NEW = "CREATE TABLE floor (id integer, said text)"
_WRITE = "INSERT INTO floor VALUES (1, 'ok')"


class Times(NamedTuple):
    """Seconds, of one round: the median of its waits, and the processor time of each command."""

    wall: float
    cpu: float


async def acknowledgement(url: str) -> list[tuple[str, list[Times], list[Times]]]:
    """What was asked; each round's times of ours, or of the floor, and of an empty Bolt listener behind the same door.

    The floor is what any bot pays that remembers: the empty listener, an INSERT and its COMMIT.
    """
    async with installation(url, machines_clock(), LOCKS) as (ports, _queue, _texter), _writing(url) as write:
        web = AsyncWebClient(token="xoxb-bench", base_url="http://127.0.0.1:9/")
        ours = await _served(slack_app(ports, web))
        empty, floor = await _served(_empty_app(web, _nothing)), await _served(_empty_app(web, write))
        results = []
        for name, words, app in ((FLOOR, "help", floor), *((name, words, ours) for name, words in ASKS.items())):
            pairs = [(await _round(app, words, number), await _round(empty, words, number)) for number in range(ROUNDS)]
            results.append((name, [a for a, _ in pairs], [b for _, b in pairs]))
        async with ports.store() as uow:
            waiting, _ = await uow.requests.open_of("U_ADA")
        assert waiting == ROUNDS * EACH, "what was refused costs less"
        return results


Write = Callable[[], Awaitable[None]]


async def _nothing() -> None:
    return None


@asynccontextmanager
async def _writing(url: str) -> AsyncIterator[Write]:
    """One row, written and committed on the driver alone; SQLite as ours has it, beside our own file."""
    address = database_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(f"{address.database}-floor", isolation_level=None)) as file:
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
                file.execute(f"PRAGMA {pragma}")
            file.execute(_NEW)

            async def write() -> None:
                file.execute(_WRITE)

            yield write
        return
    connection = await asyncpg.connect(address.set(drivername="postgresql").render_as_string(hide_password=False))
    await connection.execute(_NEW)

    async def write_there() -> None:
        await connection.execute(_WRITE)

    yield write_there
    await connection.execute("DROP TABLE floor")
    await connection.close()


def _empty_app(web: AsyncWebClient, write: Write) -> AsyncApp:
    app = AsyncApp(client=web, signing_secret=SECRET, request_verification_enabled=False, process_before_response=True)

    @app.command("/pin")
    async def pin(ack: AsyncAck) -> None:
        await write()
        await ack("ok")

    return app


async def _served(app: AsyncApp) -> Starlette:
    app._async_authorize = None  # type: ignore[assignment]
    _skip_auth_test(app)

    async def ready() -> dict[str, str]:
        return {}

    return build_web(SlackEndpoint(app, SECRET).routes(), ready)


def _skip_auth_test(app: AsyncApp) -> None:
    """Both sides alike: the one `auth.test` at the first request goes to Slack, which is not here."""
    app._async_middleware_list = [m for m in app._async_middleware_list if "Authorization" not in type(m).__name__]


async def _round(app: Starlette, words: str, number: int) -> Times:
    times, cpu = [], 0.0
    for ask in range(EACH):
        scope, body = _request(words.format(number * EACH + ask))
        used, started = time.process_time(), time.perf_counter()
        status = await _call(app, scope, body)
        times.append(time.perf_counter() - started)
        cpu += time.process_time() - used
        assert status == 200, status
    times.sort()
    return Times(times[len(times) // 2], cpu / EACH)


def _request(words: str) -> tuple[dict[str, Any], bytes]:
    fields = {
        "command": "/pin",
        "text": words,
        "user_id": "U_ADA",
        "team_id": "T1",
        "channel_id": "C1",
        "trigger_id": str(ULID()),
        "response_url": "http://127.0.0.1:9/r",
    }
    body = urlencode(fields).encode()
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body) or ""
    headers = [
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"x-slack-request-timestamp", stamp.encode()),
        (b"x-slack-signature", signature.encode()),
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/slack/events",
        "raw_path": b"/slack/events",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    return scope, body


async def _call(app: Starlette, scope: dict[str, Any], body: bytes) -> int:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)  # type: ignore[arg-type]
    return statuses[0]
