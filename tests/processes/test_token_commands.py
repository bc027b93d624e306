"""`nightporter tokens create|list|revoke`."""

import json
from pathlib import Path

import pytest

from bot.domain.approvals.api_tokens import is_token
from tests.processes.operator import run
from tests.processes.test_workspace_commands import house


def test_a_token_is_shown_once_and_revoked(tmp_path: Path) -> None:
    there = house(tmp_path)
    assert "No program has a token yet" in run(tmp_path, "tokens", "list", **there).stdout
    made = run(tmp_path, "tokens", "create", "My form", "--scope", "stays:write", "--scope", "stays:read", **there)
    assert made.returncode == 0, made
    secret = made.stdout.splitlines()[-1]
    assert is_token(secret)
    assert "My form may from now on: stays:read, stays:write" in made.stdout
    again = run(tmp_path, "tokens", "create", "My form", "--scope", "stays:read", **there)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    (row,) = json.loads(run(tmp_path, "tokens", "list", "--json", **there).stdout)
    assert (row["name"], row["scopes"], row["last_used_at"]) == ("My form", ["stays:read", "stays:write"], None)
    assert "never used" in run(tmp_path, "tokens", "list", **there).stdout
    assert secret.encode() not in (tmp_path / "porter.db").read_bytes()
    assert run(tmp_path, "tokens", "revoke", row["id"][-5:].lower(), **there).returncode == 0
    assert "REVOKED" in run(tmp_path, "tokens", "list", **there).stdout
    gone = run(tmp_path, "tokens", "revoke", "My form", **there)
    assert (gone.returncode, "see nightporter tokens list" in gone.stderr) == (1, True)
    assert run(tmp_path, "tokens", "create", "My form", "--scope", "pins:reveal", **there).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Zapier",), "--scope"),
        (("Zapier", "--scope", "stays:all"), '"stays:all" is no scope: there are stays:write, stays:read, pins:reveal'),
        (("Zapier", "--scope", "stays:write,stays:read"), "is no scope"),
        (("", "--scope", "stays:read"), "at most 40"),
        (("x" * 41, "--scope", "stays:read"), "at most 40"),
        (("a\nb", "--scope", "stays:read"), "at most 40"),
    ],
)
def test_what_is_no_token_is_refused(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    refused = run(tmp_path, "tokens", "create", *words)
    assert (refused.returncode, said in refused.stderr) == (2, True), refused
