"""Everything that we ever ask of Seam, judged by its published specification: no field too many, none ill-formed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jsonschema
import pytest

from bot.domain.locks.remote_commands import Action
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import MintOrder, OnlineOrder
from providers.seam.accounts import SeamAccounts
from providers.seam.client import SeamClient
from providers.seam.lock import SeamLockProvider
from providers.seam.online import SeamOnlinePins
from providers.seam.subscribing import subscribe
from tests.providers.recorded import openapi
from tests.providers.seam_stub import SeamStub, code, ok

LOCK, REF = "5f2b1f0e-3a94-4a1e-9d5c-0d8f7c1a0002", "5f2b1f0e-3a94-4a1e-9d5c-0d8f7c1a0009"
T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
DAY = AccessWindow(T0, T0 + timedelta(hours=24))
LONG = AccessWindow(T0, T0 + timedelta(days=40))
ONLINE = OnlineOrder(LOCK, "NP-1", Pin("4821"), DAY)
ONGOING = OnlineOrder(LOCK, "NP-1", Pin("4821"))

ANSWER = ok(
    access_code=code(REF, pending_mutations=[]),
    access_codes=[],
    action_attempt={"action_attempt_id": REF, "status": "pending"},
    connect_webview={"connect_webview_id": REF, "url": "https://connect.example.com/x", "status": "pending"},
    connected_accounts=[],
    devices=[],
    webhook={"webhook_id": "ep_1", "url": "https://pins.example.com/seam/webhooks", "secret": "whsec_x"},
    webhooks=[],
    workspace={"workspace_id": REF, "name": "House"},
)


def order(kind: PinKind, window: AccessWindow) -> MintOrder:
    return MintOrder(LOCK, "NP-1", kind, window, 1, "Europe/Paris")


Asking = Callable[[SeamClient], Awaitable[Any]]
ALL: dict[str, Asking] = {
    "the workspace": lambda c: SeamLockProvider(c).check(),
    "the locks": lambda c: SeamLockProvider(c).locks(),
    "an hourly PIN": lambda c: SeamLockProvider(c).mint(order(PinKind.HOURLY, DAY)),
    "a daily PIN": lambda c: SeamLockProvider(c).mint(order(PinKind.DAILY, LONG)),
    "a one-time PIN": lambda c: SeamLockProvider(c).mint(order(PinKind.ONE_TIME, DAY)),
    "what was made": lambda c: SeamLockProvider(c).find(order(PinKind.HOURLY, DAY)),
    "a PIN again": lambda c: SeamLockProvider(c).fetch(REF),
    "unlock": lambda c: SeamLockProvider(c).operate(LOCK, Action.UNLOCK),
    "lock": lambda c: SeamLockProvider(c).operate(LOCK, Action.LOCK),
    "an attempt": lambda c: SeamLockProvider(c).operated(REF),
    "an online PIN for a window": lambda c: SeamOnlinePins(c).program(ONLINE),
    "an online PIN without one": lambda c: SeamOnlinePins(c).program(ONGOING),
    "what was set": lambda c: SeamOnlinePins(c).find(ONLINE),
    "other digits": lambda c: SeamOnlinePins(c).change(REF, ONLINE),
    "deleted": lambda c: SeamOnlinePins(c).erase(REF, ONLINE),
    "how it stands": lambda c: SeamOnlinePins(c).look(REF),
    "a link": lambda c: SeamAccounts(c, lambda: T0).begin(),
    "a link again": lambda c: SeamAccounts(c, lambda: T0).look(REF),
    "the accounts": lambda c: SeamAccounts(c, lambda: T0).accounts(),
    "a subscription": lambda c: subscribe(c, "https://pins.example.com/seam/webhooks"),
}


@pytest.mark.parametrize("what", ALL)
async def test_what_we_ask_fits_the_specification(what: str) -> None:
    stub, document = SeamStub(ANSWER), openapi()
    client = SeamClient("seam_test_key", timeout_seconds=2, transport=httpx.MockTransport(stub))
    await ALL[what](client)
    await client.close()
    assert stub.asked
    for path, body in stub.asked:
        operation = document["paths"][path]["post"]
        if "requestBody" not in operation:
            assert body == {}, f"{path} takes no parameters"
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert set(body) <= set(schema.get("properties", {})), "no field that Seam does not know"
        jsonschema.validate(body, {**document, **schema})
