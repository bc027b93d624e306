"""Webhooks: who is told of which events, signed and delivered as Svix does it for Seam.

Sources: Seam's webhook guide (the body is the bare event), Svix's documentation of signatures and retries; the pauses
between tries are shortened. Only loopback addresses are ever called.
"""

import asyncio
import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from providers.sandbox.asked import Json
from providers.sandbox.world import World, is_loopback
from providers.wire import Wire

PAUSES = (0, 1, 5, 30)  # seconds before each try
DEADLINE_SECONDS = 10.0
EVERYTHING = "*"


@dataclass(slots=True)
class WebhookEndpoint:
    webhook_id: str
    url: str
    secret: str = field(repr=False)
    event_types: list[str] = field(default_factory=lambda: [EVERYTHING])

    def wants(self, kind: str) -> bool:
        return EVERYTHING in self.event_types or kind in self.event_types

    def public(self) -> Json:
        return {
            "webhook_id": self.webhook_id,
            "url": self.url,
            "event_types": self.event_types,
            "secret": self.secret,
        }


class WebhookSender:
    """Delivers in the background, in no promised order; a delivery that is not answered with 2xx comes again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False
        self._http = httpx.AsyncClient(timeout=DEADLINE_SECONDS, trust_env=False, transport=Wire())
        bot = f"{world.settings.bot_url}/seam/webhooks"
        self.subscriptions = {"ep_bot": WebhookEndpoint("ep_bot", bot, world.settings.seam_webhook_secret)}

    def subscribe(self, url: str, event_types: list[str]) -> WebhookEndpoint:
        webhook_id = f"ep_{uuid4().hex[:24]}"
        secret = f"whsec_{b64encode(sha256(webhook_id.encode()).digest()[:24]).decode()}"
        self.subscriptions[webhook_id] = WebhookEndpoint(webhook_id, url, secret, event_types)
        return self.subscriptions[webhook_id]

    def send(self, event: Json) -> None:
        """Must be called in the server's event loop if anybody is to be told. After `close` nobody is told: a PIN may
        still come due."""
        if self._closed:
            return
        for one in self.subscriptions.values():
            if one.wants(event["event_type"]) and is_loopback(one.url):
                task = self._world.start(self._deliver(one, json.dumps(event)))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        self._closed = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._http.aclose()

    async def _deliver(self, to: WebhookEndpoint, body: str) -> None:
        message_id = f"msg_{uuid4().hex}"
        for pause in PAUSES:
            await asyncio.sleep(pause)
            if await self._try(to, message_id, body):
                return

    async def _try(self, to: WebhookEndpoint, message_id: str, body: str) -> bool:
        """The timestamp is real time: receivers refuse what is more than 5 minutes off, and do not know our clock."""
        at = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "svix-id": message_id,
            "svix-timestamp": str(int(at.timestamp())),
            "svix-signature": Webhook(to.secret).sign(message_id, at, body),
        }
        try:
            answer = await self._http.post(to.url, content=body, headers=headers)
        except httpx.HTTPError:
            status = None
        else:
            status = answer.status_code
        self._world.saw("out", "seam", "POST", urlsplit(to.url).path, status)
        return status is not None and 200 <= status < 300
