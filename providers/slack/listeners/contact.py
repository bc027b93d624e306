"""Whom to text about a stay that came by itself without a number: the button under the notice, and its form."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.team import help_notices as words
from bot.domain.refusals import Refusal
from bot.ports import Ports
from bot.workflows.take_stay import contact_to_supply, supply_contact
from bot.workflows.take_stay.links import show_link
from providers.slack.listeners.answering import answer_press, opened, pressed
from providers.slack.listeners.elements import ask_for, plain, states_of, text_input

CONTACT = "contact"
_NAME, _PHONE = "contact_name", "contact_phone"
_TITLE = 24


def register(app: AsyncApp, ports: Ports) -> None:
    """Adds the click and the form to `app`."""
    contact = _Contact(ports)
    app.action(words.ADD_CONTACT)(contact.button)
    app.action(words.CONTACT_LINK)(contact.link)
    app.view(CONTACT)(contact.submitted)


class _Contact:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def button(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        await answer_press(ack, respond, self._open(body, client))

    async def _open(self, body: dict[str, Any], client: AsyncWebClient) -> str:
        stay_id, person = pressed(body)
        name = await contact_to_supply(self._ports, stay_id, person)
        return await opened(client, body, contact_view(stay_id, name), words.NOT_OPENED)

    async def link(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await answer_press(ack, respond, self._link(*pressed(body)))

    async def _link(self, stay_id: str, person: str) -> str:
        return words.link_for_guest(*await show_link(self._ports, stay_id, person))

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, stay_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        try:
            typed = states_of(view)
            name, phone = (str(typed[each]["value"] or "") for each in (_NAME, _PHONE))
        except (KeyError, TypeError):
            await ack(response_action="errors", errors={_PHONE: "This form cannot be read; please open it again."})
            return
        if not name:
            await ack(response_action="errors", errors={_NAME: "Whom is the PIN for?"})
            return
        try:
            await supply_contact(self._ports, stay_id, person, name, phone)
        except Refusal as refusal:
            await ack(response_action="errors", errors={_PHONE: refused(refusal)})
        else:
            await ack()


def contact_view(stay_id: str, name: str) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": CONTACT,
        "private_metadata": stay_id,
        "title": plain(words.CONTACT_TITLE, _TITLE),
        "submit": plain(words.CONTACT_SUBMIT, _TITLE),
        "close": plain("Back", _TITLE),
        "blocks": [
            ask_for(_NAME, "Guest", text_input(_NAME, name)),
            ask_for(_PHONE, "Phone number", text_input(_PHONE, None, "+33 6 39 98 12 34")),
        ],
    }
