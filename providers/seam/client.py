"""How Seam is called: POST and JSON for every endpoint, reads retried, pages followed, errors in our words.

Which endpoint serves what stands in `lock`; what its objects mean stands in `wire`.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

import httpx

from bot.domain.signs import fit_json
from bot.ports import Unavailable
from providers import http
from providers.seam.errors import VENDOR, translate

T = TypeVar("T")
API_URL = "https://connect.getseam.com"
MOST_PAGES = 200
"""A list that is longer never ends, as far as we are concerned."""


class SeamClient:
    """One workspace, by its API key (`seam_…`). Seam takes POST and JSON everywhere, and so do its own fake and every
    SDK before 3.0; the verbs of SDK 3 are not used. It knows no idempotency key: only reads are ever repeated."""

    def __init__(
        self,
        api_key: str,
        *,
        api_url: str = API_URL,
        timeout_seconds: float = 20.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}", "accept": "application/json"}
        self._http = http.client(api_url, headers=headers, timeout_seconds=timeout_seconds, transport=transport)
        self._timeout_seconds = timeout_seconds
        self.outage = http.Outage(VENDOR)

    async def read(self, path: str, body: Mapping[str, object], parse: Callable[[Mapping[str, Any]], T]) -> T:
        """Asks, up to three times. Raises ProviderError; an answer that `parse` cannot read is Unavailable."""
        return await self._call(path, body, parse, read=True)

    async def act(self, path: str, body: Mapping[str, object], parse: Callable[[Mapping[str, Any]], T]) -> T:
        """Acts, once. Raises ProviderError; an answer that `parse` cannot read is OutcomeUnknown."""
        return await self._call(path, body, parse, read=False)

    async def pages(self, path: str, body: Mapping[str, object], key: str) -> AsyncIterator[Any]:
        """Every item under `key`, page after page. Raises ProviderError, also when the list does not end.

        The same parameters go out with each cursor: Seam answers mismatched_page_parameters otherwise. A list without
        `pagination` is complete (Seam's fake, and its older lists).
        """
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            asked = dict(body) if cursor is None else {**body, "page_cursor": cursor}
            items, after = await self.read(path, asked, lambda payload: (_list(payload, key), _next(payload)))
            for item in items:
                yield item
            if after is None:
                return
            if after == cursor:
                break
            cursor = after
        raise Unavailable(f"{VENDOR}: the list at {path} does not end")

    async def close(self) -> None:
        await self._http.aclose()

    async def _call(
        self, path: str, body: Mapping[str, object], parse: Callable[[Mapping[str, Any]], T], *, read: bool
    ) -> T:
        async def once() -> T:
            answer = await http.exchange(
                self._http, VENDOR, path, body, read=read, timeout_seconds=self._timeout_seconds
            )
            return _parsed(answer, parse, read=read)

        with self.outage.watched():
            return await http.with_retries(once, read=read, timeout_seconds=self._timeout_seconds)


def _parsed(answer: httpx.Response, parse: Callable[[Mapping[str, Any]], T], *, read: bool) -> T:
    with http.readable(VENDOR, read=read):
        payload = _json(answer)
        if not answer.is_success:
            raise translate(answer.status_code, answer.headers, payload, read=read)
        if not isinstance(payload, dict):
            raise http.Unreadable("no JSON object")
        return parse(payload)


def _json(answer: httpx.Response) -> object:
    """The JSON of an answer; None where it is none (Seam's platform answers some errors in plain text)."""
    try:
        return fit_json(answer.json())
    except (ValueError, RecursionError):
        return None


def _list(payload: Mapping[str, Any], key: str) -> list[Any]:
    items = payload.get(key)
    if not isinstance(items, list):
        raise http.Unreadable(f"no {key}")
    return items


def _next(payload: Mapping[str, Any]) -> str | None:
    pagination = payload.get("pagination")
    cursor = pagination.get("next_page_cursor") if isinstance(pagination, dict) else None
    return cursor if isinstance(cursor, str) and cursor else None
