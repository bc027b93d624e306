"""One Chromium for all tests that ask for it: it and Playwright's driver take a second of a processor to start. Each
test has a context of its own in it. A module that asks for it names this one in `pytest_plugins`, and its tests run in
the session's loop, where the browser is."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.journeys.browser import launched
from tests.together import started_once


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    started_once("the browser")
    async with launched() as made:
        yield made
