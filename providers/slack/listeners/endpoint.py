"""Slack's one route. The signature is checked here, before anything is believed, and what is no Slack request gets a
sentence and a 4xx; everything else goes to Bolt."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

import structlog
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.domain.signs import is_id

log = structlog.get_logger()


class SlackEndpoint:
    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._handler = AsyncSlackRequestHandler(app)
        self._verifier = SignatureVerifier(signing_secret)
        self._secret = signing_secret

    def routes(self) -> list[BaseRoute]:
        """None without a secret (Socket Mode alone): nothing would tell Slack from anybody else."""
        return [] if not self._secret else [Route("/slack/events", self.events, methods=["POST"])]

    async def events(self, request: Request) -> Response:
        body = await request.body()
        if not self._signed(request, body):
            return PlainTextResponse("The signature does not fit.", 401)
        error = _unreadable(request.headers.get("content-type", ""), body)
        if error:
            return PlainTextResponse(error, 400)
        try:
            return await self._handler.handle(request)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            log.warning("Bolt could not read a request", error=type(error).__name__)
            return PlainTextResponse("This is no Slack request.", 400)

    def _signed(self, request: Request, body: bytes) -> bool:
        """Slack's v0 signature, at most five minutes old (docs.slack.dev/authentication/verifying-requests)."""
        stamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        # The SDK raises for a timestamp that is no number, and the answer would be 500 (facts/slack-twilio.md §1.1).
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 15 and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(body, stamp, signature)
        except UnicodeDecodeError:
            return False


def _unreadable(content_type: str, body: bytes) -> str:
    """Why this cannot be a request of Slack's, in one sentence; empty when it can."""
    fields: dict[str, Any] = {}
    try:
        text = body.decode()
        if content_type.startswith("application/json"):
            return _wrong(json.loads(text))
        fields = parse_qs(text, keep_blank_values=True)
        if "payload" in fields:
            return _wrong(json.loads(fields["payload"][0]))
    except (ValueError, RecursionError):
        return "This body cannot be read."
    named = all(name in fields for name in ("command", "user_id", "trigger_id"))
    ids = [value for name in _IDS_OF_COMMANDS for value in fields.get(name, ())]
    return "" if named and all(is_id(each) or not each for each in ids) else "This is no Slack request."


_SHAPE = {
    "block_actions": ("user", "actions", "trigger_id"),
    "view_submission": ("user", "view"),
    "view_closed": ("user", "view"),
    "shortcut": ("user", "trigger_id"),
    "message_action": ("user", "trigger_id", "message"),
    "block_suggestion": ("user", "action_id"),
}


def _wrong(payload: object) -> str:
    if not isinstance(payload, dict) or not all(is_id(each) or not each for each in _ids(payload)):
        return "This is no Slack request."
    kind = payload.get("type")
    if kind in ("url_verification", "event_callback"):
        return "" if kind == "url_verification" or isinstance(payload.get("event"), dict) else "This event is empty."
    needed = _SHAPE.get(str(kind))
    if needed is None or any(name not in payload for name in needed) or not _names(payload["user"], "id"):
        return "This interaction cannot be read."
    answerable = "view" in payload or isinstance(payload.get("response_url"), str)  # a click in a view has none
    if kind == "block_actions" and not (payload["actions"] and answerable):
        return "This interaction cannot be read."
    view = payload.get("view")
    if "view" in needed and not (isinstance(view, dict) and isinstance(view.get("type"), str)):
        return "This view cannot be read."
    actions = payload.get("actions", [])
    readable = isinstance(actions, list) and all(_names(action, "action_id") for action in actions)
    return "" if readable else "This interaction cannot be read."


_IDS_OF_COMMANDS = ("user_id", "team_id", "channel_id", "trigger_id")


def _ids(payload: Mapping[str, Any]) -> Iterator[str]:
    """What is looked up or kept as an id: in one of these no sign can be replaced."""
    parts = [payload.get(name) for name in ("user", "team", "channel", "view")]
    named = [part.get("id") for part in parts if isinstance(part, dict)]
    yield from (
        each for each in (*named, *map(payload.get, ("trigger_id", "event_id", "team_id"))) if isinstance(each, str)
    )


def _names(part: object, name: str) -> bool:
    return isinstance(part, dict) and isinstance(part.get(name), str)
