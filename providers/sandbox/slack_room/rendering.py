"""What people see in Slack, read by pages and tests, and the knobs of this room. Nothing here reaches the bot, but for
the options of a menu that a person is looking at.
"""

from starlette.requests import Request

from providers.sandbox.asked import Json, Unfit, flag, number, words
from providers.sandbox.slack_room import options
from providers.sandbox.slack_room.people import message_in, person, place, sees, view_of
from providers.sandbox.slack_room.people_and_places import HUMANS, PEOPLE, Channel
from providers.sandbox.slack_room.room import SlackRoom

FEWEST_DIGITS = 4
LONGEST_PATIENCE = 60.0


def channels(room: SlackRoom, request: Request) -> Json:
    return {
        "channels": [_brief(channel) for channel in room.channels.values() if channel.team in room.installs.teams()]
    }


def channel(room: SlackRoom, request: Request) -> Json:
    """Oldest first. With `?as=U_ADA`: only what that person sees."""
    name, viewer = request.path_params["id"], request.query_params.get("as")
    found = room.channel(name)
    if found is None:
        raise Unfit(f"There is no channel {name[:80]!r}.", 404)
    if viewer is None:
        return _brief(found) | {"messages": [message.seen() for message in found.messages.values()]}
    person({"user": viewer})
    if not sees(found, viewer):
        raise Unfit(f"{PEOPLE[viewer].real_name} cannot see {found.id}.", 403)
    shown = [message.seen() for message in found.messages.values() if message.ephemeral_for in (None, viewer)]
    return _brief(found) | {"messages": shown}


def _brief(channel: Channel) -> Json:
    return {"channel": channel.id, "name": channel.name, "is_im": channel.im_with is not None}


def views(room: SlackRoom, request: Request) -> Json:
    """The stack of open modals, bottom first, and the Home tab."""
    user = person({"user": request.path_params["user"]})
    home = room.modals.homes.get(user)
    stack = [view.wire() for view in room.modals.stack(user)]
    return {"user": user, "modals": stack, "home": home.wire() if home else None}


def posts(room: SlackRoom, request: Request) -> Json:
    """Everything the bot ever tried to say in a conversation, taken or refused; `?since=12`: without the first 12."""
    since = request.query_params.get("since", "0")
    if not since.isascii() or not since.isdigit():
        raise Unfit("'since' must be a number.")
    return {"posts": room.posts[int(since) :]}


def heard(room: SlackRoom, request: Request) -> Json:
    """`?digits=…`: when and how these digits ever came from the bot; never the words around them."""
    digits = request.query_params.get("digits", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) < FEWEST_DIGITS:
        raise Unfit(f"'digits' must be at least {FEWEST_DIGITS} digits.")
    return room.heard.where(digits)


def people(room: SlackRoom, request: Request) -> Json:
    here = [user for user in HUMANS if PEOPLE[user].team in room.installs.teams()]
    return {"people": [{"id": user, "name": PEOPLE[user].real_name} for user in here]}


def installs(room: SlackRoom, request: Request) -> Json:
    """Where the app is, and every token that was ever given: to look for them where they should not be."""
    given = room.installs
    return {"teams": sorted(given.teams()), "tokens": list(given.tokens), "refreshes": list(given.refreshes)}


def deliveries(room: SlackRoom, request: Request) -> Json:
    """What was carried to the bot, by name, oldest first; with the way it went and how it was answered."""
    return {"deliveries": list(room.delivery.carried)}


def change_settings(room: SlackRoom, asked: Json) -> None:
    """`{"burst"?, "per_second"?}`: how fast the bot may post into one channel. `{"tiers"?}`: whether methods have
    theirs. `{"rotates"?, "token_seconds"?}`: whether tokens given from now on end, and when. `{"scopes"?, "gone"?}`:
    what the app may do, and who has left the workspace. `{"guests"?, "strangers"?}`: who is a guest there, and who is
    of another organisation that shares a channel with it. `{"patience"?}`: the seconds that it waits for an answer, and
    that a trigger_id lives."""
    burst = number(asked, "burst", room.pace.burst, 1_000_000)
    per_second = number(asked, "per_second", room.pace.per_second, 1_000_000)
    room.pace.burst, room.pace.per_second = burst, per_second
    room.pace.levels.clear()
    room.installs.rotates = flag(asked, "rotates", room.installs.rotates)
    room.installs.token_seconds = number(asked, "token_seconds", room.installs.token_seconds, 1_000_000)
    room.tiers.enforced = flag(asked, "tiers", room.tiers.enforced)
    room.delivery.patience = number(asked, "patience", room.delivery.patience, LONGEST_PATIENCE)
    room.scopes = words(asked, "scopes", room.scopes)
    room.gone = words(asked, "gone", room.gone)
    room.guests = words(asked, "guests", room.guests)
    room.strangers = words(asked, "strangers", room.strangers)


async def look_for_options(room: SlackRoom, asked: Json) -> Json:
    """`{"user", "action_id", "query"}` and `channel` and `ts`, or `view_id`: what a menu offers while one types."""
    user = person(asked)
    if asked.get("ts") is not None:
        where = place(room, asked, user)
        message = message_in(where, user, str(asked["ts"]))
        container = {"type": "message", "message_ts": message.ts, "channel_id": where.id}
        return await options.look_for_options(room, user, message.blocks, {"container": container}, asked)
    view = view_of(room, user, asked)
    seen = {"container": {"type": "view", "view_id": view.id}, "view": view.wire()}
    return await options.look_for_options(room, user, view.blocks, seen, asked)
