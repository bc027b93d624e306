"""One stay of several PINs, over HTTP: doors that begin together, and a new PIN for every 24 hours. One request, one
card, one decision, one thread; and of each PIN every screen says what its door does with it."""

import re
from datetime import timedelta
from pathlib import Path

from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import People, people
from tests.journeys.test_reply_words import answered
from tests.journeys.watching import asked, buttons, card, says_card, texts, whispers

PHONE, OTHER = "+33639981234", "+33639985678"
_LINE = re.compile(r"^(.+): (\d{3} \d{3} \d{3})$", re.MULTILINE)


async def text_with(made: People, words: str, phone: str = PHONE) -> str:
    """The newest text that says this."""

    async def look() -> list[str]:
        return [text for text in await texts(made, phone) if words in text]

    return str((await made.until(words, look))[-1])


async def door(made: People, name: str, pin: str) -> bool:
    doors = {one["name"]: one["device_id"] for one in (await made.get("/sandbox/doors"))["doors"]}
    return bool((await made.post(f"/sandbox/doors/{doors[name]}/keypad", pin=pin.replace(" ", "")))["opened"])


def pins_of(text: str) -> dict[str, str]:
    return dict(_LINE.findall(text))


async def window(made: People, hours: int, ahead: int = 2) -> str:
    first = await made.now() + timedelta(hours=ahead)
    return f"{first:%Y-%m-%d %H:00} - {first + timedelta(hours=hours):%Y-%m-%d %H:00}"


