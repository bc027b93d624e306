"""What every room that speaks HTTP shares: the one httpx factory, the one aiohttp session, deadlines, the size of an
answer, retries of reads only, the translation of transport trouble and of answers that cannot be read into the four
words of `bot.ports`, and an outage logged once.

No vendor's word belongs here: error codes, paths and bodies are read in the vendor's own room. No exception raised
here quotes a body, an address with its query, or the vendor's text; whoever raises does so `from None`.
"""

import asyncio
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterable, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import aiohttp
import httpx
import structlog

from bot.ports import Misconfigured, OutcomeUnknown, ProviderError, Rejected, Unavailable
from providers.wire import Wire

log = structlog.get_logger(__name__)
T = TypeVar("T")

CONNECT_SECONDS = 5.0
"""Longest wait for a connection; a name or a port that does not answer by then counts as "nothing was sent"."""

PAUSES = (0.2, 0.6)
"""Seconds before the second and the third try of a read, where the vendor names no time of its own."""

LONGEST_PAUSE = 5.0
"""Seconds; a vendor that asks for more is not waited for inside a call: whoever called comes back later."""

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes. Five hundred devices at Seam take some three million, and no answer that we ask for is longer."""

PLAIN = {"accept-encoding": "identity"}
"""A small answer that is compressed may be a huge one: none is asked for. One that comes all the same, as from
something that stands between, is opened as far as an answer may be long."""


class UnreadableAnswer(Exception):
    """An answer that came, and that nobody should read to its end."""


class Unreadable(ValueError):
    """An answer that lacks what we cannot do without. The text names the field, never its content."""


TRANSPORT_ERRORS = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, TimeoutError, OSError, UnreadableAnswer)
"""What the two HTTP libraries, and the limits set here, raise when there is no answer to read."""

UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What code raises that meets a value of another shape than it knows: no list of odd values is ever complete."""

_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NOTHING_SENT_AIO = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BAD_REQUEST = (
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    aiohttp.InvalidURL,
    UnicodeEncodeError,
)


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
            headers=PLAIN | dict(headers),
            timeout=timeout,
            transport=transport or Wire(),
            trust_env=False,
        )
    except (httpx.InvalidURL, UnicodeEncodeError):
        raise Misconfigured("an address or a credential of a provider holds characters that cannot be sent") from None


def session(timeout_seconds: float) -> aiohttp.ClientSession:
    """An aiohttp session for a vendor's own SDK. Must be made inside the running loop; close it with `close()`."""
    connect = min(CONNECT_SECONDS, timeout_seconds)
    timeout = aiohttp.ClientTimeout(total=timeout_seconds, sock_connect=connect)
    return aiohttp.ClientSession(timeout=timeout, headers=PLAIN, auto_decompress=False, response_class=BoundedResponse)


class BoundedResponse(aiohttp.ClientResponse):
    """Raises UnreadableAnswer for an answer longer than `LARGEST_ANSWER` when opened. SDKs read it as ever."""

    async def read(self) -> bytes:
        if self._body is None:
            try:
                self._body = await _whole(self.headers, self.content.iter_any())
            except BaseException:
                self.close()
                raise
        return await super().read()


async def _whole(headers: Mapping[str, str], pieces: AsyncIterable[bytes], largest: int = LARGEST_ANSWER) -> bytes:
    """All of a body that comes in these pieces, as they came. Raises UnreadableAnswer."""
    unpack, read = zlib.decompressobj(zlib.MAX_WBITS | 32) if _is_packed(headers) else None, bytearray()
    async for piece in pieces:
        try:
            read += unpack.decompress(piece, largest + 1 - len(read)) if unpack else piece
        except zlib.error:
            raise UnreadableAnswer("compressed, and broken") from None
        if len(read) > largest:
            raise UnreadableAnswer("too long")
    return bytes(read)


