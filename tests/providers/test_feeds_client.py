"""Fetching a calendar: only from where everybody on the internet could, never further than was looked at, within size
and time; and its address stands in no log and no exception."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import httpx
import pytest
import structlog

from bot.domain.sources.feeds import FeedProblem
from bot.ports.feeds import FeedAnswer, FeedUnreadable
from providers.addresses import PublicTarget, is_public
from providers.feeds.client import LARGEST, FeedClient, address_of
from tests.cases import every
from tests.providers.calendars import AIRBNB, LOGIN, calendar

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SECRET = "https://calendars.example/ical/1.ics?t=s3cr3t-token"
PUBLIC = "93.184.215.14"
Handler = Callable[[httpx.Request], httpx.Response]


def client(answer: Handler, names: dict[str, Sequence[str]] | None = None, **more: object) -> FeedClient:
    async def resolve(host: str, port: int) -> Sequence[str]:
        if names is not None and host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return names[host] if names is not None else [PUBLIC]

    return FeedClient(resolving=resolve, transport=httpx.MockTransport(answer), **more)  # type: ignore[arg-type]


async def problem(answer: Handler, address: str = SECRET, names: dict[str, Sequence[str]] | None = None) -> FeedProblem:
    with structlog.testing.capture_logs() as logs, pytest.raises(FeedUnreadable) as caught:
        await client(answer, names).read(address, NOW)
    said = f"{caught.value!r} {caught.value} {caught.value.detail} {caught.value.__cause__!r} {logs}"
    assert "s3cr3t" not in said
    assert "calendars.example" not in said
    return caught.value.problem


def good(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=AIRBNB, headers={"content-type": "text/calendar"})


async def test_the_connection_goes_to_the_address_that_was_looked_at_under_the_hosts_name() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return good(request)

    found = await client(answer).read(SECRET, NOW)
    assert found.events is not None
    assert len(found.events) == 2
    (one,) = asked
    assert (one.url.host, one.url.query) == (PUBLIC, b"t=s3cr3t-token")
    assert (one.headers["host"], one.extensions["sni_hostname"]) == ("calendars.example", "calendars.example")
    assert "cookie" not in one.headers


async def test_the_certificate_is_asked_for_under_the_hosts_name() -> None:
    """A server that says by which name it was called, and has no certificate that anybody trusts."""
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    async def nobody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(nobody, "127.0.0.1", 0, ssl=context)
    try:
        port = server.sockets[0].getsockname()[1]
        to = PublicTarget(httpx.URL(f"https://calendars.example:{port}/1.ics"), ("127.0.0.1",))
        with pytest.raises(FeedUnreadable):
            await FeedClient()._asked(to, {})
    finally:
        server.close()
    assert names == ["calendars.example"]


NOT_PUBLIC = """
127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 0.0.0.0 100.64.0.1 224.0.0.1 255.255.255.255
198.18.0.1 ::1 :: fc00::1 fd12::1 fe80::1 fe80::1%eth0 ::ffff:127.0.0.1 ::ffff:10.0.0.1 2002:7f00:1:: 64:ff9b::7f00:1
64:ff9b::a00:1 64:ff9b:1::a00:1 ::10.0.0.1 ::ffff:0:10.0.0.1 fec0::1 5f00::1 ff02::1 localhost
"""
HERE = "127.0.0.1 [::1] localhost 2130706433 0x7f.1 127.1 [::ffff:127.0.0.1] 0"


@every("address", NOT_PUBLIC.split())
def test_what_is_not_public_is_not_asked(address: str) -> None:
    assert not is_public(address)


@every("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "172.32.0.1", "192.167.255.255"])
def test_what_is_public_is(address: str) -> None:
    assert is_public(address)


@every("host", HERE.split())
async def test_however_this_machine_is_written_it_is_not_asked(host: str) -> None:
    asked: list[httpx.Request] = []
    reading = FeedClient(transport=httpx.MockTransport(lambda request: asked.append(request) or good(request)))
    with pytest.raises(FeedUnreadable) as caught:
        await reading.read(f"https://{host}/1.ics", NOW)
    assert caught.value.problem in (FeedProblem.PRIVATE, FeedProblem.UNKNOWN_HOST)
    assert asked == []


async def test_one_private_address_among_public_ones_is_enough() -> None:
    assert await problem(good, names={"calendars.example": [PUBLIC, "10.0.0.7"]}) is FeedProblem.PRIVATE
    assert await problem(good, names={}) is FeedProblem.UNKNOWN_HOST
    assert await problem(good, names={"calendars.example": []}) is FeedProblem.UNKNOWN_HOST


@every(
    ("typed", "kept"),
    [
        (" webcal://calendars.example/1.ics ", "https://calendars.example/1.ics"),
        ("webcals://calendars.example/1.ics", "https://calendars.example/1.ics"),
        ("<https://calendars.example/1.ics?t=a%20b>", "https://calendars.example/1.ics?t=a%20b"),
        ("https://calendars.example/1.ics#top", "https://calendars.example/1.ics"),
        ("http://calendars.example/1.ics", "http://calendars.example/1.ics"),
    ],
)
def test_an_address_is_kept_as_it_is_asked(typed: str, kept: str) -> None:
    assert address_of(typed) == kept


@every("typed", ["", "calendar", "https://", "https:///1.ics", "//x", "https://[::1", "https://x:99999999/", "\x00"])
async def test_what_is_no_address_is_refused(typed: str) -> None:
    assert await problem(good, typed) in (FeedProblem.NO_ADDRESS, FeedProblem.NOT_HTTPS)


@every("scheme", ["http", "ftp", "file", "gopher", "data"])
async def test_only_https_is_asked(scheme: str) -> None:
    found = await problem(good, f"{scheme}://calendars.example/1.ics?t=s3cr3t-token")
    assert found in (FeedProblem.NOT_HTTPS, FeedProblem.NO_ADDRESS)


def redirecting(*to: str) -> Handler:
    places = list(to)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": places.pop(0)}) if places else good(request)

    return answer


async def test_redirects_are_followed_a_few_times_and_each_is_looked_at() -> None:
    names = {"calendars.example": [PUBLIC], "other.example": [PUBLIC], "inside.example": ["10.0.0.1"]}
    for to in (["/2.ics"], ["https://other.example/2.ics"], ["/2.ics", "/3.ics", "/4.ics"]):
        assert (await client(redirecting(*to), names).read(SECRET, NOW)).events
    for to, why in (
        (["https://inside.example/1.ics"], FeedProblem.PRIVATE),
        (["/2.ics", "https://inside.example/1.ics"], FeedProblem.PRIVATE),
        (["http://other.example/2.ics"], FeedProblem.NOT_HTTPS),
        (["file:///etc/passwd"], FeedProblem.NOT_HTTPS),
        (["https://nobody.example/"], FeedProblem.UNKNOWN_HOST),
        (["/2.ics"] * 4, FeedProblem.REDIRECTS),
        ([""] * 4, FeedProblem.REDIRECTS),
        (["https://other.example:0/"], FeedProblem.NO_ADDRESS),
        (["https://other.example:99999/"], FeedProblem.NO_ADDRESS),
    ):
        assert await problem(redirecting(*to), names=names) is why, to
    assert await problem(redirecting("https://[::1")) in (FeedProblem.REDIRECTS, FeedProblem.CUT_SHORT)


async def test_a_redirect_takes_neither_cookies_nor_the_first_hosts_name_along() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) > 1:
            return good(request)
        return httpx.Response(302, headers={"location": "https://other.example/2.ics", "set-cookie": "a=b; Path=/"})

    await client(answer).read(SECRET, NOW)
    assert [one.headers["host"] for one in asked] == ["calendars.example", "other.example"]
    assert "cookie" not in asked[1].headers


@every(
    ("status", "why"),
    [
        (401, FeedProblem.REFUSED),
        (403, FeedProblem.REFUSED),
        (404, FeedProblem.NOT_THERE),
        (410, FeedProblem.NOT_THERE),
        (429, FeedProblem.FAILS),
        (500, FeedProblem.FAILS),
        (503, FeedProblem.FAILS),
        (204, FeedProblem.FAILS),
        (206, FeedProblem.FAILS),
        (304, FeedProblem.FAILS),
        (418, FeedProblem.FAILS),
    ],
)
async def test_what_is_no_success_says_which(status: int, why: FeedProblem) -> None:
    assert await problem(lambda _: httpx.Response(status, text=AIRBNB)) is why


async def test_what_is_no_calendar_says_what_it_is() -> None:
    assert await problem(lambda _: httpx.Response(200, content=LOGIN)) is FeedProblem.WEB_PAGE
    assert await problem(lambda _: httpx.Response(200, content=b"\n\n <?xml version='1.0'?>")) is FeedProblem.WEB_PAGE
    assert await problem(lambda _: httpx.Response(200, content=b"")) is FeedProblem.NO_CALENDAR
    assert await problem(lambda _: httpx.Response(200, content=AIRBNB.encode()[:-30])) is FeedProblem.CUT_SHORT


async def test_more_than_five_megabytes_are_not_read_whatever_the_answer_says_of_itself() -> None:
    served = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal served
        yield b"BEGIN:VCALENDAR\r\n"
        while True:
            served += 65_536
            yield b"x" * 65_536

    assert await problem(lambda _: httpx.Response(200, content=endless())) is FeedProblem.TOO_LARGE
    assert served < 2 * LARGEST
    packed = gzip.compress(b"BEGIN:VCALENDAR\r\n" + b"x" * 4 * LARGEST, 1)
    headers = {"content-encoding": "gzip"}
    assert await problem(lambda _: httpx.Response(200, content=packed, headers=headers)) is FeedProblem.TOO_LARGE


async def test_what_hangs_is_given_up_and_what_breaks_off_is_said() -> None:
    async def hangs(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def resolve(host: str, port: int) -> Sequence[str]:
        return [PUBLIC]

    reading = FeedClient(seconds=0.05, resolving=resolve, transport=httpx.MockTransport(hangs))
    with pytest.raises(FeedUnreadable) as caught:
        await reading.read(SECRET, NOW)
    assert caught.value.problem is FeedProblem.NO_ANSWER

    def breaks(error: Exception) -> Handler:
        def answer(request: httpx.Request) -> httpx.Response:
            raise error

        return answer

    assert await problem(breaks(httpx.ConnectError("x"))) is FeedProblem.UNREACHABLE
    assert await problem(breaks(httpx.ReadTimeout("x"))) is FeedProblem.NO_ANSWER
    assert await problem(breaks(httpx.RemoteProtocolError("x"))) is FeedProblem.CUT_SHORT


async def test_of_several_addresses_the_next_is_tried() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if len(asked) == 1:
            raise httpx.ConnectError("x")
        return good(request)

    await client(answer, {"calendars.example": ["2606:4700:4700::1111", PUBLIC]}).read(SECRET, NOW)
    assert asked == ["2606:4700:4700::1111", PUBLIC]


async def test_what_has_not_changed_is_not_sent_again() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("if-none-match") == '"1"' or request.headers.get("if-modified-since") == "Mon":
            return httpx.Response(304)
        return httpx.Response(200, content=calendar(), headers={"etag": '"1"', "last-modified": "x" * 400})

    reading = client(answer)
    first = await reading.read(SECRET, NOW)
    assert (first.events, first.etag, first.modified) == ((), '"1"', "")
    assert await reading.read(SECRET, NOW, etag=first.etag) == FeedAnswer(None, '"1"')
    assert await reading.read(SECRET, NOW, modified="Mon") == FeedAnswer(None, "", "Mon")


async def test_only_in_the_sandbox_this_machine_is_asked_and_nobody_else_sends_us_there() -> None:
    names = {"calendars.example": [PUBLIC], "192.168.0.1": ["192.168.0.1"], "inside.example": ["127.0.0.1"]}
    for address in ("http://127.0.0.1:8123/1.ics", "http://localhost:8123/1.ics", "http://[::1]:8123/1.ics"):
        assert (await client(good, names, sandbox=True).read(address, NOW)).events
        assert (await client(redirecting("/2.ics"), names, sandbox=True).read(address, NOW)).events
        assert await problem(good, address, names) is FeedProblem.NOT_HTTPS, "a house asks nobody there"
    for start, to, why in (
        ("http://127.0.0.1:8123/1.ics", "https://192.168.0.1/1.ics", FeedProblem.PRIVATE),
        ("http://127.0.0.1:8123/1.ics", "http://192.168.0.1/1.ics", FeedProblem.NOT_HTTPS),
        ("http://127.0.0.1:8123/1.ics", "file:///etc/passwd", FeedProblem.NOT_HTTPS),
        (SECRET, "http://127.0.0.1:8123/1.ics", FeedProblem.NOT_HTTPS),
        (SECRET, "https://inside.example/1.ics", FeedProblem.PRIVATE),
    ):
        with pytest.raises(FeedUnreadable) as caught:
            await client(redirecting(to), names, sandbox=True).read(start, NOW)
        assert caught.value.problem is why, (start, to)
    for address in ("http://calendars.example/1.ics", "http://10.0.0.1/1.ics", "http://0.0.0.0/1.ics"):
        with pytest.raises(FeedUnreadable) as caught:
            await client(good, names, sandbox=True).read(address, NOW)
        assert caught.value.problem is FeedProblem.NOT_HTTPS


async def test_a_name_in_other_letters_is_looked_up_as_it_goes_over_the_wire() -> None:
    """By another reading of its letters it is fass.example, which somebody else may own."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return good(request)

    await client(answer, {"xn--fa-hia.example": [PUBLIC]}).read("https://fa\u00df.example/1.ics", NOW)
    assert asked[0].extensions["sni_hostname"] == asked[0].headers["host"] == "xn--fa-hia.example"
