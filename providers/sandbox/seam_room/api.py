"""Seam's paths and verbs, its key, and the sandbox's own routes around it. What a path does stands in its handler.

Seam takes POST with JSON everywhere; its SDK from 3.0 on uses GET, PATCH, PUT and DELETE where they fit, the first and
the last with a query (Python SDK, MIGRATION.md).
"""

import hmac
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from providers.sandbox.asked import Json, Unfit, answering, json_body, number
from providers.sandbox.faults import WithFaults
from providers.sandbox.seam_room import access_codes, accounts, devices
from providers.sandbox.seam_room import events as events
from providers.sandbox.seam_room.room import SeamRoom
from providers.sandbox.seam_room.wire import Params, SeamError, moment, optional_moment
from providers.sandbox.world import World

BASE = "/sandbox/seam"
LONGEST_PIN_DELAY_SECONDS = 40

Handler = Callable[[SeamRoom, Params], Json]
HANDLERS: dict[str, Handler] = {
    "/access_codes/create": access_codes.create,
    "/access_codes/get": access_codes.get,
    "/access_codes/list": access_codes.list_,
    "/access_codes/update": access_codes.update,
    "/access_codes/delete": access_codes.delete,
    "/devices/list": devices.list_devices,
    "/devices/get": devices.get_device,
    "/devices/simulate/connect_to_hub": devices.connect_to_hub,
    "/devices/simulate/disconnect_from_hub": devices.disconnect_from_hub,
    "/locks/list": devices.list_locks,
    "/locks/get": devices.get_lock,
    "/locks/lock_door": devices.lock_door,
    "/locks/unlock_door": devices.unlock_door,
    "/locks/simulate/keypad_code_entry": devices.keypad_code_entry,
    "/action_attempts/get": devices.get_attempt,
    "/action_attempts/list": devices.list_attempts,
    "/events/list": events.list_events,
    "/events/get": events.get_event,
    "/webhooks/create": events.create_webhook,
    "/webhooks/get": events.get_webhook,
    "/webhooks/list": events.list_webhooks,
    "/webhooks/update": events.update_webhook,
    "/webhooks/delete": events.delete_webhook,
    "/connect_webviews/create": accounts.create_webview,
    "/connect_webviews/get": accounts.get_webview,
    "/connect_webviews/list": accounts.list_webviews,
    "/connect_webviews/delete": accounts.delete_webview,
    "/connected_accounts/list": accounts.list_accounts,
    "/connected_accounts/get": accounts.get_account,
    "/workspaces/get": accounts.get_workspace,
}
VERBS = {
    "get": ("GET", "POST"),
    "list": ("GET", "POST"),
    "delete": ("DELETE", "POST"),
    "update": ("PATCH", "PUT", "POST"),
}


def routes(world: World) -> list[BaseRoute]:
    """Seam's API and what belongs to it in the sandbox, with full paths."""
    room = SeamRoom(world)
    endpoints = _Endpoints(room)
    return [
        Mount(BASE, WithFaults(SeamApi(room), world.faults, "seam")),
        Route("/sandbox/seam-codes", endpoints.codes, methods=["GET"]),
        Route("/sandbox/seam-settings", answering(endpoints.settings), methods=["GET", "POST"]),
        Route("/sandbox/seam-connect/{webview_id}", endpoints.sign_in, methods=["GET"]),
        Route("/sandbox/seam-connect/{webview_id}/complete", endpoints.complete, methods=["POST"]),
        Route("/sandbox/seam-connect/{webview_id}/fail", endpoints.fail, methods=["POST"]),
        Route("/sandbox/seam-account/lose", endpoints.lose, methods=["POST"]),
        Route("/sandbox/seam-account/find", endpoints.find, methods=["POST"]),
    ]


