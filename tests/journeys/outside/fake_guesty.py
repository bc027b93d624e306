"""Guesty's Open API, as far as a booking goes: tokens by client credentials, five a day, and reservations by id."""

import base64
import os
from datetime import UTC
from typing import Any

import httpx

from tests.contracts.booking_examples import body_of, svix
from tests.journeys.outside.booking_system import hours, operator
from tests.journeys.outside.http_fake import Answer, Heard, HttpFake
from tests.journeys.outside.town import Stay, Town

CLIENT, HIDDEN = "guesty-client", "guesty-client-secret"


class FakeGuesty(HttpFake):
    def __init__(self, town: Town) -> None:
        super().__init__()
        self.town, self.tokens, self.away = town, 0, False
        self.secret = f"whsec_{base64.b64encode(os.urandom(24)).decode()}"
        self.reservations: dict[str, dict[str, Any]] = {}
        words = f"{self.secret}\n{CLIENT}\n{HIDDEN}\n"
        added = operator(town, "sources", "add", "guesty", "--api-url", self.url, stdin=words)
        assert added.returncode == 0, added.stderr

    def answer(self, heard: Heard) -> Answer:
        if heard.path == "/oauth2/token":
            self.tokens += 1
            fits = heard.fields.get("client_id") == CLIENT and heard.fields.get("client_secret") == HIDDEN
            token = {"access_token": f"guesty-token-{self.tokens}", "expires_in": 86_400, "token_type": "Bearer"}
            return Answer(429) if self.tokens > 5 else Answer(200, token) if fits else Answer(401)
        if self.away:
            return Answer(503)
        if heard.headers.get("authorization") != f"Bearer guesty-token-{self.tokens}":
            return Answer(401)
        found = self.reservations.get(heard.path.removeprefix("/v1/reservations/"))
        return Answer(200, found) if found else Answer(404)

    def put(self, stay: Stay, number: str, status: str = "confirmed") -> None:
        """What it says of a reservation from now on."""
        begins, ends = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z") for at in hours(stay))
        guest = {"fullName": stay.guest, "phone": stay.phone, "email": None}
        said = {"_id": number, "listingId": stay.lock, "status": status, "checkIn": begins, "checkOut": ends}
        self.reservations[number] = {**said, "guest": guest, "source": "Airbnb"}

    def send(self, number: str, event: str = "reservation.updated.v2") -> httpx.Response:
        """That there is news, and no word of what they are."""
        body = body_of({"event": event, "data": {"reservationId": number}, "meta": {"eventId": "e"}})
        return self.town.post("/guesty/webhooks", body, dict(svix(body, self.secret)))
