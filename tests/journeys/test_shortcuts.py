"""Shortcuts: the form from anywhere, and filled with what a message says; and the app's other events."""

from pathlib import Path

from tests.journeys.forms import Form
from tests.journeys.living_demo import people


async def test_the_form_from_anywhere(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        assert (await made.post("/sandbox/slack/shortcut", user="U_ADA", callback_id="ask_for_pin"))["ok"]
        assert "Choose the door and the times" in await Form(made, "U_ADA").words()


async def test_a_pin_from_a_message(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        talk = "Front door for Cleo, +33 6 39 98 12 34, tomorrow 3pm for 30h"
        said = await made.post("/sandbox/slack/talk", user="U_MALLORY", channel="C_FRONTDESK", text=talk)
        use = {"user": "U_ADA", "callback_id": "pin_from_message", "message_ts": said["ts"], "channel": "C_FRONTDESK"}
        assert (await made.post("/sandbox/slack/shortcut", **use))["ok"]
        form = Form(made, "U_ADA")
        typed = await form.typed()
        assert (typed["lock"], typed["guest"], typed["from_time"]) == ("Front door", "Cleo", "15:00")
        assert typed["phone"] == "+33639981234"
        assert "a PIN that opens as often as needed, for 30 hours" in await form.words()
        assert (await form.submit())["ok"]
        assert "Asked by: <@U_ADA>" in (await made.post_with("Cleo at Front door: to decide"))["text"]


async def test_a_message_that_says_little_opens_the_form_all_the_same(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        for talk in ("ok", "x" * 3000, "Could someone let the plumber in? " * 60, "fornt door please"):
            said = await made.post("/sandbox/slack/talk", user="U_ADA", channel="C_FRONTDESK", text=talk)
            use = {"user": "U_ADA", "callback_id": "pin_from_message", "message_ts": said["ts"]}
            assert (await made.post("/sandbox/slack/shortcut", **use))["ok"]
            words = await Form(made, "U_ADA").words()
            await made.post("/sandbox/slack/close", user="U_ADA")
        assert "Did you mean Front door?" in words
