"""Giving up: what was never minted is gone, what was minted still opens, and every screen says which it is."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, buttons, card, in_three_days, says_card, texted, texts, thread, whispers

PARIS = ZoneInfo("Europe/Paris")
PHONE = "+33639981234"
WITHDRAW = "withdraw_yes"


async def test_a_pending_request_is_gone_for_good(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} now for 40h")
        assert (await made.withdraws("U_ADA", "cleo")).endswith("so no PIN ever existed.")
        shown = await says_card(made, "Cleo", "withdrawn, no PIN ever existed")
        assert "Withdrawn by <@U_ADA>" in shown["text"]
        assert buttons(shown) == set()
        assert await thread(made, shown, 1) == [
            "Withdrawn by <@U_ADA>. No PIN was ever made for it, and its place at the lock is free again."
        ]
        assert "nothing left to withdraw" in await made.says("U_ADA", "withdraw CLEO")
        assert await texts(made, PHONE) == []


async def test_a_reserved_pin_is_released_and_its_place_is_free(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        stay = await in_three_days(made)
        for guest, phone in (("Ana", "+33639981111"), ("Bob", "+33639982222"), ("Cleo", PHONE)):
            await asked(made, f"front-door for {guest} {phone} {stay}")
            await made.press("U_BEN", await made.post_with(f"{guest} at Front door: to decide"), "approve")
            await says_card(made, guest, "approved, PIN not made yet")
        full = await made.says("U_ADA", f"front-door for Dan +33639983333 {stay}")
        assert "only 3 PINs that start in the same hour" in full
        button = next(
            e
            for b in (await card(made, "Cleo"))["blocks"]
            if b["type"] == "actions"
            for e in b["elements"]
            if e["action_id"] == "withdraw"
        )
        assert button["confirm"]["text"]["text"].startswith("No PIN exists yet")
        await made.press("U_ADA", await card(made, "Cleo"), "withdraw")
        shown = await says_card(made, "Cleo", "given up, no PIN ever existed")
        assert buttons(shown) == set()
        assert "Given up: Cleo, Front door. No PIN ever existed" in (await whispers(made, "U_ADA"))[-1]
        await asked(made, f"front-door for Dan +33639983333 {stay}")
        assert await texts(made, PHONE) == []


async def test_a_minted_pin_still_opens_until_staff_delete_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        shared = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        assert buttons(shared) == {"opened", "reveal", "number", "change", "withdraw", "send_to_guest"}
        await made.press("U_MALLORY", shared, "withdraw")
        assert (await whispers(made, "U_MALLORY"))[-1].startswith("Only the one who asked for this PIN")
        await made.press("U_BEN", shared, "withdraw")
        shown = await says_card(made, "Cleo", "withdrawn, still opens until its end")
        assert buttons(shown) == {"reveal", "number", "deleted", "send_to_guest"}
        assert "It still opens Front door until" in shown["text"]
        assert "cannot be taken back: it still opens until" in (await whispers(made, "U_BEN"))[-1]

        async def reported() -> list[str]:
            return [t for t in await texts(made, PHONE) if "is cancelled" in t]

        (text,) = await made.until("Cleo is told", reported)
        assert text.endswith("Please do not use the PIN we sent.")
        assert (await made.post_with("Withdrawn: Cleo", "D_U_ADA"))["text"].count("<@U_BEN> withdrew it.") == 1
        assert "was withdrawn, but it still opens Front door" in await made.says("U_ADA", f"check front-door {pin}")
        assert await opens(made, pin)

        assert "nothing more to withdraw here, but a PIN of it still opens" in await made.says("U_BEN", "withdraw Cleo")
        assert "Nothing was texted for this stay: it was withdrawn. Ask anew if a PIN is needed." in await made.says(
            "U_BEN", "resend Cleo"
        )

        await made.press("U_BEN", shown, "deleted")
        view = (await made.get("/sandbox/slack/views/U_BEN"))["modals"][-1]
        later = {"who": "Nora from the desk", "at_time": "23:59", "at_date": "2031-01-01"}
        wrong = await made.post("/sandbox/slack/submit", user="U_BEN", view_id=view["id"], values=later)
        assert wrong["errors"]["at_time"].startswith("It cannot have been deleted then")
        fine = {
            "at_date": view["blocks"][1]["element"]["initial_date"],
            "at_time": view["blocks"][2]["element"]["initial_time"],
        }
        done = await made.post("/sandbox/slack/submit", user="U_BEN", view_id=view["id"], values=fine)
        assert done["ok"], done
        gone = await says_card(made, "Cleo", "deleted at the lock")
        assert "Deleted at the lock by Nora from the desk" in gone["text"]
        assert "reported by <@U_BEN>" in gone["text"]
        assert buttons(gone) == set()
        assert "was deleted at Front door" in await made.says("U_ADA", f"check front-door {pin}")

        async def reported() -> bool:
            lines = await thread(made, gone, 5)
            return any(line.startswith("Deleted at the lock by Nora from the desk") for line in lines)

        await made.until("the thread tells who deleted it", reported)


async def opens(made: People, pin: str) -> bool:
    door = next(d for d in (await made.get("/sandbox/doors"))["doors"] if d["name"] == "Front door")
    return bool((await made.post(f"/sandbox/doors/{door['device_id']}/keypad", pin=pin))["opened"])


async def test_withdrawn_and_approved_at_once_have_one_outcome_and_two_honest_sentences(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        for number in range(4):
            guest = f"Guest{'abcd'[number]}"
            await asked(made, f"front-door for {guest} +3363998444{number} {await in_three_days(made, 16 + number)}")
            shown = await made.post_with(f"{guest} at Front door: to decide")
            before = len(await whispers(made, "U_BEN"))
            question = await made.asked_back("U_ADA", f"withdraw {guest}")
            withdrawing, _ = await asyncio.gather(
                made.answers("U_ADA", question, WITHDRAW), made.press("U_BEN", shown, "approve")
            )
            if withdrawing.startswith("The stay has changed since you were asked"):  # Ben was first: she is asked anew
                assert "Withdraw the stay of" in withdrawing
                withdrawing = await made.answers("U_ADA", question, WITHDRAW)
            after = await says_card(made, guest, "no PIN ever existed")
            refused = (await whispers(made, "U_BEN"))[before:]
            if withdrawing.startswith("Withdrawn"):  # Ada was first
                assert "already withdrawn by <@U_ADA>" in refused[-1]
                assert "Approved by" not in after["text"]
            else:  # Ben was first
                assert withdrawing.startswith(f"Given up: {guest}")
                assert refused == []
                assert "Approved by <@U_BEN>" in after["text"]


async def test_two_managers_and_a_double_click_withdraw_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        shared = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await asyncio.gather(*(made.press(who, shared, "withdraw", behind=True) for who in ("U_BEN", "U_BEN", "U_ADA")))
        await says_card(made, "Cleo", "withdrawn, still opens until its end")
        said = [w for user in ("U_BEN", "U_ADA") for w in await whispers(made, user)]
        assert sum("cannot be taken back" in w for w in said) == 1
        assert sum("nothing more to withdraw here, but a PIN of it" in w for w in said) == 2

        async def reported() -> list[str]:
            return [t for t in await texts(made, PHONE) if "is cancelled" in t]

        await made.until("Cleo is told", reported)
        await made.quiet()
        assert len(await reported()) == 1


async def test_silence_is_no_proof(tmp_path: Path) -> None:
    """The usual guest at the usual lock opens in time and never texts: nobody is told that the PIN is gone."""
    async with people(tmp_path) as made:
        pin = await texted(made, "Cleo", PHONE, "now for 40h")
        await _typed(made, pin)
        await made.move("PT24H")
        unheard = await says_card(made, "Cleo", "not heard of, may still open")
        assert buttons(unheard) == {"opened", "replace", "reveal", "number", "change", "withdraw", "send_to_guest"}
        assert "if somebody did, it opens until" in (await made.post_with("Not heard of: Cleo"))["text"]

        async def asked_whether() -> list[str]:
            return [t for t in await texts(made, PHONE) if "did your PIN open Front door? If so, reply IN" in t]

        assert len(await made.until("Cleo is asked", asked_whether)) == 1
        assert "have not heard that its PIN was used in time" in await made.says("U_ADA", "resend Cleo")
        answered = await made.withdraws("U_ADA", "Cleo")
        assert "it may still open until" in answered
        assert "Cleo is asked by text not to use it." in answered
        assert (await _typed(made, pin))["opened"]
        assert "deleted" in buttons(await says_card(made, "Cleo", "withdrawn, may still open"))
        assert not [t for t in await texts(made, PHONE) if "does not open" in t or "opens no more" in t]


async def test_the_first_pin_of_a_stay_that_was_moved_still_opens(tmp_path: Path) -> None:
    """Texted, then moved to a later hour, then withdrawn: what is said is what the door does with every PIN."""
    async with people(tmp_path) as made:
        first = await texted(made, "Cleo", PHONE, "now for 80h")
        wanted = (await made.now() + timedelta(hours=30)).astimezone(PARIS).replace(minute=0)
        await made.post(f"/sandbox/phones/{PHONE}", body=f"LATE {wanted:%Y-%m-%d %H:%M}")
        await made.press("U_BEN", await made.post_with("Cleo wants to come later"), "late_yes")
        await says_card(made, "Cleo", "approved, PIN not made yet; an earlier PIN may still open")
        answered = await made.withdraws("U_ADA", "Cleo")
        assert answered.startswith("Withdrawn: Cleo, Front door. The PIN cannot be taken back: it still opens until")
        assert "Cleo is asked by text not to use it." in answered
        card = await says_card(made, "Cleo", "given up, no PIN ever existed; an earlier PIN may still open")
        assert {"reveal.1", "deleted.1"} <= buttons(card)
        assert "PIN number 1 still opens Front door until" in card["text"]
        assert (await _typed(made, first))["opened"]
        await made.press("U_BEN", card, "deleted.1")
        assert (await Form(made, "U_BEN").submit(who="Nora"))["ok"]
        await made.until("nothing is left to press", lambda: _nothing_to_press(made))


async def _typed(made: People, pin: str) -> dict[str, Any]:
    """At the keypad of Front door."""
    doors = (await made.get("/sandbox/doors"))["doors"]
    front = next(door["device_id"] for door in doors if door["name"] == "Front door")
    said: dict[str, Any] = await made.post(f"/sandbox/doors/{front}/keypad", pin=pin)
    return said


async def _nothing_to_press(made: People) -> bool:
    card = await says_card(made, "Cleo", "no PIN ever existed")
    return not buttons(card)


async def test_withdraw_asks_before_it_cancels_and_texts(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        question = await made.asked_back("U_ADA", "withdraw cleo yes")
        assert question["text"].startswith("Withdraw the stay of Cleo at Front door, ")
        assert "This PIN cannot be taken back. It still opens Front door until" in question["text"]
        assert "A guest who has it is asked by text not to use it." in question["text"]
        assert buttons(question) == {WITHDRAW}
        await made.quiet()
        await says_card(made, "Cleo", "PIN texted, not heard of yet")
        assert not [text for text in await texts(made, PHONE) if "cancelled" in text]
        done = await made.answers("U_ADA", question, WITHDRAW)
        assert done.startswith("Withdrawn: Cleo, Front door. The PIN cannot be taken back")
        await says_card(made, "Cleo", "withdrawn, still opens until its end")
        after = await _question_now(made, question)
        assert buttons(after) == set(), "answered once"


async def test_an_old_question_does_not_count_for_what_has_changed_since(tmp_path: Path) -> None:
    """Asked while no PIN existed, answered when one did: they are asked anew, with what it costs now."""
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cleo {PHONE} now for 40h")
        question = await made.asked_back("U_ADA", "withdraw cleo")
        assert "no PIN exists, and none will be made" in question["text"]
        await made.press("U_BEN", await says_card(made, "Cleo", "to decide"), "approve")
        await says_card(made, "Cleo", "PIN texted, not heard of yet")
        anew = await made.answers("U_ADA", question, WITHDRAW)
        assert anew.startswith("The stay has changed since you were asked, so nothing was withdrawn.")
        assert "This PIN cannot be taken back." in anew
        await says_card(made, "Cleo", "PIN texted, not heard of yet")
        assert (await made.answers("U_ADA", question, WITHDRAW)).startswith("Withdrawn: Cleo")


async def test_two_who_were_asked_withdraw_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        hers, his = [await made.asked_back(who, "withdraw cleo") for who in ("U_ADA", "U_BEN")]
        await made.answers("U_ADA", hers, WITHDRAW)
        late = await made.answers("U_BEN", his, WITHDRAW)
        assert "There is nothing more to withdraw here, but a PIN of it still opens" in late
        await says_card(made, "Cleo", "withdrawn, still opens until its end")
        await made.quiet()
        assert len([text for text in await texts(made, PHONE) if "is cancelled" in text]) == 1


async def _question_now(made: People, question: dict[str, Any]) -> dict[str, Any]:
    messages = (await made.get("/sandbox/slack/channels/C_FRONTDESK?as=U_ADA"))["messages"]
    found: dict[str, Any] = next(m for m in messages if m["ts"] == question["ts"])
    return found


async def test_what_is_over_cannot_be_withdrawn(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await texted(made, "Cleo", PHONE, "now for 40h")
        await made.move("PT41H")
        assert buttons(await says_card(made, "Cleo", "ended")) == set()
        assert "it has ended. See what there is" in await made.says("U_ADA", "withdraw Cleo")
        assert "has ended and opens nothing" in await made.says("U_ADA", "resend Cleo")


async def test_a_name_is_looked_up_kindly(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await asked(made, f"front-door for Cléo Martin {PHONE} now for 40h")
        await asked(made, f"cabin for Cléo Martin {PHONE} tomorrow noon for 3h")
        which = await made.says("U_ADA", "withdraw cleo martin")
        assert which.startswith('Several stays are called "cleo martin". Type the short id')
        assert "Cabin, " in which
        near = await made.says("U_ADA", "withdraw cloe martin")
        assert near.startswith('No stay of yours is called "cloe martin". Did you mean Cléo Martin (')
        assert "No stay of yours" in await made.says("U_MALLORY", "withdraw cleo martin")
        short = short_id(await made.post_with("Cléo Martin at Cabin"))
        assert "No stay of yours" in await made.says("U_MALLORY", f"withdraw {short}")
        assert short in await made.says("U_ADA", "list")
        assert "Withdrawn: Cléo Martin, Cabin" in await made.withdraws("U_ADA", short.lower())
        assert "Withdrawn: Cléo Martin, Front door" in await made.withdraws("U_ADA", "CLÉO")
        assert (await made.says("U_ADA", "withdraw")).startswith("Name the guest, or the short id")


def short_id(message: dict[str, Any]) -> str:
    return next(line.split(": ")[1] for line in message["text"].splitlines() if line.startswith("Short id: "))
