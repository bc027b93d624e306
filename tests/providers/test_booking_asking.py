"""Booking systems that are asked back: what is asked for, with which token, and what a failure is called. By the wire,
on a real database, where tokens lie."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from sqlalchemy import text

from bot.domain.sources.booking_sources import BookingSource, Credentials
from bot.domain.sources.bookings import Booking, BookingState
from bot.ports import Misconfigured, Ports, Rejected, Unavailable
from bot.wiring import booking_room
from bot.workflows.set_up_bookings import set_up_source
from providers.bookings.asking import BookingSystems
from storage.engine import open_database
from storage.exclusive import exclusive
from tests.benchmarks.ports import installation
from tests.contracts.booking_examples import guesty_reservation, smoobu

TOLD = Booking("47/11", BookingState.ASK)
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def _found(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=guesty_reservation())


class Guesty:
    """At the wire: gives tokens that live a day, and knows one reservation."""

    def __init__(self) -> None:
        self.now, self.tokens, self.asked = NOW, 0, list[httpx.Request]()
        self.good = set[str]()
        self.lives: Any = 86_400
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(
            200, json=guesty_reservation()
        )
        self.gives: Callable[[], httpx.Response] = self._gives

    def _gives(self) -> httpx.Response:
        self.tokens += 1
        self.good.add(f"token-{self.tokens}")
        return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": self.lives})

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path == "/oauth2/token":
            said = parse_qs((await request.aread()).decode())
            assert (said["grant_type"], said["scope"], said["client_id"]) == (
                ["client_credentials"],
                ["open-api"],
                ["client"],
            )
            return self.gives()
        if request.headers["authorization"].removeprefix("Bearer ") not in self.good:
            return httpx.Response(401, json={"message": "expired"})
        return self.answer(request)


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        yield made


@asynccontextmanager
async def asking(
    ports: Ports, url: str, guesty: Guesty, vendor: str = "guesty", **more: str
) -> AsyncIterator[tuple[BookingSystems, BookingSource]]:
    credentials = Credentials(("secret",), client_id="client", client_secret="hidden")
    await set_up_source(ports, vendor, vendor, replace(credentials, **more))
    async with ports.store() as uow:
        (source,) = await uow.booking_sources.all()
    async with _again(ports, url, guesty) as systems:
        yield systems, source


async def test_a_reservation_is_asked_for_with_a_token_that_is_kept(ports: Ports, database_url: str) -> None:
    guesty = Guesty()
    async with asking(ports, database_url, guesty) as (systems, source):
        found = await systems(source, TOLD)
        assert found is not None
        assert (found.external_id, found.state, found.guest_name) == ("47/11", BookingState.STANDS, "Ana Sample")
        assert [str(one.url) for one in guesty.asked] == [
            "https://open-api.guesty.com/oauth2/token",
            "https://open-api.guesty.com/v1/reservations/47%2F11",
        ]
        await asyncio.gather(*(systems(source, TOLD) for _ in range(5)))
    # Another process: what is kept is enough.
    async with _again(ports, database_url, guesty) as again:
        await again(source, TOLD)
    assert guesty.tokens == 1
    database = open_database(database_url)
    try:
        async with database.engine.connect() as connection:
            rows = str((await connection.execute(text("SELECT * FROM booking_sources"))).all())
    finally:
        await database.engine.dispose()
    assert [word for word in ("token-1", "hidden", "secret'") if word in rows] == []


@asynccontextmanager
async def _again(ports: Ports, url: str, guesty: Guesty) -> AsyncIterator[BookingSystems]:
    database = open_database(url)
    try:
        transport = httpx.MockTransport(guesty.handle)
        yield BookingSystems(booking_room, ports.store, exclusive(database), lambda: guesty.now, 2.0, transport)
    finally:
        await database.engine.dispose()


async def test_a_token_is_renewed_before_it_ends_and_no_more_than_five_times_a_day(
    ports: Ports, database_url: str
) -> None:
    guesty = Guesty()
    guesty.lives = 3600
    async with asking(ports, database_url, guesty) as (systems, source):
        for hours in range(5):
            await systems(source, TOLD)
            assert guesty.tokens == hours + 1
            guesty.now += timedelta(minutes=54)
            await systems(source, TOLD)
            assert guesty.tokens == hours + 1
            guesty.now += timedelta(minutes=2)
        with pytest.raises(Unavailable, match="no more than 5 tokens a day") as caught:
            await systems(source, TOLD)
        assert caught.value.retry_after == 600
        assert len([one for one in guesty.asked if one.url.path == "/oauth2/token"]) == 5
        guesty.now = NOW + timedelta(hours=24, minutes=1)
        await systems(source, TOLD)
        assert guesty.tokens == 6


async def test_many_at_once_take_one_token(ports: Ports, database_url: str) -> None:
    guesty = Guesty()
    async with asking(ports, database_url, guesty) as (systems, source):
        await asyncio.gather(*(systems(source, TOLD) for _ in range(8)))
        assert guesty.tokens == 1


async def test_a_token_that_was_called_back_is_renewed_once(ports: Ports, database_url: str) -> None:
    guesty = Guesty()
    async with asking(ports, database_url, guesty) as (systems, source):
        await systems(source, TOLD)
        guesty.good.clear()
        assert await systems(source, TOLD) is not None
        assert guesty.tokens == 2
        guesty.answer = lambda _: httpx.Response(401)
        with pytest.raises(Misconfigured):
            await systems(source, TOLD)
        assert guesty.tokens == 3
        assert systems.outages["guesty"].to_mend


async def test_where_no_answer_comes_a_token_that_was_asked_for_counts(ports: Ports, database_url: str) -> None:
    guesty = Guesty()

    def broken() -> httpx.Response:
        raise httpx.ReadTimeout("too late")

    guesty.gives = broken
    async with asking(ports, database_url, guesty) as (systems, source):
        for _ in range(7):
            with pytest.raises(Unavailable):
                await systems(source, TOLD)
        assert len(guesty.asked) == 5


def _unreachable() -> httpx.Response:
    raise httpx.ConnectError("nobody is there")


@pytest.mark.parametrize(
    "away",
    [*(lambda status=status: httpx.Response(status) for status in (503, 500, 429, 401)), _unreachable],
    ids=["away", "broken", "too many", "refused", "unreachable"],
)
async def test_a_system_that_gave_no_token_is_asked_again_when_it_is_back(
    ports: Ports, database_url: str, away: Callable[[], httpx.Response]
) -> None:
    """Seven times within hours; five were a day's."""
    guesty = Guesty()
    gives, guesty.gives = guesty.gives, away
    async with asking(ports, database_url, guesty) as (systems, source):
        for _ in range(7):
            with pytest.raises((Unavailable, Misconfigured)):
                await systems(source, TOLD)
        guesty.gives = gives
        assert await systems(source, TOLD) is not None
        assert guesty.tokens == 1


