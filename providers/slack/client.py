"""SlackChat: the core's Chat spoken to Slack's Web API. How a notice looks stands in `blocks`.

What people press and type comes in through `listeners`, which may share `SlackChat.web`.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.approvals.belonging import OUTSIDERS, Belonging
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.rate_limits import Bucket
from bot.domain.signs import fit_json, one_line
from bot.ports import Misconfigured, ProviderError, Rejected, Unavailable
from providers import http
from providers.slack.blocks import fallback, render, window
from providers.slack.errors import NO_CHANNEL, NOT_HERE, TOKEN, VENDOR, translate

API_URL = "https://slack.com/api/"
EVENT_TYPE = "nightporter"
"""Marks our posts, with their `post_id`, in Slack's message metadata."""

CLOCKS_DIFFER = timedelta(seconds=60)
"""A post may seem to be made a little before we tried: two machines, two clocks."""

A_POST, POSTS_AT_ONCE = timedelta(seconds=1), 4
"""chat.postMessage: about one a second and channel, short bursts above it are let through
(docs.slack.dev/apis/web-api/rate-limits)."""

AN_UPDATE, UPDATES_AT_ONCE = timedelta(seconds=1.2), 20
"""chat.update: some fifty a minute in a workspace (tier 3)."""

A_CARD = timedelta(seconds=1)
"""Between two updates of one card: nobody reads faster, and the updates of a workspace are few."""

MEMBERS_SECONDS = 300.0
"""How long a group's members are believed: usergroups.users.list allows some 20 calls a minute (tier 2)."""

NAME_SECONDS = 3600.0
BELONGS_SECONDS = 900.0
MOST_PEOPLE = 20_000
"""So many people are remembered; whoever acts is looked up anew where they are none of these."""

PAGE = 200
MOST_PAGES = 50

_quiet = logging.getLogger("providers.slack.sdk")
_quiet.setLevel(logging.WARNING)
"""The SDK logs whole messages at DEBUG."""


_WINDOWS = Bucket("slack:windows")
"""Nobody waits for a turn here; only what Slack asks for is kept to."""


