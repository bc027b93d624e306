"""A database of an earlier program, filled, is brought to today's tables and loses nothing; and goes back again."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from cryptography.fernet import Fernet
from sqlalchemy import Connection, text

from bot.domain.stays.standing import standing
from storage.access_codes import CodeRepository
from storage.access_requests import RequestRepository
from storage.audit_export import verified
from storage.engine import Database, open_database
from storage.migrate import _config, differences, migrate
from storage.nudges import Queue
from storage.seals import Seals
from storage.transaction import transaction
from storage.unit_of_work import open_store

NOW = datetime.now(UTC)
AGO, AHEAD = NOW - timedelta(hours=50), NOW + timedelta(hours=50)
STATES = {
    # by the code's id: its status and end in revision 0018, and its status afterwards
    "C-reserved": ("reserved", AHEAD, "reserved"),
    "C-minting": ("minting", AHEAD, "minting"),
    "C-ready": ("ready", AHEAD, "ready"),
    "C-shared": ("shared", AHEAD, "shared"),
    "C-active": ("active", AHEAD, "active"),
    "C-withdrawn": ("withdrawn", AHEAD, "withdrawn"),
    "C-ended": ("ended", AGO, "ended"),
    "C-released": ("released", AGO, "released"),
    "C-failed": ("failed", AGO, "failed"),
    "C-unheard": ("missed", AHEAD, "unconfirmed"),
    "C-long-gone": ("missed", AGO, "ended"),
}


REQUESTS = {"pending": False, "approved": True, "denied": True, "withdrawn": False, "lapsed": False}
"""By status: whether somebody has decided."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.processes)])
def server(request: pytest.FixtureRequest) -> str:
    """Where PostgreSQL is; empty for SQLite."""
    return str(request.getfixturevalue("postgresql")) if request.param == "postgresql" else ""


