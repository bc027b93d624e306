"""What people do with a stay that stands: show, resend, replace, withdraw, say that it opened or was deleted.

Each one is acknowledged, translated, handed to one workflow and answered; only the one who asked reads the answer.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import RequestLine, mine, refused
from bot.conversation.answers.stay_answers import (
    HERE_MAKING,
    ON_ITS_WAY,
    RECORDED,
    WHO_IS_MISSING,
    moment_at_door,
    replaced,
    shown,
    waiting,
    withdrawn,
)
from bot.conversation.team.stay_words import state
from bot.conversation.typed.slack_text import shown_text
from bot.domain.locks.lock import Lock, door_of
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.given_up import Deletion
from bot.ports import Ports, Stale
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.confirm_use import confirm_use
from bot.workflows.find_stay import find_stay
from bot.workflows.list_stays import asked_by, to_decide
from bot.workflows.receive_guest_text.arriving import guest_is_here
from bot.workflows.replace_pin import replace_pin
from bot.workflows.resend_pin import resend_pin
from bot.workflows.withdraw import withdraw
from providers.slack.blocks import mrkdwn
from providers.slack.listeners.answering import LONGEST, Unheard, also_told, pressed, soon, tell
from providers.slack.listeners.deletion_form import DELETED, deletion_view, read_deletion

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Typed:
    """What came after the word, who typed it where, the vendor's id of this very command (it opens a form, too), the
    workspace's client, and how Slack calls the person."""

    words: str
    person: str
    delivery: str
    client: AsyncWebClient
    workspace: str = ""
    channel: str = ""
    name: str = ""


Command = Callable[[Typed], Awaitable[str]]


def register(app: AsyncApp, ports: Ports) -> Mapping[str, Command]:
    """Adds the clicks and the form to `app`; the words that `/pin` takes, each with what it does."""
    stays = _Stays(ports)
    app.action("opened")(stays.opened)
    app.action("guest_is_here")(stays.guest_is_here)
    app.action("withdraw")(stays.withdraw_pressed)
    app.action(re.compile(r"^deleted(\.\d+)?$"))(stays.deleted)
    app.view(DELETED)(stays.deleted_submitted)
    return {
        "show": stays.show,
        "resend": stays.resend,
        "replace": stays.replace,
        "withdraw": stays.withdraw,
        "approvals": stays.approvals,
        "list": stays.mine,
        "mine": stays.mine,
    }


async def run(command: Command, typed: Typed) -> str:
    """The answer, or the refusal's sentence; escaped, since guests are called as people typed them."""
    try:
        words = await command(typed)
    except Refusal as refusal:
        words = refused(refusal)
    return mrkdwn(words, LONGEST)


class _Stays:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    # --- typed ----------------------------------------------------------------------------------------------------

    async def show(self, typed: Typed) -> str:
        stay = await find_stay(self._ports, shown_text(typed.words), typed.person, typed.workspace)
        known = (stay.codes, stay.messages, stay.evidence)
        return shown(stay.request, stay.guest, stay.locks, *known, stay.now, stay.left, stay.workspace)

    async def resend(self, typed: Typed) -> str:
        stay = await find_stay(self._ports, shown_text(typed.words), typed.person, typed.workspace)
        await resend_pin(self._ports, stay.request.id, typed.person, typed.delivery)
        return ON_ITS_WAY

    async def replace(self, typed: Typed) -> str:
        stay = await find_stay(self._ports, shown_text(typed.words), typed.person, typed.workspace)
        before = stay.standing.main
        if before is None:
            raise Refusal(Reason.NOTHING_TO_REPLACE, {"status": stay.request.status.value})
        new = await replace_pin(self._ports, before.code.id, typed.person)
        return replaced(stay.guest, door_of(stay.locks, new.lock_id), new, before)

    async def withdraw(self, typed: Typed) -> str:
        stay = await find_stay(self._ports, shown_text(typed.words), typed.person, typed.workspace)
        return await self._withdrawn(stay.request.id, typed.person)

    async def approvals(self, typed: Typed) -> str:
        found = await to_decide(self._ports, typed.person, typed.workspace)
        where = found[0].workspace if found else ""
        return waiting([(one.request, one.guest, one.lock) for one in found], found.more, where)

    async def mine(self, typed: Typed) -> str:
        lines = []
        found = await asked_by(self._ports, typed.person)
        for stay in found:
            main = stay.standing.main
            window = main.code.window if main else stay.request.granted
            where = state(stay.request, stay.standing)
            line = RequestLine(stay.guest.name, stay.lock, window, where, stay.request.short_id, stay.workspace)
            lines.append(line)
        return mine(lines, found.more)

    # --- pressed --------------------------------------------------------------------------------------------------

    async def withdraw_pressed(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        request_id, person = pressed(body)
        await self._answered(respond, lambda: self._withdrawn(request_id, person))
        await ack()

    async def opened(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        code_id, person = pressed(body)

        async def confirm() -> str:
            await confirm_use(self._ports, code_id, person)
            return RECORDED

        await self._answered(respond, confirm)
        await ack()

    async def guest_is_here(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        code_id, person = pressed(body)

        async def arrived() -> str:
            await guest_is_here(self._ports, code_id, person)
            return HERE_MAKING

        await self._answered(respond, arrived)
        await ack()

    async def deleted(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        code_id, _ = pressed(body)
        lock = await self._lock_of(code_id)
        local = self._ports.clock.now().astimezone(lock.zoneinfo if lock else UTC)
        if not await soon(client.views_open(trigger_id=body["trigger_id"], view=deletion_view(code_id, local))):
            raise Unheard
        await ack()

    async def deleted_submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, code_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        lock = await self._lock_of(code_id)
        try:
            who, local = read_deletion(view)
            if not who:
                await ack(response_action="errors", errors={"who": WHO_IS_MISSING})
                return
            at = moment_at_door(local, lock) if lock else self._ports.clock.now()
            deletion = Deletion(who, at, person)
            await confirm_deletion(self._ports, code_id, deletion)
        except Refusal as refusal:
            field = "at_time" if refusal.reason is Reason.NOT_THEN else "who"
            await ack(response_action="errors", errors={field: refused(refusal, lock.zoneinfo if lock else None)})
        except (KeyError, TypeError, ValueError):
            await ack(response_action="errors", errors={"who": "This form cannot be read; please open it again."})
        else:
            await ack()

    # --- done -----------------------------------------------------------------------------------------------------

    async def _withdrawn(self, request_id: str, person: str) -> str:
        done = await withdraw(self._ports, request_id, person)
        return withdrawn(done.guest, done.lock, done.code, done.open, texted=done.guest_texted, certain=done.certain)

    async def _answered(self, respond: AsyncRespond, doing: Callable[[], Awaitable[str]]) -> None:
        """Does it; what came of it, or why not, is told to the one who pressed, and to nobody else."""
        try:
            words = await doing()
        except Refusal as refusal:
            await tell(respond, refused(refusal))
        except Stale:
            await tell(respond, refused(Refusal(Reason.ALREADY_DECIDED)))
        else:
            # Done, whether or not they hear of it: `tell` would answer with an error that says nothing was done.
            await also_told(respond, words)

    async def _lock_of(self, code_id: str) -> Lock | None:
        async with self._ports.store() as uow:
            code = await uow.codes.get(code_id)
            return await uow.locks.get(code.lock_id) if code else None
