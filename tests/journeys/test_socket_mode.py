"""Socket Mode: the same listeners without a public address."""

from pathlib import Path

from tests.journeys.living_demo import people

PHONE = "+33639981234"


async def test_a_stay_over_the_socket(tmp_path: Path) -> None:
    async with people(tmp_path, SLACK_APP_TOKEN="xapp-sandbox") as made:
        await made.has_socket()
        assert "Asked for a PIN" in await made.says("U_ADA", f"front-door for Cleo {PHONE} now for 30h")
        await made.press("U_BEN", await made.post_with("Cleo at Front door: to decide"), "approve")

        async def texted() -> list[str]:
            return await made.pins(PHONE)

        assert await made.until("Cleo is texted a PIN", texted)
        calls = [c["method"] for c in (await made.get("/sandbox/traffic"))["traffic"] if c["vendor"] == "slack"]
        assert calls.count("SOCKET") >= 2  # the command and the click
