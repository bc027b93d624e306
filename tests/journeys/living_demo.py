"""`nightporter demo`, and what people do there, for journeys on the sandbox.

The demo runs in the process of the test, a fresh one for each: it starts in a few tenths of a second, where a process
of its own takes as many seconds. People act on its sandbox, which speaks to the bot over signed HTTP, and the bot to
it. `demo_process` starts a real one, where the process is what is tested.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bot.processes.demo import run_demo
from providers.tls import tls
from tests.janitor import sqlite_template
from tests.journeys.beside import Answer, Beside
from tests.journeys.logs import logged_to
from tests.journeys.patience import AS_FAST_AS_IT_COMES, PATIENCE
from tests.moments import START
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
FALL_BACK_SECONDS = 0.25
"""Longest between two looks: not everything that a journey waits for is a change of the sandbox's."""

STILL_LOOKS = 12
"""Ten rounds of the demo's clock: a row that is due and stays so is not in anybody's hand."""

QUIET_SECONDS = 0.4
"""A round of the demo's clock, and a little."""


def as_a_newcomer(**more: str) -> dict[str, str]:
    """The environment of a demo. Quiet hours and the morning message are off unless `more` says otherwise, for tests
    run at night or in the morning, too."""
    return {"GUEST_LANGUAGE": "en", "QUIET_HOURS": "none", "MORNING_MESSAGE": "none", **more}


@asynccontextmanager
async def demo(folder: Path, **more: str) -> AsyncIterator[Beside]:
    """A demo that listens. Its database lies in `folder/var`, its log is `folder/log`."""
    port, stop = free_port(), asyncio.Event()
    made = Beside()
    (folder / "var").mkdir()
    if (template := sqlite_template()) is not None and template.exists():
        shutil.copy(template, folder / "var" / "nightporter.db")
    with logged_to(folder / "log"):
        environ = as_a_newcomer(**more)
        begun = run_demo(port, folder / "var", stop, quiet=True, environ=environ, start=START, build=made.build)
        running = asyncio.create_task(begun)
        try:
            await made.listens(running)
            await made.asked("POST", "/sandbox/slack-settings", {"patience": PATIENCE, **AS_FAST_AS_IT_COMES})
            yield made
        finally:
            stop.set()
            await asyncio.wait_for(running, 30)


