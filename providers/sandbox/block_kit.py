"""Is this Block Kit? A strict offline checker of blocks, messages and views, as Slack's own servers check them.

Limits: docs.slack.dev/reference/block-kit (blocks, block elements, composition objects) and /reference/views. The
element tables stand in `block_kit_elements`. Rendering and state do not belong here.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from providers.sandbox.block_kit_elements import (
    ACCESSORIES,
    BLOCK_FIELDS,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_INPUT,
    RICH_TEXT,
    VIEW_FIELDS,
    Elements,
)
from providers.sandbox.block_kit_problems import BlockProblem, Problems

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}

__all__ = ["BlockProblem", "check_blocks", "check_view"]


def check_blocks(blocks: object, surface: Surface = "message") -> list[BlockProblem]:
    """Everything wrong with a list of blocks; empty if Slack would take it."""
    checker = _Blocks(Problems())
    checker.all("/blocks", blocks, surface)
    return checker.problems.found


def check_view(view: object) -> list[BlockProblem]:
    """Everything wrong with a modal or Home view; empty if Slack would take it."""
    problems = Problems()
    if not isinstance(view, dict):
        problems.add("/view", "type_mismatch", "must be an object")
        return problems.found
    kind = view.get("type")
    if kind not in ("modal", "home"):
        problems.add("/view/type", "enum", f"must be one of: modal, home (got {kind!r})")
        return problems.found
    required, optional = VIEW_FIELDS[kind]
    problems.fields("/view", view, required, {*optional, "type"})
    _check_view_words(problems, view)
    _Blocks(problems).all("/view/blocks", view.get("blocks", []), kind)
    if kind == "modal" and _has_input(view) and "submit" not in view:
        problems.add("/view/submit", "required", "must be present when the view has an input block")
    return problems.found


def _check_view_words(problems: Problems, view: dict[str, Any]) -> None:
    for name in ("title", "submit", "close"):
        if name in view:
            problems.text(f"/view/{name}", view[name], 24, ("plain_text",))
    for name in ("callback_id", "external_id"):
        problems.string("/view", view, name, 255, least=0)
    problems.string("/view", view, "private_metadata", 3000, least=0)
    for name in ("clear_on_close", "notify_on_close", "submit_disabled"):
        problems.boolean("/view", view, name)


def _has_input(view: dict[str, Any]) -> bool:
    blocks = view.get("blocks")
    return isinstance(blocks, list) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    )


@dataclass
class _Blocks:
    problems: Problems
    block_ids: set[str] = field(default_factory=set)

    def all(self, at: str, blocks: object, surface: Surface) -> None:
        if not isinstance(blocks, list):
            self.problems.add(at, "type_mismatch", "must be an array")
            return
        if len(blocks) > MOST_BLOCKS[surface]:
            self.problems.add(
                at, "max_items", f"no more than {MOST_BLOCKS[surface]} items allowed [{len(blocks)} given]"
            )
        for index, block in enumerate(blocks):
            self.one(f"{at}/{index}", block, surface)

    def one(self, at: str, block: object, surface: Surface) -> None:
        if not isinstance(block, dict):
            self.problems.add(at, "type_mismatch", "must be an object")
            return
        kind = block.get("type")
        if not isinstance(kind, str) or kind not in BLOCK_FIELDS or (kind == "markdown" and surface != "message"):
            self.problems.add(f"{at}/type", "enum", f"unsupported type: {kind!r}")
            return
        required, optional = BLOCK_FIELDS[kind]
        if self.problems.fields(at, block, required, {*optional, "type", "block_id"}):
            getattr(self, f"_{kind}")(at, block)
        self._block_id(at, block)

    def _block_id(self, at: str, block: dict[str, Any]) -> None:
        self.problems.string(at, block, "block_id", 255)
        block_id = block.get("block_id")
        if not isinstance(block_id, str):
            return
        if block_id in self.block_ids:
            self.problems.add(f"{at}/block_id", "unique", f"`block_id` {block_id} already exists")
        self.block_ids.add(block_id)

    def _divider(self, at: str, block: dict[str, Any]) -> None:
        """Nothing but its type."""

    def _section(self, at: str, block: dict[str, Any]) -> None:
        if "text" not in block and "fields" not in block:
            self.problems.add(at, "required", "must have `text` or `fields`")
        if "text" in block:
            self.problems.text(f"{at}/text", block["text"], 3000)
        for where, value in self.problems.items(at, block, "fields", 10):
            self.problems.text(where, value, 2000)
        self.problems.boolean(at, block, "expand")
        if "accessory" in block:
            Elements(self.problems).one(f"{at}/accessory", block["accessory"], ACCESSORIES)

    def _header(self, at: str, block: dict[str, Any]) -> None:
        self.problems.text(f"{at}/text", block["text"], 150, ("plain_text",))

    def _markdown(self, at: str, block: dict[str, Any]) -> None:
        self.problems.string(at, block, "text", 12_000)

    def _context(self, at: str, block: dict[str, Any]) -> None:
        elements = Elements(self.problems)
        for where, value in self.problems.items(at, block, "elements", 10):
            if isinstance(value, dict) and value.get("type") in ("mrkdwn", "plain_text"):
                self.problems.text(where, value, 3000)
            else:
                elements.one(where, value, IN_CONTEXT)

    def _actions(self, at: str, block: dict[str, Any]) -> None:
        elements = Elements(self.problems)
        for where, value in self.problems.items(at, block, "elements", 25):
            elements.one(where, value, IN_ACTIONS)

    def _input(self, at: str, block: dict[str, Any]) -> None:
        self.problems.text(f"{at}/label", block["label"], 2000, ("plain_text",))
        if "hint" in block:
            self.problems.text(f"{at}/hint", block["hint"], 2000, ("plain_text",))
        for name in ("optional", "dispatch_action"):
            self.problems.boolean(at, block, name)
        Elements(self.problems).one(f"{at}/element", block["element"], IN_INPUT)

    def _image(self, at: str, block: dict[str, Any]) -> None:
        self.problems.image(at, block)
        if "title" in block:
            self.problems.text(f"{at}/title", block["title"], 2000, ("plain_text",))

    def _rich_text(self, at: str, block: dict[str, Any]) -> None:
        for where, value in self.problems.items(at, block, "elements", 100):
            if not isinstance(value, dict) or value.get("type") not in RICH_TEXT:
                self.problems.add(where, "enum", f"must be one of: {', '.join(RICH_TEXT)}")
            elif not isinstance(value.get("elements"), list):
                self.problems.add(f"{where}/elements", "required", "missing required field: elements")
