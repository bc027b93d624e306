"""Slack's Web API: how a call is read, who may call, and the methods that are neither chat.* nor views.*.

Wire forms are those of slack_sdk 3.47's AsyncWebClient: JSON bodies, urlencoded forms, and query strings with or
without an empty POST; in forms, blocks and views are JSON in a string. Wrong tokens and unknown methods answer with
HTTP 200 and `ok: false` (docs.slack.dev/apis/web-api).
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox.asked import Unfit, form, parse_json
from providers.sandbox.block_kit import check_blocks, check_view
from providers.sandbox.slack_room import web_api_chat, web_api_conversations, web_api_oauth, web_api_views
from providers.sandbox.slack_room.people_and_places import BOT_ID, BOT_USER, ELSEWHERE, PEOPLE, TEAM_ID, TEAMS, Json
from providers.sandbox.slack_room.room import SlackError, SlackRoom, TooFast
from providers.sandbox.slack_room.web_api_oauth import CALLER, check_team

STRUCTURED = ("blocks", "view", "metadata", "attachments", "message")


def auth_test(room: SlackRoom, asked: Json) -> Json:
    who = {"user": PEOPLE[BOT_USER].name, "user_id": BOT_USER, "bot_id": BOT_ID, "is_enterprise_install": False}
    team = str(asked.get(CALLER) or TEAM_ID)
    return {"url": f"{room.world.settings.base_url}/demo", "team": TEAMS.get(team, team), "team_id": team, **who}


def users_info(room: SlackRoom, asked: Json) -> Json:
    person = PEOPLE.get(str(asked.get("user")))
    if person is None:
        raise SlackError("user_not_found")
    zone = room.world.settings.zone
    offset = datetime.now(ZoneInfo(zone)).utcoffset()
    is_bot = person.id == BOT_USER
    profile = {"real_name": person.real_name, "display_name": person.name}
    said: Json = {"id": person.id, "team_id": person.team, "name": person.name, "real_name": person.real_name}
    if person.id in room.strangers:
        said |= {"team_id": ELSEWHERE, "is_stranger": True}
    said |= {
        "deleted": person.id in room.gone,
        "is_bot": is_bot,
        "is_restricted": person.id in room.guests,
        "is_ultra_restricted": False,
        "profile": profile,
    }
    said |= {"tz": zone, "tz_label": zone, "tz_offset": int(offset.total_seconds()) if offset else 0}
    if asked.get("include_locale") in (True, "1", "true"):
        said["locale"] = "en-GB"
    return {"user": said}


def usergroups_users_list(room: SlackRoom, asked: Json) -> Json:
    members = room.groups.get(str(asked.get("usergroup")))
    if members is None:
        raise SlackError("no_such_subteam")
    return {"users": members}


def apps_connections_open(room: SlackRoom, asked: Json) -> Json:
    ticket = room.next_id("ticket-")
    room.delivery.tickets.add(ticket)
    origin = room.world.settings.base_url.replace("http", "ws", 1)
    return {"url": f"{origin}/sandbox/slack/socket?ticket={ticket}"}


def blocks_validate(room: SlackRoom, asked: Json) -> Json:
    """Answers in the shape of docs.slack.dev/reference/methods/blocks.validate."""
    given = [name for name in ("blocks", "message", "view") if asked.get(name) is not None]
    if len(given) != 1:
        raise SlackError("invalid_arguments")
    value = asked[given[0]]
    if given == ["message"]:
        value = value.get("blocks", []) if isinstance(value, dict) else value
    problems = check_view(value) if given == ["view"] else check_blocks(value)
    if problems:
        raise SlackError(f"invalid_{given[0]}", errors=[problem.as_error() for problem in problems])
    return {}


Method = Callable[[SlackRoom, Json], Json]
METHODS: dict[str, Method] = {
    "auth.test": auth_test,
    "users.info": users_info,
    "usergroups.users.list": usergroups_users_list,
    "apps.connections.open": apps_connections_open,
    "blocks.validate": blocks_validate,
    **web_api_chat.METHODS,
    **web_api_conversations.METHODS,
    **web_api_oauth.METHODS,
    **web_api_views.METHODS,
}


async def call(room: SlackRoom, request: Request) -> Response:
    """One call of any method."""
    name = request.path_params["method"]
    headers = {"x-oauth-scopes": ",".join(room.scopes), "x-slack-req-id": str(time.monotonic_ns())}
    try:
        asked, token = await _asked(request)
        room.heard.note(room.world.clock.now(), name, asked)
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        asked[CALLER] = _check_token(room, name, token)
        check_team(room, asked)
        if wait := room.tiers.wait_for(name):
            raise TooFast(wait)
        answer = {"ok": True, **method(room, asked)}
    except SlackError as no:
        answer = no.answer
    except TooFast as slow:
        headers["Retry-After"] = str(slow.wait)
        return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
    return JSONResponse(answer, headers=headers)


def _check_token(room: SlackRoom, method: str, token: str | None) -> str:
    """The team that calls. Raises SlackError. Some methods need no token; only opening a socket takes the app's."""
    settings = room.world.settings
    if method in ("blocks.validate", "oauth.v2.access"):
        return ""
    if not token:
        raise SlackError("not_authed")
    is_app = token == settings.slack_app_token
    team, error = ("", "") if is_app else room.installs.team_of(token)
    if error:
        raise SlackError(error)
    if (method == "apps.connections.open") != is_app:
        raise SlackError("not_allowed_token_type")
    return team


async def _asked(request: Request) -> tuple[Json, str | None]:
    """The arguments and the token. Raises SlackError for a body that cannot be read."""
    body = await request.body()
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        asked: Json = dict(form(request.url.query.encode()))
        if media == "application/json" and body:
            said = parse_json(body)
            if not isinstance(said, dict):
                raise SlackError("json_not_object")
            asked |= said
        else:
            asked |= form(body)
    except Unfit:
        raise SlackError("invalid_json" if media == "application/json" else "invalid_form_data") from None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        asked |= web_api_oauth.credentials(token)
    given = token.strip() if scheme.lower() == "bearer" else str(asked.pop("token", ""))
    asked.pop(CALLER, None)
    return {name: _structured(name, value) for name, value in asked.items()}, given or None


def _structured(name: str, value: Any) -> Any:
    if name not in STRUCTURED or not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except Unfit:
        raise SlackError("invalid_blocks_format" if name == "blocks" else "invalid_arguments") from None
