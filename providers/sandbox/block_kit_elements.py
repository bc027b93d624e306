"""Which fields each block and element has, and the checks of elements: buttons, menus, pickers, text inputs.

Source: docs.slack.dev/reference/block-kit/block-elements and the official type package (@slack/types 3.2).
An `action_id` must be unique within its block. Blocks themselves are checked in `block_kit`.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from providers.sandbox.block_kit_problems import Problems

Fields = tuple[frozenset[str], frozenset[str]]  # required, optional


def _fields(required: str, optional: str = "") -> Fields:
    return frozenset(required.split()), frozenset(optional.split())


VIEW_FIELDS: dict[str, Fields] = {
    "modal": _fields(
        "title blocks",
        "submit close callback_id external_id private_metadata clear_on_close notify_on_close submit_disabled",
    ),
    "home": _fields("blocks", "callback_id external_id private_metadata"),
}
BLOCK_FIELDS: dict[str, Fields] = {
    "section": _fields("", "text fields accessory expand"),
    "header": _fields("text"),
    "divider": _fields(""),
    "context": _fields("elements"),
    "actions": _fields("elements"),
    "input": _fields("label element", "hint optional dispatch_action"),
    "image": _fields("alt_text", "image_url slack_file title"),
    "markdown": _fields("text"),
    "rich_text": _fields("elements"),
}
RICH_TEXT = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")

_ASK = "action_id confirm focus_on_load placeholder"
_WRITE = "action_id focus_on_load placeholder initial_value dispatch_action_config"
_PICK = f"{_ASK} options option_groups"
ELEMENT_FIELDS: dict[str, Fields] = {
    "button": _fields("text", "action_id url value style confirm accessibility_label"),
    "image": _fields("alt_text", "image_url slack_file"),
    "overflow": _fields("options", "action_id confirm"),
    "static_select": _fields("", f"{_PICK} initial_option"),
    "multi_static_select": _fields("", f"{_PICK} initial_options max_selected_items"),
    "external_select": _fields("", f"{_ASK} initial_option min_query_length"),
    "multi_external_select": _fields("", f"{_ASK} initial_options min_query_length max_selected_items"),
    "users_select": _fields("", f"{_ASK} initial_user"),
    "multi_users_select": _fields("", f"{_ASK} initial_users max_selected_items"),
    "conversations_select": _fields("", f"{_ASK} initial_conversation default_to_current_conversation filter"),
    "channels_select": _fields("", f"{_ASK} initial_channel response_url_enabled"),
    "datepicker": _fields("", f"{_ASK} initial_date"),
    "timepicker": _fields("", f"{_ASK} initial_time timezone"),
    "datetimepicker": _fields("", "action_id confirm focus_on_load initial_date_time"),
    "checkboxes": _fields("options", "action_id confirm focus_on_load initial_options"),
    "radio_buttons": _fields("options", "action_id confirm focus_on_load initial_option"),
    "plain_text_input": _fields("", f"{_WRITE} multiline min_length max_length"),
    "email_text_input": _fields("", _WRITE),
    "url_text_input": _fields("", _WRITE),
    "number_input": _fields("is_decimal_allowed", f"{_WRITE} min_value max_value"),
}

_MENUS = {name for name in ELEMENT_FIELDS if name.endswith("_select")}
_SINGLE_MENUS = {name for name in _MENUS if not name.startswith("multi_")}
_PICKERS = {"datepicker", "timepicker", "checkboxes", "radio_buttons"}
_TEXT_INPUTS = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
ACCESSORIES = {"button", "image", "overflow"} | _MENUS | _PICKERS
IN_ACTIONS = {"button", "overflow", "datetimepicker"} | _SINGLE_MENUS | _PICKERS
IN_INPUT = {"datetimepicker"} | _MENUS | _PICKERS | _TEXT_INPUTS
IN_CONTEXT = {"image"}

MOST_OPTIONS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}
SHAPES = {"initial_date": r"\d{4}-\d{2}-\d{2}", "initial_time": r"([01]\d|2[0-3]):[0-5]\d"}


@dataclass
class Elements:
    """The elements of one block."""

    problems: Problems
    action_ids: set[str] = field(default_factory=set)

    def one(self, at: str, element: object, allowed: Collection[str]) -> None:
        if not isinstance(element, dict):
            self.problems.add(at, "type_mismatch", "must be an object")
            return
        kind = element.get("type")
        if not isinstance(kind, str) or kind not in allowed:
            self.problems.add(f"{at}/type", "enum", f"unsupported type: {kind!r}")
            return
        required, optional = ELEMENT_FIELDS[kind]
        if self.problems.fields(at, element, required, {*optional, "type"}):
            self._common(at, element)
            self._own(at, element, kind)

    def _common(self, at: str, element: dict[str, Any]) -> None:
        self.problems.string(at, element, "action_id", 255)
        action_id = element.get("action_id")
        if isinstance(action_id, str):
            if action_id in self.action_ids:
                self.problems.add(f"{at}/action_id", "unique", f"`action_id` {action_id} already exists")
            self.action_ids.add(action_id)
        if "placeholder" in element:
            self.problems.text(f"{at}/placeholder", element["placeholder"], 150, ("plain_text",))
        if "confirm" in element:
            self._confirm(f"{at}/confirm", element["confirm"])
        self.problems.boolean(at, element, "focus_on_load")

    def _own(self, at: str, element: dict[str, Any], kind: str) -> None:
        if kind == "button":
            self._button(at, element)
        elif kind == "image":
            self.problems.image(at, element)
        elif kind.endswith("_input"):
            self._written(at, element)
        elif "options" in element or "option_groups" in element or kind in MOST_OPTIONS or "static" in kind:
            self._choices(at, element, kind)
        else:
            self._picked(at, element)

    def _button(self, at: str, element: dict[str, Any]) -> None:
        self.problems.text(f"{at}/text", element["text"], 75, ("plain_text",))
        for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
            self.problems.string(at, element, name, most)
        if element.get("style", "primary") not in ("primary", "danger"):
            self.problems.add(f"{at}/style", "enum", "must be one of: primary, danger")

    def _confirm(self, at: str, confirm: object) -> None:
        if not isinstance(confirm, dict):
            self.problems.add(at, "type_mismatch", "must be an object")
            return
        if self.problems.fields(at, confirm, ("title", "text", "confirm", "deny"), ("style",)):
            self.problems.text(f"{at}/text", confirm["text"], 300)
            for name, most in (("title", 100), ("confirm", 30), ("deny", 30)):
                self.problems.text(f"{at}/{name}", confirm[name], most, ("plain_text",))
        if confirm.get("style", "primary") not in ("primary", "danger"):
            self.problems.add(f"{at}/style", "enum", "must be one of: primary, danger")

    def _written(self, at: str, element: dict[str, Any]) -> None:
        self.problems.string(at, element, "initial_value", 3000, least=0)
        self.problems.boolean(at, element, "multiline")
        self.problems.boolean(at, element, "is_decimal_allowed")
        self.problems.whole(at, element, "min_length", 0, 3000)
        if "max_length" in element:
            self.problems.whole(at, element, "max_length", 1, 3000)

    def _picked(self, at: str, element: dict[str, Any]) -> None:
        for name, shape in SHAPES.items():
            value = element.get(name)
            if name in element and not (isinstance(value, str) and re.fullmatch(shape, value)):
                self.problems.add(f"{at}/{name}", "format", f"must look like {shape}")
        if "initial_date_time" in element:
            self.problems.whole(at, element, "initial_date_time", 1_000_000_000, 9_999_999_999)
        self.problems.whole(at, element, "min_query_length", 0, 3000)
        if "initial_option" in element:
            self._option(f"{at}/initial_option", element["initial_option"], ("plain_text",))

    def _choices(self, at: str, element: dict[str, Any], kind: str) -> None:
        menu = kind not in MOST_OPTIONS
        if menu and ("options" in element) == ("option_groups" in element):
            self.problems.add(at, "required", "must have exactly one of `options` and `option_groups`")
        texts = ("plain_text",) if menu or kind == "overflow" else ("plain_text", "mrkdwn")
        offered = self._options(at, element, MOST_OPTIONS.get(kind, 100), texts)
        for where, group in self.problems.items(at, element, "option_groups", 100):
            if isinstance(group, dict) and self.problems.fields(where, group, ("label", "options"), ()):
                self.problems.text(f"{where}/label", group["label"], 75, ("plain_text",))
                offered += self._options(where, group, 100, texts)
        chosen = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
        if not isinstance(chosen, list) or any(option not in offered for option in chosen):
            self.problems.add(at, "enum", "initial option must exactly match one of the options")

    def _options(self, at: str, given: dict[str, Any], most: int, texts: Collection[str]) -> list[Any]:
        options = list(self.problems.items(at, given, "options", most))
        for where, option in options:
            self._option(where, option, texts)
        return [option for _, option in options]

    def _option(self, at: str, option: object, texts: Collection[str]) -> None:
        if not isinstance(option, dict):
            self.problems.add(at, "type_mismatch", "must be an object")
            return
        if self.problems.fields(at, option, ("text", "value"), ("description", "url")):
            self.problems.text(f"{at}/text", option["text"], 75, texts)
            self.problems.string(at, option, "value", 150)
        if "description" in option:
            self.problems.text(f"{at}/description", option["description"], 75, texts)
