"""`/status` for whoever has no Slack at hand: the words of Home, in a browser, for who has the token and no other."""

from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, HttpCredentials, expect

from tests.journeys.browser import browsing
from tests.journeys.living_demo import people
from tests.journeys.test_accessible import findings
from tests.journeys.watching import says_card

pytest_plugins = ["tests.journeys.one_browser"]

TOKEN = "a-token-of-the-house-1"
PHONE = "+33639981234"


async def test_what_stands_there(tmp_path: Path, browser: Browser) -> None:
    async with people(tmp_path, STATUS_TOKEN=TOKEN) as made:
        await made.says("U_ADA", f"front-door for Ana {PHONE} now for 30h")
        await made.says("U_ADA", "loft for <b>Bo</b> +33639985678 tomorrow 3pm for 6h")
        await made.press("U_BEN", await made.post_with("Ana"), "approve")
        await says_card(made, "Ana", "PIN texted")
        await made.post(f"/sandbox/phones/{PHONE}", body="please call somebody, it is cold")
        await made.post_with("Ana")
        url = str(made.http.base_url.join("/status"))
        credentials: HttpCredentials = {"username": "anybody", "password": TOKEN, "send": "always"}
        async with browsing(browser, url, width=320, height=640, credentials=credentials) as seen:
            page = seen.page
            await expect(page.get_by_role("heading", name="Needs a person")).to_be_visible()
            await expect(page.get_by_text("Nobody has taken it.")).to_be_visible()
            await expect(page.get_by_text("asked by Ada Requester")).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320
            assert await findings(page) == []
            await page.get_by_role("button", name="Refresh").focus()
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("heading", name="Doors")).to_be_visible()
            text = await page.content()
        (pin,) = await made.pins(PHONE)
        for secret in (PHONE, PHONE[3:], pin, f"{pin[:3]} {pin[3:6]} {pin[6:]}", TOKEN, "<b>"):
            assert secret not in text.partition("</style>")[2]


@pytest.mark.parametrize("token", ["", TOKEN])
async def test_who_has_no_token_sees_nothing(tmp_path: Path, token: str) -> None:
    async with people(tmp_path, **({"STATUS_TOKEN": token} if token else {})) as made:
        wrong = ("", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Basic Og==", "Basic \xff", f"Digest {TOKEN}")
        answers: list[httpx.Response] = [
            await made.http.get("/status", headers={"Authorization": said.encode("latin-1")}) for said in wrong
        ]
        assert {answer.status_code for answer in answers} == ({401} if token else {404})
        assert not any("Front door" in answer.text for answer in answers)
        if token:
            good = await made.http.get("/status", headers={"Authorization": f"bearer {TOKEN}"})
            assert (good.status_code, good.headers["cache-control"]) == (200, "no-store")
            assert "Nothing is wrong." in good.text
            assert (await made.http.post("/status")).status_code in (404, 405)


async def test_a_slack_that_is_away_is_said_and_waited_for_little(tmp_path: Path) -> None:
    async with people(tmp_path, STATUS_TOKEN=TOKEN) as made:
        await made.says("U_ADA", f"front-door for Ana {PHONE} tomorrow 3pm for 30h")
        await made.post_with("Ana")
        await made.post("/sandbox/faults", provider="slack", fault="http_500", rate=1)
        shown = await made.http.get("/status", headers={"Authorization": f"Bearer {TOKEN}"})
        assert shown.status_code == 200
        assert "U_ADA" in shown.text or "Ada" in shown.text