async def test_other_credentials_begin_with_a_token_of_their_own(ports: Ports, database_url: str) -> None:
    guesty = Guesty()
    async with asking(ports, database_url, guesty) as (systems, source):
        await systems(source, TOLD)
        await set_up_source(ports, "guesty", "guesty", replace(source.credentials, client_secret="other"))
        async with ports.store() as uow:
            (source,) = await uow.booking_sources.all()
        await systems(source, TOLD)
        assert guesty.tokens == 2


WRONG_TOKENS: dict[str, tuple[httpx.Response, type[Exception]]] = {
    "refused": (httpx.Response(401, json={"error": "invalid_client"}), Misconfigured),
    "too many": (httpx.Response(429), Unavailable),
    "away": (httpx.Response(503), Unavailable),
    "no token": (httpx.Response(200, json={}), Unavailable),
    "a token that is none": (httpx.Response(200, json={"access_token": "a\nb"}), Unavailable),
    "a list": (httpx.Response(200, json=[1]), Unavailable),
    "no JSON": (httpx.Response(200, content=b"<html>"), Unavailable),
}


@pytest.mark.parametrize("case", sorted(WRONG_TOKENS))
async def test_what_is_no_token_is_called_what_it_is(ports: Ports, database_url: str, case: str) -> None:
    guesty, (answer, kind) = Guesty(), WRONG_TOKENS[case]
    guesty.gives = lambda: answer
    async with asking(ports, database_url, guesty) as (systems, source):
        with pytest.raises(kind) as caught:
            await systems(source, TOLD)
    assert "hidden" not in str(caught.value)


