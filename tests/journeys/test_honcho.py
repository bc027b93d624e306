"""The Procfile as it stands, started by honcho on PostgreSQL with two workers: the whole story passes there, and a stop
ends every process."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil

from providers.sandbox.story import tell
from tests.journeys.processes import ROOT, town


async def test_the_story_on_the_procfile(postgresql_url: str, tmp_path: Path) -> None:
    lines: list[str] = []
    async with town(postgresql_url, tmp_path / "log", parts=()) as made:
        environment = made.environment | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        with made.log.open("ab") as log:
            honcho = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "honcho", "start", "-f", "Procfile", "--concurrency", "worker=2"),
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            assert await tell(str(made.http.base_url), lines.append, 90), "\n".join(
                [*lines[-12:], made.log.read_text()]
            )
            started = psutil.Process(honcho.pid).children(recursive=True)
            commands = sorted(p.cmdline()[-1] for p in started if "bot" in p.cmdline())
            assert commands == ["clock", "web", "worker", "worker"]
        finally:
            honcho.send_signal(signal.SIGTERM)
            await asyncio.wait_for(honcho.wait(), 40)
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []
