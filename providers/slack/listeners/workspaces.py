"""What only several workspaces need: saying which are admitted, choosing the channel for approvals, and hearing that
the app was removed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond

from bot.conversation.team.workspace_words import ADMIT, CHOSEN, HERE, TURN_AWAY
from bot.domain.messages.notice import Notice
from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports
from bot.workflows.admit_workspace import decide_about_workspace
from bot.workflows.choose_channel import choose_channel
from bot.workflows.leave_workspace import leave_workspace
from providers.slack.listeners.alerts import Answered
from providers.slack.listeners.answering import pressed, workspace_of
from providers.slack.listeners.stays import Command, Typed
from providers.slack.registry import TOKENS_REVOKED

if TYPE_CHECKING:
    from providers.slack.teams import Teams

log = structlog.get_logger()

CHOOSING_SECONDS = 2.0
"""Slack waits 3 s for the answer, and a post into the channel comes first."""


@dataclass(frozen=True, slots=True)
class Removals:
    """The events `app_uninstalled` and `tokens_revoked`, which come in any order and more than once."""

    ports: Ports
    teams: "Teams"

    async def heard(self, team_id: str, event: Mapping[str, Any]) -> None:
        said, tokens = str(event.get("type")), event.get("tokens")
        # Slack tells of people's tokens in the same event; those are not what the app works with.
        if said == TOKENS_REVOKED and not (isinstance(tokens, Mapping) and tokens.get("bot")):
            return
        if not team_id or not await self.teams.removed(team_id):
            return
        log.warning("the app was removed from a workspace", team=team_id, said=said)
        await leave_workspace(self.ports, team_id, said)


def register(app: AsyncApp, ports: Ports, answered: Answered) -> None:
    """The buttons under the notice that a workspace waits."""

    def decides(*, admit: bool) -> Callable[..., Awaitable[None]]:
        async def decided(
            ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond, context: AsyncBoltContext
        ) -> None:
            team, person = pressed(body)
            doing = decide_about_workspace(ports, team, person, workspace_of(context), admit=admit)
            await answered(respond, doing)
            await ack()

        return decided

    app.action(ADMIT)(decides(admit=True))
    app.action(TURN_AWAY)(decides(admit=False))


def with_channel(ports: Ports, words: Mapping[str, Command]) -> Mapping[str, Command]:
    """The words that `/pin` takes, with `approvals here` among them."""
    listing = words["approvals"]

    async def approvals(typed: Typed) -> str | Notice:
        if typed.words.strip().lower() != HERE:
            return await listing(typed)
        try:
            async with asyncio.timeout(CHOOSING_SECONDS):
                await choose_channel(ports, typed.workspace, typed.channel, typed.person, typed.delivery)
        except TimeoutError:
            raise Refusal(Reason.CHAT_DOES_NOT_ANSWER) from None
        return CHOSEN

    return {**words, "approvals": approvals}
