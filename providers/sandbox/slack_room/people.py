"""What a person can do in Slack: type a command, click, pick, fill in a form and submit it, use a shortcut, talk.

Each action is carried to the bot as Slack would carry it and answers with what the person gets to see. Acting on a
thing that is not there is refused with a sentence before the bot hears of it.
"""

from dataclasses import dataclass

from providers.sandbox.asked import Json, Unfit, count, flag, maybe, word
from providers.sandbox.slack_room import answers, payloads
from providers.sandbox.slack_room.delivery import Answer, How
from providers.sandbox.slack_room.inputs import (
    Typed,
    action_of,
    find_button,
    find_element,
    missing_answers,
    state_values,
    typed_state,
)
from providers.sandbox.slack_room.modals import View
from providers.sandbox.slack_room.options import offered_options
from providers.sandbox.slack_room.people_and_places import BOT_USER, HUMANS, PEOPLE, Channel, SlackMessage
from providers.sandbox.slack_room.room import SlackRoom


async def type_command(room: SlackRoom, asked: Json) -> Json:
    """`{"user", "text", "channel"?, "command"?}`: the answer holds the ephemeral messages shown at once."""
    user, text = person(asked), word(asked, "text", "")
    channel = place(room, asked, user, "C_FRONTDESK")
    command = word(asked, "command", "/pin")
    since = room.next_ts()
    fields = payloads.command_fields(room, user, channel, command, text)
    reported = await room.delivery.command(fields, how(asked))
    for answer in reported:
        answers.show_command_answer(room, channel, user, command, answer)
    return outcome(reported) | {"channel": channel.id, "shown": room.whispers_since(since, channel, user)}


async def click(room: SlackRoom, asked: Json) -> Json:
    """`{"user", "action_id", "value"?, "block_id"?}` and either `channel` and `ts`, or `view_id` (and `values`?). With
    `"behind": true` the message is clicked as it was: by somebody whose screen has not heard of a change."""
    user = person(asked)
    if asked.get("view_id") is not None:
        view = view_of(room, user, asked)
        return await _click_in_view(room, view, asked)
    channel = place(room, asked, user)
    message = message_in(channel, user, word(asked, "ts"))
    blocks = [*message.blocks, *(message.before if flag(asked, "behind") else ())]
    found = await _action(room, Target(user, blocks, message.typed, _in_message(message)), asked)
    since = room.next_ts()
    payload = payloads.message_actions(room, user, channel, message, found)
    reported = await room.delivery.interactive(payload, how(asked))
    return outcome(reported) | {"shown": room.whispers_since(since, channel, user)}


async def submit(room: SlackRoom, asked: Json) -> Json:
    """`{"user", "view_id"?, "values": {action_id or block_id: value}}`: fills in and submits the modal on top."""
    user = person(asked)
    view = view_of(room, user, asked)
    if view not in room.modals.stack(user):
        raise Unfit("Only a modal can be submitted.")
    await fill_in(room, view, asked)
    missing = missing_answers(view.blocks, state_values(view.blocks, view.typed))
    if missing:
        return {"ok": False, "status": None, "response_action": "errors", "errors": missing, "sent": False}
    reported = await room.delivery.interactive(payloads.view_submission(room, view), how(asked))
    settled = [answers.settle_submission(room, view, answer) for answer in reported]
    return outcome(reported) | settled[0] | {"sent": True, "view_id": view.id}


async def close(room: SlackRoom, asked: Json) -> Json:
    """`{"user", "all"?}`: closes the modal on top, or all; the bot hears of it where it wished to (notify_on_close)."""
    user, everything = person(asked), flag(asked, "all")
    stack = room.modals.stack(user)
    if not stack:
        raise Unfit(f"{PEOPLE[user].real_name} has no form open.", 404)
    gone = stack[::-1] if everything else [stack[-1]]
    reported: list[Answer] = []
    for view in gone:
        stack.remove(view)
        if view.body.get("notify_on_close"):
            reported += await room.delivery.interactive(payloads.view_closed(room, view, everything), how(asked))
    return (outcome(reported) if reported else {"ok": True, "status": None}) | {"closed": [view.id for view in gone]}


async def use_shortcut(room: SlackRoom, asked: Json) -> Json:
    """`{"user", "callback_id", "message_ts"?, "channel"?}`: global without a message, otherwise on that message."""
    user, callback_id = person(asked), word(asked, "callback_id")
    ts = maybe(asked, "message_ts")
    if ts is None:
        return outcome(await room.delivery.interactive(payloads.shortcut(room, user, callback_id), how(asked)))
    if asked.get("channel") is not None:
        channel = place(room, asked, user)
    else:
        channel = next((c for c in room.channels.values() if ts in c.messages and sees(c, user)), None) or _nowhere(ts)
    message = message_in(channel, user, ts)
    payload = payloads.message_shortcut(room, user, callback_id, channel, message)
    return outcome(await room.delivery.interactive(payload, how(asked)))


async def open_home(room: SlackRoom, asked: Json) -> Json:
    """`{"user"}`: the person looks at the app's Home tab."""
    user = person(asked)
    return outcome(await room.delivery.event(payloads.home_opened(room, user), how(asked)))


