"""Twilio's Messages API, as the official SDK calls it: create, list, fetch, redact, delete; and the account itself.

Errors: twilio.com/docs/api/errors, as `{"code", "message", "more_info", "status"}`. Magic numbers as with Twilio's test
credentials: +15005550001 is no number, +15005550007 cannot be reached. List filters are what twilio-python 9.13 sends:
To, From, DateSent, `DateSent<`, `DateSent>` (both inclusive; a day or an instant), PageSize, Page, PageToken. A message
that is not sent yet is filtered by its creation (not documented by Twilio, and the kinder reading).
"""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox.asked import Unfit, form
from providers.sandbox.twilio_room.callbacks import Callbacks
from providers.sandbox.twilio_room.room import API_VERSION, FINAL, NUMBER, Json, TwilioMessage, TwilioRoom, rfc2822

MOST_CHARACTERS = 1600
LONGEST_VALIDITY = 36_000
MAGIC = {"+15005550001": 21211, "+15005550007": 21612}
WORDS = {
    20003: "Authenticate",
    20004: "Method not allowed",
    20009: "Cannot change this resource before it is complete",
    20404: "The requested resource was not found",
    21211: "Invalid 'To' Phone Number",
    21266: "'To' and 'From' number cannot be the same",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number is not a valid, SMS-capable inbound phone number for your account.",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number via SMS.",
    21910: "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21701: "The Messaging Service does not exist.",
    20001: "Invalid parameter",
}
STATUS = {20003: 401, 20004: 405, 20009: 409, 20404: 404}


class TwilioError(Exception):
    """A refusal with Twilio's code."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(str(code))
        self.status = STATUS.get(code, 400)
        words = WORDS.get(code, "The message cannot be sent")
        message = f"{words}: {detail}" if detail else words
        self.body: Json = {"code": code, "message": message, "status": self.status}
        self.body["more_info"] = f"https://www.twilio.com/docs/errors/{code}"


class MessagesApi:
    def __init__(self, room: TwilioRoom, callbacks: Callbacks) -> None:
        self.room = room
        self.callbacks = callbacks

    async def account(self, request: Request) -> Response:
        """GET /Accounts/{sid}.json"""
        self._check_account(request)
        sid, now = self.room.world.settings.twilio_account_sid, rfc2822(self.room.now())
        uri = f"/{API_VERSION}/Accounts/{sid}.json"
        said = {"sid": sid, "friendly_name": "Sandbox", "status": "active", "type": "Full", "uri": uri}
        return JSONResponse({**said, "owner_account_sid": sid, "date_created": now, "date_updated": now})

    async def messages(self, request: Request) -> Response:
        """POST creates, GET lists."""
        self._check_account(request)
        if request.method == "GET":
            return JSONResponse(self._list(_fields(request.url.query.encode())))
        message = self._create(_fields(await request.body()))
        said = message.wire()
        self.callbacks.start(message)
        return JSONResponse(said, 201)

    async def message(self, request: Request) -> Response:
        """GET, POST (redaction with an empty Body) and DELETE of one message."""
        self._check_account(request)
        message = self.room.messages.get(request.path_params["message"])
        if message is None or message.deleted:
            raise TwilioError(20404)
        if request.method == "GET":
            return JSONResponse(message.wire())
        fields = _fields(await request.body())
        if request.method == "POST" and fields.get("Body") != "":
            raise TwilioError(20001, "Body can only be emptied")
        if message.status not in FINAL:
            raise TwilioError(20009)
        if request.method == "DELETE":
            message.deleted = True
            return Response(status_code=204)
        message.body, message.updated = "", self.room.now()
        return JSONResponse(message.wire())

    def checked(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint of this account behind its credentials."""

        async def endpoint(request: Request) -> Response:
            self._check_account(request)
            return await handler(request)

        return endpoint

    def _check_account(self, request: Request) -> None:
        """HTTP Basic with the account's sid and token. Raises TwilioError."""
        settings = self.room.world.settings
        expected = f"{settings.twilio_account_sid}:{settings.twilio_auth_token}".encode()
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            known = hmac.compare_digest(base64.b64decode(given), expected)
        except (binascii.Error, ValueError):
            known = False
        if scheme.lower() != "basic" or not known:
            raise TwilioError(20003)
        if request.path_params["account"] != settings.twilio_account_sid:
            raise TwilioError(20404)

    def _create(self, fields: dict[str, str]) -> TwilioMessage:
        to, body, service = fields.get("To", ""), fields.get("Body", ""), fields.get("MessagingServiceSid") or None
        self._check_message(to, body, service, fields)
        settings = self.room.world.settings
        status, known = ("accepted", False) if service else ("queued", True)
        message = TwilioMessage(
            self.room.next_sid(),
            settings.twilio_account_sid,
            fields.get("From") or settings.twilio_from,
            to,
            body,
            "outbound-api",
            status,
            self.room.now(),
            service=service,
            callback=fields.get("StatusCallback") or None,
            sender_known=known,
            validity=int(fields["ValidityPeriod"]) if fields.get("ValidityPeriod") else None,
        )
        return self.room.keep(message)

    def _check_message(self, to: str, body: str, service: str | None, fields: dict[str, str]) -> None:
        """In the order in which Twilio looks. Raises TwilioError."""
        if not to:
            raise TwilioError(21604)
        if not service and not fields.get("From"):
            raise TwilioError(21603)
        if not body:
            raise TwilioError(21602)
        if not NUMBER.fullmatch(to.rpartition(":")[2]) or to in MAGIC:
            raise TwilioError(MAGIC.get(to, 21211), to)
        self._check_sender(to, service, fields.get("From"))
        if len(body) > MOST_CHARACTERS:
            raise TwilioError(21617)
        _check_extras(fields)
        phone = self.room.phone(to)
        if self.room.world.faults.hits("twilio", "opt_out"):
            phone.opted_out = True
        if phone.opted_out:
            raise TwilioError(21610)
        if refused := self.room.outcome(to, refusals=True):
            raise TwilioError(refused)

    def _check_sender(self, to: str, service: str | None, sender: str | None) -> None:
        if service and not (service.startswith("MG") and len(service) == 34):
            raise TwilioError(21701)
        settings = self.room.world.settings
        channel, _, number = (sender or "").rpartition(":")
        if channel != to.rpartition(":")[0]:
            raise TwilioError(21910)
        if sender and number not in (settings.twilio_from, settings.twilio_fallback_from, "+15005550006"):
            raise TwilioError(21606, sender)
        if sender == to:
            raise TwilioError(21266)

    def _list(self, query: dict[str, str]) -> Json:
        bounds = {name: _span(query[name]) for name in ("DateSent", "DateSent<", "DateSent>") if query.get(name)}
        found = [m for m in reversed(self.room.messages.values()) if _matches(m, query) and _within(m, bounds)]
        size, page = _whole(query, "PageSize", 50, 1, 1000), _whole(query, "Page", 0, 0, 10**6)
        start = page * size
        shown = found[start : start + size]
        here = f"/{API_VERSION}/Accounts/{self.room.world.settings.twilio_account_sid}/Messages.json"
        kept = {name: value for name, value in query.items() if name not in ("Page", "PageToken", "PageSize")}

        def uri(number: int) -> str:
            return f"{here}?{urlencode({**kept, 'PageSize': size, 'Page': number, 'PageToken': f'PA{number}'})}"

        said: Json = {"messages": [message.wire() for message in shown], "page": page, "page_size": size}
        said |= {"start": start, "end": start + max(0, len(shown) - 1), "uri": uri(page), "first_page_uri": uri(0)}
        said["next_page_uri"] = uri(page + 1) if len(found) > start + size else None
        said["previous_page_uri"] = uri(page - 1) if page else None
        return said


