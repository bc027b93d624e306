"""What Slack sends to an app: slash commands, pressed buttons, submitted forms (docs.slack.dev/interactivity)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.journeys.outside.fake_slack import Post, buttons_in

TEAM = {"id": "T_HOUSE", "domain": "house-of-tests"}
Form = dict[str, str]


def slash_command(words: str, user: str, trigger: str, response_url: str) -> Form:
    return {
        "token": "legacy-token",
        "team_id": TEAM["id"],
        "team_domain": TEAM["domain"],
        "channel_id": "C0FRONTDESK",
        "channel_name": "front-desk",
        "user_id": user,
        "user_name": user.lower(),
        "command": "/pin",
        "text": words,
        "api_app_id": "A0NIGHTPORTER",
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def interaction(payload: Mapping[str, Any]) -> Form:
    return {"payload": json.dumps(payload)}


def block_actions(post: Post, action_id: str, user: str, trigger: str, response_url: str) -> dict[str, Any]:
    """Somebody presses a button of a post. Fails where the post has no such button: nobody could press it."""
    button = next(b for b in buttons_in(post.payload) if b["action_id"] == action_id)
    action = {
        name: button[name] for name in ("action_id", "block_id", "type", "text", "value", "style") if name in button
    }
    message = {
        "type": "message",
        "user": "U_BOT",
        "bot_id": "B_BOT",
        "ts": post.ts,
        "text": post.payload.get("text", ""),
    }
    return {
        "type": "block_actions",
        **_common(user, trigger),
        "container": {
            "type": "message",
            "message_ts": post.ts,
            "channel_id": post.channel,
            "is_ephemeral": False,
        },
        "channel": {"id": post.channel, "name": "approvals"},
        "message": {**message, "blocks": post.payload.get("blocks", [])},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**action, "action_ts": "1765000000.000100"}],
    }


def view_submission(
    view: Mapping[str, Any], user: str, trigger: str, fill: Callable[[Mapping[str, Any]], object]
) -> dict[str, Any]:
    """Somebody submits a form. `fill` says what they put into an input block; None leaves what the form came with."""
    values = {
        block["block_id"]: {block["element"]["action_id"]: _state_of(block["element"], fill(block))}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    kept = {name: value for name, value in view.items() if name != "trigger"}
    return {
        "type": "view_submission",
        **_common(user, trigger),
        "view": {**kept, "state": {"values": values}, "app_id": "A0NIGHTPORTER", "bot_id": "B_BOT"},
        "response_urls": [],
    }


def _common(user: str, trigger: str) -> dict[str, Any]:
    return {
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM["id"]},
        "api_app_id": "A0NIGHTPORTER",
        "token": "legacy-token",
        "team": TEAM,
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": trigger,
    }


def _state_of(element: Mapping[str, Any], given: object) -> dict[str, Any]:
    kind = element["type"]
    if kind == "static_select":
        wanted = str(given) if given is not None else ""
        picked = next((o for o in element["options"] if wanted and o["text"]["text"].startswith(wanted)), None)
        return {"type": kind, "selected_option": picked or element.get("initial_option")}
    if kind == "datepicker":
        return {"type": kind, "selected_date": given or element.get("initial_date")}
    if kind == "timepicker":
        return {"type": kind, "selected_time": given or element.get("initial_time")}
    return {"type": kind, "value": given if given is not None else element.get("initial_value")}
