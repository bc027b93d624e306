"""What every LockProvider must do. A provider's class names itself, its fixture and its paths; the promises are shared.

The judge is the sandbox: what it holds, and whether its doors open.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.locks.remote_commands import Action
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import (
    LockInfo,
    LockProvider,
    Minted,
    MintOrder,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from providers.igloohome.client import IglooClient
from providers.igloohome.lock import IglooLockProvider
from providers.seam.client import SeamClient
from providers.seam.inbound import SeamWebhooks
from providers.seam.lock import SeamLockProvider
from tests.contracts.outside import Outside, until

HOUSE = "Europe/Paris"
"""The zone of locks whose provider names none; the sandbox's first doors are there."""

HANGS = ("timeout_before", "timeout_after_commit")


async def the_lock(provider: LockProvider) -> LockInfo:
    return next(lock for lock in await provider.locks() if lock.makes_offline_pins and not lock.has_bridge)


def this_hour(now: datetime, zone: str) -> datetime:
    """The lock's current local hour."""
    return now.astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0)


async def order_for(
    outside: Outside, provider: LockProvider, name: str = "NP-1", *, hours: int = 3, ahead: int = 0, slot: int = 1
) -> MintOrder:
    lock = await the_lock(provider)
    zone = lock.zone or HOUSE
    starts_at = this_hour(outside.now(), zone) + timedelta(hours=ahead)
    window = AccessWindow(starts_at, starts_at.astimezone(UTC) + timedelta(hours=hours))  # hours that pass
    return MintOrder(lock.provider_ref, name, PinKind.HOURLY, window, slot, zone)


async def with_pin(provider: LockProvider, minted: Minted) -> Minted:
    """Asks again until the PIN is there, as Seam's integrators have to."""
    async with asyncio.timeout(8):
        while minted.pin is None:
            await asyncio.sleep(0.05)
            minted = await provider.fetch(minted.ref)
    return minted