async def test_two_doors_are_one_request_one_decision_and_one_text(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        said = await made.says("U_ADA", f"front-door + garden gate for Cleo {PHONE} {await window(made, 40)}")
        assert "Asked for a PIN for *Cleo* at *Front door and Garden gate*" in said
        assert "Each door has a PIN of its own, and one text lists them all." in said
        shown = await says_card(made, "Cleo", "to decide")
        assert shown["text"].startswith("Cleo at Front door and Garden gate: to decide")
        await made.press("U_BEN", shown, "approve")
        text = await text_with(made, "your PINs:")
        pins = pins_of(text)
        assert sorted(pins) == ["Front door", "Garden gate"]
        assert "newest" not in text.lower()
        assert "Forget" not in text
        await made.quiet()
        assert [t for t in await texts(made, PHONE) if "PIN" in t] == [text], "one text, not one for each door"
        posted = await made.post_with("Cleo has been texted the PIN", "D_U_ADA")
        assert "Front door and Garden gate" in posted["text"]
        direct = (await made.get("/sandbox/slack/channels/D_U_ADA"))["messages"]
        assert sum("has been texted the PIN" in message["text"] for message in direct) == 1
        await made.move("PT3H")
        assert await door(made, "Front door", pins["Front door"])
        assert not await door(made, "Garden gate", pins["Front door"])
        assert "Which door do you mean? 1 Front door, 2 Garden gate" in await answered(made, "in")
        assert "Good to know you are in. Front door" in await answered(made, "1")
        shown = await says_card(made, "Cleo", "in / PIN texted, not heard of yet")
        assert {"opened", "reveal", "withdraw"} <= buttons(shown)
        assert "It opened: Garden gate" in str(shown["blocks"])
        # The PIN once more: both doors, in one text.
        assert pins_of(await answered(made, "pin")) == pins

        await made.press("U_ADA", shown, "withdraw")
        shown = await says_card(made, "Cleo", "withdrawn, still opens until its end")
        assert "2 PINs of this stay cannot be taken back" in (await whispers(made, "U_ADA"))[-1]
        assert "your stay at Front door + Garden gate from" in await text_with(made, "is cancelled")
        await made.quiet()
        assert len([t for t in await texts(made, PHONE) if "is cancelled" in t]) == 1
        assert await door(made, "Garden gate", pins["Garden gate"])
        assert str(shown["blocks"]).count("Deleted at the lock: ") == 2


async def test_a_door_that_says_no_undoes_the_whole(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        stay = await window(made, 40, ahead=80)
        for number in range(3):
            await asked(made, f"garden-gate for Guest{number} +3363998111{number} {stay}")
            await made.press("U_BEN", await made.post_with(f"Guest{number} at Garden gate: to decide"), "approve")
            await says_card(made, f"Guest{number}", "approved, PIN not made yet")
        said = await made.says("U_ADA", f"front-door and garden gate for Cleo {PHONE} {stay}")
        assert said.startswith("Garden gate: ")
        assert "only 3 PINs that start in the same hour" in said
        assert "You have not" not in await made.says("U_ADA", "list")
        assert "Cleo" not in await made.says("U_ADA", "list")


async def test_doors_on_other_clocks_and_too_many_doors(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        doors = [lock["name"] for lock in (await made.get("/sandbox/doors"))["doors"]]
        lines = await made.says("U_ADA", "locks")
        paris = [name for name in doors if f"*{name}* (Paris" in lines]
        elsewhere = [name for name in doors if name not in paris]
        assert elsewhere, lines
        said = await made.says("U_ADA", f"{paris[0]} + {elsewhere[0]} for Cleo {PHONE} now for 40h")
        assert said.startswith("These doors are not on the same clock."), said
        said = await made.says("U_ADA", f"{' + '.join(doors[:4])} for Cleo {PHONE} now for 40h")
        assert said.startswith("One request holds at most 3 doors."), said


async def chain(made: People, hours: int) -> Form:
    form: Form = await opened(made, "U_ADA")
    first = await made.now() + timedelta(hours=2)
    last = first + timedelta(hours=hours)
    await form.pick("lock", "Front door", guest="Dora", phone=OTHER)
    for field, value in (
        ("from_date", f"{first:%Y-%m-%d}"),
        ("from_time", f"{first:%H:00}"),
        ("to_date", f"{last:%Y-%m-%d}"),
        ("to_time", f"{last:%H:00}"),
    ):
        await form.pick(field, value)
    await form.press("Take 3 PINs one after the other")
    return form


async def test_a_new_pin_every_day_is_one_request_and_each_comes_shortly_before(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        form = await chain(made, 60)
        assert (await form.submit())["ok"]
        assert "3 PINs, one after the other" in await form.words()
        shown = await says_card(made, "Dora", "to decide")
        messages = (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
        assert sum("Dora at Front door: " in m["text"] and not m.get("thread_ts") for m in messages) == 1
        assert "Must be used before" not in shown["text"]
        await made.press("U_BEN", shown, "approve")
        first = await text_with(made, "PIN 1 of 3 for Front door", OTHER)
        assert "The next PIN comes by text." in first
        await made.quiet()
        assert not [t for t in await texts(made, OTHER) if "PIN 2 of 3" in t]
        await made.move("PT23H")
        assert not [t for t in await texts(made, OTHER) if "PIN 2 of 3" in t], "not a day before"
        await made.move("PT1H30M")
        second = await text_with(made, "PIN 2 of 3 for Front door", OTHER)
        pins = [re.findall(r"^\d{3} \d{3} \d{3}$", text, re.M)[0] for text in (first, second)]
        assert await door(made, "Front door", pins[0])
        assert not await door(made, "Front door", pins[1]), "it does not open yet, and its text says from when"
        await says_card(made, "Dora", "PIN texted, not heard of yet, PIN 1 of 3")
        await made.move("PT2H")
        assert not await door(made, "Front door", pins[0])
        assert await door(made, "Front door", pins[1])
        await says_card(made, "Dora", "PIN 2 of 3")
        assert "Good to know you are in" in await answered(made, "in", OTHER)
        await made.move("PT24H")
        third = await text_with(made, "PIN 3 of 3 for Front door", OTHER)
        assert "The next PIN" not in third


async def test_three_doors_on_arrival_are_made_when_the_guest_is_there(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        stay = await window(made, 60)
        said = await made.says("U_ADA", f"front-door, garden gate for Cleo {PHONE} {stay} on arrival")
        assert "Front door and Garden gate" in said
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        text = await text_with(made, "reply HERE when you stand at the door")
        assert len([t for t in await texts(made, PHONE) if "reply HERE" in t]) == 1, text
        await made.move("PT20H")
        await answered(made, "here")
        pins = pins_of(await text_with(made, "your PINs:"))
        assert await door(made, "Front door", pins["Front door"])
        assert await door(made, "Garden gate", pins["Garden gate"])


async def test_one_of_two_doors_is_late_and_replaced_by_itself(tmp_path: Path) -> None:
    """The other door's PIN is untouched, and nobody is told to forget it."""
    async with people(tmp_path) as made:
        await made.says("U_ADA", f"front-door + garden gate for Cleo {PHONE} {await window(made, 60)}")
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        pins = pins_of(await text_with(made, "your PINs:"))
        await made.move("PT4H")
        assert await door(made, "Front door", pins["Front door"])
        await answered(made, "in")
        await answered(made, "1")
        await made.move("PT24H")
        await says_card(made, "Cleo", "in / not heard of, may still open")
        await made.quiet()
        shown = await card(made, "Cleo")
        await made.press("U_BEN", shown, "replace")
        text = await text_with(made, "Forget the PIN sent before.")
        assert "PIN for Garden gate" in text
        assert "Front door" not in text
        shown = await says_card(made, "Cleo", "in / PIN texted, not heard of yet")
        assert await door(made, "Front door", pins["Front door"])
        assert "PIN number 2 opens Garden gate until" in shown["text"]
