"""Change on the card of an approved stay, and `/pin change`: through the real door."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people
from tests.journeys.test_amending import PARIS, first_day, reported
from tests.journeys.test_many_parts import door
from tests.journeys.watching import asked, buttons, in_three_days, says_card, texted, texts, thread, whispers

PHONE, OTHER = "+33639981234", "+33639985678"


async def changing(made: People, user: str, shown: dict[str, Any]) -> Form:
    await made.press(user, shown, "change")
    form = Form(made, user)
    await form.view()
    return form


async def picked(made: People, form: Form, hours: float) -> str:
    """An end so many hours from now."""
    end = (await made.now()).astimezone(PARIS) + timedelta(hours=hours)
    await form.pick("to_date", f"{end:%Y-%m-%d}")
    return await form.pick("to_time", f"{end:%H:00}")


async def test_before_a_pin_is_made_a_change_costs_nothing(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made, 12)}")
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        shown = await says_card(made, "Cleo", "approved, PIN not made yet")
        assert "change" in buttons(shown)
        form = await changing(made, "U_BEN", shown)
        day = await first_day(made)
        said = await form.pick("to_time", "21:00")
        assert "No PIN is made yet: this change costs nothing." in said
        assert (await form.submit())["ok"]
        assert "Changed: Cleo, Front door, " in await form.words()
        after = await made.post_with("\nChanged by <@U_BEN>")
        assert "21:00" in after["text"]
        assert "\nAmended by" not in after["text"]
        lines = await thread(made, after, 2)
        assert re.search(r"Changed by <@U_BEN>: .*21:00 instead of ", lines[-1]), lines
        assert "<@U_BEN> changed it: " in await reported(made, "U_ADA", "Changed: Cleo, Front door")
        await made.quiet()
        assert await texts(made, PHONE) == [], "the guest was never told of the other time"
        assert day


async def test_a_longer_stay_is_a_new_pin_and_the_form_says_so_first(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        old = await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await says_card(made, "Cleo", "PIN texted")
        form = await changing(made, "U_BEN", shown)
        assert re.search(r"Cleo's PIN opens until .* whatever you do", await form.words())
        said = await picked(made, form, 60)
        assert re.search(r"Cleo's PIN opens until .* whatever you do; a new one is made for ", said), said
        assert (await form.submit())["ok"]
        assert "Please confirm." in await form.words()
        await made.quiet()
        assert await made.pins(PHONE) == [old], "asked before it happens"
        assert (await form.submit())["ok"]
        said = await form.words()
        assert re.search(r"A new PIN comes by text. Cleo's PIN opens until .*, unless it is deleted at the lock", said)
        text = next(t for t in reversed(await _new_text(made, 2)) if "PIN" in t)
        assert "Forget the PIN sent before." in text
        new = (await made.pins(PHONE))[-1]
        shown = await says_card(made, "Cleo", "PIN texted")
        assert "PIN number 1 still opens Front door until" in shown["text"]
        assert "deleted.1" in buttons(shown)
        await made.move("PT50H")
        await made.quiet()
        assert not await door(made, "Front door", old)
        assert new != old


async def _new_text(made: People, count: int) -> list[str]:
    async def look() -> Any:
        found = [text for text in await texts(made, PHONE) if "PIN" in text]
        return found if len(found) >= count else None

    return list(await made.until(f"{count} texts", look))


async def test_the_word_opens_the_form_with_the_time_that_was_typed(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await says_card(made, "Cleo", "PIN texted")
        end = (await made.now()).astimezone(PARIS) + timedelta(hours=24)
        assert await made.says("U_ADA", f"change cleo until {end:%Y-%m-%d} {end:%H:00}") == ""
        form = Form(made, "U_ADA")
        assert re.search(r"Cleo's PIN opens until .* whatever you do; a new one is made for ", await form.words())
        assert (await form.typed())["to_time"] == f"{end:%H:00}"
        assert (await form.submit())["ok"]
        assert (await form.submit())["ok"]
        await made.post_with("\nChanged by <@U_ADA>")
        # Longer than what is approved is not hers to have.
        await made.post("/sandbox/slack/close", user="U_ADA", all=True)
        assert await made.says("U_ADA", "change cleo") == ""
        form = Form(made, "U_ADA")
        said = await picked(made, form, 70)
        assert "This goes beyond what was approved" in said
        assert "<@U_BEN>" in said
        assert (await form.submit())["ok"]
        assert "Asked: <@U_BEN>" in await form.words()


async def test_what_the_word_answers_where_nothing_can_be_changed(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made)}")
        said = await made.says("U_ADA", "change cleo until sun 12:00")
        assert "an approver can change it with Amend on its card" in said
        assert 'No stay of yours is called "nemo"' in await made.says("U_ADA", "change nemo until sun 12:00")
        assert "No stay of yours" in await made.says("U_MALLORY", "change cleo until sun 12:00")
        shown = await says_card(made, "Cleo", "to decide")
        assert "change" not in buttons(shown)
        await made.press("U_BEN", shown, "approve")
        shown = await says_card(made, "Cleo", "approved")
        await made.press("U_MALLORY", shown, "change")
        assert "Only the one who asked for this PIN, or an approver" in (await whispers(made, "U_MALLORY"))[-1]
        assert await made.says("U_ADA", "change cleo until nonsense") == ""
        await made.press("U_ADA", shown, "withdraw")
        assert "it was withdrawn, so ask anew" in next(iter((await Form(made, "U_ADA").submit())["errors"].values()))
        assert "change" not in buttons(await says_card(made, "Cleo", "given up, no PIN ever existed"))


async def test_the_same_form_sent_twice_changes_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made, 12)}")
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        form = await changing(made, "U_ADA", await says_card(made, "Cleo", "approved, PIN not made yet"))
        await form.pick("to_time", "16:00")
        assert (await made.post("/sandbox/slack/submit", user="U_ADA", values={}, retry=2))["ok"]
        shown = await made.post_with("\nChanged by <@U_ADA>")
        await made.quiet()
        assert len([line for line in await thread(made, shown, 2) if line.startswith("Changed by")]) == 1


async def test_name_and_number_are_corrected_at_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        form = await changing(made, "U_ADA", await says_card(made, "Cleo", "PIN texted"))
        refused = await form.submit()
        assert "it has this time already" in next(iter(refused["errors"].values()))
        refused = await form.submit(guest="Cleo", phone="0612")
        assert "is not a phone number we can text" in refused["errors"]["phone"]
        refused = await form.submit(guest="Cleo", phone=f"not +33639981239 but {OTHER}")
        assert list(refused["errors"]) == ["phone"]
        assert (await form.submit(guest="Cléo Dupont", phone=OTHER))["ok"]
        said = await form.words()
        assert "The guest is now Cléo Dupont." in said
        assert "is texted to" in said
        assert OTHER not in said
        assert (await made.until("the new number is texted", lambda: made.pins(OTHER)))[-1] == pin
        shown = await says_card(made, "Cléo Dupont", "PIN texted")

        async def corrected() -> list[str]:
            return [one for one in await thread(made, shown, 1) if one.startswith("Corrected by <@U_ADA>")]

        (line,) = await made.until("the thread tells of it", corrected)
        assert "the guest is called Cléo Dupont instead of Cleo" in line
        assert "which gets nothing more" in line
        assert OTHER[-8:] not in line
        before = len(await texts(made, PHONE))
        await made.move("PT13H")
        await made.until("a reminder", lambda: _reminded(made))
        assert len(await texts(made, PHONE)) == before


async def _reminded(made: People) -> bool:
    return len(await texts(made, OTHER)) > 1


async def test_another_door_in_the_form_says_which_door_the_pin_opens(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        old = await texted(made, "Cleo", PHONE, "now for 40h")
        form = await changing(made, "U_BEN", await says_card(made, "Cleo", "PIN texted"))
        said = await form.pick("lock", "Garden gate")
        assert re.search(
            r"Cleo's PIN opens Front door until .* whatever you do; the stay is then at Garden gate", said
        ), said
        assert (await form.submit())["ok"]
        assert "Please confirm." in await form.words()
        assert (await form.submit())["ok"]
        said = await form.words()
        assert re.search(
            r"Changed: Cleo, Garden gate, .*Cleo's PIN opens Front door until .*, unless it is deleted", said
        )
        text = (await _new_text(made, 2))[-1]
        assert "Forget the PIN sent before." in text
        new = (await made.pins(PHONE))[-1]
        shown = await says_card(made, "Cleo", "at Garden gate: PIN texted")
        assert "PIN number 1 still opens Front door until" in shown["text"]
        assert {"deleted.1", "reveal.1"} <= buttons(shown)
        assert "Changed by <@U_BEN>: Garden gate instead of Front door." in await thread(made, shown, 5)
        assert await door(made, "Front door", old)
        assert await door(made, "Garden gate", new)
        assert not await door(made, "Garden gate", old)
        assert "<@U_BEN> changed it: Garden gate instead of Front door" in await reported(
            made, "U_ADA", "Changed: Cleo, Garden gate"
        )
        said = await made.says("U_ADA", "show cleo")
        assert re.search(
            r"PIN number 1 \(Front door\): withdrawn.*\n(.*\n)*PIN number 2 \(Garden gate\): texted", said
        ), said


async def test_the_word_names_doors_and_a_time_beside_them(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made, 12)}")
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        await says_card(made, "Cleo", "approved, PIN not made yet")
        assert await made.says("U_BEN", "change cleo doors garden gate and front-door until 21:00") == ""
        form = Form(made, "U_BEN")
        said = await form.words()
        assert "No PIN is made yet: this change costs nothing." in said
        assert (await form.typed())["to_time"] == "21:00"
        assert (await form.submit())["ok"]
        shown = await says_card(made, "Cleo", "Front door and Garden gate: approved")
        lines = await thread(made, shown, 2)
        assert re.search(
            r"Changed by <@U_BEN>: Front door and Garden gate instead of Front door, .*21:00 instead of", lines[-1]
        )
        await made.post("/sandbox/slack/close", user="U_BEN", all=True)
        assert await made.says("U_BEN", "change cleo door gardn gate") == ""
        assert "Which lock is “gardn gate”? Did you mean Garden gate?" in await Form(made, "U_BEN").words()
        await made.post("/sandbox/slack/close", user="U_BEN", all=True)
        # Another stay of the same number at the door that is wanted is said, and nothing is refused for it.
        await asked(made, f"loft for Nora {PHONE} {await in_three_days(made, 13)} all the same")
        assert await made.says("U_BEN", "change cleo door loft") == ""
        said = await Form(made, "U_BEN").words()
        assert "This number has another stay at these doors in that time: Nora at Loft" in said, said
        assert "this change costs nothing" in said
        # A door on another clock would be another stay.
        await made.post("/sandbox/slack/close", user="U_BEN", all=True)
        assert await made.says("U_BEN", "change cleo door cabin") == ""
        assert "These doors are not on the same clock." in await Form(made, "U_BEN").words()


async def wanted_by_ada(made: People, words: str) -> dict[str, Any]:
    """Ada asks for a change that is not hers to make; the question in the channel."""
    assert await made.says("U_ADA", words) == ""
    form = Form(made, "U_ADA")
    assert "This goes beyond what was approved (Front door" in await form.words()
    assert (await form.submit())["ok"]
    assert "Nothing is changed until then; you hear what came of it." in await form.words()
    await made.post("/sandbox/slack/close", user="U_ADA", all=True)
    return await made.post_with("A change to decide: Cleo")


async def test_what_goes_beyond_is_asked_and_an_approver_agrees(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made, 12)}")
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        await says_card(made, "Cleo", "approved")
        question = await wanted_by_ada(made, "change cleo door garden gate")
        assert "<@U_ADA> asks for Garden gate instead of Front door." in question["text"]
        assert {"change_yes", "change_no"} <= buttons(question)
        assert (await says_card(made, "Cleo", "at Front door: approved"))["text"]
        await made.press("U_ADA", question, "change_yes")
        assert "This is your own request" in (await whispers(made, "U_ADA"))[-1]
        await made.press("U_MALLORY", question, "change_yes")
        assert "Only an approver can decide this." in (await whispers(made, "U_MALLORY"))[-1]
        await made.press("U_BEN", question, "change_yes")
        shown = await says_card(made, "Cleo", "at Garden gate: approved")
        said = await reported(made, "U_ADA", "Changed: Cleo")
        assert "You asked for Garden gate instead of Front door. Decided by <@U_BEN>: it is changed so." in said
        lines = await thread(made, shown, 4)
        assert "<@U_ADA> asks for a change: Garden gate instead of Front door. <@U_BEN> can decide it." in "".join(
            lines
        )
        assert "Changed by <@U_BEN>: Garden gate instead of Front door." in lines
        settled = await made.post_with("Decided by <@U_BEN>: it is changed so.")
        assert not buttons(settled) & {"change_yes", "change_no"}
        await made.press("U_BEN", question, "change_no", behind=True)
        assert "This change was decided already by <@U_BEN>." in (await whispers(made, "U_BEN"))[-1]


async def test_what_goes_beyond_is_denied_lapses_or_is_overtaken(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made, 12)}")
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        shown = await says_card(made, "Cleo", "approved")
        question = await wanted_by_ada(made, "change cleo door garden gate")
        await made.press("U_BEN", question, "change_no")
        assert "Decided by <@U_BEN>: the stay remains as it was." in await reported(made, "U_ADA", "Not changed: Cleo")
        await made.post_with("Decided by <@U_BEN>: the stay remains")
        await wanted_by_ada(made, "change cleo door loft")
        await wanted_by_ada(made, "change cleo doors loft + front-door")
        overtaken = await made.post_with("Another change was asked for since.")
        assert not buttons(overtaken) & {"change_yes", "change_no"}
        await made.move("PT75H")
        lapsed = await made.post_with("Nobody decided in time: the stay remains as it was.")
        assert not buttons(lapsed) & {"change_yes", "change_no"}
        assert "Not changed: Cleo" in await reported(made, "U_ADA", "Nobody decided in time")
        lines = await thread(made, shown, 6)
        assert lines.count("Nobody decided in time: the stay remains as it was.") == 1


async def test_where_the_rules_want_two_both_agree(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nlocks = ["Garden gate"]\napprovers = ["U_BEN", "U_MALLORY"]\nneeded = 2\n')
    async with people(tmp_path, POLICY_FILE=str(rules)) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made, 12)}")
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        await says_card(made, "Cleo", "approved")
        question = await wanted_by_ada(made, "change cleo door garden gate")
        assert "It needs the approval of 2 of <@U_BEN>, <@U_MALLORY>." in question["text"]
        await made.press("U_MALLORY", question, "change_yes")
        half = await made.post_with("Agreed: <@U_MALLORY>. One more is needed.")
        assert {"change_yes", "change_no"} <= buttons(half)
        await made.press("U_MALLORY", half, "change_yes")
        assert "You have approved this already" in (await whispers(made, "U_MALLORY"))[-1]
        assert (await says_card(made, "Cleo", "at Front door: approved"))["text"]
        await made.press("U_BEN", half, "change_yes")
        shown = await says_card(made, "Cleo", "at Garden gate: approved")
        lines = await thread(made, shown, 5)
        assert "<@U_MALLORY> agrees to the change. One more is needed." in lines
        settled = await made.post_with("Decided by <@U_BEN>: it is changed so.")
        assert not buttons(settled) & {"change_yes", "change_no"}
