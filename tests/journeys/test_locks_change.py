"""What becomes of the locks themselves, seen through the real doors: their clocks, and whether they are there."""

from pathlib import Path

from tests.journeys.every_listener import gone_from_the_account
from tests.journeys.forms import Form
from tests.journeys.living_demo import people
from tests.processes.operator import at_the_terminal


async def test_a_zone_of_its_own_and_the_stays_keep_their_hours(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        url = str(made.http.base_url).rstrip("/")
        with_sandbox = {"SANDBOX_URL": url, "PUBLIC_URL": url}
        await made.says("U_ADA", "front-door for Ana +33 6 39 98 12 34 sat 15:00 for 20h")
        card = await made.post_with("Ana at Front door")
        await made.press("U_BEN", card, "approve")
        await made.post_with("approved")
        refused = await at_the_terminal(tmp_path, "locks", "set", "front-door", "--zone", "Lisbon", **with_sandbox)
        assert (refused.returncode, refused.stderr.strip()) == (
            2,
            '--zone: "Lisbon" is no zone. Did you mean Europe/Lisbon?',
        )
        done = await at_the_terminal(tmp_path, "locks", "set", "front-door", "--zone", "europe/lisbon", **with_sandbox)
        assert "The clock at Front door goes by Europe/Lisbon. Stays keep their hours on it." in done.stdout
        shown = await made.says("U_ADA", "show Ana")
        assert "15:00" in shown
        assert "Lisbon time" in shown

        async def listed() -> bool:
            return "Front door* (Lisbon time" in await made.says("U_ADA", "locks")

        await made.until("the list of locks, which is kept for two seconds", listed)


async def test_a_lock_that_is_gone_and_its_stays_move_in_one_step(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.says("U_ADA", "front-door for Ana +33 6 39 98 12 34 sat 15:00 for 20h")
        await made.press("U_BEN", await made.post_with("Ana at Front door"), "approve")
        await made.post_with("approved")
        notice = await gone_from_the_account(made, "front-door", "Front door")
        assert "Ana, " in notice["text"]

        async def listed() -> bool:
            return "GONE from its provider" in await made.says("U_ADA", "locks")

        await made.until("the list of locks, which is kept for two seconds", listed)
        await made.press("U_BEN", notice, "move_stays")
        moved = await Form(made, "U_BEN").submit(move_to="Garden gate")
        assert moved["ok"]
        await made.post_with("Ana at Garden gate")
        shown = await made.says("U_ADA", "show Ana")
        assert "Garden gate" in shown
        assert "15:00" in shown
        await made.post_with("Done: no stay hangs on it any more.")
