"""The sandbox as tests hold it: where it stands, and what people and vendors' clients do to it.

It runs in a thread of its own, so that blocking SDKs can drive it too.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from providers.sandbox.doors import FRONT_DOOR
from providers.sandbox.world import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEY = {"authorization": "Bearer seam_test_nightporter"}


@dataclass
class Bot:
    """What listens where the bot would: keeps every delivery, answers each with `status`."""

    url: str
    status: int = 200
    heard: list[tuple[dict[str, str], str]] = field(default_factory=list)
    path: str = ""
    """Of the newest."""

    async def receive(self, request: Request) -> Response:
        self.path = request.url.path
        self.heard.append((dict(request.headers), (await request.body()).decode()))
        return Response(status_code=self.status)


@dataclass
class Sandbox:
    url: str
    world: World
    http: httpx.Client
    server: uvicorn.Server

    def stop(self) -> None:
        self.server.should_exit = True

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def advance(self, duration: str) -> None:
        self.post("/sandbox/clock", {"advance": duration})

    def type(self, door: str, pin: str) -> str:
        """`opened`, or why not."""
        answer = self.post(f"/sandbox/doors/{door}/keypad", {"pin": pin})
        return "opened" if answer["opened"] else answer["reason"]


@contextmanager
def serving(server: uvicorn.Server, bound: socket.socket) -> Iterator[None]:
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        bound.close()
    assert not thread.is_alive(), "the server did not stop"


def free_port() -> tuple[socket.socket, str]:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


def hour(sandbox: Sandbox, ahead: timedelta = HOUR, device_id: str = FRONT_DOOR) -> datetime:
    """A whole hour of the door's clock, so far ahead of the current one."""
    door = sandbox.world.doors.find(device_id)
    assert door is not None
    local = (sandbox.world.clock.now() + ahead).astimezone(door.zone)
    return local.replace(minute=0, second=0, microsecond=0)


def stay(
    sandbox: Sandbox, device_id: str = FRONT_DOOR, ahead: timedelta = HOUR, length: timedelta = 5 * HOUR
) -> dict[str, Any]:
    """What one asks Seam for; a `length` in whole days ends at the same time of day."""
    start = hour(sandbox, ahead, device_id)
    end = start + length if length % DAY == timedelta() else (start.astimezone(UTC) + length)
    return {
        "device_id": device_id,
        "is_offline_access_code": True,
        "starts_at": start.isoformat(),
        "ends_at": end.isoformat(),
    }


def eventually(look: Callable[[], Any], seconds: float = 8) -> Any:
    """What `look` sees once it sees something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
