"""Amend on the card: the window is changed in a form that answers, and approved in the same step."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.forms import Form, buttons_of, words_of
from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, buttons, card, says_card, thread, whispers

PHONE = "+33639981234"
PARIS = ZoneInfo("Europe/Paris")
TWO = '[[rule]]\nlocks = ["Cabin"]\napprovers = ["U_BEN", "U_ADA"]\nneeded = 2\n'


async def first_day(made: People, days: int = 3) -> datetime:
    """That day at midnight in Paris."""
    return (await made.now()).astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days)


async def a_request(made: People, door: str = "front-door", user: str = "U_ADA") -> dict[str, Any]:
    """Asked for: from 15:20 in three days' time to 11:00 two days later; its card."""
    day = await first_day(made)
    words = f"{day:%Y-%m-%d} 15:20 - {day + timedelta(2):%Y-%m-%d} 11:00"
    reported = await made.says(user, f"{door} for Cleo {PHONE} {words} note: a visit")
    assert reported.startswith("Asked for a PIN"), reported
    return await says_card(made, "Cleo", "to decide")


async def amending(made: People, user: str, shown: dict[str, Any]) -> Form:
    await made.press(user, shown, "amend")
    form = Form(made, user)
    await form.view()
    return form


async def reported(made: People, user: str, words: str) -> str:
    """The direct message to this person that holds these words."""
    return str((await made.post_with(words, f"D_{user}"))["text"])


def window(day: datetime, start: str, days: int, end: str) -> str:
    """As people read it."""
    last = day + timedelta(days)
    return f"{day:%a} {day.day} {day:%b} {start} - {last:%a} {last.day} {last:%b} {end}"


