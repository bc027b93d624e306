"""What the operator has to mend is said aloud: an error in the log with the cure, `/readyz`, a gauge, and to whoever
asks meanwhile; and no more once it is mended."""

from pathlib import Path

from tests.cases import every
from tests.journeys.living_demo import People, people

PHONE = "+33639981234"
CURES = {
    "slack": ("Slack", "set SLACK_BOT_TOKEN"),
    "twilio": ("Twilio", "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
    "seam": ("Seam", "set SEAM_API_KEY"),
}


async def is_wrong(made: People, vendor: str) -> str:
    found = (await made.http.get("/readyz")).json()["wrong"]
    return str(found.get(vendor, ""))


@every("provider", list(CURES))
async def test_credentials_that_are_no_longer_taken(tmp_path: Path, provider: str) -> None:
    vendor, cure = CURES[provider]
    folder = tmp_path / provider
    folder.mkdir()
    async with people(folder) as made:
        assert await is_wrong(made, vendor) == ""
        await made.post("/sandbox/faults", provider=provider, fault="http_401", rate=1)
        await made.says("U_ADA", f"loft for Ana {PHONE} now for 40h")
        if provider != "slack":
            await made.press("U_BEN", await made.post_with("Ana at Loft"), "approve")
        await made.until(f"{vendor} is said to be misconfigured", lambda: is_wrong(made, vendor))
        assert cure in await is_wrong(made, vendor)
        assert (await made.http.get("/readyz")).status_code == 503
        assert (await made.http.get("/healthz")).status_code == 200
        assert f'nightporter_misconfigured{{vendor="{vendor}"}} 1.0' in (await made.http.get("/metrics")).text
        said = await made.says("U_ADA", "garden-gate for Bea +33639981235 tomorrow 9:00 for 3h")
        assert ("Approvers may not see it yet" in said) == (provider == "slack")
        await made.http.delete("/sandbox/faults")
        await made.move("PT6M")

        async def mended() -> bool:
            return (await made.http.get("/readyz")).status_code == 200

        await made.until(f"{vendor} is mended", mended)
        assert f'nightporter_misconfigured{{vendor="{vendor}"}} 0.0' in (await made.http.get("/metrics")).text
    assert made.log is not None
    lines = [line for line in made.log.read_text().splitlines() if '"event": "misconfigured"' in line]
    assert len(lines) == 1, "once an hour, however often it is met"
    assert cure in lines[0]
