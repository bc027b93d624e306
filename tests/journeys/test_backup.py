"""A house is lost in the middle of a stay, and goes on from its backup elsewhere."""

import json
import signal
from pathlib import Path
from typing import Any

from tests.journeys.processes import Town, ended, town


async def typed(made: Town, *words: str) -> str:
    """At the terminal, beside whatever runs; what is said then."""
    before = made.log.stat().st_size
    process = await made.start(*words)
    made.running.remove(process)
    status = await ended(process)
    said = made.log.read_bytes()[before:].decode()
    assert status == 0 or words[0] == "doctor", said
    return said


async def test_a_stay_goes_on_from_a_backup(tmp_path: Path, sqlite_url: str) -> None:
    backup = tmp_path / "elsewhere" / "house.backup"
    backup.parent.mkdir()
    async with town(sqlite_url, tmp_path / "town.log", ("serve",)) as made:

        async def said(text: str) -> list[Any]:
            return list((await made.post("/sandbox/slack/command", user="U_ADA", text=text))["shown"])

        async def asked() -> bool:
            return "Asked for a PIN" in str(await said("front-door for Ana +33 6 39 98 12 34 now for 30h"))

        async def card() -> list[Any]:
            posts = (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
            return [post for post in posts if "Ana" in str(post) and "approve" in str(post)]

        await made.until("the locks are known, and Ada asks", asked)
        (shown, *_) = await made.until("the card", card)
        assert "holds the whole database" in await typed(made, "backup", str(backup))
        serve = made.running[0]
        serve.send_signal(signal.SIGKILL)
        await ended(serve)
        for file in tmp_path.glob("nightporter.db*"):
            file.unlink()
        made.environment["DATABASE_URL"] = f"sqlite:///{tmp_path}/new/nightporter.db"
        assert "let `nightporter doctor` verify it" in await typed(made, "restore", str(backup))
        found = {one["part"]: one for one in json.loads((await typed(made, "doctor", "--json")).splitlines()[-1])}
        assert (found["database"]["ok"], found["keys"]["ok"]) == (True, True)
        await made.start("serve")
        await made.listens()
        await made.post(
            "/sandbox/slack/click", user="U_BEN", channel="C_APPROVALS", ts=shown["ts"], action_id="approve"
        )
        (text,) = await made.until("Ana is texted", made.pin_texts)
        assert text["to"] == "+33639981234"
        assert len(await made.codes()) == 1
