"""Seam cannot make the PIN for hours: people hear of it before the guest stands at the door, and no minutes are
promised that nobody can keep."""

from pathlib import Path

import pytest

from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, says_card, texts

PHONE = "+33639981234"


async def approved(made: People, words: str) -> None:
    await asked(made, f"front-door for Cleo {PHONE} {words}")
    await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")
    await says_card(made, "Cleo", "PIN is being made")


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "http_500"},
        {"fault": "http_429", "retry_after": 3_000},
        {"fault": "http_401"},
        {"fault": "timeout_before"},
        {"fault": "reset"},
    ],
    ids=lambda fault: str(fault["fault"]),
)
async def test_people_hear_of_it_and_the_guest_is_given_to_them(tmp_path: Path, fault: dict[str, object]) -> None:
    async with people(tmp_path) as made:
        broken = {"provider": "seam", "path": "/access_codes", "rate": 1.0, **fault}
        await made.post("/sandbox/faults", **broken)
        await approved(made, "now for 40h")
        if fault["fault"] != "http_401":  # of a wrong key at once: no waiting mends it
            await made.quiet()
            await made.move("PT16M")
        for channel in ("C_APPROVALS", "D_U_ADA"):
            notice = await (
                made.post_with("No PIN yet: Cleo", channel) if channel else made.post_with("No PIN yet: Cleo")
            )
            assert "We go on trying, and text it once it exists." in notice["text"]
        await made.post(f"/sandbox/phones/{PHONE}", body="HERE")
        await made.post_with("Cleo asks for the PIN")
        assert not [text for text in await texts(made, PHONE) if "in a few minutes" in text]
        assert (await made.get("/sandbox/seam-codes"))["codes"] == []
        await made.http.delete("/sandbox/faults")
        if fault["fault"] not in ("http_429", "http_401"):
            return  # what may have gone through is looked up after a minute of the machine's time: test_bad_days
        await made.move("PT11M")

        async def texted() -> list[str]:
            return await made.pins(PHONE)

        assert len(await made.until("it is made and texted once Seam is back", texted)) == 1