async def test_a_manager_changes_the_window_and_approves_it_in_one_step(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        shown, day = await a_request(made), await first_day(made)
        assert buttons(shown) == {"approve", "amend", "deny"}
        form = await amending(made, "U_BEN", shown)
        said = await form.words()
        assert f"*Asked*\n{window(day, '15:20', 2, '11:00')}" in said
        assert f"*Granted so far*\n{window(day, '15:00', 2, '11:00')}" in said
        assert "Nothing is changed yet: sent like this, it is a plain approval." in said
        typed = await form.typed()
        assert (typed["from_time"], typed["to_time"], typed["kind"]) == ("15:00", "11:00", "One PIN for the stay")
        said = await form.pick("to_time", "17:30", note="Stay for tea")
        assert f"*Chosen*\n{window(day, '15:00', 2, '17:30')}" in said
        assert f"*Granted*\n{window(day, '15:00', 2, '18:00')}, Paris time" in said
        assert "*Must be used before*" in said
        assert "3 of 3 PINs left that start in this hour" in said
        assert "Nothing is changed yet" not in said
        assert "one after the other" not in said, "one request is one PIN"
        assert (await form.typed())["note"] == "Stay for tea"
        assert (await form.submit())["ok"]
        assert "Amended and approved: " in await form.words()

        shown = await says_card(made, "Cleo", "approved, PIN not made yet")
        assert f"Asked: {window(day, '15:20', 2, '11:00')}" in shown["text"]
        assert f"Granted: {window(day, '15:00', 2, '18:00')}" in shown["text"]
        assert "\nAmended by <@U_BEN>, " in shown["text"]
        assert "\nApproved by <@U_BEN>, " in shown["text"]
        assert "amend" not in buttons(shown)
        changed = f"{window(day, '15:00', 2, '18:00')} instead of {window(day, '15:00', 2, '11:00')}"
        line = f"Amended and approved by <@U_BEN>: {changed}. Their words: Stay for tea"
        assert line in await thread(made, shown, 1)
        word = await reported(made, "U_ADA", "Approved with a change")
        assert f"You asked for {window(day, '15:20', 2, '11:00')}; <@U_BEN> changed it to " in word
        assert f"changed it to {window(day, '15:00', 2, '18:00')}." in word
        assert "<@U_BEN> says: Stay for tea" in word
        shown_at_once = await made.says("U_ADA", "show cleo")
        assert "Amended by <@U_BEN>" in shown_at_once

        await made.post("/sandbox/clock", to=(day - timedelta(hours=8)).isoformat())
        pin = (await made.until("the PIN is texted", lambda: made.pins(PHONE)))[-1]
        await made.post("/sandbox/clock", to=(day + timedelta(hours=16)).isoformat())
        doors = (await made.get("/sandbox/doors"))["doors"]
        door = next(d["device_id"] for d in doors if d["name"] == "Front door")
        opened = await made.post(f"/sandbox/doors/{door}/keypad", pin=pin)
        assert opened["opened"], opened
        await made.post("/sandbox/clock", to=(day + timedelta(days=2, hours=17, minutes=50)).isoformat())
        assert (await made.post(f"/sandbox/doors/{door}/keypad", pin=pin))["opened"], "to the amended end"


async def test_who_may_not_approve_may_not_amend_either(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        shown = await a_request(made, user="U_BEN")
        await made.press("U_ADA", shown, "amend")
        assert "Only an approver can decide this" in (await whispers(made, "U_ADA"))[-1]
        await made.press("U_BEN", shown, "amend")
        assert "This is your own request" in (await whispers(made, "U_BEN"))[-1]
        for user in ("U_BEN", "U_ADA"):
            assert (await made.get(f"/sandbox/slack/views/{user}"))["modals"] == []


async def test_offers_are_taken_in_one_click_and_a_one_time_pin_is_another_kind(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        shown, day = await a_request(made), await first_day(made)
        form = await amending(made, "U_BEN", shown)
        await form.pick("to_time", "15:30")
        said = await form.pick("to_date", f"{day + timedelta(28):%Y-%m-%d}")
        assert "takes up to 28 days, or 29 days and more" in said
        assert "one after the other, each by itself" not in said
        refused = await form.submit()
        field, words = next(iter(refused["errors"].items()))
        assert field.startswith("to_date")
        assert "takes up to 28 days" in words
        last = day + timedelta(28)
        said = await form.press(f"- {last:%a} {last.day} ")
        assert "a PIN that opens as often as needed, for 28 days" in said
        assert (await form.typed())["to_time"] == "15:00"
        await form.pick("to_date", f"{day + timedelta(1):%Y-%m-%d}")
        said = await form.pick("to_time", "12:00")
        said = await form.press("Take a one-time PIN")
        assert "5 of 5 one-time PINs left that start in this hour" in said
        assert "a one-time PIN needs no end" in said
        assert (await form.submit())["ok"]
        shown = await says_card(made, "Cleo", "approved, PIN not made yet")
        assert "PIN: opens once (asked: opens as often as needed)" in shown["text"]
        assert (
            "a PIN that opens once instead of one that opens as often as needed." in (await thread(made, shown, 1))[0]
        )
        assert "a PIN that opens once instead of one that opens as often as needed." in await reported(
            made, "U_ADA", "Approved with a change"
        )


async def test_a_form_that_was_overtaken_says_so_and_loses_nothing(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        shown, day = await a_request(made), await first_day(made)
        form = await amending(made, "U_BEN", shown)
        await form.pick("to_time", "17:00", note="Stay for tea")
        assert (await made.withdraws("U_ADA", "cleo")).startswith("Withdrawn")
        refused = await form.submit()
        assert "was already withdrawn by <@U_ADA>" in next(iter(refused["errors"].values()))
        assert "was already withdrawn by <@U_ADA>" in await form.pick("to_time", "18:00")
        assert (await form.typed())["note"] == "Stay for tea"
        shown = await says_card(made, "Cleo", "withdrawn, no PIN ever existed")
        assert "Amended" not in shown["text"]

        shown = await a_request(made)
        form = await amending(made, "U_BEN", shown)
        await form.pick("to_time", "17:00")
        for n in range(3):
            start = f"{day:%Y-%m-%d} 15:00 - {day:%Y-%m-%d} 18:00"
            await asked(made, f"front-door for {('Ana', 'Eve', 'Finn')[n]} +3363998120{n} {start}")
            await made.press("U_BEN", await card(made, ("Ana", "Eve", "Finn")[n]), "approve")
        refused = await form.submit()
        field, words = next(iter(refused["errors"].items()))
        assert field.startswith("from_time")
        assert "is full" in words
        assert "16:00" in words
        said = await form.pick("to_time", "18:00")
        assert "is full" in said
        said = await form.press(f"Take {day:%a} {day.day} {day:%b} 16:00")
        assert (await form.submit())["ok"]
        shown = await says_card(made, "Cleo", "approved, PIN not made yet")
        assert f"Granted: {day:%a} {day.day} {day:%b} 16:00" in shown["text"]


async def test_the_same_form_sent_twice_decides_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        shown = await a_request(made)
        form = await amending(made, "U_BEN", shown)
        await form.pick("to_time", "17:00")
        sent = await made.post("/sandbox/slack/submit", user="U_BEN", values={}, retry=2)
        assert sent["ok"], sent
        shown = await says_card(made, "Cleo", "approved, PIN not made yet")
        lines = await thread(made, shown, 1)
        await made.quiet()
        assert await thread(made, shown, 1) == lines
        assert len(lines) == 1


async def test_a_form_that_does_not_open_says_what_to_do(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        shown = await a_request(made)
        await made.post("/sandbox/faults", provider="slack", fault="http_500", rate=1.0, path="/views.open")
        await made.press("U_BEN", shown, "amend")
        await made.http.delete("/sandbox/faults")
        assert "Please press Amend again" in (await whispers(made, "U_BEN"))[-1]
        form = await amending(made, "U_BEN", shown)
        assert "Granted so far" in await form.words()


async def test_two_approvers_agree_on_the_amended_window(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(TWO)
    async with people(tmp_path, POLICY_FILE=str(file)) as made:
        first, day = await a_request(made, "cabin", "U_MALLORY"), await first_day(made)
        await made.press("U_ADA", first, "approve")
        shown = await made.post_with("1 of 2: Approved by <@U_ADA>")
        form = await amending(made, "U_BEN", shown)
        said = await form.pick("to_time", "17:00")
        assert "What <@U_ADA> approved was another window; that approval then no longer counts." in said
        assert "needs two approvers" in said
        assert (await form.submit(note="Shorter was too short"))["ok"]
        assert "one more approver is needed" in await form.words()
        amended = await made.post_with("\nAmended by <@U_BEN>")
        assert "The approval by <@U_ADA> was of another window and no longer counts." in amended["text"]
        assert "1 of 2: Approved by <@U_BEN>" in amended["text"]
        assert "One more approver is needed." in amended["text"]
        assert f"Granted: {window(day, '15:00', 2, '17:00')}" in amended["text"]
        assert await made.pins(PHONE) == []
        line = (await thread(made, amended, 1))[0]
        assert line.startswith("Amended by <@U_BEN>: ")
        assert "The approval by <@U_ADA> was of another window and no longer counts." in line

        await made.press("U_BEN", amended, "approve")
        assert "needs a second person" in (await whispers(made, "U_BEN"))[-1]
        await made.press("U_ADA", amended, "approve")
        shown = await says_card(made, "Cleo", "approved, PIN not made yet")
        assert "\nApproved by <@U_ADA>" in shown["text"]
        assert f"Granted: {window(day, '15:00', 2, '17:00')}" in shown["text"]
        assert "no longer counts" not in shown["text"]
        word = await reported(made, "U_MALLORY", "Approved with a change")
        assert "<@U_BEN> changed it to" in word
        assert "<@U_BEN> says: Shorter was too short" in word
        assert "<@U_ADA> approved it." in word


async def test_nobody_approves_a_window_they_have_not_seen(tmp_path: Path) -> None:
    """Ada's Home tab still shows the window that Ben has changed since."""
    file = tmp_path / "policy.toml"
    file.write_text(TWO)
    async with people(tmp_path, POLICY_FILE=str(file)) as made:
        shown = await a_request(made, "cabin", "U_MALLORY")
        assert (await made.post("/sandbox/slack/home", user="U_ADA"))["ok"]
        form = await amending(made, "U_BEN", shown)
        await form.pick("to_time", "17:00")
        assert (await form.submit())["ok"]

        async def approves_at_home() -> str:
            view = (await made.get("/sandbox/slack/views/U_ADA"))["home"]
            found = next(b for b in buttons_of(view) if b["text"]["text"] == "Approve")
            body = {"user": "U_ADA", "view_id": view["id"], "action_id": found["action_id"], "value": found["value"]}
            assert (await made.post("/sandbox/slack/click", **body))["ok"]
            return words_of((await made.get("/sandbox/slack/views/U_ADA"))["home"])

        said = await approves_at_home()
        assert "<@U_BEN> has changed the window since you looked, so nothing was decided." in said
        assert "Amended by <@U_BEN>" in said
        assert "Nothing waits for a decision." in await approves_at_home()
        shown = await says_card(made, "Cleo", "approved, PIN not made yet")
        assert "\nApproved by <@U_ADA>" in shown["text"]


async def test_two_managers_press_at_once_and_one_of_them_amends(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[[rule]]\napprovers = ["U_BEN", "U_ADA"]\n')
    async with people(tmp_path, POLICY_FILE=str(file)) as made:
        shown, day = await a_request(made, user="U_MALLORY"), await first_day(made)
        form = await amending(made, "U_BEN", shown)
        await form.pick("to_time", "17:00")
        sent, _ = await asyncio.gather(form.submit(), made.press("U_ADA", shown, "approve", behind=True))
        shown = await says_card(made, "Cleo", "approved, PIN not made yet", seconds=5)
        end = "17:00" if sent["ok"] else "11:00"
        assert f"Granted: {window(day, '15:00', 2, end)}" in shown["text"]
        if sent["ok"]:
            assert "was already approved by <@U_BEN>" in (await whispers(made, "U_ADA"))[-1]
        else:
            assert "was already approved by <@U_ADA>" in next(iter(sent["errors"].values()))
        assert len(await thread(made, shown, 1)) == 1


async def test_too_few_approvers_are_told_on_the_card(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(TWO + '[reminders]\nafter_minutes = [15]\nbackup = ["U_MALLORY"]\n')
    async with people(tmp_path, POLICY_FILE=str(file)) as made:
        shown = await a_request(made, "cabin")
        assert "Besides the one who asked, only <@U_BEN> may decide" in shown["text"]
        assert "comes from the backup (<@U_MALLORY>), after the last reminder." in shown["text"]
