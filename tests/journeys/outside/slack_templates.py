"""One payload of each kind that Slack sends, for who makes others of them (docs.slack.dev/interactivity)."""

import uuid
from collections.abc import Mapping
from typing import Any

PERSON = "U0ADA"


def slack_templates(response_url: str) -> dict[str, dict[str, Any]]:
    """One of each kind that Slack sends, none of them about a request that exists."""
    user = {"id": PERSON, "username": "ada", "name": "ada", "team_id": "T_HOUSE"}
    common = {
        "user": user,
        "api_app_id": "A0NIGHTPORTER",
        "token": "t",
        "team": {"id": "T_HOUSE", "domain": "house"},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": "1.2.unknown",
        "response_url": response_url,
    }
    place = {
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C0APPROVALS", "is_ephemeral": False},
        "channel": {"id": "C0APPROVALS", "name": "approvals"},
        "message": {"ts": "1.1", "text": "words", "blocks": []},
        "state": {"values": {}},
    }
    ask = {
        "lock": {"lock": {"type": "static_select", "selected_option": {"text": {}, "value": "01UNKNOWN"}}},
        "guest": {"guest": {"type": "plain_text_input", "value": "Ana"}},
        "phone": {"phone": {"type": "plain_text_input", "value": "+33 6 39 98 12 34"}},
        "from_date": {"from_date": {"type": "datepicker", "selected_date": "2030-01-01"}},
        "from_time": {"from_time": {"type": "timepicker", "selected_time": "12:00"}},
        "to_date": {"to_date": {"type": "datepicker", "selected_date": "2030-01-02"}},
        "to_time": {"to_time": {"type": "timepicker", "selected_time": "12:00"}},
        "note": {"note": {"type": "plain_text_input", "value": None}},
    }
    deny = {"reason": {"reason": {"type": "plain_text_input", "value": "because"}}}
    pressed = {"block_id": "b", "type": "button", "text": {"type": "plain_text", "text": "x"}, "action_ts": "1.1"}
    actions = {
        f"pressed {name}": {
            **common,
            **place,
            "type": "block_actions",
            "actions": [{**pressed, "action_id": name, "value": "01UNKNOWN"}],
        }
        for name in (
            "approve",
            "amend",
            "deny",
            "replace",
            "another",
            "break_glass",
            "reviewed",
            "opened",
            "deleted",
            "withdraw",
            "withdraw_series",
            "guest_is_here",
            "change",
            "change_yes",
            "change_no",
            "late_yes",
            "late_no",
            "reveal",
            "number",
            "send_to_guest",
            "have_it",
            "whose_text",
            "add_contact",
            "contact_link",
            "move_stays",
            "online_make",
            "online_change",
            "online_delete",
            "open_link",
            "lock",
            "kind",
            "take.0",
            "home_refresh",
            "home_add_contact",
            "home_ask",
            "home_approve",
            "home_deny",
            "unknown_action",
        )
    }
    views = {
        f"{kind} {name}": {**common, "type": kind, "view": view_of(name, values), "response_urls": []}
        for kind in ("view_submission", "view_closed")
        for name, values in (("ask", ask), ("amend", ask), ("deny", deny), ("unknown_view", {}))
    }
    events = {
        f"the event {event['type']}": {
            "type": "event_callback",
            "token": "t",
            "team_id": "T_HOUSE",
            "api_app_id": "A0NIGHTPORTER",
            "event": event,
            "event_id": "Ev1",
            "event_time": 1765000000,
            "authorizations": [{"team_id": "T_HOUSE", "user_id": "U_BOT", "is_bot": True}],
        }
        for event in (
            {"type": "app_home_opened", "user": PERSON, "tab": "home", "channel": "D1", "event_ts": "1.1"},
            {"type": "message", "channel_type": "im", "user": PERSON, "text": "hi", "channel": "D1", "ts": "1.1"},
            {"type": "app_uninstalled"},
            {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U_BOT"]}},
            {"type": "subteam_members_changed", "subteam_id": "S_APPROVERS"},
            {"type": "link_shared", "links": []},
        )
    }
    changed = {
        f"changed {name} in {form}": {
            **common,
            "type": "block_actions",
            "container": {"type": "view", "view_id": "V1"},
            "view": view_of(form, ask),
            "actions": [{**pressed, "action_id": name, "value": "stay|x/y"}],
        }
        for form, name in (
            ("ask", "lock"),
            ("ask", "from_date"),
            ("ask", "take.0"),
            ("amend", "from_date"),
            ("amend", "take.0"),
        )
    }
    others = {
        "our shortcut": {**common, "type": "shortcut", "callback_id": "ask_for_pin", "action_ts": "1.1"},
        "our message shortcut": {
            **common,
            **place,
            "type": "message_action",
            "callback_id": "pin_from_message",
            "message_ts": "1.1",
        },
        "shortcut": {**common, "type": "shortcut", "callback_id": "ask", "action_ts": "1.1"},
        "message_action": {**common, **place, "type": "message_action", "callback_id": "ask", "message_ts": "1.1"},
        "block_suggestion": {**common, **place, "type": "block_suggestion", "action_id": "lock", "value": "fr"},
        "interactive_message": {**common, "type": "interactive_message", "callback_id": "c", "actions": []},
        "dialog_submission": {**common, "type": "dialog_submission", "callback_id": "c", "submission": {}},
        "workflow_step_edit": {**common, "type": "workflow_step_edit", "callback_id": "c"},
        "function_executed": {**common, "type": "function_executed", "function": {}},
        "url_verification": {"type": "url_verification", "token": "t", "challenge": "c"},
    }
    return {**actions, **changed, **views, **events, **others}


def view_of(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"V{uuid.uuid4().hex}",
        "type": "modal",
        "callback_id": name,
        "private_metadata": "01UNKNOWN|0|0" if name == "amend" else "01UNKNOWN",
        "hash": "1.h",
        "title": {"type": "plain_text", "text": "t"},
        "blocks": [],
        "state": {"values": dict(values)},
        "team_id": "T_HOUSE",
        "app_id": "A0NIGHTPORTER",
    }
