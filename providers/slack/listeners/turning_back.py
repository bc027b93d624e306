"""What somebody reads where no listener may run: one sentence, wherever there is a place for it."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from providers.slack.client import web_client
from providers.slack.listeners.answering import also_told, soon
from providers.slack.listeners.elements import section
from providers.slack.listeners.form import done_view
from providers.slack.registry import HOME_OPENED

TITLE = "Nothing was done"


def event_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    event = body.get("event")
    return event if isinstance(event, Mapping) else {}


async def turned_back(
    context: AsyncBoltContext, body: Mapping[str, Any], respond: AsyncRespond, words: str, token: str = ""
) -> BoltResponse:
    """Always 200: a command or a form shows the words itself; for anything else they go beside, if there is a way.
    `token`: of the workspace that it came from, where we have one."""
    if "command" in body:
        return BoltResponse(status=200, body=words)
    if body.get("type") == "view_submission":
        return BoltResponse(status=200, body={"response_action": "update", "view": done_view(words, TITLE)})
    if body.get("type") == "block_suggestion":
        return BoltResponse(status=200, body={"options": []})
    shown = await _shown(context, body, words, token) if token else False
    if not shown and context.response_url:
        await also_told(respond, words)
    return BoltResponse(status=200, body="")


async def _shown(context: AsyncBoltContext, body: Mapping[str, Any], words: str, token: str) -> bool:
    """In the Home tab, or a window of its own, with the token of their workspace; False where it has another place."""
    client, view, user = _client(context, token), body.get("view"), str(context.user_id or "")
    at_home = isinstance(view, Mapping) and view.get("type") == "home"
    if user and (at_home or event_of(body).get("type") == HOME_OPENED):
        home = {"type": "home", "blocks": [section(words)]}
        return await soon(client.views_publish(user_id=user, view=home))
    if body.get("type") in ("shortcut", "message_action"):
        trigger = str(body.get("trigger_id") or "")
        return await soon(client.views_open(trigger_id=trigger, view=done_view(words, TITLE)))
    if body.get("type") == "block_actions" and isinstance(view, Mapping):
        view_id = str(view.get("id") or "")
        return await soon(client.views_update(view_id=view_id, view=done_view(words, TITLE)))
    return False


def _client(context: AsyncBoltContext, token: str) -> AsyncWebClient:
    web = context.client
    if web is None or web.session is None:
        raise RuntimeError("Bolt gives every request a client with our session")
    return web_client(token, api_url=web.base_url, session=web.session)
