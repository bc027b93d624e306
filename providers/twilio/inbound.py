"""What Twilio calls us with: guests' texts and delivery reports. The signature first, then a few fields.

What a guest's words mean is for `bot.conversation`; how states follow each other is for `bot.domain.messages.message`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from bot.domain.messages.message import MessageStatus
from bot.domain.messages.retrying import Cause
from bot.domain.pins import Phone
from bot.domain.signs import calling_nobody, fit, is_id
from providers.twilio.errors import row

Form = Sequence[tuple[str, str]]
"""All fields of a request, in any order, blank ones included (Starlette: `form.multi_items()`)."""


class GarbledRequest(Exception):
    """From Twilio, and yet without what we cannot do without. The text names the field, never its content."""


@dataclass(frozen=True, slots=True)
class TextIn:
    """A guest's text. `from_` is None where the sender is no phone (short codes, names). `opt_out_type`: STOP, START or
    HELP where the words are the carrier's and Twilio answers them itself; such a text must not be answered again.
    `media`: what came with it, by kind; `link`: where it can be seen, behind Twilio's own login. `over`: the address
    of ours that it came to, where it is not a number's (`whatsapp:+…`): what answers it leaves from there."""

    sid: str
    from_: Phone | None
    body: str = field(repr=False)
    opt_out_type: str | None
    media: tuple[str, ...] = ()
    link: str = ""
    over: str = ""


@dataclass(frozen=True, slots=True)
class StatusIn:
    """How far a text of ours has come. `message_id` is ours, out of the address. `problem`: plain words for staff
    where it did not arrive, and `cause` what may be done about it."""

    sid: str
    status: MessageStatus
    error_code: int | None
    message_id: str | None
    problem: str | None = None
    cause: Cause | None = None


class TwilioSignatures:
    """Checks `X-Twilio-Signature` against every token we may be signed with (primary and secondary, while they change).

    The scheme has no time in it: the same request can come again, so whoever reads it looks for its sid first.
    """

    def __init__(self, auth_tokens: Iterable[str], public_url: str) -> None:
        self._validators = [RequestValidator(token) for token in auth_tokens if token]
        self._public_url = public_url.rstrip("/")

    def ok(self, path_and_query_raw: str, form: Form, signature: str | None) -> bool:
        """Whether Twilio signed this. Never raises.

        `path_and_query_raw` is as it came over the wire (raw_path, `?`, raw query): decoding and encoding again breaks
        the signature. The origin is PUBLIC_URL, never the Host header, which anyone may write.
        """
        if not signature or not path_and_query_raw.startswith("/"):
            return False
        url, fields = self._public_url + path_and_query_raw, ImmutableMultiDict(form)
        return any(_fits(validator, url, fields, signature) for validator in self._validators)


def read_text(form: Form) -> TextIn:
    """A guest's text. Raises Garbled without a MessageSid."""
    fields = {name: fit(value) for name, value in form}
    body = calling_nobody(fields.get("Body", ""))
    channel, number = _address(fields.get("From", ""))
    said = fields.get("OptOutType", "").strip().upper()
    # Elsewhere Twilio acts on words only where the account says so, and then it says so here, too.
    if not said and not channel:
        said = CARRIER_WORDS.get(body.strip().upper(), "")
    media, ours = _media(fields), fields.get("To", "").strip()
    link = _console(fields) if media else ""
    over = ours if channel and _address(ours)[0] == channel else ""
    return TextIn(_sid(fields), _phone(number), body, said or None, media, link, over)


def read_status(form: Form, path_and_query_raw: str) -> StatusIn | None:
    """A delivery report; None for a state that tells us nothing. Raises Garbled without a MessageSid."""
    fields = {name: fit(value) for name, value in form}
    sid = _sid(fields)
    status = STATES.get((fields.get("MessageStatus") or fields.get("SmsStatus", "")).lower())
    if status is None:
        return None
    code = _error_code(fields)
    known = row(code) if status is MessageStatus.UNDELIVERED else None
    message_id = _message_id(path_and_query_raw)
    return StatusIn(sid, status, code, message_id, known.words if known else None, known.cause if known else None)


MOST_MEDIA = 10
CONSOLE = "https://www.twilio.com/console/sms/logs"
_KINDS = {"image": "photo", "video": "video"}
_CHANNEL = re.compile(r"(?P<channel>[A-Za-z]{2,20}):(?P<address>.{1,100})")
_TELEPHONE = ("sms", "mms", "tel")
_MESSAGE = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")

STATES: Mapping[str, MessageStatus] = {
    "accepted": MessageStatus.SENT,
    "scheduled": MessageStatus.SENT,
    "queued": MessageStatus.SENT,
    "sending": MessageStatus.SENT,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "undelivered": MessageStatus.UNDELIVERED,
    "failed": MessageStatus.UNDELIVERED,
    "canceled": MessageStatus.UNDELIVERED,
}
"""Twilio's states in ours. For us a text is sent once Twilio has accepted it. Others tell nothing (inbound states,
partially_delivered, and what is yet to be invented)."""

CARRIER_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), "STOP"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}
"""Words that Twilio acts on and answers by itself, for accounts that do not get OptOutType (facts, section 3.5)."""


def _fits(validator: RequestValidator, url: str, fields: ImmutableMultiDict[str, str], signature: str) -> bool:
    try:
        return bool(validator.validate(url, fields, signature))
    except (ValueError, TypeError):  # text that cannot be encoded, an address that is none
        return False


def _sid(fields: Mapping[str, str]) -> str:
    sid = fields.get("MessageSid") or fields.get("SmsSid", "")
    if not is_message(sid):
        raise GarbledRequest("no MessageSid")
    return sid


def is_message(sid: str) -> bool:
    """Twilio's form of a message's sid (its REST API: `^(SM|MM)[0-9a-fA-F]{32}$`)."""
    return _MESSAGE.fullmatch(sid) is not None


def _media(fields: Mapping[str, str]) -> tuple[str, ...]:
    """A kind for each picture or file; at most ten come with one text (Twilio's Media resource)."""
    said = fields.get("NumMedia", "")
    count = min(int(said), MOST_MEDIA) if said.isascii() and said.isdigit() and len(said) < 4 else 0
    types = (fields.get(f"MediaContentType{index}", "") for index in range(count))
    return tuple(_KINDS.get(kind.partition("/")[0].lower(), "file") for kind in types)


def _console(fields: Mapping[str, str]) -> str:
    """The text in Twilio's console, which asks for a login. A MediaUrl is not passed on: unless the account enforces
    HTTP authentication for media, whoever has it sees the picture (Twilio's help, "Protect Media Access")."""
    account, sid = fields.get("AccountSid", ""), _sid(fields)
    return f"{CONSOLE}/{account}/{sid}" if _SID.fullmatch(account) and _SID.fullmatch(sid) else ""


def _address(value: str) -> tuple[str, str]:
    """The channel and what stands behind it: `whatsapp:+33…`. None is named where it is the telephone's own."""
    found = _CHANNEL.fullmatch(value.strip())
    if found is None:
        return "", value
    channel = found["channel"].lower()
    return ("" if channel in _TELEPHONE else channel), found["address"]


def _phone(value: str) -> Phone | None:
    try:
        return Phone(value.strip())
    except ValueError:
        return None


def _error_code(fields: Mapping[str, str]) -> int | None:
    value = fields.get("ErrorCode", "")
    code = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    return code or None


def _message_id(path_and_query_raw: str) -> str | None:
    try:
        named = parse_qs(urlsplit(path_and_query_raw).query).get("m", [""])[0]
    except ValueError:
        return None
    return named if is_id(named) else None
