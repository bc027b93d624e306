"""Fixtures of the vendors' wire tests."""

from collections.abc import AsyncIterator

import pytest

from providers import http
from tests.providers.loopback import Loopback, loopback


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the tries of a read; how long they are is not what these tests are about."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))


@pytest.fixture
async def vendor() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running
