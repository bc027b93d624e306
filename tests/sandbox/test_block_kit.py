"""The offline checker knows Slack's limits: what is at the limit passes, what is beyond it says where and why."""

import copy
from typing import Any

import pytest

from providers.sandbox.block_kit import check_blocks, check_view
from tests.sandbox.blocks import CONFIRM, MODAL, Json, actions, ask, button, mrkdwn, option, plain, section

GOOD_BLOCKS = {
    "section at its limit": section("x" * 3000),
    "ten fields": {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10},
    "section with a button": section(accessory=button(confirm=CONFIRM, style="danger", value="v" * 2000)),
    "section with a picture": section(accessory={"type": "image", "image_url": "http://127.0.0.1/a", "alt_text": "a"}),
    "section with a menu": section(accessory={"type": "static_select", "options": [option()], "action_id": "m"}),
    "header": {"type": "header", "text": plain("x" * 150)},
    "divider": {"type": "divider", "block_id": "line"},
    "context": {"type": "context", "elements": [mrkdwn("x")] * 10},
    "25 buttons": actions(*(button(f"b{number}") for number in range(25))),
    "same action id in two blocks": section(accessory=button("show")),
    "overflow": actions({"type": "overflow", "options": [option(str(n)) for n in range(5)], "action_id": "o"}),
    "dispatching input": ask({"type": "plain_text_input", "multiline": True, "max_length": 3000}, dispatch_action=True),
    "number": ask({"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}),
    "external menu": ask({"type": "external_select", "min_query_length": 0, "initial_option": option()}),
    "date": ask({"type": "datepicker", "initial_date": "2026-12-04"}),
    "time": ask({"type": "timepicker", "initial_time": "15:00", "timezone": "Europe/Paris"}),
    "moment": ask({"type": "datetimepicker", "initial_date_time": 1_764_000_000}),
    "checkboxes": ask({"type": "checkboxes", "options": [{"text": mrkdwn("a"), "value": "a"}]}, optional=True),
    "option groups": ask(
        {
            "type": "static_select",
            "option_groups": [{"label": plain("g"), "options": [option()]}],
            "initial_option": option(),
        }
    ),
    "rich text": {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
    "markdown": {"type": "markdown", "text": "# Words"},
    "image": {"type": "image", "image_url": "http://127.0.0.1/a", "alt_text": "a", "title": plain("t")},
}

BAD_BLOCKS: dict[str, tuple[Any, str, str]] = {
    "not an object": ("words", "/blocks/0", "must be an object"),
    "unknown type": ({"type": "sektion"}, "/blocks/0/type", "unsupported type: 'sektion'"),
    "type is a list": ({"type": []}, "/blocks/0/type", "unsupported type: []"),
    "long section": (section("x" * 3001), "/blocks/0/text/text", "must be less than 3001 characters"),
    "empty section text": (section(""), "/blocks/0/text/text", "must be more than 0 characters"),
    "empty section": ({"type": "section"}, "/blocks/0", "must have `text` or `fields`"),
    "eleven fields": ({"type": "section", "fields": [mrkdwn("x")] * 11}, "/blocks/0/fields", "no more than 10 items"),
    "no fields": ({"type": "section", "fields": []}, "/blocks/0/fields", "no fewer than 1 items"),
    "long field": ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "/blocks/0/fields/0/text", "2001"),
    "text is a string": ({"type": "section", "text": "words"}, "/blocks/0/text", "must be a text object"),
    "text of no kind": (section() | {"text": {"type": "html", "text": "a"}}, "/blocks/0/text/type", "must be one of"),
    "emoji in mrkdwn": (section() | {"text": mrkdwn("a") | {"emoji": True}}, "/blocks/0/text", "additional property"),
    "unknown field": (section(colour="red"), "/blocks/0", "invalid additional property: colour"),
    "mrkdwn header": ({"type": "header", "text": mrkdwn("a")}, "/blocks/0/text/type", "must be one of: plain_text"),
    "long header": ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text", "151"),
    "header without text": ({"type": "header"}, "/blocks/0", "missing required field: text"),
    "eleven in context": ({"type": "context", "elements": [mrkdwn("x")] * 11}, "/blocks/0/elements", "no more than 10"),
    "button in context": ({"type": "context", "elements": [button()]}, "/blocks/0/elements/0/type", "unsupported"),
    "no actions": (actions(), "/blocks/0/elements", "no fewer than 1"),
    "26 actions": (actions(*(button(f"b{n}") for n in range(26))), "/blocks/0/elements", "no more than 25"),
    "same action id twice": (actions(button(), button()), "/blocks/0/elements/1/action_id", "already exists"),
    "button in mrkdwn": (actions(button() | {"text": mrkdwn("a")}), "/blocks/0/elements/0/text/type", "plain_text"),
    "long button": (actions(button() | {"text": plain("x" * 76)}), "/blocks/0/elements/0/text/text", "76"),
    "long value": (actions(button(value="v" * 2001)), "/blocks/0/elements/0/value", "2001"),
    "value is a number": (actions(button(value=7)), "/blocks/0/elements/0/value", "must be a string"),
    "loud button": (actions(button(style="loud")), "/blocks/0/elements/0/style", "primary, danger"),
    "half a confirm": (
        actions(button(confirm={"title": plain("a")})),
        "/blocks/0/elements/0/confirm",
        "required field",
    ),
    "text input in actions": (actions({"type": "plain_text_input"}), "/blocks/0/elements/0/type", "unsupported"),
    "moment beside a section": (
        section(accessory={"type": "datetimepicker"}),
        "/blocks/0/accessory/type",
        "unsupported",
    ),
    "six in overflow": (
        actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]}),
        "/blocks/0/elements/0/options",
        "no more than 5",
    ),
    "menu without options": (actions({"type": "static_select"}), "/blocks/0/elements/0", "exactly one of"),
    "101 options": (
        actions({"type": "static_select", "options": [option(str(n)) for n in range(101)]}),
        "/blocks/0/elements/0/options",
        "no more than 100",
    ),
    "long option": (
        actions({"type": "static_select", "options": [{"text": plain("x" * 76), "value": "v" * 151}]}),
        "/blocks/0/elements/0/options/0/value",
        "151",
    ),
    "foreign initial option": (
        ask({"type": "static_select", "options": [option("a")], "initial_option": option("b")}),
        "/blocks/0/element",
        "must exactly match",
    ),
    "button in an input": (ask(button()), "/blocks/0/element/type", "unsupported"),
    "input without a label": ({"type": "input", "element": {"type": "datepicker"}}, "/blocks/0", "field: label"),
    "strange date": (
        ask({"type": "datepicker", "initial_date": "4.12.26"}),
        "/blocks/0/element/initial_date",
        "look like",
    ),
    "strange time": (
        ask({"type": "timepicker", "initial_time": "25:00"}),
        "/blocks/0/element/initial_time",
        "look like",
    ),
    "milliseconds": (
        ask({"type": "datetimepicker", "initial_date_time": 1_764_000_000_000}),
        "/blocks/0/element/initial_date_time",
        "whole number",
    ),
    "long input": (ask({"type": "plain_text_input", "max_length": 3001}), "/blocks/0/element/max_length", "3000"),
    "picture without words": ({"type": "image", "image_url": "http://127.0.0.1/a"}, "/blocks/0", "field: alt_text"),
    "picture without source": ({"type": "image", "alt_text": "a"}, "/blocks/0", "exactly one of"),
    "long block id": (section(block_id="b" * 256), "/blocks/0/block_id", "256"),
    "rich text of no kind": ({"type": "rich_text", "elements": [{}]}, "/blocks/0/elements/0", "must be one of"),
}

