"""`nightporter audit`: whether the log stands as it was written, in the database and in an export; and what an operator
runs leaves a line in it, without what they typed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.audit_export import audit_entries
from storage.engine import Database
from storage.seals import new_key
from tests.processes.operator import Said, run
from tests.processes.test_backup import KEY, TOOLS, guest_named, on, statement

SECRETS = {
    "SEAM_API_KEY": "seam_k",
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s",
    "SLACK_APPROVERS": "U0BEN",
    "SLACK_APPROVALS_CHANNEL": "C0APPROVALS",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "t",
    "TWILIO_FROM": "+15005550006",
    "PUBLIC_URL": "https://pins.example.com",
    "LOCK_PROVIDER": "seam",
}


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{TOOLS}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def typed(database_url: str, tmp_path: Path) -> Callable[..., Said]:
    on(database_url, guest_named("Ana"))

    def type_(*words: str, key: str = KEY) -> Said:
        return run(tmp_path, *words, DATABASE_URL=database_url, NIGHTPORTER_KEYS=key, **SECRETS)

    return type_


def commands(url: str) -> list[tuple[str, str]]:
    async def read(database: Database) -> list[tuple[str, str]]:
        return [(str(e["actor"]), str(e["subject"])) async for e in audit_entries(database) if e["what"] == "command"]

    found: list[tuple[str, str]] = on(url, read)
    return found


def test_what_an_operator_runs_leaves_a_line(typed: Callable[..., Said], database_url: str) -> None:
    other = new_key()
    for words in (("backup", "one.backup"), ("codes", "list"), ("audit", "export"), ("locks", "list")):
        done = typed(*words)
        assert (done.returncode, done.stderr) == (0, ""), words
    assert typed("locks", "forget", "Ana Sample").returncode == 2
    assert typed("keys", "rotate", key=f"{other},{KEY}").returncode == 0
    ran = ["backup", "codes list", "audit export", "locks list", "locks forget", "keys rotate"]
    assert commands(database_url) == [("operator", one) for one in ran]
    assert "Ana" not in typed("audit", "export", key=other).stdout, "what was typed behind it is nobody's business"
    assert typed("restore", "one.backup", "--force", key=KEY).returncode == 0
    assert commands(database_url) == [("operator", "restore")], "its own line comes after the backup"
    verified = typed("audit", "verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.startswith("1 line stands as written. The last is 1, with the chain ")


def test_verify_says_where_and_ends_with_one(typed: Callable[..., Said], database_url: str, tmp_path: Path) -> None:
    for _ in range(4):
        assert typed("codes", "list").returncode == 0
    (tmp_path / "audit.jsonl").write_text(typed("audit", "export").stdout)
    whole = json.loads(typed("audit", "verify", "--json").stdout)
    assert (whole["ok"], whole["lines"], whole["faults"]) == (True, 5, [])
    of_file = json.loads(typed("audit", "verify", "--file", "audit.jsonl", "--json").stdout)
    assert (of_file["ok"], of_file["last"]) == (True, whole["last"])
    chain = whole["last"]["chain"]
    assert json.loads(typed("audit", "verify", "--since", chain, "--json").stdout)["lines"] == 5
    assert (
        json.loads(typed("audit", "verify", "--since", chain, "--file", "audit.jsonl", "--json").stdout)["lines"] == 5
    )

    on(database_url, statement("UPDATE audit_entries SET actor = 'U_BEN' WHERE id = 2"))
    done = typed("audit", "verify")
    assert (done.returncode, done.stdout) == (1, "WRONG line 2 was changed\n")
    assert typed("audit", "verify", "--since", "2999-01-01").returncode == 0
    assert typed("audit", "verify", "--since", "2020-01-01").returncode == 1
    assert typed("audit", "verify", "--since", chain).stdout == "WRONG line 2 was changed\n"
    since = typed("audit", "verify", "--since", "2999-01-01", "--file", "audit.jsonl", "--json")
    assert json.loads(since.stdout)["lines"] == 0

    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    (tmp_path / "cut.jsonl").write_text("\n".join([*lines[:1], *lines[2:]]))
    done = typed("audit", "verify", "--file", "cut.jsonl")
    assert (done.returncode, done.stdout) == (
        1,
        "WRONG between line 1 and line 3 lines were taken out, put in or moved\n",
    )
    edited: dict[str, Any] = json.loads(lines[1])
    (tmp_path / "edited.jsonl").write_text("\n".join([lines[0], json.dumps({**edited, "facts": {}}), *lines[2:]]))
    assert "the facts of line 2 were changed" in typed("audit", "verify", "--file", "edited.jsonl").stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--since", "yesterday"), 2, "no moment like 2026-12-01T15:00 and no chain of a line"),
        (("--since", "0" * 64), 1, "No line of the audit log has this chain"),
        (("--file", "nowhere.jsonl"), 1, "nowhere.jsonl cannot be read"),
        (("--file", "other.jsonl"), 1, "other.jsonl is no export of the audit log: line 1"),
    ],
)
def test_what_cannot_be_verified_is_one_sentence(
    typed: Callable[..., Said], tmp_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    (tmp_path / "other.jsonl").write_text('["Ana", "+33639981234"]\n')
    done = typed("audit", "verify", *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
