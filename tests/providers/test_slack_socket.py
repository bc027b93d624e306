"""Socket Mode's connection: it comes to stand when Slack does, and never holds up a stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from providers.slack.listeners.socket import socket_mode
from tests.sandbox.people import Town, open_town


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


@asynccontextmanager
async def connecting(town: Town) -> AsyncIterator[asyncio.Event]:
    """A bot with one command over the socket; leaving it takes no longer than a stop may."""
    api_url = f"{town.url}/sandbox/slack/api/"
    app = AsyncApp(client=AsyncWebClient("xoxb-sandbox", base_url=api_url), signing_secret="unused")

    @app.command("/pin")
    async def pin(ack: AsyncAck) -> None:
        await ack("Heard over the socket")

    shutdown = asyncio.Event()
    running = asyncio.ensure_future(socket_mode(app, "xapp-sandbox", api_url)(shutdown))
    try:
        yield shutdown
    finally:
        shutdown.set()
        await asyncio.wait_for(running, 30)


def spoil(town: Town, fault: str, count: int) -> None:
    asked = {"provider": "slack", "fault": fault, "rate": 1, "path": "/apps.connections.open", "count": count}
    town.world.faults.set(asked)


async def heard(town: Town) -> bool:
    said = await town.does("command", user="U_ADA", text="help")
    return [shown["text"] for shown in said.get("shown", [])] == ["Heard over the socket"]


async def until_heard(town: Town, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await heard(town):
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("fault", ["http_500", "reset", "http_429"])
async def test_slack_is_down_when_we_start(town: Town, fault: str) -> None:
    spoil(town, fault, 1)
    async with connecting(town):
        await until_heard(town, 30)  # Slack's client waits ten seconds


async def test_a_stop_does_not_wait_for_a_slack_that_hangs(town: Town) -> None:
    spoil(town, "timeout_before", 100)
    async with connecting(town):
        await asyncio.sleep(1)


async def test_a_token_without_the_right_is_told_and_holds_nothing_up(town: Town) -> None:
    api_url = f"{town.url}/sandbox/slack/api/"
    app = AsyncApp(client=AsyncWebClient("xoxb-sandbox", base_url=api_url), signing_secret="unused")
    shutdown = asyncio.Event()
    running = asyncio.ensure_future(socket_mode(app, "xapp-wrong", api_url)(shutdown))
    await asyncio.sleep(1)
    assert not running.done()
    shutdown.set()
    await asyncio.wait_for(running, 8)
