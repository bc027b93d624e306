"""Stays that come by the API a second: the whole request in this process, without a socket, for programs that wait for
what becomes of it and for those that do not; and an empty Starlette route beside it, for what of that is HTTP."""

import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.domain.approvals.api_tokens import Scope
from bot.domain.approvals.limits import Limits
from bot.ports import Ports
from bot.processes.web import build_web
from bot.workflows.let_in import create_token
from providers.stays_api.app import routes
from tests.benchmarks.machine import Rate
from tests.benchmarks.ports import LOCKS, installation, machines_clock

ROUNDS, STAYS, AT_ONCE = 5, 100, 8
NO_LIMITS = Limits(**dict.fromkeys(Limits.__slots__, 1_000_000))


@dataclass(frozen=True, slots=True)
class Puts:
    """A second, a figure per round: new stays, new ones that are only written down (`Prefer: respond-async`), the first
    said again, and the empty route, taken in turn."""

    new: list[Rate] = field(default_factory=list)
    written: list[Rate] = field(default_factory=list)
    again: list[Rate] = field(default_factory=list)
    empty: list[Rate] = field(default_factory=list)


async def puts(url: str) -> Puts:
    async with installation(url, machines_clock(), LOCKS) as (made, _queue, _texter):
        ports = replace(made, rules=replace(made.rules, limits=NO_LIMITS))
        token = (await create_token(ports, "Bench", frozenset(Scope))).secret
        app = build_web([*routes(ports), Route("/empty", _empty, methods=["PUT"])], _fine)
        wire = httpx.ASGITransport(app)
        headers = {"authorization": f"Bearer {token}"}
        taken = Puts()
        async with (
            httpx.AsyncClient(transport=wire, base_url="http://bench.test", headers=headers) as waits,
            httpx.AsyncClient(
                transport=wire, base_url="http://bench.test", headers={**headers, "prefer": "respond-async"}
            ) as goes_on,
        ):
            for number in range(ROUNDS):
                for figures, http, path in (
                    (taken.new, waits, "/v1/stays/bench"),
                    (taken.written, goes_on, "/v1/stays/season"),
                    (taken.again, waits, "/v1/stays/bench"),
                    (taken.empty, waits, "/empty"),
                ):
                    figures.append(await _round(ports, http, path, number))
    return taken


async def _round(ports: Ports, http: httpx.AsyncClient, path: str, number: int) -> Rate:
    gate, used, started = asyncio.Semaphore(AT_ONCE), time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for stay in range(STAYS):
            group.create_task(_put(ports, http, path, number * STAYS + stay, gate))
    return Rate(STAYS / (time.perf_counter() - started), (time.process_time() - used) / STAYS)


async def _put(ports: Ports, http: httpx.AsyncClient, path: str, index: int, gate: asyncio.Semaphore) -> None:
    day = (ports.clock.now() + timedelta(days=2 + index // (2 * LOCKS))).date()
    said = {
        "guest": {"name": "Ana", "phone": f"+3363998{index:04d}"},
        "doors": [f"door-{index % LOCKS}"],
        "starts_at": day.isoformat(),
        "ends_at": (day + timedelta(days=2)).isoformat(),
    }
    to = path if path == "/empty" else f"{path}/{index}"
    async with gate:
        answer = await http.put(to, content=json.dumps(said))
        assert answer.is_success, answer.text


async def _empty(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _fine() -> dict[str, str]:
    return {}
