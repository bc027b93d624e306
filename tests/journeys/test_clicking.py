"""The whole story clicked through on `/demo` in a real browser, against the real bot: nothing but what a newcomer has,
a mouse and a keyboard. First a stay that goes well, then one that is missed and replaced."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.browser import browsing
from tests.journeys.living_demo import people

pytest_plugins = ["tests.journeys.one_browser"]

PARIS = ZoneInfo("Europe/Paris")
_SOON = 20_000  # milliseconds in which the bot has done what follows a click


async def test_the_whole_story_can_be_clicked_through(tmp_path: Path, browser: Browser) -> None:
    async with people(tmp_path) as town, browsing(browser, f"{town.http.base_url}/demo") as seen:
        newcomer = Newcomer(seen.page)
        starts = await newcomer.in_two_days_at_three()
        await newcomer.asks("front-door", "Cleo", "+33 6 39 98 00 42", starts)
        await newcomer.approves("Cleo at Front door")
        await newcomer.waits_until(starts - timedelta(hours=23))
        first = await newcomer.reads_pin("Front door")
        await newcomer.tries("Front door", first, "Red. Not yet: this PIN starts later.")
        await newcomer.waits_until(starts + timedelta(hours=13))
        await expect(newcomer.texts.filter(has_text="or it stops working").first).to_be_visible(timeout=_SOON)
        await newcomer.tries("Front door", first, "Green. The door is open.")
        await seen.page.locator("#chips").get_by_role("button", name="IN", exact=True).click()
        await expect(newcomer.card("Cleo at Front door: in")).to_be_visible(timeout=_SOON)

        starts = await newcomer.in_two_days_at_three()
        await newcomer.asks("garden-gate", "Dora", "+33 6 39 98 00 43", starts)
        await newcomer.approves("Dora at Garden gate")
        await newcomer.waits_until(starts - timedelta(hours=23))
        await newcomer.picks_phone("+33639980043")
        dead = await newcomer.reads_pin("Garden gate")
        await newcomer.waits_until(starts + timedelta(hours=25))
        await newcomer.tries("Garden gate", dead, "Red. Dead: it was not used within 24 hours of its start.")
        missed = newcomer.card("Not heard of: Dora, Garden gate")
        await missed.get_by_role("button", name="Replace the PIN").click(timeout=_SOON)
        alive = await newcomer.reads_pin("Garden gate", not_this=dead)
        await newcomer.tries("Garden gate", alive, "Green. The door is open.")
        assert seen.complaints == []


class Newcomer:
    """Somebody before the page. Every method does what a hand can do there, and looks at what an eye can see."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.texts: Locator = page.locator("#texts .bubble .body")

    async def now(self) -> datetime:
        await expect(self._page.locator("#now")).to_have_attribute("datetime", re.compile("T"))
        reported = await self._page.locator("#now").get_attribute("datetime")
        return datetime.fromisoformat(reported or "").astimezone(PARIS)

    async def in_two_days_at_three(self) -> datetime:
        day = (await self.now()).date() + timedelta(days=2)
        return datetime(day.year, day.month, day.day, 15, tzinfo=PARIS)

    def card(self, words: str) -> Locator:
        return self._page.locator("#messages-C_APPROVALS li").filter(has_text=words).last

    async def is_(self, name: str) -> None:
        await self._page.get_by_role("combobox", name="You are").select_option(label=name)

    async def asks(self, lock: str, guest: str, phone: str, starts: datetime) -> None:
        await self.is_("Ada Requester")
        ends = starts + timedelta(hours=44)
        line = self._page.get_by_label("/pin")
        await line.fill(f"{lock} for {guest} {phone} {starts:%Y-%m-%d %H:%M} - {ends:%Y-%m-%d %H:%M}")
        await line.press("Enter")
        said = self._page.locator("#messages-C_FRONTDESK").get_by_text("Asked for a PIN for", exact=False).last
        await expect(said).to_be_visible(timeout=_SOON)

    async def approves(self, stay: str) -> None:
        await self.is_("Ben Approver")
        await self.card(f"{stay}: to decide").get_by_role("button", name="Approve").click(timeout=_SOON)
        await expect(self.card(f"{stay}: approved")).to_be_visible(timeout=_SOON)

    async def waits_until(self, moment: datetime) -> None:
        """Presses the clock's buttons until this moment is past, by less than an hour."""
        while (left := moment - await self.now()) > timedelta(0):
            step = next((h for h in (24, 6) if left >= timedelta(hours=h)), 1)
            before = await self._page.locator("#now").get_attribute("datetime") or ""
            await self._page.get_by_role("button", name=f"+{step} h").click()
            await self._page.wait_for_function(
                "before => document.getElementById('now').dateTime.slice(0, 13) !== before.slice(0, 13)", arg=before
            )

    async def picks_phone(self, number: str) -> None:
        choice = self._page.get_by_role("combobox", name="Number")
        await expect(choice.locator(f"option[value='{number}']")).to_be_attached(timeout=_SOON)
        await choice.select_option(number)

    async def reads_pin(self, door: str, *, not_this: str = "") -> str:
        """The digits of the newest text with a PIN for this door."""
        texts = self.texts.filter(has_text=f"your PIN for {door}:")
        if not_this:
            grouped = re.compile(r"\s*".join(not_this))
            texts = texts.filter(has_not_text=grouped)
        await expect(texts.last).to_be_visible(timeout=_SOON)
        return re.sub(r"\D", "", (await texts.last.inner_text()).splitlines()[1])

    async def tries(self, door: str, pin: str, lamp: str) -> None:
        await self._page.get_by_role("combobox", name="Lock").select_option(label=door)
        for digit in pin:
            await self._page.locator("#keys").get_by_role("button", name=digit, exact=True).click()
        await self._page.get_by_role("button", name="Unlock").click()
        await expect(self._page.locator("#verdict")).to_have_text(lamp)
