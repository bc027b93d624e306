"""User groups and channels, as an admin of the workspace changes them, and the event that tells the bot."""

from providers.sandbox.asked import Json, Unfit, word
from providers.sandbox.slack_room import payloads
from providers.sandbox.slack_room.people import how, outcome
from providers.sandbox.slack_room.people_and_places import BOT_USER, HUMANS, TEAM_OF_GROUP
from providers.sandbox.slack_room.room import SlackRoom


async def change_group(room: SlackRoom, asked: Json) -> Json:
    """`{"group", "members"}`: the group has exactly these members from now on (`subteam_members_changed`)."""
    group, members = word(asked, "group"), asked.get("members")
    if group not in room.groups:
        raise Unfit(f"There is no user group {group[:80]!r}.", 404)
    if not isinstance(members, list) or not all(isinstance(m, str) and m in HUMANS for m in members):
        raise Unfit("'members' must be a list of people's ids.")
    before, after = room.groups[group], list(dict.fromkeys(members))
    room.groups[group] = after
    added = [user for user in after if user not in before]
    removed = [user for user in before if user not in after]
    ts, team = room.next_ts(), TEAM_OF_GROUP[group]
    event: Json = {"type": "subteam_members_changed", "subteam_id": group, "team_id": team, "event_ts": ts}
    event |= {"added_users": added, "added_users_count": str(len(added))}
    event |= {"removed_users": removed, "removed_users_count": str(len(removed))}
    event |= {"date_previous_update": int(float(ts)), "date_update": int(float(ts))}
    said = await room.delivery.event(payloads.event_callback(room, event, team), how(asked))
    return outcome(said) | {"members": after}


async def change_channel(room: SlackRoom, asked: Json) -> Json:
    """`{"channel", "archived", "bot"}`: somebody archives a channel, or takes the bot out of it, and
    undoes it again. Slack tells no app of it that has not subscribed to such events."""
    channel = room.channels.get(word(asked, "channel"))
    if channel is None or channel.im_with is not None:
        raise Unfit("There is no such channel.", 404)
    for name in ("archived", "bot"):
        if not isinstance(asked.get(name, True), bool):
            raise Unfit(f"{name!r} must be true or false.")
    channel.archived = asked.get("archived", channel.archived)
    if "bot" in asked:
        others = tuple(one for one in channel.members if one != BOT_USER)
        channel.members = (*others, BOT_USER) if asked["bot"] else others
    return {"ok": True, **channel.wire()}
