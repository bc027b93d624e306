"""A program that wants to hear of what happens: `POST /sandbox/hooks/{name}` takes whatever comes and remembers it,
`GET` shows it, `PUT` says how it answers from then on."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.asked import Unfit, answering, json_body
from providers.sandbox.world import World

MOST = 20
MOST_CALLS = 500
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


class HookRoom:
    """By the name in the address: what came, and the status that is answered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls: dict[str, list[dict[str, Any]]] = {}
        self._status: dict[str, int] = {}

    async def called(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._calls and len(self._calls) >= MOST:
            raise Unfit(f"There are {MOST} such programs already.")
        status = self._status.get(name, 200)
        call = {"headers": {each: request.headers.get(each, "") for each in _SIGNED}, "answered": status}
        calls = self._calls.setdefault(name, [])
        calls.append(call | {"body": (await request.body()).decode("utf-8", "replace")})
        del calls[:-MOST_CALLS]
        self._world.happened()
        headers = {"location": "http://127.0.0.1:9/elsewhere"} if 300 <= status < 400 else {}
        return Response(status_code=status, headers=headers)

    async def seen(self, request: Request) -> Response:
        return JSONResponse({"calls": self._calls.get(request.path_params["name"], [])})

    async def answers(self, request: Request) -> Response:
        status = (await json_body(request)).get("status")
        if not isinstance(status, int) or not 200 <= status < 600:
            raise Unfit("status is a number from 200 to 599.")
        self._status[request.path_params["name"]] = status
        return JSONResponse({"ok": True})


def routes(world: World) -> list[BaseRoute]:
    room = HookRoom(world)
    return [
        Route("/sandbox/hooks/{name}", answering(room.called), methods=["POST"]),
        Route("/sandbox/hooks/{name}", answering(room.seen), methods=["GET"]),
        Route("/sandbox/hooks/{name}", answering(room.answers), methods=["PUT"]),
    ]