BAD_VIEWS: dict[str, tuple[Json, str, str]] = {
    "no title": ({"title": None}, "/view", "missing required field: title"),
    "long title": ({"title": plain("x" * 25)}, "/view/title/text", "25"),
    "long submit": ({"submit": plain("x" * 25)}, "/view/submit/text", "25"),
    "long close": ({"close": plain("x" * 25)}, "/view/close/text", "25"),
    "input without submit": ({"submit": None}, "/view/submit", "when the view has an input block"),
    "long metadata": ({"private_metadata": "x" * 3001}, "/view/private_metadata", "3001"),
    "metadata is an object": ({"private_metadata": {"id": 1}}, "/view/private_metadata", "must be a string"),
    "101 blocks": ({"blocks": [{"type": "divider"}] * 101}, "/view/blocks", "no more than 100"),
    "markdown in a modal": ({"blocks": [{"type": "markdown", "text": "a"}]}, "/view/blocks/0/type", "unsupported"),
    "unknown field": ({"footer": plain("a")}, "/view", "additional property: footer"),
    "home with a title": ({"type": "home"}, "/view", "additional property: title"),
    "of no kind": ({"type": "window"}, "/view/type", "must be one of: modal, home"),
    "blocks is text": ({"blocks": "none"}, "/view/blocks", "must be an array"),
}


@pytest.mark.parametrize("block", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS.keys())
def test_what_slack_takes_passes(block: Json) -> None:
    assert check_blocks([block]) == []


@pytest.mark.parametrize(("block", "pointer", "words"), BAD_BLOCKS.values(), ids=BAD_BLOCKS.keys())
def test_what_slack_refuses_is_found_where_it_stands(block: Any, pointer: str, words: str) -> None:
    lines = [problem.line() for problem in check_blocks([block])]
    assert any(pointer in line and words in line for line in lines), lines


@pytest.mark.parametrize(("change", "pointer", "words"), BAD_VIEWS.values(), ids=BAD_VIEWS.keys())
def test_views(change: Json, pointer: str, words: str) -> None:
    view = {name: value for name, value in (copy.deepcopy(MODAL) | change).items() if value is not None}
    lines = [problem.line() for problem in check_view(view)]
    assert any(f"[json-pointer:{pointer}]" in line and words in line for line in lines), lines


def test_a_good_modal_and_home_pass() -> None:
    assert check_view(MODAL) == []
    assert check_view({"type": "home", "blocks": [section()]}) == []


def test_a_message_holds_fifty_blocks_and_a_view_a_hundred() -> None:
    assert check_blocks([{"type": "divider"}] * 50) == []
    assert check_blocks([{"type": "divider"}] * 51)
    assert check_blocks([{"type": "divider"}] * 100, "modal") == []


def test_block_ids_are_unique() -> None:
    found = check_blocks([section(block_id="a"), section(block_id="a")])
    assert [problem.pointer for problem in found] == ["/blocks/1/block_id"]


@pytest.mark.parametrize("garbage", [None, 7, "blocks", {}, [None], [[]], [{"type": {}}]])
def test_garbage_is_refused_and_never_raises(garbage: Any) -> None:
    assert check_blocks(garbage)
    assert check_view(garbage)
    assert check_view({**MODAL, "blocks": garbage})
