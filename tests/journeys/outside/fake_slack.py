"""Slack's Web API as its documentation has it: posts, updates, forms, history, and the addresses it answers on.

Blocks and views are looked through for what Slack itself would refuse (docs.slack.dev/reference/block-kit).
"""

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.outside.http_fake import Answer, Heard, HttpFake

API = "/api/"
RESPONSES = "/responses/"


@dataclass
class Post:
    """A message in a conversation, as people see it now; `versions` is all it ever said."""

    channel: str
    ts: str
    payload: dict[str, Any]
    versions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Everything there is to read, text and blocks."""
        return words_in(self.payload)


class FakeSlack(HttpFake):
    """One workspace; the bot is in `channels`. Direct messages go to `D` and the member's id."""

    def __init__(self, bot_token: str, channels: tuple[str, ...]) -> None:
        super().__init__()
        self._bot_token = bot_token
        self._channels = channels
        self._numbers = itertools.count(1)
        self._triggers: dict[str, float] = {}
        self.posts: list[Post] = []
        self.views: list[dict[str, Any]] = []
        self.refused: list[str] = []
        """What Slack would not have shown, and why."""

    # --- for the tests --------------------------------------------------------------------------------------------

    def trigger(self) -> str:
        """A trigger_id: good once, for three seconds."""
        with self.quiet():
            made = f"{next(self._numbers)}.{time.time_ns()}.trigger"
            self._triggers[made] = time.monotonic()
            return made

    def response_url(self) -> str:
        return f"{self.url}{RESPONSES}{next(self._numbers)}"

    def posts_in(self, channel: str) -> list[Post]:
        """A channel's posts; a member's id stands for the direct messages with them."""
        with self.quiet():
            return [post for post in self.posts if post.channel == _conversation(channel)]

    def said_to(self, response_url: str) -> list[Mapping[str, Any]]:
        """What came back over the address that an interaction gave."""
        path = response_url.removeprefix(self.url)
        return [heard.fields for heard in self.calls(path)]

    def everything_shown(self) -> str:
        """All that was ever sent to Slack, as it came over the wire and as JSON would spell it without escapes."""
        with self.quiet():
            plain = [json.dumps(dict(heard.fields), ensure_ascii=False) for heard in self.heard]
            return "\n".join([*(heard.body.decode() for heard in self.heard), *plain])

    # --- the API --------------------------------------------------------------------------------------------------

    def answer(self, heard: Heard) -> Answer:
        if heard.path.startswith(RESPONSES):
            return Answer(200, "ok")
        if not heard.path.startswith(API):
            return Answer(404, "Not Found")
        token = heard.headers.get("authorization", "").removeprefix("Bearer ") or heard.fields.get("token")
        if token != self._bot_token:
            return _no("invalid_auth" if token else "not_authed")
        serve = _METHODS.get(heard.path.removeprefix(API))
        return serve(self, heard.fields) if serve else _no("unknown_method")

    def auth_test(self, _asked: Mapping[str, Any]) -> Answer:
        who = {"team": "House of tests", "user": "nightporter", "team_id": "T_HOUSE", "user_id": "U_BOT"}
        return Answer(200, {"ok": True, "bot_id": "B_BOT", "url": self.url, **who}, {"x-oauth-scopes": "chat:write"})

    def post_message(self, asked: Mapping[str, Any]) -> Answer:
        channel = str(asked.get("channel", ""))
        if not channel.startswith("U") and channel not in self._channels:
            return _no("channel_not_found")
        wrong = problems_of_message(asked)
        if wrong:
            return self._refuse("invalid_blocks", wrong)
        ts = f"{int(time.time())}.{next(self._numbers):06d}"
        payload = dict(asked)
        self.posts.append(Post(_conversation(channel), ts, payload, [payload]))
        return Answer(200, {"ok": True, "channel": _conversation(channel), "ts": ts, "message": _shown(ts, payload)})

    def update_message(self, asked: Mapping[str, Any]) -> Answer:
        where, ts = asked.get("channel"), asked.get("ts")
        post = next((p for p in self.posts if (p.channel, p.ts) == (where, ts)), None)
        if post is None:
            return _no("message_not_found")
        wrong = problems_of_message(asked)
        if wrong:
            return self._refuse("invalid_blocks", wrong)
        post.payload = {**dict(asked), "metadata": asked.get("metadata") or post.payload.get("metadata")}
        post.versions.append(post.payload)
        return Answer(200, {"ok": True, "channel": where, "ts": ts, "text": asked.get("text", "")})

    def history(self, asked: Mapping[str, Any]) -> Answer:
        channel = str(asked.get("channel", ""))
        oldest = float(asked.get("oldest") or 0)
        fits = [p for p in reversed(self.posts) if p.channel == channel and float(p.ts) > oldest]
        full = str(asked.get("include_all_metadata")).lower() in ("1", "true")
        listed = [_shown(p.ts, p.payload, with_metadata=full) for p in fits[: int(asked.get("limit") or 100)]]
        return Answer(200, {"ok": True, "messages": listed, "has_more": False})

    def open_conversation(self, asked: Mapping[str, Any]) -> Answer:
        return Answer(200, {"ok": True, "channel": {"id": _conversation(str(asked.get("users", "")))}})

    def open_view(self, asked: Mapping[str, Any]) -> Answer:
        born = self._triggers.pop(str(asked.get("trigger_id")), None)
        if born is None:
            return _no("invalid_trigger_id")
        if time.monotonic() - born > 3:
            return _no("expired_trigger_id")
        given = asked.get("view")
        view: dict[str, Any] = json.loads(given) if isinstance(given, str) else dict(given or {})
        wrong = problems_of_view(view)
        if wrong:
            return self._refuse("invalid_arguments", wrong)
        number = next(self._numbers)
        opened = {**view, "id": f"V{number:08d}", "hash": f"{number}.hash", "team_id": "T_HOUSE", "trigger": asked}
        self.views.append(opened)
        return Answer(200, {"ok": True, "view": {name: opened[name] for name in opened if name != "trigger"}})

    def user_info(self, asked: Mapping[str, Any]) -> Answer:
        user = {"id": asked.get("user"), "team_id": "T_HOUSE", "tz": "Europe/Paris", "deleted": False}
        return Answer(200, {"ok": True, "user": user})

    def _refuse(self, error: str, wrong: list[str]) -> Answer:
        self.refused += wrong
        return Answer(200, {"ok": False, "error": error, "response_metadata": {"messages": wrong}})


