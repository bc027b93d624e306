"""With one bot token for all: only what comes from its own workspace is taken. Which one that is Slack says once, and
the database keeps it, so that nobody has to wait for Slack after a restart."""

import asyncio

from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports, Unavailable
from bot.workflows.own_workspace import keep_own_workspace, note_foreign, own_workspace
from providers.slack.client import SlackChat
from providers.slack.errors import VENDOR

ASKING_SECONDS = 1.0
"""Somebody may wait for an acknowledgement, three seconds in all."""


class OwnTeam:
    def __init__(self, ports: Ports, chat: SlackChat) -> None:
        self._ports = ports
        self._chat = chat
        self._known = ""
        self._told = ""
        """By Slack itself, in this process: the token may be another's than the one that was kept."""

    async def check(self, team_id: str) -> None:
        """Raises a Refusal for another workspace, ProviderError where nobody can tell."""
        self._known = self._known or await own_workspace(self._ports)
        if team_id and team_id == (self._told or self._known):
            return
        if not self._told:
            await self._ask()
        if team_id != self._told:
            await note_foreign(self._ports, team_id)
            raise Refusal(Reason.FOREIGN_WORKSPACE)

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(ASKING_SECONDS):
                team_id, name = await self._chat.team()
        except TimeoutError:
            raise Unavailable(f"{VENDOR} did not say in time whose token it is") from None
        await keep_own_workspace(self._ports, team_id, name)
        self._told = team_id