@asynccontextmanager
async def demo_process(folder: Path, **more: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """`nightporter demo` as a newcomer starts it, in a process of its own."""
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "PYTHONPATH": str(ROOT), **as_a_newcomer(**more)}
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
    sandbox: Beside | None = None
    """Where it lives in this process."""
    log: Path | None = None
    """Shown where something never comes."""
    still: bool = False

    async def get(self, path: str) -> Any:
        return (await self._asked("GET", path)).raise_for_status().json()

    async def find(self, path: str) -> Any:
        """An empty object where there is no such thing."""
        answer = await self._asked("GET", path)
        return answer.json() if answer.status_code == 200 else {}

    async def post(self, path: str, /, **body: Any) -> Any:
        return (await self._asked("POST", path, body)).raise_for_status().json()

    async def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer | httpx.Response:
        if self.sandbox is not None and path.startswith("/sandbox/"):
            return await self.sandbox.asked(method, path, body)
        return await self.http.request(method, path, json=body)

    async def until(self, what: str, look: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        """What `look` sees once it sees something: looked for again whenever the sandbox tells of a change."""
        loop = asyncio.get_running_loop()
        deadline, seen = loop.time() + seconds, 0
        while loop.time() < deadline:
            try:
                before, seen = seen, await self.changes(seen)
                if found := await look():
                    return found
                # Where time stands still nothing that waits its turn at the chat comes: a little of it passes.
                if self.still and seen == before:
                    await self.move("PT1S")
            except httpx.TransportError:
                await asyncio.sleep(0.02)  # nobody is there any more, or again
        tail = self.log.read_text()[-4000:] if self.log else ""
        raise AssertionError(f"never: {what}\n{tail}")

    async def changes(self, since: int, seconds: float = FALL_BACK_SECONDS) -> int:
        """Waits for a change, or so long; how many there have been."""
        if self.sandbox is not None:
            return await self.sandbox.world.changed(since, seconds)
        return int((await self.get(f"/sandbox/changes/next?since={since}&seconds={seconds}"))["changes"])

    async def quiet(self, seconds: float = QUIET_SECONDS) -> None:
        """All that is due by now is done, and then nothing has happened for so long: what was to come of something has
        come, however slow the machine is. What waits for the machine's own clock, a lease, is not waited for."""
        standing_still = 0
        while standing_still < STILL_LOOKS:
            seen = await self.changes(0, 0)
            if (await self.get("/demo/due?only=busy"))["busy"]:
                standing_still = standing_still + 1 if await self.changes(seen) == seen else 0
            elif await self.changes(seen, seconds) == seen and not (await self.get("/demo/due?only=busy"))["busy"]:
                return

    async def says(self, user: str, words: str) -> str:
        """Types `/pin words` and reads the answer that only this person sees."""
        answer = await self.post("/sandbox/slack/command", user=user, text=words, channel="C_FRONTDESK")
        assert answer["status"] == 200, answer
        return "\n".join(shown["text"] for shown in answer["shown"])

    async def asked_back(self, user: str, words: str) -> dict[str, Any]:
        """The question that only this person sees."""
        answer = await self.post("/sandbox/slack/command", user=user, text=words, channel="C_FRONTDESK")
        assert answer["status"] == 200, answer
        question: dict[str, Any] = answer["shown"][-1]
        return question

    async def answers(self, user: str, question: dict[str, Any], action: str) -> str:
        """Presses a button under it and reads what stands there then."""
        where = {"user": user, "channel": "C_FRONTDESK", "ts": question["ts"]}
        assert (await self.post("/sandbox/slack/click", **where, action_id=action))["status"] == 200
        messages = (await self.get(f"/sandbox/slack/channels/C_FRONTDESK?as={user}"))["messages"]
        return str(next(m["text"] for m in messages if m["ts"] == question["ts"]))

    async def withdraws(self, user: str, guest: str) -> str:
        """`/pin withdraw`, and the button under its question."""
        return await self.answers(user, await self.asked_back(user, f"withdraw {guest}"), "withdraw_yes")

    async def ready(self) -> None:
        async def look() -> bool:
            return "Front door" in await self.says("U_ADA", "locks")

        await self.until("the locks are known", look)

    async def has_socket(self) -> None:
        """From now on Slack hands the bot everything over its socket."""

        async def look() -> bool:
            return bool((await self.get("/sandbox/slack-settings"))["sockets"])

        await self.until("the bot connects its socket", look)

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

    async def stand_still(self) -> None:
        """From now on time passes only where it is moved, however long the machine takes."""
        self.still = True
        await self.post("/sandbox/clock", still=True)

    async def move(self, duration: str) -> None:
        await self.post("/sandbox/clock", advance=duration)

    async def texts(self, phone: str) -> list[dict[str, Any]]:
        """Both ways, oldest first; none of a phone that nobody has."""
        return list((await self.find(f"/sandbox/phones/{phone}")).get("texts", []))

    async def pins(self, phone: str) -> list[str]:
        """The PINs that this phone was texted, oldest first."""
        bodies = [t["body"].split("\n") for t in await self.texts(phone)]
        lines = [body[1].replace(" ", "") for body in bodies if len(body) > 1]
        return [line for line in lines if line.isdigit()]


@asynccontextmanager
async def people(folder: Path, **more: str) -> AsyncIterator[People]:
    """A fresh demo with its people, ready."""
    async with (
        demo(folder, **more) as sandbox,
        httpx.AsyncClient(base_url=sandbox.url, timeout=20, trust_env=False, verify=tls()) as http,
    ):
        made = People(http, sandbox, folder / "log")
        await made.ready()
        yield made
        await made.quiet(0.2)  # a vendor cut off while it connects would leave its socket open
