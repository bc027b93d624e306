"""`/g/{token}`: the guest's page. Its address is all that lets somebody in, so nothing of it is kept, passed on or
logged, and what is behind it is never stored on the way."""

from urllib.parse import parse_qsl

from babel import negotiate_locale
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.conversation.pages.guest_page import nothing, page, too_often
from bot.conversation.pages.html import HEADERS
from bot.conversation.times import read_at
from bot.domain.messages.languages import Language
from bot.domain.stays.replying import ReplyWord
from bot.ports import Ports
from bot.workflows.receive_guest_text.from_page import PRESSED, Press, receive_press
from bot.workflows.show_guest_page import TooManyLooks, show_guest_page

_LARGEST_FORM, _MOST_FIELDS, _LONGEST_STEP = 2_000, 10, 40


def guest_page_routes(ports: Ports) -> list[BaseRoute]:
    async def look(request: Request) -> Response:
        now, said = ports.clock.now(), request.query_params.get("said", "")
        with read_at(now):
            shown = await show_guest_page(ports, request.path_params["token"], said)
            if shown is None:
                return _nothing(request)
            if isinstance(shown, TooManyLooks):
                return HTMLResponse(too_often(shown.language), 429, {**HEADERS, "Retry-After": "300"})
            return HTMLResponse(page(shown), headers=HEADERS)

    async def press(request: Request) -> Response:
        token, form = request.path_params["token"], await _form(request)
        word, step = form.get("word", ""), form.get("step", "")
        if word not in PRESSED or not 0 < len(step) <= _LONGEST_STEP:
            return HTMLResponse(nothing(_language(request)), 400, HEADERS)
        rest = form.get("when", "").replace("T", " ")[:20] if word == ReplyWord.LATE else ""
        with read_at(ports.clock.now()):
            heard = await receive_press(ports, Press(token, step, ReplyWord(word), form.get("pin", ""), rest))
        if heard is None:
            return _nothing(request)
        return RedirectResponse(f"?said={heard.value}", 303, HEADERS)

    return [Route("/g/{token}", look, methods=["GET", "HEAD"]), Route("/g/{token}", press, methods=["POST"])]


def _nothing(request: Request) -> Response:
    return HTMLResponse(nothing(_language(request)), 404, HEADERS)


def _language(request: Request) -> Language:
    """Whose page it was is not known any more: what their browser asks for."""
    asked = [one.split(";")[0].strip().lower() for one in request.headers.get("accept-language", "")[:200].split(",")]
    found = negotiate_locale(asked, [language.value for language in Language], sep="-")
    return Language(found) if found else Language.ENGLISH


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    if len(body) > _LARGEST_FORM:
        return {}
    try:
        return dict(parse_qsl(body.decode(errors="replace"), max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}
