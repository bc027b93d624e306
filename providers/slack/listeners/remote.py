"""`/pin unlock front-door` and `/pin lock front-door`: a question first, and nothing happens before it is answered."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.conversation.answers.answers import refused
from bot.conversation.team import remote_words as words
from bot.conversation.typed.lock_names import lock_names, only_lock
from bot.conversation.typed.slack_text import shown_text
from bot.domain.locks.remote_commands import Action
from bot.domain.refusals import Refusal
from bot.ports import Ports
from bot.workflows.operate_lock import RemoteRequest, check_operate, order
from providers.slack.listeners.answering import soon, workspace_of
from providers.slack.listeners.elements import plain, section
from providers.slack.listeners.form import done_view
from providers.slack.listeners.stays import Command, Typed

OPERATE = "operate_lock"
_TITLE = 24


def register(app: AsyncApp, ports: Ports) -> Mapping[str, Command]:
    """Adds the form to `app`; the words that `/pin` takes, each with what it does."""
    remote = _Remote(ports)
    app.view(OPERATE)(remote.submitted)
    return {"unlock": remote.unlock, "lock": remote.lock}


class _Remote:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def unlock(self, typed: Typed) -> str:
        return await self._ask(typed, Action.UNLOCK)

    async def lock(self, typed: Typed) -> str:
        return await self._ask(typed, Action.LOCK)

    async def _ask(self, typed: Typed, action: Action) -> str:
        async with self._ports.store() as uow:
            names = lock_names([lock for lock in await uow.locks.all() if not lock.is_gone])
        said = shown_text(typed.words).split()
        found = only_lock(said, names)
        if found is None or len(found.locks) != 1:
            return words.WHICH.format(action=action.value)
        lock = await check_operate(self._ports, found.locks[0].id, typed.person)
        view = {
            "type": "modal",
            "callback_id": OPERATE,
            "private_metadata": f"{action.value}|{lock.id}",
            "title": plain(words.TITLE[action], _TITLE),
            "submit": plain(words.SUBMIT[action], _TITLE),
            "close": plain("Not now", _TITLE),
            "blocks": [section(words.question(action, lock), "question")],
        }
        opened = await soon(typed.client.views_open(trigger_id=typed.delivery, view=view))
        return "" if opened else words.NOT_OPENED

    async def submitted(
        self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        action, _, lock_id = str(view.get("private_metadata") or "").partition("|")
        try:
            person, delivery = str(body["user"]["id"]), f"{view['id']}:{view.get('hash', '')}"
            wanted = RemoteRequest(lock_id, Action(action), person, delivery, workspace_of(context))
            lock = await order(self._ports, wanted)
            said = words.going(wanted.action, lock)
        except Refusal as refusal:
            said = refused(refusal)
        except (KeyError, TypeError, ValueError):
            said = words.UNREADABLE
        await ack(response_action="update", view=done_view(said, words.ORDERED))
