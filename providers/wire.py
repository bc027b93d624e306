"""How every HTTP client of ours that is httpx's reaches the network."""

from typing import Any

import httpx

from providers.tls import tls


class Wire(httpx.AsyncHTTPTransport):
    """httpx's own transport; environment and proxies are not read. What it raises where there is no answer is
    `httpx.HTTPError`, always."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(verify=tls(), trust_env=False, **settings)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            if error.name != "getpeername" or error.obj is not None:
                raise
        # The other side broke off within the moment in which it was reached: uvloop has let go of the socket, and
        # anyio, asked before anything is sent, does not expect that.
        raise httpx.ConnectError("broken off as soon as it was there", request=request)
