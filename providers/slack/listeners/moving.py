"""A lock is gone: the button under the notice, and the form with the lock that takes its place."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.team import lock_health as words
from bot.domain.refusals import Refusal
from bot.ports import Ports
from bot.workflows.change_stay import MovePreview, move_stays, preview_move
from providers.slack.blocks import Block
from providers.slack.listeners.answering import answer_press, opened, pressed
from providers.slack.listeners.elements import ask_for, option, plain, section, states_of
from providers.slack.listeners.form import done_view

MOVE = "move_to"
_TITLE = 24
_MOST = 100
"""Options in a menu (facts/slack-twilio.md)."""


def register(app: AsyncApp, ports: Ports) -> None:
    """Adds the click and the form to `app`."""
    moving = _Moving(ports)
    app.action(words.MOVE_STAYS)(moving.button)
    app.view(MOVE)(moving.submitted)


class _Moving:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def button(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        await answer_press(ack, respond, self._open(body, client))

    async def _open(self, body: dict[str, Any], client: AsyncWebClient) -> str:
        preview = await preview_move(self._ports, *pressed(body))
        return await opened(client, body, move_view(preview), words.NOT_OPENED)

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, lock_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        try:
            chosen = str(states_of(view)[MOVE]["selected_option"]["value"])
            count, to = await move_stays(self._ports, lock_id, chosen, person)
        except Refusal as refusal:
            await ack(response_action="errors", errors={MOVE: refused(refusal)})
        except (KeyError, TypeError):
            await ack(response_action="errors", errors={MOVE: "This form cannot be read; please open it again."})
        else:
            await ack(response_action="update", view=done_view(words.stays_moved(count, to), words.MOVE_TITLE))


def move_view(seen: MovePreview) -> dict[str, Any]:
    locks = [option(words.name_apart(one, seen.others), one.id) for one in seen.others[:_MOST]]
    menu: Block = {"type": "static_select", "action_id": MOVE, "options": locks}
    return {
        "type": "modal",
        "callback_id": MOVE,
        "private_metadata": seen.lock.id,
        "title": plain(words.MOVE_TITLE, _TITLE),
        "submit": plain(words.MOVE_SUBMIT, _TITLE),
        "close": plain("Back", _TITLE),
        "blocks": [section(words.move_question(seen.lock, seen.count)), ask_for(MOVE, words.MOVE_TO, menu)],
    }
