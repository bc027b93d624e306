"""Before any listener: which workspace somebody is in and whether it may do anything, whether the stay they press or
submit something about was asked for there, and whether they belong there.

With several workspaces the listeners read from the context, as `workspace_of` (`answering`), which one it is. Full
members pass. Guests and people of connected organisations pass where the rules let them ask; of what follows, rules
that name a user group do not mean them (`bot.domain.approvals.policy.people`). Who is named as an approver is not
looked up.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.workspace_words import NOT_INSTALLED, NOT_KNOWN, NOT_NOW
from bot.domain.approvals.belonging import Belonging
from bot.domain.approvals.policy import check_may_ask
from bot.domain.refusals import Refusal
from bot.ports import NotInstalled, Ports, ProviderError
from bot.workflows.check_workspace import check_workspace
from bot.workflows.find_belonging import FRESH, find_belonging
from providers.slack.listeners.answering import WORKSPACE
from providers.slack.listeners.own_team import OwnTeam
from providers.slack.listeners.turning_back import event_of, turned_back
from providers.slack.registry import TOKENS_REVOKED, UNINSTALLED

if TYPE_CHECKING:
    from providers.slack.teams import Teams

_ROW = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
_NO_TEAM = frozenset({"url_verification", "ssl_check"})
_GONE = frozenset({UNINSTALLED, TOKENS_REVOKED})
MOST_MEMBERS = 20_000


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where something came from. `workspace`: as the core knows it, empty where there is one token for all. `token`: to
    answer there."""

    team: str
    workspace: str
    token: str


class Places(Protocol):
    """`find` raises ProviderError, and a Refusal where nothing is taken from there; so does `check`, with an answer to
    be given by the token of the place."""

    async def find(self, team_id: str, body: Mapping[str, Any]) -> Place: ...
    async def check(self, place: Place, body: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class SeveralWorkspaces:
    """Any number of them: the app has to be installed, the workspace admitted, and the stay one of its own."""

    ports: Ports
    teams: "Teams"

    async def find(self, team_id: str, body: Mapping[str, Any]) -> Place:
        team = await self.teams.team(team_id)
        return Place(team.id, team.id, team.token)

    async def check(self, place: Place, body: Mapping[str, Any]) -> None:
        await check_workspace(self.ports, ids_in(body), place.workspace)


@dataclass(frozen=True, slots=True)
class OneWorkspace:
    """That of the one bot token."""

    own: OwnTeam
    token: str

    async def find(self, team_id: str, body: Mapping[str, Any]) -> Place:
        await self.own.check(team_id)
        return Place(team_id, "", self.token)

    async def check(self, place: Place, body: Mapping[str, Any]) -> None:
        return None


class InstallationCheck:
    def __init__(self, ports: Ports, places: Places) -> None:
        self._ports = ports
        self._places = places
        self._members: dict[tuple[str, str], datetime] = {}
        """Until when whoever was found to be a full member is one, without a look anywhere."""

    async def check(
        self,
        context: AsyncBoltContext,
        body: dict[str, Any],
        respond: AsyncRespond,
        next: Callable[[], Awaitable[None]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse | None:
        """As `before_authorize`: an answer ends the request here."""
        gone = isinstance(self._places, SeveralWorkspaces) and event_of(body).get("type") in _GONE
        # The news of a removal comes when the token is gone: the check would turn it away.
        if body.get("type") in _NO_TEAM or gone:
            await next()
            return None
        token = ""
        try:
            place = await self._places.find(_id(context.team_id), body)
            token = place.token
            await self._places.check(place, body)
            words = await self._outsider(context, body, place)
        except NotInstalled:
            words = NOT_INSTALLED
        except ProviderError:
            words = NOT_NOW
        except Refusal as refusal:
            words = sentence(refusal)
        if words:
            return await turned_back(context, body, respond, words, token)
        if place.workspace:
            context[WORKSPACE] = place.workspace
        await next()
        return None

    async def _outsider(self, context: AsyncBoltContext, body: Mapping[str, Any], place: Place) -> str:
        """Why this person is turned back, as no full member whom the rules let ask; empty for anybody else, and for
        what nobody does."""
        person, rules = _id(context.user_id), self._ports.rules
        if not person or person in rules.named_approvers:
            return ""
        other = next((team for team in _teams_of(body) if team != place.team), "")
        known, now = (place.team, person), self._ports.clock.wall()
        if not other and now < self._members.get(known, now):
            return ""
        try:
            kind = await find_belonging(self._ports, person, place.team, other)
        except ProviderError:
            return NOT_KNOWN
        self._members.pop(known, None)
        if kind is Belonging.MEMBER:
            self._members[known] = now + FRESH
            while len(self._members) > MOST_MEMBERS:
                del self._members[next(iter(self._members))]
        if kind is not Belonging.MEMBER:
            check_may_ask(rules, person, await self._ports.groups())
        return ""


def _id(named: object) -> str:
    """Bolt reads it out of the body as it stands there."""
    return named if isinstance(named, str) else ""


def ids_in(body: Mapping[str, Any]) -> frozenset[str]:
    """Ids of rows in what was pressed or submitted: our own buttons and forms carry them as they are."""
    return frozenset(found for text in _carried(body) for found in _ROW.findall(text))


def _carried(body: Mapping[str, Any]) -> Iterator[str]:
    actions, view = body.get("actions"), body.get("view")
    for action in actions if isinstance(actions, list) else []:
        yield str(action.get("value") or "") if isinstance(action, Mapping) else ""
    if isinstance(view, Mapping):
        yield str(view.get("private_metadata") or "")


def _teams_of(body: Mapping[str, Any]) -> Iterator[str]:
    """The workspaces that whoever acts is said to be of. In a channel that two organisations share they are of one, and
    the app may be of the other."""
    user, team = body.get("user"), body.get("team")
    said = (
        user.get("team_id") if isinstance(user, Mapping) else None,
        team.get("id") if isinstance(team, Mapping) else team,
        event_of(body).get("user_team"),
        event_of(body).get("team"),
    )
    yield from (one for one in said if isinstance(one, str) and one)
