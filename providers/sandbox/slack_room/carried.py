"""What was carried to the bot, by name: which command, button, form or event, by which way, and how it was answered.

Never what anybody said: only the names by which an app tells one delivery from another.
"""

from collections import deque

from providers.sandbox.slack_room.people_and_places import Json

NAMES = ("type", "command", "callback_id", "action_id", "block_id")
MOST = 5000


def new_log() -> deque[Json]:
    """Oldest first; the oldest are forgotten."""
    return deque(maxlen=MOST)


def names_of(payload: Json) -> Json:
    """A delivery's own shape, with nothing in it but names."""
    said = _named(payload)
    for part in ("event", "view"):
        if isinstance(payload.get(part), dict):
            said[part] = _named(payload[part])
    if isinstance(payload.get("actions"), list):
        said["actions"] = [_named(action) for action in payload["actions"]]
    return said


def _named(part: Json) -> Json:
    return {name: part[name] for name in NAMES if isinstance(part.get(name), str)}