def _is_packed(headers: Mapping[str, str]) -> bool:
    """Raises UnreadableAnswer for what was packed otherwise than once and in the common way."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "deflate"):
        raise UnreadableAnswer("compressed in a way that was not asked for")
    return encoding in ("gzip", "deflate")


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
    if isinstance(error, UnreadableAnswer):
        return ambiguous(f"{vendor}'s answer cannot be read: {error}", read=read)
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


@contextmanager
def readable(vendor: str, *, read: bool) -> Iterator[None]:
    """Around all that reads an answer of a vendor's: what it cannot read is a ProviderError. What acts may have been
    done by then."""
    try:
        yield
    except UNREADABLE as error:
        raise ambiguous(f"{vendor}'s answer cannot be read: {why(error)}", read=read) from None


def why(error: Exception) -> str:
    """Of one of `UNREADABLE`: but for our own, its text may quote the answer, so its kind is all that is told."""
    return str(error) if isinstance(error, Unreadable) else type(error).__name__


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """`Retry-After` in seconds from now, given as seconds or as an HTTP date (RFC 9110, 10.2.3). None if unreadable."""
    value = next((v for k, v in headers.items() if k.lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
    except UNREADABLE:
        return None


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
    asked: dict[str, Any]
    method, asked = ("GET", {}) if body is None else ("POST", {"json": body})
    try:
        # httpx counts its timeouts anew for each read: an answer that trickles in would never end.
        async with asyncio.timeout(timeout_seconds):
            return await answer_to(http, method, path, headers=headers, **asked)
    except (*TRANSPORT_ERRORS, UnicodeEncodeError) as error:
        raise unanswered(vendor, error, read=read) from None


async def answer_to(
    http: httpx.AsyncClient, method: str, path: str, *, largest: int = LARGEST_ANSWER, **asked: Any
) -> httpx.Response:
    """One request and its whole answer of at most `largest` bytes. Raises one of `TRANSPORT_ERRORS`."""
    async with http.stream(method, path, **asked) as answer:
        _is_packed(answer.headers)
        try:
            # httpx opens it piece by piece, and of 64 kB never makes more than some 60 MB.
            body = await _whole({}, answer.aiter_bytes(), largest)
        except httpx.DecodingError:
            raise UnreadableAnswer("compressed, and broken") from None
    headers = [(name, value) for name, value in answer.headers.raw if name.lower() != b"content-encoding"]
    return httpx.Response(answer.status_code, headers=headers, content=body, request=answer.request)


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


MENDED_AFTER = 600.0
"""Seconds. What is misconfigured is tried again every five minutes at most; not met for so long, it is mended."""


class Outage:
    """Logs that a vendor went away, once, and that it came back, once, and remembers what it says that the operator has
    to mend. Ids and kinds only. `whole`: codes of errors that concern all calls alike, as one of the credentials does;
    those without a code do, too."""

    def __init__(self, vendor: str, whole: Collection[str] = ()) -> None:
        self._vendor = vendor
        self._whole = frozenset(whole)
        self._failures = 0
        self._seen: dict[tuple[str, str], float] = {}
        self.failed: Counter[str] = Counter()
        """How often it failed us, by kind."""

    @property
    def vendor(self) -> str:
        return self._vendor

    @property
    def elsewhere(self) -> Mapping[str, Sequence[str]]:
        """What is misconfigured, and concerns others than this house."""
        return {}

    @property
    def to_mend(self) -> tuple[str, ...]:
        """What is misconfigured, as far as the vendor has told lately."""
        since = time.monotonic() - MENDED_AFTER
        return tuple(text for (_, text), seen in self._seen.items() if seen > since)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Around one call. A refusal or a complaint about credentials is an answer: the vendor is there."""
        try:
            yield
        except (Unavailable, OutcomeUnknown) as error:
            self.failed[type(error).__name__] += 1
            self._went_wrong(error)
            raise
        except Misconfigured as error:
            self.failed[type(error).__name__] += 1
            self._answered()
            self._seen[error.code, str(error)] = time.monotonic()
            raise
        except ProviderError as error:
            self.failed[type(error).__name__] += 1
            self._answered()
            raise
        else:
            self._answered()
            self._seen = {one: seen for one, seen in self._seen.items() if not self._is_whole(one[0])}

    def _went_wrong(self, error: ProviderError) -> None:
        self._failures += 1
        if self._failures == 1:
            log.warning("provider_away", vendor=self._vendor, kind=type(error).__name__, why=str(error))

    def _is_whole(self, code: str) -> bool:
        return not code or code in self._whole

    def _answered(self) -> None:
        if self._failures:
            log.info("provider_back", vendor=self._vendor, failures=self._failures)
        self._failures = 0
