"""The web process: what vendors and platforms call. It knows routes and limits, and no business."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from hmac import compare_digest

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.ports import NoRoom
from bot.processes.gauges import DELIVERIES, SIGNATURES
from bot.processes.refusing import CURES
from bot.processes.shared_look import SharedLook

log = structlog.get_logger()

LARGEST_BODY = 1_000_000
"""Bytes. Slack's and Twilio's requests stay far below; anything larger is not for us."""

DATABASE_AWAY = "The database does not answer just now."
DATABASE_FULL = "The database takes nothing just now: its disk is full."

_LABELS = frozenset({*CURES, "sandbox", "v1"})

Ready = Callable[[], Awaitable[dict[str, str]]]


async def _nothing(*_: object) -> None:
    return None


def build_web(
    inbound: Sequence[BaseRoute],
    ready: Ready,
    others: Sequence[BaseRoute] = (),
    measure: Callable[[], Awaitable[None]] = _nothing,
    refused: Callable[[str], Awaitable[None]] = _nothing,
    *,
    token: str = "",
) -> Starlette:
    """The application. `ready` names what is wrong, by part; `others` are routes with limits of their own; `measure`
    brings up to date what lies in rows, before it is told; both are asked once a second at most. `refused`
    hears at whose route a signature did not fit. `token`: whoever looks at states and numbers has to bring it."""
    seen, measured = SharedLook(ready), SharedLook(measure)

    async def metrics(request: Request) -> Response:
        if not _may_look(request, token):
            return PlainTextResponse(_NO_TOKEN, 401, {"www-authenticate": "Bearer"})
        with suppress(TimeoutError):  # what was counted last is better than no answer
            await measured()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def readyz(request: Request) -> Response:
        if not _may_look(request, token):
            return PlainTextResponse(_NO_TOKEN, 401, {"www-authenticate": "Bearer"})
        try:
            wrong = await seen()
        except TimeoutError:
            wrong = {"database": "does not answer in time"}
        return JSONResponse({"ready": not wrong, "wrong": wrong}, 503 if wrong else 200)

    routes = [
        Route("/healthz", _healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        *inbound,
        *others,
    ]
    handlers = {HTTPException: _nothing_there, OSError: _away, Exception: _bug}
    return Starlette(routes=routes, middleware=[Middleware(BodyLimit, refused)], exception_handlers=handlers)


_NO_TOKEN = "Bring the token of METRICS_TOKEN: Authorization: Bearer …"  # noqa: S105 - a sentence


def _may_look(request: Request, token: str) -> bool:
    brought = request.headers.get("authorization", "")
    return not token or compare_digest(brought.encode(), f"Bearer {token}".encode())


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


def _shown(request: Request) -> str:
    """The path of a guest's page is the key to it, and what stands behind a webhook's address is one, too."""
    path = request.url.path
    if path.startswith("/g/"):
        return "/g/..."
    before, webhooks, key = path.partition("/webhooks/")
    return f"{before}{webhooks}..." if key else path


async def _away(request: Request, error: Exception) -> Response:
    """The database restarts, or its disk is full: whoever called is told to come again, and vendors do."""
    log.warning("the database did not answer a request", path=_shown(request), error=type(error).__name__)
    why = DATABASE_FULL if isinstance(error, NoRoom) else DATABASE_AWAY
    return PlainTextResponse(f"{why} Please try again.", 503)


async def _bug(request: Request, error: Exception) -> Response:
    log.error("a bug in a listener", path=_shown(request), error=type(error).__name__)
    return PlainTextResponse("Something went wrong on our side. Nothing was lost; please try again.", 500)


class BodyLimit:
    """Takes a body whole before anyone works on it, refuses one that is too large, and counts what came."""

    def __init__(self, app: ASGIApp, refused: Callable[[str], Awaitable[None]] = _nothing) -> None:
        self._app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            await self._app(scope, receive, send)
            return
        # One that says of itself that it is too large is not even begun.
        body = None if _announced(scope) > LARGEST_BODY else await _whole_body(receive)
        if body is None:
            await _too_large()(scope, receive, send)
            return

        async def again() -> Message:
            return messages.pop(0) if messages else await receive()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                DELIVERIES.labels(vendor, str(message["status"])).inc()
                statuses.append(message["status"])
            await send(message)

        # Callers choose the path: as labels, unknown ones would fill the memory.
        first, statuses = scope["path"].split("/")[1:2], list[int]()
        vendor = next((one for one in first if one in _LABELS), "other")
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        await self._app(scope, again, counted)
        if 401 in statuses:
            SIGNATURES.labels(vendor).inc()
            await self._refused(vendor)


def _announced(scope: Scope) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0


def _too_large() -> Response:
    return _problem(413, "too_large", f"The body is too large: more than {LARGEST_BODY} bytes.")


async def _nothing_there(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = _problem(error.status_code, error.detail.lower().replace(" ", "_"), f"{error.detail}.")
    answer.headers.update(error.headers or {})
    return answer


def _problem(status: int, reason: str, detail: str) -> Response:
    """As `application/problem+json`, of which whoever wants no more than the status reads no more."""
    about = {"type": "about:blank", "title": detail.partition(":")[0].rstrip("."), "status": status}
    about |= {"detail": detail, "reason": reason, "offers": [], "errors": []}
    return JSONResponse(about, status, media_type="application/problem+json")


async def _whole_body(receive: Receive) -> bytes | None:
    parts, size = [], 0
    while True:
        message = await receive()
        # The caller has hung up; an empty body carries no signature, so nothing is done.
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)
