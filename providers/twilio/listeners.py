"""Twilio's two routes: guests' texts and delivery reports. Check, translate, call one workflow, answer.

A bad signature is 401 and changes nothing; a repeated delivery is 200 and changes nothing twice.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.conversation.replies.carrier_words import understand_carrier
from bot.conversation.times import read_at
from bot.domain.pins import Phone
from bot.domain.stays.replying import CarrierWord
from bot.ports import Ports
from bot.workflows.decide_request import decide_request
from bot.workflows.keep_event import keep_unknown_sender
from bot.workflows.receive_approver_text import SmsHeard, receive_approver_text
from bot.workflows.receive_carrier_word import receive_carrier_word
from bot.workflows.receive_delivery import Report, receive_delivery
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.take_alert import take_alert
from providers.twilio.inbound import Form, GarbledRequest, TextIn, TwilioSignatures, read_status, read_text

_WORDS: Mapping[str | None, CarrierWord] = {"STOP": CarrierWord.STOP, "START": CarrierWord.START}
LARGEST_FORM, MOST_FIELDS = 131_072, 200
"""Bytes and fields. A text of 1,600 letters with ten pictures takes some 20,000, and forty; the SDK's check of a
signature takes the square of the number of fields."""

NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML for "say nothing": our answers leave through the outbox, where they can be followed."""


class TwilioListeners:
    def __init__(self, ports: Ports, signatures: TwilioSignatures) -> None:
        self._ports = ports
        self._signatures = signatures

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/twilio/sms", self.sms, methods=["POST"]),
            Route("/twilio/status", self.status, methods=["POST"]),
        ]

    async def sms(self, request: Request) -> Response:
        form = await _form(request)
        if not self._signatures.ok(_raw(request), form, request.headers.get("x-twilio-signature")):
            return PlainTextResponse("The signature does not fit.", 401)
        try:
            text = read_text(form)
        except GarbledRequest as garbled:
            return PlainTextResponse(f"This is no text message: {garbled}.", 400)
        if text.from_ is None:
            await keep_unknown_sender(self._ports, text.sid)
        else:
            with read_at(self._ports.clock.now()):
                await self._receive(text, text.from_)
        return Response(NO_REPLY, media_type="text/xml")

    async def _receive(self, text: TextIn, phone: Phone) -> None:
        """No more texts, or texts again; an approver's answer; else a guest's words."""
        carrier = text.opt_out_type is not None
        # What Twilio says that it took for such a word is believed, whatever the words are.
        word = _WORDS.get(text.opt_out_type) if carrier else understand_carrier(text.body)
        if word is not None and await receive_carrier_word(self._ports, text.sid, phone, word):
            return
        decided = SmsHeard(text.sid, phone, text.body, carrier)
        # Approvers before guests: an answer with a code is theirs, also of somebody who is a guest as well.
        if not await receive_approver_text(self._ports, decided, decide_request, take_alert):
            calls = text.opt_out_type == "HELP"
            heard = ReceivedText(text.sid, phone, text.body, carrier, calls, text.media, text.link, text.over)
            await receive_guest_text(self._ports, heard)

    async def status(self, request: Request) -> Response:
        form = await _form(request)
        if not self._signatures.ok(_raw(request), form, request.headers.get("x-twilio-signature")):
            return PlainTextResponse("The signature does not fit.", 401)
        try:
            report = read_status(form, _raw(request))
        except GarbledRequest as garbled:
            return PlainTextResponse(f"This is no delivery report: {garbled}.", 400)
        if report is not None:
            heard = Report(report.sid, report.status, report.message_id, report.problem, report.cause)
            with read_at(self._ports.clock.now()):
                await receive_delivery(self._ports, heard)
        return Response(status_code=204)


def _raw(request: Request) -> str:
    """Path and query as they came over the wire: decoding and encoding again breaks the signature."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope.get("query_string", b"")
    return (raw.split(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


async def _form(request: Request) -> Form:
    """All fields of a form body; none for anything that is not one, or larger than Twilio's are (its signature cannot
    fit then). Anybody may send us one, and reading it comes before the signature."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return ()
    body = await request.body()
    if len(body) > LARGEST_FORM:
        return ()
    try:
        return parse_qsl(body.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        return ()
