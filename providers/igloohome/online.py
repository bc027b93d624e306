"""Online PINs through igloohome: jobs for a lock's bridge. A job is queued, and later says whether it was done."""

from bot.ports import OnlineOrder, OnlinePinInfo, OnlineState, Rejected, Unavailable
from providers.igloohome import wire
from providers.igloohome.client import IglooClient
from providers.igloohome.errors import BRIDGE_AWAY, VENDOR
from providers.igloohome.lock import NO_BRIDGE, found_among

NEEDS_AN_END = "Without Seam such a PIN needs a start and an end: give it a window."
CANNOT_CHANGE = "Without Seam digits cannot be changed: delete this PIN and set another one."
NOT_DONE = "The lock or its bridge did not do it, or holds these digits already."
_SET, _ERASE = "set", "erase"


class IglooOnlinePins:
    """The core's OnlineProvider spoken to igloohome. Every method raises ProviderError and nothing else. A `ref` is
    what was asked for and the id of its job."""

    def __init__(self, client: IglooClient) -> None:
        self._igloo = client

    async def program(self, order: OnlineOrder) -> OnlinePinInfo:
        """Only for a window: how its API calls a PIN without an end is not known."""
        if order.window is None:
            return OnlinePinInfo("", OnlineState.FAILED, NEEDS_AN_END)
        return await self._send(_SET, order, wire.set_pin(order))

    async def find(self, order: OnlineOrder) -> OnlinePinInfo | None:
        """Its API lists no PINs. Set a second time, a lock that holds the digits refuses them, and that is told."""
        return None

    async def change(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        return OnlinePinInfo(ref, OnlineState.FAILED, CANNOT_CHANGE)

    async def erase(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        return await self._send(_ERASE, order, wire.delete_pin(order))

    async def look(self, ref: str) -> OnlinePinInfo:
        what, _, job = ref.partition(":")
        seen = await self._igloo.read(f"/jobs/{job}", wire.job)
        if seen.done is None:
            return OnlinePinInfo(ref)
        if not seen.done:
            return OnlinePinInfo(ref, OnlineState.FAILED, NOT_DONE)
        return OnlinePinInfo(ref, OnlineState.GONE if what == _ERASE else OnlineState.SET)

    async def _send(self, what: str, order: OnlineOrder, job: dict[str, object]) -> OnlinePinInfo:
        bridge = await found_among(self._igloo, lambda devices: wire.bridge_of(devices, order.lock_ref))
        if bridge is None:
            return OnlinePinInfo("", OnlineState.FAILED, NO_BRIDGE)
        try:
            made = await self._igloo.act(f"/devices/{order.lock_ref}/jobs/bridges/{bridge}", job, wire.job_id)
        except Rejected as refused:
            if refused.code != BRIDGE_AWAY:
                raise
            # No refusal for good: a bridge comes back, and then the PIN is still wanted.
            raise Unavailable(f"{VENDOR} cannot reach the bridge") from None
        return OnlinePinInfo(f"{what}:{made}")
