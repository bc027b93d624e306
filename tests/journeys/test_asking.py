"""The form behind `/pin`: it answers while it is filled in, and what it offers is taken in one click."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import People, people

PHONE = "+33639981234"
PARIS = ZoneInfo("Europe/Paris")


async def in_days(made: People, days: int) -> datetime:
    """That day at midnight in Paris."""
    return (await made.now()).astimezone(PARIS).replace(hour=0, minute=0) + timedelta(days=days)


async def filled(made: People, form: Form, days: int = 2, start: str = "15:20", stop: str = "11:00") -> str:
    """Picks the front door and a stay in three days' time; what the form says in the end."""
    first = await in_days(made, 3)
    await form.pick("lock", "Front door", guest="Cleo", phone="+33 6 39 98 12 34")
    await form.pick("from_date", f"{first:%Y-%m-%d}")
    await form.pick("from_time", start)
    await form.pick("to_date", f"{first + timedelta(days=days):%Y-%m-%d}")
    return await form.pick("to_time", stop)


async def test_the_form_answers_while_it_is_filled_in(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form = await opened(made, "U_ADA")
        assert "Choose the door and the times" in await form.words()
        said = await form.pick("lock", "Front door", guest="Cleo")
        assert "From, time (Paris time (UTC+" in said
        assert "Choose the times" in said
        first = await in_days(made, 3)
        said = await filled(made, form)
        assert "a PIN that opens as often as needed, for 44 hours" in said
        assert f"15:00 - {first + timedelta(days=2):%a} " in said, "granted, rounded outwards"
        assert "15:20" in said, "asked"
        assert "*Must be used before*" in said
        assert "3 of 3 PINs left that start in this hour" in said
        assert "199 of 199 PINs left at this lock" in said
        assert "whole hours only" in said
        assert (await form.typed())["guest"] == "Cleo"
        assert (await form.typed())["phone"] == "+33 6 39 98 12 34"
        longer = await form.pick("to_date", f"{first + timedelta(days=60):%Y-%m-%d}")
        assert "PINs left that start on this day" in longer
        assert "a PIN that opens as often as needed, for 60 days" in longer
        reported = await form.submit()
        assert reported["ok"], reported
        assert "Asked for a PIN for *Cleo*" in await form.words()
        await made.post_with("Cleo at Front door: to decide")


async def test_other_ways_are_taken_in_one_click(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form = await opened(made, "U_ADA")
        said = await filled(made, form)
        assert "each for 24 hours at most" in said
        said = await form.press("2 PINs one after the other")
        assert "The lock gives 2 PINs, one after the other." in said
        assert (await form.typed())["kind"] == "A new PIN for every 24 hours"
        assert (await form.typed())["guest"] == "Cleo"
        assert "a PIN that opens as often as needed" in await form.press("Take one PIN for the stay")
        assert (await form.typed())["kind"] == "One PIN for the stay"
        first = await in_days(made, 3)
        said = await form.pick("to_date", f"{first + timedelta(days=1):%Y-%m-%d}")
        said = await form.press("Take a one-time PIN")
        assert "5 of 5 one-time PINs left that start in this hour" in said
        assert "a one-time PIN needs no end" in said
        assert (await form.submit())["ok"]
        card = await made.post_with("Cleo at Front door: to decide")
        assert "PIN: opens once" in card["text"]


async def test_a_chain_is_one_request(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form = await opened(made, "U_ADA")
        await filled(made, form)
        await form.pick("kind", "chain")
        assert (await form.submit())["ok"]
        said = await form.words()
        assert said.count("Asked for a PIN for *Cleo*") == 1
        assert "2 PINs, one after the other" in said
        assert (await made.says("U_ADA", "list")).count("to decide") == 1


async def test_a_refusal_stands_at_its_field_and_its_offers_are_buttons(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form = await opened(made, "U_ADA")
        said = await filled(made, form, days=28, start="15:00", stop="21:00")
        assert "takes up to 28 days, or 29 days and more" in said
        assert "two PINs one after the other" in said
        reported = await form.submit()
        field, words = next(iter(reported["errors"].items()))
        assert field.startswith("to_date")
        assert "takes up to 28 days" in words
        last = await in_days(made, 31)
        said = await form.press(f"- {last:%a} {last.day} ")
        assert "a PIN that opens as often as needed, for 28 days" in said
        assert (await form.typed())["to_time"] == "15:00"
        assert (await form.typed())["guest"] == "Cleo"
        reported = await form.submit(phone="not a number")
        assert list(reported["errors"]) == ["phone"]
        reported = await form.submit(phone="not +33639981235 but +33639981234")
        assert list(reported["errors"]) == ["phone"]
        assert (await form.submit(phone="+33 6 39 98 12 34"))["ok"]


async def test_a_full_hour_is_shown_before_anybody_asks(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        first = await in_days(made, 3)
        for n, guest in enumerate(("Ana", "Cleo", "Dora")):
            words = f"front-door for {guest} +3363998120{n} {first:%Y-%m-%d} 15:00 - {first:%Y-%m-%d} 18:00"
            reported = await made.says("U_ADA", words)
            assert "Asked for a PIN" in reported, reported
            await made.press("U_BEN", await made.post_with(f"{guest} at Front door: to decide"), "approve")
        form = await opened(made, "U_ADA")
        said = await filled(made, form, start="15:00")
        assert "is full" in said
        assert "16:00" in said
        reported = await form.submit()
        assert next(iter(reported["errors"])).startswith("from_time")
        said = await form.press(f"Take {first:%a} {first.day} {first:%b} 16:00")
        assert "3 of 3 PINs left that start in this hour" in said
        assert (await form.submit())["ok"]


async def test_a_near_name_is_asked_about_with_the_form_filled_in(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form = await opened(made, "U_ADA", f"fornt-door for Cleo {PHONE} tomorrow 3pm for 30h")
        said = await form.words()
        assert "Did you mean Front door?" in said
        assert "a PIN that opens as often as needed, for 30 hours" in said
        typed = await form.typed()
        assert (typed["lock"], typed["guest"], typed["from_time"]) == ("Front door", "Cleo", "15:00")
        assert (await form.submit())["ok"]


SLIPS = {"from_date": "9999-12-30", "from_time": "00:30", "to_date": "9999-12-31", "to_time": "23:30"}


async def test_a_slip_in_the_year_is_asked_about_in_every_form(tmp_path: Path) -> None:
    """At the end of the calendar there is no next hour to round to, and no zone to show it in."""
    async with people(tmp_path) as made:

        async def refused(user: str) -> None:
            for slip in (SLIPS, SLIPS | {"from_date": "0001-01-01"}):
                form = Form(made, user)
                await form.pick("from_date", slip["from_date"])
                said = await form.submit(**slip)
                assert "A day and a time are needed here." in str(said.get("errors")), said
            await made.post("/sandbox/slack/close", user=user, all=True)

        assert await made.says("U_ADA", "front-door for Ana +33639981235") == ""
        await refused("U_ADA")
        await made.says("U_ADA", "front-door for Cleo +33639981234 now for 60h")
        waits = await made.post_with("Cleo at Front door: to decide")
        await made.press("U_BEN", waits, "amend")
        await refused("U_BEN")
        await made.press("U_BEN", waits, "approve")
        await made.post_with("Cleo at Front door: PIN")
        assert await made.says("U_ADA", "change Cleo") == ""
        await refused("U_ADA")


async def test_the_night_in_which_clocks_change_is_said(tmp_path: Path) -> None:
    """In the answer, on the card and in the form alike."""
    crossing = "it starts in Paris time (UTC+1), ends in Paris time (UTC+2) and lasts 23 hours."
    async with people(tmp_path) as made:
        await made.post("/sandbox/clock", to="2027-03-27T18:00:00+01:00")
        assert crossing in await made.says("U_ADA", f"front-door for Cleo {PHONE} sat 20:00 - sun 20:00")
        assert crossing in (await made.post_with("Cleo at Front door: to decide"))["text"]
        form = await opened(made, "U_ADA", "front-door for Ana sat 20:00 - sun 20:00")
        assert crossing in await form.words()
        await made.post("/sandbox/slack/close", user="U_ADA")
        said = await made.says("U_ADA", "front-door for Dora +33639981235 sun 2:30 - sun 6:00")
        assert "The clocks skip a time you gave; it was moved forward by as much as they are." in said
        for line in (
            "sun 2am - sun 3am",
            "sun 2:30 - sun 3:15",
            "tomorrow 2:00 - 3:00",
            "28 march 2:00 - 28 march 3:00",
        ):
            said = await made.says("U_ADA", f"loft for Eve +33639981236 {line}")
            assert said.startswith("The end has to come after the start (Sun 28 Mar 03:"), said
            assert "The clocks are put forward that night" in said
