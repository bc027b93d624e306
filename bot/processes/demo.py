"""The demo: the bot and the sandbox in one process on loopback, under one address; and the story told on them."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.conversation.refusals.sentences import sentence
from bot.domain.locks.lock import Lock
from bot.domain.messages.reminders import Policy, reminders
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.feeds import Platform
from bot.domain.stays.access_codes import SETTLED
from bot.domain.stays.standing import PinStanding, standing
from bot.ports import Clock
from bot.processes.clock import sweep_quietly
from bot.processes.refusing import BOOKINGS
from bot.processes.sandbox_settings import sandbox_values
from bot.processes.serve import PARTS, run
from bot.processes.start import settled
from bot.processes.stop import stop_on_signals
from bot.settings import read_settings, read_value
from bot.wiring import Opened, booking_room, open_all, real_clock
from bot.workflows.follow_feeds.keeping import add_feed, read_soon
from bot.workflows.set_up_bookings import map_listing, set_up_source
from providers.sandbox.app import build_sandbox, from_here
from providers.sandbox.app import run as run_world
from providers.sandbox.clock import SandboxClock
from providers.sandbox.story import Report, tell
from providers.sandbox.world import SandboxSettings, World
from storage.migrate import migrate

Build = Callable[[SandboxSettings, SandboxClock], tuple[Starlette, World]]

LOOPBACK = "127.0.0.1"
MOST_STAYS = 50
SOON = timedelta(seconds=3)
"""A vendor that is asked again, a post that waits for its turn: it comes by itself, and is no next thing."""


async def run_demo(
    port: int,
    folder: Path,
    stop: asyncio.Event | None = None,
    *,
    quiet: bool = False,
    environ: Mapping[str, str] | None = None,
    start: datetime | None = None,
    build: Build = build_sandbox,
) -> None:
    """The bot on `port` with the sandbox under the same address; its database lies in `folder`. Their clock begins at
    `start`; without it, now. `build` makes the sandbox: whoever runs a demo in their own process can keep it.

    Any number may run in one process, one after the other or at once: each with an `environ` of its own instead of the
    process's, until its `stop` is set. Without `stop` it is a process's only one, and ends on a signal.
    """
    url = f"http://{LOOPBACK}:{port}"
    app, world = build(SandboxSettings(base_url=url, bot_url=url), SandboxClock(start))
    database = f"sqlite+aiosqlite:///{folder / 'nightporter.db'}"
    values = sandbox_values(url, lock_provider=read_value("LOCK_PROVIDER", "", environ))
    # A key of its own, beside its database: a house's keys are not for make-believe.
    own = {"database_url": database, "nightporter_keys": ()}
    settings = read_settings(environ, **values, **own, port=port, public_url=url)
    # Leases stay on the machine's clock: moving the world's by a week must not end them.
    clock = Clock(world.clock.now, real_clock().wall)
    async with open_all(settings, clock) as opened, app.router.lifespan_context(app):
        await migrate(opened.database)
        await opened.claim_database()
        line = "" if quiet else f"Night Porter is ready: {url}/demo"
        ending = stop or _signalled()
        freeing = asyncio.create_task(_let_go(world, ending))
        sweeping = _sweep_when_time_is_moved(world, opened)
        others: list[BaseRoute] = [_due(opened, world), _bookings(opened), _feeds(opened), Mount("/", app)]
        await run(opened, PARTS, shutdown=ending, others=others, ready_line=line)
        await asyncio.gather(freeing, *sweeping)


def _sweep_when_time_is_moved(world: World, opened: Opened) -> set[asyncio.Task[int]]:
    """Whoever moves the clock looks for what that brings: at once, and not at the clock's next round. What still
    sweeps."""
    sweeping: set[asyncio.Task[int]] = set()

    def sweep() -> None:
        task = asyncio.create_task(sweep_quietly(opened.patient, opened.queue.put))
        # Kept, since the loop holds a task only weakly.
        sweeping.add(task)
        task.add_done_callback(sweeping.discard)

    world.clock.on_move(sweep)
    return sweeping


def _due(opened: Opened, world: World) -> Route:
    """What the page draws as a timeline: open stays, when the next thing happens by itself, whether
    anybody is busy (something is due by now and not done, or on its way), and whether more is due in a moment. No PIN,
    no number. With `?only=busy` nothing else, for who waits for that."""
    ports, queue = opened.ports, opened.queue

    async def what_is_due(request: Request) -> Response:
        now, handled = ports.clock.now(), queue.handled
        async with ports.store() as uow:
            # What is taken in hand is due no longer; and what was done since may have made something due.
            busy = bool(await uow.due(now, 1) or world.under_way) or queue.busy or queue.handled != handled
            if request.query_params.get("only") == "busy":
                return JSONResponse({"busy": busy})
            by_itself = now if world.clock.is_still else now + SOON
            soon = by_itself > now and bool(await uow.due(by_itself, 1))
            recent = [
                c for c in await uow.codes.recent(MOST_STAYS) if c.status not in SETTLED and c.window.ends_at > now
            ]
            of_stays = await uow.codes.of_requests({code.request_id for code in recent})
            every = [code for codes in of_stays.values() for code in codes]
            evidence = await uow.codes.evidence_of([code.id for code in every])
            # A text that waits for the morning, a post that waits for its turn: time is not moved past them.
            said_at = await uow.messages.next_due(by_itself)
            guests = await uow.guests.of_stays(of_stays.keys())
            locks = await uow.locks.get_many({code.lock_id for code in every})
        moments = [at for at in (said_at, *(code.due_at for code in recent)) if at is not None and at > by_itself]
        shown = {code.id for code in recent}
        stays = [
            _pin(pin, len(codes), guests[request_id].name, locks[pin.code.lock_id], ports.policy)
            for request_id, codes in of_stays.items()
            for pin in standing(codes, evidence, now).pins
            if pin.code.id in shown
        ]
        next_ = min(moments).isoformat() if moments else None
        return JSONResponse({"now": now.isoformat(), "next": next_, "busy": busy, "soon": soon, "stays": stays})

    return Route("/demo/due", what_is_due, methods=["GET"], middleware=from_here())


def _pin(pin: PinStanding, of: int, guest: str, lock: Lock, policy: Policy) -> dict[str, object]:
    """One PIN of a stay that has `of` of them, and how sure we are that it opens."""
    code, planned = pin.code, reminders(pin.code.window, policy, lock.zoneinfo)
    return {
        "id": code.id,
        "guest": guest,
        "lock": lock.name,
        "zone": lock.zone,
        "status": code.status.value,
        "which": f"PIN {pin.number} of {of}" if of > 1 else "",
        "opens": pin.opens.value,
        "mint_at": code.mint_at.isoformat(),
        "starts_at": code.window.starts_at.isoformat(),
        "ends_at": code.window.ends_at.isoformat(),
        "activate_by": code.activate_by.isoformat() if code.activate_by else None,
        "reminders": [reminder.due_at.isoformat() for reminder in planned],
    }


def _bookings(opened: Opened) -> Route:
    """`POST /demo/bookings/hospitable` sets a booking system up as the operator would, with each door under its name as
    a listing, and says its secret: with that `/sandbox/bookings/hospitable` delivers what it would."""

    async def set_up(request: Request) -> Response:
        vendor, ports = request.path_params["vendor"], opened.ports
        if vendor not in BOOKINGS:
            return JSONResponse({"error": f"There are {', '.join(BOOKINGS)}."}, 404)
        secret = f"whsec_{token_hex(24)}"  # hex digits are base64, too
        user = booking_room(vendor).setup.user
        await set_up_source(ports, vendor, vendor, Credentials((secret,), user, api_url=opened.settings.public_url))
        async with ports.store() as uow:
            source = next(one for one in await uow.booking_sources.all() if one.name == vendor)
            locks = await uow.locks.all()
        for lock in locks:
            await map_listing(ports, source, lock.name, (lock.id,))
        return JSONResponse({"secret": secret, "listings": [lock.name for lock in locks]})

    return Route("/demo/bookings/{vendor}", set_up, methods=["POST"], middleware=from_here())


def _feeds(opened: Opened) -> Route:
    """`POST /demo/feeds/airbnb` has that calendar of the sandbox's read for the front door at once, as the operator
    would."""

    async def read(request: Request) -> Response:
        platform, ports = request.path_params["platform"], opened.ports
        if platform not in set(Platform):
            return JSONResponse({"error": f"There are {', '.join(Platform)}."}, 404)
        address = f"{opened.settings.sandbox_url}/sandbox/feeds/{platform}.ics"
        try:
            await add_feed(ports, "Front door", address, Platform(platform))
        except Refusal as refusal:
            if refusal.reason is not Reason.FEED_KNOWN:
                return JSONResponse({"error": sentence(refusal)}, 409)
        async with ports.store() as uow:
            known = [one.id for one in await uow.feeds.all() if one.address == address]
        await read_soon(ports, known)
        return JSONResponse({"ok": True})

    return Route("/demo/feeds/{platform}", read, methods=["POST"], middleware=from_here())


async def _let_go(world: World, ending: asyncio.Event) -> None:
    """Requests that hang on a fault would hold up the stop."""
    await ending.wait()
    world.faults.let_go()


async def run_sandbox(port: int, bot_url: str) -> None:
    settled()
    await run_world(SandboxSettings(base_url=f"http://{LOOPBACK}:{port}", bot_url=bot_url), port)


async def run_story(failed: Callable[[bool], None], said: Report = print) -> None:
    """Starts a demo of its own on a free port, tells the story on it, and reports whether any step was broken."""
    with tempfile.TemporaryDirectory() as folder:
        stop, port = asyncio.Event(), _free_port()
        options = asyncio.create_task(run_demo(port, Path(folder), stop, quiet=True))
        notification = asyncio.create_task(tell(f"http://{LOOPBACK}:{port}", said))
        await asyncio.wait({options, notification}, return_when=asyncio.FIRST_COMPLETED)
        failed(not notification.done() or not notification.result())
        notification.cancel()
        stop.set()
        with suppress(asyncio.CancelledError):
            await options


def _signalled() -> asyncio.Event:
    stop = asyncio.Event()
    stop_on_signals(stop)
    return stop


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