class SeamApi:
    """Pure ASGI: one call in, one envelope out, every envelope with a `seam-request-id`."""

    def __init__(self, room: SeamRoom) -> None:
        self.room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        request = Request(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        try:
            response = await self._answer(request, path)
        except SeamError as no:
            response = JSONResponse(no.body, no.status, headers=no.headers)
        except Unfit:
            response = PlainTextResponse("Invalid JSON", 400)
        response.headers["seam-request-id"] = str(uuid4())
        await response(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> Response:
        """Raises SeamError and Unfit. The order of the checks is nextlove's: path, verb, key, parameters."""
        handler = HANDLERS.get(path)
        if handler is None:
            return PlainTextResponse("Not Found", 404)
        verbs = VERBS.get(path.rpartition("/")[2], ("POST",))
        if request.method not in verbs:
            raise SeamError(405, "method_not_allowed", f"only {','.join(verbs)} accepted")
        self._check_key(request)
        params = await _params(request)
        self.room.settle()
        return JSONResponse({**handler(self.room, params), "ok": True})

    def _check_key(self, request: Request) -> None:
        header = request.headers.get("authorization")
        if not header:
            raise SeamError(401, "unauthorized", "No Authorization header")
        expected = f"Bearer {self.room.world.settings.seam_api_key}"
        if not hmac.compare_digest(header.encode(), expected.encode()):
            raise SeamError(401, "unauthorized", "API Key not found")


async def _params(request: Request) -> Params:
    if request.method in ("GET", "DELETE"):
        return Params.from_pairs(request.query_params.multi_items())
    raw = await request.body()
    if raw and "application/json" not in request.headers.get("content-type", ""):
        raise SeamError(400, "invalid_content_type", "Content-Type must be application/json")
    return Params.from_json(raw)


class _Endpoints:
    """The sandbox's own routes around Seam; no SDK calls them."""

    def __init__(self, room: SeamRoom) -> None:
        self.room = room

    async def codes(self, request: Request) -> Response:
        """Every code ever made, also deleted and ended ones: the judge of "one PIN per AccessCode"."""
        self.room.settle()
        listed = [
            {
                "access_code_id": code.access_code_id,
                "device_id": code.door.device_id,
                "name": code.name,
                "code": code.pin,
                "kind": code.window.kind if code.window else "online",
                "starts_at": optional_moment(code.starts_at),
                "ends_at": optional_moment(code.ends_at),
                "created_at": moment(code.created_at),
                "told_at": optional_moment(code.told_at),
                "deleted_at": optional_moment(code.deleted_at),
            }
            for code in self.room.ledger
        ]
        return JSONResponse({"codes": listed})

    async def settings(self, request: Request) -> Response:
        """How long a new offline code waits for its digits; up to 40 s has been seen with Seam."""
        if request.method == "POST":
            asked = await json_body(request)
            seconds = number(asked, "pin_delay_seconds", -1, LONGEST_PIN_DELAY_SECONDS)
            self.room.pin_delay = timedelta(seconds=seconds)
        return JSONResponse({"pin_delay_seconds": self.room.pin_delay.total_seconds()})

    async def sign_in(self, request: Request) -> Response:
        webview = self.room.webviews.get(request.path_params["webview_id"])
        if webview is None:
            return HTMLResponse(_page("<p>This link is no longer valid.</p>"), 404)
        if webview["status"] == "authorized":
            return HTMLResponse(_page("<p>The igloohome account is connected. You may close this page.</p>"))
        if webview["status"] == "failed":
            return HTMLResponse(_page("<p>Signing in failed. Ask for a new link.</p>"))
        return HTMLResponse(_page(_form(request.url.path)))

    async def complete(self, request: Request) -> Response:
        return self._signed_in(request, accounts.complete, "/complete")

    async def fail(self, request: Request) -> Response:
        return self._signed_in(request, accounts.fail, "/fail")

    async def lose(self, request: Request) -> Response:
        accounts.lose(self.room)
        return JSONResponse({"lost_at": optional_moment(self.room.account_lost_at)})

    async def find(self, request: Request) -> Response:
        accounts.find(self.room)
        return JSONResponse({"lost_at": None})

    def _signed_in(self, request: Request, how: Callable[[SeamRoom, Json], None], way: str) -> Response:
        webview = self.room.webviews.get(request.path_params["webview_id"])
        if webview is None:
            return JSONResponse({"ok": False, "error": "There is no such sign-in."}, 404)
        how(self.room, webview)
        if "text/html" in request.headers.get("accept", ""):
            return Response(status_code=303, headers={"location": request.url.path.removesuffix(way)})
        return JSONResponse({"connect_webview": webview})


def _form(path: str) -> str:
    return (
        "<h1>igloohome (sandbox)</h1><p>Nothing here is real: no password is asked for.</p>"
        f'<form method="post" action="{path}/complete"><button>Sign in as {accounts.OWNER}</button></form>'
        f'<form method="post" action="{path}/fail"><button>Type a wrong password</button></form>'
    )


def _page(body: str) -> str:
    style = "body{font:1.1rem system-ui;max-width:30rem;margin:4rem auto}button{font:inherit;padding:.6em 1em}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>igloohome</title><style>{style}</style>{body}</html>"
    )
