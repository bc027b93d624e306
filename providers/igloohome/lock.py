"""IglooLockProvider: the core's LockProvider spoken to igloohome. What the words on the wire mean stands in `wire`."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from bot.domain.locks.remote_commands import Action
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, Minted, MintOrder, Operated, Rejected, Unavailable
from providers import http
from providers.igloohome import wire
from providers.igloohome.client import IglooClient
from providers.igloohome.errors import BRIDGE_AWAY, VENDOR

log = structlog.get_logger()
_ACTIONS = {Action.LOCK: wire.LOCK, Action.UNLOCK: wire.UNLOCK}
_NO_SUCH_DEVICE = "404"
NO_BRIDGE = "It has no bridge."
AWAY = "Its bridge is offline."


async def found_among(client: IglooClient, look: Callable[[Sequence[wire.Device]], str | None]) -> str | None:
    """What is looked for among all devices of the account. Where it is not there, and some cannot be read, it may be
    one of those: Unavailable."""
    devices, unreadable = await _devices(client)
    found = look(devices)
    if found is None and unreadable:
        raise Unavailable(f"{VENDOR}'s answer cannot be read: {unreadable[0]}")
    return found


async def _devices(client: IglooClient) -> tuple[list[wire.Device], list[str]]:
    """The devices that can be read, and what is wrong with each of the others."""
    devices, unreadable = [], []
    async for item in client.pages("/devices"):
        try:
            devices.append(wire.device(item))
        except http.UNREADABLE as error:
            unreadable.append(http.why(error))
    return devices, unreadable


class IglooLockProvider:
    """igloohome's locks through its own API. Every method raises ProviderError and nothing else.

    A PIN is a function of lock, window and slot: asked for again it is the same one, at once and with its digits. So a
    lost answer needs no looking up, and there is nothing to be found.
    """

    def __init__(self, client: IglooClient) -> None:
        self._igloo = client

    async def locks(self) -> Sequence[LockInfo]:
        """A device that cannot be read costs none of the others; Unavailable where none can be."""
        devices, unreadable = await _devices(self._igloo)
        if unreadable:
            log.warning("devices cannot be read", vendor=VENDOR, count=len(unreadable), first=unreadable[0])
        if unreadable and not devices:
            raise Unavailable(f"{VENDOR}'s answer cannot be read: {unreadable[0]}")
        return wire.locks(devices)

    async def has(self, ref: str) -> bool:
        try:
            await self._igloo.read(f"/devices/{ref}", lambda payload: payload)
        except Rejected as refused:
            if refused.code != _NO_SUCH_DEVICE:
                raise
            return False
        return True

    async def mint(self, order: MintOrder) -> Minted:
        """The digits, at once. Repeated, it gives the same ones."""
        device = await self._typed_at(order.lock_ref)
        path = f"/devices/{device}/algopin/{wire.PATHS[order.kind]}"
        pin = await self._igloo.act(path, wire.algopin_body(order), wire.pin, repeatable=True)
        return Minted(_ref(order), pin, order.window)

    async def find(self, order: MintOrder) -> Minted | None:
        """Nothing is ever left behind: `mint` of the same order is the same PIN."""
        return None

    async def fetch(self, ref: str) -> Minted:
        """The PIN of `ref` once more. Raises Rejected for what is none of ours."""
        return await self.mint(_order(ref))

    async def operate(self, lock_ref: str, action: Action) -> Operated:
        # The path of a job names the bridge, and only the list of all devices tells it (facts/igloohome.md, Devices).
        bridge = await found_among(self._igloo, lambda devices: wire.bridge_of(devices, lock_ref))
        if bridge is None:
            return Operated("", False, NO_BRIDGE)
        path = f"/devices/{lock_ref}/jobs/bridges/{bridge}"
        try:
            return Operated(await self._igloo.act(path, {"jobType": _ACTIONS[action]}, wire.job_id))
        except Rejected as refused:
            if refused.code != BRIDGE_AWAY:
                raise
            return Operated("", False, AWAY)

    async def operated(self, ref: str) -> Operated:
        return await self._igloo.read(f"/jobs/{ref}", wire.job)

    async def check(self) -> str:
        count = len(await self.locks())
        return f"{VENDOR}: {count} lock{'s' if count != 1 else ''}"

    async def close(self) -> None:
        await self._igloo.close()

    async def _typed_at(self, lock_ref: str) -> str:
        """A retrofit lock (OE1…) is opened at a keypad of its own."""
        if not lock_ref.startswith("OE1"):
            return lock_ref
        return await found_among(self._igloo, lambda devices: wire.keypad_of(devices, lock_ref)) or lock_ref


def _ref(order: MintOrder) -> str:
    """All that it takes to ask for the same PIN again."""
    window = order.window.starts_at.isoformat(), order.window.ends_at.isoformat()
    return "|".join((order.lock_ref, order.name, order.kind.value, *window, str(order.slot_index), order.zone))


def _order(ref: str) -> MintOrder:
    try:
        lock_ref, name, kind, start, end, slot, zone = ref.split("|")
        window = AccessWindow(datetime.fromisoformat(start), datetime.fromisoformat(end))
        return MintOrder(lock_ref, name, PinKind(kind), window, int(slot), zone)
    except ValueError:
        raise Rejected(f"{VENDOR} has no such PIN") from None
