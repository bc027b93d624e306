"""Several bots in one process: each has the environment that it is given, and leaves nothing behind when it is told to
stop. No signal is needed, and none is listened to."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from starlette.routing import Mount
from ulid import ULID

from bot.ports import Clock
from bot.processes.demo import run_demo
from bot.processes.serve import PARTS, run
from bot.settings import read_settings
from bot.wiring import open_all, real_clock
from providers.sandbox.app import build_sandbox
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings
from storage.migrate import migrate
from tests.moments import START
from tests.ports import free_port

NOBODY: Mapping[str, str] = {}
LATER = START + timedelta(days=4000)


async def ready(http: httpx.AsyncClient) -> dict[str, object]:
    """What /readyz says once somebody listens."""
    while True:
        try:
            found: dict[str, object] = (await http.get("/readyz")).json()
        except httpx.ConnectError:
            await asyncio.sleep(0.05)
        else:
            return found


@asynccontextmanager
async def demo(folder: Path, environ: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    folder.mkdir(exist_ok=True)
    port, stop = free_port(), asyncio.Event()
    installation = asyncio.create_task(run_demo(port, folder, stop, quiet=True, environ=environ))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as http:
            asked = asyncio.create_task(ready(http))
            await asyncio.wait({installation, asked}, return_when=asyncio.FIRST_COMPLETED)
            assert asked.done(), installation.exception()
            assert asked.result() == {"ready": True, "wrong": {}}
            yield http
    finally:
        stop.set()
        await installation


async def vendors_called(http: httpx.AsyncClient) -> set[str]:
    """Whose locks this bot has read: the first thing that any bot asks for."""
    while True:
        calls = (await http.get("/sandbox/traffic")).json()["traffic"]
        if vendors := {call["vendor"] for call in calls} & {"seam", "igloohome"}:
            return vendors
        await asyncio.sleep(0.05)


async def test_two_demos_one_after_the_other(tmp_path: Path) -> None:
    before, heard = asyncio.all_tasks(), signal.getsignal(signal.SIGTERM)
    for name in ("first", "second"):
        async with demo(tmp_path / name, NOBODY):
            assert (tmp_path / name / "nightporter.db").exists()
            assert signal.getsignal(signal.SIGTERM) is heard
        assert asyncio.all_tasks() == before


async def test_two_demos_at_once_each_with_its_own_environment(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    there = {"LOCK_PROVIDER": "igloohome"}
    async with demo(tmp_path / "seam", NOBODY) as seam, demo(tmp_path / "igloo", there) as igloo:
        assert await asyncio.gather(vendors_called(seam), vendors_called(igloo)) == [{"seam"}, {"igloohome"}]
    assert asyncio.all_tasks() == before


async def test_serve_beside_a_sandbox_in_the_same_process(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    port, stop = free_port(), asyncio.Event()
    url = f"http://127.0.0.1:{port}"
    app, world = build_sandbox(SandboxSettings(base_url=url, bot_url=url), SandboxClock(LATER))
    settings = read_settings(
        {
            "SANDBOX_URL": url,
            "PUBLIC_URL": url,
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'nightporter.db'}",
        }
    )
    async with (
        open_all(settings, Clock(world.clock.now, real_clock().wall)) as opened,
        app.router.lifespan_context(app),
    ):
        await migrate(opened.database)
        made_at = ULID.from_str(opened.ports.new_id()).datetime
        assert abs(made_at - datetime.now(UTC)) < timedelta(hours=1), "by the clock that all processes share"
        installation = asyncio.create_task(run(opened, PARTS, shutdown=stop, others=[Mount("/", app)]))
        async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
            assert await ready(http) == {"ready": True, "wrong": {}}
            assert await vendors_called(http) == {"seam"}
        stop.set()
        await installation
    assert asyncio.all_tasks() == before


async def test_an_idle_connection_is_not_closed_under_whoever_calls(tmp_path: Path) -> None:
    """A server that closes it sooner than its callers do loses a call now and then, such as a text to a guest."""
    async with demo(tmp_path / "one", NOBODY) as http:
        reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n")
            assert (await asyncio.wait_for(reader.readuntil(b"ok"), 5)).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(6)
        writer.close()
        await writer.wait_closed()
