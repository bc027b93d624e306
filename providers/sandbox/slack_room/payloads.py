"""The envelopes in which Slack tells an app what somebody did.

Shapes: docs.slack.dev/reference/interaction-payloads and the official samples (java-slack-sdk json-logs). Building them
changes nothing but the counters that hand out trigger_ids and response_urls.
"""

from providers.sandbox.slack_room.inputs import state_values
from providers.sandbox.slack_room.modals import View
from providers.sandbox.slack_room.people_and_places import (
    APP_ID,
    BOT_USER,
    ELSEWHERE,
    PEOPLE,
    TEAM_ID,
    Channel,
    Json,
    SlackMessage,
)
from providers.sandbox.slack_room.room import SlackRoom

VERIFICATION = "sandbox-verification"
DOMAINS = {TEAM_ID: "sandbox"}


def command_fields(room: SlackRoom, user: str, channel: Channel, command: str, text: str) -> Json:
    """The form of a slash command."""
    return {
        "token": VERIFICATION,
        "team_id": _team(user)["id"],
        "team_domain": _team(user)["domain"],
        "channel_id": channel.id,
        "channel_name": channel.brief()["name"],
        "user_id": user,
        "user_name": PEOPLE[user].name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": room.new_response_url(channel, user),
        "trigger_id": room.new_trigger(user),
    }


def _team(user: str) -> Json:
    team = PEOPLE[user].team
    return {"id": team, "domain": DOMAINS.get(team, "second-house")}


def _common(room: SlackRoom, kind: str, user: str, with_trigger: bool = True) -> Json:
    brief = PEOPLE[user].brief()
    if user in room.strangers:
        brief["team_id"] = ELSEWHERE
    reported: Json = {"type": kind, "user": brief, "api_app_id": APP_ID, "token": VERIFICATION}
    reported |= {"team": _team(user), "enterprise": None, "is_enterprise_install": False}
    return reported | ({"trigger_id": room.new_trigger(user)} if with_trigger else {})


def message_actions(room: SlackRoom, user: str, channel: Channel, message: SlackMessage, action: Json) -> Json:
    """block_actions for something clicked in a message."""
    reported = _common(room, "block_actions", user)
    ephemeral = message.ephemeral_for is not None
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": ephemeral}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    reported |= {"container": container, "channel": channel.brief(), "actions": [action]}
    if not ephemeral:
        reported["message"] = message.wire(with_metadata=True)
    reported["state"] = {"values": state_values(message.blocks, message.typed)}
    reported["response_url"] = room.new_response_url(channel, user, message)
    return reported


def view_actions(room: SlackRoom, view: View, action: Json) -> Json:
    """block_actions for something clicked or picked in a modal or in the Home tab."""
    reported = _common(room, "block_actions", view.user)
    return reported | {"container": {"type": "view", "view_id": view.id}, "view": view.wire(), "actions": [action]}


def view_submission(room: SlackRoom, view: View) -> Json:
    return _common(room, "view_submission", view.user) | {"view": view.wire(), "response_urls": []}


def view_closed(room: SlackRoom, view: View, is_cleared: bool) -> Json:
    reported = _common(room, "view_closed", view.user, with_trigger=False)
    return reported | {"view": view.wire(), "is_cleared": is_cleared}


def block_suggestion(room: SlackRoom, user: str, block: Json, element: Json, query: str, where: Json) -> Json:
    reported = _common(room, "block_suggestion", user, with_trigger=False)
    return reported | {"action_id": element["action_id"], "block_id": block["block_id"], "value": query, **where}


def shortcut(room: SlackRoom, user: str, callback_id: str) -> Json:
    reported = _common(room, "shortcut", user)
    return reported | {"callback_id": callback_id, "action_ts": room.next_ts()}


def message_shortcut(room: SlackRoom, user: str, callback_id: str, channel: Channel, message: SlackMessage) -> Json:
    reported = _common(room, "message_action", user)
    reported |= {"callback_id": callback_id, "action_ts": room.next_ts(), "message_ts": message.ts}
    reported |= {"channel": channel.brief(), "message": message.wire(with_metadata=True)}
    return reported | {"response_url": room.new_response_url(channel, user, message)}


def event_callback(room: SlackRoom, event: Json, team: str = TEAM_ID) -> Json:
    """The outer body of the Events API."""
    who = {"enterprise_id": None, "team_id": team, "user_id": BOT_USER, "is_bot": True}
    reported: Json = {"token": VERIFICATION, "team_id": team, "api_app_id": APP_ID, "event": event}
    reported |= {"type": "event_callback", "event_id": room.next_id("Ev"), "event_time": int(float(event["event_ts"]))}
    return reported | {"authorizations": [{**who, "is_enterprise_install": False}], "is_ext_shared_channel": False}


def home_opened(room: SlackRoom, user: str) -> Json:
    event: Json = {"type": "app_home_opened", "user": user, "channel": f"D_{user}", "tab": "home"}
    home = room.modals.homes.get(user)
    if home is not None:
        event["view"] = home.wire()
    return event_callback(room, {**event, "event_ts": room.next_ts()}, PEOPLE[user].team)


def said(room: SlackRoom, channel: Channel, message: SlackMessage, kind: str) -> Json:
    """A message event: `message` in a direct message, `app_mention` in a channel."""
    event: Json = {"type": kind, "user": message.user, "text": message.text, "ts": message.ts, "team": channel.team}
    event |= {"channel": channel.id, "event_ts": message.ts, "blocks": message.blocks}
    if kind == "message":
        event["channel_type"] = "im"
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    return event_callback(room, event, channel.team)
