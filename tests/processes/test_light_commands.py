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
import asyncio, json, os, sys
import alembic.command, httpx, slack_bolt.async_app, sqlalchemy.ext.asyncio
from bot.settings import read_settings
from bot.wiring import open_all

async def main(environ):
    async with open_all(read_settings(environ)):
        return sorted(sys.modules)

for name, environ in json.loads(sys.argv[1]).items():
    fork = os.fork()
    if not fork:
        print(json.dumps([name, asyncio.run(main(environ))]), flush=True)
        os._exit(0)
    assert os.waitpid(fork, 0)[1] == 0
os._exit(0)
"""
"""What every house loads of others is loaded once, and the rest by a fork for each; to unload it all would take
as long."""

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


NEVER = {"providers.sandbox", "seam", "svix", "asyncpg", "providers.slack.oauth", "providers.slack.checkups"}
HOUSES = {
    "seam": (SEAM, NEVER | {"providers.igloohome"}),
    "igloohome": (IGLOOHOME, NEVER | {"providers.seam", "standardwebhooks"}),
}


def test_a_start_loads_the_room_of_the_vendor_that_is_configured(tmp_path: Path) -> None:
    """With one bot token and SQLite; a house has neither a sandbox nor the SDKs that only tests use."""
    given = {
        name: {**REAL, **chosen, "DATABASE_URL": f"sqlite:///{tmp_path / name}.db"}
        for name, (chosen, _) in HOUSES.items()
    }
    loaded = dict(map(json.loads, in_an_interpreter(OPENED, given, tmp_path).stdout.splitlines()))
    assert loaded.keys() == HOUSES.keys()
    for name, (_, never) in HOUSES.items():
        assert f"providers.{name}" in loaded[name]
        found = {one for one in never for module in loaded[name] if f"{module}.".startswith(f"{one}.")}
        assert not found, f"nobody chose {', '.join(sorted(found))}"


def loaded_by(folder: Path, words: list[str]) -> set[str]:
    """The packages that are in memory when the command has ended well, but for Python's own; of ours the files."""
    names = json.loads(in_an_interpreter(TYPED, words, folder).stderr.splitlines()[-1])
    return {_named(name) for name in names} - sys.stdlib_module_names


def in_an_interpreter(program: str, given: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Of its own, with nothing of ours in memory."""
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
    return done


def _named(module: str) -> str:
    first = module.split(".")[0]
    if first not in ("bot", "providers", "storage"):
        return "sysconfig" if first.startswith("_sysconfigdata") else first
    return next((room for room in WHOLE_ROOMS if module.startswith(f"{room}.")), module)
