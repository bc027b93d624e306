"""The sandbox's database and a house's are never taken for one another, by whichever command."""

import asyncio
import os
from pathlib import Path

import pytest

from bot.settings import SettingsProblem, read_settings
from bot.wiring import open_all
from storage.migrate import migrate
from tests.fork_server import Forked
from tests.ports import free_port
from tests.processes.operator import run, run_forked

HOUSE = {
    "SLACK_BOT_TOKEN": "xoxb-0",
    "SLACK_SIGNING_SECRET": "0",
    "SLACK_APPROVERS": "U_BEN",
    "SLACK_APPROVALS_CHANNEL": "C_0",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
    "TWILIO_AUTH_TOKEN": "0",
    "TWILIO_FROM": "+15005550006",
    "SEAM_API_KEY": "seam_0",
    "LOCK_PROVIDER": "seam",
    "PUBLIC_URL": "https://pins.example.com",
}
SANDBOX = {"SANDBOX_URL": "http://127.0.0.1:9", "PUBLIC_URL": "http://127.0.0.1:9"}


async def claims(url: str, values: dict[str, str]) -> None:
    async with open_all(read_settings({**values, "DATABASE_URL": url})) as opened:
        await migrate(opened.database)
        await opened.claim_database()


async def test_neither_opens_the_others(sqlite_url: str, tmp_path: Path) -> None:
    houses = f"sqlite:///{tmp_path / 'house.db'}"
    await claims(sqlite_url, SANDBOX)
    await claims(houses, HOUSE)
    with pytest.raises(SettingsProblem, match="filled by the sandbox"):
        await claims(sqlite_url, HOUSE)
    with pytest.raises(SettingsProblem, match="belongs to a house"):
        await claims(houses, SANDBOX)
    await claims(sqlite_url, SANDBOX)
    await claims(houses, HOUSE)


async def test_serve_says_it_in_one_sentence(tmp_path: Path) -> None:
    houses = f"sqlite:///{tmp_path / 'house.db'}"
    await claims(houses, HOUSE)
    given = {"DATABASE_URL": houses, "PORT": str(free_port()), **SANDBOX}
    done = await asyncio.to_thread(lambda: run_forked(tmp_path, "serve", **given))
    assert done.returncode != 0
    assert "belongs to a house, and the sandbox never opens it: set DATABASE_URL to another." in done.stderr
    assert "Traceback" not in done.stderr


COMMANDS = (
    ("locks", "list"),
    ("locks", "sync"),
    ("locks", "set", "Front door", "--zone", "Europe/Paris"),
    ("locks", "forget", "Front door"),
    ("locks", "connect"),
    ("hooks", "list"),
    ("hooks", "remove", "pms"),
    ("codes", "list"),
    ("codes", "show", "K3J9P"),
    ("codes", "check", "Front door"),
    ("audit", "export"),
    ("slack", "workspaces"),
    ("slack", "admit", "T0123ABCD"),
    ("slack", "turn-away", "T0123ABCD"),
    ("keys", "rotate"),
)


@pytest.mark.parametrize(("whose", "other", "said"), [(HOUSE, SANDBOX, "a house"), (SANDBOX, HOUSE, "the sandbox")])
def test_no_command_opens_the_others(tmp_path: Path, whose: dict[str, str], other: dict[str, str], said: str) -> None:
    url = f"sqlite:///{tmp_path / 'nightporter.db'}"
    asyncio.run(claims(url, whose))
    before = (tmp_path / "nightporter.db").read_bytes()
    for words in COMMANDS:
        done = run(tmp_path, *words, stdin="481529063\n", DATABASE_URL=url, **other)
        assert done.returncode != 0, words
        assert said in done.stderr, words
        assert "set DATABASE_URL to another." in done.stderr, words
    assert (tmp_path / "nightporter.db").read_bytes() == before


def test_the_demo_leaves_nothing_where_it_was_started(tmp_path: Path) -> None:
    """A house's database stands in the very folder, and is as it was."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "nightporter.db").write_bytes(b"a house's")
    reads, says = os.pipe()
    with os.fdopen(reads) as lines:
        demo = Forked(["demo"], cwd=tmp_path, env={"PATH": os.environ["PATH"], "PORT": str(free_port())}, out=says)
        os.close(says)
        said = next(line for line in lines if "ready" in line)
        demo.terminate()
        assert demo.wait(60) == 0
    assert "/demo" in said
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["var", "var/nightporter.db"]
    assert (tmp_path / "var" / "nightporter.db").read_bytes() == b"a house's"
