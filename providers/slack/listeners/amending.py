"""Amend on a request's card: a form that answers while it is filled in, and approves what it holds when it is sent."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.forms import amend_previews as says
from bot.conversation.forms.previews import Choice, FormAnswer, not_yet
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports, Stale
from bot.workflows.decide_request import Chosen, amend_request
from bot.workflows.preview_amendment import AmendmentInfo, NewWindow, Read, preview_amendment
from providers.slack.listeners.amend_form import AMEND, Amended, amend_view, as_granted, read_amended
from providers.slack.listeners.answering import pressed, soon, tell
from providers.slack.listeners.ask_form import FIELD_OF, TAKE, TIME_FIELDS, Entry, taken
from providers.slack.listeners.elements import plain
from providers.slack.listeners.form import done_view
from providers.slack.listeners.live_form import LiveForm, of_form

_TITLE = {"title": plain(says.TITLE, 24)}


def register(app: AsyncApp, ports: Ports) -> None:
    amending = _Amending(ports)
    app.action("amend")(amending.pressed)
    for field in TIME_FIELDS:  # the door stays as it is
        app.action(field, matchers=[of_form(AMEND)])(amending.changed)
    app.action(re.compile(rf"^{TAKE}\.\d+$"), matchers=[of_form(AMEND)])(amending.took)
    app.view(AMEND)(amending.submitted)


class _Amending:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._live = LiveForm()

    async def pressed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        """Opens the form; whoever may not decide hears why instead, before they fill in anything."""
        request_id, person = pressed(body)
        try:
            seen = await preview_amendment(self._ports, request_id, person)
        except Refusal as refusal:
            await tell(respond, refused(refusal))
            await ack()
            return
        words = refused(seen.closed, seen.lock.zoneinfo) if seen.closed else ""
        if not words:
            view = self._drawn(as_granted(seen.request, seen.lock), seen)
            opened = await soon(client.views_open(trigger_id=str(body["trigger_id"]), view=view))
            words = "" if opened else says.CANNOT_OPEN
        if words:
            await tell(respond, words)
        await ack()

    async def changed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A day, a time or the kind was picked: the form answers."""
        try:
            form = read_amended(body["view"])
        except (KeyError, TypeError, ValueError):
            await ack()
            return
        await self._show(client, body, form)
        await ack()

    async def took(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """One click fills in the times and the kind of another way."""
        try:
            form = read_amended(body["view"])
            lock = await self._lock_of(form.request_id)
            entry = taken(form.entry, str(body["actions"][0].get("value") or ""), lock.zoneinfo)
        except (KeyError, TypeError, ValueError, Refusal):
            await ack()
            return
        await self._show(client, body, Amended(form.request_id, form.seen, entry))
        await ack()

    async def _show(self, client: AsyncWebClient, body: dict[str, Any], form: Amended) -> None:
        async def draw() -> dict[str, Any]:
            person = str(body["user"]["id"])
            try:
                seen = await preview_amendment(self._ports, form.request_id, person, _reader(form.entry), form.seen)
            except Refusal as refusal:
                return done_view(refused(refusal)) | _TITLE
            return self._drawn(form, seen)

        await self._live.show(client, body, draw)

    def _drawn(self, form: Amended, seen: AmendmentInfo) -> dict[str, Any]:
        now = self._ports.clock.now()
        about = says.about(seen.request, seen.guest, seen.lock, now)
        return amend_view(form, about, self._answer(form.entry.choice, seen), seen.lock, now)

    def _answer(self, choice: Choice, seen: AmendmentInfo) -> FormAnswer:
        now, no = self._ports.clock.now(), seen.closed or seen.refusal
        if no is not None:
            return says.refused(no, choice, seen.lock, now)
        if seen.plan is None:
            return not_yet(seen.lock)
        return says.granted(seen.request, seen.plan, choice, seen.lock, now, changes=seen.changes, needed=seen.needed)

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        try:
            form = read_amended(view)
            lock = await self._lock_of(form.request_id)
        except (KeyError, TypeError, ValueError, Refusal):
            await ack(response_action="errors", errors={"note": says.UNREADABLE})
            return
        entry, read = form.entry, _reader(form.entry)(lock.zoneinfo)
        if read is None:
            side = "to" if entry.from_day and entry.from_clock else "from"
            await ack(response_action="errors", errors={entry.block_id(f"{side}_date"): says.MISSING})
            return
        delivery = f"amend:{view.get('id', '')}:{view.get('hash', '')}"
        chosen, person = Chosen(read.window, delivery, read.one_time, form.seen), str(body["user"]["id"])
        try:
            after = await amend_request(self._ports, form.request_id, person, chosen, entry.note)
        except (Refusal, Stale) as error:
            refusal = error if isinstance(error, Refusal) else Refusal(Reason.ALREADY_DECIDED)
            field = form.block_of(FIELD_OF.get(refusal.reason, "from_date"))
            await ack(response_action="errors", errors={field: refused(refusal, lock.zoneinfo)})
            return
        await ack(response_action="update", view=done_view(says.done(after, lock, form.seen)) | _TITLE)

    async def _lock_of(self, request_id: str) -> Lock:
        """Raises a Refusal for a request that is not there."""
        async with self._ports.store() as uow:
            request = await uow.requests.get(request_id)
            lock = await uow.locks.get(request.lock_id) if request else None
        if lock is None:
            raise Refusal(Reason.UNKNOWN_REQUEST)
        return lock


def _reader(entry: Entry) -> Read:
    """What stands in the form as a window at the door."""

    def read(zone: ZoneInfo) -> NewWindow | None:
        found = entry.window(zone)
        return NewWindow(found[0], entry.choice is Choice.ONE_TIME, found[1]) if found else None

    return read
