"""The Home tab: mine, to decide, arriving today, PINs in danger, the doors; drawn when it is opened, and on Refresh."""

from pathlib import Path
from typing import Any

from tests.journeys.forms import Form, buttons_of, words_of
from tests.journeys.living_demo import People, people

PHONE = "+33639981234"


async def home_of(made: People, user: str) -> dict[str, Any]:
    """The tab as this person sees it on opening it."""
    assert (await made.post("/sandbox/slack/home", user=user))["ok"]
    return await shown(made, user)


async def shown(made: People, user: str) -> dict[str, Any]:
    found: dict[str, Any] = (await made.get(f"/sandbox/slack/views/{user}"))["home"]
    return found


async def press(made: People, user: str, label: str) -> str:
    """Presses a button of the tab; what the tab says then."""
    view = await shown(made, user)
    found = next(b for b in buttons_of(view) if b["text"]["text"] == label)
    body = {"user": user, "view_id": view["id"], "action_id": found["action_id"], "value": found["value"]}
    assert (await made.post("/sandbox/slack/click", **body))["ok"]
    return words_of(await shown(made, user))


async def test_everybody_sees_their_own_and_the_doors(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        words = words_of(await home_of(made, "U_ADA"))
        assert "You have asked for no PIN yet." in words
        assert "*Front door*, Paris time (UTC+" in words
        assert ": 0 of 199 PINs held.\nBattery 86 %. No bridge." in words
        assert "To decide" not in words
        await press(made, "U_ADA", "Ask for a PIN")
        assert "Choose the door" in await Form(made, "U_ADA").words()
        await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 40h")
        assert "*Cleo* at *Front door*: to decide" in await press(made, "U_ADA", "Refresh")
        assert "Cleo" not in words_of(await home_of(made, "U_MALLORY"))


async def test_an_approver_decides_there_and_sees_danger(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 40h")
        words = words_of(await home_of(made, "U_BEN"))
        assert "*Cleo* at *Front door*, asked by <@U_ADA>" in words
        assert "Must be used before" in words
        said = await press(made, "U_BEN", "Approve")
        assert "Nothing waits for a decision." in said

        async def texted() -> list[str]:
            return await made.pins(PHONE)

        pin = (await made.until("Cleo is texted a PIN", texted))[-1]

        async def arrived() -> bool:
            return "PIN texted, not heard of yet" in await press(made, "U_BEN", "Refresh")

        await made.until("the tab shows the text", arrived)
        said = words_of(await shown(made, "U_BEN"))
        assert "No PIN is in danger." in said
        assert "1 of 199 PINs held." in said
        await made.move("PT13H")
        said = words_of(await home_of(made, "U_BEN"))
        assert "it opens nothing any more" in said
        assert "Not heard of yet." in words_of(await home_of(made, "U_ADA"))
        assert "Not heard of yet." not in words_of(await home_of(made, "U_MALLORY"))
        for user in ("U_BEN", "U_ADA"):
            everything = str(await shown(made, user)).replace(" ", "")
            assert pin not in everything
            assert PHONE not in everything
        await made.post(f"/sandbox/phones/{PHONE}", body="IN")
        await made.post_with("Cleo at Front door: in")
        assert "No PIN is in danger." in words_of(await home_of(made, "U_BEN"))


async def test_a_text_that_did_not_arrive_is_a_danger(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.post("/sandbox/faults", provider="twilio", fault="undelivered", rate=1.0)
        await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 10h")
        await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")

        async def reported() -> bool:
            return "The text with the PIN did not arrive" in words_of(await home_of(made, "U_ADA"))

        await made.until("the tab tells of it", reported)


async def test_denying_there_asks_for_a_reason(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 40h")
        await home_of(made, "U_BEN")
        await press(made, "U_BEN", "Deny")
        assert (await Form(made, "U_BEN").submit(reason="The house is full"))["ok"]
        await made.post_with("Cleo at Front door: denied")
        await made.says("U_ADA", f"front-door for Ana {PHONE} now for 40h")
        await home_of(made, "U_BEN")
        await made.press("U_BEN", await made.post_with("Ana at Front door: to decide"), "deny")
        await Form(made, "U_BEN").submit()
        assert "already denied" in await press(made, "U_BEN", "Approve")
