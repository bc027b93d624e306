"""Socket Mode: the same listeners without a public address. Slack's own client keeps the connection."""

import asyncio
from collections.abc import Awaitable, Callable

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp


def socket_mode(app: AsyncApp, app_token: str, api_url: str) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Connects until `shutdown`. `app_token` is `xapp-…` with connections:write."""

    async def run(shutdown: asyncio.Event) -> None:
        handler = AsyncSocketModeHandler(app, app_token)
        handler.client.web_client.base_url = api_url
        await handler.connect_async()  # type: ignore[no-untyped-call]
        try:
            await shutdown.wait()
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]

    return run
