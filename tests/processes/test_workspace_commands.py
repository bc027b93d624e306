"""`nightporter slack workspaces|admit|turn-away`, and what the settings refuse."""

import json
from pathlib import Path

import pytest

from bot.settings import SettingsProblem, read_settings, sandbox_values
from tests.processes.operator import run

URL = "http://127.0.0.1:9"
HOUSE = {"SANDBOX_URL": URL, "PUBLIC_URL": URL, "SLACK_CLIENT_ID": "sandbox-client", "SLACK_CLIENT_SECRET": ""}


def house(folder: Path, **more: str) -> dict[str, str]:
    found = {**HOUSE, "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'porter.db'}", **more}
    assert run(folder, "migrate", **found).returncode == 0
    return {name: value for name, value in found.items() if value}


def test_the_operator_admits_and_takes_back(tmp_path: Path) -> None:
    there = house(tmp_path)
    said = run(tmp_path, "slack", "workspaces", **there)
    assert (said.returncode, "No workspace has installed the app yet" in said.stdout) == (0, True), said
    admitted = run(tmp_path, "slack", "admit", "T0SECOND", **there)
    assert admitted.returncode == 0, admitted
    assert "T0SECOND (no name yet): admitted by the operator; the app is not installed there" in admitted.stdout
    away = run(tmp_path, "slack", "turn-away", "T0SECOND", **there)
    assert "T0SECOND (no name yet): turned away by the operator" in away.stdout
    (row,) = json.loads(run(tmp_path, "slack", "workspaces", "--json", **there).stdout)
    assert (row["id"], row["state"], row["admitted"], row["installed"]) == ("T0SECOND", "turned_away", False, False)


def test_what_the_settings_let_in_is_taken_back_there(tmp_path: Path) -> None:
    there = house(tmp_path, SLACK_WORKSPACES="T0FIRST, T0SECOND")
    said = run(tmp_path, "slack", "turn-away", "T0SECOND", **there)
    assert (said.returncode, "T0SECOND stands in SLACK_WORKSPACES" in said.stderr) == (1, True), said


@pytest.mark.parametrize(
    "workspace", ["second", "E0SECOND", "t0second", "T0 SECOND", "T0SECOND;", "👑", "T" + "0" * 40]
)
def test_what_is_no_id_is_refused(tmp_path: Path, workspace: str) -> None:
    for word in ("admit", "turn-away"):
        said = run(tmp_path, "slack", word, workspace)
        assert said.returncode == 2
        assert "is not the id of a workspace" in said.stderr


def test_the_list_of_workspaces_is_for_oauth_and_holds_ids() -> None:
    def problems(*, several: bool, **more: object) -> str:
        given = {**sandbox_values(URL, several_workspaces=several), "public_url": URL, **more}
        try:
            read_settings({}, **given)
        except SettingsProblem as wrong:
            return " ".join(wrong.problems)
        return ""

    assert problems(several=True, slack_workspaces="T0FIRST,T0SECOND") == ""
    assert "bot token takes only its own" in problems(several=False, slack_workspaces="T0FIRST")
    for strange in ("first", "E0ORG", "T0FIRST;T0SECOND", "*"):
        assert "write ids of workspaces" in problems(several=True, slack_workspaces=strange)
