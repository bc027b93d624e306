"""A bot in processes of its own, for journeys that kill some, or that ask for real databases. The sandbox around it
lives with the test, which nobody kills."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.sandbox.app import SandboxServer
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings
from providers.tls import tls
from storage.seals import new_key
from tests.fork_server import Forked
from tests.journeys.beside import Beside
from tests.journeys.patience import PATIENCE
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
VENDOR_TIMEOUT = 1.0
"""Seconds. A worker holds a row six times as long, so what a dead one left behind is taken up within 6 s."""

FALL_BACK_SECONDS = 0.25
"""Longest between two looks: not everything that is waited for is a change of the sandbox's."""


Process = Forked | subprocess.Popen[bytes]


async def ended(process: Process, seconds: float = 60) -> int:
    """Its exit status. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while (status := process.poll()) is None:
            await asyncio.sleep(0.02)
    return status


@dataclass
class Town:
    """A bot in many processes, and the sandbox."""

    environment: dict[str, str]
    http: httpx.AsyncClient
    sandbox: Beside
    log: Path
    running: list[Process] = field(default_factory=list)

    async def start(self, *words: str) -> Process:
        with self.log.open("ab") as log:
            process = Forked(words, cwd=ROOT, env=self.environment, out=log.fileno())
        self.running.append(process)
        return process

    async def stop(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                await ended(process, 25)
            except TimeoutError:
                process.kill()
                await ended(process)

    async def listens(self) -> None:
        """Returns when the bot does."""
        port = int(self.environment["PORT"])

        async def look() -> bool:
            try:
                _, there = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            there.close()
            await there.wait_closed()
            return True

        await self.until(f"somebody listens on {port}", look)

    async def get(self, path: str) -> Any:
        return (await self.sandbox.asked("GET", path)).raise_for_status().json()

    async def post(self, path: str, /, **body: Any) -> Any:
        return (await self.sandbox.asked("POST", path, body)).raise_for_status().json()

    async def until(self, what: str, look: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        """What `look` sees once it sees something: looked for again when the sandbox tells of a change."""
        deadline, changes = asyncio.get_running_loop().time() + seconds, 0
        while asyncio.get_running_loop().time() < deadline:
            # Before the look: what changes during it is looked at as well.
            changes = await self.sandbox.world.changed(changes, FALL_BACK_SECONDS)
            if seen := await look():
                return seen
            ended = [status for process in self.running if (status := process.poll() or 0) > 0]
            if ended:
                what += f" (one of our own processes has ended by itself: exit status {ended})"
                break
            await asyncio.sleep(0.05)  # what happens within so long is looked at once
        tail = self.log.read_text()[-3000:]
        pytest.fail(f"never: {what}\n{tail}")

    async def codes(self) -> list[dict[str, Any]]:
        return list((await self.get("/sandbox/seam-codes"))["codes"])

    async def pin_texts(self) -> list[dict[str, Any]]:
        texts = (await self.get("/sandbox/twilio-messages"))["messages"]
        return [t for t in texts if "your PIN for" in t["body"]]


class _Server(SandboxServer):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(port: int, environment: Mapping[str, str]) -> AsyncIterator[Beside]:
    beside = Beside()
    settings = SandboxSettings(base_url=environment["SANDBOX_URL"], bot_url=environment["PUBLIC_URL"])
    server = _Server(*beside.build(settings, SandboxClock()), port)
    serving = asyncio.create_task(server.serve())
    await beside.listens(serving)
    try:
        yield beside
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def town(database_url: str, log: Path, parts: Sequence[str] = ("web", "clock")) -> AsyncIterator[Town]:
    """The outside world and these parts of the bot; in the end all of them go."""
    sandbox, web = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "NIGHTPORTER_KEYS": new_key(),
        "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "PORT": str(web),
        "VENDOR_TIMEOUT_SECONDS": str(VENDOR_TIMEOUT),
        "GUEST_LANGUAGE": "en",
        "QUIET_HOURS": "none",
        "MORNING_MESSAGE": "none",
    }
    async with (
        served(sandbox, environment) as beside,
        httpx.AsyncClient(base_url=beside.url, timeout=30, trust_env=False, verify=tls()) as http,
    ):
        made = Town(environment, http, beside, log)
        try:
            await made.post("/sandbox/slack-settings", patience=PATIENCE)
            for part in parts:
                await made.start(part)
            if {"web", "serve"} & set(parts):
                await made.listens()
            yield made
        finally:
            await made.stop()


async def fault(made: Town, provider: str, kind: str, rate: float, **more: Any) -> None:
    await made.post("/sandbox/faults", provider=provider, fault=kind, rate=rate, **more)
