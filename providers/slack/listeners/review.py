"""Clicks that only the approval rules know: approving one's own in an emergency, and reviewing it afterwards."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.ports import Ports
from bot.workflows.decide_request import decide_request
from bot.workflows.review_request import review_request
from providers.slack.listeners.answering import pressed
from providers.slack.listeners.form import read_request

Answered = Callable[[AsyncRespond, Awaitable[object]], Awaitable[None]]
"""Does it, and tells a refusal to the one who pressed."""


def register(app: AsyncApp, ports: Ports, answered: Answered) -> None:
    async def break_glass(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        value, person = pressed(body)
        request_id, seen = read_request(value)
        await answered(respond, decide_request(ports, request_id, person, approved=True, emergency=True, seen=seen))
        await ack()

    async def reviewed(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        request_id, person = pressed(body)
        await answered(respond, review_request(ports, request_id, person))
        await ack()

    app.action("break_glass")(break_glass)
    app.action("reviewed")(reviewed)
