"""WorkspacesChat: the core's Chat for several workspaces, each spoken to with its own token."""

from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import aiohttp

from bot.domain.approvals.belonging import OUTSIDERS, Belonging
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.rate_limits import Bucket
from bot.domain.messages.workspaces import Workspace
from bot.ports import Misconfigured, NotInstalled, ProviderError, Rejected
from bot.ports.workspaces import APPROVALS
from providers.slack.client import SlackChat, bucket_of
from providers.slack.errors import TOKEN, VENDOR
from providers.slack.teams import Team, Teams

T = TypeVar("T")
MOST_CHATS = 200
"""So many workspaces' clients are kept; each remembers the members of its groups."""


class WorkspacesChat:
    """`workspaces`: those that are admitted, the house's own first: to no other anything is said.
    `default_channel`: for those that have chosen none.
    `session`: shared by all; whoever made it closes it."""

    def __init__(
        self,
        teams: Teams,
        workspaces: Callable[[], Awaitable[Sequence[Workspace]]],
        session: aiohttp.ClientSession,
        *,
        default_channel: str,
        api_url: str,
        timeout_seconds: float,
    ) -> None:
        self._teams = teams
        self._read_workspaces = workspaces
        self._session = session
        self._default_channel = default_channel
        self._api_url = api_url
        self._timeout_seconds = timeout_seconds
        self._chats: OrderedDict[str, tuple[str, SlackChat]] = OrderedDict()
        self._home_of_group: dict[str, str] = {}
        self._approvals_of: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self.outage = WorkspacesOutage(self)

    async def _workspaces(self) -> Sequence[Workspace]:
        found = await self._read_workspaces()
        self._names = {one.id: one.name for one in found}
        return found

    def complaints(self, workspace: str = "") -> Sequence[str]:
        """Of one that is not admitted, or not any more, nothing."""
        known = workspace or next(iter(self._names), "")
        return self._chats[known][1].complaints() if known in self._names and known in self._chats else ()

    @property
    def names(self) -> Mapping[str, str]:
        """What the admitted workspaces are called, by id, the house's own first, as they were seen last."""
        return self._names

    def failures(self) -> Mapping[str, int]:
        return sum((chat.outage.failed for _, chat in self._chats.values()), Counter[str]())

    async def approvals(self, workspace: str) -> str | None:
        found = next((one for one in await self._workspaces() if workspace in ("", one.id)), None)
        return (found.approvals_channel if found else None) or self._default_channel or None

    def bucket(self, channel: str, *, update: bool = False, workspace: str = "") -> Bucket:
        """A channel that is known by its name has the same bucket as by its symbol, once it is known."""
        known = self._approvals_of.get(workspace, channel) if channel == APPROVALS else channel
        return bucket_of(known, update=update, workspace=workspace)

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        where = await self._where(channel, workspace)
        return await self._as(workspace, lambda chat: chat.post(where, notice, post_id=post_id, thread=thread))

    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None:
        here = replace(posted, channel=await self._where(posted.channel, workspace))
        await self._as(workspace, lambda chat: chat.update(here, notice, post_id=post_id))

    async def cover(self, place: str, notice: Notice, *, workspace: str = "") -> None:
        await self._as(workspace, lambda chat: chat.cover(place, notice))

    async def name(self, person: str, *, workspace: str = "") -> str:
        return await self._as(workspace, lambda chat: chat.name(person))

    async def find(
        self, channel: str, *, post_id: str, since: datetime, thread: str | None = None, workspace: str = ""
    ) -> Posted | None:
        where = await self._where(channel, workspace)
        return await self._as(workspace, lambda chat: chat.find(where, post_id=post_id, since=since, thread=thread))

    async def members(self, group: str) -> frozenset[str]:
        """A group belongs to one workspace and only its token may read it. Which one is found by trying, and kept."""
        known = self._home_of_group.get(group)
        if known is not None:
            try:
                return await self._as(known, lambda chat: chat.members(group))
            except Rejected:
                del self._home_of_group[group]
        error: ProviderError = Misconfigured(f"{VENDOR}: the app is installed in no workspace yet")
        for one in await self._workspaces():
            try:
                members = await self._as(one.id, lambda chat: chat.members(group))
            except ProviderError as no:
                error = no
            else:
                self._home_of_group[group] = one.id
                return members
        raise error

    async def belonging(self, person: str, *, workspace: str = "", of_team: str = "") -> Belonging:
        home = workspace or await self._first()
        return await self._as(home, lambda chat: chat.belonging(person, workspace=home, of_team=of_team))

    def outsiders(self) -> Mapping[str, frozenset[str]]:
        every = [chat.outsiders() for _, chat in self._chats.values()]
        return {kind.value: frozenset[str]().union(*(one[kind.value] for one in every)) for kind in OUTSIDERS}

    def forget_members(self, group: str) -> None:
        for _, chat in self._chats.values():
            chat.forget_members(group)

    async def check(self) -> str:
        """Each workspace's token once. Raises Misconfigured where there is none, or one does not work."""
        found, wrong = await self._workspaces(), []
        for one in found:
            try:
                await self._as(one.id, lambda chat: chat.check())
            except ProviderError as error:
                wrong.append(f"{one.name}: {error}")
        if not found:
            raise Misconfigured(f"{VENDOR}: installed in no workspace yet: open /slack/install under PUBLIC_URL")
        if wrong:
            raise Misconfigured(f"{len(wrong)} of {len(found)} workspaces cannot be reached: {'; '.join(wrong)}")
        names = ", ".join(one.name for one in found)
        return f"{VENDOR}: installed in {len(found)} workspace{'s' * (len(found) > 1)}: {names}"

    async def _where(self, channel: str, workspace: str) -> str:
        """What the channel is called in this workspace. Raises Misconfigured while nobody has named one, or first
        NotInstalled: a workspace that has gone will name none."""
        await self._admitted(workspace)
        found = await self.approvals(workspace) if channel == APPROVALS else channel
        if found and channel == APPROVALS:
            self._approvals_of[workspace] = found
        if not found:
            raise Misconfigured(f"{VENDOR}: {workspace} has no channel for approvals; type /pin approvals here in one")
        return found

    async def _as(self, workspace: str, doing: Callable[[SlackChat], Awaitable[T]]) -> T:
        """Once more with a newer token, if Slack refuses the one we have: then nothing was done."""
        team = await self._admitted(workspace)
        try:
            return await doing(self._chat(team))
        except Misconfigured as error:
            if error.code not in TOKEN:
                raise
            return await doing(self._chat(await self._teams.after(team, error)))

    async def _admitted(self, workspace: str) -> Team:
        """Raises NotInstalled for one that is gone, and for one that may do nothing."""
        team = await self._teams.team(workspace or await self._first())
        if workspace and all(one.id != workspace for one in await self._workspaces()):
            raise NotInstalled(f"{VENDOR}: the workspace {workspace} is not admitted", "not_admitted")
        return team

    async def _first(self) -> str:
        known = await self._workspaces()
        if not known:
            raise NotInstalled(f"{VENDOR}: the app is installed in no workspace", "not_installed")
        return known[0].id

    def _chat(self, team: Team) -> SlackChat:
        token, chat = self._chats.get(team.id, ("", None))
        if chat is None or token != team.token:
            seconds = self._timeout_seconds
            chat = SlackChat(team.token, api_url=self._api_url, timeout_seconds=seconds, session=self._session)
            self._chats[team.id] = (team.token, chat)
        self._chats.move_to_end(team.id)
        while len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)
        return chat


class WorkspacesOutage:
    """As `providers.http.Outage`, of several. What Slack says of the house's own workspace keeps us from serving; what
    it says of another keeps that one, and must take down nobody else's house."""

    vendor = VENDOR

    def __init__(self, chat: WorkspacesChat) -> None:
        self._chat = chat

    @property
    def failed(self) -> Mapping[str, int]:
        return self._chat.failures()

    @property
    def to_mend(self) -> Sequence[str]:
        return self._chat.complaints()

    @property
    def elsewhere(self) -> Mapping[str, Sequence[str]]:
        others = list(self._chat.names.items())[1:]
        said = {f"{VENDOR} of {name} ({each})": self._chat.complaints(each) for each, name in others}
        return {where: texts for where, texts in said.items() if texts}
