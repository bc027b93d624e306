"""The demo: the bot and the sandbox in one process on loopback, under one address; and the story told on them."""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from starlette.routing import Mount

from bot.ports import Clock
from bot.processes.serve import PARTS, run
from bot.processes.stop import stop_on_signals
from bot.settings import read_settings, sandbox_values
from bot.wiring import open_all, real_clock
from providers.sandbox.app import build_sandbox
from providers.sandbox.app import run as run_world
from providers.sandbox.story import Told, tell
from providers.sandbox.world import SandboxSettings, World
from storage.migrate import migrate

LOOPBACK = "127.0.0.1"


async def run_demo(port: int, folder: Path, stop: asyncio.Event | None = None, *, quiet: bool = False) -> None:
    """The bot on `port` with the sandbox under the same address; its database lies in `folder`."""
    url = f"http://{LOOPBACK}:{port}"
    app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=url))
    database = f"sqlite+aiosqlite:///{folder / 'nightporter.db'}"
    settings = read_settings(**sandbox_values(url), database_url=database, port=port, public_url=url)
    clock = Clock(world.clock.now, real_clock().wall)
    async with open_all(settings, clock) as opened, app.router.lifespan_context(app):
        await migrate(opened.database)
        line = "" if quiet else f"Night Porter is ready: {url}/demo"
        ending = stop or _signalled()
        freeing = asyncio.create_task(_let_go(world, ending))
        await run(opened, PARTS, shutdown=ending, others=[Mount("/", app)], ready_line=line)
        await freeing


async def _let_go(world: World, ending: asyncio.Event) -> None:
    """Requests that hang on a fault would hold up the stop."""
    await ending.wait()
    world.faults.let_go()


async def run_sandbox(port: int, bot_url: str) -> None:
    await run_world(SandboxSettings(base_url=f"http://{LOOPBACK}:{port}", bot_url=bot_url), port)


async def run_story(failed: Callable[[bool], None], told: Told = print) -> None:
    """Starts a demo of its own on a free port, tells the story on it, and reports whether any step was broken."""
    with tempfile.TemporaryDirectory() as folder:
        stop, port = asyncio.Event(), _free_port()
        house = asyncio.create_task(run_demo(port, Path(folder), stop, quiet=True))
        telling = asyncio.create_task(tell(f"http://{LOOPBACK}:{port}", told))
        await asyncio.wait({house, telling}, return_when=asyncio.FIRST_COMPLETED)
        failed(not telling.done() or not telling.result())
        telling.cancel()
        stop.set()
        with suppress(asyncio.CancelledError):
            await house


def _signalled() -> asyncio.Event:
    stop = asyncio.Event()
    stop_on_signals(stop)
    return stop


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
