"""What Twilio does after it has accepted a message: it walks on by itself, and tells the StatusCallback.

Signed form posts (twilio.com/docs/usage/webhooks/webhooks-security), best effort: a refused connection is tried once
more, out of order or doubled where the knobs say so. Only loopback and the bot's own host are ever called.
"""

import asyncio
import logging
from urllib.parse import urldefrag, urlsplit

import httpx
from twilio.request_validator import RequestValidator

from providers.sandbox.twilio_room.room import API_VERSION, Json, TwilioMessage, TwilioRoom
from providers.sandbox.world import is_loopback
from providers.wire import Wire

LOG = logging.getLogger(__name__)
LIMITS = httpx.Timeout(15, connect=5)
UNDELIVERED = 30003


class Callbacks:
    """The walks under way and the one HTTP client; `close` ends both."""

    def __init__(self, room: TwilioRoom) -> None:
        self.room = room
        self._walks: set[asyncio.Task[None]] = set()
        self._http: httpx.AsyncClient | None = None

    def start(self, message: TwilioMessage) -> None:
        walk = self.room.world.start(self._walk(message))
        self._walks.add(walk)
        walk.add_done_callback(self._walks.discard)

    async def close(self) -> None:
        for walk in (walks := list(self._walks)):
            walk.cancel()
        await asyncio.gather(*walks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()

    async def post(self, url: str, fields: dict[str, str], *, bad_signature: bool = False) -> httpx.Response:
        """One signed form post. Raises httpx.HTTPError."""
        token = self.room.world.settings.twilio_auth_token + ("?" if bad_signature else "")
        target = urldefrag(url).url
        headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(target, fields)}
        headers["I-Twilio-Idempotency-Token"] = fields.get("MessageSid", "")
        if self._http is None:
            self._http = httpx.AsyncClient(trust_env=False, timeout=LIMITS, transport=Wire())
        path, status = urlsplit(target).path, None
        try:
            said = await self._http.post(target, data=fields, headers=headers)
            status = said.status_code
        finally:
            self.room.world.saw("out", "twilio", "POST", path, status)
        return said

    async def _walk(self, message: TwilioMessage) -> None:
        held: list[dict[str, str]] = []
        await self._tell(message, held)
        for status in ("queued", "sent", "delivered") if message.status == "accepted" else ("sent", "delivered"):
            await asyncio.sleep(self.room.controls.step_seconds)
            lost = self.room.outcome(message.to, refusals=False) if status == "delivered" else 0
            if lost:
                self.room.become(message, "undelivered", lost)
            elif status == "delivered" and self.room.world.faults.hits("twilio", "undelivered"):
                self.room.become(message, "undelivered", UNDELIVERED)
            else:
                self.room.become(message, status)
            await self._tell(message, held)
        for fields in reversed(held):
            await self._send(message, fields)

    async def _tell(self, message: TwilioMessage, held: list[dict[str, str]]) -> None:
        fields = callback_fields(message)
        if self.room.controls.shuffle_callbacks:
            held.append(fields)
        else:
            await self._send(message, fields)

    async def _send(self, message: TwilioMessage, fields: dict[str, str]) -> None:
        controls = self.room.controls
        if message.callback is None or controls.drop_callbacks:
            return
        for _ in range(2 if controls.double_callbacks else 1):
            await self._try_twice(message, message.callback, fields)

    async def _try_twice(self, message: TwilioMessage, url: str, fields: dict[str, str]) -> None:
        if not self.may_call(url):
            LOG.warning("sandbox: the status callback of %s leaves this machine and is not called", message.sid)
            return
        for _ in range(2):
            try:
                said = await self.post(url, fields)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                LOG.info("sandbox: status callback of %s failed: %s", message.sid, type(error).__name__)
                if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    continue
            else:
                if not said.is_success:
                    LOG.info("sandbox: status callback of %s was answered with %s", message.sid, said.status_code)
            return

    def may_call(self, url: str) -> bool:
        """Nothing here reaches beyond this machine and the bot."""
        return is_loopback(url) or urlsplit(url).hostname == urlsplit(self.room.world.settings.bot_url).hostname


def callback_fields(message: TwilioMessage) -> dict[str, str]:
    """The form of a status callback (twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks)."""
    fields: Json = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageStatus": message.status,
        "SmsStatus": message.status,
        "To": message.to,
        "From": message.sender,
        "AccountSid": message.account,
        "ApiVersion": API_VERSION,
        "MessagingServiceSid": message.service,
        "ErrorCode": str(message.error) if message.error else None,
    }
    if message.status in ("delivered", "undelivered") and message.updated is not None:
        fields["RawDlrDoneDate"] = message.updated.strftime("%y%m%d%H%M")
    return {name: value for name, value in fields.items() if value is not None}
