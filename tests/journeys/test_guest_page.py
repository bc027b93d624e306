"""The guest's page, from the text that names it to the end of the stay: in a real browser, narrow and dark, with the
keyboard, and for whoever has an address that leads nowhere."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.journeys.browser import browsing
from tests.journeys.every_listener import sent_without_a_number
from tests.journeys.living_demo import People, people
from tests.journeys.test_accessible import findings
from tests.journeys.watching import says_card, whispers
from tests.processes.operator import at_the_terminal

pytest_plugins = ["tests.journeys.one_browser"]

PHONE = "+33639981234"
LARGEST = 20_000


@asynccontextmanager
async def house_with_pages(folder: Path) -> AsyncIterator[People]:
    async with people(folder) as made:
        url = str(made.http.base_url).rstrip("/")
        words = ("locks", "set", "Front door", "--page", "yes", "--contact", "Front desk +43 1 234 5678")
        done = await at_the_terminal(folder, *words, SANDBOX_URL=url, PUBLIC_URL=url)
        assert done.returncode == 0, done.stderr
        yield made


async def stays(made: People, window: str = "now for 30h") -> str:
    """Ana's stay is approved; the address of her page, as her text has it."""
    await made.says("U_ADA", f"front-door for Ana {PHONE} {window}")
    await made.press("U_BEN", await made.post_with("Ana"), "approve")

    async def texted() -> str:
        found = [re.search(r"http://\S+/g/\S+", text["body"]) for text in await made.texts(PHONE)]
        return next((one[0] for one in found if one), "")

    address: str = await made.until("the text names the page", texted)
    return address


async def test_what_a_guest_sees_and_presses(tmp_path: Path, browser: Browser) -> None:
    async with house_with_pages(tmp_path) as made:
        address = await stays(made)
        (pin,) = await made.pins(PHONE)
        grouped = " ".join(pin[i : i + 3] for i in range(0, len(pin), 3))
        async with browsing(browser, address, width=320, height=640) as seen:
            page = seen.page
            await expect(page.locator(".pin")).to_contain_text(grouped)
            await expect(page.get_by_text("Use it before")).to_be_visible()
            await expect(page.get_by_role("link", name="+4312345678")).to_have_attribute("href", "tel:+4312345678")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320
            assert await findings(page) == []
            # By the keyboard alone.
            await page.get_by_role("button", name="It opened").focus()
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("status")).to_contain_text("We know that it opened")
            await expect(page.get_by_text("It has opened the door, and works until")).to_be_visible()
            await expect(page.get_by_role("button", name="It opened")).to_have_count(0)
            assert await findings(page) == []
            await page.get_by_role("button", name="It does not open").click()
            await expect(page.get_by_role("status")).to_contain_text("by text message")
            assert seen.complaints == []
        await says_card(made, "Ana", "Front door: in")

        async def answered() -> bool:
            return sum("PIN" in (text["body"] or "") for text in await made.texts(PHONE)) >= 2

        await made.until("STUCK is answered on the phone", answered)
        whole = await made.http.get(address)
        assert len(whole.content) < LARGEST
        assert "set-cookie" not in whole.headers
        assert whole.headers["cache-control"] == "no-store"
        assert "<script" not in whole.text
        assert (tmp_path / "log").read_text().count(address.rpartition("/")[2]) == 0


@pytest.mark.parametrize("language", ["ja", "de"])
async def test_in_their_language_and_what_is_over(tmp_path: Path, language: str) -> None:
    async with house_with_pages(tmp_path) as made:
        word = {"ja": "Japanese", "de": "German"}[language]
        address = await stays(made, f"now for 30h in {word}")
        shown = await made.http.get(address)
        assert f'<html lang="{language}">' in shown.text
        await made.move("P3D")
        await made.quiet()
        over = await made.http.get(address, headers={"Accept-Language": f"{language},en;q=0.5"})
        guessed = await made.http.get(f"{address[:-1]}{'A' if address[-1] != 'A' else 'B'}")
        assert (over.status_code, guessed.status_code) == (404, 404)
        for odd in ("DE", "dE-at,FR", "-äe0-Dr,fR".encode(), b"", b",;-*", b"\xff" * 300, b"x" * 5000):
            assert (await made.http.get(address, headers={"Accept-Language": odd})).status_code == 404, odd
        assert f'<html lang="{language}">' in over.text
        assert "Ana" not in over.text + guessed.text


