"""`nightporter doctor` beside a running bot in the sandbox: each line of the README's going-live list broken in turn,
and one sentence that names the cure."""

import asyncio
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import typer
from sqlalchemy import text

from bot.commands.doctor import doctor
from bot.processes.refusing import CURES
from bot.settings import sandbox_values
from storage.engine import open_database
from storage.migrate import NewerDatabase, migrate
from storage.purpose import Purpose, claim
from storage.seals import Seals, new_key
from tests.fork_server import ROOT, Forked
from tests.ports import free_port
from tests.processes.operator import Said, run
from tests.together import started_once

Doctor = Callable[..., dict[str, tuple[bool, str]]]


@dataclass(frozen=True)
class Installation:
    """A sandbox and a bot in processes of their own, and the settings of a house that knows of no sandbox: each vendor
    by its own address and credentials."""

    sandbox: str
    settings: dict[str, str]

    def change(self, what: str, **asked: Any) -> None:
        httpx.post(
            f"{self.sandbox}/sandbox/{what}", json=asked, timeout=10, trust_env=False, verify=False
        ).raise_for_status()


@contextmanager
def process(*words: str, environment: dict[str, str], url: str = "") -> Iterator[None]:
    """Runs it while the block does, and waits until `url` answers, if it has one."""
    with Path(os.devnull).open("w") as nobody:
        running = Forked(words, cwd=ROOT, env=environment, out=nobody.fileno())
    try:
        for _ in range(600 if url else 0):
            try:
                httpx.get(url, timeout=5, trust_env=False, verify=False)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(30)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    started_once("doctor's house")
    folder, sandbox, bot = tmp_path_factory.mktemp("doctor"), free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/nightporter.db",
        "NIGHTPORTER_KEYS": new_key(),
        "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
        "PUBLIC_URL": f"http://127.0.0.1:{bot}",
        "PORT": str(bot),
    }
    made = Installation(environment["SANDBOX_URL"], _as_if_live(environment))
    with ExitStack() as stack:
        start = ("sandbox", "--port", str(sandbox))
        stack.enter_context(process(*start, environment=environment, url=f"{made.sandbox}/demo"))
        stack.enter_context(process("serve", environment=made.settings, url=f"{environment['PUBLIC_URL']}/readyz"))
        said = {"user": "U_ADA", "text": "front-door for Cleo +33639981234 tomorrow 3pm - 9pm"}
        while (
            "Asked for a PIN"
            not in httpx.post(f"{made.sandbox}/sandbox/slack/command", json=said, timeout=30, verify=False).text
        ):
            time.sleep(0.05)  # the locks are read in the bot's first seconds
        yield made


def _as_if_live(environment: dict[str, str]) -> dict[str, str]:
    sandbox = environment["SANDBOX_URL"]
    known = sandbox_values(sandbox)
    secrets = ("seam_api_key", "slack_bot_token", "slack_signing_secret", "slack_approvals_channel")
    texts = (
        "twilio_account_sid",
        "twilio_auth_token",
        "twilio_from",
        "twilio_api_url",
        "seam_api_url",
        "slack_api_url",
    )
    return {
        **{name: value for name, value in environment.items() if name != "SANDBOX_URL"},
        **{name.upper(): str(known[name]) for name in (*secrets, *texts)},
        "LOCK_PROVIDER": "seam",
        "SLACK_APPROVERS": "U_BEN",
        # a bot that starts in the forenoon tells its channel of tomorrow, some while after it is ready
        "MORNING_MESSAGE": "none",
    }


