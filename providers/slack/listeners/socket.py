"""Socket Mode: the same listeners without a public address. Slack's own client keeps the connection, and tries again
for as long as Slack cannot be reached."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

_CLOSING_SECONDS = 5


def socket_mode(app: AsyncApp, app_token: str, api_url: str) -> Callable[[asyncio.Event], Awaitable[None]]:
    """Connects until `shutdown`, which need not wait for a connection that does not come. `app_token` is `xapp-…` with
    connections:write."""

    async def run(shutdown: asyncio.Event) -> None:
        handler = AsyncSocketModeHandler(app, app_token)
        handler.client.web_client.base_url = api_url
        connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
        stopping = asyncio.create_task(shutdown.wait())
        try:
            await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if connecting.done():
                # Raises what ended it for good: the process must not go on deaf.
                connecting.result()
                await stopping
        finally:
            for task in (connecting, stopping):
                task.cancel()
            await asyncio.gather(connecting, stopping, return_exceptions=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_SECONDS):
                    await handler.close_async()  # type: ignore[no-untyped-call]

    return run
