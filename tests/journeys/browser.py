"""A real browser for journeys: Debian's Chromium, driven by Playwright, with every complaint of the page kept."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, HttpCredentials, Page, Response, async_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class TextInfo:
    """A page, and what it complained of: errors in its scripts, on its console, and answers it did not get."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def heard(self, reported: Response) -> None:
        if reported.status >= 400:
            self.complaints.append(f"{reported.status}: {reported.url}")


NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first has no window that it could draw, and takes two thirds of the others' time."""


def chromium() -> str:
    """Where the browser is. Without one the test is skipped, and says so; under CI it fails."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        words = f"there is no Chromium here: the browser's journeys need Debian's `{NAMES[0]}` or `{NAMES[1]}`"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return found


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        await browser.close()


@asynccontextmanager
async def browsing(
    browser: Browser, url: str, *, width: int = 1400, height: int = 900, credentials: HttpCredentials | None = None
) -> AsyncIterator[TextInfo]:
    """The page at `url`, opened by somebody who has never been there."""
    context = await browser.new_context(viewport={"width": width, "height": height}, http_credentials=credentials)
    page = await context.new_page()
    page.set_default_timeout(30_000)
    seen = TextInfo(page)
    page.on("pageerror", lambda error: seen.complaints.append(f"script: {error}"))
    page.on("console", lambda said: seen.complaints.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("response", seen.heard)
    page.on("requestfailed", lambda asked: seen.complaints.append(f"no answer: {asked.url}"))
    await page.goto(url)
    yield seen
    await context.close()
