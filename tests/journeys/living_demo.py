"""`nightporter demo` in a process of its own, and what people do there, for journeys on the sandbox."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from socket import socket
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def demo(folder: Path, **more: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """`nightporter demo` as a newcomer starts it, with its database under `folder`; its output goes to `folder/log`.
    `more` goes into its environment; quiet hours are off unless it says otherwise, for tests run at night, too."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "PYTHONPATH": str(ROOT)}
    environment |= {"GUEST_LANGUAGE": "en", "QUIET_HOURS": "none", **more}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


@dataclass
class People:
    """What Ada, Ben, Mallory and the guests do and see, over HTTP."""

    http: httpx.AsyncClient

    async def get(self, path: str) -> Any:
        return (await self.http.get(path)).raise_for_status().json()

    async def post(self, path: str, /, **body: Any) -> Any:
        return (await self.http.post(path, json=body)).raise_for_status().json()

    async def until(self, what: str, look: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        for _ in range(int(seconds * 10)):
            try:
                if seen := await look():
                    return seen
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        raise AssertionError(f"never: {what}")

    async def says(self, user: str, words: str) -> str:
        """Types `/pin words` and reads the answer that only this person sees."""
        answer = await self.post("/sandbox/slack/command", user=user, text=words, channel="C_FRONTDESK")
        assert answer["status"] == 200, answer
        return "\n".join(shown["text"] for shown in answer["shown"])

    async def ready(self) -> None:
        async def look() -> bool:
            return "Front door" in await self.says("U_ADA", "locks")

        await self.until("the locks are known", look)

    async def post_with(self, words: str, channel: str = "C_APPROVALS") -> dict[str, Any]:
        """The newest post that holds these words."""

        async def look() -> Any:
            messages = (await self.get(f"/sandbox/slack/channels/{channel}"))["messages"]
            return next((m for m in reversed(messages) if words in m["text"]), None)

        found: dict[str, Any] = await self.until(words, look)
        return found

    async def press(self, user: str, message: dict[str, Any], action: str, *, behind: bool = False) -> None:
        """`behind`: on a screen that has not heard of the message's last changes."""
        where = {"user": user, "channel": "C_APPROVALS", "ts": message["ts"]}
        await self.post("/sandbox/slack/click", **where, action_id=action, behind=behind)

    async def now(self) -> datetime:
        return datetime.fromisoformat((await self.get("/sandbox/clock"))["now"])

    async def move(self, duration: str) -> None:
        await self.post("/sandbox/clock", advance=duration)

    async def pins(self, phone: str) -> list[str]:
        """The PINs that this phone was texted, oldest first."""
        answer = await self.http.get(f"/sandbox/phones/{phone}")
        bodies = [t["body"].split("\n") for t in answer.json().get("texts", [])] if answer.status_code == 200 else []
        lines = [body[1].replace(" ", "") for body in bodies if len(body) > 1]
        return [line for line in lines if line.isdigit()]


@asynccontextmanager
async def people(folder: Path, **more: str) -> AsyncIterator[People]:
    """A fresh demo with its people, ready."""
    async with demo(folder, **more) as (url, _), httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
        made = People(http)
        await made.ready()
        yield made
