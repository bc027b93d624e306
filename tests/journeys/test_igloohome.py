"""The whole of it without Seam: `LOCK_PROVIDER=igloohome`, from the command to the door, over HTTP."""

from pathlib import Path

from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import people
from tests.journeys.test_from_afar import door
from tests.journeys.watching import says_card, texted

PHONE = "+33639981234"


async def test_a_stay_and_the_bridge(tmp_path: Path) -> None:
    async with people(tmp_path, LOCK_PROVIDER="igloohome") as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        front = (await door(made, "Front door"))["device_id"]
        assert (await made.post(f"/sandbox/doors/{front}/keypad", pin=pin))["opened"]
        issued = (await made.get("/sandbox/igloohome-pins"))["codes"]
        assert [one["kind"] for one in issued] == ["hourly"]
        assert (await made.get("/sandbox/seam-codes"))["codes"] == [], "Seam is not asked for anything"
        await made.post(f"/sandbox/phones/{PHONE}", body="IN")
        await says_card(made, "Cleo", "in")

        assert await made.says("U_BEN", "unlock loft") == ""
        assert (await made.post("/sandbox/slack/submit", user="U_BEN", values={}))["ok"]
        await made.post_with("Loft is unlocked.", "D_U_BEN")
        await made.post("/sandbox/slack/close", user="U_BEN")

        form = await opened(made, "U_BEN", "online loft")
        await form.press("Make one")
        assert (await form.submit(online_who="Plumber", online_digits="5170", online_when="now for 3h"))["ok"]
        await made.post_with("The online PIN for Plumber opens Loft", "D_U_BEN")
        loft = (await door(made))["device_id"]
        assert (await made.post(f"/sandbox/doors/{loft}/keypad", pin="5170"))["opened"]

        said = await made.says("U_BEN", "connect")
        assert said.startswith("There is nothing to connect: the operator's keys are the account.")


async def test_a_lost_answer_makes_no_second_pin(tmp_path: Path) -> None:
    async with people(tmp_path, LOCK_PROVIDER="igloohome", VENDOR_TIMEOUT_SECONDS="0.7") as made:
        fault = {"provider": "igloohome", "fault": "timeout_after_commit", "path": "/devices", "count": 2}
        await made.post("/sandbox/faults", **fault)
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        (issued,) = (await made.get("/sandbox/igloohome-pins"))["codes"]
        assert issued["code"] == pin
        assert issued["times"] > 1


async def test_what_was_deleted_at_the_lock_is_nobody_elses_pin(tmp_path: Path) -> None:
    """The same window in the same slot would be the same digits, which this lock has been told to forget."""
    async with people(tmp_path, LOCK_PROVIDER="igloohome") as made:
        pins = []
        front = (await door(made, "Front door"))["device_id"]
        for guest, phone in (("Cleo", PHONE), ("Dora", "+33639985678"), ("Finn", "+33639985679")):
            pins.append(await texted(made, guest, phone, "now for 40h"))
            assert (await made.post(f"/sandbox/doors/{front}/keypad", pin=pins[-1]))["opened"], guest
            if guest != "Finn":
                await made.withdraws("U_BEN", guest)
                await made.press("U_BEN", await says_card(made, guest, "still opens"), "deleted")
                assert (await Form(made, "U_BEN").submit(who="Nora"))["ok"]
                await says_card(made, guest, "deleted")
        assert len(set(pins)) == 3
        said = await made.says("U_ADA", "front-door for Gus +33639985680 now for 40h")
        assert "is full" in said, "three digits in an hour are all that there are, whatever was deleted"
