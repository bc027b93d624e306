"""Guests' phones: what they show, and what happens when somebody texts back.

Words that belong to the carrier (twilio.com/docs/messaging/tutorials/advanced-opt-out) are answered by the carrier; the
webhook comes with OptOutType and its answer is not sent. Everything else is an inbound webhook with Twilio's full form
(twilio.com/docs/messaging/guides/webhook-request), and TwiML in the answer lands on the phone.
"""

from collections.abc import Sequence
from xml.etree import ElementTree

import httpx

from providers.sandbox.asked import Json, Unfit, count, flag, word
from providers.sandbox.twilio_room.api import MOST_CHARACTERS
from providers.sandbox.twilio_room.callbacks import Callbacks
from providers.sandbox.twilio_room.room import API_VERSION, NUMBER, Handset, PhoneText, TwilioMessage, TwilioRoom
from providers.sandbox.twilio_room.segments import segments

MOST_MEDIA = 10
MEDIA_URL = "https://api.twilio.com"
"""Where Twilio keeps pictures; nothing is there for the sandbox's."""

STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START = {"START", "YES", "UNSTOP"}
HELP = {"HELP", "INFO"}
CARRIER_SAYS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


def phone_number(given: str) -> str:
    """E.164 from a URL's path, with or without '+'. Raises Unfit."""
    number = f"+{given.strip().lstrip('+')}"
    if not NUMBER.fullmatch(number):
        raise Unfit(f"{given[:40]!r} is not a phone number like +15005550010.", 404)
    return number


async def send_text(room: TwilioRoom, callbacks: Callbacks, phone: Handset, asked: Json) -> Json:
    """`{"body", "media"?, "channel"?, "repeat"?, "bad_signature"?}`: the guest texts the bot's number. `media`: content
    types of pictures or files that go with it, such as image/jpeg; then the body may be empty. `channel`: whatsapp or
    rcs, where no carrier answers anything."""
    body, media, channel = word(asked, "body"), _content_types(asked), word(asked, "channel", "")
    repeat, bad_signature = count(asked, "repeat"), flag(asked, "bad_signature")
    if not (body.strip() or media) or len(body) > MOST_CHARACTERS:
        raise Unfit(f"A text has 1 to {MOST_CHARACTERS} characters.")
    message = _inbound(room, phone, body, f"{channel}:" if channel else "")
    kind = None if channel else _carrier_word(body)
    silent = _obey_carrier(room, phone, kind)
    fields = inbound_fields(message, kind, media)
    reported = [await _post(room, callbacks, fields, bad_signature) for _ in range(repeat + 1)]
    replies = [] if silent else [reply for answer in reported for reply in _replies(answer)]
    for reply in replies:
        room.reply(phone.number, reply)
    statuses = [answer.status_code if answer is not None else None for answer in reported]
    result: Json = {"ok": statuses[0] is not None and statuses[0] < 300, "status": statuses[0], "sid": message.sid}
    return result | {"replies": replies, "repeats": statuses[1:], "opted_out": phone.opted_out}


def _inbound(room: TwilioRoom, phone: Handset, body: str, channel: str) -> TwilioMessage:
    settings, now = room.world.settings, room.now()
    message = TwilioMessage(
        room.next_sid(),
        settings.twilio_account_sid,
        f"{channel}{phone.number}",
        f"{channel}{settings.twilio_from}",
        body,
        "inbound",
        "received",
        now,
        sent=now,
    )
    room.keep(message)
    phone.texts.append(PhoneText(now, phone.number, body, "sent", message))
    return message


def _carrier_word(body: str) -> str | None:
    said = body.strip().upper()
    for kind, words in (("STOP", STOP), ("START", START), ("HELP", HELP)):
        if said in words:
            return kind
    return None


def _obey_carrier(room: TwilioRoom, phone: Handset, kind: str | None) -> bool:
    """Whether the bot's own answer goes nowhere: the number is opted out."""
    already = phone.opted_out
    phone.opted_out = kind == "STOP" or (already and kind != "START")
    if kind is not None and not (kind == "STOP" and already):
        phone.texts.append(PhoneText(room.now(), room.world.settings.twilio_from, CARRIER_SAYS[kind], "received", None))
    return phone.opted_out


def _content_types(asked: Json) -> list[str]:
    media = asked.get("media", [])
    if not isinstance(media, list) or len(media) > MOST_MEDIA or not all(isinstance(kind, str) for kind in media):
        raise Unfit(f"'media' is a list of at most {MOST_MEDIA} content types, such as image/jpeg.")
    return media


def inbound_fields(
    message: TwilioMessage, opt_out_type: str | None = None, media: Sequence[str] = ()
) -> dict[str, str]:
    """Twilio sends blank fields too, and they are signed."""
    places = {f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip", "Country")}
    fields = {
        **places,
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": message.account,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "To": message.to,
        "Body": message.body,
        "NumMedia": str(len(media)),
        "NumSegments": str(segments(message.body)),
        "SmsStatus": "received",
    }
    for index, kind in enumerate(media):
        fields[f"MediaContentType{index}"] = kind
        fields[f"MediaUrl{index}"] = (
            f"{MEDIA_URL}/{API_VERSION}/Accounts/{message.account}/Messages/{message.sid}/Media"
        )
    return fields | ({"OptOutType": opt_out_type} if opt_out_type else {})


async def _post(
    room: TwilioRoom, callbacks: Callbacks, fields: dict[str, str], bad_signature: bool
) -> httpx.Response | None:
    try:
        return await callbacks.post(f"{room.world.settings.bot_url}/twilio/sms", fields, bad_signature=bad_signature)
    except httpx.HTTPError:
        return None


def _replies(answer: httpx.Response | None) -> list[str]:
    """The <Message>s of a TwiML answer; an answer that is no TwiML is Twilio's error 12100 and says nothing."""
    if answer is None or not answer.is_success or not answer.content.strip():
        return []
    try:
        response = ElementTree.fromstring(answer.content)  # noqa: S314 - written by our own bot, on loopback
    except ElementTree.ParseError:
        return []
    messages = response.iter("Message") if response.tag == "Response" else iter(())
    said = [(message.findtext("Body") or message.text or "").strip() for message in messages]
    return [body for body in said if body]
