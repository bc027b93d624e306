"""Where an owner is sent to sign in to their locks: only over a way that nobody else reads, or to this very machine."""

from datetime import UTC, datetime

import httpx
import pytest

from bot.ports import OutcomeUnknown
from providers.seam.accounts import SeamAccounts
from providers.seam.client import SeamClient
from tests.providers.seam_stub import SeamStub, ok

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)


def sent_to(url: str) -> SeamAccounts:
    stub = SeamStub(ok(connect_webview={"connect_webview_id": "cw1", "url": url, "status": "pending"}))
    transport = httpx.MockTransport(stub)
    return SeamAccounts(SeamClient("seam_test_key", timeout_seconds=2, transport=transport), lambda: T0)


@pytest.mark.parametrize(
    "url", ["https://connect.getseam.com/x?y=z", "http://127.0.0.1:8000/x", "http://localhost:8000/x"]
)
async def test_the_address_is_passed_on_as_it_is(url: str) -> None:
    assert (await sent_to(url).begin()).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://connect.getseam.com/x",
        "http://127.0.0.1.example.com/x",
        "ftp://connect.getseam.com/x",
        "javascript:alert(1)",
        "https://",
        "//connect.getseam.com/x",
        "https://[connect.getseam.com/x",
        "https://connect\u2100.getseam.com/x",
        "https://connect.getseam.com/\nx",
        "",
    ],
)
async def test_nobody_is_sent_where_others_can_read(url: str) -> None:
    with pytest.raises(OutcomeUnknown) as no:
        await sent_to(url).begin()
    assert str(no.value).endswith(": no url"), "what is missing, and nothing of what came"
