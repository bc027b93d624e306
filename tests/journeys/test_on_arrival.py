"""A PIN on arrival, over HTTP: asked for in a line and in the form, approved, told of, made when the guest is there."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import People, people
from tests.journeys.test_reply_words import answered
from tests.journeys.test_talking import pressed
from tests.journeys.watching import buttons, says_card, texts

PHONE, OTHER = "+33639981234", "+33639985678"


async def told_of_here(made: People, phone: str) -> None:
    async def look() -> Any:
        return [text for text in await texts(made, phone) if "reply HERE when you stand at the door" in text]

    await made.until("the guest is told to text HERE", look)


async def test_the_guest_texts_here(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        first = (await made.now()) + timedelta(hours=2)
        window = f"{first:%Y-%m-%d %H:00} - {first + timedelta(hours=60):%Y-%m-%d %H:00}"
        said = await made.says("U_ADA", f"front-door for Cleo {PHONE} {window} on arrival")
        assert said.startswith("Asked for a PIN"), said
        assert "The PIN is made on arrival: Cleo texts HERE at the door" in said
        shown = await says_card(made, "Cleo", "to decide")
        assert "none exists before" in str(shown["blocks"])
        await made.press("U_BEN", shown, "approve")
        shown = await says_card(made, "Cleo", "approved, PIN on arrival")
        assert {"guest_is_here", "withdraw", "send_to_guest"} <= buttons(shown)
        assert "reveal" not in buttons(shown)
        await made.post_with("gets the PIN on arrival, by texting HERE", "D_U_ADA")
        await told_of_here(made, PHONE)
        assert "You are early" in await answered(made, "here")
        assert "only while the stay lasts" in await pressed(made, "U_BEN", shown, "guest_is_here")
        assert (await made.get("/sandbox/seam-codes"))["codes"] == []
        await made.move("PT32H")
        assert await made.pins(PHONE) == []
        assert "Your PIN for Front door is being made" in await answered(made, "Here!")

        async def texted() -> list[str]:
            return await made.pins(PHONE)

        (pin,) = await made.until("the PIN", texted)
        doors = (await made.get("/sandbox/doors"))["doors"]
        door = next(door["device_id"] for door in doors if door["name"] == "Front door")
        assert (await made.post(f"/sandbox/doors/{door}/keypad", pin=pin))["opened"]
        assert "Good to know you are in" in await answered(made, "in")
        await says_card(made, "Cleo", "in")


async def test_asked_for_in_the_form_and_staff_see_the_guest(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form: Form = await opened(made, "U_ADA")
        first = await made.now()
        await form.pick("lock", "Front door", guest="Dora", phone=OTHER)
        for field, value in (
            ("from_date", f"{first:%Y-%m-%d}"),
            ("from_time", f"{first + timedelta(hours=3):%H:00}"),
            ("to_date", f"{first + timedelta(days=3):%Y-%m-%d}"),
            ("to_time", "11:00"),
        ):
            await form.pick(field, value)
        words = await form.press("Take a PIN on arrival")
        assert "when the guest is there" in str(words or await form.words())
        assert (await form.submit())["ok"]
        await made.press("U_BEN", await says_card(made, "Dora", "to decide"), "approve")
        shown = await says_card(made, "Dora", "approved, PIN on arrival")
        await told_of_here(made, OTHER)
        await made.move("PT9H")
        assert "A PIN that starts in this hour is being made" in await pressed(made, "U_ADA", shown, "guest_is_here")
        assert "no second PIN is made" in await pressed(made, "U_BEN", shown, "guest_is_here", behind=True)

        async def texted() -> list[str]:
            return await made.pins(OTHER)

        assert len(await made.until("the PIN", texted)) == 1
        await says_card(made, "Dora", "PIN texted, not heard of yet")
