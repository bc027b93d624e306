"""Fetches a calendar, and says in one word why it could not. Nothing here says the address, be it to a log or in an
exception: whoever has it can read the calendar."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import httpx

from bot.domain.sources.feeds import FeedProblem
from bot.ports.feeds import FeedAnswer, FeedUnreadable
from providers import http
from providers.addresses import NotPublic, PublicTarget, Resolve, is_here, resolve, target
from providers.feeds.parsing import parsed

LARGEST = 5 * 1024 * 1024
"""Bytes. A busy house's calendar has a few hundred thousand."""

WHOLE_SECONDS = 10.0
"""From the name to the last byte, all redirects among it."""

MOST_REDIRECTS = 3
LONGEST_REST = 0.1
"""Seconds behind a stay that is made: half as long as this loop was busy meanwhile, and no longer than this."""
MOST_AT_ONCE = 5
LONGEST_TAG = 255
_HEADERS = {"user-agent": "NightPorter/1 (+calendar)", "accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}
_SCHEMES = {"webcal": "https", "webcals": "https"}
_REDIRECTS = (301, 302, 303, 307, 308)
P = FeedProblem


class FeedClient:
    """`sandbox`: we live in one, where calendars lie on this machine. Nobody who is not here sends us on to here."""

    def __init__(
        self,
        *,
        sandbox: bool = False,
        seconds: float = WHOLE_SECONDS,
        resolving: Resolve = resolve,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._seconds = seconds
        self._resolving = resolving
        self._transport = transport
        self.hands = asyncio.Semaphore(MOST_AT_ONCE)
        # One at a time: reading a large calendar takes a second of the machine, and others come meanwhile.
        self._parsing, self._making = asyncio.Lock(), asyncio.Lock()

    @asynccontextmanager
    async def at_leisure(self) -> AsyncIterator[None]:
        async with self._making:
            began = time.thread_time()
            yield
            await asyncio.sleep(min((time.thread_time() - began) / 2, LONGEST_REST))

    async def read(self, address: str, now: datetime, *, etag: str = "", modified: str = "") -> FeedAnswer:
        asked = {"if-none-match": etag, "if-modified-since": modified}
        headers = {name: value for name, value in asked.items() if value}
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._fetched(address, headers)
        except TimeoutError:
            raise FeedUnreadable(P.NO_ANSWER) from None
        if answer.status_code == 304 and headers:
            return FeedAnswer(None, etag, modified)
        _check(answer)
        async with self._parsing:
            events, unreadable = await asyncio.to_thread(parsed, answer.content, now)
        return FeedAnswer(events, _tag(answer, "etag"), _tag(answer, "last-modified"), unreadable)

    async def _fetched(self, address: str, headers: dict[str, str]) -> httpx.Response:
        """The last answer, behind all redirects. Each is looked at like the first."""
        url, here = httpx.URL(address_of(address)), self._sandbox
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._asked(await self._target(url, here), headers)
            here = here and is_here(url)
            if answer.status_code not in _REDIRECTS:
                return answer
            try:
                url = url.join(answer.headers.get("location", "")).copy_with(fragment=None)
            except (httpx.InvalidURL, UnicodeError, ValueError):
                raise FeedUnreadable(P.REDIRECTS) from None
        raise FeedUnreadable(P.REDIRECTS)

    async def _target(self, url: httpx.URL, here: bool) -> PublicTarget:
        try:
            return await target(url, self._resolving, here=here)
        except NotPublic as error:
            raise FeedUnreadable(P(error.fault.value)) from None

    async def _asked(self, to: PublicTarget, headers: dict[str, str]) -> httpx.Response:
        host = {"host": to.url.netloc.decode("ascii")}
        deadline = time.monotonic() + self._seconds
        for address in to.addresses:
            pinned = to.url.copy_with(host=address)
            # The certificate has to be the name's, though the connection goes to the address.
            named = {"sni_hostname": to.url.raw_host.decode("ascii")}
            # One for each call: behind an address there may be many hosts, and neither a connection nor a cookie of
            # one is another's.
            client = http.client("", headers=_HEADERS, timeout_seconds=self._seconds, transport=self._transport)
            asked = {"headers": {**headers, **host}, "extensions": named}
            try:
                async with client:
                    return await http.answer_to(client, "GET", str(pinned), largest=LARGEST, **asked)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if time.monotonic() >= deadline:
                    break
            except http.UnreadableAnswer as error:
                raise FeedUnreadable(P.TOO_LARGE if "long" in str(error) else P.FAILS) from None
            except httpx.TimeoutException:
                raise FeedUnreadable(P.NO_ANSWER) from None
            except (*http.TRANSPORT_ERRORS, UnicodeError):
                raise FeedUnreadable(P.CUT_SHORT) from None
        raise FeedUnreadable(P.UNREACHABLE)


def address_of(typed: str) -> str:
    """As it is kept: `webcal://` is https by another name. Raises FeedUnreadable for what is no address."""
    with suppress(httpx.InvalidURL, UnicodeError, ValueError):
        url = httpx.URL(typed.strip().strip("<>"))
        if url.host:
            return str(url.copy_with(scheme=_SCHEMES.get(url.scheme, url.scheme), fragment=None))
    raise FeedUnreadable(P.NO_ADDRESS)


def _check(answer: httpx.Response) -> None:
    """Raises FeedUnreadable for what cannot be a calendar."""
    status, body = answer.status_code, answer.content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if status in (401, 403):
        raise FeedUnreadable(P.REFUSED, str(status))
    if status in (404, 410):
        raise FeedUnreadable(P.NOT_THERE, str(status))
    if status != 200:
        raise FeedUnreadable(P.FAILS, str(status))
    if body.startswith(b"<"):
        raise FeedUnreadable(P.WEB_PAGE)


def _tag(answer: httpx.Response, name: str) -> str:
    found = str(answer.headers.get(name, ""))
    return found if len(found) <= LONGEST_TAG and found.isascii() and found.isprintable() else ""
