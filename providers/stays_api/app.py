"""The routes under `/v1`: who calls, what was sent, one workflow, what stands then.

The token comes first: whoever has none learns nothing of what they sent. What `/v1/openapi.json` says of it all is
spectree's, from the models that check what comes (`openapi.py`).
"""

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import quote

import structlog
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route

from bot.domain.approvals.api_tokens import Scope
from bot.domain.messages.languages import language_of
from bot.domain.refusals import Reason, Refusal
from bot.domain.signs import calling_nobody, is_seen, one_line, unturned
from bot.domain.sources.names import is_source
from bot.domain.sources.source_stays import SourceKey, is_external_id
from bot.ports import Ports, Stale
from bot.workflows.let_in import let_in
from bot.workflows.take_stay import StayWords, cancel_stay, take_stay
from bot.workflows.take_stay.links import link_to
from bot.workflows.take_stay.showing import SourceStayInfo, list_source_stays, show_source_stay
from bot.workflows.take_stay.written import what_waits, write_down
from providers.stays_api import models
from providers.stays_api.answers import as_stay
from providers.stays_api.described import Described
from providers.stays_api.problems import not_valid, problem, refused
from providers.stays_api.times import read_moment

log = structlog.get_logger()

ROOT = "/v1"
STAYS_PATH = "/v1/stays"
STAY_PATH = "/v1/stays/{source}/{external_id:path}"
PAGE_PATH = "/v1/openapi.json"
LARGEST_BODY = 100_000
"""Bytes. A stay takes a thousand; to say what is wrong with a million would keep everybody else waiting."""

