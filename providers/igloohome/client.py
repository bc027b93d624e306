"""How igloohome is called: a token by client credentials, kept until shortly before its end; JSON both ways.

Which path serves what stands in `lock` and `online`; what its objects mean stands in `wire`.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

import httpx

from bot.domain.signs import fit_json
from bot.ports import Misconfigured, Unavailable
from providers import http
from providers.igloohome.errors import KEYS, VENDOR, translate

T = TypeVar("T")
AUTH_URL = "https://auth.igloohome.co"
API_URL = "https://api.igloodeveloper.co/igloohome"
MOST_PAGES = 200
SOONER_SECONDS = 60.0
"""So long before its end a token is renewed."""

SHORTEST_SECONDS = 3600.0
"""What a token lives where igloohome does not say (a day was seen)."""

LONGEST_SECONDS = 366 * 86_400.0
"""Longer is no word about a token."""


class IglooClient:
    """One iglooaccess account. All methods raise ProviderError and nothing else.

    No scope is asked for: then a token has every scope that the account owns, while one too many is refused whole. An
    answer of 401 or 403 renews the token once: an expired one has been answered with either.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        auth_url: str = AUTH_URL,
        api_url: str = API_URL,
        timeout_seconds: float = 20.0,
        transport: httpx.AsyncBaseTransport | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        accept = {"accept": "application/json"}
        self._http = http.client(api_url, headers=accept, timeout_seconds=timeout_seconds, transport=transport)
        self._auth = http.client(auth_url, headers=accept, timeout_seconds=timeout_seconds, transport=transport)
        self._credentials = httpx.BasicAuth(client_id, client_secret)
        self._timeout_seconds = timeout_seconds
        self.outage = http.Outage(VENDOR)
        self._ticks = ticks
        self._token, self._good_until = "", 0.0
        self._renewing = asyncio.Lock()

    async def read(self, path: str, parse: Callable[[Mapping[str, Any]], T]) -> T:
        """Asks, up to three times."""
        return await self._call(path, None, parse, repeatable=True)

    async def act(
        self,
        path: str,
        body: Mapping[str, object],
        parse: Callable[[Mapping[str, Any]], T],
        *,
        repeatable: bool = False,
    ) -> T:
        """Acts. `repeatable`: the same body always leads to the same thing, so that it may be asked like a read; else
        it is sent once, and an answer that is lost is OutcomeUnknown."""
        return await self._call(path, body, parse, repeatable=repeatable)

    async def pages(self, path: str) -> AsyncIterator[Any]:
        """Every item of a list, page after page, by its `nextCursor`."""
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            asked = path if cursor is None else f"{path}?{httpx.QueryParams(cursor=cursor)}"
            items, after = await self.read(asked, _page)
            for item in items:
                yield item
            if not after:
                return
            if after == cursor:
                break
            cursor = after
        raise Unavailable(f"{VENDOR}: the list at {path} does not end")

    async def close(self) -> None:
        await self._http.aclose()
        await self._auth.aclose()

    async def _call(
        self,
        path: str,
        body: Mapping[str, object] | None,
        parse: Callable[[Mapping[str, Any]], T],
        *,
        repeatable: bool,
    ) -> T:
        async def once() -> T:
            answer = await self._answer(path, body, await self._bearer(), read=repeatable)
            # Once: a scope that is missing is answered with 403 as well (facts/igloohome.md, algoPIN).
            if answer.status_code in (401, 403):
                answer = await self._answer(path, body, await self._bearer(instead_of=self._token), read=repeatable)
            return _parsed(answer, parse, read=repeatable)

        with self.outage.watched():
            return await http.with_retries(once, read=repeatable, timeout_seconds=self._timeout_seconds)

    async def _answer(self, path: str, body: Mapping[str, object] | None, token: str, *, read: bool) -> httpx.Response:
        headers, seconds = {"authorization": f"Bearer {token}"}, self._timeout_seconds
        return await http.exchange(self._http, VENDOR, path, body, read=read, timeout_seconds=seconds, headers=headers)

    async def _bearer(self, *, instead_of: str = "") -> str:
        """A token that is good; another one than `instead_of`."""
        async with self._renewing:
            if not self._token or self._token == instead_of or self._ticks() >= self._good_until:
                self._token, lives = await self._renewed()
                self._good_until = self._ticks() + max(lives - SOONER_SECONDS, 0.0)
            return self._token

    async def _renewed(self) -> tuple[str, float]:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                asked = {"grant_type": "client_credentials"}
                answer = await http.answer_to(self._auth, "POST", "/oauth2/token", data=asked, auth=self._credentials)
        except http.TRANSPORT_ERRORS as error:
            # As a read: a token that nobody received does no harm, and another is asked for.
            raise http.unanswered(VENDOR, error, read=True) from None
        if answer.status_code in (400, 401, 403):
            raise Misconfigured(f"{KEYS} ({answer.status_code})")
        if not answer.is_success:
            raise http.answered(VENDOR, answer.status_code, answer.headers, read=True)
        with http.readable(VENDOR, read=True):
            return _token(answer)


_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What can stand in a header (RFC 6750, 2.1)."""


def _token(answer: httpx.Response) -> tuple[str, float]:
    said = _json(answer)
    token, lives = said.get("access_token"), said.get("expires_in")
    if not isinstance(token, str) or not _BEARER.fullmatch(token):
        raise http.Unreadable("no access_token")
    if not isinstance(lives, int | float) or isinstance(lives, bool) or not 0 < lives <= LONGEST_SECONDS:
        return token, SHORTEST_SECONDS
    return token, float(lives)


def _parsed(answer: httpx.Response, parse: Callable[[Mapping[str, Any]], T], *, read: bool) -> T:
    with http.readable(VENDOR, read=read):
        if not answer.is_success:
            raise translate(answer.status_code, answer.headers, _json(answer), read=read)
        return parse(_json(answer))


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    """The JSON object of an answer; an empty one where it is none."""
    try:
        said = fit_json(answer.json())
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _page(payload: Mapping[str, Any]) -> tuple[list[Any], str | None]:
    items, after = payload.get("payload"), payload.get("nextCursor")
    if not isinstance(items, list):
        raise http.Unreadable("no payload")
    return items, after if isinstance(after, str) and after else None
