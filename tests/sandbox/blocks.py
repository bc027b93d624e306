"""Small well-formed pieces of Block Kit, for tests to put together or to break."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "v") -> Json:
    return {"text": plain(value), "value": value}


def button(action_id: str = "go", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def ask(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Label"), "element": {"action_id": "a", **element}, **more}


def section(text: str = "Words", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


CONFIRM = {"title": plain("Sure?"), "text": mrkdwn("It opens."), "confirm": plain("Yes"), "deny": plain("No")}
MODAL: Json = {
    "type": "modal",
    "callback_id": "ask",
    "title": plain("Ask for a PIN"),
    "submit": plain("Ask"),
    "blocks": [ask({"type": "plain_text_input"})],
}
