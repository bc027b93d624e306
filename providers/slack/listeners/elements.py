"""Small pieces of Block Kit that forms and the Home tab are made of, each within Slack's limits. No meaning here."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.signs import calling_nobody, is_seen, one_line, unturned
from providers.slack.blocks import mrkdwn

Block = dict[str, Any]

TEXT, LABEL, BUTTON, OPTION, FIELD, CONTEXT = 3000, 2000, 75, 75, 2000, 3000


def cut(words: str, limit: int) -> str:
    """Without signs that steer a line or turn it."""
    words = unturned(words)
    return words if len(words) <= limit else words[: limit - 1] + "…"


def plain(words: str, limit: int = 150) -> Block:
    return {"type": "plain_text", "text": cut(words, limit) or "–", "emoji": False}


def rich(words: str, limit: int = TEXT) -> Block:
    """`words` as mrkdwn; what people typed is escaped."""
    return {"type": "mrkdwn", "text": mrkdwn(words, limit) or "–"}


def section(words: str, block_id: str = "") -> Block:
    """A paragraph of words that may hold marks of ours."""
    return named({"type": "section", "text": rich(words)}, block_id)


def fields(pairs: Sequence[tuple[str, str]], block_id: str = "") -> Block:
    drawn = [rich(f"*{label}*\n{value or '–'}", FIELD) for label, value in pairs[:10]]
    return named({"type": "section", "fields": drawn}, block_id)


def context(lines: Sequence[str], block_id: str = "") -> Block:
    return named({"type": "context", "elements": [rich(line, CONTEXT) for line in lines[:10]]}, block_id)


def header(words: str) -> Block:
    return {"type": "header", "text": plain(words)}


def button(action_id: str, label: str, value: str = "", style: str = "") -> Block:
    drawn: Block = {"type": "button", "action_id": action_id, "text": plain(label, BUTTON)}
    drawn |= {"value": value} if value else {}
    return drawn | ({"style": style} if style else {})


def actions(buttons: Sequence[Block], block_id: str = "") -> Block:
    return named({"type": "actions", "elements": list(buttons)}, block_id)


def option(words: str, value: str, more: str = "") -> Block:
    drawn: Block = {"text": plain(words, OPTION), "value": value}
    return drawn | ({"description": plain(more, OPTION)} if more else {})


def ask_for(block_id: str, label: str, element: Block, *, optional: bool = False, tells: bool = False) -> Block:
    """An input; with `tells` each change is told to us before the form is submitted."""
    drawn: Block = {"type": "input", "block_id": block_id, "label": plain(label, LABEL), "element": element}
    return drawn | {"optional": optional} | ({"dispatch_action": True} if tells else {})


def text_input(action_id: str, initial: str | None, placeholder: str = "") -> Block:
    element: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": 500}
    element |= {"placeholder": plain(placeholder)} if placeholder else {}
    return element | ({"initial_value": initial[:500]} if initial else {})


def named(block: Block, block_id: str) -> Block:
    return block | ({"block_id": block_id} if block_id else {})


def states_of(view: Mapping[str, Any], of_lines: str = "") -> dict[str, Mapping[str, Any]]:
    """Everything that was typed or picked in a view, by action_id: in one line, but for `of_lines`. Raises KeyError or
    TypeError for what is no view."""
    found: dict[str, Mapping[str, Any]] = {}
    values = view["state"]["values"]
    if not isinstance(values, Mapping):
        raise TypeError("values are a mapping")
    for block in values.values():
        if not isinstance(block, Mapping):
            raise TypeError("a block's states are a mapping")
        found |= block
    if not all(isinstance(state, Mapping) for state in found.values()):
        raise TypeError("a state is a mapping")
    return {name: _typed(state, one=name != of_lines) for name, state in found.items()}


def _typed(state: Mapping[str, Any], *, one: bool) -> Mapping[str, Any]:
    words = state.get("value")
    if not isinstance(words, str):
        return state
    kept = one_line(words) if one else calling_nobody(unturned(words))
    # Whoever types only signs that nobody sees has typed nothing.
    return {**state, "value": kept if is_seen(kept) else ""}
