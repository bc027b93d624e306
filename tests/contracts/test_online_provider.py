"""What every OnlineProvider must do: the judge is the sandbox's door. A provider's class names itself and its doors."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow
from bot.ports import LockProvider, OnlineOrder, OnlinePinInfo, OnlineProvider, OnlineState, Rejected, Unavailable
from providers.igloohome.client import IglooClient
from providers.igloohome.lock import IglooLockProvider
from providers.igloohome.online import CANNOT_CHANGE, NEEDS_AN_END, IglooOnlinePins
from providers.seam.client import SeamClient
from providers.seam.lock import SeamLockProvider
from providers.seam.online import SeamOnlinePins
from tests.contracts.outside import Outside

Pair = tuple[LockProvider, OnlineProvider]


async def order_for(outside: Outside, pair: Pair, digits: str = "4821", name: str = "NP-1") -> OnlineOrder:
    lock = next(lock for lock in await pair[0].locks() if lock.has_bridge)
    now = outside.now()
    return OnlineOrder(lock.provider_ref, name, Pin(digits), AccessWindow(now, now + timedelta(hours=40)))


async def settled(pair: Pair, seen: OnlinePinInfo) -> OnlinePinInfo:
    async with asyncio.timeout(8):
        while seen.standing is OnlineState.PENDING:
            await asyncio.sleep(0.05)
            seen = await pair[1].look(seen.ref)
    return seen


async def opens(outside: Outside, order: OnlineOrder, digits: str) -> bool:
    return bool((await outside.post(f"doors/{order.lock_ref}/keypad", pin=digits))["opened"])


class OnlineProviderContract(ABC):
    vendor = ""
    setting = ""

    @abstractmethod
    def pair(self, outside: Outside) -> Pair:
        """Both ports of this provider."""

    async def test_set_opens_and_deleted_does_not(self, outside: Outside, both: Pair) -> None:
        order = await order_for(outside, both)
        seen = await settled(both, await both[1].program(order))
        assert seen.standing is OnlineState.SET
        await outside.post("clock", advance="PT30H")
        assert await opens(outside, order, "4821"), "no activation window"
        gone = await settled(both, await both[1].erase(seen.ref, order))
        assert gone.standing is OnlineState.GONE
        assert not await opens(outside, order, "4821")

    async def test_the_same_digits_twice_are_refused(self, outside: Outside, both: Pair) -> None:
        await settled(both, await both[1].program(await order_for(outside, both)))
        try:
            second = await settled(both, await both[1].program(await order_for(outside, both, name="NP-2")))
        except Rejected:
            return
        assert second.standing is OnlineState.FAILED
        assert second.problem

    async def test_a_provider_that_asks_to_slow_down(self, outside: Outside, both: Pair) -> None:
        order = await order_for(outside, both)
        outside.fault(self.vendor, "http_429", self.setting, 9)
        with pytest.raises(Unavailable):
            await both[1].program(order)
        assert not await opens(outside, order, "4821")


class TestSeam(OnlineProviderContract):
    vendor, setting = "seam", "/access_codes/create"

    def pair(self, outside: Outside) -> Pair:
        client = SeamClient(outside.settings.seam_api_key, api_url=f"{outside.url}/sandbox/seam", timeout_seconds=5)
        return SeamLockProvider(client), SeamOnlinePins(client)

    @pytest.fixture
    async def both(self, outside: Outside) -> AsyncIterator[Pair]:
        await outside.post("seam-settings", pin_delay_seconds=0.2)
        locks, online = self.pair(outside)
        yield locks, online
        await locks.close()  # type: ignore[attr-defined]

    async def test_other_digits_and_no_end(self, outside: Outside, both: Pair) -> None:
        timed = await order_for(outside, both)
        ongoing = OnlineOrder(timed.lock_ref, "NP-1", Pin("4821"))
        seen = await settled(both, await both[1].program(ongoing))
        assert await both[1].find(ongoing) == seen
        other = OnlineOrder(timed.lock_ref, "NP-1", Pin("9753"))
        assert (await settled(both, await both[1].change(seen.ref, other))).standing is OnlineState.SET
        assert [await opens(outside, timed, digits) for digits in ("4821", "9753")] == [False, True]
        assert await both[1].find(OnlineOrder(timed.lock_ref, "NP-2", Pin("4821"))) is None


class TestIgloohome(OnlineProviderContract):
    vendor, setting = "igloohome", "/devices"

    def pair(self, outside: Outside) -> Pair:
        settings, address = outside.settings, f"{outside.url}/sandbox/igloohome"
        keys = settings.igloohome_client_id, settings.igloohome_client_secret
        client = IglooClient(*keys, auth_url=address, api_url=address, timeout_seconds=5)
        return IglooLockProvider(client), IglooOnlinePins(client)

    @pytest.fixture
    async def both(self, outside: Outside) -> AsyncIterator[Pair]:
        locks, online = self.pair(outside)
        yield locks, online
        await locks.close()  # type: ignore[attr-defined]

    async def test_what_it_cannot_do_is_said(self, outside: Outside, both: Pair) -> None:
        order = await order_for(outside, both)
        ongoing = OnlineOrder(order.lock_ref, "NP-1", Pin("4821"))
        assert await both[1].program(ongoing) == OnlinePinInfo("", OnlineState.FAILED, NEEDS_AN_END)
        assert await both[1].change("set:x", order) == OnlinePinInfo("set:x", OnlineState.FAILED, CANNOT_CHANGE)

    async def test_a_bridge_that_is_away_is_for_later(self, outside: Outside, both: Pair) -> None:
        order = await order_for(outside, both)
        await outside.post("igloohome-bridges", device_id=order.lock_ref, online=False)
        with pytest.raises(Unavailable):
            await both[1].program(order)
