"""The outside world that every contract is tried against."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.outside import Outside, open_outside


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with open_outside() as opened:
        yield opened