@pytest.fixture
def seen(installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """What doctor finds with these settings changed: by part, whether it is well and what is said."""

    def look(**changed: str) -> dict[str, tuple[bool, str]]:
        for name in os.environ:
            if name.isupper() and name not in ("PATH", "HOME", "PYTEST_CURRENT_TEST"):
                monkeypatch.delenv(name)
        changed.setdefault("IGLOOHOME_AUTH_URL", f"{installation.sandbox}/sandbox/igloohome")
        changed.setdefault("IGLOOHOME_API_URL", f"{installation.sandbox}/sandbox/igloohome")
        for name, value in {**installation.settings, **changed}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(typer.Exit) as ended:
            doctor(json=True)
        printed = capsys.readouterr()
        found = json.loads(printed.out)
        assert ended.value.exit_code == (0 if all(one["ok"] for one in found) else 1)
        secrets = [
            value for name, value in {**installation.settings, **changed}.items() if "TOKEN" in name or "KEY" in name
        ]
        assert not [secret for secret in secrets if secret and secret in printed.out + printed.err]
        return {one["part"]: (one["ok"], one["said"]) for one in found}

    return look


def wrong(found: dict[str, tuple[bool, str]]) -> list[tuple[str, str]]:
    return [(part, said) for part, (ok, said) in found.items() if not ok]


def test_all_is_well(seen: Doctor) -> None:
    found = seen()
    assert wrong(found) == []
    parts = ("configuration", "database", "keys", "PUBLIC_URL", "Slack", "Slack app", "approvals channel", "approvers")
    assert set(found) >= {*parts, "Twilio", "Twilio sender", "lock provider", "processes"}


def test_whom_a_guest_who_waits_can_ask(seen: Doctor) -> None:
    ok, said = seen()["contact for guests"]
    assert ok, "nothing is wrong without one"
    assert said.startswith("no text for ")
    assert said.endswith(
        "names anybody whom a guest who waits can ask; set GUEST_CONTACT, or `nightporter locks set LOCK --contact`"
    )
    assert seen(GUEST_CONTACT="Desk +33 6 39 98 12 34")["contact for guests"] == (
        True,
        "GUEST_CONTACT, where a lock has none of its own",
    )


def test_each_lock_says_how_it_is_and_who_decides(seen: Doctor, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('[[rule]]\nlocks = ["front door"]\napprovers = ["U_BEN"]\n')
    found = seen(POLICY_FILE=str(tmp_path / "policy.toml"), GUEST_CONTACT="Desk +33 6 39 98 12 34")
    ok, front = found["lock Front door"]
    assert ok
    assert ("Battery" in front, "guests ask Desk; decided by " in front, "rule 1, then default" in front) == (
        True,
        True,
        True,
    )
    assert "decided by default" in found["lock Loft"][1]
    digits = re.sub(r"\D", "", "".join(said for _, said in found.values()))
    assert "981234" not in digits, "no number, not even the desk's"


ANSWERS = "y\n+33 6 39 98 12 34\nfront door\ny\n"


def tried(installation: Installation, tmp_path: Path, answers: str, *words: str, **changed: str) -> Said:
    return run(tmp_path, "doctor", "--send-test", *words, stdin=answers, **{**installation.settings, **changed})


def looks(installation: Installation, what: str) -> Any:
    return httpx.get(f"{installation.sandbox}/sandbox/{what}", timeout=10, trust_env=False, verify=False).json()


def test_a_card_a_text_and_a_pin_are_tried_out_after_a_question_each(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.doctor.LOOKS", (0, *[0.05] * 100))
    said = tried(installation, tmp_path, ANSWERS)
    assert said.returncode == 0, said.stdout
    assert "ok    Slack: posted in C_APPROVALS; see whether it stands there" in said.stdout
    assert "ok    Twilio: +33•••34: delivered" in said.stdout
    assert said.stderr.count("?") >= 2
    assert "nobody can call it back" in said.stderr
    (digits,) = re.findall(r"ok    lock provider: ([0-9 ]+) opens Front door once, ", said.stdout)
    posts = looks(installation, "slack/channels/C_APPROVALS")["messages"]
    assert [post for post in posts if "This is a test" in str(post)]
    texts = looks(installation, "phones/+33639981234")["texts"]
    assert [text for text in texts if "a test by whoever runs it" in str(text)]
    pin = digits.replace(" ", "")
    door = next(one for one in looks(installation, "doors")["doors"] if one["name"] == "Front door")
    keypad = f"{installation.sandbox}/sandbox/doors/{door['device_id']}/keypad"
    opened = [httpx.post(keypad, json={"pin": pin}, trust_env=False, verify=False).json() for _ in range(2)]
    assert [one["opened"] for one in opened] == [True, False], "it opens once"
    file = Path(installation.settings["DATABASE_URL"].partition("///")[2])
    kept = b"".join(one.read_bytes() for one in (file, file.with_name(f"{file.name}-wal")) if one.exists())
    assert (pin.encode() in kept, b"+33639981234" in kept) == (False, False)


def test_what_is_not_wanted_is_not_done(installation: Installation, tmp_path: Path) -> None:
    before = [looks(installation, what) for what in ("slack/channels/C_APPROVALS", "phones/+33639981234")]
    said = tried(installation, tmp_path, "n\n\n\n")
    assert said.returncode == 0, said
    for nothing in ("Slack: nothing was posted", "Twilio: nothing was texted", "lock provider: no PIN was made"):
        assert f"NOTE  {nothing}" in said.stdout
    said = tried(installation, tmp_path, "n\n12\n\nno such door\nfront door\nn\n")
    assert ("no phone number" in said.stderr, "No door, or more than one" in said.stderr) == (True, True)
    assert "no PIN was made" in said.stdout
    assert [looks(installation, what) for what in ("slack/channels/C_APPROVALS", "phones/+33639981234")] == before
    assert tried(installation, tmp_path, "").returncode == 130, "whoever answers nothing has ended it"
    assert tried(installation, tmp_path, "", "--json").returncode == 2


def test_what_fails_is_said_and_the_next_is_tried(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.doctor.LOOKS", (0, *[0.05] * 100))
    wrong = {"SLACK_APPROVALS_CHANNEL": "C_QUIET", "TWILIO_AUTH_TOKEN": "of-nobody"}
    said = tried(installation, tmp_path, ANSWERS.replace("front door", "garden gate"), **wrong)
    assert said.returncode == 1
    assert "WRONG Slack: Slack: the bot is not in the channel; invite it there" in said.stdout
    assert said.stdout.count("Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN") == 3, "two looks, and the text"
    assert "opens Garden gate once" in said.stdout


def test_an_hour_that_an_operator_has_tried_out_is_no_guests(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger knows of it before the provider does."""
    monkeypatch.setattr("bot.commands.doctor.LOOKS", (0, *[0.05] * 100))
    assert "opens Loft once" in tried(installation, tmp_path, "n\n\nloft\ny\n").stdout
    again = tried(installation, tmp_path, "n\n\nloft\ny\n")
    assert "WRONG lock provider: The lock takes only 5 one-time PINs" in again.stdout
    words = {"user": "U_ADA", "text": "loft for Cleo +33639981234 now once"}
    answer = httpx.post(
        f"{installation.sandbox}/sandbox/slack/command", json=words, timeout=30, trust_env=False, verify=False
    )
    assert "Asked for a PIN" not in answer.text


SETTINGS = [
    ({"DATABASE_URL": "mysql://u:hush@h/x"}, "configuration", "DATABASE_URL must be a sqlite:// or a postgresql://"),
    ({"NIGHTPORTER_KEYS": "tooshort"}, "configuration", "make one with `nightporter keys new`"),
    ({"NIGHTPORTER_KEYS": new_key()}, "keys", "put back the key that it was sealed with"),
    ({"DATABASE_URL": "postgresql://a:b@127.0.0.1:9/none"}, "database", "check DATABASE_URL, and that the server runs"),
    ({"GUEST_CONTACT": "the bar on the corner"}, "configuration", "GUEST_CONTACT: the name may be at most 16"),
    ({"POLICY_FILE": "nowhere.toml"}, "configuration", "POLICY_FILE cannot be read"),
    ({"PUBLIC_URL": "http://127.0.0.1:9"}, "PUBLIC_URL", "start Night Porter, and point it"),
    ({"SLACK_SIGNING_SECRET": "another-secret"}, "PUBLIC_URL", "restart Night Porter there with this SLACK_SIGNING"),
    ({"SLACK_BOT_TOKEN": "xoxb-of-nobody"}, "Slack", "install the app again and set SLACK_BOT_TOKEN"),
    ({"SLACK_APP_TOKEN": "xapp-of-nobody"}, "Socket Mode", "make an app-level token with connections:write"),
    ({"SLACK_APPROVALS_CHANNEL": "C_NOWHERE"}, "approvals channel", "check SLACK_APPROVALS_CHANNEL and invite the bot"),
    ({"SLACK_APPROVALS_CHANNEL": "C_QUIET"}, "approvals channel", "the bot is not in the channel; invite it"),
    ({"SLACK_APPROVERS": "U_BEN,U_NOBODY"}, "approvers", "U_NOBODY cannot decide anything"),
    ({"SLACK_APPROVERS": "@ben"}, "configuration", "their profile, the three dots, Copy member ID"),
    ({"SLACK_APPROVERS": "U_BEN, ben@example.com"}, "configuration", 'holds "ben@example.com", by which nobody can'),
    ({"SLACK_APPROVERS": "<@U_BEN>"}, "configuration", "SLACK_APPROVERS holds"),
    ({"SLACK_APPROVERS": "u_ben"}, "configuration", "SLACK_APPROVERS holds"),
    ({"SLACK_APPROVERS": "U_ADA"}, "approval rules", "let U_ADA approve own, reviewed by log: break_glass"),
    ({"TWILIO_AUTH_TOKEN": "of-nobody"}, "Twilio", "does not accept our account or its token"),
    ({"TWILIO_FROM": "HOTEL"}, "Twilio sender", "TWILIO_FROM is a name, which guests cannot answer"),
    ({"TWILIO_FROM": "+15005550042"}, "Twilio sender", "TWILIO_FROM is no number of this account"),
    ({"SEAM_API_KEY": "seam_test_of_nobody"}, "lock provider", "SEAM_API_KEY"),
    ({"SEAM_WEBHOOK_SECRET": "whsec_b3RoZXI="}, "Seam events", "run `nightporter webhooks register`"),
    ({"LOCK_PROVIDER": "igloohome"}, "configuration", "is missing: the iglooaccess console > API access"),
    (
        {"LOCK_PROVIDER": "igloohome", "IGLOOHOME_CLIENT_ID": "a", "IGLOOHOME_CLIENT_SECRET": "b"},
        "lock provider",
        "set IGLOOHOME_CLIENT_ID and IGLOOHOME_CLIENT_SECRET",
    ),
]


@pytest.mark.parametrize(("changed", "part", "cure"), SETTINGS, ids=[f"{'+'.join(c)}: {p}" for c, p, _ in SETTINGS])
def test_a_wrong_setting_is_named_with_its_cure(seen: Doctor, changed: dict[str, str], part: str, cure: str) -> None:
    said = dict(wrong(seen(**changed)))
    assert cure in said[part]
    assert len(said[part].splitlines()) == 1


def test_what_rules_say_of_a_source_is_shown_and_its_channel_looked_into(seen: Doctor, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        "[[rule]]\nsources = ['vrbo']\nchannel = 'C_APPROVALS'\ncontact = 'Ada +44 7700 900123'\n"
        "[[rule]]\nsources = ['airbnb']\nchannel = 'C_QUIET'\n"
    )
    found = seen(POLICY_FILE=str(rules))
    assert found["channel C_APPROVALS"][0]
    ok, said = found["channel C_QUIET"]
    assert (ok, "check its id in POLICY_FILE, and invite the bot there" in said) == (False, True)
    assert found["rules by source"] == (True, "stays of airbnb at any lock: cards in C_QUIET")
    assert "900123" not in str(found)


def test_one_approver_alone_who_has_not_asked_is_a_remark(seen: Doctor) -> None:
    ok, said = seen()["approval rules"]
    assert ok
    assert "when U_BEN asks, nobody can approve it" in said


def test_one_manager_who_may_approve_their_own_is_well(seen: Doctor, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('[[rule]]\nbreak_glass = ["U_ADA"]\n')
    found = seen(SLACK_APPROVERS="U_ADA", POLICY_FILE=str(tmp_path / "policy.toml"))
    assert [said for part, said in wrong(found) if part == "approval rules"] == []


def test_what_running_processes_are_told_is_said_too(installation: Installation, seen: Doctor) -> None:
    """Whether a channel is archived nobody is told but whoever posts there."""
    file = installation.settings["DATABASE_URL"].partition("///")[2]
    problems = {"Slack": ["Slack: the channel is archived (is_archived)"]}
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        row = ("P1", "worker", "[]", json.dumps(problems), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}")
        connection.execute("INSERT INTO processes (id, parts, key_ids, problems, seen_at) VALUES (?, ?, ?, ?, ?)", row)
        found = dict(wrong(seen()))
        connection.execute("DELETE FROM processes WHERE id = 'P1'")
    assert "the channel is archived" in found["Slack, as running processes meet it"]


OUTSIDE = [
    (
        "slack-settings",
        {"scopes": ["commands", "chat:write"]},
        "Slack app",
        "the app lacks users:read, usergroups:read",
    ),
    ("slack-settings", {"gone": ["U_BEN"]}, "approvers", "take them out of SLACK_APPROVERS"),
    (
        "twilio-settings",
        {"sms_url": "https://elsewhere.example.com/"},
        "Twilio sender",
        'set "A message comes in" to http',
    ),
]


@pytest.mark.parametrize(("where", "changed", "part", "cure"), OUTSIDE, ids=[part for _, _, part, _ in OUTSIDE])
def test_what_is_wrong_at_the_vendor_is_named_with_its_cure(
    installation: Installation, seen: Doctor, where: str, changed: dict[str, Any], part: str, cure: str
) -> None:
    before = httpx.get(f"{installation.sandbox}/sandbox/{where}", timeout=10, trust_env=False, verify=False).json()
    installation.change(where, **changed)
    try:
        assert [one for one, said in wrong(seen()) if cure in said] == [part]
    finally:
        installation.change(where, **{name: before[name] for name in changed})


def test_an_account_that_is_lost_is_named_with_its_cure(installation: Installation, seen: Doctor) -> None:
    installation.change("seam-account/lose")
    try:
        said = dict(wrong(seen()))
    finally:
        installation.change("seam-account/find")
    assert said["igloohome account"] == (
        "owner@example.com is disconnected: run `nightporter locks connect` and sign in again"
    )


def test_a_database_that_is_not_migrated_is_named(seen: Doctor, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    said = dict(wrong(seen(DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/empty.db")))
    assert "run `nightporter migrate`" in said["database"]


def test_a_database_that_is_not_there_is_not_made(seen: Doctor, tmp_path: Path) -> None:
    said = dict(wrong(seen(DATABASE_URL=f"sqlite:///{tmp_path}/mistyped/house.db")))
    assert said["database"].startswith(f"There is no database at {tmp_path}/mistyped/house.db: check DATABASE_URL")
    assert not (tmp_path / "mistyped").exists()


async def test_a_database_that_the_sandbox_filled_is_named(seen: Doctor, sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    await claim(database, Purpose.SANDBOX)
    await database.engine.dispose()
    said = await asyncio.to_thread(lambda: dict(wrong(seen(DATABASE_URL=sqlite_url))))
    assert said["database"].startswith("This database was filled by the sandbox")


def test_something_else_that_answers_at_our_address_is_named(installation: Installation, seen: Doctor) -> None:
    assert "something else answers at" in dict(wrong(seen(PUBLIC_URL=installation.sandbox)))["PUBLIC_URL"]


def test_processes_that_do_not_run_are_named(installation: Installation, seen: Doctor, postgresql_url: str) -> None:
    def said_in_time(part: str, words: str) -> bool:
        """Doctor asks all vendors: only once there is something new to find."""
        for _ in range(400):
            if part in asyncio.run(_alive(postgresql_url)):
                return words in seen(DATABASE_URL=postgresql_url)["processes"][1]
            time.sleep(0.05)
        return False

    environment = installation.settings | {"DATABASE_URL": postgresql_url}
    assert dict(wrong(seen(DATABASE_URL=postgresql_url)))["processes"] == (
        "clock: never started; start `nightporter serve` or `nightporter clock`"
    )
    with process("clock", environment=environment):
        assert said_in_time("clock", "worker: never started; start `nightporter serve` or `nightporter worker`")
        with process("worker", environment=environment):
            assert said_in_time("worker", "clock and worker are at work")


async def _alive(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        return {row["kind"] for row in await connection.fetch("SELECT kind FROM heartbeats")}
    finally:
        await connection.close()


@pytest.mark.parametrize("part", ["clock", "worker"])
def test_a_process_that_ended_is_named(seen: Doctor, sqlite_url: str, part: str) -> None:
    """Of each the sign of life is laid down as it would have been left: a test has no minutes to wait."""
    now = datetime.now(UTC)
    last = {"clock": now, "worker": now} | {part: now - timedelta(minutes=4)}
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"))) as file, file:
        file.executemany(
            "INSERT INTO heartbeats VALUES (?, ?)", [(p, f"{at:%Y-%m-%d %H:%M:%S.%f}") for p, at in last.items()]
        )
    assert dict(wrong(seen(DATABASE_URL=sqlite_url)))["processes"] == (
        f"{part}: no sign of life since {last[part]:%Y-%m-%d %H:%M} UTC; "
        f"start `nightporter serve` or `nightporter {part}`"
    )


@pytest.mark.parametrize("vendor", ["slack", "twilio", "seam"])
def test_requests_that_were_refused_are_a_note_with_the_cure(seen: Doctor, sqlite_url: str, vendor: str) -> None:
    now = datetime.now(UTC)
    rows = [(vendor, 7, now - timedelta(hours=2), now), ("other", 9, now - timedelta(days=9), now - timedelta(days=2))]
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"))) as file, file:
        written = [(name, n, *(f"{at:%Y-%m-%d %H:%M:%S.%f}" for at in ats)) for name, n, *ats in rows]
        file.executemany("INSERT INTO refused_webhooks VALUES (?, ?, ?, ?)", written)
    found = seen(DATABASE_URL=sqlite_url)
    ok, said = found[f"requests of {vendor.title()}"]
    assert ok
    assert said.startswith(f"7 with a wrong signature since {now - timedelta(hours=2):%Y-%m-%d %H:%M} UTC")
    assert CURES[vendor] in said
    assert "requests of Other" not in found


def test_bookings_that_wait_are_a_note(seen: Doctor, sqlite_url: str, installation: Installation) -> None:
    assert "bookings" not in seen(DATABASE_URL=sqlite_url)
    now, seals = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}", Seals([installation.settings["NIGHTPORTER_KEYS"]])
    credentials = seals.seal('{"secrets": ["a secret"]}').decode()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"))) as file, file:
        file.execute(
            "INSERT INTO booking_sources (id, name, vendor, credentials, created_at, version) "
            "VALUES ('01', 'flats', 'calcom', ?, ?, 0)",
            [credentials, now],
        )
        file.executemany(
            "INSERT INTO bookings (id, source_id, external_id, external_mark, words, received_at, over_at, attempts, "
            "version) VALUES (?, '01', 'sealed', ?, ?, ?, ?, 0, 0)",
            [(f"0{n}", f"mark {n}", words, now, now) for n, words in ((2, "sealed"), (3, None), (4, "sealed"))],
        )
    ok, said = seen(DATABASE_URL=sqlite_url)["bookings"]
    assert ok
    assert said == "waiting for a door, for room or for their system: 2 of flats; see `nightporter sources list`"
    assert seen(DATABASE_URL=sqlite_url)["calendars and booking systems"][1] == (
        "flats: never heard; 2 bookings of it wait"
    )


def test_what_is_set_is_checked_whatever_is_missing(seen: Doctor) -> None:
    """A new house is set up step by step: each is checked as soon as it is there."""
    found = seen(SLACK_BOT_TOKEN="", SLACK_APPROVERS="", TWILIO_AUTH_TOKEN="of-nobody")
    said = wrong(found)
    assert "does not accept our account or its token" in dict(said)["Twilio"]
    assert "is missing: " in dict(said)["configuration"]
    assert found["lock provider"][0]
    assert found["database"][0]
    assert "Slack" not in found


def test_vendors_are_checked_before_there_is_a_database(seen: Doctor, tmp_path: Path) -> None:
    found = seen(DATABASE_URL=f"sqlite:///{tmp_path}/house.db", TWILIO_AUTH_TOKEN="of-nobody")
    assert "There is no database at" in found["database"][1]
    assert found["Slack"][0]
    assert found["lock provider"][0]
    assert "does not accept our account or its token" in found["Twilio"][1]
    assert list(tmp_path.iterdir()) == [], "doctor changes nothing"


def test_a_key_that_is_gone_is_named_and_none_is_made(seen: Doctor, installation: Installation, tmp_path: Path) -> None:
    house = Path(installation.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///"))
    with closing(sqlite3.connect(house)) as source, closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        source.backup(copy)
    found = seen(DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/copy.db", NIGHTPORTER_KEYS="")
    assert f"{tmp_path}/copy.key is gone" in found["configuration"][1]
    assert "put it back from your copy" in found["configuration"][1]
    assert not (tmp_path / "copy.key").exists()


async def test_a_newer_database_is_named(seen: Doctor, sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabase, match="a newer one has been at work here"):
        await migrate(database)
    await database.engine.dispose()
    said = await asyncio.to_thread(lambda: dict(wrong(seen(DATABASE_URL=sqlite_url))))
    assert said["database"].startswith("is at revision 9999, which this version of Night Porter does not know")
