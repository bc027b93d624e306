"""The page where somebody agrees to install an app in a workspace, and removing it there again.

`GET /sandbox/slack/oauth/v2/authorize` is what slack.com/oauth/v2/authorize is to an app. With `team` (Slack's own
parameter) it sends the browser back at once, `cancel=1` as somebody who changed their mind; without, people choose.
"""

import html
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from providers.sandbox.asked import Json, Unfit, word
from providers.sandbox.slack_room import payloads
from providers.sandbox.slack_room.installs import ORGANISATION, installer_of
from providers.sandbox.slack_room.people import how, outcome
from providers.sandbox.slack_room.people_and_places import BOT_USER, PEOPLE, TEAMS
from providers.sandbox.slack_room.room import SlackRoom


def authorize(room: SlackRoom, request: Request) -> Response:
    asked = dict(request.query_params)
    if asked.get("client_id") != room.world.settings.slack_client_id:
        return _page("There is no app with this client_id.", 400)
    if not asked.get("redirect_uri") or not asked.get("scope"):
        return _page("An app has to say redirect_uri and scope.", 400)
    team = asked.get("team")
    if not team:
        return _page("", 200, _choices(request))
    if team not in TEAMS and team != ORGANISATION:
        return _page("There is no such workspace.", 404)
    back = {"state": asked.get("state", "")}
    if asked.get("cancel"):
        back = {"error": "access_denied", **back}
    else:
        user = asked.get("user") if asked.get("user") in PEOPLE else installer_of(team)
        back = {"code": room.installs.agreed(team, str(user), asked["redirect_uri"]), **back}
    return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)


def _choices(request: Request) -> str:
    places = {**TEAMS, ORGANISATION: "the whole organisation"}
    lines = [
        f'<li><a href="{html.escape(str(request.url.include_query_params(team=team)))}">{html.escape(name)}</a></li>'
        for team, name in places.items()
    ]
    first = next(iter(TEAMS))
    cancel = html.escape(str(request.url.include_query_params(team=first, cancel="1")))
    return f'<p>Install the app in:</p><ul>{"".join(lines)}</ul><p><a href="{cancel}">Cancel</a></p>'


def _page(words: str, status: int, more: str = "") -> Response:
    said = f"<p>{html.escape(words)}</p>" if words else ""
    return HTMLResponse(f'<!doctype html><meta charset="utf-8"><title>Sandbox Slack</title>{said}{more}\n', status)


async def uninstall(room: SlackRoom, asked: Json) -> Json:
    """`{"team"}`: an admin removes the app; its tokens stop working, and the bot is told in two events."""
    team = _team(asked)
    room.installs.remove(team)
    tokens: Json = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}, "event_ts": room.next_ts()}
    gone: Json = {"type": "app_uninstalled", "event_ts": room.next_ts()}
    reported = [
        answer
        for event in (tokens, gone)
        for answer in await room.delivery.event(payloads.event_callback(room, event, team), how(asked))
    ]
    return outcome(reported) | {"events": [answer.status for answer in reported]}


async def expire(room: SlackRoom, asked: Json) -> Json:
    """`{"team"}`: all tokens of this team end now, without a word."""
    room.installs.end(_team(asked))
    return {"ok": True}


def _team(asked: Json) -> str:
    team = word(asked, "team")
    if team not in TEAMS:
        raise Unfit(f"There is no workspace {team[:80]!r}.", 404)
    return team
