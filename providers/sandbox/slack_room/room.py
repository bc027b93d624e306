"""The workspace's state: what was said, the short-lived ids Slack hands out, and how fast one may post.

Slack's rules kept here: a trigger_id lives 3 s of real time and is used once; a response_url lives 30 min of the
sandbox's time and is used 5 times (docs.slack.dev/interactivity/handling-user-interaction); chat.postMessage is about
one a second and channel, with bursts (docs.slack.dev/apis/web-api/rate-limits).
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from providers.sandbox.slack_room.delivery import Answer, Delivery
from providers.sandbox.slack_room.heard import SaidByBot
from providers.sandbox.slack_room.installs import Installs
from providers.sandbox.slack_room.modals import Modals
from providers.sandbox.slack_room.people_and_places import (
    BOT_USER,
    HUMANS,
    USER_GROUPS,
    Channel,
    Json,
    SlackMessage,
    open_channels,
)
from providers.sandbox.slack_room.tiers import Tiers
from providers.sandbox.world import World

RESPONSE_URL_USES = 5
RESPONSE_URL_LIFE = timedelta(minutes=30)
MOST_TRIGGERS = 1000
_STILL_ON_SCREENS = 50
"""Blocks of what a message said before."""
SCOPES: tuple[str, ...] = (
    *("commands", "chat:write", "users:read", "usergroups:read"),
    *("channels:history", "groups:history", "im:history", "im:write"),
)
"""What the app was given when it was installed."""


class SlackError(Exception):
    """Slack's own way of saying no: HTTP 200, `{"ok": false, "error": code}`."""

    def __init__(self, code: str, **more: object) -> None:
        super().__init__(code)
        self.answer: Json = {"ok": False, "error": code, **more}


class TooFast(Exception):
    """HTTP 429; `wait` is in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"wait {wait} s")
        self.wait = wait


@dataclass(slots=True)
class Pace:
    """One bucket per channel: `burst` posts at once, then `per_second` (real seconds)."""

    burst: float = 20.0
    per_second: float = 1.0
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def spend(self, channel: str) -> None:
        """Raises TooFast."""
        now = time.monotonic()
        level, since = self.levels.get(channel, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.per_second)
        if level < 1:
            self.levels[channel] = (level, now)
            raise TooFast(min(60, 1 + int((1 - level) / self.per_second)) if self.per_second else 60)
        self.levels[channel] = (level - 1, now)


@dataclass(slots=True)
class Trigger:
    user: str
    expires: float
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    channel: Channel
    user: str
    expires: datetime
    source: SlackMessage | None
    uses: int = 0


class SlackRoom:
    """Everything the workspace knows; the routes of this package read and change it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.pace = Pace()
        self.tiers = Tiers()
        self.channels = open_channels(world.settings.approvals_channel)
        self.groups = {group: list(members) for group, members in USER_GROUPS.items()}
        self.modals = Modals()
        self.heard = SaidByBot()
        self.installs = Installs(world.settings)
        self.delivery = Delivery(world, self.heard)
        self.posts: list[Json] = []
        self.scopes = SCOPES
        self.gone: tuple[str, ...] = ()
        """Who has left the workspace."""
        self.guests: tuple[str, ...] = ()
        self.strangers: tuple[str, ...] = ()
        """Who is of another organisation: what they do names that one, and the workspace where they do it."""
        self.notification: set[asyncio.Future[list[Answer]]] = set()
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._numbers = count(1)
        self._last_ts = 0

    def next_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):06d}"

    def next_ts(self) -> str:
        """A message's name in its channel: the sandbox's time in microseconds, never twice."""
        self._last_ts = max(self._last_ts + 1, int(self.world.clock.now().timestamp() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def channel(self, given: object) -> Channel | None:
        """By id, by name with or without '#', or a person's id for their direct message."""
        if not isinstance(given, str):
            return None
        if given in HUMANS:
            return self.channels[f"D_{given}"]
        named = (c for c in self.channels.values() if not c.im_with and c.name == given.lstrip("#"))
        return self.channels.get(given) or next(named, None)

    def post(
        self,
        channel: Channel,
        user: str,
        text: str,
        blocks: list[Json] | None = None,
        *,
        thread_ts: str | None = None,
        ephemeral_for: str | None = None,
        metadata: Json | None = None,
    ) -> SlackMessage:
        named = self.named(blocks or [])
        message = SlackMessage(self.next_ts(), channel.id, user, text, named, thread_ts, metadata, ephemeral_for)
        channel.messages[message.ts] = message
        return message

    def whisper(self, channel: Channel, user: str, text: str, blocks: list[Json] | None = None) -> SlackMessage:
        """Something only `user` sees."""
        return self.post(channel, BOT_USER, text, blocks, ephemeral_for=user)

    def rewrite(self, message: SlackMessage, text: str, blocks: list[Json]) -> None:
        """Replaces both; what people had picked in blocks that stay is kept, as in Slack."""
        message.before = [*message.blocks, *message.before][:_STILL_ON_SCREENS]
        message.text, message.blocks = text, self.named(blocks)
        if message.ephemeral_for is None:
            message.edited = {"user": message.user, "ts": self.next_ts()}

    def whispers_since(self, ts: str, channel: Channel, user: str) -> list[Json]:
        later = (m for m in channel.messages.values() if m.ephemeral_for == user and _order(m.ts) > _order(ts))
        return [message.seen() for message in later]

    def named(self, blocks: list[Json]) -> list[Json]:
        """The blocks with the ids that Slack makes up where the app gave none. Takes only checked blocks."""
        return [self._named_block(block) for block in blocks]

    def _named_block(self, block: Json) -> Json:
        block = {"block_id": self.next_id("b"), **block}
        for slot in ("accessory", "element"):
            if slot in block:
                block[slot] = self._named_element(block[slot])
        if block["type"] == "actions":
            block["elements"] = [self._named_element(element) for element in block["elements"]]
        return block

    def _named_element(self, element: Json) -> Json:
        return element if element["type"] == "image" else {"action_id": self.next_id("a"), **element}

    def new_trigger(self, user: str) -> str:
        while len(self.triggers) >= MOST_TRIGGERS:
            del self.triggers[next(iter(self.triggers))]
        trigger_id = self.next_id("trigger.")
        self.triggers[trigger_id] = Trigger(user, time.monotonic() + self.delivery.patience)
        return trigger_id

    def pull_trigger(self, trigger_id: object) -> str:
        """Whose trigger it was. Raises SlackError: invalid, expired or exchanged."""
        trigger = self.triggers.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() > trigger.expires:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def new_response_url(self, channel: Channel, user: str, source: SlackMessage | None = None) -> str:
        name = self.next_id("response.")
        self.response_urls[name] = ResponseUrl(channel, user, self.world.clock.now() + RESPONSE_URL_LIFE, source)
        return f"{self.world.settings.base_url}/sandbox/slack/response/{name}"

    def log_post(self, method: str, said: Json, **more: object) -> None:
        """Remembers what the bot tried to say, whether Slack took it or not."""
        kept = {name: said.get(name) for name in ("channel", "user", "text", "blocks", "caller")}
        at = {"at": self.world.clock.now().isoformat(), "real": time.time()}
        self.posts.append({**at, "method": method, **kept, **more})


def _order(ts: str) -> tuple[int, int]:
    seconds, _, rest = ts.partition(".")
    return int(seconds), int(rest)
