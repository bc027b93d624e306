"""What a guest's words bring about, over HTTP: the answer on the phone, the card in the channel, the buttons on it."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.living_demo import People, people
from tests.journeys.test_talking import guest_texts, pressed
from tests.journeys.test_withdraw import opens as door_opens
from tests.journeys.watching import buttons, card, posts, says_card, texted, texts, whispers

PHONE, OTHER = "+33639981234", "+33639985678"
PARIS = ZoneInfo("Europe/Paris")


async def answered(made: People, words: str, phone: str = PHONE) -> str:
    """Texts it, and reads the very next text on the phone."""
    before = len(await texts(made, phone))
    await guest_texts(made, words, phone)

    async def look() -> Any:
        return (await texts(made, phone))[before:]

    found: list[str] = await made.until(f"an answer to {words}", look)
    return found[0]


async def test_stuck_twice_brings_a_person_with_everything_known(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        assert "without that last key nothing happens" in await answered(made, "Stuck!! 😡")
        assert "Our team has been alerted" in await answered(made, "it doesn't open")
        called = await made.post_with("Cleo cannot open the door: Front door")
        said = called["text"]
        assert "PIN text: delivered" in said
        assert "Nothing says that this PIN was used." in said
        assert "Battery" in said
        assert "+33•••34" in said
        assert PHONE not in said
        assert pin not in str(await posts(made))
        assert {"opened", "send_to_guest"} <= buttons(called)
        assert await pressed(made, "U_BEN", called, "opened") == "Thank you: it opened. The reminders stop."
        assert "PIN" in await answered(made, "pin")
        root = (await card(made, "Cleo"))["ts"]

        async def in_thread() -> bool:
            return any("it doesn't open" in m["text"] for m in await posts(made) if m.get("thread_ts") == root)

        await made.until("the guest's words stand in the stay's thread", in_thread, 20)


async def test_late_is_decided_in_chat_and_told_by_text(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        first = await texted(made, "Cleo", PHONE, "now for 80h")
        assert "LATE 22:00" in await answered(made, "I'm late")
        wanted = ((await made.now()) + timedelta(hours=30)).astimezone(PARIS).replace(minute=0)
        assert "We have asked the team" in await answered(made, f"LATE {wanted:%Y-%m-%d %H:%M}")
        asked = await made.post_with("Cleo wants to come later: Front door")
        assert {"late_yes", "late_no", "send_to_guest"} <= buttons(asked)
        assert "Only an approver" in await pressed(made, "U_MALLORY", asked, "late_yes")
        reported = await pressed(made, "U_BEN", asked, "late_yes")
        assert reported.startswith("Cleo may come later: a new PIN is on its way for "), reported
        assert "Your click changed nothing" in await pressed(made, "U_BEN", asked, "late_no", behind=True)

        async def agreed() -> bool:
            return any(text.startswith("You can come later: Front door") for text in await texts(made, PHONE))

        async def newer() -> list[str]:
            return [p for p in await made.pins(PHONE) if p != first]

        await made.until("Cleo is told", agreed)
        await made.move("PT7H")
        await made.until("the new PIN", newer)

        await texted(made, "Dora", OTHER, "now for 80h")
        assert "We have asked" in await answered(made, f"LATE {wanted + timedelta(hours=9):%Y-%m-%d %H:%M}", OTHER)
        asked = await made.post_with("Dora wants to come later")
        assert await pressed(made, "U_BEN", asked, "late_no") == "Dora is told that the stay remains as it was."

        async def refused() -> bool:
            return any("Sorry, you cannot come later" in text for text in await texts(made, OTHER))

        await made.until("Dora is told", refused)


async def test_two_stays_and_a_number(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        answer = await made.says("U_ADA", f"cabin for Cleo {PHONE} now for 30h")
        assert answer.startswith("Asked for a PIN"), answer
        await made.press("U_BEN", await made.post_with("Cleo at Cabin: to decide"), "approve")

        async def both() -> bool:
            return len(set(await made.pins(PHONE))) == 2

        await made.until("both PINs", both)
        asked = await answered(made, "In")
        assert asked.startswith("Which door do you mean? 1 ")
        number = "1" if "1 Cabin" in asked else "2"
        assert "Cabin opens with the same PIN" in await answered(made, number)


async def test_a_keypad_that_locks_itself(tmp_path: Path) -> None:
    """The loft's bridge tells of wrong PINs: the thread says so, and the guest is told to wait."""
    async with people(tmp_path) as made:
        answer = await made.says("U_ADA", f"loft for Cleo {PHONE} now for 30h")
        assert answer.startswith("Asked for a PIN"), answer
        await made.press("U_BEN", await made.post_with("Cleo at Loft: to decide"), "approve")

        async def texted_it() -> list[str]:
            return await made.pins(PHONE)

        await made.until("the PIN", texted_it)
        doors = (await made.get("/sandbox/doors"))["doors"]
        loft = next(door["device_id"] for door in doors if door["name"] == "Loft")
        for _ in range(5):
            assert not (await made.post(f"/sandbox/doors/{loft}/keypad", pin="123456789"))["opened"]
        await made.post_with("the keypad locks itself for a while")
        assert "Do not touch it for 5 minutes" in await answered(made, "STUCK")


async def test_a_keypad_that_takes_nothing_brings_another_pin_at_one_click(tmp_path: Path) -> None:
    """The one before opens as it did: it is on the card, can be shown and deleted, and the guest is told to forget it.
    One who is in and stuck is helped the same way."""
    async with people(tmp_path) as made:
        first = await texted(made, "Cleo", PHONE, "now for 40h")
        await answered(made, "stuck")
        await answered(made, "STUCK")
        called = await made.post_with("Cleo cannot open the door: Front door")
        assert {"opened", "another", "send_to_guest"} <= buttons(called)
        await made.press("U_MALLORY", called, "another")
        assert (await whispers(made, "U_MALLORY"))[-1].startswith("Only an approver"), "authority first"
        await made.press("U_BEN", called, "another")

        async def second() -> list[str]:
            return [text for text in await texts(made, PHONE) if "Forget the PIN sent before." in text]

        (text,) = await made.until("another PIN", second)
        shown = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        assert "PIN number 1 still opens Front door until" in shown["text"]
        assert {"reveal.1", "deleted.1"} <= buttons(shown)
        assert await door_opens(made, first)
        pins = await made.pins(PHONE)
        assert len(set(pins)) == 2
        assert pins[-1] != first
        assert await door_opens(made, pins[-1])
        await made.press("U_BEN", await made.post_with("Cleo cannot open the door"), "another", behind=True)
        assert "already replaced" in (await whispers(made, "U_BEN"))[-1]
        # In, and stuck again: by the command this time, which says what it costs.
        await answered(made, "in")
        await says_card(made, "Cleo", "in")
        said = await made.says("U_ADA", "replace cleo")
        assert "The one before opens until" in said
        assert "unless somebody deletes it at the lock" in said
        assert text
