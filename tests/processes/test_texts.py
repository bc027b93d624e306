"""`nightporter texts`, WORDING_FILE and `locks set`, as an operator types them."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from bot.conversation.guest_texts.approver_texts import ToApprover
from bot.conversation.guest_texts.phrases import names
from bot.domain.locks.presence import Presence
from bot.domain.messages.languages import Language
from bot.ports import LockInfo
from storage.engine import open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.journeys.outside.segments import is_gsm7, segments
from tests.processes.operator import run

SANDBOX = "http://127.0.0.1:9"

NOWHERE = {
    "PUBLIC_URL": SANDBOX,
    "SEAM_API_KEY": "seam_test_nothing",
    "SEAM_API_URL": SANDBOX,
    "SLACK_BOT_TOKEN": "xoxb-nothing",
    "SLACK_SIGNING_SECRET": "nothing",
    "SLACK_API_URL": f"{SANDBOX}/",
    "SLACK_APPROVERS": "U_BEN",
    "SLACK_APPROVALS_CHANNEL": "C_APPROVALS",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "nothing",
    "TWILIO_FROM": "+15005550006",
    "TWILIO_API_URL": SANDBOX,
}
"""Complete, and nobody answers there."""


def test_every_text_of_every_language_is_printed(tmp_path: Path) -> None:
    done = run(tmp_path, "texts", "--json")
    assert done.returncode == 0, done.stderr
    texts = json.loads(done.stdout)
    to_guests = [(one.value, name) for one in Language for name in names()]
    to_approvers = [("en", phrase.value) for phrase in ToApprover]
    assert [(t["language"], t["name"]) for t in texts] == [*to_guests, *to_approvers]
    for text in texts:
        assert text["segments"] == segments(text["text"]) <= text["most_segments"]
        assert text["encoding"] == ("GSM-7" if is_gsm7(text["text"]) else "UCS-2")
    assert not list(tmp_path.iterdir()), "no database is made"


def test_one_language_is_read_without_a_program(tmp_path: Path) -> None:
    done = run(tmp_path, "texts", "--language", "de", "--longest")
    assert done.returncode == 0
    assert done.stdout.count("--- de ") == len(names())
    assert "--- de pin: 2 of 2 segments, GSM-7," in done.stdout
    assert "Ihre PIN" in done.stdout
    wrong = run(tmp_path, "texts", "--language", "tlh")
    assert (wrong.returncode, len(wrong.stderr.strip().splitlines())) == (2, 1)


def test_a_wording_that_cannot_be_said_stops_the_start_and_doctor_says_why(tmp_path: Path) -> None:
    file = tmp_path / "wording.toml"
    file.write_text('[de]\nhuman = "Gleich."\npin = "{pin} {starts} {ends} {zone}"\n')
    said = "WORDING_FILE line 3: pin in de lacks {deadline}"
    for words in (["serve"], ["texts"]):
        done = run(tmp_path, *words, WORDING_FILE=str(file), SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
        assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (1, True, False), done.stderr
    done = run(tmp_path, "doctor", "--json", WORDING_FILE=str(file), SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
    assert done.returncode == 1
    assert [found for found in json.loads(done.stdout) if found["said"] == said]
    done = run(tmp_path, "texts", WORDING_FILE=str(tmp_path / "none.toml"))
    assert "WORDING_FILE cannot be read" in done.stderr


def test_own_words_are_shown_as_such(tmp_path: Path) -> None:
    file = tmp_path / "wording.toml"
    file.write_text('[de]\nhuman = "Gleich ist jemand da."\n')
    texts = json.loads(run(tmp_path, "texts", "--language", "de", "--json", WORDING_FILE=str(file)).stdout)
    assert [(t["name"], t["text"]) for t in texts if t["own"]] == [("human", "Gleich ist jemand da.")]


def test_guest_language_must_be_one_of_ours(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", GUEST_LANGUAGE="klingon", SANDBOX_URL=SANDBOX, PUBLIC_URL=SANDBOX)
    assert done.returncode == 1
    assert "GUEST_LANGUAGE" in done.stdout


async def test_what_guests_are_told_about_a_lock_is_set_and_shown(tmp_path: Path, sqlite_url: str) -> None:
    database, key = open_database(sqlite_url), new_key()
    async with open_store(database, Seals([key]), Queue.in_memory())() as uow:
        await uow.locks.put(LockInfo("L1", "Front door", "Europe/Paris", True, False), "UTC")
    await database.engine.dispose()
    at = {"DATABASE_URL": sqlite_url, "NIGHTPORTER_KEYS": key, **NOWHERE}

    async def typed(*words: str) -> tuple[int, str]:
        done = await asyncio.to_thread(run, tmp_path, "locks", *words, **at)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout or done.stderr

    status, said = await typed("set", "back door", "--wake", "Press C")
    assert (status, said.splitlines()[-1]) == (2, 'No lock is called "back door". There are Front door.')
    assert (await typed("set", "front door"))[0] == 2
    assert (await typed("set", "front door", "--end-key", "x" * 15))[0] == 2
    contact = "Ada +33 6 39 98 12 34"
    status, said = await typed("set", "front-door", "--end-key", "#", "--guest-name", "Maison", "--contact", contact)
    assert (status, "Guests of Front door will read it so." in said) == (0, True)
    shown = (await typed("list"))[1]
    for line in ("guest name: Maison", "end key: #", "contact: Ada +33639981234"):
        assert line in shown
    reported = json.loads((await typed("list", "--json"))[1])[0]["for_guests"]
    shown_to_guests = {"door": "Maison", "wake": "", "end_key": "#", "contact": "Ada", "contact_phone": "+33639981234"}
    assert reported == {**shown_to_guests, "page": False}
    assert (await typed("set", "Front door", "--contact", ""))[0] == 0
    assert "contact" not in (await typed("list"))[1]


async def test_two_locks_of_one_name_are_told_apart_and_a_gone_one_is_forgotten(
    tmp_path: Path, sqlite_url: str
) -> None:
    database, key = open_database(sqlite_url), new_key()
    store = open_store(database, Seals([key]), Queue.in_memory())
    async with store() as uow:
        for ref in ("lock-one11", "lock-two22"):
            await uow.locks.put(LockInfo(ref, "Gate", "Europe/Paris", True, False), "UTC")
    async with store() as uow:
        old = await uow.locks.by_ref("lock-one11")
        assert old is not None
        await uow.locks.mark(old.id, Presence(gone_at=datetime(2026, 12, 1, 12, tzinfo=UTC)))
    await database.engine.dispose()
    at = {"DATABASE_URL": sqlite_url, "NIGHTPORTER_KEYS": key, **NOWHERE}

    async def typed(*words: str) -> tuple[int, str]:
        done = await asyncio.to_thread(run, tmp_path, "locks", *words, **at)
        assert "Traceback" not in done.stderr
        return done.returncode, (done.stdout or done.stderr).strip().splitlines()[-1]

    assert await typed("set", "gate", "--wake", "Press C") == (2, '"gate" can be "Gate (one11)" or "Gate (two22)".')
    assert (await typed("set", "gate (two22)", "--zone", "Europe/Rome"))[0] == 0
    assert (await typed("forget", "gate two22"))[0] == 3
    assert await typed("forget", "gate one11") == (0, "Gate is forgotten: no list names it any more.")
    assert (await typed("list"))[1].startswith("Gate  Rome time")
    assert (await typed("forget", "gate one11"))[0] == 2
