"""The parts of the documents that are made from the code. `make readme` writes them; a test fails when they differ."""

import ast
import inspect
import itertools
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import typer  # noqa: E402
from pydantic import SecretStr  # noqa: E402

from bot.cli import app  # noqa: E402
from bot.conversation.refusals.examples import refusal_table  # noqa: E402
from bot.conversation.team.alert_words import KINDS  # noqa: E402
from bot.domain.messages.reminders import QuietHours  # noqa: E402
from bot.domain.stays import access_codes, access_requests  # noqa: E402
from bot.domain.stays.alerts import needed_at  # noqa: E402
from bot.domain.windows import AccessWindow, PinKind  # noqa: E402
from bot.settings import Settings  # noqa: E402


def diagram(transitions: Mapping[StrEnum, frozenset[StrEnum]]) -> str:
    """A table of transitions as a Mermaid diagram."""
    first = next(iter(transitions))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first.value}"]
    for before, afters in transitions.items():
        lines += [f"    {before.value} --> {after.value}" for after in transitions if after in afters]
        lines += [f"    {before.value} --> [*]"] if not afters else []
    return "\n".join([*lines, "```"])


def settings_table() -> str:
    rows = ["| name | meaning | left out |", "|---|---|---|"]
    meanings = _meanings()
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{name.upper()}` | {meanings[name]} | {_shown(field.default)} |")
    return "\n".join(rows)


def _meanings() -> dict[str, str]:
    """What stands under each setting, on one line."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(Settings))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for setting, words in itertools.pairwise(body.body):
        if isinstance(setting, ast.AnnAssign) and isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant):
            found[ast.unparse(setting.target)] = " ".join(str(words.value.value).split())
    return found


def _shown(value: object) -> str:
    value = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(value, QuietHours):
        return f"`{value.start:%H:%M}-{value.end:%H:%M}`"
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if text else ""


def commands_table() -> str:
    """Every command with its arguments and the first sentence of its help."""
    rows = ["| command | does |", "|---|---|"]
    for words, command in _commands(typer.main.get_command(app), "nightporter"):
        said = " ".join((command.help or "").split("\n\n")[0].split())
        rows.append(f"| `{words}{_arguments(command)}` | {said} |")
    return "\n".join(rows)


def _commands(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield words, command.opened()
        return
    for name, child in children.items():
        yield from _commands(child, f"{words} {name}")


def _arguments(command: Any) -> str:
    needed = [p.name.upper() for p in command.params if p.param_type_name == "argument" and not p.hidden]
    options = [p.opts[-1] for p in command.params if p.param_type_name == "option" and p.name != "help"]
    return "".join(f" {each}" for each in [*needed, *(f"[{option}]" for option in options)])


def alerts_table() -> str:
    """Every kind of alert, and by when somebody is needed, asked of the rule itself about one code."""
    since, starts = datetime(2026, 12, 1, 12, tzinfo=UTC), datetime(2026, 12, 3, 12, tzinfo=UTC)
    window = AccessWindow(starts, starts + timedelta(days=2))
    slot = access_codes.TakenSlot("", 0)
    code = access_codes.AccessCode("", "", "", "", PinKind.HOURLY, window, slot, since)
    words = {
        None: "waits for the morning",
        since: "at once",
        starts: "until the start",
        code.deadline: "until the deadline",
    }
    rows = [f"| `{kind}` | {said} | {words[needed_at(kind, code, since)]} |" for kind, said in KINDS.items()]
    return "\n".join(["| kind | what is said | at night |", "|---|---|---|", *rows])


def parts() -> dict[str, dict[str, str]]:
    """By document, what stands between which markers."""
    states = {
        "code states": diagram(access_codes.TRANSITIONS),
        "request states": diagram(access_requests.TRANSITIONS),
    }
    return {
        "docs/states.md": states,
        "docs/refusals.md": {"refusals": refusal_table()},
        "docs/alerts.md": {"alerts": alerts_table()},
        "docs/settings.md": {"settings": settings_table()},
        "docs/commands.md": {"commands": commands_table()},
    }


def renewed(text: str, made: Mapping[str, str]) -> str:
    """A document with its parts made anew. Raises ValueError when a marker is missing."""
    for name, part in made.items():
        text, count = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, part=part: found.group(1) + part + "\n" + found.group(2),  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"there is no place for {name}")
    return text


if __name__ == "__main__":
    for document, made in parts().items():
        (ROOT / document).write_text(renewed((ROOT / document).read_text(), made))
