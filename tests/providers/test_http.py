"""The shared HTTP room: what each kind of trouble is called, when a read is tried again, when an outage is logged."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp
import httpx
import pytest
from anyio._backends._asyncio import SocketStream
from structlog.testing import capture_logs

from bot.ports import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from providers import http
from tests.providers.loopback import Answer, Loopback, closed_port

NOW = datetime(2026, 12, 4, 14, 0, tzinfo=UTC)
BEFORE_SENDING = [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x"), httpx.ProxyError("x")]
MAYBE_HEARD = [
    httpx.ReadTimeout("x"),
    httpx.WriteTimeout("x"),
    httpx.ReadError("x"),
    httpx.WriteError("x"),
    httpx.RemoteProtocolError("x"),
    httpx.DecodingError("x"),
    TimeoutError(),
    ConnectionResetError(),
    aiohttp.ServerDisconnectedError(),
    aiohttp.SocketTimeoutError(),
    aiohttp.ClientPayloadError("x"),
    aiohttp.ClientOSError(104, "x"),
]


class TestNoAnswer:
    @pytest.mark.parametrize("read", [True, False])
    @pytest.mark.parametrize("error", [*BEFORE_SENDING, aiohttp.ConnectionTimeoutError("x")], ids=repr)
    def test_nothing_was_sent(self, error: Exception, read: bool) -> None:
        assert type(http.unanswered("Vendor", error, read=read)) is Unavailable

    @pytest.mark.parametrize("error", MAYBE_HEARD, ids=repr)
    def test_it_may_have_been_heard(self, error: Exception) -> None:
        assert type(http.unanswered("Vendor", error, read=False)) is OutcomeUnknown
        assert type(http.unanswered("Vendor", error, read=True)) is Unavailable

    @pytest.mark.parametrize("error", [httpx.UnsupportedProtocol("x"), httpx.LocalProtocolError("x")], ids=repr)
    def test_what_cannot_be_sent_is_for_the_operator(self, error: Exception) -> None:
        assert type(http.unanswered("Vendor", error, read=False)) is Misconfigured

    async def test_a_closed_port_with_both_libraries(self) -> None:
        address = closed_port()
        async with http.client(address, headers={}, timeout_seconds=2) as client:
            with pytest.raises(Unavailable):
                await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=2)
        async with http.session(2) as session:
            with pytest.raises(aiohttp.ClientError) as refused:
                await session.get(address)
            assert type(http.unanswered("Vendor", refused.value, read=False)) is Unavailable

    async def test_a_vendor_that_breaks_off_as_soon_as_it_is_reached(
        self, vendor: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Reset between the handshake and the first byte: uvloop's transport has no socket any more, and anyio asks
        for its peer. Nothing was sent."""

        def broken_off(stream: SocketStream) -> None:
            stream._transport.abort()

        async with http.client(vendor.url, headers={}, timeout_seconds=2) as client:
            with monkeypatch.context() as broken:
                broken.setattr(SocketStream, "_raw_socket", property(broken_off))
                with pytest.raises(Unavailable, match="Vendor cannot be reached"):
                    await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=2)
            assert vendor.asked == []
            vendor.will(Answer({"ok": True}))
            answer = await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=2)
            assert (answer.status_code, len(vendor.asked)) == (200, 1), "the client is as good as before"

    async def test_a_bug_of_ours_is_no_vendors_trouble(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def wrong(_self: object, _request: httpx.Request) -> httpx.Response:
            return None.status  # type: ignore[attr-defined,no-any-return]

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", wrong)
        async with http.client("http://vendor.test", headers={}, timeout_seconds=2) as client:
            with pytest.raises(AttributeError):
                await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=2)

    async def test_a_name_that_does_not_exist(self) -> None:
        async with http.client("http://nowhere.invalid", headers={}, timeout_seconds=5) as client:
            with pytest.raises(Unavailable):
                await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=5)

    @pytest.mark.parametrize("then", ["hang", "drop"])
    async def test_an_answer_that_never_comes(self, vendor: Loopback, then: str) -> None:
        vendor.will(Answer(then=then))
        async with http.client(vendor.url, headers={}, timeout_seconds=0.3) as client:
            with pytest.raises(OutcomeUnknown):
                await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=0.3)

    async def test_a_slow_drip_does_not_outlast_the_deadline(self) -> None:
        async def drip(_: httpx.Request) -> httpx.Response:
            await asyncio.sleep(30)
            return httpx.Response(200)

        async with http.client(
            "http://x", headers={}, timeout_seconds=9, transport=httpx.MockTransport(drip)
        ) as client:
            with pytest.raises(OutcomeUnknown):
                await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=0.05)


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "read", "kind"),
        [
            (429, False, Unavailable),
            (429, True, Unavailable),
            (500, False, OutcomeUnknown),
            (503, False, OutcomeUnknown),
            (408, False, OutcomeUnknown),
            (500, True, Unavailable),
            (401, False, Misconfigured),
            (403, True, Misconfigured),
            (302, False, Misconfigured),
            (400, False, Rejected),
            (404, True, Rejected),
            (409, False, Rejected),
        ],
    )
    def test_by_status(self, status: int, read: bool, kind: type[ProviderError]) -> None:
        assert type(http.answered("Vendor", status, {}, read=read)) is kind

    def test_the_time_to_wait_is_kept(self) -> None:
        error = http.answered("Vendor", 429, {"Retry-After": "7"}, read=False)
        assert isinstance(error, Unavailable)
        assert error.retry_after == 7

    def test_the_vendors_code_is_kept(self) -> None:
        error = http.answered("Vendor", 409, {}, read=False, code="duplicate")
        assert isinstance(error, Rejected)
        assert error.code == "duplicate"

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("0", 0.0),
            ("120", 120.0),
            ("Fri, 04 Dec 2026 14:00:30 GMT", 30.0),
            ("Fri, 04 Dec 2026 13:00:00 GMT", 0.0),
            ("Fri, 04 Dec 2026 14:00:30", 30.0),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("²", None),
            ("", None),
        ],
    )
    def test_retry_after(self, value: str, seconds: float | None) -> None:
        assert http.retry_after({"RETRY-AFTER": value}, NOW) == seconds

    def test_no_retry_after(self) -> None:
        assert http.retry_after({}, NOW) is None


