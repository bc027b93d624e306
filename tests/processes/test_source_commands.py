"""`nightporter sources add|map|list|remove`."""

import json
from pathlib import Path

import pytest

from tests.contracts.booking_examples import SVIX_SECRET
from tests.processes.operator import run
from tests.processes.test_workspace_commands import house


def last_word(said: str, label: str) -> str:
    return next(line.split(": ", 1)[1] for line in said.splitlines() if line.strip().startswith(f"{label}:"))


def test_a_system_that_brings_its_secret(tmp_path: Path) -> None:
    there = house(tmp_path)
    assert "No booking system sends anything yet" in run(tmp_path, "sources", "list", **there).stdout
    added = run(tmp_path, "sources", "add", "hospitable", stdin="their-secret\n", **there)
    assert added.returncode == 0, added
    assert last_word(added.stdout, "address") == "http://127.0.0.1:9/hospitable/webhooks"
    assert "their-secret" not in added.stdout
    assert b"their-secret" not in (tmp_path / "porter.db").read_bytes()
    again = run(tmp_path, "sources", "add", "hospitable", stdin="another\n", **there)
    assert "has these credentials from now on" in again.stdout
    (row,) = json.loads(run(tmp_path, "sources", "list", "--json", **there).stdout)
    assert row == {"name": "hospitable", "vendor": "hospitable", "heard_at": None, "waiting": 0, "listings": []}
    assert "last heard never" in run(tmp_path, "sources", "list", **there).stdout
    assert run(tmp_path, "sources", "remove", "hospitable", **there).returncode == 0
    gone = run(tmp_path, "sources", "remove", "hospitable", **there)
    assert (gone.returncode, "see nightporter sources list" in gone.stderr) == (1, True)


def test_a_system_whose_secret_we_make(tmp_path: Path) -> None:
    there = house(tmp_path)
    made = run(tmp_path, "sources", "add", "calcom", **there)
    assert (made.returncode, len(last_word(made.stdout, "secret"))) == (0, 32)
    basic = run(tmp_path, "sources", "add", "hostaway", "--name", "hostaway-lisbon", **there)
    assert (last_word(basic.stdout, "user"), len(last_word(basic.stdout, "password"))) == ("nightporter", 32)
    address = last_word(run(tmp_path, "sources", "add", "smoobu", stdin="\n", **there).stdout, "address")
    assert address.startswith("http://127.0.0.1:9/smoobu/webhooks/")
    assert len(address.rpartition("/")[2]) == 32
    names = [row["name"] for row in json.loads(run(tmp_path, "sources", "list", "--json", **there).stdout)]
    assert names == ["calcom", "hostaway-lisbon", "smoobu"]
    taken = run(tmp_path, "sources", "add", "calcom", "--name", "smoobu", **there)
    assert (taken.returncode, "smoobu is smoobu's already" in taken.stderr) == (1, True)


def test_guesty_brings_three(tmp_path: Path) -> None:
    there = house(tmp_path)
    added = run(tmp_path, "sources", "add", "guesty", stdin=f"{SVIX_SECRET}\nclient\nhidden\n", **there)
    assert added.returncode == 0, added
    for stdin, said in (
        (f"{SVIX_SECRET}\nclient\n", "Missing: Client secret or API key"),
        ("\n\n\n", "Missing:"),
        ("no-secret\nclient\nhidden\n", "begins with whsec_"),
    ):
        refused = run(tmp_path, "sources", "add", "guesty", stdin=stdin, **there)
        assert (refused.returncode, said in refused.stderr) == (2, True), refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "nobody"), '"nobody" is none that we know: there are hospitable, hostaway'),
        (("add", "calcom", "--name", "Cal Com"), "at most 30 small letters"),
        (("add", "hospitable"), "Missing"),
        (("map", "hospitable", "a\nb", "door"), "no id of a listing"),
    ],
)
def test_wrong_usage(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    refused = run(tmp_path, "sources", *words)
    assert (refused.returncode, said in refused.stderr) == (2, True), refused


def test_a_listing_is_only_a_door_that_there_is(tmp_path: Path) -> None:
    there = house(tmp_path)
    unknown = run(tmp_path, "sources", "map", "calcom", "7", "front-door", **there)
    assert (unknown.returncode, 'called "calcom"' in unknown.stderr) == (1, True)
    run(tmp_path, "sources", "add", "calcom", **there)
    refused = run(tmp_path, "sources", "map", "calcom", "7", "front-door,courtyard", **there)
    assert (refused.returncode, 'called "front-door"' in refused.stderr) == (2, True)
