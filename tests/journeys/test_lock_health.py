"""A battery runs down, a bridge goes away: the Home tab and `/pin locks` say so as soon as the provider tells."""

from pathlib import Path

from tests.journeys.forms import words_of
from tests.journeys.living_demo import People, people
from tests.journeys.test_home import home_of

SEAM = {"authorization": "Bearer seam_test_nightporter"}


async def doors(made: People) -> str:
    return words_of(await home_of(made, "U_ADA")).partition("Doors")[2]


async def says(made: People, words: str) -> str:
    async def look() -> str:
        shown = await doors(made)
        return shown if words in shown else ""

    return str(await made.until(f"the tab says {words!r}", look, 10))


async def test_what_the_provider_tells_stands_in_the_tab(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        shown = await says(made, "Battery 86 %. Bridge connected.")
        assert shown.count("Battery 86 %. No bridge.") == 4
        assert ":warning:" not in shown

        await made.post("/sandbox/doors/cabin/battery", level=0.12)
        shown = await says(made, "Battery low (12 %): change it soon. No bridge.")
        assert shown.strip().startswith(":warning: *Cabin*"), "what needs somebody comes first"

        async def listed() -> bool:
            return "Battery low (12 %)" in (await made.says("U_MALLORY", "locks")).splitlines()[0]

        await made.until("/pin locks says so, too", listed, 10)
        await made.post("/sandbox/doors/cabin/battery", level=0.04)
        await says(made, "Battery nearly empty (4 %): change it now, or no PIN opens this door")

        loft = next(d for d in (await made.get("/sandbox/doors"))["doors"] if d["name"] == "Loft")
        body = {"device_id": loft["device_id"]}
        gone = await made.http.post("/sandbox/seam/devices/simulate/disconnect_from_hub", json=body, headers=SEAM)
        assert gone.status_code == 200
        await says(made, "Bridge offline: PINs open as always")
        await made.http.post("/sandbox/seam/devices/simulate/connect_to_hub", json=body, headers=SEAM)
        await says(made, "Battery 86 %. Bridge connected.")

        await made.post("/sandbox/doors/cabin/battery", level=0.9)
        assert ":warning:" not in await says(made, "Battery 90 %. No bridge.")
        said = await made.http.post("/sandbox/doors/cabin/battery", json={"level": 7})
        assert said.status_code == 422
