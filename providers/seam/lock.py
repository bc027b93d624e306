"""SeamLockProvider: the core's LockProvider spoken to Seam. What the words on the wire mean stands in `wire`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from bot.domain.locks.remote_commands import Action
from bot.ports import LockInfo, Minted, MintOrder, Operated, Rejected, Unavailable
from providers import http
from providers.seam import wire
from providers.seam.client import SeamClient
from providers.seam.errors import VENDOR, hopeless

log = structlog.get_logger()
T = TypeVar("T")
PAGE = 500
"""Items a page. Seam's own default for devices; for access codes its default is 55 000, which is no page at all."""

_OPERATES = {Action.UNLOCK: "/locks/unlock_door", Action.LOCK: "/locks/lock_door"}
_NO_SUCH_DEVICE = "device_not_found"
_LATEST = datetime.max.replace(tzinfo=UTC)


class SeamLockProvider:
    """igloohome locks through Seam. Every method raises ProviderError and nothing else.

    Seam has no idempotency key and an offline PIN cannot be deleted, so a creation is sent once and looked up by its
    name after a lost answer. Seam allows 10 creations a minute and lock; beyond that comes Unavailable.
    """

    def __init__(self, client: SeamClient) -> None:
        self._seam = client

    async def locks(self) -> Sequence[LockInfo]:
        """All igloohome locks of the workspace. `online: false` is normal for a lock without a bridge and is ignored.

        /devices/list, not /locks/list, which lost its paging in Seam's API 1.1038.
        """
        items = [item async for item in self._seam.pages("/devices/list", {"limit": PAGE}, "devices")]
        return read_each(items, wire.lock, "device")

    async def has(self, ref: str) -> bool:
        try:
            await self._seam.read("/devices/get", {"device_id": ref}, lambda payload: payload)
        except Rejected as refused:
            if refused.code != _NO_SUCH_DEVICE:
                raise
            return False
        return True

    async def mint(self, order: MintOrder) -> Minted:
        """Asks for the PIN. Seam answers before it has the digits: `pin` is None then (up to 40 s; see `fetch`).

        `window` is what Seam says it granted, None where it does not say (a one-time PIN has no end).
        """
        seen = await self._seam.act("/access_codes/create", wire.create_body(order), _access_code)
        return _minted(seen)

    async def find(self, order: MintOrder) -> Minted | None:
        """The oldest access code of this name at this lock that can still have a PIN.

        Lists all codes of the lock (199 at most) and compares here: Seam's `search` matches parts of names, codes and
        ids, and its fake ignores the filter by lock. Raises Rejected when all that is left of the order is hopeless.
        """
        body = {"device_id": order.lock_ref, "limit": PAGE}
        items = [item async for item in self._seam.pages("/access_codes/list", body, "access_codes")]
        mine = [item for item in items if _may_be(item, order)]
        ours = [c for c in _read_all(mine, wire.access_code) if (c.name, c.lock_ref) == (order.name, order.lock_ref)]
        if not ours:
            return None
        ours.sort(key=lambda code: (not _alive(code), code.created_at or _LATEST, code.ref))
        return _minted(ours[0])

    async def fetch(self, ref: str) -> Minted:
        """The access code `ref` now. Raises Rejected when Seam has it no more, or when its PIN will never come."""
        return _minted(await self._seam.read("/access_codes/get", {"access_code_id": ref}, _access_code))

    async def operate(self, lock_ref: str, action: Action) -> Operated:
        """Through the bridge. Seam answers with an action attempt, nearly always still pending."""
        return await self._seam.act(_OPERATES[action], {"device_id": lock_ref}, wire.action_attempt)

    async def operated(self, ref: str) -> Operated:
        return await self._seam.read("/action_attempts/get", {"action_attempt_id": ref}, wire.action_attempt)

    async def check(self) -> str:
        return await self._seam.read("/workspaces/get", {}, _workspace)

    async def close(self) -> None:
        await self._seam.close()


def read_each(items: Sequence[Any], parse: Callable[[object], T | None], what: str) -> list[T]:
    """Every item that `parse` keeps; one that cannot be read costs none of the others. Raises Unavailable where none
    can be: then the whole list is of another shape."""
    found, why = [], []
    for item in items:
        try:
            found.append(parse(item))
        except http.UNREADABLE as error:
            why.append(http.why(error))
    if why:
        log.warning("items of a list cannot be read", vendor=VENDOR, of=what, count=len(why), first=why[0])
    if why and not found:
        raise Unavailable(f"{VENDOR}'s answer cannot be read: {why[0]}")
    return [seen for seen in found if seen is not None]


def _may_be(item: object, order: MintOrder) -> bool:
    """Of all codes of a lock those are read that may be the one: another's digits, which may be no PIN of ours, say
    nothing about it. What names nobody may be anybody's."""
    name = item.get("name") if isinstance(item, dict) else None
    return not isinstance(name, str) or name == order.name


def _read_all(items: Iterable[Any], parse: Callable[[object], T | None]) -> list[T]:
    """Every item that `parse` keeps. One that cannot be read may be the one, so the whole list is Unavailable."""
    with http.readable(VENDOR, read=True):
        return [seen for seen in map(parse, items) if seen is not None]


def _access_code(payload: Mapping[str, Any]) -> wire.CodeInfo:
    return wire.access_code(payload.get("access_code"))


def _workspace(payload: Mapping[str, Any]) -> str:
    workspace = payload.get("workspace")
    seen = workspace if isinstance(workspace, dict) else {}
    name = seen.get("name") or seen.get("workspace_id") or "without a name"
    return f"{VENDOR}: workspace {name}{' (sandbox)' if seen.get('is_sandbox') is True else ''}"


def _alive(seen: wire.CodeInfo) -> bool:
    return seen.pin is not None or hopeless(seen.errors) is None


def _minted(seen: wire.CodeInfo) -> Minted:
    """A PIN in hand opens the door whatever `errors` say (they include the bridge's and the account's)."""
    refused = hopeless(seen.errors)
    if seen.pin is None and refused is not None:
        raise refused
    return Minted(seen.ref, seen.pin, seen.window)
