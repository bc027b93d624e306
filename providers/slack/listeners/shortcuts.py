"""Shortcuts: the form from anywhere, and the form filled with what a message says. Neither asks by itself."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.typed.slack_text import first_words
from providers.slack.listeners.answering import Unheard, workspace_of
from providers.slack.listeners.asking import Asking
from providers.slack.registry import FROM_ANYWHERE, FROM_MESSAGE, SHORTCUTS


def register(app: AsyncApp, asking: Asking) -> None:
    """A listener for each shortcut of the registry; KeyError for one that has none."""

    async def from_anywhere(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        if not await asking.open_form(client, body, workspace=workspace_of(context)):
            raise Unheard
        await ack()

    async def from_message(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        message = body.get("message")
        words = first_words(str(message.get("text") or "")) if isinstance(message, dict) else ""
        if not await asking.open_form(client, body, words, workspace_of(context)):
            raise Unheard
        await ack()

    listeners = {FROM_ANYWHERE: from_anywhere, FROM_MESSAGE: from_message}
    for shortcut in SHORTCUTS:
        app.shortcut(shortcut.callback_id)(listeners[shortcut])