@pytest.fixture
async def old(server: str, tmp_path: Path) -> AsyncIterator[Database]:
    """As the program of revision 0018 left it."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
    if server:
        name = f"np_{uuid.uuid4().hex}"
        connection = await asyncpg.connect(server)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        await connection.close()
        url = server.replace("/postgres?", f"/{name}?")
    database = open_database(url)
    async with database.engine.begin() as opened:
        await opened.run_sync(lambda sync: command.upgrade(_config(sync), "0018"))
        await opened.run_sync(_fill)
    yield database
    await database.engine.dispose()


def _fill(sync: Connection) -> None:
    at = NOW if sync.dialect.name == "postgresql" else NOW.replace(tzinfo=None)

    def insert(table: str, **values: object) -> None:
        moments = {
            name: value.replace(tzinfo=None) if isinstance(value, datetime) and sync.dialect.name == "sqlite" else value
            for name, value in values.items()
        }
        columns, binds = ", ".join(moments), ", ".join(f":{name}" for name in moments)
        sync.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({binds})"), moments)

    insert("workspaces", id="T1", name="First", installed_by="U_ADA", installed_at=at)
    flags = {"makes_offline_pins": True, "has_bridge": False, "aliases": "", "tags": ""}
    insert("locks", id="L", provider_ref="ref", name="Front door", zone="UTC", pin_trouble_at=at, **flags)
    insert("guests", id="G", name="Ana", phone="sealed", phone_mark="m", language="fr", language_told_by="house")
    windows = {f"{kind}_{end}": NOW for kind in ("asked", "granted") for end in ("starts_at", "ends_at")}
    asked = {"requester": "U_ADA", "status": "approved", "kind": "hourly", "created_at": NOW, **windows}
    more = {"amendments": 0, "workspace": "", "on_arrival": False, "version": 0}
    insert("access_requests", id="R", lock_id="L", guest_id="G", **asked, **more)
    insert("guests", id="G2", name="Bob", phone="sealed too", phone_mark="m2", language=None, language_told_by=None)
    insert("access_requests", id="R2", lock_id="L", guest_id="G2", **{**asked, "status": "pending"}, **more)
    for number, (status, said) in enumerate(REQUESTS.items()):
        decided = {"approver": "U_BEN", "approved": status == "approved", "decided_at": NOW} if said else {}
        given_up = {"given_up_by": "U_ADA", "given_up_at": NOW} if status == "withdrawn" else {}
        kept = {**asked, "status": status, **decided, **given_up, **more}
        insert("access_requests", id=f"S-{status}", lock_id="L", guest_id="G", **kept)
        note = {"approver": "U_CLEO", "amendment": 0, "approved": True, "at": NOW}
        if number % 2:
            insert("decisions", request_id=f"S-{status}", **note)
    insert("guests", id="G3", name="Cleo", phone="without a stay", phone_mark="m3")
    for number, (name, (status, ends, _)) in enumerate(STATES.items()):
        slot = {"kind": "hourly", "slot_key": f"k{number}", "slot_index": 0, "starts_at": AGO, "ends_at": ends}
        rest = {"mint_at": AGO, "attempts": 0, "on_arrival": False, "version": 0, "due_at": None}
        insert("access_codes", id=name, request_id="R", lock_id="L", guest_id="G", status=status, **slot, **rest)
    insert("evidence", code_id="C-active", source="guest", by="G", at=AGO + timedelta(hours=1))
    order = {"person": "U_BEN", "deed": "unlock", "asked_at": NOW, "status": "sending", "problem": "", "workspace": ""}
    look = {"person": "U_BEN", "at": NOW, "due_at": NOW, "attempts": 0, "version": 0}
    insert("reveals", id="V", code_id="C-shared", place="window", **look)
    insert("remote_orders", id="O", lock_id="L", ref="attempt", version=0, **order)
    insert("pulses", part="clock", at=NOW)
    insert("lanes", name="C1", in_step=NOW, failures=0)
    insert("turns", who="M1", lane="C1", at=NOW)


async def rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    async with database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def test_every_stay_goes_on_where_it_was(old: Database) -> None:
    await migrate(old)
    assert [one for one in await differences(old) if "pgqueuer" not in str(one)] == []
    found = dict(await rows(old, "SELECT id, status FROM access_codes"))
    assert found == {name: after for name, (_, _, after) in STATES.items()}
    waits = await rows(old, "SELECT id FROM access_codes WHERE due_at = ends_at")
    assert waits == [("C-unheard",)], "it is looked at again at its end, and nobody hears of what is long over"
    stays = await rows(old, "SELECT id, guest_name, language, language_chosen_by FROM access_requests ORDER BY id")
    theirs = [(f"S-{status}", "Ana", "fr", "operator") for status in sorted(REQUESTS)]
    assert stays == [("R", "Ana", "fr", "operator"), ("R2", "Bob", "en", "nobody"), *theirs]
    looks = await rows(old, "SELECT id, request_id, code_id, place FROM reveals WHERE due_at IS NOT NULL")
    assert looks == [("V", "R", "C-shared", "window")]
    assert await rows(old, "SELECT COUNT(*) FROM locks WHERE pin_error_at IS NOT NULL") == [(1,)]
    assert await rows(old, "SELECT id, action, status, ref FROM remote_commands") == [
        ("O", "unlock", "sending", "attempt")
    ]


async def test_every_line_of_the_audit_log_is_chained_as_it_stands(old: Database) -> None:
    """With what only an older database holds: gaps between the numbers, signs of all kinds, facts that are none."""
    async with old.engine.begin() as opened:
        for number, facts in ((1, "{}"), (2, '{"why": "caf\u00e9", "by": "U_BEN"}'), (7, '{"said": "a \\"b\\""}')):
            values = {"id": number, "at": AGO if old.is_postgresql else AGO.replace(tzinfo=None), "facts": facts}
            columns = "id, at, actor, what, subject, facts"
            line = ":id, :at, 'U_ADA', 'did', 'été', CAST(:facts AS JSON)" if old.is_postgresql else ""
            line = line or ":id, :at, 'U_ADA', 'did', 'été', :facts"
            await opened.execute(text(f"INSERT INTO audit_entries ({columns}) VALUES ({line})"), values)
    await migrate(old)
    found = await verified(old)
    assert (found.faults, found.count, found.last) == ([], 3, 7)
    async with open_store(old, Seals([Fernet.generate_key().decode()]), Queue.in_memory())() as uow:
        await uow.audit.note(NOW, "U_BEN", "did", "S")
    assert ((await verified(old)).faults, (await verified(old)).last) == ([], 8)
    async with old.engine.begin() as opened:
        await opened.execute(text("UPDATE audit_entries SET subject = 'other' WHERE id = 2"))
    assert (await verified(old)).faults == ["line 2 was changed"]


async def test_todays_program_reads_every_stay(old: Database) -> None:
    """Each of them has one door and one part, as it was, and says of its PINs what their doors do."""
    await migrate(old)
    async with transaction(old) as begun:
        requests = RequestRepository(begun)
        found = await requests.get_many([f"S-{status}" for status in REQUESTS])
        codes = CodeRepository(begun, Seals([Fernet.generate_key().decode()]))
        pins = standing(await codes.of_request("R"), await codes.evidence_of(list(STATES)), NOW)
    assert {r.status.value: (r.lock_ids, r.chain, r.decision is not None) for r in found.values()} == {
        status: (("L",), False, decided) for status, decided in REQUESTS.items()
    }
    assert found["S-withdrawn"].given_up is not None
    assert [r.approvals[0].approver for r in found.values() if r.approvals] == ["U_CLEO", "U_CLEO"]
    assert {pin.code.part for pin in pins.pins} == {0}
    assert len(pins.current) == 1
    # None of these has its digits, so none but a withdrawn one can open, and that one only if it was made.
    assert {pin.code.id: pin.state.value for pin in pins.open} == {}
    assert {pin.code.id for pin in pins.pins if pin.used} == {"C-active"}


async def test_workspaces_that_were_there_are_admitted(old: Database) -> None:
    await migrate(old)
    assert await rows(old, "SELECT id, name, state FROM admissions") == [("T1", "First", "admitted")]


async def test_and_back(old: Database) -> None:
    await migrate(old)
    async with old.engine.begin() as opened:
        # Somebody asks with Ana's number for another, and is denied: going back, the number is Ana's.
        columns = "lock_id, guest_id, requester, kind, created_at, amendments, workspace, on_arrival, version, "
        columns += "asked_starts_at, asked_ends_at, granted_starts_at, granted_ends_at"
        asked = f"SELECT 'S', 'denied', 'Eve', 'de', 'request', {columns} FROM access_requests WHERE id = 'R'"
        named = f"id, status, guest_name, language, language_chosen_by, {columns}"
        await opened.execute(text(f"INSERT INTO access_requests ({named}) {asked}"))
        look = "SELECT 'N', request_id, 'another', person, at, attempts, version FROM reveals WHERE id = 'V'"
        await opened.execute(text(f"INSERT INTO reveals (id, request_id, place, person, at, attempts, version) {look}"))
    async with old.engine.begin() as opened:
        await opened.run_sync(lambda sync: command.downgrade(_config(sync), "0018"))
    found = dict(await rows(old, "SELECT id, status FROM access_codes"))
    assert found["C-unheard"] == "missed"
    assert await rows(old, "SELECT deed FROM remote_orders") == [("unlock",)]
    assert await rows(old, "SELECT id, code_id, place FROM reveals") == [("V", "C-shared", "window")]
    assert await rows(old, "SELECT id, name, language, language_told_by FROM guests ORDER BY id") == [
        ("G", "Ana", "fr", "house"),
        ("G2", "Bob", "en", "nobody"),
        ("G3", "", "en", "nobody"),
    ]


async def test_codes_about_no_stay_are_forgotten_on_the_way_back(old: Database) -> None:
    await migrate(old)
    async with old.engine.begin() as opened:
        moments = "SELECT created_at AS at FROM access_requests WHERE id = 'R'"
        columns = "id, key, kind, since, climbs_from, rung, episode, notices, workspace, version"
        alert = "'A', 'k', 'unknown_number', at, at, 0, 0, '[]', 'T1', 0"
        await opened.execute(text(f"INSERT INTO alerts ({columns}) SELECT {alert} FROM ({moments}) AS moments"))
        columns = "id, request_id, approver, mark, starts_at, ends_at, created_at, alert_id"
        for code in ("'K', NULL, 'sms:Eva', 'm1', at, at, at, 'A'", "'K2', 'R', 'sms:Eva', 'm2', at, at, at, NULL"):
            await opened.execute(text(f"INSERT INTO sms_codes ({columns}) SELECT {code} FROM ({moments}) AS moments"))
    async with old.engine.begin() as opened:
        await opened.run_sync(lambda sync: command.downgrade(_config(sync), "0023"))
    assert await rows(old, "SELECT id FROM sms_codes") == [("K2",)]
    assert await rows(old, "SELECT id FROM alerts") == [("A",)]
    await migrate(old)
    assert await rows(old, "SELECT workspace FROM alerts") == [("",)]
    assert [one for one in await differences(old) if "pgqueuer" not in str(one)] == []