def answering_as_twilio(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint whose TwilioError becomes its HTTP answer."""

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except TwilioError as no:
            return JSONResponse(no.body, no.status)

    return endpoint


def _fields(raw: bytes) -> dict[str, str]:
    try:
        return form(raw)
    except Unfit as no:
        raise TwilioError(20001, no.sentence) from None


def _check_extras(fields: dict[str, str]) -> None:
    url = fields.get("StatusCallback")
    if url and not _is_web_address(url):
        raise TwilioError(21609, url)
    _whole(fields, "ValidityPeriod", LONGEST_VALIDITY, 1, LONGEST_VALIDITY)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        return False


def _whole(fields: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    given = fields.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) < 10 and least <= int(given) <= most):
        raise TwilioError(20001, f"{name} must be a whole number from {least} to {most}")
    return int(given)


def _matches(message: TwilioMessage, query: dict[str, str]) -> bool:
    ends = (("To", message.to), ("From", message.sender))
    return not message.deleted and all(query.get(name) in (None, "", value) for name, value in ends)


def _within(message: TwilioMessage, bounds: dict[str, tuple[datetime, datetime]]) -> bool:
    moment = (message.sent or message.created).replace(microsecond=0)
    return all(
        (name == "DateSent<" or moment >= first) and (name == "DateSent>" or moment < end)
        for name, (first, end) in bounds.items()
    )


def _span(given: str) -> tuple[datetime, datetime]:
    """The day or the second meant. Raises TwilioError."""
    for shape, length in (("%Y-%m-%dT%H:%M:%SZ", timedelta(seconds=1)), ("%Y-%m-%d", timedelta(days=1))):
        try:
            first = datetime.strptime(given, shape).replace(tzinfo=UTC)
            return first, first + length
        except (ValueError, OverflowError):
            continue
    raise TwilioError(20001, f"not a date: {given}")