class LockProviderContract(ABC):
    """Subclasses give the fixtures `provider` (usual deadline) and `hasty` (half a second), and these three."""

    vendor = ""
    creating = ""
    reading = ""

    @abstractmethod
    async def held(self, outside: Outside) -> list[dict[str, Any]]:
        """Every code the provider ever made."""

    async def test_it_knows_whether_there_is_such_a_lock(self, provider: LockProvider) -> None:
        ref = (await the_lock(provider)).provider_ref
        assert await provider.has(ref)
        assert not await provider.has(f"{ref[:-4]}0000")

    async def test_locks_have_what_we_need(self, provider: LockProvider) -> None:
        locks = await provider.locks()
        assert len({lock.provider_ref for lock in locks}) == len(locks) > 1
        assert all(lock.name for lock in locks)
        assert all(ZoneInfo(lock.zone) for lock in locks if lock.zone)
        assert {lock.has_bridge for lock in locks} == {True, False}

    async def test_whom_we_reached(self, provider: LockProvider) -> None:
        assert await provider.check()

    async def test_a_pin_is_made_and_opens_the_door(self, outside: Outside, provider: LockProvider) -> None:
        order = await order_for(outside, provider)
        minted = await with_pin(provider, await provider.mint(order))
        assert minted.window == order.window
        assert minted.pin is not None
        door = f"doors/{order.lock_ref}/keypad"
        assert await outside.post(door, pin=minted.pin.digits) == {"opened": True}

    async def test_a_daily_pin_and_a_one_time_pin(self, outside: Outside, provider: LockProvider) -> None:
        base = await order_for(outside, provider, ahead=2)
        starts_at = base.window.starts_at.astimezone(ZoneInfo(base.zone))
        ends_at = starts_at + timedelta(days=40)  # the same time of day on the local clock, whatever that clock does
        daily = MintOrder(base.lock_ref, "NP-D", PinKind.DAILY, AccessWindow(starts_at, ends_at), 1, base.zone)
        assert (await with_pin(provider, await provider.mint(daily))).window == daily.window
        day = AccessWindow(starts_at, starts_at + timedelta(days=1))
        once = await provider.mint(MintOrder(base.lock_ref, "NP-O", PinKind.ONE_TIME, day, 1, base.zone))
        assert (await with_pin(provider, once)).window in (None, day)

    async def test_too_many_requests_made_nothing(self, outside: Outside, provider: LockProvider) -> None:
        order = await order_for(outside, provider)
        outside.fault(self.vendor, "http_429", self.creating, 9)
        with pytest.raises(Unavailable) as error:
            await provider.mint(order)
        assert error.value.retry_after == 1
        assert await self.held(outside) == []

    @pytest.mark.parametrize("fault", ["http_500", "http_429", "reset"])
    async def test_reading_survives_a_short_outage(self, outside: Outside, provider: LockProvider, fault: str) -> None:
        minted = await provider.mint(await order_for(outside, provider))
        outside.fault(self.vendor, fault, self.reading)
        assert (await provider.fetch(minted.ref)).ref == minted.ref

    async def test_reading_gives_up_in_time(
        self, outside: Outside, provider: LockProvider, hasty: LockProvider
    ) -> None:
        minted = await provider.mint(await order_for(outside, provider))
        outside.fault(self.vendor, "timeout_before", self.reading, 9)
        async with asyncio.timeout(2):
            with pytest.raises(Unavailable):
                await hasty.fetch(minted.ref)

    async def test_a_lock_or_a_ref_that_does_not_exist(self, outside: Outside, provider: LockProvider) -> None:
        order = await order_for(outside, provider)
        nowhere = "5d1f7a52-3c0b-4e7e-9a51-0a6c1e0f9999"
        with pytest.raises(Rejected):
            await provider.mint(MintOrder(nowhere, "NP-1", order.kind, order.window, 1, order.zone))
        with pytest.raises(Rejected):
            await provider.fetch(nowhere)

    async def test_what_the_lock_cannot_do_is_rejected(self, outside: Outside, provider: LockProvider) -> None:
        order = await order_for(outside, provider, hours=673)
        with pytest.raises(Rejected):
            await provider.mint(order)
        assert await self.held(outside) == []

    @pytest.mark.parametrize("fault", ["timeout_after_commit", "http_500_after_commit", "timeout_before", "reset"])
    async def test_a_lost_answer_leads_to_one_pin(
        self, outside: Outside, provider: LockProvider, hasty: LockProvider, fault: str
    ) -> None:
        """Whatever became of the first order: looked up and, where there is nothing, sent again, it is one PIN."""
        order = await order_for(outside, provider)
        outside.fault(self.vendor, fault, self.creating, 9)
        with pytest.raises((OutcomeUnknown, Unavailable)):
            await hasty.mint(order)
        outside.world.faults.clear()
        minted = await with_pin(provider, await provider.find(order) or await provider.mint(order))
        assert [code["name"] for code in await self.held(outside)] == ["NP-1"]
        assert minted.pin is not None
        assert await outside.post(f"doors/{order.lock_ref}/keypad", pin=minted.pin.digits) == {"opened": True}

    async def test_what_was_made_can_be_asked_for_again(self, outside: Outside, provider: LockProvider) -> None:
        minted = await with_pin(provider, await provider.mint(await order_for(outside, provider)))
        assert await provider.fetch(minted.ref) == minted

    async def test_three_at_the_same_start_and_no_fourth(self, outside: Outside, provider: LockProvider) -> None:
        made = [
            await with_pin(provider, await provider.mint(await order_for(outside, provider, f"NP-{n}", slot=n)))
            for n in (1, 2, 3)
        ]
        assert len({one.pin.digits for one in made if one.pin}) == 3
        with pytest.raises(Rejected):
            await provider.mint(await order_for(outside, provider, "NP-4", slot=4))

    async def test_orders_at_the_same_time_are_kept_apart(self, outside: Outside, provider: LockProvider) -> None:
        orders = [await order_for(outside, provider, f"NP-{n}", ahead=n) for n in range(6)]
        minted = await asyncio.gather(*map(provider.mint, orders))
        pins = [await with_pin(provider, one) for one in minted]
        assert len({one.pin.digits for one in pins if one.pin}) == 6
        assert len({one.ref for one in minted}) == 6

    async def test_the_bridge_does_what_it_is_told(self, outside: Outside, provider: LockProvider) -> None:
        lock = next(lock for lock in await provider.locks() if lock.has_bridge)
        ordered = await provider.operate(lock.provider_ref, Action.UNLOCK)
        async with asyncio.timeout(8):
            while ordered.done is None:
                await asyncio.sleep(0.05)
                ordered = await provider.operated(ordered.ref)
        assert ordered.done
        assert lock.bridge_ref


