"""Online PINs through Seam: access codes of one's own digits on a lock with a bridge. What the words on the wire mean
stands in `wire`."""

from collections.abc import Mapping
from typing import Any

from bot.ports import OnlineOrder, OnlinePinInfo, OnlineState, Rejected
from providers import http
from providers.seam import wire
from providers.seam.client import SeamClient
from providers.seam.errors import VENDOR

PAGE = 500
_GONE = frozenset({"not_found", "access_code_not_found"})


class SeamOnlinePins:
    """The core's OnlineProvider spoken to Seam. Every method raises ProviderError and nothing else."""

    def __init__(self, client: SeamClient) -> None:
        self._seam = client

    async def program(self, order: OnlineOrder) -> OnlinePinInfo:
        return await self._seam.act("/access_codes/create", wire.online_body(order), _seen)

    async def find(self, order: OnlineOrder) -> OnlinePinInfo | None:
        """Compared here: Seam's search matches parts of names and codes."""
        body = {"device_id": order.lock_ref, "limit": PAGE}
        items = [item async for item in self._seam.pages("/access_codes/list", body, "access_codes")]
        with http.readable(VENDOR, read=True):
            ours = [one for one in items if wire.is_called(one, order.name, order.lock_ref)]
            return wire.online(ours[0]) if ours else None

    async def change(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        """Seam answers with an action attempt; how the code stands then is looked up."""
        body = {"access_code_id": ref, **wire.online_body(order)}
        try:
            await self._seam.act("/access_codes/update", body, lambda _: None)
        except Rejected as refused:
            return _gone(ref, refused)
        return OnlinePinInfo(ref)

    async def erase(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        if not ref:  # Seam lists what there is, and it is not there
            return OnlinePinInfo("", OnlineState.GONE)
        try:
            await self._seam.act("/access_codes/delete", {"access_code_id": ref}, lambda _: None)
        except Rejected as refused:
            return _gone(ref, refused)
        return OnlinePinInfo(ref)

    async def look(self, ref: str) -> OnlinePinInfo:
        try:
            return await self._seam.read("/access_codes/get", {"access_code_id": ref}, _seen)
        except Rejected as refused:
            return _gone(ref, refused)


def _seen(payload: Mapping[str, Any]) -> OnlinePinInfo:
    return wire.online(payload.get("access_code"))


def _gone(ref: str, refused: Rejected) -> OnlinePinInfo:
    """What Seam has no more is gone; any other refusal is raised again."""
    if refused.code not in _GONE:
        raise refused
    return OnlinePinInfo(ref, OnlineState.GONE)
