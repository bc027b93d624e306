"""Who watches the sandbox is told at once that something has happened, and then looks for themselves: server-sent
events, `/sandbox/changes`. What has happened is not said here."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from providers.sandbox.world import World

TOGETHER_SECONDS = 0.15
"""What happens within so long is told of once."""

HEARTBEAT_SECONDS = 15.0


def routes(world: World) -> list[BaseRoute]:
    async def changes(request: Request) -> Response:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_told(world), media_type="text/event-stream", headers=headers)

    return [Route("/sandbox/changes", changes, methods=["GET"])]


async def _told(world: World) -> AsyncIterator[str]:
    """Ends when the server is about to stop."""
    seen = world.changes
    yield f"retry: 1000\ndata: {seen}\n\n"
    quiet = 0.0
    while not world.faults.is_letting_go:
        await world.faults.pause(TOGETHER_SECONDS)
        quiet += TOGETHER_SECONDS
        if world.changes != seen:
            seen, quiet = world.changes, 0.0
            yield f"data: {seen}\n\n"
        elif quiet >= HEARTBEAT_SECONDS:
            quiet = 0.0
            yield ": still here\n\n"
