"""Whose text it was that came from a number without a stay: the button under it, and the form with the stays to choose
from."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.team import help_notices as words
from bot.conversation.times import show_window
from bot.domain.refusals import Refusal
from bot.ports import Ports
from bot.workflows.name_sender import Unnamed, ask_who_it_is, name_sender
from providers.slack.blocks import Block
from providers.slack.listeners.answering import answer_press, opened, pressed
from providers.slack.listeners.elements import ask_for, option, plain, section, states_of

WHOSE = "whose"
_TITLE = 24
_MOST = 100
"""Options in a menu (facts/slack-twilio.md)."""


def register(app: AsyncApp, ports: Ports) -> None:
    """Adds the click and the form to `app`."""
    naming = _Naming(ports)
    app.action(words.NAME_SENDER)(naming.button)
    app.view(WHOSE)(naming.submitted)


class _Naming:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def button(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        await answer_press(ack, respond, self._open(body, client))

    async def _open(self, body: dict[str, Any], client: AsyncWebClient) -> str:
        unnamed = await ask_who_it_is(self._ports, *pressed(body))
        return await opened(client, body, whose_view(unnamed), words.NOT_OPENED)

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, text_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        try:
            chosen = states_of(view)[WHOSE]["selected_option"]["value"]
            await name_sender(self._ports, text_id, str(chosen), person)
        except Refusal as refusal:
            await ack(response_action="errors", errors={WHOSE: refused(refusal)})
        except (KeyError, TypeError):
            await ack(response_action="errors", errors={WHOSE: "This form cannot be read; please open it again."})
        else:
            await ack()


def whose_view(unnamed: Unnamed) -> dict[str, Any]:
    stays = [
        option(
            f"{one.guest.name} at {one.lock.name}",
            one.request.id,
            f"{show_window(one.request.granted, one.lock.zoneinfo)} ({one.request.short_id})",
        )
        for one in unnamed.senders[:_MOST]
    ]
    menu: Block = {"type": "static_select", "action_id": WHOSE, "options": stays}
    return {
        "type": "modal",
        "callback_id": WHOSE,
        "private_metadata": unnamed.text.id,
        "title": plain(words.WHOSE_TITLE, _TITLE),
        "submit": plain(words.WHOSE_SUBMIT, _TITLE),
        "close": plain("Back", _TITLE),
        "blocks": [section(words.unknown_said(unnamed.text.facts)), ask_for(WHOSE, words.WHOSE_STAY, menu)],
    }
