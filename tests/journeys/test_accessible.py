"""`/demo` judged by axe, the field's own checker: at first sight, in the midst of a stay, with a form open; in a wide
and in a narrow window, light and dark."""

from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.journeys.browser import browsing
from tests.journeys.living_demo import people

pytest_plugins = ["tests.journeys.one_browser"]

GRAVE = {"serious", "critical"}


LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((390, "light"), (1400, "dark"), (1400, "light"))


async def findings(page: Page) -> list[str]:
    """What axe finds grave, narrow and wide, by day and by night, each with where it is. The page ends as it was."""
    found = []
    for width, scheme in LOOKS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        seen: dict[str, Any] = (await Axe().run(page)).response
        found += [
            f"{width} {scheme} {one['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
            for one in seen["violations"]
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]
    return found


async def test_nothing_grave(tmp_path: Path, browser: Browser) -> None:
    async with people(tmp_path) as town, browsing(browser, f"{town.http.base_url}/demo") as seen:
        page = seen.page
        assert await findings(page) == []
        await page.get_by_role("combobox", name="You are").select_option(label="Ada Requester")
        await page.locator("#command").get_by_role("button", name="Send").click()
        await page.get_by_role("combobox", name="You are").select_option(label="Ben Approver")
        await page.locator("#messages-C_APPROVALS").get_by_role("button", name="Approve").last.click()
        await expect(page.locator("#next-words")).not_to_be_empty(timeout=20_000)
        await page.get_by_role("button", name="To the next thing").click()
        await expect(page.locator("#texts .bubble.received")).to_be_visible(timeout=20_000)
        await expect(page.locator("#timeline")).to_be_visible()
        assert await findings(page) == []
        await page.get_by_label("/pin").fill("")
        await page.locator("#command").get_by_role("button", name="Send").click()
        await expect(page.locator("#modal")).to_be_visible(timeout=20_000)
        assert await findings(page) == []
