"""Who watches the sandbox is told at once that something has happened, and then looks for themselves: server-sent
events, `/sandbox/changes`. What has happened is not said here."""

import math
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from providers.sandbox.world import World

TOGETHER_SECONDS = 0.15
"""What happens within so long is told of once."""

HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 60.0


def routes(world: World) -> list[BaseRoute]:
    async def changes(request: Request) -> Response:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_said(world), media_type="text/event-stream", headers=headers)

    async def next_change(request: Request) -> Response:
        """`?since=17&seconds=5`: answers when there are more than 17 changes, or after 5 seconds."""
        try:
            since, seconds = int(request.query_params["since"]), float(request.query_params["seconds"])
        except (KeyError, ValueError):
            since, seconds = 0, math.nan
        if not 0 <= seconds < math.inf:
            return JSONResponse({"error": "Say since which change, and how many seconds you wait."}, 400)
        return JSONResponse({"changes": await world.changed(since, min(seconds, LONGEST_SECONDS))})

    return [
        Route("/sandbox/changes", changes, methods=["GET"]),
        Route("/sandbox/changes/next", next_change, methods=["GET"]),
    ]


async def _said(world: World) -> AsyncIterator[str]:
    """Ends when the server is about to stop."""
    seen = world.changes
    yield f"retry: 1000\ndata: {seen}\n\n"
    while not world.faults.is_letting_go:
        now = await world.changed(seen, HEARTBEAT_SECONDS)
        if now == seen:
            yield ": still here\n\n"
            continue
        await world.faults.pause(TOGETHER_SECONDS)
        seen = world.changes
        yield f"data: {seen}\n\n"
