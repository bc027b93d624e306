"""Every import contract bites: in a copy of the house with a wrong import for each, each is found broken."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = {
    "Imports point one way": ("bot/domain/refusals.py", "import bot.ports.errors"),
    "The rooms of the domain have an order": ("bot/domain/planning/ledger.py", "import bot.domain.stays.guests"),
    "The rooms of the conversation have an order": (
        "bot/conversation/typed/asks.py",
        "import bot.conversation.answers.answers",
    ),
    "Vendors do not see each other": ("providers/seam/wire.py", "import providers.stays_api.models"),
    "Workflows meet only in the database": ("bot/workflows/withdraw.py", "import bot.workflows.resend_pin"),
    "Only wiring and the operator's commands name a vendor or the database": (
        "bot/processes/web.py",
        "import storage.engine",
    ),
    "A vendor's SDK stays in the vendor's room": ("bot/commands/slack.py", "import slack_sdk"),
    "SQL stays in storage": ("bot/workflows/check_pin.py", "import sqlalchemy"),
    "The sandbox never sees the bot": ("providers/sandbox/clock.py", "import bot.settings"),
    "No cycles inside the bot": ("bot/domain/planning/local_hours.py", "import bot.domain.planning.plan"),
}
"""The contract, the file, what it must not import."""


def judged(installation: Path) -> dict[str, str]:
    """KEPT or BROKEN, by the contract's name."""
    linter = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([linter, "--no-cache"], cwd=installation, capture_output=True, text=True, check=False).stdout
    return dict(re.findall(r"^(.+) (KEPT|BROKEN)(?: \(\d+ ignored imports\))?$", said, re.MULTILINE))


@pytest.mark.processes
def test_every_contract_finds_the_wrong_import_planted_for_it(tmp_path: Path) -> None:
    for room in ("bot", "providers", "storage"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, wrong in PLANTED.values():
        with (tmp_path / file).open("a") as page:
            page.write(f"\n{wrong}\n")
    assert judged(tmp_path) == dict.fromkeys(PLANTED, "BROKEN")
