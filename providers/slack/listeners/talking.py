"""Writing to a guest: the button in the thread and on the card, `/pin text`, and the form. Nothing else that people
type in Slack reaches a guest: no event for messages is subscribed to."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.team import talk_words as talk
from bot.conversation.typed.slack_text import shown_text
from bot.domain.refusals import Refusal
from bot.ports import Ports
from bot.workflows.find_stay import find_stay
from bot.workflows.text_guest import GuestText, address, text_guest
from providers.slack.listeners.answering import also_told, pressed, soon
from providers.slack.listeners.stays import Command, Typed
from providers.slack.listeners.talk_form import SIGNED, WORDS, WRITE, counted_view, read_talk, talk_view


def register(app: AsyncApp, ports: Ports) -> Mapping[str, Command]:
    """Adds the click and the form to `app`; the word that `/pin` takes, with what it does."""
    talking = _Talking(ports)
    app.action(talk.SEND)(talking.pressed)
    app.action(WORDS)(talking.counted)
    app.view(WRITE)(talking.submitted)
    return {"text": talking.typed}


class _Talking:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def typed(self, typed: Typed) -> str:
        stay = await find_stay(self._ports, shown_text(typed.words), typed.person, typed.workspace)
        return await self._open(typed.client, typed.delivery, stay.request.id, typed.person, typed.name)

    async def pressed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        request_id, person = pressed(body)
        try:
            said = await self._open(client, str(body["trigger_id"]), request_id, person, _name(body["user"]))
        except Refusal as refusal:
            said = refused(refusal)
        if said:
            await also_told(respond, said)
        await ack()

    async def counted(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """While somebody types. A count that comes late is refused by its hash, and the next one is right."""
        try:
            view = body["view"]
            await soon(client.views_update(view_id=view["id"], hash=view["hash"], view=counted_view(view)))
        except (KeyError, TypeError, AttributeError):
            pass  # no form of ours: there is nothing to count
        await ack()

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, request_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        try:
            signed, words = read_talk(view)
            missing = {} if words else {WORDS: talk.WORDS_ARE_MISSING}
            missing |= {} if signed else {SIGNED: talk.NAME_IS_MISSING}
            if missing:
                await ack(response_action="errors", errors=missing)
                return
            written = GuestText(person, signed, words, str(view["id"]))
            await text_guest(self._ports, request_id, written)
        except Refusal as refusal:
            await ack(response_action="errors", errors={WORDS: refused(refusal)})
        except (KeyError, TypeError, AttributeError):
            await ack(response_action="errors", errors={WORDS: "This form cannot be read; please open it again."})
        else:
            await ack()

    async def _open(self, client: AsyncWebClient, trigger_id: str, request_id: str, person: str, name: str) -> str:
        """Opens the form; what there is to say instead, where it could not be opened. Raises a Refusal."""
        to = await address(self._ports, request_id, person)
        view = talk_view(request_id, talk.about_stay(to.guest, to.lock, to.code.window), name)
        return "" if await soon(client.views_open(trigger_id=trigger_id, view=view)) else talk.NOT_OPENED


def _name(user: Mapping[str, Any]) -> str:
    """How Slack's payloads call somebody: a handle, which they change in the form if guests know another name."""
    return talk.as_name(str(user.get("name") or user.get("username") or ""))
