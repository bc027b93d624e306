"""Asking a booking system what became of a booking, where its deliveries only name it, or are to be confirmed.

A token that lets us in is kept beside its source, under a seal, for as long as it is good: one that gives only a few a
day would soon give no more.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from bot.domain.signs import fit_json
from bot.domain.sources.booking_sources import BookingSource
from bot.domain.sources.bookings import Booking
from bot.ports import Misconfigured, ProviderError, Store, Unavailable
from providers import http
from providers.bookings.room import BookingRoom

SOONER = timedelta(minutes=5)
"""So long before its end a token is renewed."""

SHORTEST, LONGEST = 3600.0, 30 * 86_400.0
"""Seconds that a token lives: what is not said, and what is no word about one."""

DAY = timedelta(days=1)
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
Exclusive = Callable[[str], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """How a token is asked for by client credentials, and how many a system gives in a day."""

    path: str
    scope: str
    most_a_day: int


class _NoneGiven(Exception):
    """No token came of it, and none of the day's is used up: a system that is away for an hour would else not be asked
    for the rest of the day."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(slots=True)
class _KeptToken:
    token: str = ""
    good_until: datetime | None = None
    asked: list[datetime] = field(default_factory=list)

    def as_text(self) -> str:
        until = self.good_until.isoformat() if self.good_until else None
        return json.dumps({"token": self.token, "good_until": until, "asked": [at.isoformat() for at in self.asked]})

    @classmethod
    def from_text(cls, text: str | None) -> "_KeptToken":
        if text is None:
            return cls()
        kept = json.loads(text)
        until = datetime.fromisoformat(kept["good_until"]) if kept["good_until"] else None
        return cls(kept["token"], until, [datetime.fromisoformat(at) for at in kept["asked"]])


