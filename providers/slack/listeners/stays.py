"""What people do with a stay that stands: show, resend, replace, withdraw, say that it opened or was deleted.

Each one is acknowledged, translated, handed to one workflow and answered; only the one who asked reads the answer.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import RequestLine, mine, refused
from bot.conversation.answers.answers import everybodys as everybodys_said
from bot.conversation.answers.stay_answers import (
    HERE_MAKING,
    ON_ITS_WAY,
    RECORDED,
    WHO_IS_MISSING,
    WITHDRAW,
    WITHDRAW_SERIES,
    moment_at_door,
    replaced,
    series_withdrawn,
    shown,
    waiting,
    withdraw_question,
    withdrawn,
)
from bot.conversation.team.stay_words import state, visit_words
from bot.conversation.typed.slack_text import shown_text
from bot.domain.locks.lock import Lock, door_of
from bot.domain.messages.notice import Notice
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.given_up import Deletion
from bot.ports import Ports, Stale
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.confirm_use import confirm_use
from bot.workflows.find_stay import find_stay
from bot.workflows.list_stays import Listed, asked_by, everybodys, to_decide
from bot.workflows.receive_guest_text.arriving import guest_is_here
from bot.workflows.replace_pin import replace_pin
from bot.workflows.resend_pin import resend_pin
from bot.workflows.withdraw import preview_withdrawal, withdraw, withdraw_series
from providers.slack.listeners.answering import LONGEST_LIST, Unheard, also_told, as_answer, pressed, soon, tell
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


Command = Callable[[Typed], Awaitable[str | Notice]]


def register(app: AsyncApp, ports: Ports) -> Mapping[str, Command]:
    """Adds the clicks and the form to `app`; the words that `/pin` takes, each with what it does."""
    stays = _Stays(ports)
    app.action("opened")(stays.opened)
    app.action("guest_is_here")(stays.guest_is_here)
    app.action("withdraw")(stays.withdraw_pressed)
    app.action(WITHDRAW)(stays.withdraw_answered)
    app.action(WITHDRAW_SERIES)(stays.withdraw_series_answered)
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


async def run(command: Command, typed: Typed) -> dict[str, Any]:
    """The answer, or the refusal's sentence, for an acknowledgement."""
    try:
        return as_answer(await command(typed), LONGEST_LIST)
    except Refusal as refusal:
        return as_answer(refused(refusal))


ALL = "all"


def _line(stay: Listed) -> RequestLine:
    main = stay.standing.main
    window = main.code.window if main else stay.request.granted
    where = state(stay.request, stay.standing)
    about = (stay.request.short_id, stay.workspace)
    return RequestLine(stay.guest.name, stay.lock, window, where, *about, visit=visit_words(stay.request))


def _without_yes(words: str) -> str:
    """`ana yes` is ana, unless a guest is called so; empty where there is no such word."""
    name, _, last = words.rstrip(" .!").rpartition(" ")
    return name.strip() if last.lower() == "yes" else ""


class _Stays:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    # --- typed ----------------------------------------------------------------------------------------------------

    async def show(self, typed: Typed) -> str:
        stay = await find_stay(self._ports, shown_text(typed.words), typed.person, typed.workspace)
        known = (stay.codes, stay.messages, stay.evidence)
        return shown(stay.request, stay.guest, stay.locks, *known, stay.now, stay.left, stay.workspace, stay.series)

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

    async def withdraw(self, typed: Typed) -> Notice:
        """Withdraws nothing by itself: asks, with what it comes to. A `yes` typed along was typed before that was read,
        so it is asked all the same."""
        words = shown_text(typed.words)
        try:
            stay = await find_stay(self._ports, words, typed.person, typed.workspace)
        except Refusal as refusal:
            name = _without_yes(words)
            if refusal.reason is not Reason.UNKNOWN_STAY or not name:
                raise
            stay = await find_stay(self._ports, name, typed.person, typed.workspace)
        return await self._withdraw_question(stay.request.id, typed.person)

    async def approvals(self, typed: Typed) -> str:
        found = await to_decide(self._ports, typed.person, typed.workspace)
        where = found[0].workspace if found else ""
        return waiting([(one.request, one.guest, one.lock) for one in found], found.more, where)

    async def mine(self, typed: Typed) -> str:
        words = " ".join(typed.words.lower().split())
        if words.split(" ")[0] != ALL:
            found = await asked_by(self._ports, typed.person)
            return mine([_line(stay) for stay in found], found.more)
        found = await everybodys(self._ports, typed.person, typed.workspace)
        lines = [replace(_line(stay), requester=stay.request.requester, doors=stay.locks) for stay in found]
        now, by_door = self._ports.clock.now(), "door" in words
        return everybodys_said(lines, now, found.more, by_door=by_door)

    # --- pressed --------------------------------------------------------------------------------------------------

    async def withdraw_pressed(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        request_id, person = pressed(body)
        await self._answered(respond, lambda: self._withdrawn(request_id, person))
        await ack()

    async def withdraw_answered(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """The question takes the answer in its place, so that it is answered once."""
        value, person = pressed(body)
        request_id, _, as_shown = value.partition("|")
        said: str | Notice
        try:
            said = await self._withdrawn(request_id, person, as_shown)
        except Refusal as refusal:
            said = refused(refusal)
            if refusal.reason is Reason.CHANGED_MEANWHILE:
                said = await self._asked_anew(request_id, person, said)
        except Stale:
            said = refused(Refusal(Reason.ALREADY_DECIDED))
        # Done, whether or not they hear of it.
        await soon(respond(**as_answer(said), response_type="ephemeral", replace_original=True))
        await ack()

    async def withdraw_series_answered(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        """The same question: not this visit alone, but all that are to come."""
        request_id, person = pressed(body)
        try:
            done = await withdraw_series(self._ports, request_id, person)
            said = series_withdrawn(done.guest, done.lock, done.visits, done.open)
        except Refusal as refusal:
            said = refused(refusal)
        except Stale:
            said = refused(Refusal(Reason.ALREADY_DECIDED))
        await soon(respond(**as_answer(said), response_type="ephemeral", replace_original=True))
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

    async def _withdraw_question(self, request_id: str, person: str) -> Notice:
        seen = await preview_withdrawal(self._ports, request_id, person)
        about = (seen.request, seen.guest, seen.locks, seen.standing, seen.left, seen.as_shown, seen.series)
        return withdraw_question(*about)

    async def _asked_anew(self, request_id: str, person: str, why: str) -> str | Notice:
        try:
            question = await self._withdraw_question(request_id, person)
        except Refusal as refusal:
            return refused(refusal)
        return replace(question, remarks=(why, *question.remarks))

    async def _withdrawn(self, request_id: str, person: str, as_shown: str | None = None) -> str:
        done = await withdraw(self._ports, request_id, person, as_shown)
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
