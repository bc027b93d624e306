"""The carrier's memory: messages as Twilio keeps them, and what lies on people's phones, which nobody can take back.

A text lands on its phone when it is delivered, not before. Deleting or redacting a message at Twilio changes nothing
on the phone. Requests, signatures and callbacks do not belong here.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from itertools import count
from typing import Any, Literal

from providers.sandbox.twilio_room.segments import segments
from providers.sandbox.world import World

Json = dict[str, Any]
API_VERSION = "2010-04-01"
FINAL = ("delivered", "undelivered", "failed", "received", "canceled")
FIRST_ON_THE_WAY = 30_000
NUMBER = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(slots=True)
class TwilioMessage:
    """One Twilio Message resource. `accepted_body` is what was sent, whatever is redacted later."""

    sid: str
    account: str
    sender: str
    to: str
    body: str
    direction: Literal["outbound-api", "outbound-reply", "inbound"]
    status: str
    created: datetime
    service: str | None = None
    callback: str | None = None
    sender_known: bool = True
    accepted_body: str = ""
    updated: datetime | None = None
    sent: datetime | None = None
    error: int | None = None
    deleted: bool = False
    validity: int | None = None

    def __post_init__(self) -> None:
        self.accepted_body = self.body

    @property
    def uri(self) -> str:
        return f"/{API_VERSION}/Accounts/{self.account}/Messages/{self.sid}.json"

    def wire(self) -> Json:
        """As the Messages API shows it: numbers are strings, dates RFC 2822. Until a service has picked a sender,
        `from` is null and `num_segments` is '0' (twilio.com/docs/messaging/api/message-resource).
        """
        known = self.sender_known
        return {
            "sid": self.sid,
            "account_sid": self.account,
            "messaging_service_sid": self.service,
            "from": self.sender if known else None,
            "to": self.to,
            "body": self.body,
            "status": self.status,
            "direction": self.direction,
            "num_segments": str(segments(self.accepted_body)) if known else "0",
            "num_media": "0",
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated or self.created),
            "date_sent": rfc2822(self.sent) if self.sent else None,
            "error_code": self.error,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": API_VERSION,
            "uri": self.uri,
            "subresource_uris": {"media": self.uri.replace(".json", "/Media.json")},
        }


@dataclass(slots=True)
class PhoneText:
    """What a phone shows."""

    at: datetime
    sender: str
    body: str
    direction: Literal["received", "sent"]
    message: TwilioMessage | None

    def seen(self) -> Json:
        said: Json = {"at": self.at.isoformat(), "from": self.sender, "body": self.body, "direction": self.direction}
        status = self.message.status if self.message else "delivered"
        sid = self.message.sid if self.message else None
        return said | {"status": status, "sid": sid, "segments": segments(self.body)}


@dataclass(slots=True)
class Handset:
    number: str
    texts: list[PhoneText] = field(default_factory=list)
    opted_out: bool = False

    def seen(self) -> Json:
        return {"phone": self.number, "texts": [text.seen() for text in self.texts], "opted_out": self.opted_out}


@dataclass(slots=True)
class Controls:
    """How the carrier misbehaves. `step_seconds` is the real time between two states."""

    shuffle_callbacks: bool = False
    double_callbacks: bool = False
    drop_callbacks: bool = False
    step_seconds: float = 0.05


class TwilioRoom:
    def __init__(self, world: World) -> None:
        self.world = world
        self.controls = Controls()
        self.sms_url = f"{world.settings.bot_url}/twilio/sms"
        self.outcomes: dict[str, list[int]] = {}
        self.messages: dict[str, TwilioMessage] = {}
        self.phones: dict[str, Handset] = {}
        self._numbers = count(1)

    def now(self) -> datetime:
        return self.world.clock.now()

    def outcome(self, number: str, *, refusals: bool) -> int:
        """Twilio's error code that is next in line for this number, and 0 where all goes well. Codes below 30000
        refuse a text at once (`refusals`), the others lose it on the way."""
        line = self.outcomes.get(number, [])
        if not line or (0 < line[0] < FIRST_ON_THE_WAY) is not refusals:
            return 0
        return line.pop(0)

    def phone(self, address: str) -> Handset:
        """Of a number, on whatever channel: `whatsapp:+…` is the same phone."""
        number = address.rpartition(":")[2]
        return self.phones.setdefault(number, Handset(number))

    def next_sid(self) -> str:
        return "SM" + hashlib.md5(f"sandbox {next(self._numbers)}".encode(), usedforsecurity=False).hexdigest()

    def keep(self, message: TwilioMessage) -> TwilioMessage:
        self.messages[message.sid] = message
        return message

    def become(self, message: TwilioMessage, status: str, error: int | None = None) -> None:
        """Moves a message on; a delivered one lies on its phone from then on."""
        message.status, message.error, message.updated = status, error, self.now()
        message.sender_known = True
        if status == "sent":
            message.sent = self.now()
        if status == "delivered":
            text = PhoneText(self.now(), message.sender, message.accepted_body, "received", message)
            self.phone(message.to).texts.append(text)

    def reply(self, to: str, body: str) -> TwilioMessage:
        """The answer to an inbound text, written in TwiML; it lands at once."""
        settings = self.world.settings
        message = TwilioMessage(
            self.next_sid(),
            settings.twilio_account_sid,
            settings.twilio_from,
            to,
            body,
            "outbound-reply",
            "queued",
            self.now(),
        )
        self.keep(message)
        self.become(message, "sent")
        self.become(message, "delivered")
        return message


def rfc2822(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0))
