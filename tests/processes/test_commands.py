"""The operator's commands: one sentence and the right exit status for what can go wrong, and never a secret."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import socket
from typing import Any

import pytest
import typer

from bot.cli import app
from bot.domain.pins import Phone
from bot.settings import SettingsProblem, check_no_real_credentials, read_settings, sandbox_values
from storage.engine import open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.moments import START
from tests.processes.operator import run, run_forked, run_process

SANDBOX = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bogus"], "No such command 'bogus'."),
        (["plan", "--nope"], "No such option: --nope"),
        (["sandbox", "--port", "0"], "Invalid value for '--port'"),
        (["codes", "show"], "Missing argument 'code_id'."),
    ],
)
def test_wrong_usage_is_one_sentence(tmp_path: Path, words: list[str], said: str) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("digits", [["481 529 063"], ["481", "529", "063"], ["door", "481529063"]])
def test_a_pin_is_never_an_argument(tmp_path: Path, digits: list[str]) -> None:
    done = run(tmp_path, "codes", "check", "front", *digits)
    assert done.returncode == 2
    assert done.stderr.startswith("The digits are asked for: as an argument they would stand in the shell's history")
    assert "529" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "address", "good"),
    [
        ("SEAM_API_URL", "http://connect.getseam.com", False),
        ("SEAM_API_URL", "http://127.0.0.1.example.com", False),
        ("SLACK_API_URL", "http://slack.com/api/", False),
        ("TWILIO_API_URL", "ftp://api.twilio.com", False),
        ("TWILIO_API_URL", "api.twilio.com", False),
        ("IGLOOHOME_AUTH_URL", "https://", False),
        ("IGLOOHOME_API_URL", "http://localhost@evil.example.com", False),
        ("IGLOOHOME_API_URL", "https://[", False),
        ("SEAM_API_URL", "https://seam.example.com/proxy", True),
        ("TWILIO_API_URL", "http://127.0.0.1:8001/x", True),
    ],
)
def test_what_is_sent_to_a_vendor_is_read_by_nobody_else(
    tmp_path: Path, name: str, address: str, *, good: bool
) -> None:
    done = run(tmp_path, "serve", **{name: address})
    assert done.returncode == 1
    assert (f"{name} must be an https:// address" in done.stderr) is not good


def test_every_missing_setting_is_named_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", PORT="70000", QUIET_HOURS="late", MORNING_MESSAGE="9", DATABASE_URL="mysql://x")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "PORT" in done.stderr
    assert "QUIET_HOURS: write it as 21:00-08:00, or none" in done.stderr
    assert "MORNING_MESSAGE: write it as 09:00, or none" in done.stderr


def test_doctor_names_every_missing_setting_and_no_secret(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "--json", SLACK_BOT_TOKEN="xoxb-very-secret", DATABASE_URL="mysql://x")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert any("TWILIO_AUTH_TOKEN is missing" in f["said"] for f in found)
    assert any("DATABASE_URL must be" in f["said"] for f in found)
    assert "very-secret" not in done.stdout + done.stderr


def test_a_taken_port_and_a_silent_database_are_said_plainly(tmp_path: Path) -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run(tmp_path, "demo", PORT=port)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert f"Port {port} cannot be used" in done.stderr
    away = run(tmp_path, "migrate", DATABASE_URL="postgres://a:b@127.0.0.1:9/none")
    assert (away.returncode, "Traceback" in away.stderr) == (1, False)
    assert (
        "The database does not answer (ConnectionRefusedError): check DATABASE_URL, and that the server runs."
        in away.stderr
    )


def test_a_database_that_answers_with_an_error_is_not_blamed_on_its_address(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "taken.db")) as other:
        other.execute("CREATE TABLE locks (somebody_elses TEXT)")
    done = run(tmp_path, "migrate", DATABASE_URL=f"sqlite:///{tmp_path / 'taken.db'}")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "The database answered with an error (OperationalError, SQLITE_ERROR)." in done.stderr
    assert "DATABASE_URL" not in done.stderr


def test_processes_apart_need_postgresql(tmp_path: Path) -> None:
    done = run(tmp_path, "worker", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
    assert done.returncode == 2
    assert done.stderr.strip() == "`nightporter worker` alone needs PostgreSQL; with SQLite run `nightporter serve`."


@pytest.mark.parametrize("command", [["demo"], ["sandbox", "--port", "8001"], ["serve"]])
def test_the_sandbox_never_stands_beside_real_credentials(tmp_path: Path, command: list[str]) -> None:
    done = run(tmp_path, *command, SEAM_API_KEY="seam_live_thing", SANDBOX_URL=SANDBOX)
    assert done.returncode in (1, 2)
    assert "SEAM_API_KEY is set: the sandbox does not start beside real credentials" in done.stderr


def test_the_sandbox_must_be_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_URL", "http://sandbox.example.com")
    with pytest.raises(SettingsProblem) as error:
        read_settings()
    assert any("SANDBOX_URL must be on this machine" in p for p in error.value.problems)
    check_no_real_credentials({name.upper(): str(value) for name, value in sandbox_values(SANDBOX).items()})


def test_migrate_makes_a_database_and_rotate_seals_it_anew(tmp_path: Path) -> None:
    first, again = run(tmp_path, "migrate"), run(tmp_path, "migrate")
    assert (first.returncode, again.returncode) == (0, 0)
    assert "  0001: " in first.stderr, "each revision is told as it is applied"
    assert "  00" not in again.stderr
    keys = [run(tmp_path, "keys", "new").stdout.strip() for _ in range(2)]
    done = run(tmp_path, "keys", "rotate", NIGHTPORTER_KEYS=",".join(keys), SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
    assert done.returncode == 0
    assert "Everything was sealed with the newest key already." in done.stdout


async def _sealed(url: str, keys: list[str]) -> None:
    database = open_database(url)
    queue = Queue.in_memory()
    async with open_store(database, Seals(keys), queue)() as uow:
        await uow.guests.get_or_create("Ana", Phone("+33639981234"), START)
    await queue.close()
    await database.engine.dispose()


def test_keys_that_do_not_fit_start_nothing(tmp_path: Path) -> None:
    """Whoever has set NIGHTPORTER_KEYS and whoever only has the file beside the database read what to put back."""
    assert run(tmp_path, "migrate").returncode == 0
    asyncio.run(_sealed(f"sqlite+aiosqlite:///{tmp_path}/var/nightporter.db", [new_key()]))
    for command in (["serve"], ["keys", "rotate"]):
        done = run(tmp_path, *command, SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), command
        assert "var/nightporter.key is gone" in done.stderr
        assert not (tmp_path / "var" / "nightporter.key").exists(), "none is made in its place"
    (tmp_path / "var" / "nightporter.key").write_text(new_key())
    for keys in ({"NIGHTPORTER_KEYS": new_key()}, {}):
        for command in (["serve"], ["keys", "rotate"]):
            done = run(tmp_path, *command, **keys, SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
            assert (done.returncode, "Traceback" in done.stderr) == (1, False), command
            assert "put back the key that it was sealed with" in done.stderr
            assert "or, where that is not set, the .key file beside the database." in done.stderr


@pytest.mark.parametrize("between", ["\n", ",", "\n\n", " "])
def test_the_file_beside_the_database_may_hold_several_keys(tmp_path: Path, between: str) -> None:
    old, new = new_key(), new_key()
    assert run(tmp_path, "migrate").returncode == 0
    asyncio.run(_sealed(f"sqlite+aiosqlite:///{tmp_path}/var/nightporter.db", [old]))
    (tmp_path / "var" / "nightporter.key").write_text(f"{new}{between}{old}\n")
    done = run(tmp_path, "keys", "rotate", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
    assert (done.returncode, done.stdout) == (0, "1 value is sealed with the newest key.\n")
    done = run(tmp_path, "keys", "rotate", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
    assert (done.returncode, done.stdout) == (0, "Everything was sealed with the newest key already.\n")


@pytest.mark.parametrize("content", ["", "tooshort", "\ufeff", "é" * 44])
def test_a_key_file_that_holds_none_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "nightporter.key").write_text(content, encoding="utf-8")
    done = run(tmp_path, "serve", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "nightporter.key holds a key that is none: " in done.stderr
    assert "NIGHTPORTER_KEYS" not in done.stderr


def test_a_first_start_makes_one_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    assert run(tmp_path, "keys", "rotate", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX).returncode == 1, "no database yet"
    assert not (tmp_path / "var").exists()
    assert run(tmp_path, "migrate").returncode == 0
    for _ in range(2):
        assert run(tmp_path, "keys", "rotate", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX).returncode == 0
    (file,) = (tmp_path / "var").glob("*.key*")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)  # copied from elsewhere
    assert run(tmp_path, "keys", "rotate", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text().split()) == 1


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["bogus"], 2, "No such command 'bogus'."),
        (["serve"], 1, "SLACK_APPROVERS is missing"),
        (["worker"], 1, "SLACK_APPROVERS is missing"),
        (["doctor"], 1, "WRONG configuration: SLACK_APPROVERS is missing"),
        (["locks", "list"], 1, "SLACK_APPROVERS is missing"),
        (["keys", "rotate"], 1, "SLACK_APPROVERS is missing"),
        (["migrate"], 0, "The database is at revision"),
        (["plan"], 2, "Say with --zone in which time zone the lock is, like Europe/Paris."),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_a_command_is_a_process_with_the_same_words_and_status(
    tmp_path: Path, words: list[str], status: int, said: str
) -> None:
    """A wrong word, a process that serves and a light command are started for real."""
    done = (run_process if words[0] in ("bogus", "serve", "plan") else run_forked)(tmp_path, *words)
    assert done.returncode == status, done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_made_here_from_the_template_is_what_the_revisions_make(tmp_path: Path, sqlite_template: Path) -> None:
    """See conftest.py."""
    assert "0001: " in run(tmp_path, "migrate", DATABASE_URL="sqlite:///made.db").stderr
    all_of_it = "SELECT type, name, sql FROM sqlite_master UNION ALL SELECT '', '', version_num FROM alembic_version"
    made, migrated = (sqlite3.connect(file) for file in (tmp_path / "made.db", sqlite_template))
    with closing(made), closing(migrated):
        assert {*made.execute(all_of_it)} == {*migrated.execute(all_of_it)}


SEVERAL = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "very-secret",
    "SLACK_SIGNING_SECRET": "signed",
    "SLACK_APPROVERS": "U_BEN",
}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (SEVERAL, ""),
        ({**SEVERAL, "SLACK_CLIENT_SECRET": ""}, "SLACK_CLIENT_SECRET is missing beside SLACK_CLIENT_ID"),
        ({**SEVERAL, "SLACK_CLIENT_ID": ""}, "SLACK_CLIENT_ID is missing beside SLACK_CLIENT_SECRET"),
        ({**SEVERAL, "SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_SIGNING_SECRET is missing"),
        ({**SEVERAL, "SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_BOT_TOKEN and SLACK_CLIENT_ID are both set"),
        ({"SLACK_APPROVERS": "U_BEN"}, "SLACK_BOT_TOKEN is missing"),
    ],
)
def test_one_token_or_several_workspaces_and_never_both(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsProblem) as error:
        read_settings()
    ours = [p for p in error.value.problems if p.startswith("SLACK")]
    assert any(said in p for p in ours) if said else ours == []
    assert "very-secret" not in str(error.value)


def test_the_sandbox_takes_its_own_client_secret_and_no_other() -> None:
    values = {name.upper(): str(value) for name, value in sandbox_values(SANDBOX, several_workspaces=True).items()}
    check_no_real_credentials(values)
    with pytest.raises(SettingsProblem, match="SLACK_CLIENT_SECRET is set"):
        check_no_real_credentials({"SLACK_CLIENT_SECRET": "a real one"})


def test_every_command_gives_an_example_that_it_would_take() -> None:
    """Words and options of each example exist; what stands before `nightporter`, and after `>`, is the shell's."""
    for words, command in commands():
        example = (command.help or "").partition("Example: ")[2]
        assert f"nightporter {words}" in example, words
        typed = " ".join(example.partition(f"nightporter {words}")[2].partition(">")[0].split())
        known = {option for parameter in command.params for option in parameter.opts}
        options = {word for word in typed.split() if word.startswith("--")}
        assert options <= known, f"{words}: {options - known}"


def test_what_help_lists_is_what_each_command_says_of_itself() -> None:
    for words, door, command in doors():
        said = " ".join((command.help or "").split("\n\n")[0].split())
        assert door.help == said, f"bot/cli.py says something else of {words!r} than the command itself"


def commands() -> Iterator[tuple[str, Any]]:
    """Every command of the program by its words."""
    return ((words, command) for words, _door, command in doors())


def doors() -> Iterator[tuple[str, Any, Any]]:
    """Every command by its words, as it is listed and as it is when it is typed."""

    def below(command: Any, words: str) -> Iterator[tuple[str, Any, Any]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield words.strip(), command, command.opened()
            return
        for name, child in children.items():
            yield from below(child, f"{words} {name}")

    yield from below(typer.main.get_command(app), "")
