"""Bad days on purpose: which fault hits which request of which vendor, and the ASGI wrapper that does it.

Every vendor's room wraps its API in `WithFaults`; people's own actions (clicks, phones, doors) are never hit. What a
fault means to a caller belongs to the caller. Bodies of refusals are written as that vendor would write them.
"""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PROVIDERS = ("seam", "igloohome", "twilio", "slack", "feeds")
ON_THE_WIRE = (
    "timeout_before",
    "timeout_after_commit",
    "http_500",
    "http_500_after_commit",
    "http_429",
    "http_401",
    "ratelimited",
    "reset",
    "slow",
)
STORED_ONLY = ("undelivered", "opt_out", "shortened")
"""Asked for by the rooms themselves, with `hits`: by Twilio's, and the last one by Seam's."""

HANG_SECONDS = 60.0
SLOW_SECONDS = 2.0
RETRY_AFTER_SECONDS = 1
LONGEST_RETRY_AFTER = 3600
FIELDS = {"provider", "fault", "rate", "path", "count", "retry_after"}
_STATUS = {"http_500": 500, "http_500_after_commit": 500, "http_429": 429, "http_401": 401, "ratelimited": 200}

_REFUSALS: Mapping[tuple[str, int], Mapping[str, Any]] = {
    ("seam", 500): {"error": {"type": "internal_server_error", "message": "Internal Server Error"}, "ok": False},
    ("seam", 401): {"error": {"type": "unauthorized", "message": "API Key not found"}, "ok": False},
    ("seam", 429): {"error": {"type": "rate_limit_exceeded", "message": "Too many requests"}, "ok": False},
    ("igloohome", 500): {"message": "Internal server error"},
    ("igloohome", 401): {"message": "Unauthorized"},
    ("igloohome", 429): {"message": "Too Many Requests"},
    ("twilio", 500): {"code": 20500, "message": "Internal Server Error", "status": 500},
    ("twilio", 401): {"code": 20003, "message": "Authenticate", "status": 401},
    ("twilio", 429): {
        "code": 20429,
        "message": "Too Many Requests",
        "more_info": "https://www.twilio.com/docs/errors/20429",
        "status": 429,
    },
    ("slack", 500): {"ok": False, "error": "internal_error"},
    ("slack", 401): {"ok": False, "error": "invalid_auth"},
    ("slack", 429): {"ok": False, "error": "ratelimited"},
    ("feeds", 500): {"error": "Internal Server Error"},
    ("feeds", 401): {"error": "Unauthorized"},
    ("feeds", 429): {"error": "Too Many Requests"},
    ("slack", 200): {"ok": False, "error": "ratelimited"},
}


@dataclass(slots=True)
class Fault:
    """`path` is a prefix within the vendor's API; `count` is how many more requests it may hit (None: no end);
    `retry_after` the seconds that http_429 names."""

    provider: str
    fault: str
    rate: float
    path: str | None = None
    count: int | None = None
    retry_after: int | None = None

    def concerns(self, provider: str, path: str) -> bool:
        if provider != self.provider:
            return False
        bases = ("", f"/sandbox/{provider}", f"/sandbox/{provider}/api")
        return self.path is None or any(path.startswith(base + self.path) for base in bases)

    def public(self) -> dict[str, object]:
        said = {"provider": self.provider, "fault": self.fault, "rate": self.rate}
        more = {"path": self.path, "count": self.count, "retry_after": self.retry_after}
        return said | {name: value for name, value in more.items() if value is not None}


class Faults:
    """What goes wrong, and how often. The dice are seeded: the same requests in the same order have the same luck."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - luck, not secrecy
        self._faults: list[Fault] = []
        self._let_go = asyncio.Event()
        self._at_the_end: list[Callable[[], None]] = []

    def set(self, asked: Mapping[str, Any]) -> None:
        """Sets one fault; rate 0 takes it away. The same provider, fault and path again replaces it.

        Raises ValueError, whose words are one sentence for the person who asked.
        """
        fault = _read(asked)
        same = (fault.provider, fault.fault)
        self._faults = [
            old
            for old in self._faults
            if (old.provider, old.fault) != same or (old.path != fault.path and not _clears_all(fault))
        ]
        if fault.rate > 0:
            self._faults.append(fault)

    def clear(self) -> None:
        self._faults = []

    def listed(self) -> list[dict[str, object]]:
        return [fault.public() for fault in self._faults]

    def hits(self, provider: str, fault: str, path: str = "") -> bool:
        """Throws the dice for one kind of fault."""
        return any(
            self._strikes(one) for one in list(self._faults) if one.fault == fault and one.concerns(provider, path)
        )

    def pick(self, provider: str, path: str) -> Fault | None:
        """The fault that hits this request on the wire, if any; where several are set, the first that hits."""
        for one in list(self._faults):
            if one.fault in ON_THE_WIRE and one.concerns(provider, path) and self._strikes(one):
                return one
        return None

    def _strikes(self, fault: Fault) -> bool:
        if self._dice.random() >= fault.rate:
            return False
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                self._faults.remove(fault)
        return True

    def let_go(self) -> None:
        """Ends every hanging request, now and later: the server is about to stop. Call it in the server's loop."""
        self._let_go.set()
        for listener in self._at_the_end:
            listener()

    def on_let_go(self, listener: Callable[[], None]) -> None:
        """`listener` is called when the server is about to stop."""
        self._at_the_end.append(listener)

    @property
    def is_letting_go(self) -> bool:
        return self._let_go.is_set()

    async def pause(self, seconds: float) -> None:
        """Waits so long, or until `let_go`."""
        try:
            async with asyncio.timeout(seconds):
                await self._let_go.wait()
        except TimeoutError:
            return


