"""Showing a PIN to staff: to whom policy allows, alone, with a reason, for a minute; and everybody hears that they
looked."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.journeys.forms import Form, words_of
from tests.journeys.living_demo import ROOT, People, people
from tests.journeys.watching import buttons, says_card, texted, whispers

PHONE = "+33639981234"


def grouped(pin: str) -> str:
    return f"{pin[:3]} {pin[3:6]} {pin[6:]}"


def rules(folder: Path, text: str) -> str:
    file = folder / "policy.toml"
    file.write_text(text)
    return str(file)


async def modals(made: People, user: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await made.get(f"/sandbox/slack/views/{user}"))["modals"]
    return found


async def says_modal(made: People, user: str, words: str) -> str:
    """What this person's modal says, once it says so."""

    async def look() -> str:
        open_now = await modals(made, user)
        said = words_of(open_now[-1]) if open_now else ""
        return said if words in said else ""

    return str(await made.until(f"the modal of {user} says {words}", look, 15))


async def looked(made: People, user: str, why: str) -> str:
    """The form is open: says why, and reads what the modal turns into."""
    done = await Form(made, user).submit(why=why)
    assert done["ok"], done
    return await Form(made, user).words()


async def audit(folder: Path, made: People, what: str) -> list[dict[str, Any]]:
    """The entries of this kind, as `nightporter audit export` writes them beside the running demo."""
    url = str(made.http.base_url)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "audit", "export"),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SANDBOX_URL": url, "PUBLIC_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return [entry for entry in map(json.loads, said.decode().splitlines()) if entry["what"] == what]


async def test_an_approver_sees_it_for_a_minute_and_the_team_hears_of_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        card = await says_card(made, "Cleo", "PIN texted, not used yet")
        assert buttons(card) == {"opened", "reveal", "withdraw"}
        await made.press("U_BEN", card, "reveal")
        form = Form(made, "U_BEN")
        assert "Cleo at Front door" in await form.words()
        assert (await form.submit())["response_action"] == "errors"
        assert "Please say why" in (await form.submit(why="  "))["errors"]["why"]
        shown = await looked(made, "U_BEN", f"Cleo lost her phone ({grouped(pin)})")
        assert grouped(pin) in shown
        for part in ("Front door", "Must be used before", "Only you see this", "You said why: Cleo lost her phone ("):
            assert part in shown
        view = (await modals(made, "U_BEN"))[-1]
        assert view["private_metadata"] == ""
        assert pin not in str({**view, "blocks": view["blocks"][1:]}).replace(" ", "")
        told = await made.post_with("<@U_BEN> looked at the PIN: Cleo lost her phone (•••)")
        assert told["thread_ts"] == card["ts"]
        (entry,) = await audit(tmp_path, made, "revealed")
        assert (entry["actor"], entry["facts"]) == ("U_BEN", {"why": "Cleo lost her phone (•••)"})

        await made.move("PT50S")
        await asyncio.sleep(1.5)
        assert grouped(pin) in words_of((await modals(made, "U_BEN"))[-1])
        await made.move("PT11S")
        hidden = await says_modal(made, "U_BEN", "the PIN is hidden again")
        assert pin not in hidden.replace(" ", "")
        assert pin not in str(await modals(made, "U_BEN")).replace(" ", "")


async def test_by_its_word_and_by_nobody_else(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        card = await says_card(made, "Cleo", "PIN texted, not used yet")
        assert "You are not among those who may see this PIN" in await made.says("U_ADA", "reveal cleo")
        assert "No stay of yours is called" in await made.says("U_MALLORY", "reveal cleo")
        await made.press("U_MALLORY", card, "reveal")
        assert (await whispers(made, "U_MALLORY"))[-1].startswith("You are not among those who may see this PIN")
        for user in ("U_ADA", "U_MALLORY"):
            assert await modals(made, user) == []
        assert await made.says("U_BEN", "reveal CLEO") == ""
        assert grouped(pin) in await looked(made, "U_BEN", "the guest has no signal")
        await made.post_with("<@U_BEN> looked at the PIN: the guest has no signal")
        refused = await audit(tmp_path, made, "reveal_refused")
        assert [(e["actor"], e["facts"]["because"]) for e in refused] == [
            ("U_ADA", "may_not_reveal"),
            ("U_MALLORY", "unknown_stay"),
            ("U_MALLORY", "may_not_reveal"),
        ]
