"""Carrying what people do to the bot: signed HTTP, or the Socket Mode connections while there are any.

Slack waits 3 s for an answer (docs.slack.dev/interactivity/handling-user-interaction), signs the raw body with the
signing secret (docs.slack.dev/authentication/verifying-requests-from-slack) and hands each payload to any one of the
open sockets. What the answer means for the person belongs to `answers`.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from providers.sandbox.slack_room.carried import names_of, new_log
from providers.sandbox.slack_room.heard import SaidByBot
from providers.sandbox.slack_room.people_and_places import Json
from providers.sandbox.world import World
from providers.wire import Wire

PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class How:
    """How nasty the delivery is: `retry` further copies of the same signed body, or a signature by somebody else."""

    retry: int = 0
    bad_signature: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `error` is None, or Slack's word for why nothing usable did."""

    status: int | None
    text: str = ""
    error: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


@dataclass(eq=False, slots=True)
class Socket:
    """One Socket Mode connection; `send` writes JSON to it."""

    send: Callable[[Json], Awaitable[None]]
    waiting: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)

    def acknowledge(self, said: Json) -> None:
        """Takes `{envelope_id, payload?}`; anything else is ignored, as Slack does."""
        envelope_id = said.get("envelope_id")
        future = self.waiting.pop(envelope_id, None) if isinstance(envelope_id, str) else None
        if future is not None and not future.done():
            future.set_result(said)


class Delivery:
    def __init__(self, world: World, heard: SaidByBot) -> None:
        settings = world.settings
        self.world = world
        self.patience = PATIENCE_SECONDS
        self._heard = heard
        self.sockets: list[Socket] = []
        self.tickets: set[str] = set()
        self.carried = new_log()
        self._url = f"{settings.bot_url}/slack/events"
        self._secret = settings.slack_signing_secret
        self._http: httpx.AsyncClient | None = None
        self._envelopes = count(1)

    async def command(self, fields: Json, how: How) -> list[Answer]:
        """A slash command. One answer for each time it was delivered."""
        return await self._deliver("slash_commands", fields, urlencode(fields), how)

    async def interactive(self, payload: Json, how: How) -> list[Answer]:
        """A click, a submitted form, a shortcut, a question for options."""
        return await self._deliver("interactive", payload, urlencode({"payload": json.dumps(payload)}), how)

    async def event(self, body: Json, how: How) -> list[Answer]:
        """An event_callback of the Events API."""
        return await self._deliver("events_api", body, json.dumps(body), how)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def _deliver(self, kind: str, payload: Json, body: str, how: How) -> list[Answer]:
        headers = self._headers(kind, body, how.bad_signature)
        answers = []
        for attempt in range(how.retry + 1):
            more = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
            by_socket = bool(self.sockets)
            answer = await (
                self._by_socket(kind, payload, attempt) if by_socket else self._by_http(body, headers | more)
            )
            self.world.saw("out", "slack", "SOCKET" if by_socket else "POST", "/slack/events", answer.status)
            self._heard.note(self.world.clock.now(), f"answer to {kind}", answer.text)
            said = {"by": "socket" if by_socket else "http", "kind": kind, "names": names_of(payload)}
            self.carried.append({**said, "status": answer.status})
            answers.append(answer)
        return answers

    def _headers(self, kind: str, body: str, bad_signature: bool) -> dict[str, str]:
        stamp = str(int(time.time()))
        signer = SignatureVerifier(self._secret + "?" if bad_signature else self._secret)
        signature = signer.generate_signature(timestamp=stamp, body=body) or ""
        media = "application/json" if kind == "events_api" else "application/x-www-form-urlencoded"
        return {"Content-Type": media, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}

    async def _by_http(self, body: str, headers: dict[str, str]) -> Answer:
        if self._http is None:
            self._http = httpx.AsyncClient(trust_env=False, transport=Wire())
        try:
            async with asyncio.timeout(self.patience):
                said = await self._http.post(self._url, content=body, headers=headers, timeout=None)
        except TimeoutError:
            return Answer(None, error="operation_timeout")
        except httpx.HTTPError:
            return Answer(None, error="dispatch_failed")
        return Answer(said.status_code, said.text, None if said.is_success else "dispatch_failed")

    async def _by_socket(self, kind: str, payload: Json, attempt: int) -> Answer:
        socket = self.sockets.pop(0)
        self.sockets.append(socket)
        envelope: Json = {"type": kind, "envelope_id": f"envelope-{next(self._envelopes)}", "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        socket.waiting[envelope["envelope_id"]] = future
        try:
            async with asyncio.timeout(self.patience):
                await socket.send(envelope)
                said = (await future).get("payload")
        except (TimeoutError, RuntimeError, OSError):
            return Answer(None, error="operation_timeout")
        finally:
            socket.waiting.pop(envelope["envelope_id"], None)
        return Answer(200, "" if not said else said if isinstance(said, str) else json.dumps(said))
