"""What tired people type behind `/pin`, through Slack's door: numbers in doubt, times to come, commands misspelt."""

from datetime import UTC, datetime
from pathlib import Path

from tests.journeys.forms import Form
from tests.journeys.living_demo import people
from tests.journeys.watching import card, texted

PHONE = "+33639981234"


async def test_commands_are_read_like_asks(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        whole = await made.says("U_ADA", "list")
        assert "Cleo" in whole
        for typed in ("List.", "“list”", "list\u00a0", "\u200blist", "\tlist", "status", "/pin list"):
            assert await made.says("U_ADA", typed) == whole, typed
        shown = await made.says("U_ADA", "show Cleo")
        for typed in (
            "show “Cleo”",
            "show\u00a0Cleo",
            "Show: Cleo!",
            "status Cleo",
            "find Mr. Cleo",
            "please show cleo",
        ):
            assert await made.says("U_ADA", typed) == shown, typed
        for typed in ("help!", "HELP?", "hilfe", "help\u200b"):
            assert "hands out door PINs" in await made.says("U_ADA", typed), typed
        for typed, meant in (
            ("lsit", "list"),
            ("witdraw Cleo", "withdraw Cleo"),
            ("open front door", "unlock front door"),
            ("cancel Cleo +33 6 39 98 12 35 front door fri - sun", "withdraw Cleo"),
        ):
            assert f"Did you mean `/pin {meant}`?" in await made.says("U_ADA", typed), typed
        assert await made.says("U_ADA", "list") == whole


async def test_a_national_number_is_read_and_said_back(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        said = await made.says("U_ADA", "front-door for Mr. Ana 06 12 34 56 78 fri 3pm - sun 11am")
        assert "Asked for a PIN for *Ana* at *Front door*" in said
        assert "it was read as one of France" in said
        assert "+33•••78" in (await card(made, "Ana"))["text"] + str((await card(made, "Ana"))["blocks"])
        assert await made.says("U_ADA", "garden-gate 06 12 34 56 79 fri 3pm - sun 11am") == ""
        form = Form(made, "U_ADA")
        assert (await form.typed())["phone"] == "+33612345679", "with its country, to be seen"
        assert (await form.submit(guest="Bea", phone="06 12 34 56 79"))["ok"]
        assert "it was read as one of France" in await form.words()


async def test_a_landline_is_told_before_the_request_stands_and_taken_by_whoever_knows_better(tmp_path: Path) -> None:
    line = "front-door for Ana +44 20 7946 0958 fri 3pm - sun 11am"
    async with people(tmp_path) as made:
        assert await made.says("U_ADA", line) == ""
        form = Form(made, "U_ADA")
        assert "That is a landline number" in str(await form.view())
        assert "asked for no PIN yet" in await made.says("U_ADA", "list")
        assert (await form.submit())["ok"]
        assert "Ana" in await made.says("U_ADA", "list")
        said = await made.says("U_ADA", line.replace("Ana", "Bea") + " all the same")
        assert "Asked for a PIN for *Bea*" in said


async def test_once_and_a_time_to_come(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        said = await made.says("U_ADA", f"loft once for Ana {PHONE} tomorrow 9am")
        assert "Asked for a PIN for *Ana*" in said
        assert "opens once" in str((await card(made, "Ana"))["blocks"]).lower().replace("one-time", "opens once")
        for typed in ("in 3 days", "in an hour", "until sunday", "dans une heure"):
            assert await made.says("U_ADA", f"loft for Bea {PHONE} {typed}") == "", typed
            assert "until when" in str(await Form(made, "U_ADA").view()).lower().replace("from when,", "until when"), (
                typed
            )
        assert "Bea at" not in await made.says("U_ADA", "list")


async def test_another_year_and_a_long_stay_are_said(tmp_path: Path) -> None:
    """The demo's clock is moved to the next 10 December, so that January is another year."""
    async with people(tmp_path) as made:
        now = datetime.now(UTC)
        year = now.year + (now > datetime(now.year, 12, 9, tzinfo=UTC))
        await made.post("/sandbox/clock", to=f"{year}-12-10T09:00:00+00:00")
        said = await made.says("U_ADA", f"loft for Ana {PHONE} 30 dec 3pm - 20 jan 11am")
        assert f"30 Dec {year} 15:00 - " in said
        assert f"20 Jan {year + 1} 11:00" in said
        assert "(20 days 20 hours)" in said
        shown = str((await card(made, "Ana"))["blocks"])
        assert f"20 Jan {year + 1}" in shown
        assert "20 days 20 hours" in shown
        another = PHONE.replace("1234", "1235")
        assert f"4 Jan {year + 1} 15:00 - 18:00" in await made.says(
            "U_ADA", f"garden-gate for Bea {another} 4 jan 3pm for 3h"
        )
        assert f"4 Jan {year + 1}" in str((await card(made, "Bea"))["blocks"])
        assert f"4 Jan {year + 1}" in await made.says("U_ADA", "list")
        soon = await made.says("U_ADA", "cabin for Cleo +447700900123 fri 3pm - sun 11am")
        assert "Asked for a PIN" in soon
        assert f"Dec {year}" not in soon
