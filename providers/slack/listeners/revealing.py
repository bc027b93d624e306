"""Showing a PIN, or a guest's number: the button and the word that ask for it, the form that asks why, the modal that
holds the digits. Both go one way.

The digits leave in the answer to the submission alone: they stand in no message, no private_metadata and no call of
ours to Slack. They are covered by `bot.workflows.hide_pin`.
"""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.team import reveals
from bot.conversation.typed.slack_text import shown_text
from bot.domain.approvals.revealing import LONGEST_REASON, Secret
from bot.domain.refusals import Refusal
from bot.ports import Ports
from bot.workflows.find_stay import find_stay
from bot.workflows.reveal_pin import Revealed, RevealRequest, Sight, ask_to_reveal, note_unknown, reveal_pin
from providers.slack.blocks import Block, window
from providers.slack.listeners.answering import answer_press, pressed, soon
from providers.slack.listeners.elements import ask_for, context, fields, header, plain, section
from providers.slack.listeners.form import read_text
from providers.slack.listeners.stays import Command, Typed

WORDS: Mapping[Secret, str] = {Secret.PIN: "reveal", Secret.NUMBER: "number"}
"""Of each the word after `/pin`, the button and the form."""

_TITLE = 24


def register(app: AsyncApp, ports: Ports) -> Mapping[str, Command]:
    """Adds the click and the form to `app`; the word that `/pin` takes, with what it does."""
    pin, number = _Revealing(ports, Secret.PIN), _Revealing(ports, Secret.NUMBER)
    for revealing, word in ((pin, WORDS[Secret.PIN]), (number, WORDS[Secret.NUMBER])):
        app.action(re.compile(rf"^{word}(\.\d+)?$"))(revealing.button)
        app.view(word)(revealing.submitted)
    return {"reveal": pin.typed, "number": number.typed}


class _Revealing:
    def __init__(self, ports: Ports, secret: Secret) -> None:
        self._ports = ports
        self._secret = secret

    async def typed(self, typed: Typed) -> str:
        try:
            stay = await find_stay(self._ports, shown_text(typed.words), typed.person, typed.workspace, to_reveal=True)
        except Refusal as refusal:
            await note_unknown(self._ports, typed.person, refusal, self._secret)
            raise
        return await self._ask(typed.client, typed.delivery, stay.request.id, typed.person)

    async def button(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        await answer_press(ack, respond, self._ask(client, str(body["trigger_id"]), *pressed(body)))

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, request_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        try:
            reason, place = read_text(view, "why"), str(view["id"])
            if not reason:
                await ack(response_action="errors", errors={"why": reveals.WHY_IS_MISSING})
                return
            wanted = RevealRequest(person, reason, place, self._secret)
            seen = await reveal_pin(self._ports, request_id, wanted)
        except Refusal as refusal:
            await ack(response_action="errors", errors={"why": refused(refusal)})
        except (KeyError, TypeError):
            await ack(response_action="errors", errors={"why": "This form cannot be read; please open it again."})
        else:
            view = revealed_view(seen) if seen else window(reveals.HIDDEN[self._secret])
            await ack(response_action="update", view=view)

    async def _ask(self, client: AsyncWebClient, trigger_id: str, named: str, person: str) -> str:
        """Opens the form; what there is to say instead, where it could not be opened. Raises a Refusal."""
        sight = await ask_to_reveal(self._ports, named, person, self._secret)
        form = reason_view(sight, named, self._secret)
        opened = await soon(client.views_open(trigger_id=trigger_id, view=form))
        return "" if opened else reveals.NOT_OPENED


def reason_view(sight: Sight, named: str, secret: Secret) -> dict[str, Any]:
    """`named`: the request or the code that was asked about."""
    why: Block = {"type": "plain_text_input", "action_id": "why", "max_length": LONGEST_REASON}
    asked = ask_for("why", reveals.WHY, why) | {"hint": plain(reveals.WHY_HINT)}
    return {
        "type": "modal",
        "callback_id": WORDS[secret],
        "private_metadata": named,
        "title": plain(reveals.TITLE[secret], _TITLE),
        "submit": plain(reveals.SHOW, _TITLE),
        "close": plain("Back", _TITLE),
        "blocks": [section(reveals.question(sight.guest, sight.lock, sight.window)), asked],
    }


def revealed_view(seen: Revealed) -> dict[str, Any]:
    """The one place where digits are put into words for staff."""
    sight, secret = seen.sight, Secret.NUMBER if seen.pin is None else Secret.PIN
    if seen.pin is None or sight.code is None:
        digits = reveals.number(sight.guest.phone)
        around = reveals.around_number(sight.guest, sight.lock, sight.window, seen.said)
    else:
        digits = seen.pin.grouped()
        around = reveals.around(sight.guest, sight.lock, sight.code, seen.said, used=sight.used)
    return {
        "type": "modal",
        "callback_id": "revealed",
        "title": plain(reveals.SHOWN_TITLE[secret], _TITLE),
        "close": plain("Close", _TITLE),
        "blocks": [header(digits), fields(around.facts), context(around.remarks)],
    }
