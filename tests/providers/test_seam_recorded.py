"""SeamLockProvider against exchanges recorded from Seam's own fake, and against the canonical ones."""

from datetime import UTC, datetime

import httpx
import pytest
from svix.webhooks import Webhook

from bot.domain.locks.health import Battery, LockHealth
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, Minted, MintOrder, Misconfigured, ProviderError, Rejected
from providers.seam.inbound import BadSignature, SeamWebhooks
from tests.providers.recorded import canonical, fake
from tests.providers.seam_stub import SeamStub
from tests.providers.silence import assert_silent

NIGHT = AccessWindow(datetime(2026, 11, 23, 4, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC))
STAY = AccessWindow(datetime(2026, 12, 1, 15, tzinfo=UTC), datetime(2026, 12, 3, 11, tzinfo=UTC))
REF, LOCK = "5f2b1f0e-3a94-4a1e-9d5c-0d8f7c1a0004", "5f2b1f0e-3a94-4a1e-9d5c-0d8f7c1a0002"


def reply(exchange: dict[str, object]) -> httpx.Response:
    response = exchange["response"]
    assert isinstance(response, dict)
    body, headers = response["body"], response.get("headers", {})
    if isinstance(body, dict):
        return httpx.Response(response["status"], json=body, headers=headers)
    return httpx.Response(response["status"], text=str(body), headers=headers)


def recorded(name: str) -> SeamStub:
    return SeamStub(*[reply(exchange) for exchange in fake(name)])


def made_from_specification(name: str) -> SeamStub:
    return SeamStub(httpx.Response(200, json=canonical(name)["response"]))


def order(name: str, lock: str = "august_device_1", window: AccessWindow = NIGHT) -> MintOrder:
    return MintOrder(lock, name, PinKind.HOURLY, window, 0, "UTC")


class TestSeamsFake:
    """Its bodies lack much that the specification requires: we must read them all the same."""

    async def test_minting(self) -> None:
        minted = await recorded("raw-access_code_create_offline").provider().mint(order("Offline"))
        assert minted == Minted("access_code3", Pin("0152"), NIGHT)

    async def test_finding(self) -> None:
        provider = recorded("raw-access_codes_list").provider()
        assert await provider.find(order("Booking 42")) == Minted("access_code1", Pin("4821"), NIGHT)
        assert await provider.find(order("Ongoing")) is None  # of another lock: the fake does not filter
        assert await provider.find(order("Ongoing", "august_device_2")) == Minted("access_code2", Pin("7028"), None)

    async def test_fetching(self) -> None:
        assert (await recorded("raw-access_code_get").provider().fetch("access_code1")).pin == Pin("4821")

    async def test_locks_of_other_brands_over_several_pages(self) -> None:
        pages = [reply(fake("raw-devices_list_paged")[0]), reply(fake("raw-devices_list_page2")[0])]
        seam = SeamStub(*pages, reply(fake("raw-devices_list")[0]))
        assert await seam.provider().locks() == []
        assert len(seam.asked) == 3

    async def test_the_workspace(self) -> None:
        assert "My Workspace" in await recorded("raw-workspaces_get").provider().check()

    @pytest.mark.parametrize(
        ("name", "kind", "code"),
        [
            ("raw-access_code_create_duplicate", Rejected, "duplicate_access_code"),
            ("raw-access_code_create_onetime", Rejected, "invalid_input"),
            ("raw-validation_error_bad_date", Rejected, "invalid_input"),
            ("raw-validation_error_missing_device", Rejected, "invalid_input"),
            ("raw-validation_error_only_starts", Rejected, "invalid_input"),
            ("raw-device_not_found", Rejected, "device_not_found"),
            ("raw-access_code_get_deleted", Rejected, "not_found"),
            ("raw-bad_json", Rejected, "400"),
            ("raw-unknown_route", Misconfigured, ""),
            ("raw-unauthorized_bad_key", Misconfigured, ""),
            ("raw-unauthorized_no_header", Misconfigured, ""),
            ("raw-pat_auth", Misconfigured, ""),
        ],
    )
    async def test_errors(self, name: str, kind: type[ProviderError], code: str) -> None:
        with pytest.raises(kind) as error:
            await recorded(name).provider().mint(order("Booking 42"))
        assert getattr(error.value, "code", "") == code
        assert "4821" not in str(error.value)
        assert_silent(error.value)


class TestSpecification:
    async def test_a_pin_in_the_making_and_then_made(self) -> None:
        mint = made_from_specification("access_code_create_offline_pending").provider()
        assert await mint.mint(order("tg-42", LOCK, STAY)) == Minted(REF, None, STAY)
        fetch = made_from_specification("access_code_get_offline_issued").provider()
        assert await fetch.fetch(REF) == Minted(REF, Pin("481529063"), STAY)

    async def test_finding(self) -> None:
        provider = made_from_specification("access_codes_list").provider()
        assert await provider.find(order("tg-42", LOCK, STAY)) == Minted(REF, Pin("481529063"), STAY)

    async def test_a_lock_without_a_bridge(self) -> None:
        locks = await made_from_specification("devices_list").provider().locks()
        health = LockHealth(0.86, Battery.GOOD, online=False)
        account = canonical("devices_list")["response"]["devices"][0]["connected_account_id"]
        assert locks == [LockInfo(LOCK, "Front gate", "Europe/Madrid", True, False, health, None, account)]

    def test_an_event(self) -> None:
        delivery = canonical("webhook_delivery_lock_unlocked")
        body, secret = delivery["body_raw"], delivery["secret"]
        now = datetime.now(UTC)
        signed = {
            **delivery["headers"],
            "svix-timestamp": str(int(now.timestamp())),
            "svix-signature": Webhook(secret).sign("msg_2x", now, body),
        }
        event = SeamWebhooks(secret).read(body.encode(), signed)
        assert (event.id, event.type) == ("5f2b1f0e-3a94-4a1e-9d5c-0d8f7c1a0006", "lock.unlocked")
        assert (event.device_ref, event.access_code_ref, event.code) == (LOCK, REF, Pin("481529063"))
        assert (event.occurred_at, event.method) == (datetime(2026, 12, 1, 15, 20, tzinfo=UTC), "keycode")

    def test_the_recorded_delivery_has_grown_old(self) -> None:
        delivery = canonical("webhook_delivery_lock_unlocked")
        with pytest.raises(BadSignature):
            SeamWebhooks(delivery["secret"]).read(delivery["body_raw"].encode(), delivery["headers"])
