"""Watching over a stay: staff's word that it opened, the history under the card, and what can be typed about it."""

import asyncio
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.journeys.living_demo import people
from tests.journeys.watching import (
    asked,
    buttons,
    card,
    in_three_days,
    posts,
    says_card,
    texted,
    texts,
    thread,
    whispers,
)

PHONE = "+33639981234"


async def test_staff_say_that_it_opened_and_the_reminders_stop(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await made.move("PT21H")
        danger = await made.post_with("PIN in danger: Cleo")
        assert danger.get("thread_ts") in (None, "")
        assert buttons(danger) == {"opened", "have_it"}
        await made.press("U_MALLORY", danger, "opened")
        assert (await whispers(made, "U_MALLORY"))[-1].startswith("Only the one who asked for this PIN")
        await asyncio.gather(*(made.press(who, danger, "opened", behind=True) for who in ("U_BEN", "U_ADA", "U_BEN")))
        shown = await says_card(made, "Cleo", ": in", 4)
        assert "staff say so" in shown["text"]
        assert buttons(shown) == {"reveal", "number", "change", "withdraw", "send_to_guest"}

        async def three_answers() -> list[str] | None:
            said = [w for user in ("U_BEN", "U_ADA") for w in await whispers(made, user)]
            return said if len([w for w in said if "it opened" in w or "known already" in w]) == 3 else None

        said = await made.until("each of the three is answered", three_answers)
        assert sum("Thank you: it opened." in w for w in said) == 1
        assert sum("It is known already" in w for w in said) == 2
        await made.quiet()
        known = len(await texts(made, PHONE))
        await made.move("PT2H")
        await made.quiet()
        assert len(await texts(made, PHONE)) == known

        async def opened() -> list[str] | None:
            said = await thread(made, shown, 5)
            return said if any("The door was opened" in line for line in said) else None

        lines = await made.until("the thread says that it was opened", opened)
        assert sum("The door was opened" in line for line in lines) == 1


async def test_it_cannot_have_opened_before_its_time(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        soon = (await made.now() + timedelta(hours=5)).astimezone(ZoneInfo("Europe/Paris"))
        await texted(made, "Cleo", PHONE, f"{soon:%Y-%m-%d %H:00} - {soon + timedelta(hours=30):%Y-%m-%d %H:00}")
        shown = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await made.press("U_BEN", shown, "opened")
        assert (await whispers(made, "U_BEN"))[-1].startswith("This PIN cannot have opened the door yet: it works from")


async def test_the_whole_history_stands_under_the_card_in_order(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        first = await texted(made, "Cleo", PHONE, "now for 40h")
        shown = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await thread(made, shown, 3)
        await made.post(f"/sandbox/phones/{PHONE}", body=f"my pin {first} fails, call {PHONE}")
        await thread(made, shown, 4)
        await made.move("PT12H")
        await thread(made, shown, 5)
        await made.move("PT13H")
        missed = await made.post_with("Not heard of: Cleo")
        await thread(made, shown, 7)
        await made.press("U_BEN", missed, "replace")
        await thread(made, shown, 10)
        await made.post(f"/sandbox/phones/{PHONE}", body="IN")
        lines = await thread(made, shown, 11)
        reported = [line.split(":")[0].split(" by ")[0].split(" before ")[0] for line in lines]
        assert reported[:6] == [
            "Approved",
            "The PIN was made.",
            "PIN text",
            "The guest texted",
            "Reminder",
            "Not heard of",
        ]
        asked_whether = "Question whether the PIN opened"
        assert sorted(reported[6:10]) == sorted([asked_whether, "Replaced", "The PIN was made.", "PIN text"])
        assert reported.index("Replaced") < max(i for i, line in enumerate(reported) if line == "The PIN was made.")
        assert "The door was opened: the guest says so" in lines[-1]
        words = "\n".join(m["text"] for m in await posts(made))
        for pin in await made.pins(PHONE):
            assert pin not in words.replace(" ", "")
        assert PHONE not in words
        assert PHONE[3:] not in words.replace(" ", "")
        assert not [m for m in await posts(made) if m["text"].startswith("Cleo texted")]


async def test_a_stay_is_told_and_its_pin_texted_again(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        await says_card(made, "Cleo", "PIN texted, not heard of yet")
        assert (await made.says("U_ADA", "resend cleo")).startswith("The PIN is being texted again.")

        async def twice() -> bool:
            return await made.pins(PHONE) == [pin, pin]

        await made.until("Cleo is texted the same PIN again", twice)
        codes = (await made.get("/sandbox/seam-codes"))["codes"]
        assert len([c for c in codes if c["name"].startswith("NP-")]) == 1

        async def delivered() -> bool:
            return (await made.says("U_ADA", "show cleo")).count("the PIN, delivered") == 2

        await made.until("both were delivered", delivered)
        reported = await made.says("U_BEN", "show CLEO")
        assert reported.startswith("Cleo at Front door: PIN texted, not heard of yet (short id ")
        for part in (
            "Approved by <@U_BEN>",
            "PIN: texted, not heard of yet; made, to be used before",
            "Asked by <@U_ADA>",
        ):
            assert part in reported
        assert pin not in reported.replace(" ", "")
        assert PHONE[3:] not in reported.replace(" ", "")
        assert "No stay of yours" in await made.says("U_MALLORY", "show Cleo")
        assert "No stay of yours" in await made.says("U_MALLORY", "resend Cleo")
        assert "No stay of yours" in await made.says("U_MALLORY", "replace Cleo")
        await made.move("PT25H")
        await says_card(made, "Cleo", "not heard of, may still open")
        assert (await made.says("U_ADA", "replace Cleo")).startswith("A new PIN for Cleo at Front door, ")

        async def third() -> bool:
            return len(set(await made.pins(PHONE))) == 2

        await made.until("Cleo is texted the new PIN", third)


async def test_nothing_exists_yet_so_nothing_is_texted_again(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} {await in_three_days(made)}")
        assert "nobody has approved it yet" in await made.says("U_ADA", "resend Cleo")
        waiting = await made.says("U_BEN", "approvals")
        assert "Cleo, Front door" in waiting
        assert "asked by <@U_ADA>" in waiting
        assert "Only an approver" in await made.says("U_ADA", "approvals")
        await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")
        await says_card(made, "Cleo", "approved, PIN not made yet")
        assert "its PIN is not made yet" in await made.says("U_ADA", "resend Cleo")
        assert await made.says("U_BEN", "approvals") == "Nothing waits for you to decide."
        assert await texts(made, PHONE) == []


async def test_the_card_shows_every_change_within_two_seconds(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} now for 40h")
        shown = await made.post_with("Cleo at Front door: to decide")
        await made.press("U_BEN", shown, "approve")

        async def decided() -> bool:
            return "to decide" not in (await card(made, "Cleo"))["text"].splitlines()[0]

        await made.until("the card says more than that it waits", decided, 2)
        await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await made.post(f"/sandbox/phones/{PHONE}", body="IN")
        shown = await says_card(made, "Cleo", ": in", 2)
        await made.press("U_ADA", shown, "withdraw")
        await says_card(made, "Cleo", "withdrawn, still opens until its end", 2)
