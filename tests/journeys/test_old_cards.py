"""Buttons outlive the process that drew them: an old card after a restart does what it says, or says why not."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from providers.tls import tls
from storage.seals import new_key
from tests.journeys.living_demo import ROOT, People
from tests.journeys.watching import buttons, says_card, texted, thread, whispers
from tests.ports import free_port

PHONE = "+33639981234"


@asynccontextmanager
async def started(environment: dict[str, str], log: Path, *words: str) -> AsyncIterator[None]:
    """One of our processes, until the block ends."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *words, cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)


def beside(folder: Path, world: int, port: int) -> dict[str, str]:
    """The environment of a bot on `port` that lives in the sandbox on port `world`, by day and by night."""
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'nightporter.db'}",
        "NIGHTPORTER_KEYS": new_key(),
        "SANDBOX_URL": f"http://127.0.0.1:{world}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "GUEST_LANGUAGE": "en",
        "QUIET_HOURS": "none",
    }


async def test_an_old_card_still_does_what_it_says(tmp_path: Path) -> None:
    world, port, log = free_port(), free_port(), tmp_path / "log"
    environment = beside(tmp_path, world, port)
    async with (
        started(environment, log, "sandbox", "--port", str(world)),
        httpx.AsyncClient(base_url=environment["SANDBOX_URL"], timeout=20, trust_env=False, verify=tls()) as http,
    ):
        made = People(http)

        async def answers() -> bool:
            return bool(await made.get("/sandbox/clock"))

        await made.until("the sandbox answers", answers)
        async with started(environment, log, "serve"):
            await ready(made)
            await texted(made, "Cleo", PHONE, "now for 40h")
            old = await says_card(made, "Cleo", "PIN texted, not used yet")
            await thread(made, old, 4)
            await made.move("PT21H")
            danger = await made.post_with("PIN in danger: Cleo")
        async with started(environment, log, "serve"):
            await ready(made)
            assert buttons(old) == {"opened", "reveal", "withdraw", "send_to_guest"}
            await made.press("U_BEN", old, "withdraw")
            shown = await says_card(made, "Cleo", "withdrawn, still opens until its end")
            assert shown["ts"] == old["ts"]

            async def told() -> bool:
                return any(line.startswith("Withdrawn by <@U_BEN>.") for line in await thread(made, old, 5))

            await made.until("the thread says who withdrew it", told)
        async with started(environment, log, "serve"):
            await ready(made)
            assert buttons(await made.post_with("PIN in danger: Cleo")) == set()
            await made.press("U_BEN", danger, "opened", behind=True)
            assert "it opened" in (await whispers(made, "U_BEN"))[-1]
            await made.press("U_BEN", danger, "opened", behind=True)
            assert (await whispers(made, "U_BEN"))[-1].startswith("It is known already from <@U_BEN>")
    assert "Traceback" not in log.read_text(), log.read_text().split("Traceback", 1)[1][:3000]


async def ready(made: People) -> None:
    """The bot answers again: until it does, Slack says that the command failed."""

    async def look() -> bool:
        answer = await made.post("/sandbox/slack/command", user="U_ADA", text="locks", channel="C_FRONTDESK")
        return any("Front door" in str(shown) for shown in answer["shown"])

    await made.until("the locks are known", look, 40)
