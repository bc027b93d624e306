"""The parts of the README that are made from the code. `make readme` writes them; a test fails when they differ."""

import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
sys.path.insert(0, str(README.parent))

from bot.conversation.refusals import refusal_table  # noqa: E402
from bot.domain import access_codes, access_requests  # noqa: E402


def diagram(transitions: Mapping[StrEnum, frozenset[StrEnum]]) -> str:
    """A table of transitions as a Mermaid diagram."""
    first = next(iter(transitions))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first.value}"]
    for before, afters in transitions.items():
        lines += [f"    {before.value} --> {after.value}" for after in transitions if after in afters]
        lines += [f"    {before.value} --> [*]"] if not afters else []
    return "\n".join([*lines, "```"])


def parts() -> dict[str, str]:
    return {
        "code states": diagram(access_codes.TRANSITIONS),
        "request states": diagram(access_requests.TRANSITIONS),
        "refusals": refusal_table(),
    }


def renewed(text: str) -> str:
    """The README with its parts made anew. Raises ValueError when a marker is missing."""
    for name, part in parts().items():
        text, count = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, part=part: found.group(1) + part + "\n" + found.group(2),  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"the README has no place for {name}")
    return text


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
