"""No answer, however small it came over the wire, takes more memory than the largest that we read: none is read, or
opened, further than the limit. Real servers, real sockets."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.domain.messages.notice import Notice
from bot.domain.pins import Phone
from bot.ports import OutcomeUnknown, Text, Unavailable
from providers import http
from providers.igloohome.client import IglooClient
from providers.igloohome.lock import IglooLockProvider
from providers.seam.client import SeamClient
from providers.seam.lock import SeamLockProvider
from providers.slack.client import SlackChat
from providers.twilio.messenger import TwilioTexter
from tests.providers.silence import BODY, PHONE
from tests.providers.test_odd_answers import DEVICE, ORDER, START

GOOD = json.dumps({"devices": [DEVICE], "payload": [], "access_token": "t", "ok": True, "team_id": "T1", "sid": "x"})
CHUNK = b" " * 65_536
TEXT = Text("01JMESSAGE", Phone(PHONE), BODY, START)


@dataclass
class Server:
    """Answers every request with the same bytes. `flowing` sends on for as long as somebody reads."""

    headers: list[str]
    body: bytes = b""
    flowing: bytes = b""
    sent: int = 0
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.asked.append(head.lower())
            length = [line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length")]
            await reader.readexactly(int(length[0]) if length else 0)
            said = ["HTTP/1.1 200 OK", "content-type: application/json", "connection: close", *self.headers]
            writer.write("\r\n".join([*said, "", ""]).encode() + self.body)
            while self.flowing:
                writer.write(self.flowing)
                await writer.drain()
                self.sent += len(self.flowing)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    running = await asyncio.start_server(server, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    async with running:
        yield server


async def _seam(url: str, *, act: bool) -> object:
    seam = SeamLockProvider(SeamClient("seam_test_key", api_url=url, timeout_seconds=5))
    try:
        return await (seam.mint(ORDER) if act else seam.locks())
    finally:
        await seam.close()


async def _igloohome(url: str, *, act: bool) -> object:
    igloohome = IglooLockProvider(IglooClient("id", "key", auth_url=url, api_url=url, timeout_seconds=5))
    try:
        return await igloohome.locks()
    finally:
        await igloohome.close()


async def _twilio(url: str, *, act: bool) -> object:
    sid = "AC00000000000000000000000000000001"
    address = "https://pins.example.com"
    texter = TwilioTexter(sid, "t", public_url=address, from_number="+15005550006", api_url=url, timeout_seconds=5)
    try:
        return await (texter.send(TEXT) if act else texter.check())
    finally:
        await texter.close()


async def _slack(url: str, *, act: bool) -> object:
    chat = SlackChat("xoxb-secret", api_url=f"{url}/api/", timeout_seconds=5)
    try:
        return await (chat.post("C1", Notice("x"), post_id="card-1") if act else chat.team())
    finally:
        await chat.close()


Vendor = Callable[..., Awaitable[object]]
VENDORS: list[Vendor] = [_seam, _igloohome, _twilio, _slack]
ACTING: list[Vendor] = [_seam, _twilio, _slack]


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1)


def deflated(data: bytes, wbits: int) -> bytes:
    packing = zlib.compressobj(1, zlib.DEFLATED, wbits)
    return packing.compress(data) + packing.flush()


HUGE = b" " * (4 * http.LARGEST_ANSWER) + GOOD.encode()
ENCODED = {
    "gzip": (["content-encoding: gzip"], gzipped(HUGE)),
    "x-gzip": (["content-encoding: X-GZIP"], gzipped(HUGE)),
    "deflate": (["content-encoding: deflate"], deflated(HUGE, 15)),
    "raw deflate": (["content-encoding: deflate"], deflated(HUGE, -15)),
    "gzip of gzip": (["content-encoding: gzip, gzip"], gzipped(gzipped(HUGE))),
    "two headers": (["content-encoding: identity", "content-encoding: gzip"], gzipped(HUGE)),
    "br": (["content-encoding: br"], b"\x0b\x02\x80ab\x03"),
    "zstd": (["content-encoding: zstd"], b"\x28\xb5\x2f\xfd\x04\x00"),
    "cut off": (["content-encoding: gzip"], gzip.compress(GOOD.encode())[:40]),
    "broken": (["content-encoding: gzip"], b"no gzip at all"),
    "unknown": (["content-encoding: rot13"], GOOD.encode()),
}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("name", ENCODED)
async def test_nothing_compressed_is_opened_further(vendor: Vendor, name: str) -> None:
    headers, body = ENCODED[name]
    async with serving(Server([*headers, f"content-length: {len(body)}"], body)) as server:
        with pytest.raises(Unavailable) as error:
            await vendor(server.url, act=False)
    assert "cannot be read" in str(error.value)
    assert "accept-encoding: identity\r\n" in server.asked[0], "and none is asked for"


@pytest.mark.parametrize("vendor", [_seam, _igloohome, _slack])
async def test_what_something_between_has_compressed_is_read(vendor: Vendor) -> None:
    for headers, body in (
        (["content-encoding: gzip"], gzip.compress(GOOD.encode())),
        (["content-encoding: GZIP"], gzip.compress(b" " * (http.LARGEST_ANSWER - len(GOOD)) + GOOD.encode())),
        (["content-encoding: deflate"], deflated(GOOD.encode(), 15)),
    ):
        async with serving(Server([*headers, f"content-length: {len(body)}"], body)) as server:
            await vendor(server.url, act=False)


@pytest.mark.parametrize("vendor", ACTING)
async def test_what_acts_may_have_been_done(vendor: Vendor) -> None:
    headers, body = ENCODED["gzip"]
    async with serving(Server([*headers, f"content-length: {len(body)}"], body)) as server:
        with pytest.raises(OutcomeUnknown):
            await vendor(server.url, act=True)
    assert len(server.asked) == 1


FLOWING = {
    "without a length": ([], CHUNK),
    "in chunks": (["transfer-encoding: chunked"], b"10000\r\n" + CHUNK + b"\r\n"),
    "with a huge length": ([f"content-length: {10**12}"], CHUNK),
}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("name", FLOWING)
async def test_nothing_is_read_beyond_the_limit(vendor: Vendor, name: str) -> None:
    headers, flowing = FLOWING[name]
    async with serving(Server(headers, flowing=flowing)) as server:
        with pytest.raises(Unavailable) as error:
            await vendor(server.url, act=False)
    assert "too long" in str(error.value)
    tries, buffers = len(server.asked), 8 * 1024 * 1024
    assert server.sent <= tries * (http.LARGEST_ANSWER + buffers), "what the sockets hold comes on top"


@pytest.mark.parametrize("vendor", [_seam, _igloohome, _slack])
async def test_a_large_answer_within_the_limit_is_read(vendor: Vendor) -> None:
    body = b" " * (http.LARGEST_ANSWER - len(GOOD)) + GOOD.encode()
    for headers in (
        [f"content-length: {len(body)}"],
        [],
        [f"content-length: {len(body)}", "content-encoding: identity"],
    ):
        async with serving(Server(headers, body)) as server:
            await vendor(server.url, act=False)
        async with serving(Server([], b" " + body)) as server:
            with pytest.raises(Unavailable):
                await vendor(server.url, act=False)