def _clears_all(fault: Fault) -> bool:
    return fault.rate == 0 and fault.path is None


def _read(asked: Mapping[str, Any]) -> Fault:
    if asked.get("fault") == "ratelimited" and asked.get("provider") != "slack":
        raise ValueError("Only Slack answers 'ratelimited' with HTTP 200.")
    unknown = sorted(set(asked) - FIELDS)
    if unknown:
        raise ValueError(f"'{unknown[0]}' is not a field of a fault; these are: {', '.join(sorted(FIELDS))}.")
    return Fault(
        provider=_one_of(asked, "provider", PROVIDERS),
        fault=_one_of(asked, "fault", (*ON_THE_WIRE, *STORED_ONLY)),
        rate=_rate(asked.get("rate", 1)),
        path=_path(asked.get("path")),
        count=_count(asked.get("count")),
        retry_after=_seconds(asked.get("retry_after")),
    )


def _one_of(asked: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"'{name}' must be one of: {', '.join(choices)}.")
    return value


def _rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("'rate' must be a number from 0 to 1.")
    return float(value)


def _path(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith("/"):
        raise ValueError("'path' must be the beginning of a path, such as /access_codes/create.")
    return value


def _count(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("'count' must be a whole number of requests, 1 or more.")
    return value


def _seconds(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_RETRY_AFTER:
        raise ValueError(f"'retry_after' must be a whole number of seconds, up to {LONGEST_RETRY_AFTER}.")
    return value


class WithFaults:
    """Pure ASGI: lets a request through to `app`, or does to it what `faults` says."""

    def __init__(self, app: ASGIApp, faults: Faults, provider: str) -> None:
        self.app = app
        self.faults = faults
        self.provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hit = self.faults.pick(self.provider, scope["path"]) if scope["type"] == "http" else None
        fault = hit.fault if hit else None
        if fault == "slow":
            await self.faults.pause(SLOW_SECONDS)
        if fault in ("timeout_after_commit", "http_500_after_commit"):
            await self.app(scope, receive, _swallow)
        if fault in ("timeout_before", "timeout_after_commit"):
            await self._hang(receive, send)
        elif fault == "reset":
            await _drop(receive, send)
        elif hit is not None and hit.fault in _STATUS:
            await self._refuse(hit, send)
        else:
            await self.app(scope, receive, send)

    async def _hang(self, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_until_disconnected(receive))
        given_up = asyncio.create_task(self.faults.pause(HANG_SECONDS))
        try:
            await asyncio.wait((gone, given_up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, given_up):
                task.cancel()
            results = await asyncio.gather(gone, given_up, return_exceptions=True)
        if results[0] is not None:
            await _drop(receive, send)

    async def _refuse(self, fault: Fault, send: Send) -> None:
        status = _STATUS[fault.fault]
        body = json.dumps(_REFUSALS[self.provider, status]).encode()
        headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        if status == 429:
            seconds = RETRY_AFTER_SECONDS if fault.retry_after is None else fault.retry_after
            headers.append((b"retry-after", b"%d" % seconds))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _swallow(message: Message) -> None:
    """The work is done, and its answer goes nowhere."""


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drop(receive: Receive, send: Send) -> None:
    """Cuts the connection without an answer.

    ASGI has no word for that, so the server's own transport is looked for behind `receive` (uvicorn has one there).
    Where there is none, half an answer is the next best: an announced body that never comes.
    """
    owner = getattr(receive, "__self__", None)
    while owner is not None and not hasattr(owner, "transport"):
        owner = getattr(getattr(owner, "receive", None), "__self__", None)
    if owner is None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        return
    owner.transport.abort()
    await _until_disconnected(receive)
