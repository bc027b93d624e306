"""`/pin unlock` and `/pin lock` over HTTP: the question, the door that opens, the message that says so, each no."""

from pathlib import Path
from typing import Any

from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people


async def door(made: People, name: str = "Loft") -> dict[str, Any]:
    found: dict[str, Any] = next(d for d in (await made.get("/sandbox/doors"))["doors"] if d["name"] == name)
    return found


async def test_the_door_opens_and_the_one_who_asked_is_told(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        assert await made.says("U_BEN", "unlock loft") == ""
        form = Form(made, "U_BEN")
        assert "Unlock *Loft* now?" in await form.words()
        assert (await door(made))["open"] is False, "nothing happens before the question is answered"
        assert (await form.submit())["ok"]
        assert "Unlocking Loft." in await form.words()

        async def opens() -> bool:
            return bool((await door(made))["open"])

        await made.until("the door opens", opens, 5)
        await made.post_with("Loft is unlocked. It locks itself again after a moment.", "D_U_BEN")
        assert await made.says("U_BEN", "lock the loft") == ""
        assert (await Form(made, "U_BEN").submit())["ok"]
        await made.post_with("Loft is locked.", "D_U_BEN")
        assert await made.says("U_MALLORY", "unlock loft") == ("You cannot unlock doors from Slack. Ask an approver.")
        assert (await made.says("U_BEN", "unlock front-door")).startswith("Front door has no bridge")
        which = "Which door? Write it like /pin unlock front-door."
        for words in ("unlock", "unlock front-door or loft", "unlock not loft but front-door"):
            assert await made.says("U_BEN", words) == which


async def test_a_bridge_that_is_offline_and_a_vendor_that_does_not_answer(tmp_path: Path) -> None:
    async with people(tmp_path, VENDOR_TIMEOUT_SECONDS="0.7") as made:
        loft = (await door(made))["device_id"]
        key = {"Authorization": "Bearer seam_test_nightporter"}
        gone = await made.http.post(
            "/sandbox/seam/devices/simulate/disconnect_from_hub", json={"device_id": loft}, headers=key
        )
        assert gone.status_code == 200, gone.text
        await made.says("U_BEN", "unlock loft")
        assert (await Form(made, "U_BEN").submit())["ok"]
        await made.post_with("Loft was NOT unlocked. Its bridge is offline.", "D_U_BEN")
        await made.http.post("/sandbox/seam/devices/simulate/connect_to_hub", json={"device_id": loft}, headers=key)
        fault = {"provider": "seam", "fault": "timeout_after_commit", "path": "/locks/unlock_door", "count": 1}
        await made.post("/sandbox/faults", **fault)
        await made.says("U_BEN", "unlock loft")
        assert (await Form(made, "U_BEN").submit())["ok"]
        await made.post_with("Nobody knows whether Loft was unlocked: its bridge did not say.", "D_U_BEN")
        seen = (await made.get("/sandbox/traffic"))["traffic"]
        orders = [t for t in seen if t["path"].endswith("/locks/unlock_door")]
        assert len(orders) == 2, "one for each order"
