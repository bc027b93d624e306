"""Calls a program: signed as standardwebhooks.com says, at a public address over TLS, and nowhere that it sends us on
to. Its address may hold a secret and is never said."""

import asyncio
import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.ports import Gone, Misconfigured, Rejected, Unavailable
from providers import http
from providers.addresses import AddressFault, NotPublic, resolve, target

VENDOR = "the program"
PublicAddresses = Callable[[httpx.URL], Awaitable[Sequence[str]]]
"""Where a host is now. Raises Misconfigured for one that is not public."""

SECRET_BYTES = 32
PREFIX = "whsec_"
TIMEOUT_SECONDS = 15.0
LONGEST_ADDRESS = 2000
MOST_AT_ONCE = 5
LARGEST = 64 * 1024
"""Bytes of an answer, of which nothing is read."""
_HEADERS = {"content-type": "application/json", "user-agent": "NightPorter/1 (+hooks)"}


class HookClient:
    """`addresses`: looks every address up anew, and says no to what is not public."""

    def __init__(
        self,
        addresses: PublicAddresses,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._addresses, self._transport = addresses, transport
        self._timeout_seconds = timeout_seconds
        self.hands = asyncio.Semaphore(MOST_AT_ONCE)

    def new_secret(self) -> str:
        return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()

    async def look(self, address: str) -> str:
        url = _url(address)
        await self._addresses(url)
        return str(url)

    async def call(self, address: str, secret: str, *, message_id: str, body: Mapping[str, Any]) -> None:
        from standardwebhooks import Webhook  # a house that calls nobody goes without

        content = json.dumps(body, ensure_ascii=False)
        url, now = _url(address), datetime.now(UTC)
        signed = {
            "webhook-id": message_id,
            # When it is sent, not when it happened: a receiver refuses what is five minutes old.
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, now, content),
        }
        answer = await self._posted(url, content, signed)
        if answer.status_code == 410:
            raise Gone(f"{VENDOR} wants to hear no more (410)")
        if 300 <= answer.status_code < 400:
            raise Rejected(f"{VENDOR} sends us elsewhere ({answer.status_code}), where we do not follow")
        if answer.status_code >= 400:
            raise Unavailable(f"{VENDOR} answered {answer.status_code}")

    async def _posted(self, url: httpx.URL, content: str, signed: Mapping[str, str]) -> httpx.Response:
        try:
            # httpx counts its timeouts anew for each read, and looking up a name has none: neither would ever end.
            async with asyncio.timeout(self._timeout_seconds):
                # The connection goes to what was looked at, not to what the name means a moment later.
                *others, last = await self._addresses(url)
                for address in others:
                    with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                        return await self._answer(url, address, content, signed)
                return await self._answer(url, last, content, signed)
        except (*http.TRANSPORT_ERRORS, UnicodeError) as error:
            # Told once more it does no harm: its id says so.
            raise http.unanswered(VENDOR, error, read=True) from None

    async def _answer(self, url: httpx.URL, address: str, content: str, signed: Mapping[str, str]) -> httpx.Response:
        headers = {**_HEADERS, **signed, "host": url.netloc.decode("ascii")}
        to, named = str(url.copy_with(host=address)), {"sni_hostname": url.raw_host.decode("ascii")}
        transport, seconds = self._transport, self._timeout_seconds
        async with http.client("", headers=headers, timeout_seconds=seconds, transport=transport) as web:
            return await http.answer_to(web, "POST", to, largest=LARGEST, content=content.encode(), extensions=named)


async def public_addresses(url: httpx.URL, *, sandbox: bool) -> Sequence[str]:
    """In the sandbox a program may be on this machine."""
    try:
        return (await target(url, resolve, here=sandbox)).addresses
    except NotPublic as error:
        raise Misconfigured(f"{VENDOR} cannot be called there: {_UNCALLED[error.fault]}") from None


_UNCALLED = {
    AddressFault.NO_ADDRESS: "this is no address",
    AddressFault.NOT_HTTPS: "its address has to begin with https://",
    AddressFault.PRIVATE: "its address leads into a private network",
    AddressFault.UNKNOWN_HOST: "nobody on the internet is called so",
}


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError):
        url = httpx.URL("")
    if not url.host or len(address) > LONGEST_ADDRESS:
        raise Misconfigured("this is no address: write it like https://hooks.example.com/porter")
    return url.copy_with(fragment=None)
