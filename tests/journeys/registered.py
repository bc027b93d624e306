"""The listeners of the Bolt app, read from the app itself, and which of them a delivery belongs to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from slack_bolt.listener.async_listener import AsyncListener
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from providers.slack.listeners.app import slack_app
from tests.benchmarks.ports import installation


@dataclass(frozen=True)
class Listener:
    """`name` is for people: what it waits for, and the function that answers."""

    name: str
    bolt: AsyncListener

    async def hears(self, names: dict[str, Any]) -> bool:
        request = AsyncBoltRequest(body=names, mode="socket_mode")
        return await self.bolt.async_matches(req=request, resp=BoltResponse(status=200))


async def registered(url: str) -> list[Listener]:
    """All listeners in the order in which Bolt asks them, of an app made as the bot makes it on the database `url`."""
    async with installation(url) as (ports, _queue, _texter):
        app = slack_app(ports, AsyncWebClient(token="xoxb-none", base_url="http://127.0.0.1:9/"))
        return [Listener(_name(bolt), bolt) for bolt in app._async_listeners]


async def heard_by(listeners: Sequence[Listener], names: dict[str, Any]) -> str | None:
    """The listener that answers this delivery: the first that fits, as in Bolt."""
    for listener in listeners:
        if await listener.hears(names):
            return listener.name
    return None


def _name(bolt: AsyncListener) -> str:
    waits = " ".join(dict.fromkeys(word for matcher in bolt.matchers for word in _constraints(matcher.func)))  # type: ignore[attr-defined]
    where = f"{bolt.ack_function.__module__}.{bolt.ack_function.__qualname__}"
    return f"{waits} → {where}"


def _constraints(func: Any) -> Iterator[str]:
    """The kind and the name that a matcher of Bolt's looks for: they live in its closure."""
    kind = func.__qualname__.split(".")[0]
    for cell in func.__closure__ or ():
        held = cell.cell_contents
        if isinstance(held, str | re.Pattern):
            yield f"{kind} {held if isinstance(held, str) else held.pattern}"
        elif callable(held) and getattr(held, "__closure__", None):
            yield from _constraints(held)
