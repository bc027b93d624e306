"""The list of a lock's online PINs, and the forms to set one and to change its digits. Pure functions over Slack's
views."""

from collections.abc import Mapping
from typing import Any

from bot.conversation.team import online_words as words
from bot.domain.locks.lock import Lock
from bot.domain.locks.online_pins import OnlinePin, OnlineStatus
from bot.workflows.online_pin import Held
from providers.slack.listeners.elements import actions, button, context, plain, section, states_of, text_input

MAKE, CHANGE, DELETE = "online_make", "online_change", "online_delete"
MADE, CHANGED = "online_made", "online_changed"
WHO, DIGITS, WHEN = "online_who", "online_digits", "online_when"
MOST = 30
"""Slack shows a hundred blocks, and each PIN takes two."""

_TITLE = 24


def list_view(held: Held, note: str = "") -> dict[str, Any]:
    """`note`: what has just begun."""
    blocks = [section(words.about(held.lock), "about"), *([section(note, "note")] if note else [])]
    for pin in held.pins[:MOST]:
        blocks += _listed(pin, held.lock)
    if not held.pins:
        blocks.append(section(words.NONE_YET, "none"))
    elif len(held.pins) > MOST:
        blocks.append(context([f"… and {len(held.pins) - MOST} more"], "more"))
    blocks.append(actions([button(MAKE, words.MAKE, held.lock.id, "primary")], "make"))
    return {
        "type": "modal",
        "callback_id": "online_pins",
        "title": plain(words.TITLE, _TITLE),
        "close": plain("Close", _TITLE),
        "blocks": blocks,
    }


def _listed(pin: OnlinePin, lock: Lock) -> list[dict[str, Any]]:
    said = section(words.line(pin, lock), f"pin.{pin.id}")
    if pin.status is OnlineStatus.ERASING:
        return [said]
    change = [button(CHANGE, words.CHANGE, pin.id)] if pin.status is OnlineStatus.LIVE else []
    return [said, actions([*change, _delete(pin)], f"deeds.{pin.id}")]


def _delete(pin: OnlinePin) -> dict[str, Any]:
    confirm = {
        "title": plain(words.DELETE, 100),
        "text": plain(words.confirm_deletion(pin), 300),
        "confirm": plain(words.DELETE, 30),
        "deny": plain("Go back", 30),
        "style": "danger",
    }
    return {**button(DELETE, words.DELETE, pin.id, "danger"), "confirm": confirm}


def make_view(held: Held) -> dict[str, Any]:
    who = {"type": "plain_text_input", "action_id": WHO, "max_length": words.LONGEST_NAME}
    blocks = [
        _ask(WHO, words.WHO, who, words.WHO_HINT),
        _ask(DIGITS, words.DIGITS, _digits(held.suggested), words.DIGITS_HINT),
        _ask(WHEN, words.WHEN, text_input(WHEN, None), words.WHEN_HINT) | {"optional": True},
    ]
    return _form(MADE, held.lock.id, words.NEW_TITLE, words.SET_IT, blocks)


def change_view(pin: OnlinePin, suggested: str) -> dict[str, Any]:
    blocks = [section(f"*{pin.name}*", "who"), _ask(DIGITS, words.DIGITS, _digits(suggested), words.DIGITS_HINT)]
    return _form(CHANGED, pin.id, words.CHANGE_TITLE, words.CHANGE_IT, blocks)


def read_typed(view: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields. Raises KeyError or TypeError for what is no view of ours."""
    states = states_of(view)
    return {name: " ".join(str(states.get(name, {}).get("value") or "").split())[:200] for name in (WHO, DIGITS, WHEN)}


def _digits(suggested: str) -> dict[str, Any]:
    element: dict[str, Any] = {"type": "plain_text_input", "action_id": DIGITS, "min_length": 4, "max_length": 12}
    return element | ({"initial_value": suggested} if suggested else {})


def _ask(block_id: str, label: str, element: dict[str, Any], hint: str) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, "hint": plain(hint)}


def _form(callback: str, about: str, title: str, submit: str, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": about,
        "title": plain(title, _TITLE),
        "submit": plain(submit, _TITLE),
        "close": plain("Back", _TITLE),
        "blocks": blocks,
    }
