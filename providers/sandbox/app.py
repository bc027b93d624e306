"""The whole outside world as one Starlette app, on loopback only.

Here the rooms are put together; what they do stands in them. `run` serves the app alone, for a bot in another process.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from providers.sandbox import (
    bookings,
    changes,
    control,
    demo,
    feed_room,
    hook_room,
    igloo_room,
    seam_room,
    several,
    slack_room,
    twilio_room,
)
from providers.sandbox.clock import SandboxClock
from providers.sandbox.world import SandboxSettings, World, is_loopback

LOOPBACK = "127.0.0.1"
OUR_NAMES = (LOOPBACK, "localhost")
MOST_BODY_BYTES = 1_000_000
KEEP_ALIVE_SECONDS = 75
"""As long as vendors do: who calls in the instant in which we close a connection does not know what came of it."""
VENDORS = {
    "seam": "/sandbox/seam/",
    "igloohome": "/sandbox/igloohome/",
    "twilio": "/sandbox/twilio/",
    "slack": "/sandbox/slack/api/",
    "feeds": "/sandbox/feeds/",
}


def build_sandbox(settings: SandboxSettings, clock: SandboxClock | None = None) -> tuple[Starlette, World]:
    """The app and the world behind it. Serve it with its lifespan, or await `close(world)` yourself.

    Raises ValueError if base_url is not a loopback address: nothing here is protected.
    """
    if not is_loopback(settings.base_url):
        raise ValueError("The sandbox only stands on a loopback address, such as http://127.0.0.1:8000.")
    world = World(settings, clock or SandboxClock())

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await close(world)

    app = Starlette(
        routes=routes(world),
        middleware=[*from_here(), Middleware(_Witness, world=world)],
        exception_handlers={ClientDisconnect: _nobody_listens},
        lifespan=lifespan,
        max_body_size=MOST_BODY_BYTES,
    )
    return app, world


def routes(world: World) -> list[BaseRoute]:
    """Everything the sandbox answers to, with full paths."""
    rooms = (
        control,
        bookings,
        changes,
        several,
        seam_room,
        igloo_room,
        slack_room,
        twilio_room,
        feed_room,
        hook_room,
        demo,
    )
    return [route for room in rooms for route in room.routes(world)]


async def close(world: World) -> None:
    """Ends what hangs and what runs in the background."""
    world.faults.let_go()
    for closer in world.closers:
        await closer()


async def _nobody_listens(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


def from_here() -> list[Middleware]:
    """For whatever stands on loopback without a login: nobody drives it, or reads it, from another site's page."""
    # A name that somebody else's DNS points here is not ours: behind it another site could read what is answered.
    return [Middleware(TrustedHostMiddleware, allowed_hosts=list(OUR_NAMES)), Middleware(_FromHere)]


class _FromHere:
    """Answers nothing that another site's page asks for. A browser says whose page it is; programs say nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and _is_foreign(Headers(scope=scope)):
            refused = PlainTextResponse("The sandbox is driven from its own page only.", status_code=403)
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None:
        return origin != f"http://{headers.get('host')}"
    # Without an origin: a link that somebody follows is welcome, a picture or a script of another site is not.
    return headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"


class _Witness:
    """Notes every call of a vendor's API in `world.traffic`."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        vendor = next((name for name, base in VENDORS.items() if scope.get("path", "").startswith(base)), None)
        by_hand = vendor == "feeds" and scope.get("method") == "POST"  # what people do to a calendar
        if vendor is None or by_hand or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            self.world.saw("in", vendor, scope["method"], scope["path"], status)


class SandboxServer(uvicorn.Server):
    """Uvicorn on loopback; told to stop, it first lets hanging requests go."""

    def __init__(self, app: ASGIApp, world: World, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=LOOPBACK,
            port=port,
            log_level="warning",
            lifespan="on",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        super().__init__(config)
        self.world = world

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self.world.faults.let_go()
        await super().shutdown(sockets)


async def run(settings: SandboxSettings, port: int) -> None:
    """Serves the sandbox alone on 127.0.0.1 until it is told to stop."""
    app, world = build_sandbox(settings)
    await SandboxServer(app, world, port).serve()
