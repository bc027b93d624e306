"""Showing a PIN to staff: to whom policy allows, alone, with a reason, for a minute; and everybody hears that they
looked."""

import json
from pathlib import Path
from typing import Any

from tests.fork_server import Forked
from tests.journeys.forms import Form, words_of
from tests.journeys.living_demo import ROOT, People, people
from tests.journeys.processes import ended
from tests.journeys.test_old_cards import beside, outside_world, ready, serving_bot, somebody
from tests.journeys.watching import asked, buttons, in_three_days, posts, says_card, texted, whispers
from tests.ports import free_port
from tests.processes.operator import at_the_terminal

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
    said = await at_the_terminal(folder, "audit", "export", SANDBOX_URL=url, PUBLIC_URL=url)
    assert said.returncode == 0
    return [entry for entry in map(json.loads, said.stdout.splitlines()) if entry["what"] == what]


async def test_an_approver_sees_it_for_a_minute_and_the_team_hears_of_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        card = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        assert buttons(card) == {"opened", "reveal", "number", "change", "withdraw", "send_to_guest"}
        await made.stand_still()
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
        reported = await made.post_with("<@U_BEN> looked at the PIN: Cleo lost her phone (•••)")
        assert reported["thread_ts"] == card["ts"]
        (entry,) = await audit(tmp_path, made, "revealed")
        assert (entry["actor"], entry["facts"]) == ("U_BEN", {"why": "Cleo lost her phone (•••)"})

        await made.move("PT50S")
        await made.quiet()
        assert grouped(pin) in words_of((await modals(made, "U_BEN"))[-1])
        await made.move("PT11S")
        hidden = await says_modal(made, "U_BEN", "the PIN is hidden again")
        assert pin not in hidden.replace(" ", "")
        assert pin not in str(await modals(made, "U_BEN")).replace(" ", "")


