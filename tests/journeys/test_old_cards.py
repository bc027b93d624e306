"""Buttons outlive the bot that drew them: an old card after a restart does what it says, or says why not."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from bot.processes.serve import PARTS, run
from bot.settings import read_settings
from bot.wiring import open_all
from providers.sandbox.app import SandboxServer, build_sandbox
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings
from providers.tls import tls
from storage.migrate import migrate
from storage.seals import new_key
from tests.journeys.living_demo import People
from tests.journeys.logs import logged_to
from tests.journeys.watching import buttons, says_card, texted, thread, whispers
from tests.moments import START
from tests.ports import free_port
from tests.sandbox.outside_world import serving

PHONE = "+33639981234"


@contextmanager
def outside_world(environment: dict[str, str]) -> Iterator[None]:
    """A sandbox that outlives any bot."""
    url, bound = environment["SANDBOX_URL"], socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", int(url.rpartition(":")[2])))
    settings = SandboxSettings(base_url=url, bot_url=environment["PUBLIC_URL"])
    app, world = build_sandbox(settings, SandboxClock(START))
    with serving(SandboxServer(app, world, 0), bound):
        yield


@asynccontextmanager
async def serving_bot(environment: dict[str, str], log: Path) -> AsyncIterator[None]:
    """What `nightporter serve` does with this environment, until the block ends."""
    stop = asyncio.Event()
    with logged_to(log):
        async with open_all(read_settings(environment)) as opened:
            await migrate(opened.database)
            running = asyncio.create_task(run(opened, PARTS, shutdown=stop))
            try:
                yield
            finally:
                stop.set()
                await asyncio.wait_for(running, 30)


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
        "MORNING_MESSAGE": "none",
    }


async def test_an_old_card_still_does_what_it_says(tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = beside(tmp_path, free_port(), free_port())
    with outside_world(environment):
        async with somebody(environment) as made:
            await three_bots_later(made, environment, log)
    assert "Traceback" not in log.read_text(), log.read_text().split("Traceback", 1)[1][:3000]


@asynccontextmanager
async def somebody(environment: dict[str, str]) -> AsyncIterator[People]:
    url = environment["SANDBOX_URL"]
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False, verify=tls()) as http:
        yield People(http)


async def three_bots_later(made: People, environment: dict[str, str], log: Path) -> None:
    async with serving_bot(environment, log):
        await ready(made)
        await texted(made, "Cleo", PHONE, "now for 40h")
        old = await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await thread(made, old, 3)
        await made.move("PT21H")
        danger = await made.post_with("PIN in danger: Cleo")
    async with serving_bot(environment, log):
        await ready(made)
        assert buttons(old) == {"opened", "reveal", "number", "change", "withdraw", "send_to_guest"}
        await made.press("U_BEN", old, "withdraw")
        shown = await says_card(made, "Cleo", "withdrawn, still opens until its end")
        assert shown["ts"] == old["ts"]

        async def said() -> bool:
            return any(line.startswith("Withdrawn by <@U_BEN>.") for line in await thread(made, old, 4))

        await made.until("the thread says who withdrew it", said)
    async with serving_bot(environment, log):
        await ready(made)
        assert buttons(await made.post_with("PIN in danger: Cleo")) == set()
        await made.press("U_BEN", danger, "opened", behind=True)
        assert "it opened" in (await whispers(made, "U_BEN"))[-1]
        await made.press("U_BEN", danger, "opened", behind=True)
        assert (await whispers(made, "U_BEN"))[-1].startswith("It is known already from <@U_BEN>")


async def ready(made: People) -> None:
    """The bot answers again: until it does, Slack says that the command failed."""

    async def look() -> bool:
        answer = await made.post("/sandbox/slack/command", user="U_ADA", text="locks", channel="C_FRONTDESK")
        return any("Front door" in str(shown) for shown in answer["shown"])

    await made.until("the locks are known", look, 40)
