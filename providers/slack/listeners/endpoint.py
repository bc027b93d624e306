"""Slack's one route. The signature is checked here, before anything is believed, and what is no Slack request gets a
sentence and a 4xx; everything else goes to Bolt, as it was read here: read twice, a body could be two."""

import json
from asyncio import to_thread
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

import structlog
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.domain.signs import is_id

log = structlog.get_logger()

READ_BESIDE = 50_000
"""Bytes: a form that is longer is read beside the loop, which stood still for a tenth of a second for the longest."""


class _Unreadable(Exception):
    """Why this cannot be a request of Slack's, in one sentence."""


class SlackEndpoint:
    def __init__(self, app: AsyncApp, signing_secret: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)
        self._secret = signing_secret

    def routes(self) -> list[BaseRoute]:
        """None without a secret (Socket Mode alone): nothing would tell Slack from anybody else."""
        return [] if not self._secret else [Route("/slack/events", self.events, methods=["POST"])]

    async def events(self, request: Request) -> Response:
        body = await request.body()
        if not self._signed(request, body):
            return PlainTextResponse("The signature does not fit.", 401)
        kind = request.headers.get("content-type", "")
        try:
            said = await to_thread(_read, kind, body) if len(body) > READ_BESIDE else _read(kind, body)
        except _Unreadable as unreadable:
            return PlainTextResponse(str(unreadable), 400)
        try:
            # As if by socket, which gives a body that was read: Bolt verifies no signature in either way.
            answer = await self._app.async_dispatch(AsyncBoltRequest(body=said, mode="socket_mode"))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            log.warning("Bolt could not read a request", error=type(error).__name__)
            return PlainTextResponse("This is no Slack request.", 400)
        return to_starlette_response(answer)

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


def _read(content_type: str, body: bytes) -> dict[str, Any]:
    """A command's fields, or what an interaction or an event says. Raises _Unreadable."""
    try:
        text = body.decode()
        if content_type.startswith("application/json"):
            return _payload(json.loads(text))
        fields = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" in fields:
            return _payload(json.loads(fields["payload"]))
    except (ValueError, RecursionError):
        raise _Unreadable("This body cannot be read.") from None
    named = all(name in fields for name in ("command", "user_id", "trigger_id"))
    ids = [fields[name] for name in _IDS_OF_COMMANDS if name in fields]
    if not named or not all(is_id(each) or not each for each in ids):
        raise _Unreadable("This is no Slack request.")
    return fields


def _payload(said: Any) -> dict[str, Any]:
    wrong = _wrong(said)
    if wrong:
        raise _Unreadable(wrong)
    checked: dict[str, Any] = said
    return checked


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
