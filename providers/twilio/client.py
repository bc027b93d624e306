"""Twilio's own async SDK, with what it leaves out: a deadline, errors in our words, silence about phone numbers."""

import asyncio
import json
import logging
from typing import Any

from aiohttp import encode_basic_auth
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.ports import Misconfigured
from providers import http
from providers.twilio.errors import VENDOR, translate

API_URL = "https://api.twilio.com"

_quiet = logging.getLogger("providers.twilio.sdk")
_quiet.setLevel(logging.WARNING)
"""The SDK logs query strings, and with them phone numbers, at INFO."""


class DeadlineHttp(AsyncTwilioHttpClient):  # type: ignore[misc]
    """The SDK's HTTP client. Its `timeout` is never applied, its retries repeat POSTs, and its exceptions and pages
    quote what Twilio answered; so the deadline and the translation stand here, and nothing is ever retried here."""

    def __init__(self, timeout_seconds: float) -> None:
        # Pooling would make a session of the SDK's own, which has no deadline.
        super().__init__(pool_connections=False, logger=_quiet)
        self.session = http.session(timeout_seconds)
        self._timeout_seconds = timeout_seconds

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """One request. Raises ProviderError for anything but a success; GET is a read, all else acts."""
        read = method.upper() == "GET"
        with http.readable(VENDOR, read=read):
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    response = await super().request(method, url, *args, **_with_basic_auth(kwargs))
            except http.TRANSPORT_ERRORS as error:
                raise http.unanswered(VENDOR, error, read=read) from None
            payload = _object(response.text)
            if not 200 <= response.status_code < 300:
                raise translate(response.status_code, response.headers or {}, _code(payload), read=read)
            if payload is None:
                raise http.ambiguous(f"{VENDOR}'s answer cannot be read", read=read)
        return response


def connect(account_sid: str, auth_token: str, *, api_url: str, deadline_http: DeadlineHttp) -> Client:
    """The SDK's client for one account, bound to `api_url`. The SDK is kept from reading the environment.

    Raises Misconfigured without credentials.
    """
    if not account_sid or not auth_token:
        raise Misconfigured("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed")
    client = Client(account_sid, auth_token, http_client=deadline_http, environment={"TWILIO_EDGE": ""})
    client.api.base_url = api_url.rstrip("/")
    return client


def _with_basic_auth(kwargs: dict[str, Any]) -> dict[str, Any]:
    """The credentials as a header: the SDK's way of passing them is deprecated in aiohttp."""
    auth = kwargs.pop("auth", None)
    headers = dict(kwargs.pop("headers", None) or {})
    if auth:
        headers["Authorization"] = encode_basic_auth(*auth)
    return {**kwargs, "headers": headers}


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object in an answer; None where it is none."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _code(payload: dict[str, Any] | None) -> int | None:
    """Twilio's error code, which stands alike in its older answers and in those of RFC 9457."""
    code = payload.get("code") if payload else None
    return code if isinstance(code, int) else None
