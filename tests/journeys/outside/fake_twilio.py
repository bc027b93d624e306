"""Twilio's Messages API as its documentation has it: form in, JSON out, no idempotency key."""

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.journeys.outside.http_fake import Answer, Heard, HttpFake


@dataclass(frozen=True)
class Sent:
    """A text that Twilio has taken."""

    sid: str
    to: str
    body: str
    status_callback: str
    payload: dict[str, Any]


class FakeTwilio(HttpFake):
    def __init__(self, account_sid: str, auth_token: str, sender: str) -> None:
        super().__init__()
        self._account = f"/2010-04-01/Accounts/{account_sid}"
        self._account_sid = account_sid
        self._credentials = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._sender = sender
        self.sent: list[Sent] = []
        self.bad_numbers: dict[str, int] = {}
        """To whom no text goes, and the error code that says so."""

    @property
    def messages_path(self) -> str:
        return f"{self._account}/Messages.json"

    def texts_to(self, phone: str) -> list[Sent]:
        with self.quiet():
            return [text for text in self.sent if text.to == phone]

    def answer(self, heard: Heard) -> Answer:
        if heard.headers.get("authorization") != f"Basic {self._credentials}":
            return _error(401, 20003, "Authentication Error - invalid username")
        if heard.path == f"{self._account}.json" and heard.method == "GET":
            return Answer(200, {"sid": self._account_sid, "status": "active", "friendly_name": "House of tests"})
        if heard.path == self.messages_path and heard.method == "POST":
            return self._send(heard)
        if heard.path == self.messages_path and heard.method == "GET":
            return self._list(heard)
        return _error(404, 20404, f"The requested resource {heard.path} was not found")

    def _send(self, heard: Heard) -> Answer:
        to, body = str(heard.fields.get("To", "")), str(heard.fields.get("Body", ""))
        if to in self.bad_numbers:
            return _error(400, self.bad_numbers[to], f"Invalid 'To' Phone Number: {to}")
        if not to.startswith("+") or not to[1:].isdigit():
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not body:
            return _error(400, 21602, "Message body is required")
        if heard.fields.get("From") != self._sender:
            return _error(400, 21606, "The From phone number is not a valid, SMS-capable number of yours")
        payload = self._message(f"SM{uuid.uuid4().hex}", to, body)
        self.sent.append(Sent(payload["sid"], to, body, str(heard.fields.get("StatusCallback", "")), payload))
        return Answer(201, payload)

    def _list(self, heard: Heard) -> Answer:
        """Newest first, by the number they went to. Filters by DateSent do not see a text that still waits."""
        to = heard.fields.get("To")
        size = int(heard.fields.get("PageSize", 50))
        dated = any(name.startswith("DateSent") for name in heard.fields)
        fits = [] if dated else [s.payload for s in reversed(self.sent) if to in (None, s.to)]
        uri = f"{self._account}/Messages.json?PageSize={size}"
        pages = {"page": 0, "page_size": size, "start": 0, "end": len(fits), "uri": uri}
        links = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None}
        return Answer(200, {"messages": fits[:size], **pages, **links})

    def _message(self, sid: str, to: str, body: str) -> dict[str, Any]:
        now = format_datetime(datetime.now(UTC).replace(microsecond=0))
        return {
            "sid": sid,
            "account_sid": self._account_sid,
            "api_version": "2010-04-01",
            "body": body,
            "from": self._sender,
            "to": to,
            "status": "queued",
            "direction": "outbound-api",
            "num_segments": "1",
            "num_media": "0",
            "date_created": now,
            "date_updated": now,
            "date_sent": None,
            "error_code": None,
            "error_message": None,
            "messaging_service_sid": None,
            "price": None,
            "price_unit": "USD",
            "uri": f"{self._account}/Messages/{sid}.json",
            "subresource_uris": {"media": f"{self._account}/Messages/{sid}/Media.json"},
        }


def _error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})
