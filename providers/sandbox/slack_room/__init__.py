"""Slack, as one app and one small team meet it: Web API, deliveries to the bot, people's hands and eyes.

`routes(world)` makes the workspace and says where it is reached. Doors, phones and the bot itself do not belong here.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router, WebSocketRoute
from starlette.websockets import WebSocket

from providers.sandbox.asked import Unfit, answering, json_body
from providers.sandbox.faults import WithFaults
from providers.sandbox.slack_room import agreeing, answers, by_itself, groups, people, sockets, web_api
from providers.sandbox.slack_room import rendering as rendering
from providers.sandbox.slack_room.room import SlackRoom
from providers.sandbox.world import World

Json = dict[str, Any]
Action = Callable[[SlackRoom, Json], Awaitable[Json]]
Sight = Callable[[SlackRoom, Request], Json]

ACTIONS: dict[str, Action] = {
    "command": people.type_command,
    "click": people.click,
    "submit": people.submit,
    "close": people.close,
    "shortcut": people.use_shortcut,
    "home": people.open_home,
    "talk": people.talk,
    "options": rendering.look_for_options,
    "group": groups.change_group,
    "channel": groups.change_channel,
    "uninstall": agreeing.uninstall,
    "expire": agreeing.expire,
    "event": by_itself.tell_event,
}
SIGHTS: dict[str, Sight] = {
    "channels": rendering.channels,
    "channels/{id}": rendering.channel,
    "views/{user}": rendering.views,
    "posts": rendering.posts,
    "heard": rendering.heard,
    "people": rendering.people,
    "installs": rendering.installs,
    "deliveries": rendering.deliveries,
}


def routes(world: World) -> list[BaseRoute]:
    """A fresh workspace behind full paths."""
    room = SlackRoom(world)
    world.closers.append(room.delivery.close)
    return [
        Mount("/sandbox/slack/api", WithFaults(_api(room), world.faults, "slack")),
        WebSocketRoute("/sandbox/slack/socket", _socket(room)),
        Mount("/sandbox/slack/response", WithFaults(_hooks(room), world.faults, "slack")),
        Route("/sandbox/slack/oauth/v2/authorize", _page(room), methods=["GET"]),
        Route("/sandbox/slack-settings", _settings(room), methods=["GET", "POST"]),
        *(Route(f"/sandbox/slack/{path}", _action(room, action), methods=["POST"]) for path, action in ACTIONS.items()),
        *(Route(f"/sandbox/slack/{path}", _sight(room, sight), methods=["GET"]) for path, sight in SIGHTS.items()),
    ]


def _api(room: SlackRoom) -> Router:
    async def call(request: Request) -> Response:
        return await web_api.call(room, request)

    return Router([Route("/{method:path}", call, methods=["GET", "POST"])])


def _page(room: SlackRoom) -> Callable[[Request], Awaitable[Response]]:
    async def agree(request: Request) -> Response:
        return agreeing.authorize(room, request)

    return agree


def _action(room: SlackRoom, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        return JSONResponse(await action(room, await json_body(request)))

    return answering(act)


def _sight(room: SlackRoom, sight: Sight) -> Callable[[Request], Awaitable[Response]]:
    async def look(request: Request) -> Response:
        return JSONResponse(sight(room, request))

    return answering(look)


def _hooks(room: SlackRoom) -> Router:
    """What hooks.slack.com is: Slack's as well, and away when Slack is."""
    return Router([Route("/{name}", _response_url(room), methods=["POST"])])


def _response_url(room: SlackRoom) -> Callable[[Request], Awaitable[Response]]:
    async def respond(request: Request) -> Response:
        try:
            said = await json_body(request)
        except Unfit:
            return PlainTextResponse("invalid_payload", 400)
        status, text = answers.use_response_url(room, request.path_params["name"], said)
        return PlainTextResponse(text, status)

    return respond


def _settings(room: SlackRoom) -> Callable[[Request], Awaitable[Response]]:
    async def settings(request: Request) -> Response:
        if request.method == "POST":
            rendering.change_settings(room, await json_body(request))
        said = {"burst": room.pace.burst, "per_second": room.pace.per_second}
        said |= {"patience": room.delivery.patience, "sockets": len(room.delivery.sockets)}
        return JSONResponse({**said, "scopes": list(room.scopes), "gone": list(room.gone)})

    return answering(settings)


def _socket(room: SlackRoom) -> Callable[[WebSocket], Awaitable[None]]:
    async def connect(websocket: WebSocket) -> None:
        await sockets.serve(room, websocket)

    return connect
