"""Showing a guest's number to staff who have to call: to whoever may see the PIN, alone, with a reason, for a minute,
and in no channel, thread, form or log."""

from pathlib import Path

from tests.journeys.forms import Form, words_of
from tests.journeys.living_demo import People, people
from tests.journeys.test_no_pin_anywhere import ever, now_shown
from tests.journeys.test_reveal import audit, looked, modals, says_modal
from tests.journeys.watching import asked, buttons, in_three_days, posts, says_card, texted, whispers

PHONE = "+33639981234"
SHOWN = "+33 6 39 98 12 34"


async def places(made: People) -> set[str]:
    """Where the number can be read now, in whatever grouping."""
    shown = await now_shown(made)
    return {place for place, what in shown.items() if "39981234" in what.replace(" ", "")}


async def test_an_approver_reads_it_for_a_minute_and_nobody_else_does(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        card = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await made.stand_still()
        await made.press("U_BEN", card, "number")
        form = Form(made, "U_BEN")
        assert "Cleo at Front door" in await form.words()
        assert "Please say why" in (await form.submit(why=" "))["errors"]["why"]
        shown = await looked(made, "U_BEN", f"she does not answer {PHONE}")
        for part in (SHOWN, "Cleo", "Front door", "English", "Only you see this", "You said why: she does not answer"):
            assert part in shown
        assert await places(made) == {"modals of U_BEN"}
        reported = await made.post_with("<@U_BEN> looked at the guest's number: she does not answer •••")
        assert reported["thread_ts"] == card["ts"]
        (entry,) = await audit(tmp_path, made, "revealed")
        assert (entry["actor"], entry["facts"]) == ("U_BEN", {"why": "she does not answer •••", "of": "number"})
        await made.move("PT61S")
        await says_modal(made, "U_BEN", "the number is hidden again")
        assert await places(made) == set()
        assert await ever(made, "39981234") == ["answer to interactive"], "but for the one look, Slack never heard it"
        assert b"39981234" not in (tmp_path / "log").read_bytes()


async def test_by_its_word_for_a_stay_without_a_pin_and_for_a_withdrawn_one(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made)}")
        assert "nobody has approved it yet" in await made.says("U_BEN", "number cleo")
        await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")
        card = await says_card(made, "Cleo", "approved, PIN not made yet")
        assert "number" not in buttons(card)
        assert "No stay of yours is called" in await made.says("U_MALLORY", "number cleo")
        assert "not among those who may see this guest's number" in await made.says("U_ADA", "number cleo")
        assert await made.says("U_BEN", "number Cleo") == ""
        assert SHOWN in await looked(made, "U_BEN", "is she on her way?")
        await made.post("/sandbox/slack/close", user="U_BEN")

        await texted(made, "Dora", "+33639985678", "now for 40h")
        await made.withdraws("U_ADA", "dora")
        shown = await says_card(made, "Dora", "withdrawn, still opens until its end")
        await made.press("U_MALLORY", shown, "number")
        assert (await whispers(made, "U_MALLORY"))[-1].startswith("You are not among those who may see this guest's")
        assert await modals(made, "U_MALLORY") == []
        await made.press("U_BEN", shown, "number")
        assert "+33 6 39 98 56 78" in await looked(made, "U_BEN", "to ask her not to come")
        assert not [m for m in await posts(made) if "39985678" in m["text"].replace(" ", "")]
        refused = await audit(tmp_path, made, "reveal_refused")
        assert {(e["actor"], e["facts"]["because"]) for e in refused} == {
            ("U_BEN", "nobody_to_call"),
            ("U_MALLORY", "unknown_stay"),
            ("U_MALLORY", "may_not_reveal"),
            ("U_ADA", "may_not_reveal"),
        }
        assert {e["facts"].get("of") for e in refused} == {"number"}


async def test_delivered_twice_it_is_one_look_and_slack_may_stumble(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        assert await made.says("U_BEN", "number Cleo") == ""
        done = await made.post("/sandbox/slack/submit", user="U_BEN", values={"why": "to call"}, retry=2)
        assert (done["ok"], done["retries"]) == (True, [200, 200])
        await made.post_with("looked at the guest's number: to call")
        assert SHOWN in words_of((await modals(made, "U_BEN"))[-1])
        assert len(await audit(tmp_path, made, "revealed")) == 1
        bad = {"provider": "slack", "rate": 1.0, "path": "/views.update", "count": 1}
        for fault in ("http_429", "reset"):
            await made.post("/sandbox/faults", **bad, fault=fault)
        await made.move("PT61S")
        await says_modal(made, "U_BEN", "the number is hidden again")
        assert await places(made) == set()
