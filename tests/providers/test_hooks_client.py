"""Calling a program: at every address that its name has, under the name that goes over the wire, and within its time,
looking it up among it. Its address stands in no log and no exception."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import httpx
import pytest
import structlog
from standardwebhooks import Webhook

from bot.ports import Gone, Misconfigured, ProviderError, Rejected, Unavailable
from providers.hooks.client import LARGEST, HookClient, public_addresses

ADDRESS = "https://u:s3cr3t@hooks.example:8443/s3cr3t?k=s3cr3t"
SECOND = "93.184.215.14"
FIRST = "2606:4700:4700::1111"
Handler = Callable[[httpx.Request], httpx.Response]


def client(answer: Handler, *addresses: str, timeout_seconds: float = 5) -> HookClient:
    async def where(url: httpx.URL) -> Sequence[str]:
        return addresses or [SECOND]

    return HookClient(where, transport=httpx.MockTransport(answer), timeout_seconds=timeout_seconds)


async def call(made: HookClient, address: str = ADDRESS, secret: str = "whsec_c2VjcmV0c2VjcmV0") -> None:
    await made.call(address, secret, message_id="01H-7", body={"type": "pin.ready", "data": {"stay": None}})


async def test_a_name_with_an_address_that_cannot_be_reached_is_called_at_its_next() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.host == FIRST:
            raise httpx.ConnectError("no route to host", request=request)
        return httpx.Response(204)

    made = client(answer, FIRST, SECOND)
    await call(made)
    assert [one.url.host for one in asked] == [FIRST, SECOND]
    assert (asked[1].headers["host"], asked[1].extensions["sni_hostname"]) == ("hooks.example:8443", "hooks.example")
    Webhook("whsec_c2VjcmV0c2VjcmV0").verify(asked[1].content, dict(asked[1].headers))


async def test_what_may_have_been_heard_is_not_said_at_another_address() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        raise httpx.ReadError("broke off", request=request)

    with pytest.raises(Unavailable):
        await call(client(answer, FIRST, SECOND))
    assert asked == [FIRST]


async def test_a_name_that_nobody_looks_up_in_time_is_no_answer() -> None:
    async def where(url: httpx.URL) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(Unavailable, match="in time"):
        await call(HookClient(where, timeout_seconds=0.05))


@pytest.mark.parametrize("host", ["faß.example", "münchen.example", "xn--fa-hia.example"])
async def test_a_name_in_other_letters_is_one_name_throughout(host: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    await call(client(answer), f"https://{host}/x")
    assert asked[0].extensions["sni_hostname"] == asked[0].headers["host"]
    assert asked[0].headers["host"].startswith("xn--")


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"cannot reach {request.url}", request=request)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda request: httpx.Response(410), Gone),
        (lambda request: httpx.Response(302, headers={"location": "http://169.254.169.254/"}), Rejected),
        (lambda request: httpx.Response(503, text=str(request.url)), Unavailable),
        (lambda request: httpx.Response(200, content=b"x" * (LARGEST + 1)), Unavailable),
        (refused, Unavailable),
    ],
    ids=["gone", "elsewhere", "503", "endless", "refused"],
)
async def test_neither_address_nor_secret_is_said(answer: Handler, error: type[ProviderError]) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(error) as caught:
        await call(client(answer))
    said = f"{caught.value!r} {caught.value} {caught.value.__cause__!r} {logs}"
    for hidden in ("s3cr3t", "hooks.example", "whsec", SECOND):
        assert hidden not in said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.7", "169.254.169.254", "[fd00::1]"])
async def test_a_house_calls_nobody_on_its_own_machine_or_in_its_network(host: str) -> None:
    with pytest.raises(Misconfigured, match="private network"):
        await HookClient(partial(public_addresses, sandbox=False)).look(f"https://{host}/porter")
