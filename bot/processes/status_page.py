"""`/status`: the house as it stands, read-only, for whoever has the operator's token and no Slack at hand."""

import asyncio
import base64
import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.conversation.pages.html import HEADERS
from bot.conversation.pages.status_page import people_in, status_page
from bot.conversation.team.home import status
from bot.conversation.times import read_at
from bot.ports import Ports, ProviderError
from bot.ports.stale import retry_if_stale
from bot.workflows.show_home import show_home

NAMES_SECONDS = 2.0
"""Longest that the chat is asked how people are called: where it is away, their ids stand there."""

_REALM = {"WWW-Authenticate": 'Basic realm="Night Porter", charset="UTF-8"', "Cache-Control": "no-store"}


def status_routes(ports: Ports, wrong: Callable[[], Awaitable[dict[str, str]]], token: str) -> list[BaseRoute]:
    """None without a token."""

    async def look(request: Request) -> Response:
        if not _let_in(request, token):
            return PlainTextResponse("The token does not fit: it is STATUS_TOKEN.", 401, _REALM)
        now = ports.clock.now()
        with read_at(now):
            await _noted(ports)
            shown = status(await show_home(ports, None))
            page = status_page(shown, await wrong(), await _names(ports, people_in(shown)))
        return HTMLResponse(page, headers=HEADERS)

    return [Route("/status", look, methods=["GET"])] if token else []


def _let_in(request: Request, token: str) -> bool:
    """As a program says it, or as a browser asks for it: any name, and the token for a password."""
    kind, _, said = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            said = base64.b64decode(said, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
    elif kind.lower() != "bearer":
        return False
    return hmac.compare_digest(said.strip().encode(), token.encode())


@retry_if_stale
async def _noted(ports: Ports) -> None:
    """Names of guests stand there: that somebody looked is written."""
    async with ports.store() as uow:
        await uow.audit.note(ports.clock.now(), "status", "status_seen", "house")


async def _names(ports: Ports, people: set[str]) -> dict[str, str]:
    async def name(person: str) -> str:
        try:
            return await ports.chat.name(person)
        except ProviderError:
            return ""

    try:
        async with asyncio.timeout(NAMES_SECONDS):
            return dict(zip(sorted(people), await asyncio.gather(*map(name, sorted(people))), strict=True))
    except TimeoutError:
        return {}
