"""Whatever needs a person has an owner: from the fault up the ladder, to "I have it" or to what solves it."""

import re
from pathlib import Path
from typing import Any

from tests.journeys.alarmed import answered, changed, direct, headings, no_pin_for, press_in, vendor_is_back
from tests.journeys.forms import buttons_of
from tests.journeys.living_demo import People, people
from tests.journeys.watching import buttons, posts, texts

EVA, FINN, NIGHT = "+447700900123", "+447700900124", "+447700900125"
POLICY = """
on_call = "+44 7700 900125"

[[sms_approver]]
name = "Eva"
phone = "+44 7700 900123"

[[sms_approver]]
name = "Finn"
phone = "+44 7700 900124"
locks = ["Cabin"]
"""


def phones(folder: Path, more: str = "") -> dict[str, str]:
    file = folder / "policy.toml"
    file.write_text(POLICY + more)
    return {"POLICY_FILE": str(file)}


async def called(made: People, phone: str) -> str:
    """The code in the text that asks this phone to take something."""

    async def look() -> str:
        found = [
            re.search(r"reply OK (\d{6})\.", text) for text in await texts(made, phone) if "Nobody has taken it" in text
        ]
        return found[-1].group(1) if found and found[-1] else ""

    return str(await made.until(f"{phone} is called", look))


async def called_about(made: People, phone: str, words: str) -> list[dict[str, Any]]:
    """The texts that ask this phone to take it, oldest first."""
    found = await made.texts(phone)
    return [text for text in found if text["body"].startswith(words) and "Nobody has taken it" in text["body"]]


async def reads(made: People, phone: str, words: str) -> str:
    async def look() -> str:
        return next((text for text in reversed(await texts(made, phone)) if words in text), "")

    return str(await made.until(f"{phone} reads {words}", look))


async def test_a_pin_that_does_not_come_climbs_to_the_approvers_and_one_of_them_has_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await no_pin_for(made)
        await made.move("PT16M")
        notice = await made.post_with("No PIN yet: Cleo")
        hers = await made.post_with("No PIN yet: Cleo", "D_U_ADA")
        assert buttons(notice) == buttons(hers) == {"have_it"}
        await made.quiet()
        assert await headings(made, "U_BEN") == []
        await made.move("PT9M")
        await made.quiet()
        assert await headings(made, "U_BEN") == []
        await made.move("PT1M")
        his = await made.post_with("No PIN yet: Cleo", "D_U_BEN")
        assert "Nobody has taken it since" in his["text"]
        await press_in(made, "U_MALLORY", "C_APPROVALS", notice)
        await answered(made, "U_MALLORY", "C_APPROVALS", "Only the one who asked for this stay, or an approver")
        await press_in(made, "U_BEN", "D_U_BEN", his)
        for channel, post in (("C_APPROVALS", notice), ("D_U_ADA", hers), ("D_U_BEN", his)):
            after = await changed(made, channel, post, "<@U_BEN> has had it since")
            assert buttons(after) == set()
        await made.post_with("no PIN yet: taken", "D_U_ADA")
        await press_in(made, "U_ADA", "C_APPROVALS", notice)
        await answered(made, "U_ADA", "C_APPROVALS", "<@U_BEN> has it already, since")
        await made.move("PT30M")
        await made.quiet()
        assert await headings(made, "U_BEN") == [his["text"].splitlines()[0]], "the ladder has ended"
        assert len([h for h in await headings(made, "U_ADA") if "taken" in h]) == 1
        await vendor_is_back(made)
        await changed(made, "C_APPROVALS", notice, "Solved: the PIN has been made. <@U_BEN> had it.")
        await changed(made, "D_U_ADA", hers, "Solved: the PIN has been made.")
        await made.post_with("no PIN yet: over", "D_U_BEN")


async def test_what_solves_itself_stops_the_ladder_and_whoever_was_called_hears_of_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await no_pin_for(made)
        await made.move("PT16M")
        notice = await made.post_with("No PIN yet: Cleo")
        await made.move("PT10M")
        his = await made.post_with("No PIN yet: Cleo", "D_U_BEN")
        await vendor_is_back(made)
        assert buttons(await changed(made, "C_APPROVALS", notice, "Solved: the PIN has been made.")) == set()
        await changed(made, "D_U_BEN", his, "Solved: the PIN has been made.")
        await made.post_with("no PIN yet: over", "D_U_BEN")
        await press_in(made, "U_BEN", "D_U_BEN", his)
        await answered(made, "U_BEN", "D_U_BEN", "Nobody is needed for this any more")
        await made.move("PT1H")
        await made.quiet()
        assert len(await direct(made, "U_BEN")) == 2