async def talk(room: SlackRoom, asked: Json) -> Json:
    """`{"user", "channel", "text", "thread_ts"?}`: ordinary talk. The bot hears direct messages and mentions only."""
    user, text = person(asked), word(asked, "text")
    channel = place(room, asked, user)
    thread_ts = maybe(asked, "thread_ts")
    if thread_ts is not None:
        parent = message_in(channel, user, thread_ts)
        thread_ts = parent.thread_ts or parent.ts
    if not text.strip():
        raise Unfit("Nobody posts an empty message.")
    message = room.post(channel, user, text, thread_ts=thread_ts)
    kind = "message" if channel.im_with else "app_mention" if f"<@{BOT_USER}>" in text else None
    if kind is None:
        return {"ok": True, "status": None, "ts": message.ts}
    reported = await room.delivery.event(payloads.said(room, channel, message, kind), how(asked))
    return outcome(reported) | {"ts": message.ts}


@dataclass(frozen=True, slots=True)
class Target:
    """Blocks somebody looks at: what was typed there, and how a payload names the place."""

    user: str
    blocks: list[Json]
    typed: Typed
    where: Json


async def fill_in(room: SlackRoom, view: View, asked: Json) -> None:
    """Types or picks the given values. Raises Unfit before anything changes."""
    values = asked.get("values", {})
    if not isinstance(values, dict):
        raise Unfit("'values' must be an object: action_id or block_id to value.")
    typed: Typed = {}
    for name, value in values.items():
        found = find_element(view.blocks, name)
        if found is None or found[1]["type"] in ("button", "overflow"):
            raise Unfit(f"The form has no field {name[:80]!r}.", 404)
        block, element = found
        offered = await offered_options(room, view.user, found, value, _in_view(view))
        typed[(block["block_id"], element["action_id"])] = typed_state(element, value, offered)
    view.typed |= typed


async def _click_in_view(room: SlackRoom, view: View, asked: Json) -> Json:
    await fill_in(room, view, asked)
    action = await _action(room, Target(view.user, view.blocks, view.typed, _in_view(view)), asked)
    reported = await room.delivery.interactive(payloads.view_actions(room, view, action), how(asked))
    return outcome(reported) | {"view_id": view.id}


async def _action(room: SlackRoom, target: Target, asked: Json) -> Json:
    """The `actions` entry for what is clicked, remembering what is picked. Raises Unfit."""
    action_id, value = word(asked, "action_id"), asked.get("value")
    found = find_button(target.blocks, action_id, value, maybe(asked, "block_id"))
    if found is None:
        raise Unfit(f"There is no button {action_id[:80]!r} there.", 404)
    block, element = found
    if block["type"] == "input" and not block.get("dispatch_action", False):
        raise Unfit(f"The field {action_id[:80]!r} tells the bot nothing before the form is submitted.")
    state = None
    if element["type"] != "button":
        offered = await offered_options(room, target.user, found, value, target.where)
        state = typed_state(element, value, offered)
    elif value is not None and element.get("value") != value:
        raise Unfit(f"The button {action_id[:80]!r} has another value.", 404)
    if state is not None and element["type"] != "overflow":
        target.typed[(block["block_id"], element["action_id"])] = state
    return action_of(block, element, state, room.next_ts())


def person(asked: Json) -> str:
    """Who acts. Raises Unfit for a stranger."""
    user = word(asked, "user")
    if user not in HUMANS:
        raise Unfit(f"There is nobody called {user[:80]!r}: try {', '.join(HUMANS)}.", 404)
    return user


def sees(channel: Channel, user: str) -> bool:
    """Public channels are open to all; a direct message belongs to one person."""
    return channel.im_with in (None, user)


def place(room: SlackRoom, asked: Json, user: str, default: str | None = None) -> Channel:
    """The channel meant. Raises Unfit if there is none, or it is somebody else's direct message."""
    name = word(asked, "channel", default)
    channel = room.channel(name)
    if channel is None:
        raise Unfit(f"There is no channel {name[:80]!r}.", 404)
    if not sees(channel, user):
        raise Unfit(f"{PEOPLE[user].real_name} cannot see {channel.id}.", 403)
    return channel


def message_in(channel: Channel, user: str, ts: str) -> SlackMessage:
    """A message this person can see. Raises Unfit."""
    message = channel.messages.get(ts)
    if message is None or message.ephemeral_for not in (None, user):
        raise Unfit(f"There is no message {ts[:80]!r} in {channel.id}.", 404)
    return message


def view_of(room: SlackRoom, user: str, asked: Json) -> View:
    """The view named, otherwise the modal on top. Raises Unfit."""
    view_id = maybe(asked, "view_id")
    view = room.modals.find(view_id) if view_id is not None else room.modals.top(user)
    if view is None or view.user != user:
        raise Unfit(f"{PEOPLE[user].real_name} has no such form open.", 404)
    return view


def how(asked: Json) -> How:
    return How(count(asked, "retry"), flag(asked, "bad_signature"))


def outcome(reported: list[Answer]) -> Json:
    """The first delivery's fate, and that of its copies."""
    first = reported[0]
    result: Json = {"ok": first.ok, "status": first.status}
    if first.error:
        result["error"] = first.error
    if len(reported) > 1:
        result["retries"] = [answer.status for answer in reported[1:]]
    return result


def _in_message(message: SlackMessage) -> Json:
    return {"container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel}}


def _in_view(view: View) -> Json:
    return {"container": {"type": "view", "view_id": view.id}, "view": view.wire()}


def _nowhere(ts: str) -> Channel:
    raise Unfit(f"There is no message {ts[:80]!r}.", 404)
