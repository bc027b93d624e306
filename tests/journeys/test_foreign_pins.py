"""Somebody uses the lock's own app: the provider says "full" although our ledger had a place."""

from datetime import timedelta
from pathlib import Path

from tests.journeys.living_demo import People, people
from tests.journeys.watching import buttons, says_card, thread

PHONE = "+33639981234"
HEADERS = {"authorization": "Bearer seam_test_nightporter"}


async def fill_this_hour(made: People) -> None:
    """Three PINs at the front door that start in this hour, made behind our back."""
    door = next(d for d in (await made.get("/sandbox/doors"))["doors"] if d["name"] == "Front door")
    start = (await made.now()).replace(minute=0, second=0, microsecond=0)
    for number in range(3):
        body = {
            "device_id": door["device_id"],
            "name": f"by hand {number}",
            "is_offline_access_code": True,
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=30 + number)).isoformat(),
        }
        answer = await made.http.post("/sandbox/seam/access_codes/create", json=body, headers=HEADERS)
        assert answer.status_code == 200, answer.text


async def test_the_ledger_learns_and_offers_the_next_slot(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await fill_this_hour(made)
        assert "Asked for a PIN" in await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 30h")
        await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")
        failed = await made.post_with("No PIN could be made for Cleo")
        assert "The lock takes only 3 PINs that start in the same hour" in failed["text"]
        card = await says_card(made, "Cleo", "no PIN could be made")
        assert buttons(card) == {"replace", "number", "change", "send_to_guest"}
        assert "No PIN could be made" in (await thread(made, card, 2))[-1]
        button = next(b for block in failed["blocks"] if block["type"] == "actions" for b in block["elements"])
        assert button["text"]["text"].startswith("Make it ")

        refused = await made.says("U_ADA", "front-door for Finn +33639985678 now for 20h")
        assert "The lock takes only 3 PINs that start in the same hour" in refused
        assert "This would work:" in refused

        await made.press("U_BEN", failed, "replace")

        async def texted() -> list[str]:
            return await made.pins(PHONE)

        assert await made.until("Cleo is texted a PIN", texted)
        codes = (await made.get("/sandbox/seam-codes"))["codes"]
        assert len([c for c in codes if c["name"].startswith("NP-")]) == 1