async def test_after_twenty_minutes_phones_are_texted_and_one_of_them_has_it(tmp_path: Path) -> None:
    async with people(tmp_path, **phones(tmp_path)) as made:
        await made.stand_still()
        await no_pin_for(made)
        await made.move("PT16M")
        notice = await made.post_with("No PIN yet: Cleo")
        await made.move("PT19M")
        await made.post_with("No PIN yet: Cleo", "D_U_BEN")
        await made.quiet()
        before = {phone: await texts(made, phone) for phone in (EVA, FINN, NIGHT)}
        assert not any("Nobody has taken it" in text for theirs in before.values() for text in theirs)
        await made.move("PT1M")
        hers, theirs = await called(made, EVA), await called(made, NIGHT)
        assert await texts(made, FINN) == before[FINN], "Finn is there for the cabin"
        assert "Cleo at Front door" in (await texts(made, NIGHT))[-1]
        await made.post(f"/sandbox/phones/{EVA}", body=f"NO {hers}")
        await reads(made, EVA, "Left to others: Cleo at Front door.")
        await made.post(f"/sandbox/phones/{FINN}", body=f"OK {theirs}")
        await reads(made, FINN, "We do not know this code")
        await made.post(f"/sandbox/phones/{NIGHT}", body=f"ok {theirs}", repeat=2)
        await reads(made, NIGHT, "You have it: Cleo at Front door, no PIN yet.")
        await reads(made, EVA, "on call has it: Cleo at Front door, no PIN yet. You need not do anything.")
        await changed(made, "C_APPROVALS", notice, "on call (by SMS) has had it since")
        await made.post_with("no PIN yet: taken", "D_U_BEN")
        await made.post_with("no PIN yet: taken", "D_U_ADA")
        await made.post(f"/sandbox/phones/{EVA}", body=f"OK {hers}")
        await made.until("she reads it again", lambda: _twice(made, EVA, "on call has it"))
        await vendor_is_back(made)
        await reads(made, EVA, "Cleo at Front door, no PIN yet: nobody is needed any more.")
        await reads(made, NIGHT, "Cleo at Front door, no PIN yet: nobody is needed any more.")
        everywhere = [*await posts(made), *await direct(made, "U_BEN"), *await direct(made, "U_ADA")]
        everything = "\n".join(str(m["text"]) for m in everywhere)
        assert not [secret for secret in (EVA[3:], NIGHT[3:], hers, theirs) if secret in everything]


async def _twice(made: People, phone: str, words: str) -> bool:
    return len([text for text in await texts(made, phone) if words in text]) == 2


async def test_home_has_them_on_top_and_metrics_count_them(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.stand_still()
        await no_pin_for(made)
        await made.move("PT16M")
        await made.post_with("No PIN yet: Cleo")
        await made.move("PT3M")
        assert 'nightporter_alerts_open{kind="overdue"} 1.0' in (await made.http.get("/metrics")).text
        first = await home_of(made, "U_BEN")
        assert first.index("Needs a person") < first.index("PINs in danger")
        assert "*Cleo* at *Front door*: no PIN yet, since 3 minutes\nNobody has taken it." in first
        assert "Needs a person" not in await home_of(made, "U_MALLORY")
        await press_in_home(made, "U_ADA", "I have it")
        assert "<@U_ADA> has it." in await home_of(made, "U_BEN")
        await vendor_is_back(made)
        assert "Needs a person" not in await home_of(made, "U_BEN")
        assert 'nightporter_alerts_open{kind="overdue"} 0.0' in (await made.http.get("/metrics")).text


async def home_of(made: People, user: str) -> str:
    assert (await made.post("/sandbox/slack/home", user=user))["ok"]
    view = (await made.get(f"/sandbox/slack/views/{user}"))["home"]
    return "\n".join(block["text"]["text"] for block in view["blocks"] if "text" in block)


async def press_in_home(made: People, user: str, label: str) -> None:
    assert (await made.post("/sandbox/slack/home", user=user))["ok"]
    view = (await made.get(f"/sandbox/slack/views/{user}"))["home"]
    found = next(b for b in buttons_of(view) if b["text"]["text"] == label)
    body = {"user": user, "view_id": view["id"], "action_id": found["action_id"], "value": found["value"]}
    assert (await made.post("/sandbox/slack/click", **body))["ok"]
