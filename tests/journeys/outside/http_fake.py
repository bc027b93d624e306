"""A small HTTP server in a thread that keeps every request it hears, and can have a bad day when told to.

Standard library only: nothing of the bot's, nor of the libraries the bot speaks with, is used to answer it.
"""

import json
import sys
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Heard:
    """One request as it came. `fields` are its JSON object, its form or its query, whichever it has."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    fields: Mapping[str, Any]
    at: float


@dataclass(frozen=True)
class Answer:
    status: int = 200
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """A bad day for one call: whether it is done all the same, and what is answered; None means that the line stays
    silent until everything ends."""

    path: str
    fits: Callable[[Heard], bool]
    done: bool
    instead: Answer | None


class HttpFake(ABC):
    """Answers what a subclass's `answer` says. Use as a context manager; `url` is where it listens."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.errors: list[str] = []
        self.news = threading.Event()
        """Set when something was heard and done; whoever waits for that clears it."""
        self._lock = threading.RLock()
        self._released = threading.Event()
        self._faults: list[Fault] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.errors = self.errors
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Call it when the bot has ended: whoever still waits for an answer is let go."""
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Nothing is answered meanwhile: for looking at several things at one moment."""
        with self._lock:
            yield

    @abstractmethod
    def answer(self, heard: Heard) -> Answer:
        """What this vendor says to that."""

    def fail(
        self, path: str, instead: Answer, fits: Callable[[Heard], bool], *, times: int = 1, done: bool = False
    ) -> None:
        """The next fitting calls are answered like this; nothing has been done then, unless `done`."""
        with self._lock:
            self._faults += [Fault(path, fits, done, instead)] * times

    def swallow_once(self, path: str, fits: Callable[[Heard], bool]) -> None:
        """The next fitting call is done, and its answer never comes."""
        with self._lock:
            self._faults.append(Fault(path, fits, True, None))

    def calls(self, path: str, fits: Callable[[Heard], bool] = lambda _heard: True) -> list[Heard]:
        with self._lock:
            return [heard for heard in self.heard if heard.path == path and fits(heard)]

    def take(self, heard: Heard) -> Answer | None:
        """What to answer; None when the line is to go dead."""
        with self._lock:
            self.heard.append(heard)
            fault = next((f for f in self._faults if f.path == heard.path and f.fits(heard)), None)
            try:
                if fault is None:
                    return self.answer(heard)
                self._faults.remove(fault)
                if fault.done:
                    self.answer(heard)
            finally:
                self.news.set()
        if fault.instead is None:
            self._released.wait()
        return fault.instead


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64
    errors: list[str]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no trouble; anything else is a mistake in a fake, and kept for the tests."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            self.errors.append(traceback.format_exc())


def _handler(owner: HttpFake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            answer = owner.take(_heard(self.command, self.path, dict(self.headers.items()), self.rfile.read(length)))
            if answer is None:
                self.close_connection = True
                return
            body = b"" if answer.payload is None else _encoded(answer.payload)
            self.send_response(answer.status)
            kind = "text/plain" if isinstance(answer.payload, str) else "application/json; charset=utf-8"
            for name, value in {"content-type": kind, **answer.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self._headers_buffer.append(b"\r\n" + body)  # type: ignore[attr-defined]
            self.flush_headers()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's own names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
            """Requests are kept, not printed."""

    return Handler


def _encoded(payload: Any) -> bytes:
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


def _heard(method: str, target: str, headers: dict[str, str], body: bytes) -> Heard:
    parts = urlsplit(target)
    lowered = {name.lower(): value for name, value in headers.items()}
    fields: dict[str, Any] = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    kind = lowered.get("content-type", "")
    if kind.startswith("application/json") and body:
        read = json.loads(body)
        fields |= read if isinstance(read, dict) else {}
    elif kind.startswith("application/x-www-form-urlencoded"):
        fields |= {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    return Heard(method, parts.path, lowered, body, fields, time.time())
