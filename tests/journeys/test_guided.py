"""The guide on `/demo`, followed in a real browser by somebody who does what it says, a missed window and a replacement
included: with the keyboard alone, and in deep with the mouse. Nothing may complain."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.browser import browsing
from tests.journeys.living_demo import people

pytest_plugins = ["tests.journeys.one_browser"]

_SOON = 20_000
Photograph = Callable[[Page], Awaitable[object]]


class Follower:
    """Somebody who follows the guide; `press` and `pick` are how they touch the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts = page.locator("#texts .bubble.received .body")

    async def press(self, target: Locator) -> None:
        await target.click(timeout=_SOON)

    async def is_(self, name: str) -> None:
        await self.page.get_by_role("combobox", name="You are").select_option(label=name)

    async def types_pin(self, pin: str) -> None:
        await self.page.locator("#pin").fill(pin)
        await self.press(self.page.get_by_role("button", name="Unlock"))

    async def step(self, title: str) -> None:
        """The guide has come to this step."""
        await expect(self.page.locator("#guide-steps [aria-current=step] strong")).to_have_text(title, timeout=_SOON)

    async def next_until(self, seen: Locator) -> None:
        """The button waits until all is done that it brought, and drawn."""
        next_ = self.page.get_by_role("button", name="To the next thing")
        for _ in range(12):
            await self.press(next_)
            await expect(next_).to_be_enabled(timeout=_SOON)
            if await seen.first.is_visible():
                return
        raise AssertionError("the next thing never came")

    async def pin(self, *, not_this: str = "") -> str:
        texts = self.texts.filter(has_text="your PIN for Front door:")
        if not_this:
            texts = texts.filter(has_not_text=re.compile(r"\s*".join(not_this)))
        await expect(texts.last).to_be_visible(timeout=_SOON)
        return re.sub(r"\D", "", (await texts.last.inner_text()).splitlines()[1])

    async def follow(self, photographed: Photograph | None = None) -> None:
        """`photographed`: called where the page shows most."""
        page = self.page
        await self.step("Ask")
        await self.is_("Ada Requester")
        await self.press(page.locator("#command").get_by_role("button", name="Send"))
        await self.step("Decide")
        await self.is_("Ben Approver")
        await self.press(page.locator("#messages-C_APPROVALS").get_by_role("button", name="Approve").last)
        await self.step("Wait")
        await self.next_until(self.texts.filter(has_text="your PIN for Front door:"))
        await self.step("Come too early")
        dead = await self.pin()
        await self.types_pin(dead)
        await self.step("Be reminded")
        await self.next_until(self.texts.filter(has_text="or it stops working"))
        await self.step("Be too late")
        if photographed is not None:
            await photographed(page)
        await self.next_until(page.locator("#messages-C_APPROVALS").get_by_text("Not heard of: Cleo"))
        await self.types_pin(dead)
        await self.step("Replace it")
        await self.press(page.locator("#messages-C_APPROVALS").get_by_role("button", name="Replace the PIN").last)
        await self.step("Get in")
        newest = await self.pin(not_this=dead)
        await self.types_pin(newest)
        await self.step("Say nothing")
        await expect(page.locator("#verdict")).to_have_text("Green. The door is open.")
        await self.next_until(page.locator("#messages-C_APPROVALS summary").get_by_text("not heard of, may still open"))
        await self.types_pin(newest)
        await expect(page.locator("#verdict")).to_have_text("Green. The door is open.")
        await self.step("Let it come")
        await self.press(page.get_by_role("button", name="Hospitable sends a booking"))
        channel = page.locator("#messages-C_APPROVALS")
        await expect(channel.get_by_text("Hugo Sample at Front door").first).to_be_visible(timeout=_SOON)
        await expect(page.locator("#guide-count")).to_have_text("10 of 10 done", timeout=_SOON)
        await self.press(page.get_by_role("button", name="Airbnb takes a booking"))
        await expect(channel.get_by_text("Nobody to text: Airbnb guest at Front door").first).to_be_visible(
            timeout=_SOON
        )
        await self.press(page.locator("#calendar").get_by_role("button", name="Cancel it"))
        await expect(page.locator("#calendar li")).to_have_count(0, timeout=_SOON)


