"""The account's own numbers, and where what people text to them is sent (twilio.com/docs/phone-numbers/api/
incomingphonenumber-resource). Only to be looked at: `/sandbox/twilio-settings` changes the address."""

import hashlib

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox.asked import form
from providers.sandbox.twilio_room.room import API_VERSION, Json, TwilioRoom


class NumbersApi:
    def __init__(self, room: TwilioRoom) -> None:
        self._room = room

    async def numbers(self, request: Request) -> Response:
        """GET /Accounts/{sid}/IncomingPhoneNumbers.json, by `PhoneNumber` or all."""
        wanted = form(request.url.query.encode()).get("PhoneNumber")
        settings = self._room.world.settings
        owned = [number for number in (settings.twilio_from, settings.twilio_fallback_from) if wanted in (None, number)]
        here = f"/{API_VERSION}/Accounts/{settings.twilio_account_sid}/IncomingPhoneNumbers.json"
        pages: Json = {"page": 0, "page_size": 50, "start": 0, "end": max(0, len(owned) - 1), "uri": here}
        pages |= {"first_page_uri": here, "next_page_uri": None, "previous_page_uri": None}
        return JSONResponse({"incoming_phone_numbers": [self._wire(number) for number in owned], **pages})

    def _wire(self, number: str) -> Json:
        sid = "PN" + hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()
        settings = self._room.world.settings
        return {
            "sid": sid,
            "account_sid": settings.twilio_account_sid,
            "phone_number": number,
            "friendly_name": number,
            "capabilities": {"voice": False, "sms": True, "mms": True, "fax": False},
            "sms_url": self._room.sms_url,
            "sms_method": "POST",
            "status": "in-use",
            "uri": f"/{API_VERSION}/Accounts/{settings.twilio_account_sid}/IncomingPhoneNumbers/{sid}.json",
        }
