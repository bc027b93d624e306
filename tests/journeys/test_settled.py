"""Notices that asked the team for something: once there is an answer, wherever it came from, nothing is left on them to
press in vain, and they say what came of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.living_demo import People, people
from tests.journeys.watching import buttons, posts, says_card, texted

CLEO, DORA = "+33639981234", "+33639985678"
PARIS = ZoneInfo("Europe/Paris")


async def settled(made: People, notice: dict[str, Any], words: str) -> dict[str, Any]:
    """The notice once it says so; nothing else is posted in its place."""

    async def look() -> Any:
        same = [m for m in await posts(made) if m["ts"] == notice["ts"]]
        return same[0] if words in same[0]["text"] else None

    found: dict[str, Any] = await made.until(words, look, 20)
    assert found["text"].splitlines()[0] == notice["text"].splitlines()[0]
    return found


async def test_a_danger_that_is_over_has_nothing_to_press(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", CLEO, "now for 40h")
        await texted(made, "Dora", DORA, "now for 40h")
        await made.move("PT21H")
        cleo, dora = await made.post_with("PIN in danger: Cleo"), await made.post_with("PIN in danger: Dora")
        assert buttons(cleo) == buttons(dora) == {"have_it", "opened"}
        await made.press("U_BEN", await says_card(made, "Cleo", "PIN texted, not heard of yet"), "opened")
        after = await settled(made, cleo, "Done: the PIN was used.")
        assert buttons(after) == set()
        assert "Not heard of yet" not in after["text"]
        await made.move("PT4H")
        after = await settled(made, dora, "Not heard of in time: the stay's card says what that means.")
        assert buttons(after) == set()


async def test_a_missed_pin_is_replaced_from_its_card(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", CLEO, "now for 40h")
        await made.move("PT25H")
        missed = await made.post_with("Not heard of: Cleo")
        assert buttons(missed) == {"have_it", "opened", "replace"}
        await made.press("U_BEN", await says_card(made, "Cleo", "not heard of, may still open"), "replace")
        after = await settled(made, missed, "Done: a new PIN takes its place.")
        assert buttons(after) == set()
        assert "If nobody used it" not in after["text"], "what it would have asked is gone"


async def test_a_later_arrival_that_is_decided_can_still_be_answered(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        wanted = (await made.now() + timedelta(hours=30)).astimezone(PARIS).replace(minute=0)
        for guest, phone, pressed, words in (
            ("Cleo", CLEO, "late_no", "Decided by <@U_BEN>: it stays as it was."),
            ("Dora", DORA, "late_yes", "Decided by <@U_BEN>: they may come later, with a new PIN."),
        ):
            await texted(made, guest, phone, "now for 80h")
            await made.post(f"/sandbox/phones/{phone}", body=f"LATE {wanted:%Y-%m-%d %H:%M}")
            asked = await made.post_with(f"{guest} wants to come later")
            assert buttons(asked) == {"late_yes", "late_no", "send_to_guest"}
            await made.press("U_BEN", asked, pressed)
            after = await settled(made, asked, words)
            assert buttons(after) == {"send_to_guest"}
            assert "If you agree" not in after["text"]
            assert "They would come" in after["text"]