class BookingSystems:
    """Every booking system that is asked. It is called with what was told, and gives what is true now; None where that
    is nothing about a stay. Raises ProviderError."""

    def __init__(
        self,
        room: Callable[[str], BookingRoom],
        store: Store,
        exclusive: Exclusive,
        wall: Callable[[], datetime],
        timeout_seconds: float = 20.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._room, self._store, self._exclusive, self._wall = room, store, exclusive, wall
        self._timeout_seconds, self._transport = timeout_seconds, transport
        self._outages: dict[str, http.Outage] = {}

    @property
    def outages(self) -> Mapping[str, http.Outage]:
        return self._outages

    async def __call__(self, source: BookingSource, booking: Booking) -> Booking | None:
        ask = self._room(source.vendor).ask
        if ask is None:
            return booking
        outage = self._outages.setdefault(source.vendor, http.Outage(source.vendor))
        with outage.watched():
            return await ask(AskedSystem(self, source), booking)

    # What a room asks with.

    async def get(self, source: BookingSource, url: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
        vendor, seconds = source.vendor, self._timeout_seconds
        async with http.client(url, headers=headers, timeout_seconds=seconds, transport=self._transport) as client:

            async def once() -> httpx.Response:
                answer = await http.exchange(client, vendor, path, None, read=True, timeout_seconds=seconds)
                if answer.status_code == 429 or answer.status_code == 408 or answer.status_code >= 500:
                    raise http.answered(vendor, answer.status_code, answer.headers, read=True)
                return answer

            return await http.with_retries(once, read=True, timeout_seconds=seconds)

    async def bearer(self, source: BookingSource, url: str, order: TokenOrder, instead_of: str = "") -> str:
        """A token that is good; another one than `instead_of`. Raises Unavailable where the day's are used up."""
        async with self._exclusive(f"token of {source.id}"):
            now = self._wall()
            kept = _KeptToken.from_text(await self._kept(source))
            if kept.token and kept.token != instead_of and kept.good_until and now < kept.good_until:
                return kept.token
            kept.asked = [at for at in kept.asked if now - at < DAY]
            if len(kept.asked) >= order.most_a_day:
                wait = (kept.asked[0] + DAY - now).total_seconds()
                raise Unavailable(f"{source.vendor} gives no more than {order.most_a_day} tokens a day", wait)
            kept.asked.append(now)
            # Before it is asked for: where no answer comes, it counts there.
            await self._keep(source, kept)
            try:
                kept.token, lives = await self._renewed(source, url, order)
            except _NoneGiven as refused:
                kept.asked.pop()
                await self._keep(source, kept)
                raise refused.error from None
            kept.good_until = now + max(timedelta(seconds=lives) - SOONER, timedelta())
            await self._keep(source, kept)
            return kept.token

    async def _renewed(self, source: BookingSource, url: str, order: TokenOrder) -> tuple[str, float]:
        credentials, vendor, seconds = source.credentials, source.vendor, self._timeout_seconds
        asked = {"grant_type": "client_credentials", "scope": order.scope}
        asked |= {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
        accept = {"accept": "application/json"}
        try:
            async with http.client(url, headers=accept, timeout_seconds=seconds, transport=self._transport) as client:
                # httpx counts its timeouts anew for each read: an answer that trickles in would never end.
                async with asyncio.timeout(seconds):
                    answer = await http.answer_to(client, "POST", order.path, data=asked)
        except http.TRANSPORT_ERRORS as error:
            # As a read: a token that nobody received does no harm, and another is asked for.
            unanswered = http.unanswered(vendor, error, read=True)
            never_there = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise (_NoneGiven(unanswered) if never_there else unanswered) from None
        if answer.status_code in (400, 401, 403):
            said = f"{vendor} does not accept the credentials of {source.name} ({answer.status_code})"
            raise _NoneGiven(Misconfigured(said))
        if not answer.is_success:
            raise _NoneGiven(http.answered(vendor, answer.status_code, answer.headers, read=True))
        with http.readable(vendor, read=True):
            said = fit_json(answer.json())
            token, lives = said.get("access_token"), said.get("expires_in")
            if not isinstance(token, str) or not _BEARER.fullmatch(token):
                raise http.Unreadable("no access_token")
        return token, _seconds(lives)

    async def _kept(self, source: BookingSource) -> str | None:
        async with self._store() as uow:
            return await uow.booking_sources.token(source.id)

    async def _keep(self, source: BookingSource, kept: _KeptToken) -> None:
        async with self._store() as uow:
            await uow.booking_sources.keep_token(source.id, kept.as_text())


def _seconds(lives: Any) -> float:
    """A number, also one that is written as text."""
    try:
        seconds = 0.0 if isinstance(lives, bool) else float(lives)
    except (TypeError, ValueError, OverflowError):
        seconds = 0.0
    return seconds if 0 < seconds <= LONGEST else SHORTEST


@dataclass(frozen=True, slots=True)
class AskedSystem:
    """One source, as its room asks it."""

    systems: BookingSystems
    source: BookingSource

    async def object(
        self, url: str, path: str, headers: Mapping[str, str] | None = None, token: TokenOrder | None = None
    ) -> Mapping[str, Any] | None:
        """The JSON object at this path; None where there is none (404). `url`: where everybody asks. Raises
        ProviderError."""
        url, vendor = self.source.credentials.api_url or url, self.source.vendor
        asked = {"accept": "application/json", **(headers or {})}
        shown = await self.systems.bearer(self.source, url, token) if token else ""
        answer = await self._get(url, path, asked, shown)
        if token and answer.status_code == 401:
            shown = await self.systems.bearer(self.source, url, token, instead_of=shown)
            answer = await self._get(url, path, asked, shown)
        if answer.status_code == 404:
            return None
        if not answer.is_success:
            raise http.answered(vendor, answer.status_code, answer.headers, read=True)
        with http.readable(vendor, read=True):
            said = fit_json(answer.json())
            if not isinstance(said, dict):
                raise http.Unreadable("no object")
        return said

    async def _get(self, url: str, path: str, headers: Mapping[str, str], token: str) -> httpx.Response:
        bearer = {"authorization": f"Bearer {token}"} if token else {}
        return await self.systems.get(self.source, url, path, {**headers, **bearer})


Ask = Callable[[AskedSystem, Booking], Awaitable[Booking | None]]
