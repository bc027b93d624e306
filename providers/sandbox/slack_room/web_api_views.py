"""views.*: opening, stacking, updating modals and publishing the Home tab.

docs.slack.dev/reference/methods/views.open, views.push, views.update, views.publish: a badly formed view is
`invalid_arguments`; a stale hash is `hash_conflict`; a fourth modal on the stack is `push_limit_reached`.
"""

import json
from collections.abc import Callable

from providers.sandbox.block_kit import check_view
from providers.sandbox.slack_room.modals import MOST_STACKED, View
from providers.sandbox.slack_room.people_and_places import HUMANS, Json
from providers.sandbox.slack_room.room import SlackError, SlackRoom

MOST_BYTES = 250_000


def open_view(room: SlackRoom, asked: Json) -> Json:
    body = checked(asked.get("view"), "modal")
    user = room.pull_trigger(asked.get("trigger_id"))
    view = new_view(room, user, body)
    room.modals.stacks[user] = [view]
    return {"view": view.wire()}


def push(room: SlackRoom, asked: Json) -> Json:
    body = checked(asked.get("view"), "modal")
    user = room.pull_trigger(asked.get("trigger_id"))
    return {"view": push_on(room, user, body).wire()}


def update(room: SlackRoom, asked: Json) -> Json:
    view = room.modals.find(asked.get("view_id"), asked.get("external_id"))
    if view is None:
        raise SlackError("not_found")
    body = checked(asked.get("view"), view.body["type"])
    _check_hash(view, asked)
    rewrite(room, view, body)
    return {"view": view.wire()}


def publish(room: SlackRoom, asked: Json) -> Json:
    body = checked(asked.get("view"), "home")
    user = str(asked.get("user_id"))
    if user not in HUMANS:
        raise SlackError("user_not_found")
    home = room.modals.homes.get(user)
    if home is None:
        home = room.modals.homes[user] = new_view(room, user, body)
    else:
        _check_hash(home, asked)
        rewrite(room, home, body)
    return {"view": home.wire()}


def checked(view: object, kind: str) -> Json:
    """A well-formed view of that kind. Raises SlackError."""
    problems = check_view(view)
    if problems or not isinstance(view, dict):
        raise SlackError("invalid_arguments", response_metadata={"messages": [problem.line() for problem in problems]})
    if view["type"] != kind:
        raise SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] must be a {kind} view"]})
    if len(json.dumps(view, ensure_ascii=False).encode()) > MOST_BYTES:
        raise SlackError("view_too_large")
    return view


def new_view(room: SlackRoom, user: str, body: Json, below: View | None = None) -> View:
    """Raises SlackError if another open view has its external_id."""
    external_id = body.get("external_id")
    if external_id and room.modals.find(external_id=external_id):
        raise SlackError("duplicate_external_id")
    view_id = room.next_id("V_")
    body = {**body, "blocks": room.named(body["blocks"])}
    root = below.root_id if below else view_id
    return View(view_id, user, body, room.next_id("hash."), root, below.id if below else None)


def push_on(room: SlackRoom, user: str, body: Json) -> View:
    """One more modal on what the person has open. Raises SlackError."""
    stack = room.modals.stack(user)
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= MOST_STACKED:
        raise SlackError("push_limit_reached")
    view = new_view(room, user, body, stack[-1])
    stack.append(view)
    return view


def rewrite(room: SlackRoom, view: View, body: Json) -> None:
    view.rewrite({**body, "blocks": room.named(body["blocks"])}, room.next_id("hash."))


def _check_hash(view: View, asked: Json) -> None:
    given = asked.get("hash")
    if given and given != view.hash:
        raise SlackError("hash_conflict")


METHODS: dict[str, Callable[[SlackRoom, Json], Json]] = {
    "views.open": open_view,
    "views.push": push,
    "views.update": update,
    "views.publish": publish,
}
