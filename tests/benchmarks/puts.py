"""Stays that come by the API a second, written down: the whole request in this process, without a socket; and an empty
Starlette route beside it, for what of that is HTTP."""

import asyncio
import json
import time
from dataclasses import replace
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


async def puts(url: str) -> tuple[list[Rate], list[Rate], list[Rate]]:
    """A second, a figure per round: new stays, the same said again, and the empty route, taken in turn."""
    async with installation(url, machines_clock(), LOCKS) as (made, _queue, _texter):
        ports = replace(made, rules=replace(made.rules, limits=NO_LIMITS))
        token = (await create_token(ports, "Bench", frozenset(Scope))).secret
        app = build_web([*routes(ports), Route("/empty", _empty, methods=["PUT"])], _fine)
        wire = httpx.ASGITransport(app)
        headers = {"authorization": f"Bearer {token}"}
        new, again, empty = list[Rate](), list[Rate](), list[Rate]()
        async with httpx.AsyncClient(transport=wire, base_url="http://bench.test", headers=headers) as http:
            for number in range(ROUNDS):
                for figures, path in ((new, "/v1/stays/bench"), (again, "/v1/stays/bench"), (empty, "/empty")):
                    figures.append(await _round(ports, http, path, number))
    return new, again, empty


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
        assert answer.status_code in (200, 201), answer.text


async def _empty(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _fine() -> dict[str, str]:
    return {}
