"""The morning message, seen through the real doors with the clock moved to the morning."""

from pathlib import Path
from typing import Any

from tests.journeys.living_demo import People, people
from tests.journeys.test_delivery import outcomes
from tests.journeys.watching import asked, posts

EVERY_DAY = {"MORNING_MESSAGE": "09:00"}


async def comes(made: People, moment: str) -> None:
    """On the clock in Paris, in December."""
    await made.post("/sandbox/clock", to=f"{moment}+01:00")
    await made.quiet()


async def mornings(made: People) -> list[dict[str, Any]]:
    return [m for m in await posts(made) if m["text"].startswith("Tomorrow")]


async def test_each_morning_the_channel_reads_who_arrives_tomorrow(tmp_path: Path) -> None:
    async with people(tmp_path, **EVERY_DAY) as made:
        await outcomes(made, 30007, phone="+33639980002")
        for guest, phone, starts in (
            ("Rea", "+33639980001", "2026-12-03 07:00"),
            ("Ula", "+33639980002", "2026-12-03 08:00"),
            ("Liv", "+33639980003", "2026-12-03 17:00"),
            ("Zoe", "+33639980004", "2026-12-04 15:00"),
        ):
            await asked(made, f"front-door for {guest} {phone} {starts} for 20h")
            await made.press("U_BEN", await made.post_with(f"{guest} at Front door: to decide"), "approve")
        await asked(made, "garden gate for Tom 2026-12-03 12:00 for 4h +33639980005")
        await comes(made, "2026-12-02T08:30:00")
        await made.post_with("A text did not reach Ula")
        await made.until("she is texted her PIN", lambda: made.pins("+33639980001"))
        assert await mornings(made) == []

        await comes(made, "2026-12-02T09:00:00")
        said = (await made.post_with("Tomorrow, Thu 3 Dec: 4 arrivals, 2 need somebody"))["text"].splitlines()
        assert said[1] == "1 ready, 1 to be texted later, 1 to decide, 1 undelivered."
        assert said[2].startswith("Ula at Front door, Thu 3 Dec 08:00: the text did not arrive (")
        assert said[3].startswith("Tom at Garden gate, Thu 3 Dec 12:00: nobody has decided yet (")
        assert (await made.pins("+33639980001"))[0] not in "".join(said).replace(" ", "")
        assert "+336" not in "".join(said)
        short = said[2].rpartition("(")[2].rstrip(")")
        assert "Ula at Front door" in await made.says("U_BEN", f"show {short}")

        await comes(made, "2026-12-02T11:00:00")
        await made.quiet(4)
        assert len(await mornings(made)) == 1
        await comes(made, "2026-12-03T12:30:00")
        await made.quiet(4)
        assert len(await mornings(made)) == 1, "too late for it"


async def test_where_nobody_arrives_and_nothing_is_wrong_nothing_is_said(tmp_path: Path) -> None:
    async with people(tmp_path, **EVERY_DAY) as made:
        await asked(made, "front-door for Zoe +33639980004 2026-12-06 15:00 for 20h")
        await made.press("U_BEN", await made.post_with("Zoe at Front door: to decide"), "approve")
        await comes(made, "2026-12-03T09:00:00")
        await made.quiet(4)
        assert await mornings(made) == []
        await comes(made, "2026-12-05T10:00:00")
        await made.post_with("Tomorrow, Sun 6 Dec: 1 arrival")
