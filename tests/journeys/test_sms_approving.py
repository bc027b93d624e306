"""A manager without Slack decides by text message, in the demo: from the question on their phone to the PIN on the
guest's, and everything that must not work."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.journeys.living_demo import People, people
from tests.journeys.watching import card, posts, says_card, texted, texts

PHONE = "+33639981234"
EVA, FINN, STRANGER = "+447700900123", "+447700900124", "+447700900999"
POLICY = """
[[sms_approver]]
name = "Eva"
phone = "+44 7700 900123"

[[sms_approver]]
name = "Finn"
phone = "+44 7700 900124"
locks = ["Cabin"]

[[rule]]
locks = ["Cabin"]
needed = 2
"""
NO_NIGHT = {"QUIET_HOURS": "none"}


def policy(folder: Path, text: str = POLICY) -> dict[str, str]:
    file = folder / "policy.toml"
    file.write_text(text)
    return {"POLICY_FILE": str(file), **NO_NIGHT}


async def says(made: People, phone: str, words: str, **more: Any) -> None:
    assert (await made.post(f"/sandbox/phones/{phone}", body=words, **more))["ok"]


async def reads(made: People, phone: str, words: str, after: int = 0) -> str:
    """The newest text on this phone with these words."""

    async def look() -> Any:
        found = [text for text in (await texts(made, phone))[after:] if words in text]
        return found[-1] if found else None

    return str(await made.until(f"{phone} reads {words}", look))


async def question(made: People, phone: str, guest: str) -> str:
    """The code in the question about this guest."""
    text = await reads(made, phone, f"asks for a PIN for {guest}")
    found = re.search(r"reply OK (\d{6}), or NO \1 and a reason", text)
    assert found, text
    return found.group(1)


async def asked(made: People, words: str, user: str = "U_ADA") -> None:
    assert (await made.says(user, words)).startswith("Asked for a PIN")


async def reported(made: People, user: str, words: str) -> str:
    return str((await made.post_with(words, f"D_{user}"))["text"])


async def test_a_request_is_approved_by_text(tmp_path: Path) -> None:
    async with people(tmp_path, **policy(tmp_path)) as made:
        await asked(made, f"front-door for Cleo {PHONE} now for 3h note: the plumber")
        code = await question(made, EVA, "Cleo at Front door")
        assert "Ada Requester asks" in (await texts(made, EVA))[0]
        assert await texts(made, FINN) == [], "Finn is there for the cabin"
        shown = await card(made, "Cleo")
        await says(made, STRANGER, f"OK {code}")
        await says(made, FINN, f"OK {code}")
        assert "do not know this code" in await reads(made, FINN, "code")
        assert await texts(made, STRANGER) == []
        assert "to decide" in (await card(made, "Cleo"))["text"].splitlines()[0]
        await says(made, EVA, f"ok{code} 👍", repeat=2)
        await reads(made, EVA, "Approved: Cleo at Front door. The guest gets the PIN by text, and we tell Ada")
        shown = await says_card(made, "Cleo", "PIN texted")
        assert "Approved by Eva (by SMS)" in shown["text"]
        assert "Eva (by SMS) approved it." in await reported(made, "U_ADA", "Approved: a PIN for Cleo")
        await made.until("the guest has the PIN", lambda: made.pins(PHONE))
        await says(made, EVA, f"NO {code} on second thought")
        await reads(made, EVA, "was already approved by Eva")
        assert len(await texts(made, EVA)) == 3
        await says_card(made, "Cleo", "PIN texted")
        everything = json.dumps(await posts(made))
        database = b"".join(file.read_bytes() for file in tmp_path.rglob("*.db*"))
        log = (tmp_path / "log").read_bytes()
        assert len(await made.pins(PHONE)) == 1
        for secret in (EVA[1:], f"OK {code}", EVA[3:]):
            assert secret not in everything
            assert secret.encode() not in database
            assert secret.encode() not in log


async def test_a_denial_with_its_reason(tmp_path: Path) -> None:
    async with people(tmp_path, **policy(tmp_path)) as made:
        await asked(made, f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        code = await question(made, EVA, "Cleo at Front door")
        await says(made, EVA, f"No {code} - the boiler is mended, call 07700900123")
        await reads(made, EVA, "Denied: Cleo at Front door")
        notice = await reported(made, "U_ADA", "Denied: no PIN for Cleo")
        assert "Eva (by SMS) said no. Reason: the boiler is mended, call •••" in notice
        await says_card(made, "Cleo", "denied")
        shown = await card(made, "Cleo")
        assert "Denied by Eva (by SMS)" in shown["text"]


async def test_whoever_comes_late_hears_the_truth(tmp_path: Path) -> None:
    async with people(tmp_path, **policy(tmp_path)) as made:
        await asked(made, f"front-door for Cleo {PHONE} now for 3h")
        code = await question(made, EVA, "Cleo at Front door")
        await made.press("U_BEN", await card(made, "Cleo"), "approve")
        await says_card(made, "Cleo", "PIN texted")
        await says(made, EVA, f"OK {code}")
        await reads(made, EVA, "was already approved by Ben Approver")
        await asked(made, "front-door for Dora +33639981235 tomorrow noon for 3h")
        code = await question(made, EVA, "Dora at Front door")
        assert "Withdrawn: Dora" in await made.withdraws("U_ADA", "Dora")
        await says(made, EVA, f"OK {code}")
        await reads(made, EVA, "was already withdrawn by Ada Requester")
        await asked(made, "front-door for Gus +33639981236 tomorrow noon for 3h")
        code = await question(made, EVA, "Gus at Front door")
        await made.move("P2D")
        await says_card(made, "Gus", "lapsed")
        await says(made, EVA, f"OK {code}")
        await reads(made, EVA, "has lapsed")
        assert len(await made.pins(PHONE)) == 1


async def test_two_are_needed_and_one_is_not_two(tmp_path: Path) -> None:
    async with people(tmp_path, **policy(tmp_path)) as made:
        await asked(made, f"cabin for Cleo {PHONE} now for 3h")
        eva, finn = await question(made, EVA, "Cleo at Cabin"), await question(made, FINN, "Cleo at Cabin")
        await made.post_with("Question to decide, to Finn (by SMS): delivered")
        await says(made, FINN, f"OK {finn}")
        await reads(made, FINN, "One more approver is needed.")
        await made.post_with("1 of 2: Approved by Finn (by SMS)")
        await says(made, FINN, f"OK {finn}")
        await reads(made, FINN, "was used already")
        assert await made.pins(PHONE) == []
        await says(made, EVA, f"OK {eva}")
        await reads(made, EVA, "Approved: Cleo at Cabin")
        shown = await says_card(made, "Cleo", "PIN texted")
        assert "1 of 2: Approved by Finn (by SMS)" in shown["text"]
        assert "\nApproved by Eva (by SMS)" in shown["text"]


async def test_guessing_is_refused_once_then_slowed_down(tmp_path: Path) -> None:
    async with people(tmp_path, **policy(tmp_path)) as made:
        await asked(made, f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        code = await question(made, EVA, "Cleo at Front door")
        wrong = [f"{number:04d}" for number in range(10) if f"{number:04d}" != code]
        for guess in wrong[:5]:
            await says(made, EVA, f"OK {guess}")
        await says(made, EVA, f"OK {code}")
        await reads(made, EVA, "Too many wrong codes")
        for guess in wrong[5:]:
            await says(made, EVA, f"OK {guess}")
        await made.quiet()
        said = (await texts(made, EVA))[1:]
        assert [("do not know this code" in text, "Too many" in text) for text in said].count((True, False)) == 5
        assert len(said) == 6
        assert "to decide" in (await card(made, "Cleo"))["text"].splitlines()[0]
        await made.move("PT61M")
        await says(made, EVA, f"OK {code}")
        await reads(made, EVA, "Approved: Cleo at Front door")


async def test_a_reminder_comes_once_and_its_code_alone_counts(tmp_path: Path) -> None:
    more = '[reminders]\nafter_minutes = [15, 45, 120]\nbackup = ["U_MALLORY"]\n'
    async with people(tmp_path, **policy(tmp_path, POLICY + more)) as made:
        await asked(made, f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        first = await question(made, EVA, "Cleo at Front door")
        await made.move("PT16M")
        assert "Eva" not in (await made.post_with("Still to decide: a PIN for Cleo"))["text"]
        await made.move("PT30M")
        await made.quiet()
        assert len(await texts(made, EVA)) == 1
        await made.move("PT80M")
        again = await reads(made, EVA, "Still to decide: Ada Requester asks")
        second = re.search(r"OK (\d{6})", again)
        assert second
        assert second.group(1) != first
        await made.move("PT2H")
        await made.quiet()
        assert len(await texts(made, EVA)) == 2
        await says(made, EVA, f"OK {first}")
        await reads(made, EVA, "is no longer valid, so nothing was decided. Reply with the code in our newest text.")
        await says(made, EVA, f"OK {second.group(1)}")
        await reads(made, EVA, "Approved: Cleo")
        await says(made, EVA, f"OK {first}")
        await reads(made, EVA, "was already approved by Eva")


async def test_at_night_the_question_waits_unless_the_stay_is_near(tmp_path: Path) -> None:
    async with people(tmp_path, **policy(tmp_path) | {"QUIET_HOURS": "21:00-08:00"}) as made:
        night = (await made.now() + timedelta(days=1)).replace(hour=22, minute=0)
        await made.post("/sandbox/clock", to=night.isoformat())
        await asked(made, f"front-door for Cleo {PHONE} now for 3h")
        await question(made, EVA, "Cleo at Front door")
        await asked(made, "front-door for Dora +33639981235 tomorrow 20:00 for 3h")
        await made.post_with("Dora at Front door: to decide")
        await made.quiet()
        assert "Dora" not in str(await texts(made, EVA))
        await made.move("PT11H")
        assert await question(made, EVA, "Dora at Front door")


async def test_an_approver_who_is_a_guest_as_well(tmp_path: Path) -> None:
    """Her words go to her stay's thread; only an answer in its form decides."""
    async with people(tmp_path, **policy(tmp_path)) as made:
        await texted(made, "Eva", EVA, "now for 40h")
        await asked(made, f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        code = await question(made, EVA, "Cleo at Front door")
        await says(made, EVA, "ok, where do I park?")
        await made.post_with("ok, where do I park?")
        await says(made, EVA, "IN")
        await says_card(made, "Eva", ": in")
        await says(made, EVA, f"OK {code}")
        await reads(made, EVA, "Approved: Cleo at Front door")
        await says(made, FINN, "hello?")
        await reads(made, FINN, "To approve, reply OK and the code")
        for _ in range(6):
            await says(made, FINN, "hello?")
        await made.quiet()
        assert len(await texts(made, FINN)) == 3


async def test_a_question_that_does_not_arrive_is_told_in_the_thread(tmp_path: Path) -> None:
    async with people(tmp_path, **policy(tmp_path)) as made:
        await says(made, EVA, "STOP")
        await asked(made, f"front-door for Cleo {PHONE} tomorrow noon for 3h")
        line = await made.post_with("Question to decide, to Eva (by SMS): NOT delivered")
        assert "opted out" in line["text"]
        assert line["thread_ts"] == (await card(made, "Cleo"))["ts"]
