"""Settings from a file: what counts more, what has to be there, and what is said of a line that is none."""

from pathlib import Path

import pytest

from tests.processes.operator import run, run_process


def made_at(folder: Path, *words: str, **environment: str) -> str:
    """Which database `migrate` made."""
    done = run(folder, *words, "migrate", **environment)
    assert done.returncode == 0, done.stderr
    (database,) = folder.rglob("*.db")
    database.unlink()
    return database.name


def test_what_counts_more(tmp_path: Path) -> None:
    assert made_at(tmp_path) == "nightporter.db"
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///lying.db\n")
    (tmp_path / "named.env").write_text("DATABASE_URL=sqlite:///named.db\n")
    (tmp_path / "empty.env").write_text("# nothing yet\n\nDATABASE_URL=\n")
    assert made_at(tmp_path) == "lying.db"
    assert made_at(tmp_path, "--env-file", "named.env") == "named.db"
    assert made_at(tmp_path, NIGHTPORTER_ENV_FILE="named.env") == "named.db"
    assert made_at(tmp_path, "--env-file", "empty.env", NIGHTPORTER_ENV_FILE="named.env") == "nightporter.db"
    assert made_at(tmp_path, "--env-file", "named.env", DATABASE_URL="sqlite:///real.db") == "real.db"
    assert made_at(tmp_path, "--env-file", "named.env", DATABASE_URL="") == "named.db"


@pytest.mark.parametrize(
    "line", ["export {}", "  {}  ", "{} # a remark", "{}\r", "\ufeff{}", "OTHER=x\n{}", "lower:{}"]
)
def test_how_people_write_it(tmp_path: Path, line: str) -> None:
    setting = "DATABASE_URL=sqlite:///named.db"
    if line.startswith("lower:"):
        line, setting = line.removeprefix("lower:"), setting.replace("DATABASE_URL", "database_url")
    (tmp_path / ".env").write_text(line.format(setting) + "\n", encoding="utf-8")
    assert made_at(tmp_path) == "named.db"


@pytest.mark.parametrize("value", ["{}se$HOME-${{x}}.db", "{}a#b.db", "'{}a b.db'", '"{}a b.db"', "{}x=y=.db"])
def test_a_value_is_taken_as_it_is(tmp_path: Path, value: str) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL={value.format('sqlite:///')}\n")
    assert made_at(tmp_path) == value.format("").strip("'\"")


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    for done in (
        run(tmp_path, "--env-file", "nowhere.env", "migrate"),
        run(tmp_path, "migrate", NIGHTPORTER_ENV_FILE="nowhere.env"),
        run(tmp_path, "--env-file", "nowhere.env", "keys", "new"),
    ):
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "nowhere.env cannot be read: No such file or directory\n"
    assert not list(tmp_path.iterdir())
    (tmp_path / ".env").mkdir()
    assert made_at(tmp_path) == "nightporter.db", "a folder of that name is somebody's virtual environment"


def test_a_line_that_is_none_is_named_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\nSLACK_BOT_TOKEN\n\nTIMEZONE='very-secret\n")
    done = run(tmp_path, "migrate")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ".env, line 2: write it as NAME=value\n.env, line 4: write it as NAME=value\n"
    (tmp_path / ".env").write_bytes(b"TIMEZONE=\xff\xfe\n")
    assert run(tmp_path, "migrate").stderr == ".env is no text in UTF-8\n"
    (tmp_path / ".env").write_bytes(b"TIMEZONE=a\0b\n")
    assert run(tmp_path, "migrate").stderr == "TIMEZONE in .env holds signs that are no text: write it anew\n"


def test_what_is_wrong_in_it_is_said_as_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=70000\nSLACK_BOT_TOKEN=xoxb-very-secret\nSEAM_API_KEY=\n")
    done = run(tmp_path, "serve")
    assert done.returncode == 1
    assert "PORT" in done.stderr
    assert "very-secret" not in done.stderr


def test_a_made_up_world_does_not_look_for_it_but_takes_what_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SEAM_API_KEY=seam_live_thing\nPORT=none\n")
    lying, named = run(tmp_path, "demo", PORT="0"), run(tmp_path, "--env-file", ".env", "demo", PORT="0")
    assert lying.stderr == "PORT is not a port number.\n"
    assert "SEAM_API_KEY is set: the sandbox does not start beside real credentials" in named.stderr


def test_nothing_of_ours_is_read_from_it_that_is_no_setting(tmp_path: Path) -> None:
    """Compose's own names may stand in the same file; none of them steers a process of ours."""
    (tmp_path / ".env").write_text("PATH=/nowhere\nPYTHONPATH=/nowhere\nPOSTGRES_PASSWORD=x\nHTTPS_PROXY=http://no\n")
    done = run_process(tmp_path, "keys", "new")
    assert done.returncode == 0, done.stderr
    assert made_at(tmp_path) == "nightporter.db"
