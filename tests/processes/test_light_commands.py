"""What a command loads: each in a fresh interpreter, and everything beyond its list is named. How long it takes is
measured by `make bench`, never here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TYPED = """
import json, sys
before = set(sys.modules)
from bot.cli import typed
assert typed(json.loads(sys.argv[1])) == 0
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""

OPENED = """
import asyncio, json, sys
from bot.settings import read_settings
from bot.wiring import open_all

async def main(environ):
    async with open_all(read_settings(environ)):
        print(json.dumps(sorted(sys.modules)), file=sys.stderr)

asyncio.run(main(json.loads(sys.argv[1])))
"""

TYPER = frozenset(
    {
        *("typer", "annotated_doc", "annotated_types", "pydantic", "pydantic_core", "shellingham"),
        *("typing_extensions", "typing_inspection"),
    }
)
HELP = TYPER | frozenset(["rich", "markdown_it", "mdurl", "pygments", "attr"])
"""What Typer draws its boxes with."""

DOOR = frozenset({"bot", "bot.cli", "bot.processes", "bot.processes.start", "bot.processes.streams"})
COMMAND = TYPER | DOOR | {"bot.commands"}
WINDOW = ("--from", "2026-12-04T15:20", "--to", "2026-12-06T11:00")
LIGHT = [
    (["--help"], HELP | DOOR),
    (["locks", "--help"], HELP | DOOR),
    (
        ["plan", "--zone", "Europe/Paris", *WINDOW, "--now", "2026-12-01T09:00"],
        COMMAND | {"bot.commands.plan", "bot.conversation", "bot.domain"},
    ),
    (
        ["texts"],
        COMMAND
        | {
            "bot.commands.texts",
            "bot.commands.terminal",
            "bot.commands.terminal.stopping",
            "bot.conversation",
            "bot.domain",
        }
        | {"bot.addresses", "bot.missing_settings", "bot.settings", "bot.processes.sandbox_settings"}
        | {"babel", "phonenumbers"},
    ),
    (
        ["keys", "new"],
        COMMAND | {"bot.commands.keys", "storage", "storage.seals", "cryptography", "_cffi_backend", "_openssl"},
    ),
    (
        ["slack", "manifest"],
        COMMAND
        | {"bot.commands.slack", "providers", "providers.slack"}
        | {"providers.slack.manifest", "providers.slack.registry"},
    ),
]
WHOLE_ROOMS = ("bot.conversation", "bot.domain")
"""Rooms of ours that nothing heavy can enter; of all others the list names each file."""


@pytest.mark.parametrize(("words", "allowed"), LIGHT, ids=lambda it: " ".join(it[:2]) if isinstance(it, list) else "")
def test_a_light_command_loads_no_more_than_it_may(tmp_path: Path, words: list[str], allowed: frozenset[str]) -> None:
    strangers = loaded_by(tmp_path, words) - allowed
    assert not strangers, (
        f"`nightporter {' '.join(words)}` loads what it has no use for: {', '.join(sorted(strangers))}"
    )
    assert not list(tmp_path.iterdir()), "nothing is made on the disk either"


REAL = {
    "PUBLIC_URL": "https://pins.example.com",
    "SLACK_BOT_TOKEN": "xoxb-none",
    "SLACK_SIGNING_SECRET": "none",
    "SLACK_APPROVERS": "U_BEN",
    "SLACK_APPROVALS_CHANNEL": "C_APPROVALS",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "none",
    "TWILIO_FROM": "+15005550006",
}
SEAM = {"SEAM_API_KEY": "seam_none", "SEAM_WEBHOOK_SECRET": "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3g="}
IGLOOHOME = {"LOCK_PROVIDER": "igloohome", "IGLOOHOME_CLIENT_ID": "none", "IGLOOHOME_CLIENT_SECRET": "none"}


@pytest.mark.parametrize(
    ("chosen", "others"),
    [(SEAM, {"providers.igloohome"}), (IGLOOHOME, {"providers.seam", "standardwebhooks"})],
    ids=["seam", "igloohome"],
)
def test_a_start_loads_the_room_of_the_vendor_that_is_configured(
    tmp_path: Path, chosen: dict[str, str], others: set[str]
) -> None:
    """With one bot token and SQLite; a house has neither a sandbox nor the SDKs that only tests use."""
    never = {"providers.sandbox", "seam", "svix", "asyncpg", "providers.slack.oauth", "providers.slack.checkups"}
    database = {"DATABASE_URL": f"sqlite:///{tmp_path / 'nightporter.db'}"}
    loaded = said(OPENED, {**REAL, **chosen, **database}, tmp_path)
    found = {one for one in never | others for name in loaded if f"{name}.".startswith(f"{one}.")}
    assert not found, f"nobody chose {', '.join(sorted(found))}"


def loaded_by(folder: Path, words: list[str]) -> set[str]:
    """The packages that are in memory when the command has ended well, but for Python's own; of ours the files."""
    return {_named(name) for name in said(TYPED, words, folder)} - sys.stdlib_module_names


def said(program: str, given: object, folder: Path) -> list[str]:
    """The modules that a program names in its last line, in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(given)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names: list[str] = json.loads(done.stderr.splitlines()[-1])
    return names


def _named(module: str) -> str:
    first = module.split(".")[0]
    if first not in ("bot", "providers", "storage"):
        return "sysconfig" if first.startswith("_sysconfigdata") else first
    return next((room for room in WHOLE_ROOMS if module.startswith(f"{room}.")), module)