_ONE: Mapping[int, type[BaseModel]] = {200: models.ApiStay}
_SAID: Mapping[int, type[BaseModel]] = {**_ONE, 202: models.ApiWritten}
_NOT_LOOKED_AT = "It is written down, and will be taken in a moment."
_NOT_TAKEN = "It is written down, and no stay yet: a rule says no. The team has been told why, and it is tried again."
_BEARER = "bearer"
_ASYNC = "respond-async"
_AGAIN = {"Retry-After": "5"}
Model = TypeVar("Model", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(ports: Ports) -> list[BaseRoute]:
    """Everything under `/v1`."""
    return [Mount(ROOT, app=_StaysApi(ports).app)]


class _Invalid(Exception):
    """What was sent is not what it has to be; `answer` says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__("not valid")
        self.answer = answer


class _StaysApi:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        stays = [self._route(about) for about in ROUTES]

        async def said(_request: Request) -> Response:
            # with spectree and all schemas: nobody waits for those at a start
            from providers.stays_api.openapi import page

            return Response(await to_thread(page), media_type="application/json")

        async def not_here(request: Request, _error: Exception) -> Response:
            """No such route, or nothing that can be done there."""
            found = [route for route in stays if route.matches(request.scope)[0] is not Match.NONE]
            if not found:
                return problem(404, "not_found", "There is nothing at this address.")
            methods = sorted({method for route in found for method in route.methods or ()})
            said = f"This address takes {', '.join(methods)}."
            return problem(405, "not_allowed", said, headers={"Allow": ", ".join(methods)})

        handlers = {HTTPException: not_here, OSError: _away, Stale: _away, Exception: _bug}
        self.app = Starlette(routes=[Route(PAGE_PATH.removeprefix(ROOT), said), *stays], exception_handlers=handlers)

    def _route(self, about: Described) -> Route:
        return Route(about.path.removeprefix(ROOT), self._let_in(about.of(self), about.scope), methods=[about.method])

    def _let_in(self, answer: Endpoint, scope: Scope) -> Endpoint:
        """Whoever has a token that may do this; a rule's no becomes an answer."""

        @wraps(answer)
        async def guarded(request: Request) -> Response:
            kind, _, shown = request.headers.get("authorization", "").partition(" ")
            token = await let_in(self._ports, shown.strip()) if kind.casefold() == _BEARER else None
            if token is None:
                said = "Send a token of ours that is still good: Authorization: Bearer np_… (nightporter tokens create)"
                return problem(401, "no_token", f"{said}.", headers={"WWW-Authenticate": "Bearer"})
            if scope not in token.scopes:
                said = f"This token may not do that: it takes one with the scope {scope.value}."
                return problem(403, "scope_missing", said)
            request.state.token, request.state.reads = token.name, Scope.READ in token.scopes
            try:
                return await answer(request)
            except _Invalid as invalid:
                return invalid.answer
            except Refusal as refusal:
                return refused(refusal, self._ports.clock.now())

        return guarded

    async def put_stay(self, request: Request) -> Response:
        """Say how a stay is now: new, changed or cancelled.

        The same call as often as you like: it does what is still to be done, and nothing twice. Only what is another
        than in the call before counts, so what people have changed since stays so.

        With `Prefer: respond-async` it is written down, answered with 202, and taken a moment later.
        """
        key = _key(request)
        body = _body(await request.body())
        by, words = request.state.token, _words(body) if body else None
        if _does_not_wait(request) and await write_down(self._ports, key, words, by):
            return _written(key)
        if words is None:
            taken = await cancel_stay(self._ports, key, by, overtakes=True)
        else:
            taken = await take_stay(self._ports, key, words, by, overtakes=True)
        return await self._stay(request, key, 201 if taken.new else 200)

    async def get_stay(self, request: Request) -> Response:
        """Read how a stay is now."""
        key = _key(request)
        try:
            return await self._stay(request, key)
        except Refusal:
            waits = await what_waits(self._ports, key)
            if waits is None:
                raise
            return problem(404, "not_taken", _NOT_TAKEN if waits else _NOT_LOOKED_AT)

    async def cancel_stay(self, request: Request) -> Response:
        """Cancel a stay. A PIN that was made opens to its end all the same: `still_opens_until` says so."""
        key = _key(request)
        if _does_not_wait(request) and await write_down(self._ports, key, None, request.state.token):
            return _written(key)
        await cancel_stay(self._ports, key, request.state.token, overtakes=True)
        return await self._stay(request, key)

    async def list_stays(self, request: Request) -> Response:
        """Read the stays that came by themselves, oldest first, a page at a time."""
        asked = _valid(models.ListQuery, dict(request.query_params))
        found, after = await list_source_stays(self._ports, asked.cursor or "", asked.limit, asked.source)
        page = models.StayPage(data=[await self._shown(request, one) for one in found], next_cursor=after)
        return Response(page.model_dump_json(), media_type="application/json")

    async def _stay(self, request: Request, key: SourceKey, status: int = 200) -> Response:
        stay = await self._shown(request, await show_source_stay(self._ports, key))
        return Response(stay.model_dump_json(), status, media_type="application/json")

    async def _shown(self, request: Request, info: SourceStayInfo) -> models.ApiStay:
        stay = as_stay(info)
        if not info.stay.waits_for_contact or not request.state.reads:
            return stay
        link = await link_to(self._ports, info.stay.id, f"token {request.state.token}")
        return stay.model_copy(update={"contact_link": link or None})


ROUTES = (
    Described("PUT", STAY_PATH, _StaysApi.put_stay, Scope.WRITE, {**_SAID, 201: models.ApiStay}, body=models.StayBody),
    Described("GET", STAY_PATH, _StaysApi.get_stay, Scope.READ, _ONE),
    Described("DELETE", STAY_PATH, _StaysApi.cancel_stay, Scope.WRITE, _SAID),
    Described("GET", STAYS_PATH, _StaysApi.list_stays, Scope.READ, {200: models.StayPage}, query=models.ListQuery),
)


def _key(request: Request) -> SourceKey:
    source, external_id = request.path_params["source"], request.path_params["external_id"]
    wrong = "" if is_source(source) else "source is a word of small letters, digits, - and _, such as airbnb"
    wrong = wrong or ("" if is_external_id(external_id) else "external_id is one line of 1 to 255 letters, in UTF-8")
    if wrong:
        raise _Invalid(problem(422, "invalid", f"{wrong}."))
    return SourceKey(source, external_id)


def _does_not_wait(request: Request) -> bool:
    """RFC 7240, 4.1. Of preferences that stand with parameters, and of unknown ones, nothing is made."""
    preferred = ",".join(request.headers.getlist("prefer")).split(",")
    return any(each.partition(";")[0].strip().casefold() == _ASYNC for each in preferred)


def _written(key: SourceKey) -> Response:
    said = models.ApiWritten(source=key.source, external_id=key.external_id)
    where = f"{STAYS_PATH}/{key.source}/{quote(key.external_id, safe='')}"
    headers = {"Preference-Applied": _ASYNC, "Location": where}
    return Response(said.model_dump_json(), 202, headers, "application/json")


def _body(sent: bytes) -> models.ConfirmedStay | None:
    """None for a stay that was cancelled, of which nothing else has to be said."""
    if len(sent) > LARGEST_BODY:
        raise _Invalid(problem(413, "too_large", f"The body is too large: more than {LARGEST_BODY} bytes."))
    try:
        said = from_json(sent, allow_inf_nan=False)
    except ValueError:
        raise _Invalid(problem(400, "no_json", "The body has to be one JSON object, in UTF-8.")) from None
    if isinstance(said, dict) and said.get("status") == "cancelled":
        _valid(models.CancelledStay, said)
        return None
    return _valid(models.ConfirmedStay, said)


def _valid(model: type[Model], said: Any) -> Model:
    try:
        return model.model_validate(said)
    except ValidationError as invalid:
        raise _Invalid(not_valid(invalid, model)) from None


def _words(body: models.ConfirmedStay) -> StayWords:
    guest, name = body.guest, one_line(body.guest.name)
    if not name:
        raise Refusal(Reason.NOT_UNDERSTOOD, {"question": "The guest's name holds nothing that can be read."})
    return StayWords(
        guest_name=name,
        phone=guest.phone or None,
        doors=tuple(body.doors),
        starts_at=read_moment(body.starts_at),
        ends_at=read_moment(body.ends_at),
        email=guest.email or None,
        language=language_of(guest.language),
        note=calling_nobody(unturned(body.note)) if body.note and is_seen(body.note) else None,
    )


async def _away(_request: Request, error: Exception) -> Response:
    log.warning("the database did not answer a request", path="/v1", error=type(error).__name__)
    return problem(503, "away", "This cannot be done just now. Please send it once more.", headers=_AGAIN)


async def _bug(_request: Request, error: Exception) -> Response:
    log.error("a bug in a listener", path="/v1", error=type(error).__name__)
    return problem(500, "fault", "Something went wrong on our side. Send it once more: nothing is done twice.")
