"""Twilio and the phones behind it: the Messages API, delivery and its callbacks, guests who text back.

`routes(world)` makes the carrier and says where it is reached. What the texts mean does not belong here.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from providers.sandbox.asked import Json, Unfit, answering, flag, json_body, number, word
from providers.sandbox.faults import WithFaults
from providers.sandbox.twilio_room import phones
from providers.sandbox.twilio_room.api import MessagesApi, TwilioError, answering_as_twilio
from providers.sandbox.twilio_room.callbacks import Callbacks
from providers.sandbox.twilio_room.numbers import NumbersApi
from providers.sandbox.twilio_room.room import API_VERSION, Controls, TwilioRoom
from providers.sandbox.world import World

Endpoint = Callable[[Request], Awaitable[Response]]
SLOWEST_STEP = 60.0
MOST_CODE = 100_000


def routes(world: World) -> list[BaseRoute]:
    """A fresh carrier behind full paths."""
    room = TwilioRoom(world)
    callbacks = Callbacks(room)
    world.closers.append(callbacks.close)
    return [
        Mount(
            "/sandbox/twilio", WithFaults(_api(MessagesApi(room, callbacks), NumbersApi(room)), world.faults, "twilio")
        ),
        Route("/sandbox/twilio-messages", _ledger(room), methods=["GET"]),
        Route("/sandbox/twilio-settings", _settings(room), methods=["GET", "POST"]),
        Route("/sandbox/twilio-outcomes", _outcomes(room), methods=["POST"]),
        Route("/sandbox/phones", _phones(room), methods=["GET"]),
        Route("/sandbox/phones/{number}", _phone(room, callbacks), methods=["GET", "POST"]),
    ]


def _api(api: MessagesApi, numbers: NumbersApi) -> Router:
    def at(path: str, handler: Endpoint, *methods: str) -> Route:
        return Route(f"/{API_VERSION}/Accounts/{path}.json", answering_as_twilio(handler), methods=list(methods))

    async def elsewhere(request: Request) -> Response:
        raise TwilioError(20404)

    return Router(
        [
            at("{account}/Messages/{message}", api.message, "GET", "POST", "DELETE"),
            at("{account}/Messages", api.messages, "GET", "POST"),
            at("{account}/IncomingPhoneNumbers", api.checked(numbers.numbers), "GET"),
            at("{account}", api.account, "GET"),
            Route("/{anything:path}", answering_as_twilio(elsewhere), methods=["GET", "POST", "DELETE", "PUT"]),
        ]
    )


def _ledger(room: TwilioRoom) -> Endpoint:
    async def ledger(request: Request) -> Response:
        """Every message ever accepted, oldest first, with the body as it was accepted."""
        said = [
            {
                **m.wire(),
                "body": m.accepted_body,
                "redacted": m.body != m.accepted_body,
                "deleted": m.deleted,
                "validity_period": m.validity,
            }
            for m in room.messages.values()
        ]
        return JSONResponse({"messages": said})

    return ledger


def _settings(room: TwilioRoom) -> Endpoint:
    async def settings(request: Request) -> Response:
        if request.method == "POST":
            asked = await json_body(request)
            room.controls, room.sms_url = _turned(room.controls, asked), word(asked, "sms_url", room.sms_url)
        return JSONResponse({**_shown(room.controls), "sms_url": room.sms_url})

    return answering(settings)


def _outcomes(room: TwilioRoom) -> Endpoint:
    async def outcomes(request: Request) -> Response:
        """`{"phone", "outcomes": [30003, 30003, 0]}`: what becomes of the next texts to this number, in their order.

        0 is delivered, codes below 30000 are refusals.
        """
        asked = await json_body(request)
        number, line = phones.phone_number(word(asked, "phone")), asked.get("outcomes")
        if not isinstance(line, list) or not all(type(code) is int and 0 <= code < MOST_CODE for code in line):
            raise Unfit("'outcomes' is a list of Twilio's error codes; 0 stands for delivered.")
        room.outcomes[number] = list(line)
        return JSONResponse({"phone": number, "outcomes": line})

    return answering(outcomes)


def _turned(controls: Controls, asked: Json) -> Controls:
    return Controls(
        flag(asked, "shuffle_callbacks", controls.shuffle_callbacks),
        flag(asked, "double_callbacks", controls.double_callbacks),
        flag(asked, "drop_callbacks", controls.drop_callbacks),
        number(asked, "step_seconds", controls.step_seconds, SLOWEST_STEP),
    )


def _shown(controls: Controls) -> Json:
    return {name: getattr(controls, name) for name in Controls.__slots__}


def _phones(room: TwilioRoom) -> Endpoint:
    async def all_phones(request: Request) -> Response:
        said = [{"phone": p.number, "texts": len(p.texts), "opted_out": p.opted_out} for p in room.phones.values()]
        return JSONResponse({"phones": said})

    return all_phones


def _phone(room: TwilioRoom, callbacks: Callbacks) -> Endpoint:
    async def one_phone(request: Request) -> Response:
        number = phones.phone_number(request.path_params["number"])
        if request.method == "GET":
            known = room.phones.get(number)
            return JSONResponse(known.seen() if known else {"phone": number, "texts": [], "opted_out": False})
        asked = await json_body(request)
        return JSONResponse(await phones.send_text(room, callbacks, room.phone(number), asked))

    return answering(one_phone)
