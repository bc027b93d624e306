"""`/pin connect`: a link to sign in with comes to the one who asked, as a message. Its button only opens an address."""

from collections.abc import Mapping

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.conversation.team.account_words import OPEN_LINK, before_connecting
from bot.ports import Ports
from bot.workflows.connect_account import ask_for_link
from providers.slack.listeners.stays import Command, Typed


def register(app: AsyncApp, ports: Ports) -> Mapping[str, Command]:
    """Adds the button to `app`; the word that `/pin` takes, with what it does."""

    async def connect(typed: Typed) -> str:
        await ask_for_link(ports, typed.person, typed.delivery, typed.workspace)
        return before_connecting()

    app.action(OPEN_LINK)(_opened)
    return {"connect": connect}


async def _opened(ack: AsyncAck) -> None:
    """Slack tells us of the click all the same, and wants an answer."""
    await ack()