_METHODS = {
    "auth.test": FakeSlack.auth_test,
    "chat.postMessage": FakeSlack.post_message,
    "chat.update": FakeSlack.update_message,
    "conversations.history": FakeSlack.history,
    "conversations.open": FakeSlack.open_conversation,
    "views.open": FakeSlack.open_view,
    "users.info": FakeSlack.user_info,
}


def words_in(part: Any) -> str:
    """All the words in a payload's `text`s, one a line."""
    return "\n".join(_words(part))


def buttons_in(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a message, in order, each with its block's id."""
    blocks = [b for b in payload.get("blocks") or [] if b.get("type") == "actions"]
    return [{**e, "block_id": b.get("block_id", "b1")} for b in blocks for e in b["elements"] if e["type"] == "button"]


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name == "text" and isinstance(value, str):
                yield value
            elif name != "metadata":
                yield from _words(value)
    elif isinstance(part, list):
        for item in part:
            yield from _words(item)


def _conversation(channel: str) -> str:
    return f"D_{channel}" if channel.startswith("U") else channel


def _shown(ts: str, payload: Mapping[str, Any], *, with_metadata: bool = True) -> dict[str, Any]:
    kept = ("text", "blocks", "metadata") if with_metadata else ("text", "blocks")
    seen = {name: payload[name] for name in kept if payload.get(name)}
    return {"type": "message", "user": "U_BOT", "bot_id": "B_BOT", "team": "T_HOUSE", "ts": ts, **seen}


def _no(error: str) -> Answer:
    return Answer(200, {"ok": False, "error": error})


# --- what Slack refuses ----------------------------------------------------------------------------------------------


def problems_of_message(message: Mapping[str, Any]) -> list[str]:
    blocks = message.get("blocks") or []
    blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
    wrong = ["no_text"] if not blocks and not message.get("text") else []
    return wrong + (["more than 50 blocks"] if len(blocks) > 50 else []) + _problems_of_blocks(blocks)


def problems_of_view(view: Any) -> list[str]:
    if not isinstance(view, dict) or view.get("type") != "modal":
        return ["no modal"]
    wrong = [
        f"{name} longer than 24 characters"
        for name in ("title", "submit", "close")
        if len((view.get(name) or {}).get("text", "")) > 24
    ]
    blocks = view.get("blocks") or []
    if "title" not in view or not 1 <= len(blocks) <= 100:
        wrong.append("a modal has a title and 1 to 100 blocks")
    if any(block.get("type") == "input" for block in blocks) and not view.get("submit"):
        wrong.append("submit is required with an input")
    if len(view.get("private_metadata", "")) > 3000:
        wrong.append("private_metadata is too long")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    return wrong + (["block_id comes twice"] if len(set(ids)) < len(ids) else []) + _problems_of_blocks(blocks)


def _problems_of_blocks(blocks: list[dict[str, Any]]) -> list[str]:
    return [f"{block.get('type')}: {wrong}" for block in blocks for wrong in _problems_of_block(block)]


def _problems_of_block(block: dict[str, Any]) -> Iterator[str]:
    check = _BLOCKS.get(str(block.get("type")))
    if check is None:
        yield "unknown block"
    else:
        yield from check(block)


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _text(block.get("text"), 150, ("plain_text",))


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields") or []
    if not fields and not block.get("text"):
        yield "neither text nor fields"
    if len(fields) > 10:
        yield "more than 10 fields"
    if block.get("text"):
        yield from _text(block["text"], 3000)
    for one in fields:
        yield from _text(one, 2000)


def _context(block: dict[str, Any]) -> Iterator[str]:
    if not 1 <= len(block.get("elements") or []) <= 10:
        yield "1 to 10 elements"
    for element in block.get("elements") or []:
        yield from _text(element, 3000)


def _actions(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield "1 to 25 elements"
    ids = [element.get("action_id") for element in elements]
    if len(set(ids)) < len(ids):
        yield "action_id comes twice"
    for element in elements:
        yield from _text(element.get("text"), 75, ("plain_text",))
        if len(element.get("value", "")) > 2000 or not 0 < len(element.get("action_id", "")) <= 255:
            yield "value or action_id too long, or none"


def _input(block: dict[str, Any]) -> Iterator[str]:
    yield from _text(block.get("label"), 2000, ("plain_text",))
    for option in (block.get("element") or {}).get("options") or []:
        yield from _text(option.get("text"), 75)
        if len(option.get("value", "")) > 150:
            yield "an option's value is too long"
    if len((block.get("element") or {}).get("options") or []) > 100:
        yield "more than 100 options"


def _nothing(_block: dict[str, Any]) -> Iterator[str]:
    yield from ()


_BLOCKS = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "divider": _nothing,
}


def _text(text: Any, limit: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"text must be {' or '.join(kinds)}"
    elif not 0 < len(text.get("text", "")) <= limit:
        yield f"text must be 1 to {limit} characters"
