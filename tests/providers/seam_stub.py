"""Seam as an httpx transport: answers what it is told, in order, and keeps what it was asked."""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import httpx

from providers.seam.client import SeamClient
from providers.seam.lock import SeamLockProvider

Reply = httpx.Response | Callable[[httpx.Request], httpx.Response]


class SeamStub:
    def __init__(self, *replies: Reply) -> None:
        """The last reply is repeated."""
        self.asked: list[tuple[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self._replies = deque(replies)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.asked.append((request.url.path, json.loads(request.content)))
        reply = self._replies.popleft() if len(self._replies) > 1 else self._replies[0]
        if callable(reply):
            return reply(request)
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    def provider(self) -> SeamLockProvider:
        return SeamLockProvider(SeamClient("seam_test_key", timeout_seconds=2, transport=httpx.MockTransport(self)))


def ok(**fields: object) -> httpx.Response:
    return httpx.Response(200, json={**fields, "ok": True})


def error(status: int, kind: str, message: str = "", headers: dict[str, str] | None = None) -> httpx.Response:
    payload = {"error": {"type": kind, "message": message}, "ok": False}
    return httpx.Response(status, json=payload, headers=headers)


def code(ref: str = "ac1", **fields: object) -> dict[str, object]:
    return {"access_code_id": ref, "device_id": "lock-1", "name": "NP-1", "code": None, "errors": [], **fields}


def raises(raised: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def reply(_: httpx.Request) -> httpx.Response:
        raise raised

    return reply
