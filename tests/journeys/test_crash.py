"""Workers die at the worst moments and vendors lose answers: every stay still ends minted and texted, once.

Real PostgreSQL, real processes, `kill -9`; the judge is what the vendors themselves have.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import pytest

from storage.seals import new_key

ROOT = Path(__file__).parents[2]
STAYS = 12
VENDOR_TIMEOUT = 1.0
"""Seconds. A worker holds a row six times as long, so what a dead one left behind is taken up within 6 s."""


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Town:
    """A sandbox and a bot in many processes."""

    environment: dict[str, str]
    http: httpx.AsyncClient
    log: Path
    running: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", *words, cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self.running.append(process)
        return process

    async def stop(self) -> None:
        for process in self.running:
            if process.returncode is None:
                process.terminate()
        for process in self.running:
            try:
                await asyncio.wait_for(process.wait(), 25)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def get(self, path: str) -> Any:
        return (await self.http.get(path)).raise_for_status().json()

    async def post(self, path: str, /, **body: Any) -> Any:
        return (await self.http.post(path, json=body)).raise_for_status().json()

    async def until(self, what: str, look: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        deadline = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline:
            try:
                if seen := await look():
                    return seen
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        tail = self.log.read_text()[-3000:]
        pytest.fail(f"never: {what}\n{tail}")

    async def codes(self) -> list[dict[str, Any]]:
        return list((await self.get("/sandbox/seam-codes"))["codes"])

    async def pin_texts(self) -> list[dict[str, Any]]:
        texts = (await self.get("/sandbox/twilio-messages"))["messages"]
        return [t for t in texts if "your PIN for" in t["body"]]


@asynccontextmanager
async def town(database_url: str, log: Path) -> AsyncIterator[Town]:
    sandbox, web = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "NIGHTPORTER_KEYS": new_key(),
        "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "PORT": str(web),
        "VENDOR_TIMEOUT_SECONDS": str(VENDOR_TIMEOUT),
    }
    async with httpx.AsyncClient(base_url=environment["SANDBOX_URL"], timeout=30, trust_env=False) as http:
        made = Town(environment, http, log)
        try:
            await made.start("sandbox", "--port", str(sandbox))
            await made.until("the sandbox answers", lambda: made.get("/sandbox/clock"))
            await made.start("web")
            await made.start("clock")
            yield made
        finally:
            await made.stop()


async def ask_and_approve(made: Town, number: int, lock: str) -> None:
    words = f"{lock} for Guest{number} +3363998{number:04d} now for {number % 9 + 26}h"
    answer = await made.post("/sandbox/slack/command", user="U_ADA", text=words, channel="C_FRONTDESK")
    assert answer["status"] == 200, answer

    async def card() -> Any:
        messages = (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
        return [m for m in messages if m["text"].startswith(f"Guest{number} at ") and "to decide" in m["text"]]

    found = await made.until(f"the card for Guest{number}", card)
    await made.post(
        "/sandbox/slack/click", user="U_BEN", channel="C_APPROVALS", ts=found[-1]["ts"], action_id="approve"
    )


async def fault(made: Town, provider: str, kind: str, rate: float, **more: Any) -> None:
    await made.post("/sandbox/faults", provider=provider, fault=kind, rate=rate, **more)


async def test_killed_workers_and_lost_answers_leave_one_pin_and_one_text_each(
    postgresql_url: str, tmp_path: Path
) -> None:
    async with town(postgresql_url, tmp_path / "town.log") as made:
        first, second = await made.start("worker"), await made.start("worker")

        async def locks_known() -> bool:
            answer = await made.post("/sandbox/slack/command", user="U_ADA", text="locks", channel="C_FRONTDESK")
            return any("Front door" in str(shown) for shown in answer["shown"])

        await made.until("the locks are known", locks_known)
        await fault(made, "seam", "timeout_after_commit", 0.3, path="/access_codes/create")
        await fault(made, "twilio", "timeout_after_commit", 0.3)
        await fault(made, "seam", "http_500", 0.1)

        locks = ["front-door", "garden-gate", "loft", "cabin"]
        for number in range(STAYS):
            await ask_and_approve(made, number, locks[number % len(locks)])
            if number == STAYS // 3:
                await made.until("a worker is minting", made.codes)
                first.send_signal(signal.SIGKILL)
                first = await made.start("worker")
            if number == 2 * STAYS // 3:
                await made.until("a worker is sending", made.pin_texts)
                second.send_signal(signal.SIGKILL)
                second = await made.start("worker")
        for _ in range(4):
            before = len(await made.pin_texts())

            async def moved(before: int = before) -> bool:
                return len(await made.pin_texts()) > before or before == STAYS

            await made.until("another text goes out", moved, 90)
            first.send_signal(signal.SIGKILL)
            first = await made.start("worker")
        await made.http.delete("/sandbox/faults")

        async def everybody_texted() -> bool:
            return len({t["to"] for t in await made.pin_texts()}) == STAYS

        await made.until("every guest is texted", everybody_texted, 120)
        await asyncio.sleep(8 * VENDOR_TIMEOUT)  # longer than any claim: whatever would come twice has come

        by_name = Counter(code["name"] for code in await made.codes())
        assert len(by_name) == STAYS
        assert set(by_name.values()) == {1}
        by_guest = Counter(text["to"] for text in await made.pin_texts())
        assert len(by_guest) == STAYS
        assert set(by_guest.values()) == {1}
        assert first.returncode is None
        assert second.returncode is None
