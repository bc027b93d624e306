"""Accounts at Seam: Connect Webviews, where an owner signs in to igloohome, and the accounts that come of it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.locks.accounts import Account
from bot.ports import LinkInfo
from providers.seam import wire
from providers.seam.client import SeamClient
from providers.seam.lock import read_each

PAGE = 500


class SeamAccounts:
    """The core's AccountProvider spoken to Seam. Every method raises ProviderError and nothing else."""

    def __init__(self, client: SeamClient, now: Callable[[], datetime]) -> None:
        self._seam = client
        self._now = now

    async def begin(self) -> LinkInfo:
        """A webview that offers igloohome alone and turns `authorized` only when its locks can be listed."""
        body = {"accepted_providers": [wire.PROVIDER], "wait_for_device_creation": True}
        return await self._seam.act("/connect_webviews/create", body, wire.webview)

    async def look(self, ref: str) -> LinkInfo:
        return await self._seam.read("/connect_webviews/get", {"connect_webview_id": ref}, wire.webview)

    async def accounts(self) -> Sequence[Account]:
        listed = self._seam.pages("/connected_accounts/list", {"limit": PAGE}, "connected_accounts")
        items = [item async for item in listed]
        return read_each(items, lambda item: wire.account(item, self._now()), "account")
