"""Two hundred commands a second as Slack would send them: each at its own moment, however the ones before it fare.

The latency of a command counts from the moment at which it was due, not from the one at which it got away, so that a
bot that falls behind cannot make the figures look good (no coordinated omission).
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
import psutil
from slack_sdk.signature import SignatureVerifier

from bot.conversation.answers.answers import LATER
from providers.sandbox.slack_room.people_and_places import TEAM_ID

_numbers = count(1)


@dataclass(frozen=True)
class Load:
    """Who is asked, what, and how often. `bodies` are urlencoded; signatures are made as they go."""

    url: str
    secret: str
    rate: float
    pid: int


@dataclass(frozen=True)
class TextInfo:
    """Latencies in seconds, sorted; what went wrong; and the process's own time per command, in seconds."""

    latencies: Sequence[float]
    wrong: Sequence[str]
    cpu: float
    rate: float
    later: int = 0
    """So many were told that their answer follows."""

    def at(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


async def pour(load: Load, bodies: Iterable[str]) -> TextInfo:
    """All of them at the load's rate; returns when every one is answered."""
    signer = SignatureVerifier(load.secret)
    latencies: list[float] = []
    wrong: list[str] = []
    timeout = aiohttp.ClientTimeout(total=30)
    process, later = psutil.Process(load.pid), 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:

        async def one(body: str, due: float) -> None:
            nonlocal later
            stamp = str(int(time.time()))
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": signer.generate_signature(timestamp=stamp, body=body) or "",
            }
            try:
                async with http.post(load.url, data=body, headers=headers) as answer:
                    later += LATER in await answer.text()
                    if answer.status != 200:
                        wrong.append(str(answer.status))
            except (aiohttp.ClientError, TimeoutError) as error:
                wrong.append(type(error).__name__)
            latencies.append(time.perf_counter() - due)

        used, began = sum(process.cpu_times()[:2]), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, body in enumerate(bodies):
                due = began + number / load.rate
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                group.create_task(one(body, due))
        took = time.perf_counter() - began
        cpu = (sum(process.cpu_times()[:2]) - used) / len(latencies)
    return TextInfo(sorted(latencies), wrong, cpu, len(latencies) / took, later)


# --- what people type and press ---------------------------------------------------------------------------------------


def command(words: str, user: str = "U_ADA", back: str = "http://127.0.0.1:9") -> str:
    """`/pin words`, as Slack sends it. `back`: where an answer that comes later is taken."""
    number = next(_numbers)
    fields = {
        "command": "/pin",
        "text": words,
        "user_id": user,
        "team_id": TEAM_ID,
        "channel_id": "C1",
        "trigger_id": f"bench.{time.time_ns()}.{number}",
        "response_url": f"{back}/{number}",
    }
    return urlencode(fields)


def click(payload: str) -> str:
    return urlencode({"payload": payload})


def mixed(total: int, asks: Iterator[str], others: dict[str, Iterator[str]]) -> Iterator[str]:
    """Of twenty: thirteen asks, two lists, one each of show, help, a form, a click, and one more ask or so."""
    row: list[Any] = ["ask"] * 13 + ["list", "list", "show", "help", "help", "form", "click"]
    order = row[::3] + row[1::3] + row[2::3]
    for number in range(total):
        kind = order[number % len(order)]
        yield next(asks) if kind == "ask" else next(others[kind])
