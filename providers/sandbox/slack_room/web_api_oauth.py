"""oauth.v2.access and auth.revoke, and what one team's token may not see of another's.

docs.slack.dev/reference/methods/oauth.v2.access: the app's own credentials come by HTTP Basic or as arguments, and no
token is needed. What a token's team does not have is simply not there: channel_not_found, user_not_found.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable

from providers.sandbox.asked import Json
from providers.sandbox.slack_room import payloads
from providers.sandbox.slack_room.delivery import How
from providers.sandbox.slack_room.installs import NotGiven
from providers.sandbox.slack_room.people_and_places import BOT_USER, PEOPLE, TEAM_OF_GROUP
from providers.sandbox.slack_room.room import SlackError, SlackRoom

CALLER = "caller"
"""The team whose token made the call, among the arguments of every method."""


def access(room: SlackRoom, asked: Json) -> Json:
    try:
        return room.installs.exchanged(asked)
    except NotGiven as no:
        raise SlackError(no.code) from None


def revoke(room: SlackRoom, asked: Json) -> Json:
    """The team's tokens end at once; the bot hears of it a moment later."""
    team = str(asked[CALLER])
    room.installs.remove(team)
    event: Json = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}, "event_ts": room.next_ts()}
    notification = asyncio.ensure_future(room.delivery.event(payloads.event_callback(room, event, team), How()))
    room.notification.add(notification)
    notification.add_done_callback(room.notification.discard)
    return {"revoked": True}


def credentials(basic: str) -> Json:
    """client_id and client_secret as HTTP Basic carries them; nothing where it cannot be read."""
    try:
        name, _, secret = base64.b64decode(basic, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": name, "client_secret": secret}


def check_team(room: SlackRoom, asked: Json) -> None:
    """Raises SlackError for a place or a person of another team."""
    team = asked[CALLER]
    channel = room.channel(asked.get("channel"))
    if team and channel is not None and channel.team != team:
        raise SlackError("channel_not_found")
    for name in ("user", "users", "user_id"):
        person = PEOPLE.get(str(asked.get(name)))
        if team and person is not None and person.id != BOT_USER and person.team != team:
            raise SlackError("user_not_found")
    if team and TEAM_OF_GROUP.get(str(asked.get("usergroup")), team) != team:
        raise SlackError("no_such_subteam")


METHODS: dict[str, Callable[[SlackRoom, Json], Json]] = {"oauth.v2.access": access, "auth.revoke": revoke}
