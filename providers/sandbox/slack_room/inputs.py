"""From what a person types or picks to Slack's `state.values` and `actions`.

Shapes: docs.slack.dev/reference/interaction-payloads (view_submission, block_actions). Knows elements, not surfaces.
"""

import re
from collections.abc import Iterator
from typing import Any

from providers.sandbox.asked import Unfit
from providers.sandbox.slack_room.people_and_places import HUMANS, Json

Typed = dict[tuple[str, str], Json]

_SLOTS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_SHAPES = {"datepicker": (r"\d{4}-\d\d-\d\d", "YYYY-MM-DD"), "timepicker": (r"([01]\d|2[0-3]):[0-5]\d", "HH:MM")}
_STATELESS = ("button", "overflow", "image")


def elements_of(block: Json) -> list[Json]:
    """Everything in a block that can be clicked, picked or typed into."""
    if block["type"] == "actions":
        elements: list[Json] = block["elements"]
        return elements
    return [block[slot] for slot in ("accessory", "element") if slot in block and block[slot]["type"] != "image"]


def all_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        yield from ((block, element) for element in elements_of(block))


def input_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Those that have a state."""
    return ((block, element) for block, element in all_elements(blocks) if element["type"] not in _STATELESS)


def state_values(blocks: list[Json], typed: Typed) -> Json:
    """Slack's `state.values`: what was typed or picked, otherwise what the app had filled in."""
    values: Json = {}
    for block, element in input_elements(blocks):
        key = (block["block_id"], element["action_id"])
        values.setdefault(key[0], {})[key[1]] = typed.get(key) or _initial(element)
    return values


def _initial(element: Json) -> Json:
    slot, initial = _SLOTS[element["type"]]
    blank: Any = [] if slot.endswith("s") else None
    return {"type": element["type"], slot: element.get(initial, blank)}


def find_element(blocks: list[Json], name: str, block_id: str | None = None) -> tuple[Json, Json] | None:
    """By action_id, otherwise by the block_id of a block with one element."""
    elements = [pair for pair in all_elements(blocks) if block_id in (None, pair[0]["block_id"])]
    by_action = [pair for pair in elements if pair[1]["action_id"] == name]
    by_block = [pair for pair in elements if pair[0]["block_id"] == name]
    return next(iter(by_action or by_block), None)


def find_button(blocks: list[Json], action_id: str, value: object, block_id: str | None) -> tuple[Json, Json] | None:
    """Where several buttons share an action_id, the one with this value; otherwise as find_element."""
    for block, element in all_elements(blocks):
        if element["type"] == "button" and element["action_id"] == action_id and element.get("value") == value:
            return block, element
    return find_element(blocks, action_id, block_id)


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    options: list[Json] = [*element.get("options", []), *(option for group in groups for option in group["options"])]
    return options


def typed_state(element: Json, value: object, offered: list[Json]) -> Json:
    """One entry of `state.values` for a value given in plain words; None clears. Raises Unfit."""
    slot = _SLOTS[element["type"]][0]
    if value is None:
        return {"type": element["type"], slot: [] if slot.endswith("s") else None}
    return {"type": element["type"], slot: _converted(element, slot, value, offered)}


def _converted(element: Json, slot: str, value: object, offered: list[Json]) -> object:
    if slot == "selected_option":
        return _option(value, offered)
    if slot in ("selected_options", "selected_users"):
        given = value if isinstance(value, list) else [value]
        return [_option(one, offered) if slot == "selected_options" else _person(one) for one in given]
    if slot == "selected_user":
        return _person(value)
    if slot == "selected_date_time":
        if isinstance(value, bool) or not isinstance(value, int) or not 10**9 <= value < 10**10:
            raise Unfit("A datetimepicker takes whole seconds since 1970, ten digits.")
        return value
    return _written(element, value)


def _option(value: object, offered: list[Json]) -> Json:
    for option in offered:
        if value in (option["value"], option["text"]["text"]) or value == option:
            return option
    raise Unfit(f"There is no option {str(value)[:80]!r}.")


def _person(value: object) -> str:
    if value not in HUMANS:
        raise Unfit(f"There is nobody called {str(value)[:80]!r}.")
    return str(value)


def _written(element: Json, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unfit(f"{element['type']} takes a text.")
    text = str(value)
    shape, words = _SHAPES.get(element["type"], (r"[\s\S]*", ""))
    if not re.fullmatch(shape, text):
        raise Unfit(f"A {element['type']} takes {words}.")
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not (least <= len(text) <= most):
        raise Unfit(f"This field takes {least} to {most} characters.")
    return text


def missing_answers(blocks: list[Json], values: Json) -> dict[str, str]:
    """Slack's client does not submit a form with an empty required field; block_id → its words."""
    empty = {}
    for block, element in input_elements(blocks):
        if block["type"] == "input" and not block.get("optional", False):
            state = values[block["block_id"]][element["action_id"]]
            if state[_SLOTS[element["type"]][0]] in (None, "", []):
                empty[block["block_id"]] = "Please complete this required field."
    return empty


def action_of(block: Json, element: Json, state: Json | None, action_ts: str) -> Json:
    """One entry of a block_actions payload's `actions`."""
    action: Json = {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": action_ts}
    if element["type"] != "button":
        return {**action, **(state or {})}
    return action | {name: element[name] for name in ("type", "text", "value", "style", "url") if name in element}
