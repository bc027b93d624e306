"""Booking systems, as far as they call the bot: `POST /sandbox/bookings/hospitable` with `{"secret": "…", "body": {…}}`
signs the body as that system does, delivers it to the bot, and answers what the bot did. What the body says is whoever
sends it's business; the secret is what `nightporter sources add` took, or printed.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from uuid import uuid4

import httpx
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.asked import Unfit, answering, json_body, word
from providers.sandbox.world import World
from providers.wire import Wire

DEADLINE_SECONDS = 10.0
USER = "nightporter"
Headers = dict[str, str]


def routes(world: World) -> list[BaseRoute]:
    async def deliver(request: Request) -> Response:
        vendor, asked = request.path_params["vendor"], await json_body(request)
        if vendor not in _SIGNED:
            raise Unfit(f"There is no such booking system: there are {', '.join(_SIGNED)}.", 404)
        if "body" not in asked:
            raise Unfit("Say the body, as the booking system would.", 400)
        secret, body = word(asked, "secret"), json.dumps(asked["body"]).encode()
        behind = f"/{secret}" if vendor in _IN_ADDRESS else ""
        url, headers = f"{world.settings.bot_url}/{vendor}/webhooks{behind}", _headers(vendor, secret, body)
        async with httpx.AsyncClient(timeout=DEADLINE_SECONDS, trust_env=False, transport=Wire()) as http:
            try:
                answer = await http.post(url, content=body, headers=headers)
            except httpx.HTTPError:
                raise Unfit("The bot does not answer.", 409) from None
        world.saw("out", vendor, "POST", f"/{vendor}/webhooks", answer.status_code)
        return JSONResponse({"status": answer.status_code, "body": answer.text})

    return [Route("/sandbox/bookings/{vendor}", answering(deliver), methods=["POST"])]


def _headers(vendor: str, secret: str, body: bytes) -> Headers:
    try:
        return {"content-type": "application/json", **_SIGNED[vendor](secret, body)}
    except ValueError:
        raise Unfit("That is no secret of this booking system.", 400) from None


def _hexed(secret: str, body: bytes) -> str:
    return digest(secret.encode(), body, sha256).hex()


def _svix(secret: str, body: bytes) -> Headers:
    """Real time: receivers refuse what is more than five minutes off, and do not know our clock."""
    message, at = f"msg_{uuid4().hex}", datetime.now(UTC)
    signature = Webhook(secret).sign(message, at, body.decode())
    return {"svix-id": message, "svix-timestamp": str(int(at.timestamp())), "svix-signature": signature}


def _basic(secret: str, _body: bytes) -> Headers:
    return {"authorization": f"Basic {b64encode(f'{USER}:{secret}'.encode()).decode()}"}


_SIGNED: Mapping[str, Callable[[str, bytes], Headers]] = {
    "hospitable": lambda secret, body: {"signature": _hexed(secret, body)},
    "hostaway": _basic,
    "guesty": _svix,
    "smoobu": lambda _secret, _body: {},
    "lodgify": lambda secret, body: {"ms-signature": f"sha256={_hexed(secret, body).upper()}"},
    "calcom": lambda secret, body: {"x-cal-signature-256": _hexed(secret, body)},
}
_IN_ADDRESS = ("smoobu",)
