"""Several looks in one request: `GET /sandbox/several?path=/sandbox/doors&path=/sandbox/phones`. The page looks at ten
things whenever something has happened; one by one, carrying them would be most of what the page and we do."""

import json
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Scope

from providers.sandbox.asked import Json, Unfit, answering
from providers.sandbox.world import World

MOST_LOOKS = 20
HERE = "/sandbox/"
_LAST_FOREVER = ("/sandbox/changes", "/sandbox/several")
_OF_THE_REQUEST = ("type", "asgi", "http_version", "scheme", "headers", "client", "server", "state")


def routes(world: World) -> list[BaseRoute]:
    return [Route("/sandbox/several", answering(several), methods=["GET"])]


async def several(request: Request) -> Response:
    """The answers in the order of their paths, each as `{"status", "body"}`. Only what answers at once, with JSON."""
    paths = request.query_params.getlist("path")
    if not 0 < len(paths) <= MOST_LOOKS:
        raise Unfit(f"Say from one to {MOST_LOOKS} paths.", 400)
    for path in paths:
        if not path.startswith(HERE) or unquote(path).startswith(_LAST_FOREVER):
            raise Unfit("Only what the sandbox answers at once is looked at.", 400)
    return JSONResponse({"answers": [await _look(request, path) for path in paths]})


async def _look(request: Request, path: str) -> Json:
    raw, _, query = path.partition("?")
    scope: Scope = {
        **{name: request.scope[name] for name in _OF_THE_REQUEST if name in request.scope},
        "method": "GET",
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
    }
    status, pieces = 0, list[bytes]()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        pieces.append(message.get("body", b""))

    await request.app(scope, receive, send)
    return {"status": status, "body": _read(b"".join(pieces))}


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {}
