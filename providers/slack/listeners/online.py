"""`/pin online loft`: the online PINs of a lock with a bridge, with buttons to set, change and delete them."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.team import online_words as words
from bot.conversation.typed.lock_names import lock_names, only_lock
from bot.conversation.typed.slack_text import shown_text
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT, understand_window
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.workflows import online_pin
from bot.workflows.online_pin import OnlinePinRequest
from providers.slack.listeners.answering import pressed, soon, workspace_of
from providers.slack.listeners.form import done_view
from providers.slack.listeners.online_form import (
    CHANGE,
    CHANGED,
    DELETE,
    DIGITS,
    MADE,
    MAKE,
    WHEN,
    WHO,
    change_view,
    list_view,
    make_view,
    read_typed,
)
from providers.slack.listeners.stays import Command, Typed

_AT_DIGITS = frozenset({Reason.BAD_DIGITS, Reason.EASY_DIGITS, Reason.DIGITS_TAKEN})
_AT_WHEN = frozenset({Reason.ENDS_BEFORE_START, Reason.ALREADY_OVER})


def register(app: AsyncApp, ports: Ports) -> Mapping[str, Command]:
    """Adds the clicks and the forms to `app`; the word that `/pin` takes, with what it does."""
    online = _Online(ports)
    app.action(MAKE)(online.make)
    app.action(CHANGE)(online.change)
    app.action(DELETE)(online.delete)
    app.view(MADE)(online.made)
    app.view(CHANGED)(online.changed)
    return {"online": online.typed}


class _Online:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def typed(self, typed: Typed) -> str:
        lock = await self._meant(shown_text(typed.words).split())
        if lock is None:
            return words.WHICH
        held = await online_pin.look_at_lock(self._ports, lock.id, typed.person)
        opened = await soon(typed.client.views_open(trigger_id=typed.delivery, view=list_view(held)))
        return "" if opened else words.NOT_OPENED

    async def _meant(self, said: Sequence[str]) -> Lock | None:
        """The lock that is named; where none is, the only one with a bridge."""
        async with self._ports.store() as uow:
            locks = [lock for lock in await uow.locks.all() if not lock.is_gone]
        if not said:
            bridged = [lock for lock in locks if lock.has_bridge]
            return bridged[0] if len(bridged) == 1 else None
        found = only_lock(said, lock_names(locks))
        if found is None or len(found.locks) != 1:
            return None
        return next(lock for lock in locks if lock.id == found.locks[0].id)

    # --- pressed in the list --------------------------------------------------------------------------------------

    async def make(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        lock_id, person = pressed(body)
        try:
            held = await online_pin.look_at_lock(self._ports, lock_id, person)
            view = make_view(held)
        except Refusal as refusal:
            view = _said(refused(refusal))
        await _pushed(ack, body, client, view)

    async def change(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        pin_id, person = pressed(body)
        try:
            view = change_view(*await online_pin.look_at_pin(self._ports, pin_id, person))
        except Refusal as refusal:
            view = _said(refused(refusal))
        await _pushed(ack, body, client, view)

    async def delete(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The list stays open and says what goes on."""
        pin_id, person = pressed(body)
        try:
            pin = await online_pin.erase(self._ports, pin_id, person)
            held = await online_pin.look_at_lock(self._ports, pin.lock_id, person)
            view = list_view(held, words.erasing_words(pin.name))
        except Refusal as refusal:
            view = _said(refused(refusal))
        # Pressed in our list, so there is one; who sends something else has had it deleted all the same.
        shown = body.get("view")
        if isinstance(shown, Mapping):
            await soon(client.views_update(view_id=str(shown.get("id") or ""), view=view))
        await ack()

    # --- submitted ------------------------------------------------------------------------------------------------

    async def made(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext) -> None:
        try:
            typed = read_typed(view)
            lock = await self._lock(str(view["private_metadata"]))
            window = self._window(typed[WHEN], lock)
            if not typed[WHO]:
                await ack(response_action="errors", errors={WHO: words.WHO_IS_MISSING})
                return
            person, delivery = str(body["user"]["id"]), f"{view['id']}:{view.get('hash', '')}"
            wanted = OnlinePinRequest(
                lock.id, typed[WHO], typed[DIGITS], window, person, delivery, workspace_of(context)
            )
            await online_pin.program(self._ports, wanted)
        except NotUnderstood as doubt:
            await ack(response_action="errors", errors={WHEN: doubt.question})
        except Refusal as refusal:
            await self._refused(ack, refusal)
        except (KeyError, TypeError, ValueError):
            await ack(response_action="update", view=_said(words.UNREADABLE))
        else:
            await ack(response_action="update", view=_said(words.setting(wanted.name, lock)))

    async def changed(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        try:
            digits, pin_id = read_typed(view)[DIGITS], str(view["private_metadata"])
            person = str(body["user"]["id"])
            pin = await online_pin.change(self._ports, pin_id, digits, person)
        except Refusal as refusal:
            await self._refused(ack, refusal)
        except (KeyError, TypeError, ValueError):
            await ack(response_action="update", view=_said(words.UNREADABLE))
        else:
            await ack(response_action="update", view=_said(words.changing_words(pin.name)))

    async def _refused(self, ack: AsyncAck, refusal: Refusal) -> None:
        said = refused(refusal)
        if refusal.reason in _AT_DIGITS:
            await ack(response_action="errors", errors={DIGITS: said})
        elif refusal.reason in _AT_WHEN:
            await ack(response_action="errors", errors={WHEN: said})
        else:
            await ack(response_action="update", view=_said(said))

    async def _lock(self, lock_id: str) -> Lock:
        async with self._ports.store() as uow:
            lock = await uow.locks.get(lock_id)
        if lock is None:
            raise Refusal(Reason.UNKNOWN_LOCK)
        return lock

    def _window(self, typed: str, lock: Lock) -> AccessWindow | None:
        """Raises NotUnderstood."""
        hours = lock.defaults.check_in or CHECK_IN, lock.defaults.check_out or CHECK_OUT
        now = self._ports.clock.now()
        if not typed:
            return None
        return understand_window(typed, zone=lock.zoneinfo, now=now, check_in=hours[0], check_out=hours[1])


async def _pushed(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, view: dict[str, Any]) -> None:
    """A form on top of the list."""
    await soon(client.views_push(trigger_id=body["trigger_id"], view=view))
    await ack()


def _said(said: str) -> dict[str, Any]:
    return done_view(said, words.TITLE)
