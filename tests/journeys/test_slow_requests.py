"""Requests that never become whole: each ends after ten seconds, or once it is too large, their number is bounded, and
whoever asks honestly meanwhile is answered. Seconds are the machine's, since sockets know no others."""

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.journeys.outside import signatures
from tests.journeys.outside.town import APPROVER, Town

ENVIRONMENT = {"QUIET_HOURS": "none"}

HEADER = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\n"
BODY = HEADER + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\ncommand=%2Fpin&text="
CHUNKED = HEADER + b"Transfer-Encoding: chunked\r\n\r\n5\r\ncomma\r\n"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"
DEADLINE, AT_ONCE = 10.0, 4.0
"""How long one may take, and what a busy machine may add."""


class SlowCaller:
    """One connection: what is sent at once, what then trickles, and when it ended."""

    def __init__(self, town: Town, first: bytes, trickle: bytes = b"") -> None:
        self.socket = socket.create_connection(("127.0.0.1", town.port), timeout=5)
        self.began, self.first, self.trickle, self.heard = time.monotonic(), first, trickle, b""
        self.ended_after: float | None = None
        if first:
            self.socket.sendall(first)

    def look(self) -> None:
        """Reads what came, and sends the next byte."""
        try:
            came = self.socket.recv(4096) if select.select([self.socket], [], [], 0)[0] else None
            if came:
                self.heard += came
            elif came == b"":
                self.ended_after = time.monotonic() - self.began
            elif self.trickle:
                self.socket.sendall(self.trickle)
        except OSError:
            self.ended_after = time.monotonic() - self.began


SHAPES: dict[str, tuple[bytes, bytes]] = {
    "nothing at all": (b"", b""),
    "half a line": (b"POST /slack/ev", b""),
    "half a header": (HEADER, b""),
    "half a body": (BODY, b""),
    "half a body in chunks": (CHUNKED, b""),
    "a header that trickles": (HEADER, b"x"),
    "a header that has no end": (HEADER, b"x-more: yes\r\n"),
    "a body that trickles": (BODY, b"a"),
    "chunks that trickle": (CHUNKED, b"1\r\na\r\n"),
    "empty lines": (b"\r\n", b"\r\n"),
    "half a body behind a whole request": (WHOLE + BODY, b""),
    "empty lines behind a whole request": (WHOLE, b"\r\n"),
    "a body for an address that reads none": (BODY.replace(b"POST /slack/events", b"GET /healthz"), b"a"),
    "a body for no address": (BODY.replace(b"/slack/events", b"/nowhere"), b"a"),
    "a body for another vendor": (BODY.replace(b"/slack/events", b"/seam/webhooks"), b"a"),
}


@contextmanager
def many(town: Town, number: int, made: Callable[[Town], SlowCaller]) -> Iterator[list[SlowCaller]]:
    with ExitStack() as stack:
        found = []
        for _ in range(number):
            line = made(town)
            stack.callback(line.socket.close)
            found.append(line)
        yield found


def test_a_request_that_is_not_whole_ends_after_ten_seconds(town: Town) -> None:
    lines = {name: SlowCaller(town, *shape) for name, shape in SHAPES.items()}
    until = time.monotonic() + DEADLINE + AT_ONCE
    try:
        while time.monotonic() < until and any(line.ended_after is None for line in lines.values()):
            for line in lines.values():
                if line.ended_after is None:
                    line.look()
            select.select([], [], [], 0.2)
        ended = {name: line.ended_after for name, line in lines.items()}
    finally:
        for line in lines.values():
            line.socket.close()
    open_still = [name for name, after in ended.items() if after is None]
    assert open_still == []
    too_soon = {name: after for name, after in ended.items() if after is not None and after < DEADLINE - 1}
    assert too_soon == {}
    assert b"408 Request Timeout" in lines["half a header"].heard
    assert b"408 Request Timeout" in lines["half a body"].heard
    assert lines["half a body behind a whole request"].heard.startswith(b"HTTP/1.1 200")
    town.assert_sound()


@pytest.mark.parametrize(
    "shape", ["nothing at all", "half a header", "half a body", "half a body behind a whole request"]
)
def test_whoever_asks_honestly_is_answered_while_six_hundred_send_half_a_request(town: Town, shape: str) -> None:
    with many(town, 600, lambda there: SlowCaller(there, *SHAPES[shape])) as lines:
        began = time.monotonic()
        stay = town.stay()
        town.ask(stay)
        assert time.monotonic() - began < DEADLINE, "it was answered while they were still waited for"
        town.press(town.card(stay), "approve", APPROVER)

        def held() -> int:
            for line in (*lines, *lines):  # an answer first, then the end behind it
                line.look()
            return sum(1 for line in lines if line.ended_after is None)

        assert held() <= 512
        until = began + DEADLINE - 1
        while held() > 256 and time.monotonic() < until:
            select.select([], [], [], 0.05)
        assert held() <= 256, "not only those have ended that were too slow"
    town.tell_pin_made(stay)
    town.pin_text(stay)
    town.assert_sound()


CHUNKS = BODY.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
FLOODS: dict[str, tuple[bytes, bytes, bytes]] = {
    "headers without end": (HEADER, b"a:b\r\n" * 10_000, b"431"),
    "a header without end": (HEADER + b"x: ", b"a" * 50_000, b"431"),
    "a name without end": (HEADER, b"a" * 50_000, b"431"),
    "an address without end": (b"GET /", b"a" * 50_000, b"431"),
    "headers behind a body": (CHUNKS + b"1\r\na\r\n0\r\n", b"a:b\r\n" * 10_000, b"413"),
    "notes on a chunk": (CHUNKS + b"1;", b"a" * 50_000, b"413"),
    "headers without end behind a whole request": (WHOLE + HEADER, b"a:b\r\n" * 10_000, b"431"),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_what_has_no_end_ends_before_it_fills_the_memory(town: Town, flood: str) -> None:
    first, more, answer = FLOODS[flood]
    line, sent = SlowCaller(town, first), 0
    with line.socket:
        line.look()
        try:
            while sent < 30_000_000:  # what lies in the sockets' own buffers is sent and not taken
                line.socket.sendall(more)
                sent += len(more)
                line.look()
        except OSError:
            pass
        line.look()
    assert sent < 30_000_000
    assert answer in line.heard
    assert town.http.get("/healthz").status_code == 200
    town.assert_sound()


def test_a_body_in_the_smallest_chunks_is_taken_whole(town: Town) -> None:
    body = b"payload=" + b"x" * 600_000
    headers = {"content-type": "application/x-www-form-urlencoded", **signatures.slack(town.signing_secret, body)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % one for one in body) + b"0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", town.port), timeout=20) as caller:
        caller.sendall(HEADER + b"Transfer-Encoding: chunked\r\n" + lines + b"\r\n" + chunks)
        heard = caller.recv(4096)
    assert heard.startswith(b"HTTP/1.1 400"), "its signature fits the whole of it, and it is no request of Slack's"
    town.assert_sound()