class Attempts:
    """Fails as told, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0

    async def __call__(self) -> str:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


class TestPatience:
    async def test_a_read_is_tried_three_times(self) -> None:
        attempts = Attempts(Unavailable("x", 0), Unavailable("x", 0))
        assert await http.with_retries(attempts, read=True, timeout_seconds=5) == "done"
        assert attempts.count == 3

    async def test_and_no_more(self) -> None:
        attempts = Attempts(*[Unavailable("x", 0)] * 3)
        with pytest.raises(Unavailable):
            await http.with_retries(attempts, read=True, timeout_seconds=5)
        assert attempts.count == 3

    async def test_an_act_is_tried_once(self) -> None:
        attempts = Attempts(Unavailable("x", 0))
        with pytest.raises(Unavailable):
            await http.with_retries(attempts, read=False, timeout_seconds=5)
        assert attempts.count == 1

    @pytest.mark.parametrize("error", [Misconfigured("x"), Rejected("x"), OutcomeUnknown("x")])
    async def test_only_unavailable_is_tried_again(self, error: ProviderError) -> None:
        attempts = Attempts(error)
        with pytest.raises(type(error)):
            await http.with_retries(attempts, read=True, timeout_seconds=5)
        assert attempts.count == 1

    async def test_a_long_wait_is_left_to_the_caller(self) -> None:
        attempts = Attempts(Unavailable("x", 60))
        with pytest.raises(Unavailable) as asked_to_wait:
            await http.with_retries(attempts, read=True, timeout_seconds=600)
        assert attempts.count == 1
        assert asked_to_wait.value.retry_after == 60

    async def test_the_vendors_own_wait_is_honoured(self) -> None:
        began = time.monotonic()
        await http.with_retries(Attempts(Unavailable("x", 1)), read=True, timeout_seconds=5)
        assert time.monotonic() - began > 0.99  # the loop's timers count whole milliseconds

    async def test_no_attempt_begins_after_the_deadline(self) -> None:
        attempts = Attempts(Unavailable("x", 0.5))
        with pytest.raises(Unavailable):
            await http.with_retries(attempts, read=True, timeout_seconds=0.2)
        assert attempts.count == 1


def fail(outage: http.Outage, error: Exception) -> None:
    with pytest.raises(type(error)), outage.watched():
        raise error


def succeed(outage: http.Outage) -> None:
    with outage.watched():
        pass


class TestOutage:
    def test_it_is_logged_once_when_it_begins_and_once_when_it_ends(self) -> None:
        outage = http.Outage("Vendor")
        with capture_logs() as logged:
            for _ in range(5):
                fail(outage, Unavailable("Vendor cannot be reached"))
            fail(outage, OutcomeUnknown("Vendor broke off"))
            succeed(outage)
            succeed(outage)
        assert [(entry["event"], entry["log_level"]) for entry in logged] == [
            ("provider_away", "warning"),
            ("provider_back", "info"),
        ]
        assert logged[1]["failures"] == 6

    @pytest.mark.parametrize("answer", [Rejected("x"), Misconfigured("x")])
    def test_a_refusal_is_an_answer(self, answer: ProviderError) -> None:
        outage = http.Outage("Vendor")
        with capture_logs() as logged:
            fail(outage, answer)
            fail(outage, Unavailable("x"))
            fail(outage, answer)
        assert [entry["event"] for entry in logged] == ["provider_away", "provider_back"]


class TestClient:
    def test_what_cannot_be_a_header_or_an_address(self) -> None:
        makers: list[Callable[[], object]] = [
            lambda: http.client("http://x", headers={"authorization": "Bearer ké…"}, timeout_seconds=1),
            lambda: http.client("http://[::1", headers={}, timeout_seconds=1),
        ]
        for make in makers:
            with pytest.raises(Misconfigured):
                make()

    async def test_the_environments_proxy_is_not_used(self, vendor: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", closed_port())
        vendor.will(Answer({}))
        async with http.client(vendor.url, headers={}, timeout_seconds=2) as client:
            answer = await http.exchange(client, "Vendor", "/x", {}, read=False, timeout_seconds=2)
        assert answer.status_code == 200
