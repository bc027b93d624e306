"""Words of tired and frightened people that no test named before, over HTTP: what harm they could do is not done."""

import asyncio
from pathlib import Path

from tests.journeys.living_demo import people
from tests.journeys.test_talking import guest_texts
from tests.journeys.test_withdraw import short_id
from tests.journeys.test_words_of_guests import PHONE, answered
from tests.journeys.watching import card, says_card, texted, texts


async def test_two_meanings_are_a_call_about_the_door_and_distress_is_an_alert(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        assert "without that last key nothing happens" in await answered(made, "We're in. It won't open")
        assert "not heard of" in (await card(made, "Cleo"))["text"], "no evidence"
        assert "Reply" in await answered(made, 'yeah right "it opens"')
        assert "Our team has been alerted" in await answered(made, "Someone broke in, please come")
        await made.post_with("Cleo calls for help: Front door")


async def test_a_signed_stop_is_an_opt_out(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await guest_texts(made, "Stop\nJohn Doe", PHONE)
        await made.post_with("Cleo has opted out of our texts")


async def test_a_slip_of_a_day_is_asked_about_and_nobody_is_let_in_now(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.ready()
        for day in ("tomorow", "vrijdag", "weekend", "last friday"):
            assert await made.says("U_ADA", f"front-door for Cleo {day} {PHONE} for 2 hours") == ""
            view = (await made.get("/sandbox/slack/views/U_ADA"))["modals"][-1]
            assert "Cleo" in str(view), day
        assert await texts(made, PHONE) == []


async def test_a_stay_is_withdrawn_by_however_it_is_called(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        name = short_id(await card(made, "Cleo"))
        for words in (
            "cancel the pin for Cleo",
            f"withdraw “{name}”",
            f"kill {name.lower()}!",
            "- withdraw Cleo's code",
        ):
            assert "Cleo" in (await made.asked_back("U_ADA", words))["text"], words
        assert "withdraw_yes" in str(question := await made.asked_back("U_ADA", f"withdraw ({name})"))
        many = ("list", "status", "withdraw Cleo", "list all", f"show {name}", "locks", "cancel Cleo")
        shown = await asyncio.gather(*(made.says("U_ADA", each) for each in many))
        assert all(shown)
        assert "not heard of" in (await card(made, "Cleo"))["text"], "none of these withdraws"
        assert "still opens" in await made.answers("U_ADA", question, "withdraw_yes")
        await says_card(made, "Cleo", "withdrawn, still opens until its end")


async def test_a_door_is_not_opened_now_for_a_line_that_says_later(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.ready()
        for words in ("unlock front door at 5pm", "open the front door", "don't unlock front door", "unlock all doors"):
            said = await made.says("U_BEN", words)
            assert "unlocked" not in said.casefold(), said
