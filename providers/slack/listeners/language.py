"""Change language, below the answer to whoever asked for a PIN: a form of one field. Everything else about a stay is
changed by `changing`."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import CHANGE_LANGUAGE, LANGUAGE_TITLE, language_changed, refused
from bot.conversation.forms.change_previews import CANNOT_OPEN, UNREADABLE
from bot.domain.messages.languages import ChosenBy
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.guests import Guest
from bot.ports import Ports, Stale
from bot.workflows.correct_guest import Correction, correct_guest, guest_to_correct
from providers.slack.listeners.answering import pressed, soon, tell
from providers.slack.listeners.ask_form import LANGUAGE, language_of, languages_menu
from providers.slack.listeners.elements import ask_for, plain, states_of
from providers.slack.listeners.form import done_view

FORM = "language_of_texts"


def register(app: AsyncApp, ports: Ports) -> None:
    languages = _Languages(ports)
    app.action(CHANGE_LANGUAGE)(languages.pressed)
    app.view(FORM)(languages.submitted)


class _Languages:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def pressed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        request_id, person = pressed(body)
        try:
            view = _view(request_id, await guest_to_correct(self._ports, request_id, person))
        except Refusal as refusal:
            view = done_view(refused(refusal), LANGUAGE_TITLE)
        # Below the form in which it was asked for, the form takes that one's place.
        shown = body.get("view")
        if shown:
            opened = await soon(client.views_update(view_id=str(shown["id"]), view=view))
        else:
            opened = await soon(client.views_open(trigger_id=str(body["trigger_id"]), view=view))
        if not opened and not shown:
            await tell(respond, CANNOT_OPEN)
        await ack()

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, request_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        try:
            language = language_of(states_of(view))
            before = await guest_to_correct(self._ports, request_id, person)
            delivery = f"correct:{view.get('id', '')}:{view.get('hash', '')}"
            after = await correct_guest(
                self._ports, request_id, person, Correction(before.name, None, language, delivery)
            )
            words = language_changed(before.language_choice, after.language_choice)
        except Refusal as refusal:
            words = refused(refusal)
        except Stale:
            words = refused(Refusal(Reason.CHANGED_MEANWHILE))
        except (KeyError, TypeError, ValueError):
            words = UNREADABLE
        await ack(response_action="update", view=done_view(words, LANGUAGE_TITLE))


def _view(request_id: str, guest: Guest) -> dict[str, Any]:
    chosen = guest.language_choice
    language = chosen.language if chosen.chosen_by is ChosenBy.REQUEST else None
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": request_id,
        "title": plain(LANGUAGE_TITLE, 24),
        "submit": plain("Change", 24),
        "close": plain("Back", 24),
        "blocks": [ask_for(LANGUAGE, f"For {guest.name}", languages_menu(language), optional=True)],
    }
