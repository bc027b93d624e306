"""`/g/{token}`: the guest's page. Its address is all that lets somebody in, so nothing of it is kept, passed on or
logged, and what is behind it is never stored on the way."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from babel import negotiate_locale
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.conversation.pages.contact_page import LONGEST_NAME, LONGEST_NUMBER, contact_page
from bot.conversation.pages.guest_page import nothing, page, too_often
from bot.conversation.pages.html import HEADERS
from bot.conversation.times import read_at
from bot.domain.messages.languages import Language
from bot.domain.stays.replying import ReplyWord
from bot.ports import Ports
from bot.workflows.receive_guest_text.from_page import PRESSED, Press, receive_press
from bot.workflows.show_guest_page import TooManyLooks, show_guest_page
from bot.workflows.take_stay.links import ContactAsked, PageSays, receive_contact, show_contact_page

CONTACT = "CONTACT"
_STATUS = {PageSays.WRONG: 422, PageSays.OFTEN: 429, PageSays.LATER: 409}
_LARGEST_FORM, _MOST_FIELDS, _LONGEST_STEP = 2_000, 10, 40


def guest_page_routes(ports: Ports) -> list[BaseRoute]:
    async def look(request: Request) -> Response:
        now, said = ports.clock.now(), request.query_params.get("said", "")
        with read_at(now):
            shown = await show_guest_page(ports, request.path_params["token"], said)
            if shown is None:
                return await _ask_contact(ports, request)
            if isinstance(shown, TooManyLooks):
                return HTMLResponse(too_often(shown.language), 429, {**HEADERS, "Retry-After": "300"})
            return HTMLResponse(page(shown), headers=HEADERS)

    async def press(request: Request) -> Response:
        token, form = request.path_params["token"], await _form(request)
        word, step = form.get("word", ""), form.get("step", "")
        if word == CONTACT:
            return await _take_contact(ports, request, form)
        if word not in PRESSED or not 0 < len(step) <= _LONGEST_STEP:
            return HTMLResponse(nothing(_language(request)), 400, HEADERS)
        rest = form.get("when", "").replace("T", " ")[:20] if word == ReplyWord.LATE else ""
        with read_at(ports.clock.now()):
            heard = await receive_press(ports, Press(token, step, ReplyWord(word), form.get("pin", ""), rest))
        if heard is None:
            return _nothing(request)
        return RedirectResponse(f"?said={heard.value}", 303, HEADERS)

    return [Route("/g/{token}", look, methods=["GET", "HEAD"]), Route("/g/{token}", press, methods=["POST"])]


async def _ask_contact(ports: Ports, request: Request) -> Response:
    """Where the address is that of a stay without a number."""
    found = await show_contact_page(ports, request.path_params["token"])
    if found is None:
        return _nothing(request)
    return _contact(request, found, found.asked)


async def _take_contact(ports: Ports, request: Request, form: Mapping[str, str]) -> Response:
    typed = form.get("name", ""), form.get("phone", "")
    with read_at(ports.clock.now()):
        heard = await receive_contact(ports, request.path_params["token"], *typed)
        if heard is None:
            return _nothing(request)
        found, said = heard
        if said is PageSays.THANKS:
            return RedirectResponse("?", 303, HEADERS)
        return _contact(request, found, said, typed)


def _contact(request: Request, found: ContactAsked, said: PageSays, typed: tuple[str, str] = ("", "")) -> Response:
    language = found.language or _language(request)
    shown = typed[0][:LONGEST_NAME], typed[1][:LONGEST_NUMBER]
    page_of = contact_page(found.lock, found.window, language, said.value, shown)
    return HTMLResponse(page_of, _STATUS.get(said, 200), HEADERS)


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