class TestSeam(LockProviderContract):
    vendor, creating, reading = "seam", "/access_codes/create", "/access_codes/get"

    @pytest.fixture(autouse=True)
    async def pins_come_soon(self, outside: Outside) -> None:
        await outside.post("seam-settings", pin_delay_seconds=0.2)

    @pytest.fixture
    async def provider(self, outside: Outside) -> AsyncIterator[SeamLockProvider]:
        made = seam(outside)
        yield made
        await made.close()

    @pytest.fixture
    async def hasty(self, outside: Outside) -> AsyncIterator[SeamLockProvider]:
        made = seam(outside, timeout_seconds=0.5)
        yield made
        await made.close()

    async def held(self, outside: Outside) -> list[dict[str, Any]]:
        return list((await outside.get("seam-codes"))["codes"])

    async def test_the_digits_come_later(self, outside: Outside, provider: SeamLockProvider) -> None:
        minted = await provider.mint(await order_for(outside, provider))
        assert minted.pin is None
        assert (await with_pin(provider, minted)).ref == minted.ref

    async def test_ten_a_minute(self, outside: Outside, provider: SeamLockProvider) -> None:
        for n in range(10):
            await provider.mint(await order_for(outside, provider, f"NP-{n}", ahead=n))
        with pytest.raises(Unavailable) as error:
            await provider.mint(await order_for(outside, provider, "NP-10", ahead=10))
        assert 0 < (error.value.retry_after or 0) <= 61

    async def test_a_key_that_is_none(self, outside: Outside) -> None:
        stranger = seam(outside, key="seam_test_nobody")
        for call in (stranger.check(), stranger.locks()):
            with pytest.raises(Misconfigured):
                await call
        await stranger.close()

    async def test_an_address_that_is_not_seams(self, outside: Outside) -> None:
        lost = SeamLockProvider(SeamClient("seam_test_x", api_url=f"{outside.url}/sandbox/elsewhere"))
        with pytest.raises(Misconfigured):
            await lost.check()
        await lost.close()

    async def test_events_about_the_pin(self, outside: Outside, provider: SeamLockProvider) -> None:
        minted = await with_pin(provider, await provider.mint(await order_for(outside, provider)))
        await until(lambda: len(outside.said) >= 2)
        webhooks = SeamWebhooks(outside.settings.seam_webhook_secret)
        events = [webhooks.read(said.body, said.headers) for said in outside.said]
        assert {event.access_code_ref for event in events} == {minted.ref}
        assert minted.pin in {event.code for event in events}

    async def test_the_same_order_twice_makes_two(self, outside: Outside, provider: LockProvider) -> None:
        """Providers know no idempotency: that is why a lost answer is looked up and never sent again."""
        order = await order_for(outside, provider)
        first, second = await provider.mint(order), await provider.mint(order)
        assert first.ref != second.ref
        found = await provider.find(order)
        assert found is not None
        assert found.ref == first.ref

    async def test_what_was_never_ordered_is_not_found(self, outside: Outside, provider: LockProvider) -> None:
        order = await order_for(outside, provider)
        await provider.mint(order)
        assert await provider.find(await order_for(outside, provider, "NP-11")) is None
        assert await provider.find(await order_for(outside, provider, "NP-")) is None

    async def test_what_is_found_is_what_was_made(self, outside: Outside, provider: LockProvider) -> None:
        order = await order_for(outside, provider)
        minted = await with_pin(provider, await provider.mint(order))
        assert await provider.find(order) == minted == await provider.fetch(minted.ref)

    @pytest.mark.parametrize("fault", ["timeout_after_commit", "http_500_after_commit"])
    async def test_a_lost_answer_is_found_again(
        self, outside: Outside, provider: LockProvider, hasty: LockProvider, fault: str
    ) -> None:
        order = await order_for(outside, provider)
        outside.fault(self.vendor, fault, self.creating)
        with pytest.raises(OutcomeUnknown):
            await hasty.mint(order)
        found = await provider.find(order)
        assert found is not None
        assert [code["name"] for code in await self.held(outside)] == ["NP-1"]
        assert (await with_pin(provider, found)).window == order.window

    @pytest.mark.parametrize("fault", ["timeout_before", "http_500", "reset"])
    async def test_an_order_that_never_arrived_is_certainly_nothing(
        self, outside: Outside, provider: LockProvider, hasty: LockProvider, fault: str
    ) -> None:
        order = await order_for(outside, provider)
        outside.fault(self.vendor, fault, self.creating)
        with pytest.raises(OutcomeUnknown):
            await hasty.mint(order)
        assert await provider.find(order) is None
        assert await self.held(outside) == []

    async def test_a_full_slot_is_rejected(self, outside: Outside, provider: LockProvider) -> None:
        for name in ("NP-1", "NP-2", "NP-3"):
            await provider.mint(await order_for(outside, provider, name))
        with pytest.raises(Rejected):
            await provider.mint(await order_for(outside, provider, "NP-4"))

    async def test_orders_at_the_same_time_are_kept_apart(self, outside: Outside, provider: LockProvider) -> None:
        orders = [await order_for(outside, provider, f"NP-{n}", ahead=n) for n in range(6)]
        minted = await asyncio.gather(*map(provider.mint, orders))
        found = await asyncio.gather(*map(provider.find, orders))
        assert [one.ref for one in minted] == [one.ref for one in found if one]
        assert len({one.ref for one in minted}) == 6


