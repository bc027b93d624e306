"""Before any listener, where the app is installed in several workspaces: which one somebody is in, whether we still are
there, and whether the stay they press or submit something about was asked for there.

The listeners read it from the context as `workspace_of` (`answering`); with one bot token for all nothing is checked.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.workspace_words import NOT_INSTALLED, NOT_NOW
from bot.domain.refusals import Refusal
from bot.ports import NotInstalled, Ports, ProviderError
from bot.workflows.check_workspace import check_workspace
from providers.slack.listeners.answering import WORKSPACE, also_told
from providers.slack.listeners.form import done_view
from providers.slack.registry import TOKENS_REVOKED, UNINSTALLED

if TYPE_CHECKING:
    from providers.slack.teams import Teams

_ROW = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
_UTC = ZoneInfo("UTC")
_NO_TEAM = frozenset({"url_verification", "ssl_check"})
_GONE = frozenset({UNINSTALLED, TOKENS_REVOKED})


class Authorize(AsyncAuthorize):
    """Bolt's question for a token, answered from what is remembered: no read of the database, no auth.test."""

    def __init__(self, teams: "Teams") -> None:
        self._teams = teams

    async def __call__(self, *, team_id: str | None, **_: Any) -> AuthorizeResult:
        team = await self._teams.team(team_id or "")
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team.id,
            bot_id=team.bot_id,
            bot_user_id=team.bot_user_id,
            bot_token=team.token,
        )


class InstallationCheck:
    def __init__(self, ports: Ports, teams: "Teams") -> None:
        self._ports = ports
        self._teams = teams

    async def check(
        self,
        context: AsyncBoltContext,
        body: dict[str, Any],
        respond: AsyncRespond,
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse | None:
        """As `before_authorize`: an answer ends the request here."""
        # The news of a removal comes when the token is gone: the check would turn it away.
        if body.get("type") in _NO_TEAM or _event(body) in _GONE:
            await next()
            return None
        try:
            team = await self._teams.team(context.team_id or "")
            await check_workspace(self._ports, ids_in(body), team.id)
        except NotInstalled:
            return await _answered(context, body, respond, NOT_INSTALLED)
        except ProviderError:
            return await _answered(context, body, respond, NOT_NOW)
        except Refusal as refusal:
            return await _answered(context, body, respond, sentence(refusal, zone=_UTC))
        context[WORKSPACE] = team.id
        await next()
        return None


def ids_in(body: Mapping[str, Any]) -> frozenset[str]:
    """Ids of rows in what was pressed or submitted: our own buttons and forms carry them as they are."""
    return frozenset(found for text in _carried(body) for found in _ROW.findall(text))


def _carried(body: Mapping[str, Any]) -> Iterator[str]:
    actions, view = body.get("actions"), body.get("view")
    for action in actions if isinstance(actions, list) else []:
        yield str(action.get("value") or "") if isinstance(action, Mapping) else ""
    if isinstance(view, Mapping):
        yield str(view.get("private_metadata") or "")


def _event(body: Mapping[str, Any]) -> object:
    event = body.get("event")
    return event.get("type") if isinstance(event, Mapping) else None


async def _answered(
    context: AsyncBoltContext, body: Mapping[str, Any], respond: AsyncRespond, words: str
) -> BoltResponse:
    """Always 200: a command or a form shows the words itself; for a click they go beside, if there is a way."""
    if "command" in body:
        return BoltResponse(status=200, body=words)
    if body.get("type") == "view_submission":
        return BoltResponse(status=200, body={"response_action": "update", "view": done_view(words)})
    if body.get("type") == "block_suggestion":
        return BoltResponse(status=200, body={"options": []})
    if context.response_url:
        await also_told(respond, words)
    return BoltResponse(status=200, body="")
