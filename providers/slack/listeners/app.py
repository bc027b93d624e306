"""The Bolt app: commands, forms and clicks, each one acknowledged, translated, handed to one workflow and answered.

`process_before_response`: the answer is the acknowledgement, so what we say happened has been committed (facts §1.1).
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import (
    AWAY,
    DENY_TITLE,
    EXAMPLE,
    FULL,
    HELP,
    LATER,
    deny_about,
    did_you_mean,
    doors,
    refused,
)
from bot.conversation.answers.verdicts import verdict_sentence
from bot.conversation.team.talk_words import as_name
from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.commands import asks_for_help, understand_check, understand_command
from bot.conversation.typed.lock_names import lock_name
from bot.conversation.typed.slack_text import shown_text
from bot.domain.locks.lock import Lock
from bot.domain.refusals import Reason, Refusal
from bot.ports import NoRoom, Ports, Stale
from bot.workflows.check_pin import check_pin
from bot.workflows.decide_request import decide_request, preview_denial
from bot.workflows.replace_pin import replace_pin
from providers.slack.blocks import mrkdwn
from providers.slack.listeners import (
    alerts,
    amending,
    asking,
    calendars,
    changing,
    connecting,
    contact,
    events,
    home,
    language,
    late_arrivals,
    moving,
    naming,
    online,
    remote,
    revealing,
    review,
    shortcuts,
    stays,
    talking,
    workspaces,
)
from providers.slack.listeners.answering import LONGEST, LONGEST_LIST, Unheard, pressed, soon, tell, workspace_of
from providers.slack.listeners.asking import Asking
from providers.slack.listeners.authorizing import by_token, without_token
from providers.slack.listeners.form import DENY, deny_view, read_request, read_text, read_window
from providers.slack.listeners.installation_check import (
    Authorize,
    InstallationCheck,
    OneWorkspace,
    Places,
    SeveralWorkspaces,
)
from providers.slack.listeners.later import LATE, MOST_TYPED, CountedApp, Later
from providers.slack.listeners.own_team import OwnTeam
from providers.slack.listeners.workspaces import Removals, with_channel
from providers.slack.registry import COMMANDS, PIN

if TYPE_CHECKING:
    from providers.slack.oauth import Flow
    from providers.slack.teams import Teams

log = structlog.get_logger()
_OWN_WORDS = frozenset({"help", "locks", "check"})
"""What `/pin` takes besides the words of its rooms."""


@dataclass(frozen=True, slots=True)
class Installed:
    """For several workspaces: whose token it is, and how more of them come to us."""

    teams: "Teams"
    flow: "Flow"


def slack_app(
    ports: Ports,
    web: AsyncWebClient,
    installed: Installed | None = None,
    later: Later | None = None,
    own: OwnTeam | None = None,
) -> AsyncApp:
    """All listeners, on Slack's own client `web`. Signatures are checked before Bolt (`door`). `own`: the workspace of
    the one bot token, where there is one for all."""
    later = later or Later(ports)
    places = _places(ports, web, installed, own)
    app = CountedApp(
        later,
        name="nightporter",  # else Bolt reads the source of everybody who called it, to find one
        client=without_token(web),
        before_authorize=InstallationCheck(ports, places).check if places else None,
        authorize=Authorize(installed.teams) if installed else by_token(web),
        oauth_flow=installed.flow if installed else None,  # else Bolt makes one of its own from the environment
        signing_secret="checked-in-door",  # noqa: S106 - Bolt wants one, and is told not to use it
        request_verification_enabled=False,
        process_before_response=True,
        # Unhandled, Bolt answers 404, which Slack counts as a failed delivery (facts/slack-twilio.md §1.1).
        raise_error_for_unhandled_request=True,
    )
    asks, words = asking.Asking(ports), dict[str, stays.Command]()
    listeners = _Listeners(ports, asks, words, later)
    commands = {PIN: listeners.pin}
    for command in COMMANDS:  # first: Bolt asks one listener after the other, and a person waits for these
        app.command(command.name)(commands[command])
    asking.register(app, asks)
    shortcuts.register(app, asks)
    removals = Removals(ports, installed.teams) if installed else None
    events.register(app, ports, home.register(app, ports, asks), removals)
    words |= {**stays.register(app, ports), **revealing.register(app, ports), **talking.register(app, ports)}
    words |= {**remote.register(app, ports), **online.register(app, ports), **connecting.register(app, ports)}
    words |= {**changing.register(app, ports, asks.doors), **calendars.register(ports)}
    if installed:
        words |= with_channel(ports, words)
        workspaces.register(app, ports, listeners.answered)
    understand_ask(EXAMPLE, locks=(), now=ports.clock.now())  # loads what the first command would otherwise wait for
    listeners.register(app)
    review.register(app, ports, listeners.answered)
    alerts.register(app, ports, listeners.answered)
    for room in (amending, late_arrivals, naming, contact, language, moving):
        room.register(app, ports)
    app.error(_unhandled)
    return app


def _places(ports: Ports, web: AsyncWebClient, installed: Installed | None, own: OwnTeam | None) -> Places | None:
    if installed:
        return SeveralWorkspaces(ports, installed.teams)
    return OneWorkspace(own, web.token) if own is not None and web.token else None


async def _unhandled(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """What we subscribed to and do not use is taken with thanks, a database that is away is said to be; anything else
    is a bug."""
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=200, body="")
    if isinstance(error, Unheard):
        return BoltResponse(status=424, body=str(error))
    if isinstance(error, OSError):
        log.warning("the database did not answer a Slack request", error=type(error).__name__)
        # Whoever typed reads it; of anything but 200, Slack shows them its own word alone.
        said = FULL if isinstance(error, NoRoom) else AWAY
        return BoltResponse(status=200 if "command" in body else 503, body=said)
    log.error("a bug in a Slack listener", error=type(error).__name__, exc_info=error)
    return BoltResponse(status=500, body="Something went wrong on our side. Please try again.")


class _Listeners:
    def __init__(self, ports: Ports, asks: Asking, words: Mapping[str, stays.Command], later: Later) -> None:
        """`words`: what `/pin` takes besides asking, each with what it does."""
        self._ports = ports
        self._asking = asks
        self._words = words
        self._later = later

    def register(self, app: AsyncApp) -> None:
        app.view(DENY)(self.deny_submitted)
        app.action("approve")(self.approve)
        app.action("deny")(self.deny)
        app.action("replace")(self.replace)
        app.action("another")(self.replace)

    # --- asking ---------------------------------------------------------------------------------------------------

    async def pin(
        self, ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        """In the acknowledgement, or a moment later where many come at once."""
        if asks_for_help(str(command.get("text") or "")):
            await ack(HELP)
        elif context.get(LATE):
            await self._pin(ack, command, client, context)
        elif await self._later.takes(command):
            await ack(LATER)
        else:
            with self._later.working():
                await self._later.let_others_arrive()
                await self._pin(ack, command, client, context)

    async def _pin(
        self, ack: AsyncAck, command: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        words = str(command.get("text") or "").strip()
        seen = await self._asking.doors.seen()
        locks = seen.locks
        meant = understand_command(shown_text(words[:MOST_TYPED]), _OWN_WORDS | self._words.keys(), seen.names)
        if meant is not None and (meant.word == "help" or not meant.sure):
            await ack(HELP if meant.sure else mrkdwn(did_you_mean(meant.word, meant.rest), LONGEST))
            return
        word, rest = (meant.word, meant.rest) if meant is not None else ("", words)
        if word == "locks":
            await ack(mrkdwn(doors(locks, self._ports.clock.now()), LONGEST_LIST))
            return
        if (known := self._words.get(word)) is not None:
            typed = stays.Typed(
                rest,
                str(command["user_id"]),
                str(command["trigger_id"]),
                client,
                workspace_of(context),
                str(command.get("channel_id") or ""),
                as_name(str(command.get("user_name") or "")),
            )
            await ack(**await stays.run(known, typed))
            return
        if word == "check":
            await ack(mrkdwn(await self._checked(rest, locks, str(command["user_id"])), LONGEST))
            return
        if not seen.usable:
            await ack(doors([], self._ports.clock.now()))
            return
        # A trigger lives for three seconds: no form opens for a command that had to wait (facts/slack-twilio.md §2.2).
        in_time = None if context.get(LATE) else client
        await self._asking.ask(ack, command, in_time, seen, words, workspace_of(context))

    # --- deciding -------------------------------------------------------------------------------------------------

    async def approve(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        value, person = pressed(body)
        request_id, seen = read_request(value)
        await self.answered(respond, decide_request(self._ports, request_id, person, approved=True, seen=seen))
        await ack()

    async def deny(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        request_id, person = pressed(body)
        try:
            seen = await preview_denial(self._ports, request_id, person)
        except Refusal as refusal:
            await tell(respond, refused(refusal))
            await ack()
            return
        view = deny_view(request_id, DENY_TITLE, deny_about(seen.request, seen.guest, seen.lock))
        opened = await soon(client.views_open(trigger_id=body["trigger_id"], view=view))
        # A reason may be left out, so where no form opens the denial stands without one.
        if not opened:
            await self.answered(respond, decide_request(self._ports, request_id, person, approved=False))
        await ack()

    async def deny_submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person, request_id = str(body["user"]["id"]), str(view.get("private_metadata") or "")
        try:
            reason = read_text(view, "reason")
            await decide_request(self._ports, request_id, person, approved=False, reason=reason)
        except Refusal as refusal:
            await ack(response_action="errors", errors={"reason": refused(refusal)})
        except (KeyError, TypeError):
            await ack(response_action="errors", errors={"reason": "This form cannot be read; please try again."})
        else:
            await ack()

    async def replace(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        value, person = pressed(body)
        code_id, _, offered = value.partition("|")
        await self.answered(respond, replace_pin(self._ports, code_id, person, read_window(offered)))
        await ack()

    async def answered(self, respond: AsyncRespond, doing: Awaitable[object]) -> None:
        """Does it; a refusal is told to the one who pressed, and to nobody else."""
        try:
            await doing
        except Refusal as refusal:
            words = refused(refusal)
        except Stale:
            words = refused(Refusal(Reason.ALREADY_DECIDED))
        else:
            return
        await tell(respond, words)

    async def _checked(self, words: str, locks: Sequence[Lock], person: str) -> str:
        names = [lock_name(lock) for lock in locks]
        try:
            asked_for = understand_check(words, names)
            lock = next(lock for lock in locks if lock.id == asked_for.lock_id)
            seen = await check_pin(self._ports, lock.id, asked_for.pin, person)
        except Refusal as refusal:
            return refused(refusal)
        return verdict_sentence(seen.verdict, lock, seen.guest, self._ports.clock.now())
