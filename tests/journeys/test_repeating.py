"""A wish that repeats, over HTTP: asked for in a line, decided once, a PIN for each visit shortly before it."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.living_demo import People, people
from tests.journeys.test_reply_words import answered
from tests.journeys.watching import buttons, posts, says_card, texts

PHONE = "+33639981234"


async def texted(made: People, count: int) -> list[str]:
    """The PINs on the phone, once there are so many; and no more come of what is due."""

    async def look() -> Any:
        found = await made.pins(PHONE)
        return found if len(found) >= count else None

    await made.until(f"{count} PINs", look)
    await made.quiet()
    found: list[str] = await made.pins(PHONE)
    assert len(found) == count
    return found


async def at_half_past_nine(made: People, day: datetime) -> None:
    """At the door, where the visits begin at nine."""
    moment = datetime.combine(day.date(), time(9, 30), ZoneInfo("Europe/Paris"))
    await made.move(f"PT{int((moment - await made.now()).total_seconds())}S")


async def test_a_pin_for_each_visit_until_all_are_withdrawn(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        first = await made.now() + timedelta(days=2)
        days = ",".join(f"{first + timedelta(days=n):%a}".lower() for n in (0, 2, 4))
        last = first + timedelta(days=11)
        line = f"front-door for Maria {PHONE} every {days} 9-13"
        assert "Until when does it repeat?" in await made.says("U_ADA", line)
        message = await made.post("/sandbox/slack/talk", user="U_ADA", channel="C_FRONTDESK", text=line)
        use = {"user": "U_ADA", "callback_id": "pin_from_message", "message_ts": message["ts"]}
        assert (await made.post("/sandbox/slack/shortcut", **use))["ok"]
        assert "What repeats is asked for in one line" in str(await made.get("/sandbox/slack/views/U_ADA"))
        await made.post("/sandbox/slack/close", user="U_ADA", all=True)
        said = await made.says("U_ADA", f"{line} until {last:%Y-%m-%d}")
        assert said.startswith("Asked for a PIN for *Maria*"), said
        assert "09:00 - 13:00, 6 visits until" in said
        shown = await says_card(made, "Maria", "to decide")
        assert "6 visits until" in str(shown["blocks"])
        assert buttons(shown) == {"approve", "deny"}
        assert (await made.post("/sandbox/slack/home", user="U_BEN"))["ok"]
        home = (await made.get("/sandbox/slack/views/U_BEN"))["home"]
        assert "6 visits until" in str(home)
        assert "the first of several visits" in await made.says("U_BEN", "approvals")
        await made.press("U_BEN", shown, "approve")
        await says_card(made, "Maria", "approved, PIN not made yet")
        await made.post_with("Maria gets a PIN by text before each visit", "D_U_ADA")
        await made.quiet()
        assert await made.pins(PHONE) == []
        await made.move("PT24H")
        (one,) = await texted(made, 1)
        assert "PIN 1 of 6 for Front door" in (await texts(made, PHONE))[-1]
        assert "The next PIN comes by text." in (await texts(made, PHONE))[-1]
        await at_half_past_nine(made, first)
        doors = (await made.get("/sandbox/doors"))["doors"]
        door = next(door["device_id"] for door in doors if door["name"] == "Front door")
        assert (await made.post(f"/sandbox/doors/{door}/keypad", pin=one))["opened"]
        assert "Good to know you are in" in await answered(made, "in")
        await says_card(made, "Maria", "in")
        await made.move("PT30H")
        two = (await texted(made, 2))[-1]
        assert one != two
        assert "PIN 2 of 6 for Front door" in (await texts(made, PHONE))[-1]
        assert len([post for post in await posts(made) if post["text"].startswith("Maria at ")]) == 2
        listed = (await made.says("U_ADA", "list")).split("\n")
        assert [", visit 2: PIN texted" in each for each in listed if "*Maria*" in each] == [True]
        assert "Visit 2 of what repeats every" in await made.says("U_ADA", "show Maria")
        question = await made.asked_back("U_ADA", "withdraw Maria")
        assert buttons(question) == {"withdraw_yes", "withdraw_series"}
        said = await made.answers("U_ADA", question, "withdraw_series")
        assert said.startswith("Withdrawn: Maria, Front door, all visits to come (5)."), said
        assert "A PIN cannot be taken back" in said

        async def cancelled() -> list[str]:
            return [text for text in await texts(made, PHONE) if "cancelled" in text]

        await made.until("the guest hears of it", cancelled)
        await made.move("P12D")
        assert (await texted(made, 2))[-1] == two
        assert len(await cancelled()) == 2
        assert "all visits to come" not in await made.says("U_ADA", "withdraw Maria")


async def test_of_what_nobody_approved_in_time_there_is_nothing_to_withdraw(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        first = await made.now() + timedelta(days=2)
        said = await made.says("U_ADA", f"front-door for Maria {PHONE} every {first:%a} 9-13 for 3 weeks")
        assert "3 visits until" in said
        await says_card(made, "Maria", "to decide")
        await made.move("P3D")
        await says_card(made, "Maria", "lapsed")
        said = await made.says("U_ADA", "withdraw Maria")
        assert said.startswith("There is nothing left to withdraw here: it was not decided in time."), said
        assert await texts(made, PHONE) == []