def seam(outside: Outside, *, key: str | None = None, timeout_seconds: float = 5.0) -> SeamLockProvider:
    api_key = key or outside.settings.seam_api_key
    address = f"{outside.url}/sandbox/seam"
    return SeamLockProvider(SeamClient(api_key, api_url=address, timeout_seconds=timeout_seconds))


class TestIgloohome(LockProviderContract):
    vendor, creating, reading = "igloohome", "/devices", "/devices"

    @pytest.fixture
    async def provider(self, outside: Outside) -> AsyncIterator[IglooLockProvider]:
        made = igloohome(outside)
        yield made
        await made.close()

    @pytest.fixture
    async def hasty(self, outside: Outside) -> AsyncIterator[IglooLockProvider]:
        made = igloohome(outside, timeout_seconds=0.5)
        yield made
        await made.close()

    async def held(self, outside: Outside) -> list[dict[str, Any]]:
        return list((await outside.get("igloohome-pins"))["codes"])

    async def test_the_same_order_twice_is_the_same_pin(self, outside: Outside, provider: IglooLockProvider) -> None:
        """A PIN is a function of lock, window and slot: that is why nothing has to be looked up here."""
        order = await order_for(outside, provider)
        first = await provider.mint(order)
        assert await provider.mint(order) == first
        assert first.pin is not None
        assert [one["times"] for one in await self.held(outside)] == [2]
        assert await provider.find(order) is None

    async def test_a_token_that_ended_is_renewed_once(self, outside: Outside, provider: IglooLockProvider) -> None:
        assert await provider.locks()
        await outside.http.delete("/sandbox/igloohome-tokens")
        assert await provider.locks()
        seen = [one["path"] for one in outside.world.calls if str(one["path"]).endswith("/oauth2/token")]
        assert len(seen) == 2

    async def test_keys_that_are_none(self, outside: Outside) -> None:
        stranger = igloohome(outside, secret="nobody's")
        for call in (stranger.check(), stranger.locks()):
            with pytest.raises(Misconfigured) as error:
                await call
            assert "IGLOOHOME_CLIENT_ID" in str(error.value)
        await stranger.close()

    async def test_a_bridge_that_is_away(self, outside: Outside, provider: IglooLockProvider) -> None:
        lock = next(lock for lock in await provider.locks() if lock.has_bridge)
        await outside.post("igloohome-bridges", device_id=lock.provider_ref, online=False)
        ordered = await provider.operate(lock.provider_ref, Action.UNLOCK)
        assert (ordered.done, ordered.problem) == (False, "Its bridge is offline.")

    async def test_lists_of_several_pages_are_read_to_their_end(
        self, outside: Outside, provider: IglooLockProvider
    ) -> None:
        assert {lock.name for lock in await provider.locks()} == {"Front door", "Garden gate", "Loft", "Lodge", "Cabin"}
        asked = [one for one in outside.world.calls if str(one["path"]).endswith("/devices")]
        assert len(asked) == 2


def igloohome(outside: Outside, *, secret: str = "", timeout_seconds: float = 5.0) -> IglooLockProvider:
    settings, address = outside.settings, f"{outside.url}/sandbox/igloohome"
    keys = settings.igloohome_client_id, secret or settings.igloohome_client_secret
    return IglooLockProvider(IglooClient(*keys, auth_url=address, api_url=address, timeout_seconds=timeout_seconds))
