"""chat.*: posting, updating, deleting, whispering. Every call is kept in the room's log of posts, taken or refused.

Errors: docs.slack.dev/reference/methods/chat.postMessage, chat.update, chat.delete, chat.postEphemeral. Blocks that are
not resent with chat.update are dropped; an ephemeral message can be neither updated nor deleted.
"""

from collections.abc import Callable

from providers.sandbox.block_kit import check_blocks
from providers.sandbox.slack_room.people_and_places import BOT_USER, HUMANS, Channel, Json, SlackMessage
from providers.sandbox.slack_room.room import SlackError, SlackRoom, TooFast

MOST_CHARACTERS = 40_000
Method = Callable[[SlackRoom, Json], Json]


def post_message(room: SlackRoom, asked: Json) -> Json:
    channel, text, blocks = _what(room, asked)
    _check_open(channel)
    metadata = _metadata(asked)
    thread_ts = _thread(channel, asked)
    room.pace.spend(channel.id)
    message = room.post(channel, BOT_USER, text, blocks, thread_ts=thread_ts, metadata=metadata)
    return {"channel": channel.id, "ts": message.ts, "message": message.wire(with_metadata=True)}


def _check_open(channel: Channel) -> None:
    if channel.archived:
        raise SlackError("is_archived")
    if BOT_USER not in channel.members:
        raise SlackError("not_in_channel")


def post_ephemeral(room: SlackRoom, asked: Json) -> Json:
    channel, text, blocks = _what(room, asked)
    user = asked.get("user")
    if channel.archived:
        raise SlackError("is_archived")
    if user not in HUMANS or user not in channel.members:
        raise SlackError("user_not_in_channel")
    return {"message_ts": room.whisper(channel, str(user), text, blocks).ts}


def update(room: SlackRoom, asked: Json) -> Json:
    message = _own_message(room, asked, "cant_update_message")
    channel, text, blocks = _what(room, asked)
    if channel.archived:
        raise SlackError("is_archived")
    metadata = _metadata(asked)
    room.rewrite(message, text, blocks)
    message.metadata = metadata or message.metadata
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": message.wire(with_metadata=True)}


def delete(room: SlackRoom, asked: Json) -> Json:
    message = _own_message(room, asked, "cant_delete_message")
    del room.channels[message.channel].messages[message.ts]
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(room: SlackRoom, asked: Json) -> Json:
    channel = _channel(room, asked)
    message = channel.messages.get(str(asked.get("message_ts")))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{room.world.settings.base_url}/demo#{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def _logged(name: str, method: Method) -> Method:
    def logging(room: SlackRoom, asked: Json) -> Json:
        try:
            reported = method(room, asked)
        except (SlackError, TooFast) as no:
            room.log_post(name, asked, ok=False, error=str(no))
            raise
        room.log_post(name, asked, ok=True, ts=reported.get("ts") or reported.get("message_ts"))
        return reported

    return logging


METHODS: dict[str, Method] = {
    "chat.postMessage": _logged("chat.postMessage", post_message),
    "chat.postEphemeral": _logged("chat.postEphemeral", post_ephemeral),
    "chat.update": _logged("chat.update", update),
    "chat.delete": _logged("chat.delete", delete),
    "chat.getPermalink": get_permalink,
}


def check_said(text: object, blocks: object) -> tuple[str, list[Json]]:
    """Text and blocks fit to be shown. Raises SlackError: no_text, msg_too_long, invalid_blocks."""
    said = "" if text is None else text
    if not isinstance(said, str):
        raise SlackError("invalid_arguments")
    if len(said) > MOST_CHARACTERS:
        raise SlackError("msg_too_long")
    if blocks is not None and not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = check_blocks(blocks or [])
    if problems:
        raise SlackError("invalid_blocks", response_metadata={"messages": [problem.line() for problem in problems]})
    if not said.strip() and not blocks:
        raise SlackError("no_text")
    return said, blocks or []


def _what(room: SlackRoom, asked: Json) -> tuple[Channel, str, list[Json]]:
    return _channel(room, asked), *check_said(asked.get("text"), asked.get("blocks"))


def _channel(room: SlackRoom, asked: Json) -> Channel:
    channel = room.channel(asked.get("channel"))
    if channel is None:
        raise SlackError("channel_not_found")
    return channel


def _own_message(room: SlackRoom, asked: Json, not_own: str) -> SlackMessage:
    message = _channel(room, asked).messages.get(str(asked.get("ts")))
    if message is None or message.ephemeral_for is not None:
        raise SlackError("message_not_found")
    if not message.from_bot:
        raise SlackError(not_own)
    return message


def _thread(channel: Channel, asked: Json) -> str | None:
    thread_ts = asked.get("thread_ts")
    if thread_ts in (None, ""):
        return None
    parent = channel.messages.get(str(thread_ts))
    if parent is None or parent.ephemeral_for is not None:
        raise SlackError("cannot_reply_to_message")
    return parent.thread_ts or parent.ts


def _metadata(asked: Json) -> Json | None:
    metadata = asked.get("metadata")
    if metadata is None:
        return None
    if not (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_format")
    return metadata
