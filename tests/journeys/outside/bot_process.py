"""The bot as its operator starts it: one process, one environment, one log."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fork_server import Forked
from tests.janitor import sqlite_template

ROOT = Path(__file__).parents[3]
READY = "Night Porter is ready"
UNHURRIED = "tests.journeys.outside.unhurried"


class BotProcess:
    """`nightporter serve` from the repository's root; can be stopped and started again."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.environment = dict(environment)
        self.log = log
        self._process: Forked | None = None

    def start(self, seconds: float = 60) -> None:
        """Returns when it listens. Its database is made as every demo's is: a copy of one that is migrated."""
        seen = len(self.text())
        database = Path(self.environment["DATABASE_URL"].partition("///")[2])
        if not database.exists() and (template := sqlite_template()) is not None and template.exists():
            shutil.copy(template, database)
        with self.log.open("ab") as log:
            self._process = Forked(["serve"], cwd=ROOT, env=self.environment, out=log.fileno(), module=UNHURRIED)
        deadline = time.monotonic() + seconds
        while READY not in self.text()[seen:]:
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the bot did not start (exit status {self._process.poll()})\n{self.tail()}")
            time.sleep(0.05)

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM, as platforms send it; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"the bot did not end within {seconds:g} s of SIGTERM\n{self.tail()}")

    def kill(self) -> None:
        """However things stand, nothing is left running."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, size: int = 6000) -> str:
        return f"--- the bot's log ---\n{self.text()[-size:]}"


def environment(port: int, database: Path, **more: str) -> dict[str, str]:
    """What every bot here is given; PATH is all that it gets from ours."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "DATABASE_URL": f"sqlite+aiosqlite:///{database}",
        "PORT": str(port),
        **more,
    }