class SlackChat:
    """One workspace, by its bot token, whatever it is called. Make it inside the running loop; close it with `close()`.

    Every method raises ProviderError and nothing else. Slack knows no idempotency key, so a post is sent once, carries
    its `post_id` as metadata, and is looked up by it. Scopes: chat:write, usergroups:read; for `find` channels:history,
    groups:history, im:history and im:write.
    """

    def __init__(
        self,
        token: str,
        *,
        api_url: str = API_URL,
        timeout_seconds: float = 10.0,
        ticks: Callable[[], float] = time.monotonic,
        approvals: str = "",
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        """`ticks`: seconds that only ever grow, by which the members of groups are forgotten. `approvals`: the channel
        where the workspace decides. `session`: one that several share, and whoever made it closes."""
        self._session = session or http.session(timeout_seconds)
        self._approvals = approvals
        self.web = web_client(token, api_url=api_url, session=self._session)
        self._timeout_seconds = timeout_seconds
        self.outage = http.Outage(VENDOR, TOKEN)
        self._ticks = ticks
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._names: dict[str, tuple[float, str]] = {}
        self._belongs: OrderedDict[str, tuple[float, Belonging]] = OrderedDict()
        self._team: tuple[str, str] | None = None
        self._asked: dict[str, float] = {}
        """Until when Slack has asked us to wait, by bucket: other workers learn it from the rows, calls of our own that
        are under way from here."""

    def bucket(self, channel: str, *, update: bool = False, workspace: str = "") -> Bucket:
        return bucket_of(channel, update=update, workspace=workspace)

    async def approvals(self, workspace: str) -> str | None:
        return self._approvals or None

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        """Posts once. `channel` is a channel's id, or a member's for a direct message; `thread` a post's ts.

        Slack allows about one post a second and channel; beyond that comes Unavailable with its time to wait.
        """
        words = _words(notice, post_id)
        # No previews: one would fetch an address that may be good only once (facts/slack-twilio.md §2.4).
        said = await self._act(
            self.bucket(channel),
            lambda: self.web.chat_postMessage(
                channel=channel, thread_ts=thread, unfurl_links=False, unfurl_media=False, **words
            ),
            to_person=channel[:1] in ("U", "W"),
        )
        posted = _posted(said.get("channel"), said.get("ts"))
        if posted is None:
            raise http.ambiguous(f"{VENDOR}'s answer names no post", read=False)
        return posted

    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None:
        """Shows `notice` in place of what the post says. Rejected (message_not_found) where the post is gone.

        Blocks are always sent: with a text alone Slack would drop them.
        """
        words = _words(notice, post_id)
        bucket = self.bucket(posted.channel, update=True)
        where = await self._conversation(posted.channel)  # a member's id is taken by a post alone
        await self._act(bucket, lambda: self.web.chat_update(channel=where, ts=posted.ts, **words))

    async def cover(self, place: str, notice: Notice, *, workspace: str = "") -> None:
        """`place` is the id of a modal. Done twice it says the same, so nothing has to be looked up."""
        await self._act(_WINDOWS, lambda: self.web.views_update(view_id=place, view=window(notice)))

    async def find(
        self, channel: str, *, post_id: str, since: datetime, thread: str | None = None, workspace: str = ""
    ) -> Posted | None:
        """The oldest post with this `post_id` since then. A reply is only found where its `thread` is given: Slack's
        history leaves replies out."""
        where = await self._conversation(channel)
        oldest = f"{(since - CLOCKS_DIFFER).timestamp():.6f}"
        found = [m async for m in self._messages(where, oldest, thread) if _is_ours(m, post_id)]
        # The oldest: should there be two, every later change goes to the same one.
        stamps = sorted(ts for m in found if isinstance(ts := m.get("ts"), str))
        return Posted(where, stamps[0]) if stamps else None

    async def members(self, group: str) -> frozenset[str]:
        """The ids of a user group's (S…) members, at most five minutes old."""
        known = self._members.get(group)
        if known and self._ticks() < known[0]:
            return known[1]
        said = await self.read(lambda: self.web.usergroups_users_list(usergroup=group))
        users = said.get("users")
        if not isinstance(users, list):
            raise Unavailable(f"{VENDOR}'s answer names no members")
        members = frozenset(user for user in users if isinstance(user, str))
        self._members[group] = (self._ticks() + MEMBERS_SECONDS, members)
        return members

    async def name(self, person: str, *, workspace: str = "") -> str:
        """The name that a member shows, else their own; at most an hour old. Scope: users:read."""
        known = self._names.get(person)
        if known and self._ticks() < known[0]:
            return known[1]
        said = await self.read(lambda: self.web.users_info(user=person))
        name = _name(said.get("user"))
        self._names[person] = (self._ticks() + NAME_SECONDS, name)
        return name

    async def belonging(self, person: str, *, workspace: str = "", of_team: str = "") -> Belonging:
        """By users.info (users:read): a guest, of another organisation, or a member. Whom Slack does not let us see is
        no member. `workspace`: where it is known, the token's own team need not be asked for."""
        until, known = self._belongs.get(person, (0.0, None))
        if of_team:
            return self._remember(person, Belonging.CONNECTED)
        if known is not None and self._ticks() < until:
            return known
        try:
            team = workspace or (await self.team())[0]
            found = _belonging((await self.read(lambda: self.web.users_info(user=person))).get("user"), team)
        except Rejected:
            found = Belonging.CONNECTED
        return self._remember(person, found)

    def _remember(self, person: str, found: Belonging) -> Belonging:
        self._belongs[person] = (self._ticks() + BELONGS_SECONDS, found)
        self._belongs.move_to_end(person)
        while len(self._belongs) > MOST_PEOPLE:
            self._belongs.popitem(last=False)
        return found

    def outsiders(self) -> Mapping[str, frozenset[str]]:
        return {
            kind.value: frozenset(who for who, (_, found) in self._belongs.items() if found is kind)
            for kind in OUTSIDERS
        }

    async def team(self) -> tuple[str, str]:
        """The id and the name of the token's team, asked once."""
        if self._team is None:
            said = await self.read(lambda: self.web.auth_test())
            if not isinstance(team := said.get("team_id"), str) or not team:
                raise Unavailable(f"{VENDOR}'s answer names no team")
            self._team = team, one_line(str(said.get("team") or ""))
        return self._team

    def complaints(self, workspace: str = "") -> Sequence[str]:
        return self.outage.to_mend

    def forget_members(self, group: str) -> None:
        """Slack says that the group has changed (subteam_members_changed)."""
        self._members.pop(group, None)

    async def check(self) -> str:
        said = await self.read(lambda: self.web.auth_test())
        return f"{VENDOR}: {said.get('user', 'the bot')} in {said.get('team', 'a workspace')}"

    async def scopes(self) -> frozenset[str]:
        """The permissions that the token has, as Slack names them beside its answers."""
        reported: list[str] = []

        async def ask() -> AsyncSlackResponse:
            said = await self.web.auth_test()
            reported.extend(v for k, v in said.headers.items() if k.lower() == "x-oauth-scopes" and isinstance(v, str))
            return said

        await self.read(ask)
        return frozenset(scope.strip() for each in reported for scope in each.split(","))

    async def works_here(self, person: str) -> bool:
        """Whether this is an active member of the workspace."""
        try:
            user = (await self.read(lambda: self.web.users_info(user=person))).get("user")
        except Rejected:
            return False
        return isinstance(user, dict) and not user.get("deleted")

    async def look_into(self, channel: str) -> None:
        """Raises Misconfigured where the bot is not in the channel, or there is none."""
        where = await self._conversation(channel)
        await self.read(lambda: self.web.conversations_history(channel=where, limit=1))

    async def close(self) -> None:
        await self._session.close()

    async def _conversation(self, channel: str) -> str:
        """The id of a conversation; for a member that of our direct messages, which Slack makes if need be."""
        if not channel.startswith(("U", "W")):
            return channel
        said = await self.read(lambda: self.web.conversations_open(users=channel))
        opened = said.get("channel")
        where = opened.get("id") if isinstance(opened, dict) else None
        if not isinstance(where, str):
            raise Unavailable(f"{VENDOR}'s answer names no conversation")
        return where

    async def _messages(self, where: str, oldest: str, thread: str | None) -> AsyncIterator[Mapping[str, Any]]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            said = await self.read(partial(self._page, where, oldest, thread, cursor))
            messages = said.get("messages")
            if not isinstance(messages, list):
                raise Unavailable(f"{VENDOR}'s answer holds no messages")
            for message in messages:
                yield message
            cursor = _next(said)
            if cursor is None:
                return
        raise Unavailable(f"{VENDOR}: too many messages to look through")

    def _page(self, where: str, oldest: str, thread: str | None, cursor: str | None) -> Awaitable[AsyncSlackResponse]:
        asked: dict[str, Any] = {"channel": where, "oldest": oldest, "cursor": cursor, "limit": PAGE}
        if thread is None:
            return self.web.conversations_history(include_all_metadata=True, **asked)
        return self.web.conversations_replies(ts=thread, include_all_metadata=True, **asked)

    async def read(self, ask: Callable[[], Awaitable[AsyncSlackResponse]]) -> Mapping[str, Any]:
        return await self._call(ask, read=True)

    async def _act(
        self, bucket: Bucket, ask: Callable[[], Awaitable[AsyncSlackResponse]], *, to_person: bool = False
    ) -> Mapping[str, Any]:
        left = self._asked.get(bucket.name, 0.0) - self._ticks()
        if left > 0:
            raise Unavailable(f"{VENDOR} has asked us to wait", left)
        try:
            return await self._call(ask, read=False, to_person=to_person)
        except Unavailable as error:
            if error.retry_after is not None:
                self._asked[bucket.name] = self._ticks() + error.retry_after
            raise

    async def _call(
        self, ask: Callable[[], Awaitable[AsyncSlackResponse]], *, read: bool, to_person: bool = False
    ) -> Mapping[str, Any]:
        with self.outage.watched():
            once = partial(_once, ask, read=read, to_person=to_person)
            return await http.with_retries(once, read=read, timeout_seconds=self._timeout_seconds)


def bucket_of(channel: str, *, update: bool, workspace: str) -> Bucket:
    """Each channel has its own pace of posts; updates of a workspace share one."""
    vendor = f"slack:{workspace}" if workspace else "slack"
    if update:
        return Bucket(f"{vendor}:update", AN_UPDATE, UPDATES_AT_ONCE)
    return Bucket(f"{vendor}:{channel}", A_POST, POSTS_AT_ONCE)


def web_client(token: str | None, *, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's own client on a session of ours: nothing retried, no proxy out of the environment, bodies not logged."""
    # Deadlines are the session's: beside one, the SDK ignores its own `timeout` (facts/slack-twilio.md §1.2).
    web = AsyncWebClient(token=token, base_url=api_url, session=session, logger=_quiet, retry_handlers=[])
    web.proxy = None
    return web


async def _once(
    ask: Callable[[], Awaitable[AsyncSlackResponse]], *, read: bool, to_person: bool = False
) -> Mapping[str, Any]:
    """One call, its answer as a mapping. The SDK's own exceptions quote the whole answer and are never chained."""
    with http.readable(VENDOR, read=read):
        try:
            said = fit_json((await ask()).data)
        except SlackApiError as refused:
            said_no = _refused(refused, read=read)
            if to_person and isinstance(said_no, Misconfigured) and said_no.code == NO_CHANNEL:
                # No channel is wrong: they are not of this workspace, be it that they decide about it from another.
                said_no = Rejected(NOT_HERE, said_no.code)
            raise said_no from None
        except http.TRANSPORT_ERRORS as error:
            raise http.unanswered(VENDOR, error, read=read) from None
        except SlackClientError:  # the SDK's word for an answer that it does not know
            raise http.ambiguous(f"{VENDOR}'s answer cannot be read", read=read) from None
        return said if isinstance(said, dict) else {}


def _refused(refused: SlackApiError, *, read: bool) -> ProviderError:
    """`response` is the SDK's, or aiohttp's own where the SDK could not read it."""
    response = refused.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return translate(status or 0, dict(response.headers), getattr(response, "data", None), read=read)


def _words(notice: Notice, post_id: str) -> dict[str, Any]:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"post_id": post_id}}
    return {"text": fallback(notice), "blocks": render(notice), "metadata": metadata}


def _name(user: object) -> str:
    """docs.slack.dev/reference/objects/user-object: `real_name`, and what the profile shows."""
    if not isinstance(user, dict):
        return ""
    profile = user.get("profile")
    shown = profile.get("real_name") or profile.get("display_name") if isinstance(profile, dict) else None
    name = user.get("real_name") or shown or user.get("name")
    return one_line(name) if isinstance(name, str) else ""


def _belonging(user: object, team: str) -> Belonging:
    """docs.slack.dev/reference/objects/user-object: `is_restricted` is a guest, `is_ultra_restricted` one of a single
    channel, `is_stranger` somebody of another organisation. In an Enterprise organisation `enterprise_user.teams` are
    all workspaces that somebody belongs to."""
    if not isinstance(user, dict):
        return Belonging.CONNECTED
    of_enterprise = user.get("enterprise_user")
    teams = of_enterprise.get("teams") if isinstance(of_enterprise, dict) else None
    theirs = [user.get("team_id"), *(teams if isinstance(teams, list) else [])]
    if user.get("is_stranger") or team not in theirs:
        return Belonging.CONNECTED
    return Belonging.GUEST if user.get("is_restricted") or user.get("is_ultra_restricted") else Belonging.MEMBER


def _posted(channel: object, ts: object) -> Posted | None:
    return Posted(channel, ts) if isinstance(channel, str) and isinstance(ts, str) else None


def _is_ours(message: object, post_id: str) -> bool:
    metadata = message.get("metadata") if isinstance(message, dict) else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return False
    payload = metadata.get("event_payload")
    return isinstance(payload, dict) and payload.get("post_id") == post_id


def _next(said: Mapping[str, Any]) -> str | None:
    metadata = said.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    return cursor if isinstance(cursor, str) and cursor else None
