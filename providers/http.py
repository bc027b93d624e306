"""What every room that speaks HTTP shares: the one httpx factory, the one aiohttp session, deadlines, retries of reads
only, the translation of transport trouble into the four words of `bot.ports`, and an outage logged once.

No vendor's word belongs here: error codes, paths and bodies are read in the vendor's own room. No exception raised
here quotes a body, an address with its query, or the vendor's text; whoever raises does so `from None`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp
import httpx
import structlog

from bot.ports import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from providers.tls import tls

log = structlog.get_logger(__name__)
T = TypeVar("T")

CONNECT_SECONDS = 5.0
"""Longest wait for a connection; a name or a port that does not answer by then counts as "nothing was sent"."""

PAUSES = (0.2, 0.6)
"""Seconds before the second and the third try of a read, where the vendor names no time of its own."""

LONGEST_PAUSE = 5.0
"""Seconds; a vendor that asks for more is not waited for inside a call: whoever called comes back later."""

TRANSPORT_ERRORS = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, TimeoutError, OSError)
"""What the two HTTP libraries raise when there is no answer to read."""

_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NOTHING_SENT_AIO = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BAD_REQUEST = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, aiohttp.InvalidURL)


# --- the two clients --------------------------------------------------------------------------------------------------


def client(
    base_url: str,
    *,
    headers: Mapping[str, str],
    timeout_seconds: float,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """An httpx client for one vendor. Follows no redirects and reads nothing from the environment (proxies included).

    `transport` is for tests. Close it with `aclose()`. Raises Misconfigured for an address or header that is none.
    """
    timeout = httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
    try:
        return httpx.AsyncClient(
            base_url=base_url,
            headers=dict(headers),
            timeout=timeout,
            transport=transport,
            trust_env=False,
            verify=tls(),
        )
    except (httpx.InvalidURL, UnicodeEncodeError):
        raise Misconfigured("an address or a credential of a provider holds characters that cannot be sent") from None


def session(timeout_seconds: float) -> aiohttp.ClientSession:
    """An aiohttp session for a vendor's own SDK. Must be made inside the running loop; close it with `close()`."""
    connect = min(CONNECT_SECONDS, timeout_seconds)
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=connect))


# --- what went wrong --------------------------------------------------------------------------------------------------


def unanswered(vendor: str, error: BaseException, *, read: bool) -> ProviderError:
    """The word for a call that got no answer at all. `read`: the call changes nothing at the vendor.

    Connection refused, no such name, connect timeout: nothing was sent, Unavailable. Anything after that may have been
    heard, so a call that acts is OutcomeUnknown.
    """
    if isinstance(error, _BAD_REQUEST):
        return Misconfigured(f"{vendor}: the address or the credentials cannot be sent as they are")
    if isinstance(error, _NOTHING_SENT + _NOTHING_SENT_AIO):
        return Unavailable(f"{vendor} cannot be reached")
    what = "did not answer in time" if isinstance(error, (TimeoutError, httpx.TimeoutException)) else "broke off"
    return ambiguous(f"{vendor} {what}", read=read)


def answered(vendor: str, status: int, headers: Mapping[str, str], *, read: bool, code: str = "") -> ProviderError:
    """The word for an answer that is not a success, by its HTTP status alone. `code` is the vendor's own, if any."""
    if status == 429:
        return Unavailable(f"{vendor} asks us to slow down", retry_after(headers))
    if status == 408 or status >= 500:
        return ambiguous(f"{vendor} answered {status}", read=read, seconds=retry_after(headers))
    if status in (401, 403):
        return Misconfigured(f"{vendor} does not accept our credentials ({status})")
    if status < 400:
        return Misconfigured(f"{vendor} answered {status} where a success was expected: check its address")
    return Rejected(f"{vendor} refused ({code or status})", code or str(status))


def ambiguous(text: str, *, read: bool, seconds: float | None = None) -> ProviderError:
    """A failure that says nothing about what was done: harmless for a read, unknown for anything that acts."""
    return Unavailable(text, seconds) if read else OutcomeUnknown(text)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """`Retry-After` in seconds from now, given as seconds or as an HTTP date (RFC 9110, 10.2.3). None if unreadable."""
    value = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())


# --- calling ----------------------------------------------------------------------------------------------------------


async def exchange(
    http: httpx.AsyncClient,
    vendor: str,
    path: str,
    body: Mapping[str, object] | None,
    *,
    read: bool,
    timeout_seconds: float,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """POSTs JSON once, or GETs where there is no body, and returns whatever came back, of any status. Raises
    ProviderError when nothing did."""
    try:
        # httpx counts its timeouts anew for each read: an answer that trickles in would never end.
        async with asyncio.timeout(timeout_seconds):
            if body is None:
                return await http.get(path, headers=headers)
            return await http.post(path, json=body, headers=headers)
    except TRANSPORT_ERRORS as error:
        raise unanswered(vendor, error, read=read) from None


async def with_retries(attempt: Callable[[], Awaitable[T]], *, read: bool, timeout_seconds: float) -> T:
    """Runs `attempt`; a read that is Unavailable is tried twice more, anything that acts never is.

    `timeout_seconds` is the deadline of one attempt. None is begun later than that, so the whole ends within twice as
    long: a worker's hold on a row counts on it.
    """
    # Not by the machine's time, which may be set while this runs.
    last_start = time.monotonic() + timeout_seconds
    for pause in PAUSES if read else ():
        try:
            return await attempt()
        except Unavailable as error:
            wait = pause if error.retry_after is None else error.retry_after
            if wait > LONGEST_PAUSE or time.monotonic() + wait > last_start:
                raise
        await asyncio.sleep(wait)
    return await attempt()


class Outage:
    """Logs that a vendor went away, once, and that it came back, once. Ids and kinds only."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._failures = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around one call. A refusal or a complaint about credentials is an answer: the vendor is there."""
        try:
            yield
        except (Unavailable, OutcomeUnknown) as error:
            self._went_wrong(error)
            raise
        except ProviderError:
            self._answered()
            raise
        else:
            self._answered()

    def _went_wrong(self, error: ProviderError) -> None:
        self._failures += 1
        if self._failures == 1:
            log.warning("provider_away", vendor=self._vendor, kind=type(error).__name__, why=str(error))

    def _answered(self) -> None:
        if self._failures:
            log.info("provider_back", vendor=self._vendor, failures=self._failures)
        self._failures = 0
