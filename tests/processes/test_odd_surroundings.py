"""A setting, a stream or a database as nobody meant it: one clear sentence and an exit status, never a traceback."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsProblem, read_settings
from tests.fork_server import Forked
from tests.processes.operator import ROOT, Said, run

SANDBOX = "http://127.0.0.1:1"
HOUSE = {"SANDBOX_URL": SANDBOX, "PUBLIC_URL": SANDBOX}
PLAN = "plan --zone Europe/Paris --from 2026-12-04T15:20 --to 2026-12-06T11:00 --now 2026-12-01T09:00"

ODD = (
    " ",
    "\t\n",
    "x",
    "é",
    "\udcff",
    "T1\udcff",
    "²",
    "٣",
    "-1",
    "0",
    "nan",
    "1e400",
    "9" * 5000,
    "http://[::1",
    "http://h:port/",
    "https://h:99999/",
    "https://u:p@h",
    "https://h/?q#f",
    "x\ny",
    "none",
    ",",
    "\u202e",
    "/dev/null",
    "/",
)


def test_every_setting_with_every_odd_value() -> None:
    for name in Settings.model_fields:
        for value in ODD:
            try:
                read_settings({**HOUSE, name.upper(): value})
            except SettingsProblem as problem:
                said = "\n".join(problem.problems)
                said.encode()
                # A lone slash is an address without anything: as if SANDBOX_URL were not set.
                named = name.upper() in said or "credentials" in said or (name, value) == ("sandbox_url", "/")
                assert named, (name, value, said)


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_a_blank_setting_and_one_of_half_signs_are_refused(name: str) -> None:
    for value, says in ((" ", "is blank: set it, or leave it out"), ("a\udcff", "holds signs that are no text")):
        with pytest.raises(SettingsProblem) as problem:
            read_settings({**HOUSE, name: value})
        assert any(says in each or "credentials" in each for each in problem.value.problems), problem.value.problems


NO_ADDRESSES = (
    *("none", "pins.example.com", "ftp://pins.example.com", "https://", "https://u:pw@h", "https://h:99999"),
    *("x\ny", "https://h\nx", "https://h/?a=1", "https://h/#a", "https://a b", "https://[::1", "https://h\\x"),
)


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_an_address_of_ours_that_is_none(url: str) -> None:
    with pytest.raises(SettingsProblem) as problem:
        read_settings({**HOUSE, "PUBLIC_URL": url})
    assert any("PUBLIC_URL is no address" in each for each in problem.value.problems)


@pytest.mark.parametrize(
    "url", ["https://pins.example.com/", "https://h:8443", "http://localhost:8000", "https://h/pins"]
)
def test_an_address_of_ours(url: str) -> None:
    assert read_settings({**HOUSE, "PUBLIC_URL": url}).public_url == url.rstrip("/")


def plainly(done: Said, status: int = 1) -> str:
    """What was said; a command that cannot go on says it in few lines."""
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.returncode == status, done
    return done.stderr.strip()


PG = "postgresql://porter:a-secret-word@"
BAD_DATABASES = {
    f"{PG}h:port/db": "DATABASE_URL cannot be read",
    f"{PG}[::1/db": "DATABASE_URL cannot be read",
    f"{PG}127.0.0.1:99999/db": "DATABASE_URL has no port that there is",
    f"{PG}127.0.0.1:1/db": "The database does not answer (ConnectionRefusedError): check DATABASE_URL",
    f"{PG}127.0.0.1:1/db?sslmode=require": "The database does not answer (ConnectionRefusedError): check DATABASE_URL",
    f"{PG}127.0.0.1:1/db?sslmode=odd": "something behind the question mark that PostgreSQL's driver does not know",
    "sqlite:///x.db?zz=1": "DATABASE_URL of SQLite is three slashes and a path",
    "sqlite://x.db": "DATABASE_URL of SQLite is three slashes and a path",
    "sqlite:////etc/hostname": "DATABASE_URL names a file that SQLite did not write",
    "sqlite:///folder": "The database cannot be opened: check the path in DATABASE_URL and its rights",
    "sqlite:///random.db": "DATABASE_URL names a file that SQLite did not write",
}
NOT_MADE = {
    "sqlite:///mistyped/house.db": "There is no database at mistyped/house.db: check DATABASE_URL",
    "sqlite:///empty.db": "The database is not at the newest revision: run `nightporter migrate`.",
}


@pytest.mark.parametrize("command", ["locks list", "keys rotate", "migrate", "serve"])
def test_a_database_that_is_none(tmp_path: Path, command: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.db").touch()
    (tmp_path / "random.db").write_bytes(bytes(range(256)) * 20)
    there = sorted(tmp_path.iterdir())
    given: Mapping[str, str] = {**HOUSE, "NIGHTPORTER_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
    for url, says in {**BAD_DATABASES, **(NOT_MADE if command in ("locks list", "keys rotate") else {})}.items():
        said = plainly(run(tmp_path, *command.split(), **{**given, "DATABASE_URL": url}))
        assert says in said, url
        assert "a-secret-word" not in said
    assert sorted(tmp_path.iterdir()) == there, "nothing is made where nothing was meant"


def test_numbers_are_written_in_plain_digits(tmp_path: Path) -> None:
    for port in ("²", "٨٠٠٠", "80 00", "99999", "\udcff"):
        assert "PORT" in plainly(run(tmp_path, "demo", PORT=port), 2)
    for count in ("٣", "²", "-1"):
        assert "is not a number of PINs" in plainly(run(tmp_path, *PLAN.split(), "--slot-taken", count), 2)
    for url in (
        *(
            "https://[::1",
            "https://h/x?y=1",
            "https://h/#f",
            "https://u:pw@h",
            "https://a b",
            " https://h",
            "https://h/{x}",
        ),
        *("https://h/slack/events", "https://h/np/slack/", "https://h\nx"),
    ):
        words = ("slack", "manifest", "--http", "--url", url)
        assert "is not an address that Slack calls" in plainly(run(tmp_path, *words), 2), url
    good = run(tmp_path, "slack", "manifest", "--http", "--url", "https://h.example/porter/")
    assert "https://h.example/porter/slack/events" in good.stdout


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a" * 300, "2001:db8::1"])
def test_an_address_that_we_cannot_listen_on(tmp_path: Path, host: str) -> None:
    assert "HOST is no address of this machine" in plainly(run(tmp_path, "serve", HOST=host, PORT="18999", **HOUSE))


def test_a_provider_that_cannot_be_spoken_to(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    odd = {**HOUSE, "DATABASE_URL": "sqlite:///empty.db", "SEAM_API_URL": "http://127.0.0.1:1/\u00ad"}
    for command in ("locks list", "doctor", "serve"):
        done = run(tmp_path, *command.split(), **odd)
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode == 1


# --- the three streams ------------------------------------------------------------------------------------------------


def shell(folder: Path, line: str, **environment: str) -> Said:
    """As a shell runs it, with what it does to the streams."""
    python = shlex.quote(sys.executable)
    command = line.replace("nightporter", f"{python} -m bot").replace("python -c", f"{python} -c")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,  # of a machine that is busy with much else
        stdin=subprocess.DEVNULL,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def forked(folder: Path, out: str, err: str, *words: str, module: str = "bot") -> Forked:
    """A command whose streams are these files; what it loads is in memory already."""
    with Path(out).open("wb") as output, Path(err).open("wb") as remarks:
        env = {"PATH": os.environ["PATH"], **HOUSE}
        streams = {"out": output.fileno(), "err": remarks.fileno()}
        return Forked(words, cwd=folder, env=env, **streams, module=module)


def test_an_output_that_cannot_be_written(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate", **HOUSE).returncode == 0
    says = "The output cannot be written: No space left on device."
    assert plainly(shell(tmp_path, f"nightporter {PLAN} > /dev/full", **HOUSE)).endswith(says)
    commands = (f"{PLAN} --json", "doctor", "doctor --json", "codes list --json", "keys new", "texts")
    files = [tmp_path / f"remarks {number}" for number in range(len(commands))]
    begun = [forked(tmp_path, "/dev/full", str(f), *c.split()) for c, f in zip(commands, files, strict=True)]
    for command, file, process in zip(commands, files, begun, strict=True):
        assert plainly(Said(process.wait(300), "", file.read_text())).endswith(says), command


def test_streams_that_are_closed(tmp_path: Path) -> None:
    assert shell(tmp_path, "nightporter migrate >&- 2>&- <&-", **HOUSE).returncode == 0
    for number, (streams, command, status) in enumerate(
        (
            *((streams, "codes list", 0) for streams in ("1", "0", "012")),
            ("2", PLAN, 0),
            ("12", "doctor", 1),
            ("0", "codes check front-door", 3),
        )
    ):
        said, words = tmp_path / f"said {number}", (streams, *command.split())
        process = forked(tmp_path, str(said), str(said), *words, module="tests.processes.without_streams")
        plainly(Said(process.wait(300), "", said.read_text()), status)


def test_a_reader_who_has_read_enough(tmp_path: Path) -> None:
    done = shell(tmp_path, "nightporter texts | head -n 1; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (1, "")


def test_a_terminal_without_all_letters(tmp_path: Path) -> None:
    done = shell(tmp_path, "nightporter texts", PYTHONIOENCODING="ascii")
    assert plainly(done, 0) == ""
    assert "?" in done.stdout


def test_remarks_that_cannot_be_written_end_nothing(tmp_path: Path) -> None:
    said = tmp_path / "said"
    status = forked(tmp_path, str(said), "/dev/full", "migrate").wait(300)
    assert plainly(Said(status, "", said.read_text()), 0).startswith("The database is at revision")


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a folder", "a large file"])
def test_a_key_file_that_is_none(tmp_path: Path, kind: str) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    file = tmp_path / "var" / "nightporter.key"
    match kind:
        case "a pipe":
            os.mkfifo(file)
        case "a device":
            file.symlink_to("/dev/zero")
        case "a folder":
            file.mkdir()
        case _:
            file.write_bytes(b"k" * 1_000_001)
    for command in ("keys rotate", "locks list"):
        said = plainly(run(tmp_path, *command.split(), **HOUSE))
        assert said.endswith("nightporter.key is no text file of at most 1 MB")
