"""One Chromium for all tests that ask for it: it and Playwright's driver take a second of a processor to start. Each
test has a context of its own in it. A module that asks for it names this one in `pytest_plugins`."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.journeys.browser import launched
from tests.one_loop import outlasting
from tests.together import started_once


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    started_once("the browser")
    with outlasting():
        launching = launched()
        made = await launching.__aenter__()
    yield made
    await launching.__aexit__(None, None, None)