_WAY = """node => {
  const here = document.activeElement;
  if (node === here) return [];
  const back = here.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING;
  const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter(each => !each.disabled && each.tabIndex === 0 && each.checkVisibility());
  const between = Math.abs(stops.indexOf(node) - stops.indexOf(here));
  return Array(Math.max(1, between)).fill(back ? "Shift+Tab" : "Tab");
}"""
"""To a control that stands further up the way back is the shorter one. How many keys it takes is a guess: where it is
wrong the rest of the way is looked for from there."""


class AtTheKeyboard(Follower):
    """Never touches a mouse: goes to a control with Tab, or back to it, and presses Enter or an arrow there. What is
    pressed so could have been clicked, too."""

    async def reach(self, target: Locator) -> None:
        await expect(target).to_be_visible(timeout=_SOON)
        for _ in range(40):
            way = await target.evaluate(_WAY)
            if not way:
                return
            for key in way:
                await self.page.keyboard.press(key)
        raise AssertionError(f"Tab never comes to {target}")

    async def press(self, target: Locator) -> None:
        await self.reach(target)
        await target.click(trial=True, timeout=_SOON)
        await self.page.keyboard.press("Enter")

    async def is_(self, name: str) -> None:
        choice = self.page.get_by_role("combobox", name="You are")
        await self.reach(choice)
        await self.page.keyboard.type(name)
        await expect(choice.locator("option:checked")).to_have_text(name)

    async def types_pin(self, pin: str) -> None:
        await self.reach(self.page.locator("#pin"))
        await self.page.keyboard.type(pin)
        await self.page.keyboard.press("Enter")


NEWCOMER = {"GUEST_LANGUAGE": "auto", "QUIET_HOURS": "21:00-08:00"}
"""What `make run` has, and other journeys leave out."""


@pytest.mark.deep
async def test_the_guide_is_followed_to_its_end(tmp_path: Path, browser: Browser) -> None:
    async with people(tmp_path, **NEWCOMER) as town, browsing(browser, f"{town.http.base_url}/demo") as seen:
        await Follower(seen.page).follow()
        await expect(seen.page.locator("#traffic li").first).to_be_visible()
        assert seen.complaints == []


async def test_the_guide_is_followed_with_the_keyboard_alone(tmp_path: Path, browser: Browser) -> None:
    async with people(tmp_path, **NEWCOMER) as town, browsing(browser, f"{town.http.base_url}/demo") as seen:
        await AtTheKeyboard(seen.page).follow()
        assert seen.complaints == []


async def test_the_guide_understands_a_guest_of_any_language_on_any_day(tmp_path: Path, browser: Browser) -> None:
    async with people(tmp_path, **NEWCOMER) as town, browsing(browser, f"{town.http.base_url}/demo") as seen:
        line, page = seen.page.locator("#command-text"), seen.page
        days = set()
        for _ in range(7):
            await page.goto(f"{town.http.base_url}/demo")
            await expect(page.locator("#now")).to_have_attribute("datetime", re.compile("."), timeout=_SOON)
            days.add(await line.input_value())
            await town.post("/sandbox/clock", advance="PT24H")
        assert len(days) == 7, days
        seen.complaints.clear()  # a page that is left lets go of what it asked for
        await line.fill((await line.input_value()).replace("+44 7700 900042", "+33 6 39 98 00 42"))
        guest = Follower(page)
        await guest.is_("Ada Requester")
        await guest.press(page.locator("#command").get_by_role("button", name="Send"))
        await guest.is_("Ben Approver")
        await guest.press(page.locator("#messages-C_APPROVALS").get_by_role("button", name="Approve").last)
        await guest.next_until(guest.texts.filter(has_text="votre code pour Front door"))
        await guest.step("Come too early")
        await guest.next_until(guest.texts.filter(has_text="sinon il expire"))
        await guest.step("Be too late")
        assert seen.complaints == []
