"""How long Slack waits: a signed `/pin`, from the request's first byte to the answer's last, without a network."""

import time
from typing import Any
from urllib.parse import urlencode

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from ulid import ULID

from bot.processes.web import build_web
from providers.slack.listeners.app import slack_app
from providers.slack.listeners.endpoint import SlackEndpoint
from tests.benchmarks.ports import LOCKS, installation, machines_clock

ROUNDS, EACH = 7, 60
SECRET = "bench-secret"
ASKS = {"help": "help", "<one line>": "door-1 for Ana +33 6 39 98 {:04d} 2026-12-04 15:00 - 2026-12-06 11:00"}
"""Another number each time: a guest's second stay at the same time is asked about in the form."""


async def acknowledgement(url: str) -> list[tuple[str, list[float], list[float]]]:
    """Per ask: medians of each round for ours and for an empty Bolt listener behind the same door (seconds)."""
    async with installation(url, machines_clock(), LOCKS) as (ports, _queue, _texter):
        web = AsyncWebClient(token="xoxb-bench", base_url="http://127.0.0.1:9/")
        ours = await _served(slack_app(ports, web))
        empty = await _served(_empty_app(web))
        results = []
        for name, words in ASKS.items():
            pairs = [
                (await _round(ours, words, number), await _round(empty, words, number)) for number in range(ROUNDS)
            ]
            results.append((name, [a for a, _ in pairs], [b for _, b in pairs]))
        return results


def _empty_app(web: AsyncWebClient) -> AsyncApp:
    app = AsyncApp(client=web, signing_secret=SECRET, request_verification_enabled=False, process_before_response=True)

    @app.command("/pin")
    async def pin(ack: AsyncAck) -> None:
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


async def _round(app: Starlette, words: str, number: int) -> float:
    times = []
    for ask in range(EACH):
        scope, body = _request(words.format(number * EACH + ask))
        started = time.perf_counter()
        status = await _call(app, scope, body)
        times.append(time.perf_counter() - started)
        assert status == 200, status
    times.sort()
    return times[len(times) // 2]


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
