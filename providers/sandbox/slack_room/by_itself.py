"""What Slack tells of by itself, and no person in the sandbox brings about: an app removed, tokens taken back."""

from providers.sandbox.asked import Json, Unfit, word
from providers.sandbox.slack_room import payloads
from providers.sandbox.slack_room.people import how, outcome
from providers.sandbox.slack_room.room import SlackRoom

HOW = ("retry", "bad_signature")


async def tell_event(room: SlackRoom, asked: Json) -> Json:
    """`{"type", …}`: an event of this type with these fields; nothing else in the workspace changes."""
    kind = word(asked, "type")
    if not kind.strip():
        raise Unfit("An event has a type.")
    more = {name: value for name, value in asked.items() if name not in HOW}
    event = {**more, "event_ts": room.next_ts()}
    return outcome(await room.delivery.event(payloads.event_callback(room, event), how(asked)))
