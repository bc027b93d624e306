"""The button "I have it" under whatever needs a person. The notice itself then says who has it."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.conversation.team.alert_words import HAVE_IT
from bot.ports import Ports
from bot.workflows.take_alert import take_alert
from providers.slack.listeners.answering import pressed

Answered = Callable[[AsyncRespond, Awaitable[object]], Awaitable[None]]
"""Does it, and tells a refusal to the one who pressed."""


def register(app: AsyncApp, ports: Ports, answered: Answered) -> None:
    async def have_it(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        alert_id, person = pressed(body)
        await answered(respond, take_alert(ports, alert_id, person))
        await ack()

    app.action(HAVE_IT)(have_it)