async def test_by_its_word_and_by_nobody_else(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        card = await says_card(made, "Cleo", "PIN texted, not heard of yet")
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


async def test_the_rules_name_who_may(tmp_path: Path) -> None:
    text = """
may_reveal = ["S_APPROVERS"]

[[rule]]
locks = ["Front door"]
may_reveal = ["requester"]

[[rule]]
locks = ["Garden gate"]
may_reveal = ["U_MALLORY"]
"""
    async with people(tmp_path, POLICY_FILE=rules(tmp_path, text)) as made:
        front = await texted(made, "Cleo", PHONE, "now for 40h")
        await asked(made, "garden-gate for Dora +33639985678 now for 40h")
        await made.press("U_BEN", await made.post_with("Dora at Garden gate: to decide"), "approve")
        await made.post_with("Dora at Garden gate: PIN texted")
        assert "You are not among those who may see this PIN" in await made.says("U_BEN", "reveal Cleo")
        assert await made.says("U_ADA", "reveal Cleo") == ""
        assert grouped(front) in await looked(made, "U_ADA", "she stands beside me without her phone")
        assert "You are not among" in await made.says("U_ADA", "reveal Dora")
        assert "No stay of yours" in await made.says("U_MALLORY", "reveal Cleo")
        assert "No stay of yours" in await made.says("U_MALLORY", "show Dora")
        assert await made.says("U_MALLORY", "reveal Dora") == ""
        (garden,) = await made.until("Dora is texted", lambda: made.pins("+33639985678"))
        assert grouped(garden) in await looked(made, "U_MALLORY", "I open for the plumber")
        await asked(made, "cabin for Eve +33639984321 now for 30h")
        await made.press("U_BEN", await made.post_with("Eve at Cabin: to decide"), "approve")
        await made.post_with("Eve at Cabin: PIN texted")
        assert await made.says("U_BEN", "reveal Eve") == ""


async def test_what_opens_nothing_is_not_shown_and_what_still_opens_is(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"cabin for Dora +33639985678 {await in_three_days(made)}")
        assert "nobody has approved it yet" in await made.says("U_BEN", "reveal Dora")
        await made.press("U_BEN", await made.post_with("Dora at Cabin: to decide"), "approve")
        card = await says_card(made, "Dora", "approved, PIN not made yet")
        assert "reveal" not in buttons(card)
        assert "its PIN is not made yet" in await made.says("U_BEN", "reveal Dora")

        first = await texted(made, "Cleo", PHONE, "now for 40h")
        before = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        assert await made.says("U_BEN", "reveal Cleo") == ""
        await made.move("PT25H")
        assert "reveal" in buttons(await says_card(made, "Cleo", "not heard of, may still open"))

        await made.press("U_BEN", before, "replace")

        async def newer() -> list[str]:
            return [p for p in await made.pins(PHONE) if p != first]

        second = (await made.until("Cleo is texted the new PIN", newer))[-1]
        await made.withdraws("U_ADA", "Cleo")
        shown = await says_card(made, "Cleo", "withdrawn, still opens until its end")
        await made.press("U_BEN", shown, "reveal")
        said = await looked(made, "U_BEN", "to delete it at the lock")
        assert grouped(second) in said
        assert "It was withdrawn, but it still opens Front door until" in said
        await made.press("U_BEN", shown, "deleted")
        assert (await Form(made, "U_BEN").submit(who="Nora"))["ok"]
        card = await says_card(made, "Cleo", "deleted at the lock; an earlier PIN may still open")
        assert "deleted at the lock and opens nothing any more" in await made.says("U_BEN", "reveal Cleo")
        await made.press("U_BEN", card, "reveal.1")
        assert grouped(first) in await looked(made, "U_BEN", "to delete that one, too")


async def test_a_repeated_delivery_and_a_closed_window(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        assert await made.says("U_BEN", "reveal Cleo") == ""
        done = await made.post("/sandbox/slack/submit", user="U_BEN", values={"why": "no phone"}, retry=2)
        assert (done["ok"], done["retries"]) == (True, [200, 200])
        await made.post_with("looked at the PIN: no phone")
        await made.quiet()
        assert sum("looked at the PIN" in m["text"] for m in await posts(made)) == 1
        assert len(await audit(tmp_path, made, "revealed")) == 1
        await made.post("/sandbox/slack/close", user="U_BEN")
        await made.move("PT61S")
        await made.quiet()
        (hidden,) = await audit(tmp_path, made, "hidden")
        assert (hidden["actor"], hidden["facts"]) == ("clock", {"person": "U_BEN"})
        assert b"Traceback" not in (tmp_path / "log").read_bytes()


async def test_it_is_hidden_though_slack_stumbles(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        assert await made.says("U_BEN", "reveal Cleo") == ""
        assert grouped(pin) in await looked(made, "U_BEN", "no phone")
        bad = {"provider": "slack", "rate": 1.0, "path": "/views.update", "count": 1}
        for fault in ("http_429", "reset"):
            await made.post("/sandbox/faults", **bad, fault=fault)
        await made.move("PT61S")
        await says_modal(made, "U_BEN", "the PIN is hidden again")


async def test_over_the_socket_too(tmp_path: Path) -> None:
    async with people(tmp_path, SLACK_APP_TOKEN="xapp-sandbox") as made:
        await made.has_socket()
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        card = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await made.press("U_BEN", card, "reveal")
        assert grouped(pin) in await looked(made, "U_BEN", "no phone")
        await made.move("PT61S")
        await says_modal(made, "U_BEN", "the PIN is hidden again")
        calls = [c["method"] for c in (await made.get("/sandbox/traffic"))["traffic"] if c["vendor"] == "slack"]
        assert calls.count("SOCKET") >= 4


async def test_a_process_that_dies_in_between_hides_it_after_its_next_start(tmp_path: Path) -> None:
    environment = beside(tmp_path, free_port(), free_port())
    with outside_world(environment):
        async with somebody(environment) as made:
            with (tmp_path / "log").open("ab") as out:
                bot = Forked(["serve"], cwd=ROOT, env=environment, out=out.fileno())
            try:
                await ready(made)
                pin = await texted(made, "Cleo", PHONE, "now for 40h")
                assert await made.says("U_BEN", "reveal Cleo") == ""
                assert grouped(pin) in await looked(made, "U_BEN", "no phone")
            finally:
                bot.kill()
                await ended(bot)
            await made.move("PT5M")
            await made.quiet()
            assert grouped(pin) in words_of((await modals(made, "U_BEN"))[-1])
            async with serving_bot(environment, tmp_path / "log"):
                await says_modal(made, "U_BEN", "the PIN is hidden again")
                assert pin not in str(await modals(made, "U_BEN")).replace(" ", "")