ANSWERS: dict[str, tuple[httpx.Response, type[Exception] | BookingState | None]] = {
    "gone": (httpx.Response(200, json=guesty_reservation(status="canceled")), BookingState.GONE),
    "checked out": (httpx.Response(200, json=guesty_reservation(status="checked_out")), None),
    "checked in": (httpx.Response(200, json=guesty_reservation(status="checked_in")), BookingState.STANDS),
    "only days": (httpx.Response(200, json=guesty_reservation(checkIn=None, checkOut="soon")), BookingState.STANDS),
    "not there": (httpx.Response(404), BookingState.GONE),
    "may not": (httpx.Response(403), Misconfigured),
    "refused": (httpx.Response(410), Rejected),
    "slow down": (httpx.Response(429, headers={"retry-after": "90"}), Unavailable),
    "away": (httpx.Response(500), Unavailable),
    "another address": (httpx.Response(302, headers={"location": "https://example.org"}), Misconfigured),
    "no days": (httpx.Response(200, json=guesty_reservation(checkIn=None, checkInDateLocalized=None)), Unavailable),
    "a list": (httpx.Response(200, json=[]), Unavailable),
    "no JSON": (httpx.Response(200, content=b"<html>"), Unavailable),
}


@pytest.mark.parametrize("case", sorted(ANSWERS))
async def test_what_is_answered_is_called_what_it_is(ports: Ports, database_url: str, case: str) -> None:
    guesty, (answer, expected) = Guesty(), ANSWERS[case]
    guesty.answer = lambda _: answer
    async with asking(ports, database_url, guesty) as (systems, source):
        if isinstance(expected, type):
            with pytest.raises(expected) as caught:
                await systems(source, TOLD)
            assert "Sample" not in str(caught.value)
            return
        found = await systems(source, TOLD)
    assert (found.state if found else None) == expected


async def test_smoobu_confirms_what_came_with_a_key_and_without_one_is_believed(
    ports: Ports, database_url: str
) -> None:
    wire, news = Guesty(), Booking("4711", BookingState.STANDS)

    async def handle(request: httpx.Request) -> httpx.Response:
        wire.asked.append(request)
        return wire.answer(request)

    wire.handle = handle  # type: ignore[method-assign]
    wire.answer = lambda _: httpx.Response(200, json=json.loads(json.dumps(smoobu()["data"])))
    async with asking(ports, database_url, wire, "smoobu", api_url="https://smoobu.test") as (systems, source):
        found = await systems(source, news)
        assert found is not None
        assert (found.external_id, found.guest_name) == ("4711", "Ana Sample")
        assert (str(wire.asked[0].url), wire.asked[0].headers["api-key"]) == (
            "https://smoobu.test/api/reservations/4711",
            "hidden",
        )
        wire.answer = lambda _: httpx.Response(404)
        gone = await systems(source, news)
        assert gone is not None
        assert gone.state is BookingState.GONE
        without = replace(source, credentials=Credentials(("secret",)))
        assert await systems(without, news) == news
        assert len(wire.asked) == 2


async def test_a_system_that_says_all_is_not_asked(ports: Ports, database_url: str) -> None:
    async with asking(ports, database_url, Guesty(), "hostaway") as (systems, source):
        assert await systems(source, TOLD) == TOLD


@pytest.mark.parametrize("lives", ["86400", 86_400.0, "8.64e4"])
async def test_a_life_that_is_written_as_text_is_one(ports: Ports, database_url: str, lives: Any) -> None:
    """Taken for an hour, a day's five tokens would be used up by noon."""
    guesty = Guesty()
    guesty.lives = lives
    async with asking(ports, database_url, guesty) as (systems, source):
        for _ in range(3):
            await systems(source, TOLD)
            guesty.now += timedelta(hours=7)
    assert guesty.tokens == 1


@pytest.mark.parametrize("lives", ["nan", "inf", "-1", "", [], True, 10**400, "soon"])
async def test_a_life_that_is_none_is_an_hour(ports: Ports, database_url: str, lives: Any) -> None:
    guesty = Guesty()
    guesty.lives = lives
    async with asking(ports, database_url, guesty) as (systems, source):
        await systems(source, TOLD)
        guesty.now += timedelta(minutes=50)
        await systems(source, TOLD)
        assert guesty.tokens == 1
        guesty.now += timedelta(minutes=6)
        await systems(source, TOLD)
    assert guesty.tokens == 2
