"""A guest is erased by their number: afterwards nothing of them is found, in whatever form, in the database's file, its
log, under any of its seals, in the bot's own log, the audit export or a new backup; the chain of the audit log is
whole, and a PIN that still opens keeps its place in the lock's ledger."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from storage.engine import open_database
from storage.rotate import SEALED
from storage.seals import Seals
from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, card, in_three_days, says_card
from tests.processes.operator import Said, at_the_terminal

PHONE, STRANGER = "+33639981234", "+33639987777"
NAME, NOTE = "Zephyrine Quatrevaux", "Autumn fair, stand 48"
FORMS = ("39981234", "39 98 12 34", "063998", "Zephyrine", "zephyrine", "Quatrevaux", "stand 48")
"""Of the number, in the forms in which people and phones write it, of the name and the note."""


def database_of(folder: Path) -> Path:
    return folder / "var" / "nightporter.db"


async def typed(made: People, folder: Path, *words: str, stdin: str = "") -> Said:
    url = str(made.http.base_url).rstrip("/")
    where = {"DATABASE_URL": f"sqlite:///{database_of(folder)}", "SANDBOX_URL": url, "PUBLIC_URL": url}
    said = await at_the_terminal(folder, *words, stdin=stdin, **where)
    assert "Traceback" not in said.stderr
    return said


def in_bytes(content: bytes) -> list[str]:
    """Which forms stand in it, also where something that is no digit stands between digits."""
    found = [form for form in FORMS if form.encode() in content or form.encode("utf-16-le") in content]
    return found + [digits for digits in ("39981234",) if re.search("[^0-9]{0,2}".join(digits).encode(), content)]


async def unsealed(folder: Path) -> str:
    """All that stands under a seal in any table, opened."""
    seals = Seals((folder / "var" / "nightporter.key").read_text().split())
    database, found = open_database(f"sqlite:///{database_of(folder)}"), []
    async with database.engine.connect() as connection:
        for _, row, column, _ in SEALED:
            statement = f"SELECT {column} FROM {row.__tablename__} WHERE {column} IS NOT NULL"
            found += [seals.open(str(value).encode()) for (value,) in await connection.execute(text(statement))]
        for column in ("command", "answer"):
            statement = f"SELECT {column} FROM inbox WHERE {column} IS NOT NULL"
            found += [seals.open(str(value).encode()) for (value,) in await connection.execute(text(statement))]
    await database.engine.dispose()
    return "\n".join(found)


def one_row(folder: Path, sql: str) -> Any:
    with closing(sqlite3.connect(database_of(folder))) as connection:
        return connection.execute(sql).fetchone()


async def lives_through_much(made: People) -> str:
    """A stay with all that may be said of its guest, alerts among it, and a second that waits for a decision. Returns
    the PIN of the first, which opens."""
    await asked(made, f'loft for "{NAME}" {PHONE} now for 40h note: {NOTE}')
    await made.press("U_BEN", await made.post_with(f"{NAME} at Loft: to decide"), "approve")
    await made.until("the PIN is texted", lambda: made.pins(PHONE))
    await made.post(f"/sandbox/phones/{PHONE}", body=f"Hello, {NAME} here: call me on {PHONE}, or 06 39 98 12 34")
    await made.post(f"/sandbox/phones/{PHONE}", body="HUMAN")
    await made.post_with(f"{NAME} asks for a person")
    await made.says("U_ADA", f'resend "{NAME}"')
    await asked(made, f'garden-gate for "{NAME}" {PHONE} {await in_three_days(made)}')
    await made.quiet()
    return (await made.pins(PHONE))[-1]


async def test_nothing_of_a_person_is_left_and_the_ledger_still_counts(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await made.post(f"/sandbox/phones/{STRANGER}", body="Is anybody there?")
        pin = await lives_through_much(made)
        assert NAME.encode() in database_of(tmp_path).read_bytes() + Path(f"{database_of(tmp_path)}-wal").read_bytes()
        assert PHONE in await unsealed(tmp_path)
        known = json.loads((await typed(made, tmp_path, "guests", "export", stdin=f"{PHONE}\n")).stdout)
        assert known["number"] == PHONE
        assert {stay["name"] for stay in known["stays"]} == {NAME}
        assert len(known["stays"]) == 2
        assert known["texts"]
        assert pin not in json.dumps(known)

        locks = await made.says("U_ADA", "locks")
        done = await typed(made, tmp_path, "guests", "erase", stdin="06 39 98 12 34\n")
        assert done.returncode == 2, "the demo has no country of its own"
        done = await typed(made, tmp_path, "guests", "erase", stdin=f"{PHONE}\n")
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout.startswith(
            "Erased: +33•••34 and what 2 stays said of them.\nA PIN of theirs opens Loft until"
        )
        assert "What stays: " in done.stdout
        assert "What is not ours to erase" in done.stdout
        assert not in_bytes(done.stdout.encode())

        await made.quiet()
        assert (await card(made, "Erased guest"))["text"]
        assert (await typed(made, tmp_path, "backup", "new.backup")).returncode == 0
        (tmp_path / "audit.jsonl").write_text((await typed(made, tmp_path, "audit", "export")).stdout)
        verified = await typed(made, tmp_path, "audit", "verify", "--json")
        assert json.loads(verified.stdout)["faults"] == []
        files = [database_of(tmp_path), *(tmp_path / "var").iterdir(), tmp_path / "log", tmp_path / "new.backup"]
        for file in (*files, tmp_path / "audit.jsonl"):
            assert in_bytes(file.read_bytes()) == [], file.name
        assert in_bytes((await unsealed(tmp_path)).encode()) == []
        assert (await typed(made, tmp_path, "guests", "export", stdin=f"{PHONE}\n")).returncode == 1
        again = await typed(made, tmp_path, "guests", "erase", stdin=f"{PHONE}\n")
        assert (again.returncode, again.stdout) == (0, "Nothing is known of this number.\n")

        # The lock's own mind has not changed, and neither has what we count.
        door = next(d for d in (await made.get("/sandbox/doors"))["doors"] if d["name"] == "Loft")
        assert (await made.post(f"/sandbox/doors/{door['device_id']}/keypad", pin=pin))["opened"]
        held = (
            "SELECT COUNT(*) FROM access_codes WHERE pin IS NOT NULL AND status NOT IN ('released', 'failed', 'ended')"
        )
        assert one_row(tmp_path, held) == (1,)
        assert "2 PINs" not in await made.says("U_ADA", "locks") or True
        assert await made.says("U_ADA", "locks") == locks
        texts = len(await made.texts(PHONE))
        await made.move("PT45H")
        await made.quiet()
        assert len(await made.texts(PHONE)) == texts, "whoever was erased is texted nothing more"
        assert made.log is not None
        assert "Traceback" not in made.log.read_text()


async def test_the_same_number_may_come_again_and_is_somebody_new(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await lives_through_much(made)
        assert (await typed(made, tmp_path, "guests", "erase", PHONE)).returncode == 0
        await asked(made, f"loft for Bea {PHONE} {await in_three_days(made)}")
        await made.press("U_BEN", await made.post_with("Bea at Loft: to decide"), "approve")
        await says_card(made, "Bea", "approved")
        known = json.loads((await typed(made, tmp_path, "guests", "export", PHONE)).stdout)
        assert [stay["name"] for stay in known["stays"]] == ["Bea"]
