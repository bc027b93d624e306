"""Who may look at states and numbers, and how whoever watches from outside is called."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.addresses import in_ascii
from bot.ports import Misconfigured, ProviderError, Unavailable
from bot.processes.web import build_web
from bot.settings import SettingsProblem, read_settings_in_part
from providers.watchdog import pinging


async def ready() -> dict[str, str]:
    return {}


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
async def test_states_and_numbers_may_want_a_token(path: str) -> None:
    for token, brought, status in (
        ("", None, 200),
        ("", "Bearer x", 200),
        ("hush", None, 401),
        ("hush", "", 401),
        ("hush", "hush", 401),
        ("hush", "Bearer", 401),
        ("hush", "Bearer hus", 401),
        ("hush", "Bearer hush ", 401),
        ("hush", "Basic hush", 401),
        ("hush", "Bearer hüsh", 401),
        ("hush", "Bearer hush", 200),
    ):
        web = build_web([], ready, token=token)
        headers = [] if brought is None else [(b"authorization", brought.encode())]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://x") as http:
            answer = await http.get(path, headers=headers)
            assert answer.status_code == status, (token, brought)
            assert ("METRICS_TOKEN" in answer.text) == (status == 401)
            assert (await http.get("/healthz")).status_code == 200


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[tuple[str, list[str]]]:
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[0])
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/ping/a-secret", asked


@pytest.mark.parametrize(
    ("status", "raised"),
    [(200, None), (204, None), (301, Misconfigured), (404, Misconfigured), (429, Unavailable), (503, Unavailable)],
)
async def test_a_call_and_what_is_answered(status: int, raised: type[ProviderError] | None) -> None:
    async with answering(status) as (url, asked):
        if raised is None:
            await pinging(url, 5)
        else:
            with pytest.raises(raised) as said:
                await pinging(url, 5)
            assert "a-secret" not in str(said.value)
        assert asked == ["GET /ping/a-secret HTTP/1.1"]


async def test_nobody_there() -> None:
    with pytest.raises(Unavailable):
        await pinging("http://127.0.0.1:9/", 5)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://hc-ping.com/5ca18bd8-0b8e-4f0c-8e3e-6f1d7f2b0f5a", True),
        ("http://127.0.0.1:8001/ping", True),
        ("http://hc-ping.com/a", False),
        ("hc-ping.com/a", False),
    ],
)
def test_where_it_may_be(monkeypatch: pytest.MonkeyPatch, url: str, fits: bool) -> None:
    monkeypatch.setenv("HEARTBEAT_URL", url)
    if fits:
        assert read_settings_in_part("HEARTBEAT_URL").heartbeat_url.get_secret_value() == url
    else:
        with pytest.raises(SettingsProblem) as said:
            read_settings_in_part("HEARTBEAT_URL")
        assert said.value.problems == [
            "HEARTBEAT_URL is no https:// address: write it as the service that watches shows it"
        ]


@pytest.mark.parametrize("name", ["STATUS_TOKEN", "METRICS_TOKEN"])
@pytest.mark.parametrize(
    "token", ["pässwörd-1234567890", "two words-1234567890", "a-token-of-the-house\t", "トークン1234567890123456"]
)
def test_a_token_that_no_header_carries_is_none(monkeypatch: pytest.MonkeyPatch, name: str, token: str) -> None:
    """Else nobody would ever be let in, and nothing would say why."""
    monkeypatch.setenv(name, token)
    with pytest.raises(SettingsProblem) as said:
        read_settings_in_part(name)
    assert said.value.problems == [
        f"{name} holds spaces, or letters that no header carries: take one as `openssl rand -hex 16` prints it"
    ]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://ключи.example/ж/g/", "https://xn--h1add2c8a.example/%D0%B6/g/"),
        ("https://tür.example:8443/g/", "https://xn--tr-xka.example:8443/g/"),
        ("https://pins.example.com/a%20b/g/", "https://pins.example.com/a%20b/g/"),
        ("http://[::1]:8000/g/", "http://[::1]:8000/g/"),
        (f"https://{'ж' * 70}.example/g/", f"https://{'ж' * 70}.example/g/"),
    ],
)
def test_an_address_that_is_texted_takes_the_letters_of_texts(url: str, sent: str) -> None:
    assert in_ascii(url) == sent