async def test_withdrawn_and_a_number_that_was_wrong(tmp_path: Path) -> None:
    async with house_with_pages(tmp_path) as made:
        address = await stays(made)
        card = await made.post_with("Ana")
        assert (await made.http.get(address)).status_code == 200
        await made.withdraws("U_BEN", "Ana")
        gone = await made.http.get(address)
        pressed = await made.http.post(address, data={"word": "IN", "step": "1"})
        assert (gone.status_code, pressed.status_code) == (404, 404)
        assert card["text"]


NO_FORMS: tuple[dict[str, str], ...] = (
    {},
    {"word": "IN"},
    {"word": "OUT", "step": "1"},
    {"word": "STOP", "step": "1"},
    {"word": "in", "step": "1"},
    {"word": "IN", "step": "x" * 99},
    {"word": "IN", "step": "1", **{f"more{n}": "1" for n in range(20)}},
    {"word": "IN", "step": "1", "when": "x" * 3000},
)


async def test_a_form_that_is_none_and_one_that_is_sent_again(tmp_path: Path) -> None:
    async with house_with_pages(tmp_path) as made:
        address = await stays(made)
        for form in NO_FORMS:
            assert (await made.http.post(address, data=form)).status_code == 400, form
        assert (await made.http.post(address, content=b"word=IN&step=" + b"1" * 1_000_001)).status_code == 413
        texts = len(await made.texts(PHONE))
        for _ in range(3):  # a second click, and a third
            again = await made.http.post(address, data={"word": "STUCK", "step": "same"}, follow_redirects=False)
            assert again.status_code == 303
        await made.quiet()
        assert len(await made.texts(PHONE)) == texts + 1
        late = await made.http.post(address, data={"word": "LATE", "step": "l", "when": "2026-12-04T18:00"})
        assert late.status_code == 303


async def test_the_page_that_asks_whom_to_text_by_the_keyboard_alone(tmp_path: Path, browser: Browser) -> None:
    async with people(tmp_path) as made:
        notice = await sent_without_a_number(made, "Olga", "Loft")
        await made.press("U_BEN", notice, "contact_link")
        (said,) = [one for one in await whispers(made, "U_BEN") if "Send this to" in one]
        address = re.findall(r"http://\S+/g/[\w-]+", said)[0]
        async with browsing(browser, address, width=320, height=640) as seen:
            page = seen.page
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320
            assert await findings(page) == []
            await page.get_by_label("Your name").fill("Olga Sample")
            await page.get_by_label("Mobile number").fill("12 34")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("alert")).to_contain_text("Write it with its country code")
            assert await findings(page) == []
            await expect(page.get_by_label("Your name")).to_have_value("Olga Sample")
            await page.get_by_label("Mobile number").fill("+33 6 39 98 13 12")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("status")).to_contain_text("Thank you, we have your number")
            assert await findings(page) == []
        await says_card(made, "Olga Sample", "to decide")


async def test_too_many_looks(tmp_path: Path) -> None:
    async with house_with_pages(tmp_path) as made:
        address = await stays(made)
        answers: list[httpx.Response] = [await made.http.get(address) for _ in range(62)]
        assert [answer.status_code for answer in answers] == [200] * 60 + [429] * 2
        assert "wait" in answers[-1].text
        assert not re.search(r"\d{3} \d{3}", answers[-1].text)
