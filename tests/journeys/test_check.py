"""`/pin check`: what a PIN does right now, told honestly, to whoever may know, and slowly to whoever guesses."""

import json
from pathlib import Path
from typing import Any

from tests.journeys.living_demo import People, people
from tests.processes.operator import at_the_terminal

PHONE = "+33639981234"


async def a_stay(made: People, words: str) -> str:
    """Asked, approved and texted; the PIN."""
    await made.says("U_ADA", f"front-door for Cleo {PHONE} {words}")
    await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")
    known = len(await made.pins(PHONE))

    async def look() -> list[str]:
        return (await made.pins(PHONE))[known:]

    return str((await made.until("Cleo is texted a PIN", look))[-1])


async def codes_check(folder: Path, url: str, lock: str, digits: str) -> dict[str, Any]:
    """`nightporter codes check --json` beside the running demo, on its database."""
    words = ("codes", "check", lock, "--json")
    said = await at_the_terminal(folder, *words, stdin=f"{digits}\n", SANDBOX_URL=url, PUBLIC_URL=url)
    assert said.returncode == 0
    answer: dict[str, Any] = json.loads(said.stdout)
    return answer


async def test_a_pin_is_told_as_it_is(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        pin = await a_stay(made, "now for 40h")
        spaced = f"{pin[:3]} {pin[3:6]} {pin[6:]}"
        reported = await made.says("U_ADA", f"check front-door {spaced}")
        assert reported.startswith("This PIN opens Front door now, until ")
        assert "We have not heard yet that it was used; it must be used once before" in reported
        assert "It is Cleo's." in reported
        assert "It is Cleo's." in await made.says("U_BEN", f"check Front Door {pin}")
        assert "Cleo" not in await made.says("U_MALLORY", f"check front door {pin}")
        assert (await made.says("U_ADA", f"check garden-gate {pin}")).startswith("We made no such PIN for Garden gate.")
        assert pin not in reported.replace(" ", "")

        by_command = await codes_check(tmp_path, str(made.http.base_url), "front door", spaced)
        assert (by_command["state"], by_command["used"], by_command["guest"]) == ("opens", False, "Cleo")
        assert by_command["sentence"] == reported

        await made.move("PT24H")
        missed = await made.post_with("Not heard of: Cleo")
        assert "If nobody used it, it does not open Front door any more" in await made.says(
            "U_ADA", f"check front-door {pin}"
        )
        await made.press("U_BEN", missed, "replace")

        async def newer() -> list[str]:
            return [p for p in await made.pins(PHONE) if p != pin]

        new = (await made.until("Cleo is texted the new PIN", newer))[-1]
        assert "A newer PIN was made for the same stay" in await made.says("U_ADA", f"check front-door {pin}")
        await made.post(f"/sandbox/phones/{PHONE}", body="IN")
        await made.post_with("Cleo at Front door: in")
        assert "It has been used." in await made.says("U_ADA", f"check front-door {new}")
        await made.move("PT24H")
        assert (await made.says("U_ADA", f"check front-door {new}")).startswith("This PIN ended ")


async def test_a_pin_for_later_is_not_yet(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        start = (await made.now()).strftime("%Y-%m-%d")
        await made.says("U_ADA", f"cabin for Cleo {PHONE} tomorrow noon for 3h")
        await made.press("U_BEN", await made.post_with("Cleo at Cabin: to decide"), "approve")
        await made.move("PT13H")

        async def look() -> list[str]:
            return await made.pins(PHONE)

        pin = (await made.until(f"texted after {start}", look))[-1]
        reported = await made.says("U_ADA", f"check cabin {pin}")
        assert reported.startswith(("Not yet: this PIN opens Cabin from", "This PIN opens Cabin now"))
        assert "New York time" in reported


async def test_guessing_is_slowed_down_and_nonsense_is_asked_back(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        assert "Write it like this" in await made.says("U_MALLORY", "check front-door")
        assert "Did you mean" in await made.says("U_MALLORY", "check fornt-door 123456789")
        for guess in range(5):
            said = await made.says("U_MALLORY", f"check front-door 12345678{guess}")
            assert said.startswith("We made no such PIN")
        assert "Too many PINs that we do not know" in await made.says("U_MALLORY", "check front-door 123456785")
        assert (await made.says("U_ADA", "check front-door 123456785")).startswith("We made no such PIN")
        await made.move("PT11M")
        assert (await made.says("U_MALLORY", "check front-door 123456785")).startswith("We made no such PIN")
