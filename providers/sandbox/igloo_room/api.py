"""iglooaccess over HTTP: client credentials, devices by cursor, algoPINs, jobs for bridges; and what the sandbox adds.

The token's address and the API's have one base here; the real ones are two hosts. Errors are `{"message": …}`.
"""

import base64
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox.asked import Json, Unfit, answering, flag, form, json_body, word
from providers.sandbox.doors import Door
from providers.sandbox.faults import WithFaults
from providers.sandbox.igloo_room.cloud import KINDS, Cloud, IglooError, bridge_of
from providers.sandbox.world import World

BASE = "/sandbox/igloohome"
TOKEN_LIVES = timedelta(hours=24)
PAGE = 4
"""Small, so that every list has a second page."""


def routes(world: World) -> list[BaseRoute]:
    """Its API and what belongs to it in the sandbox, with full paths."""
    cloud = Cloud(world)
    api = _Api(cloud)
    endpoints = _Endpoints(cloud, api)
    return [
        Mount(BASE, WithFaults(_app(api), world.faults, "igloohome")),
        Route("/sandbox/igloohome-pins", endpoints.pins, methods=["GET"]),
        Route("/sandbox/igloohome-bridges", answering(endpoints.bridges), methods=["POST"]),
        Route("/sandbox/igloohome-tokens", endpoints.forget_tokens, methods=["DELETE"]),
    ]


def _app(api: "_Api") -> Starlette:
    return Starlette(
        routes=[
            Route("/oauth2/token", api.token, methods=["POST"]),
            Route("/devices", _spoken(api, api.devices), methods=["GET"]),
            Route("/devices/{device}", _spoken(api, api.device), methods=["GET"]),
            Route("/devices/{device}/algopin/{kind}", _spoken(api, api.algopin), methods=["POST"]),
            Route("/devices/{device}/jobs/bridges/{bridge}", _spoken(api, api.send), methods=["POST"]),
            Route("/jobs/{job}", _spoken(api, api.job), methods=["GET"]),
        ]
    )


Endpoint = Callable[[Request], Awaitable[Response]]


def _spoken(api: "_Api", handler: Endpoint) -> Endpoint:
    """Checks the token first; refusals are answered as igloohome does."""

    async def endpoint(request: Request) -> Response:
        try:
            api.check_token(request)
            return await handler(request)
        except IglooError as no:
            return JSONResponse(no.body, no.status)
        except Unfit:
            return JSONResponse({"message": "Invalid input"}, 400)

    return endpoint


class _Api:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.tokens: dict[str, datetime] = {}

    async def token(self, request: Request) -> Response:
        settings, asked = self.cloud.world.settings, form(await request.body())
        expected = base64.b64encode(f"{settings.igloohome_client_id}:{settings.igloohome_client_secret}".encode())
        given = request.headers.get("authorization", "").removeprefix("Basic ").encode()
        if asked.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if not hmac.compare_digest(given, expected):
            return JSONResponse({"error": "invalid_client"}, 401)
        token = secrets.token_urlsafe(24)
        self.tokens[token] = datetime.now(UTC) + TOKEN_LIVES
        lives = int(TOKEN_LIVES.total_seconds())
        return JSONResponse({"access_token": token, "expires_in": lives, "token_type": "Bearer"})

    def check_token(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, datetime.min.replace(tzinfo=UTC)) <= datetime.now(UTC):
            raise IglooError(401, "Unauthorized")

    async def devices(self, request: Request) -> Response:
        everything = [said for door in self.cloud.world.doors for said in _devices(door)]
        cursor = request.query_params.get("cursor", "0")
        begin = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
        following = str(begin + PAGE) if begin + PAGE < len(everything) else None
        return JSONResponse({"nextCursor": following, "payload": everything[begin : begin + PAGE]})

    async def device(self, request: Request) -> Response:
        return JSONResponse(_lock(self.cloud.door(request.path_params["device"])))

    async def algopin(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in KINDS:
            raise IglooError(404, "Not found")
        made = self.cloud.mint(self.cloud.door(request.path_params["device"]), kind, await json_body(request))
        return JSONResponse({"pin": made.pin, "pinId": f"{made.door.serial}-{made.window.slot}"})

    async def send(self, request: Request) -> Response:
        door = self.cloud.door(request.path_params["device"])
        job = self.cloud.send(door, request.path_params["bridge"], await json_body(request))
        return JSONResponse({"jobId": job.job_id}, 201)

    async def job(self, request: Request) -> Response:
        return JSONResponse(self.cloud.job(request.path_params["job"]))


class _Endpoints:
    """The sandbox's own routes around it; no client of igloohome's calls them."""

    def __init__(self, cloud: Cloud, api: _Api) -> None:
        self.cloud = cloud
        self.api = api

    async def pins(self, request: Request) -> Response:
        """Every PIN that was ever told: the judge of "one PIN per AccessCode"."""
        listed = [
            {
                "device_id": one.door.serial,
                "name": one.name,
                "code": one.pin,
                "kind": one.window.kind,
                "times": one.times,
            }
            for one in self.cloud.issued.values()
        ]
        return JSONResponse({"codes": listed})

    async def bridges(self, request: Request) -> Response:
        """`{"device_id": …, "online": false}`: a bridge goes away, or comes back."""
        asked = await json_body(request)
        try:
            door, online = self.cloud.door(word(asked, "device_id")), flag(asked, "online")
        except IglooError as no:
            raise Unfit("There is no such lock.", no.status) from None
        (self.cloud.offline.discard if online else self.cloud.offline.add)(door.serial)
        return JSONResponse({"online": online})

    async def forget_tokens(self, request: Request) -> Response:
        """As if every token had come to its end."""
        self.api.tokens.clear()
        return Response(status_code=204)


def _devices(door: Door) -> list[Json]:
    return [_lock(door), *([_bridge(door)] if door.has_bridge else [])]


def _lock(door: Door) -> Json:
    said: Json = {
        "id": door.device_id,
        "type": "Lock",
        "deviceId": door.serial,
        "deviceName": door.name,
        "pairedAt": "2026-01-01T00:00:00+00:00",
        "homeId": [],
        "linkedDevices": [{"type": "Bridge", "deviceId": bridge_of(door)}] if door.has_bridge else [],
    }
    return said | ({"batteryLevel": round(door.battery * 100)} if door.battery is not None else {})


def _bridge(door: Door) -> Json:
    return {
        "id": f"bridge-{door.device_id}",
        "type": "Bridge",
        "deviceId": bridge_of(door),
        "deviceName": f"{door.name} bridge",
        "pairedAt": "2026-01-01T00:00:00+00:00",
        "homeId": [],
        "linkedDevices": [{"type": "Lock", "deviceId": door.serial}],
    }
