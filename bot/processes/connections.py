"""Connections: how long a request may take to arrive, how large it may be as it comes, and how many may be open at
once. What a request is about, the web process knows.

uvicorn gives an idle connection an end only after its first response (`timeout_keep_alive`), and answers 503 to whoever
comes next when too many are open (`limit_concurrency`): those who hold them stay, and the honest are sent away. So the
deadline is ours, and of too many those go that have asked for nothing yet. It bounds no line and no header either, and
keeps every one in memory; and it joins a body anew for each piece, which of many tiny chunks takes seconds.
"""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Collection

log = structlog.get_logger()

REQUEST_SECONDS = 10.0
"""From the connection, or the request's first byte, to its last. Whoever calls us sends one within a second."""

LARGEST_HEAD = 65_536
"""Bytes of the request's line and headers, beside the piece that they begin in."""

LARGEST_REQUEST = 4_000_000
"""Bytes as they come, with the frames of chunks; how large a body may be the web process says, well below."""

MOST_OPEN = 256
"""Connections at once; a quarter of the 1024 files that a process may open where nobody raised that."""

A_MOMENT = 1.0
"""Seconds. Of a connection that is younger the request may lie before us unread, where the loop is behind: it goes only
where twice as many are open."""

MOST_AT_WORK = 3 * MOST_OPEN
"""Beyond this uvicorn answers 503. Only requests that are at work count so far: those that wait make room before."""

LOG_SECONDS = 60.0

_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 40\r\n"
    b"connection: close\r\n\r\nThe request did not arrive within 10 s.\n"
)
_TOO_LARGE_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 27\r\n"
    b"connection: close\r\n\r\nThe headers are too large.\n"
)
_TOO_LARGE = (
    b"HTTP/1.1 413 Content Too Large\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 26\r\n"
    b"connection: close\r\n\r\nThe request is too large.\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """A request that is not whole by its deadline, or too large, ends; of too many connections the longest waiting one
    ends."""

    _deadline: asyncio.TimerHandle | None = None
    _arrived = 0
    _in_head = True
    _begun = False
    opened_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._pieces: list[bytes] = []
        self.opened_at = self.loop.time()
        self._expect_whole_request()
        if len(self.connections) > MOST_OPEN:
            _make_room(cast("Collection[BoundedProtocol]", self.connections), self.loop, again=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # Before the parser's look: empty lines begin no request, and put off the end of an idle connection.
        if not self.is_at_work:
            self._expect_whole_request()
        super().data_received(data)
        self._hand_on_body()
        # Before and behind its beginning a piece may hold other requests.
        self._arrived = 0 if self._begun or not self.never_asked else self._arrived + len(data)
        self._begun = False
        if self._arrived > (LARGEST_HEAD if self._in_head else LARGEST_REQUEST):
            self._end(_TOO_LARGE_HEAD if self._in_head else _TOO_LARGE)

    def on_message_begin(self) -> None:
        self._expect_whole_request()
        self._in_head = self._begun = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes behind a body nobody reads
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        self._unset_deadline()
        self._hand_on_body()
        super().on_message_complete()

    def _hand_on_body(self) -> None:
        if self._pieces:
            body, self._pieces = b"".join(self._pieces), []
            super().on_body(body)

    @property
    def is_at_work(self) -> bool:
        """A whole request is here, and its answer is not complete."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    @property
    def never_asked(self) -> bool:
        """Nothing whole came: half a request, or none at all."""
        return self._deadline is not None

    def abort(self) -> None:
        self.transport.abort()

    def _expect_whole_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self._too_slow)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.is_at_work:  # half of the next request lies behind one that is being answered
            self._expect_whole_request()
            return
        self._end(_TOO_SLOW)

    def _end(self, answer: bytes) -> None:
        self._unset_deadline()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(answer)
        if self.cycle is not None:
            self.cycle.disconnected = True  # whatever answers half a body is not sent behind the line above
        self.transport.close()


def _make_room(connections: "Collection[BoundedProtocol]", loop: asyncio.AbstractEventLoop, *, again: bool) -> None:
    """Ends those beyond `MOST_OPEN` that nobody works for: one that never asked before one that may ask again, the
    oldest first; a young one only beyond twice as many. `again`: whoever is young now is looked at in a moment."""
    beyond, moment_ago = len(connections) - MOST_OPEN, loop.time() - A_MOMENT
    if beyond <= 0:
        return
    idle = [one for one in connections if not one.is_at_work and not one.transport.is_closing()]
    idle.sort(key=lambda one: (one.opened_at > moment_ago, not one.never_asked, one.opened_at))
    old = sum(one.opened_at <= moment_ago for one in idle)
    ending = idle[: max(min(beyond, old), beyond - MOST_OPEN)]
    for one in ending:
        one.abort()
    if ending:
        _log_rarely(loop.time())
    if again and beyond > len(ending):
        loop.call_later(A_MOMENT, partial(_make_room, connections, loop, again=False))


_logged_at = [float("-inf")]


def _log_rarely(seconds: float) -> None:
    """Of a flood a line a minute: the log must not be what it fills."""
    if seconds - _logged_at[0] >= LOG_SECONDS:
        _logged_at[0] = seconds
        log.warning("too many connections: those that asked for nothing are ended", most=MOST_OPEN)
