"""What can be wrong with one value of Block Kit: missing or unknown fields, lengths, text objects. Never raises.

The words follow Slack's (`must be less than 3001 characters [json-pointer:/blocks/0/text/text]`): a log reads alike.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

TEXT_FIELDS = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}


@dataclass(frozen=True, slots=True)
class BlockProblem:
    pointer: str
    code: str
    message: str

    def line(self) -> str:
        """As in `response_metadata.messages` of chat.* and views.*."""
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"

    def as_error(self) -> dict[str, str]:
        """As in `errors` of blocks.validate."""
        return {"pointer": self.pointer, "code": self.code, "message": self.message}


@dataclass(slots=True)
class Problems:
    found: list[BlockProblem] = field(default_factory=list)

    def add(self, pointer: str, code: str, message: str) -> None:
        self.found.append(BlockProblem(pointer, code, message))

    def fields(self, at: str, given: dict[str, Any], required: Collection[str], allowed: Collection[str]) -> bool:
        """Whether nothing required is missing; unknown fields are noted as well."""
        for name in given:
            if name not in allowed and name not in required:
                self.add(at, "additional_property", f"invalid additional property: {name}")
        missing = [name for name in required if name not in given]
        for name in missing:
            self.add(at, "required", f"missing required field: {name}")
        return not missing

    def string(self, at: str, given: dict[str, Any], name: str, most: int, least: int = 1) -> None:
        """A text field of `given`, if it is there."""
        if name not in given:
            return
        value, pointer = given[name], f"{at}/{name}"
        if not isinstance(value, str):
            self.add(pointer, "type_mismatch", "must be a string")
        elif len(value) > most:
            self.add(pointer, "max_length", f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.add(pointer, "min_length", f"must be more than {least - 1} characters")

    def boolean(self, at: str, given: dict[str, Any], name: str) -> None:
        if not isinstance(given.get(name, False), bool):
            self.add(f"{at}/{name}", "type_mismatch", "must be a boolean")

    def whole(self, at: str, given: dict[str, Any], name: str, least: int, most: int) -> None:
        value = given.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.add(f"{at}/{name}", "range", f"must be a whole number from {least} to {most}")

    def text(self, at: str, value: object, most: int, kinds: Collection[str] = ("plain_text", "mrkdwn")) -> None:
        """A text object: plain_text or mrkdwn."""
        if not isinstance(value, dict):
            self.add(at, "type_mismatch", "must be a text object")
            return
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in kinds:
            self.add(f"{at}/type", "enum", f"must be one of: {', '.join(kinds)}")
            return
        if self.fields(at, value, ("type", "text"), TEXT_FIELDS[kind]):
            self.string(at, value, "text", most)
        for name in ("emoji", "verbatim"):
            self.boolean(at, value, name)

    def items(self, at: str, given: dict[str, Any], name: str, most: int, least: int = 1) -> Iterator[tuple[str, Any]]:
        """The (pointer, value) pairs of an array field, if it is there."""
        if name not in given:
            return
        value = given[name]
        if not isinstance(value, list):
            self.add(f"{at}/{name}", "type_mismatch", "must be an array")
            return
        if len(value) > most:
            self.add(f"{at}/{name}", "max_items", f"no more than {most} items allowed [{len(value)} given]")
        if len(value) < least:
            self.add(f"{at}/{name}", "min_items", f"no fewer than {least} items allowed [{len(value)} given]")
        for index, item in enumerate(value):
            yield f"{at}/{name}/{index}", item

    def image(self, at: str, given: dict[str, Any]) -> None:
        self.string(at, given, "alt_text", 2000)
        self.string(at, given, "image_url", 3000)
        if ("image_url" in given) == ("slack_file" in given):
            self.add(at, "required", "must have exactly one of `image_url` and `slack_file`")
