"""What the Procfile's lines start: web, worker and clock, alone or all in one process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog
import uvicorn
from starlette.routing import BaseRoute

from bot.processes.clock import ping_if_well, run_clock
from bot.processes.connections import MOST_AT_WORK, BoundedProtocol
from bot.processes.gauges import ELSEWHERE, MISCONFIGURED, VENDORS
from bot.processes.guest_page import guest_page_routes
from bot.processes.inbox import Answering
from bot.processes.measuring import measure
from bot.processes.mending import Mending
from bot.processes.refusing import Refusing, keep_refused
from bot.processes.start import settled
from bot.processes.status_page import status_routes
from bot.processes.stop import QuietServer, listen, serve_until, stop_on_signals
from bot.processes.web import build_web
from bot.processes.worker import take_nudges
from bot.wiring import Opened

log = structlog.get_logger()

AT_ONCE = 20
GRACE_SECONDS = 20.0
"""How long a stop waits for work under way: longer than a vendor's call, shorter than a platform's patience."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is held: longer than whoever calls us holds it (load balancers 60 s, the clients that we
know 15 s). The other way round a request now and then meets a connection that we are closing, and is lost."""

PARTS = ("web", "worker", "clock")


async def run(
    opened: Opened,
    parts: Sequence[str],
    *,
    shutdown: asyncio.Event | None = None,
    others: Sequence[BaseRoute] = (),
    ready_line: str = "",
    mending: Mending | None = None,
) -> None:
    """Runs these parts until `shutdown` (a signal, where none is given), or until one of them ends. `mending`: where
    somebody else asks it as well, so that it is said once.

    Several may run in one process, each with a `shutdown` of its own.
    """
    settled()
    stop = shutdown or asyncio.Event()
    if shutdown is None:
        stop_on_signals(stop)
    running: list[Awaitable[None]] = []
    listening = asyncio.Event()
    if "web" in parts:
        wrong = partial(_wrong, opened, mending or Mending(opened.problems))
        running.append(_web(opened, stop, listening, others, ready_line, wrong))
    else:
        listening.set()
    if "worker" in parts:
        running.append(_worker(opened, stop))
    if "clock" in parts:
        running.append(_clock(opened, stop, listening))
    await _together([asyncio.ensure_future(part) for part in running], stop)


async def _together(tasks: Sequence[asyncio.Future[None]], stop: asyncio.Event) -> None:
    """All parts stop when one does; the first trouble is raised when all have."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    # Before the others are waited for: a part that ended by itself would leave them running.
    stop.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome


async def _web(
    opened: Opened,
    stop: asyncio.Event,
    listening: asyncio.Event,
    others: Sequence[BaseRoute],
    ready_line: str,
    wrong: Callable[[], Awaitable[dict[str, str]]],
) -> None:
    # Before anything is built: a port that is taken is told at once.
    bound = listen(opened.settings.host, opened.settings.port)
    refusing = Refusing(partial(keep_refused, opened.ports))
    measured = partial(measure, opened.ports, opened.failures)
    settings = opened.settings
    status = status_routes(opened.ports, wrong, settings.status_token.get_secret_value())
    inbound = [*opened.inbound, *guest_page_routes(opened.ports), *status]
    token = settings.metrics_token.get_secret_value()
    app = build_web(inbound, wrong, others, measured, refusing.saw, token=token)
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        limit_concurrency=MOST_AT_WORK,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
    )
    server = QuietServer(config, listening)
    server.ready_line = ready_line
    parts = [asyncio.ensure_future(serve_until(server, bound, stop))]
    if opened.socket is not None:
        parts.append(asyncio.ensure_future(_socket(opened.socket, stop, listening)))
    await _together(parts, stop)


async def _wrong(opened: Opened, mending: Mending) -> dict[str, str]:
    """For `/readyz`, and for the gauge beside it."""
    wrong = await opened.wrong()
    mending()  # afterwards: what was met meanwhile is said, too
    for vendor in VENDORS:
        MISCONFIGURED.labels(vendor).set(vendor in wrong)
    # One team that takes the bot out of its channel must not take down everybody's house.
    ours = {part: said for part, said in wrong.items() if part in (*VENDORS, "database")}
    MISCONFIGURED.labels(ELSEWHERE).set(ours.keys() != wrong.keys())
    return ours


async def _socket(serve: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event, us: asyncio.Event) -> None:
    """As the clock: a sandbox under our own address is not there before we are, and Bolt tries again in ten seconds."""
    await _first(us, stop)
    if not stop.is_set():
        await serve(stop)


async def _worker(opened: Opened, stop: asyncio.Event) -> None:
    # Commands that people wait for keep the other ports: they must not queue behind what nobody waits for.
    take = take_nudges(opened.patient, Answering(opened.ports, opened.handler, stop))
    await opened.queue.consume(take, stop, at_once=AT_ONCE, grace=GRACE_SECONDS)


async def _clock(opened: Opened, stop: asyncio.Event, listening: asyncio.Event) -> None:
    """Waits for our own web process, if there is one: a sandbox under the same address must be reachable first."""
    await _first(listening, stop)
    if stop.is_set():  # as where the port is taken: nobody waits then for what a vendor answers
        return
    seconds, ping = opened.settings.sweep_seconds, opened.ping and partial(ping_if_well, opened.ports, opened.ping)
    await run_clock(opened.patient, opened.queue.put, opened.queue.tidy, stop, sweep_seconds=seconds, ping=ping)


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for waiting in waits:
        waiting.cancel()
