"""conversations.*: opening a direct message, reading a channel's history and its threads.

docs.slack.dev/reference/methods/conversations.history: newest first, without thread replies and without ephemeral
messages, `metadata` only when asked for; conversations.replies: the parent, then its replies, oldest first.
"""

from collections.abc import Callable

from providers.sandbox.slack_room.people_and_places import BOT_USER, HUMANS, Channel, Json, SlackMessage
from providers.sandbox.slack_room.room import SlackError, SlackRoom

MOST_AT_ONCE = 999
USUAL_AT_ONCE = 100


def open_conversation(room: SlackRoom, asked: Json) -> Json:
    users = asked.get("users")
    names = users if isinstance(users, list) else str(users or "").split(",")
    if asked.get("channel"):
        return {"channel": {"id": _channel(room, asked).id}}
    if len(names) != 1:
        raise SlackError("too_many_users")
    if names[0] not in HUMANS:
        raise SlackError("user_not_found")
    return {"channel": {"id": f"D_{names[0]}"}}


def info(room: SlackRoom, asked: Json) -> Json:
    return {"channel": _channel(room, asked).wire()}


def history(room: SlackRoom, asked: Json) -> Json:
    channel = _channel(room, asked)
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")
    after, before = _moment(asked, "oldest", 0.0), _moment(asked, "latest", float("inf"))
    inclusive = _true(asked.get("inclusive"))
    found = [
        message
        for message in reversed(channel.messages.values())
        if message.ephemeral_for is None
        and message.thread_ts in (None, message.ts)
        and (after < float(message.ts) < before or (inclusive and float(message.ts) in (after, before)))
    ]
    return _page(found, asked)


def replies(room: SlackRoom, asked: Json) -> Json:
    channel = _channel(room, asked)
    parent = channel.messages.get(str(asked.get("ts")))
    if parent is None or parent.ephemeral_for is not None:
        raise SlackError("thread_not_found")
    root = parent.thread_ts or parent.ts
    found = [m for m in channel.messages.values() if m.ephemeral_for is None and root in (m.ts, m.thread_ts)]
    return _page(found, asked)


def _page(found: list[SlackMessage], asked: Json) -> Json:
    limit, start = _limit(asked), _start(asked)
    page, more = found[start : start + limit], len(found) > start + limit
    with_metadata = _true(asked.get("include_all_metadata"))
    said: Json = {"messages": [message.wire(with_metadata) for message in page], "has_more": more}
    if more:
        said["response_metadata"] = {"next_cursor": f"from:{start + limit}"}
    return said


def _limit(asked: Json) -> int:
    try:
        limit = int(asked.get("limit") or USUAL_AT_ONCE)
    except (TypeError, ValueError, OverflowError):
        raise SlackError("invalid_limit") from None
    if not 1 <= limit <= MOST_AT_ONCE:
        raise SlackError("invalid_limit")
    return limit


def _start(asked: Json) -> int:
    cursor = asked.get("cursor") or "from:0"
    head, _, place = str(cursor).partition(":")
    if head != "from" or not (place.isascii() and place.isdigit() and len(place) < 10):
        raise SlackError("invalid_cursor")
    return int(place)


def _moment(asked: Json, name: str, default: float) -> float:
    try:
        return float(asked.get(name) or default)
    except (TypeError, ValueError, OverflowError):
        raise SlackError(f"invalid_ts_{name}") from None


def _true(value: object) -> bool:
    return value in (True, "1", "true")


def _channel(room: SlackRoom, asked: Json) -> Channel:
    channel = room.channels.get(str(asked.get("channel")))
    if channel is None:
        raise SlackError("channel_not_found")
    return channel


METHODS: dict[str, Callable[[SlackRoom, Json], Json]] = {
    "conversations.open": open_conversation,
    "conversations.info": info,
    "conversations.history": history,
    "conversations.replies": replies,
}
