"""What every booking system's room must do: know its own deliveries, and read a booking out of what its system happens
to send. By HTTP, in the process of the test, on a real database."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.domain.messages.languages import Language
from bot.domain.sources.booking_sources import BookingSource, Credentials
from bot.domain.sources.bookings import BookedListing, Booking, BookingState, Ignored, KeptBooking
from bot.ports import Clock, Ports, Subject, Unavailable
from bot.ports.bookings import AskBooking
from bot.processes.refusing import BOOKINGS
from bot.processes.web import build_web
from bot.wiring import booking_room
from bot.workflows.set_up_bookings import map_listing, set_up_source
from bot.workflows.take_stay.from_bookings import process_booking
from providers.bookings.listeners import BookingListeners, webhooks_path
from providers.bookings.room import BookingDelivery, UnreadableBooking
from storage.engine import open_database
from tests.benchmarks.ports import installation
from tests.cases import examples
from tests.contracts.booking_examples import NUMBER, SECRET, VENDORS, Example, body_of, hostaway, lodgify, smoobu

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


async def _fine() -> dict[str, str]:
    return {}


class System:
    """A booking system that sends us what it has to say."""

    def __init__(self, ports: Ports, vendor: str) -> None:
        self.ports, self.vendor, self.example = ports, vendor, VENDORS[vendor]
        self.refused: list[str] = []
        listeners = BookingListeners(ports, BOOKINGS, booking_room)
        wire = httpx.ASGITransport(build_web(listeners.routes(), _fine, refused=self._refused))
        self.http = httpx.AsyncClient(transport=wire, base_url="http://bot.test")

    async def _refused(self, vendor: str) -> None:
        self.refused.append(vendor)

    @property
    def path(self) -> str:
        behind = f"/{self.example.key}" if self.example.key else ""
        return webhooks_path(self.vendor) + behind

    async def send(self, said: Any, headers: Any = None) -> httpx.Response:
        body = body_of(said)
        signed = self.example.sign(body) if headers is None else headers
        return await self.http.post(self.path, content=body, headers=signed)

    async def kept(self, external_id: str = "4711") -> KeptBooking | None:
        async with self.ports.store() as uow:
            (source,) = await uow.booking_sources.all()
            return await uow.bookings.by_id_there(source.id, external_id)


def test_every_vendor_has_an_example() -> None:
    assert set(VENDORS) == set(BOOKINGS)


@pytest.fixture(params=sorted(VENDORS))
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def example(vendor: str) -> Example:
    return VENDORS[vendor]


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url, Clock(lambda: NOW, lambda: NOW)) as (made, _queue, _texter):
        yield made


@pytest.fixture
async def system(ports: Ports, vendor: str) -> System:
    await set_up_source(ports, vendor, vendor, VENDORS[vendor].credentials)
    return System(ports, vendor)


def read(vendor: str, said: Any) -> list[Booking | Ignored]:
    """What tells of a booking: a delivery, or where that only names it what its system answers."""
    reads = VENDORS[vendor].reads or booking_room(vendor).read
    return list(reads(json.loads(body_of(said))))


def only(vendor: str, said: Any) -> Booking:
    (found,) = read(vendor, said)
    assert isinstance(found, Booking), found
    return found


# --- whose it is ------------------------------------------------------------------------------------------------------


async def test_a_delivery_is_kept_before_it_is_answered(system: System) -> None:
    answer = await system.send(system.example.made())
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    kept = await system.kept()
    assert kept is not None
    assert kept.words is not None
    assert (kept.external_id, kept.due_at, kept.unmet) == ("4711", NOW, None)
    assert system.refused == []


def altered(example: Example) -> Iterator[tuple[str, bytes, Any, str]]:
    body = body_of(example.made())
    signed, key = dict(example.sign(body)), example.key
    if key:
        yield "another key", body, signed, key[:-1] + "x"
        yield "a longer key", body, signed, key + "x"
        yield "no key", body, signed, ""
        return
    yield "no header", body, {}, ""
    yield "nothing in it", body, dict.fromkeys(signed, ""), ""
    yield "letters that are no ASCII", body, dict.fromkeys(signed, "é".encode("latin-1")), ""
    yield "half of it", body, {name: value[: len(value) // 2] for name, value in signed.items()}, ""
    yield "much more", body, {name: value + "0" * 5000 for name, value in signed.items()}, ""
    if not example.same_for_every_body:
        yield "of another body", body + b" ", signed, ""


async def test_what_is_signed_otherwise_is_refused_and_counted(system: System) -> None:
    base = webhooks_path(system.vendor)
    cases = list(altered(system.example))
    for case, body, headers, key in cases:
        answer = await system.http.post(f"{base}/{key}" if key else base, content=body, headers=headers)
        assert answer.status_code == 401, case
    assert system.refused == [system.vendor] * len(cases)
    assert await system.kept() is None


async def test_a_secret_that_was_replaced_opens_nothing(system: System) -> None:
    await set_up_source(system.ports, system.vendor, system.vendor, system.example.other)
    assert (await system.send(system.example.made())).status_code == 401


async def test_an_empty_secret_is_nobodys(system: System, vendor: str) -> None:
    """Whatever a row may hold."""
    room, body = booking_room(vendor), body_of(system.example.made())
    for credentials in (Credentials(), Credentials(("",)), Credentials(("", ""), user=system.example.credentials.user)):
        for headers in ({}, dict(system.example.sign(body))):
            assert not room.fits(credentials, BookingDelivery(body, httpx.Headers(headers), ""))


async def test_nothing_is_expected_where_no_system_was_set_up(ports: Ports, vendor: str) -> None:
    answer = await System(ports, vendor).send(VENDORS[vendor].made())
    assert (answer.status_code, "sources add" in answer.text) == (404, True)


async def test_of_two_accounts_each_is_known_by_its_secret(system: System, vendor: str) -> None:
    await set_up_source(system.ports, "another", vendor, system.example.other)
    assert (await system.send(system.example.made())).status_code == 200
    async with system.ports.store() as uow:
        sources = {one.name: one for one in await uow.booking_sources.all()}
        found = {name: await uow.bookings.by_id_there(one.id, "4711") for name, one in sources.items()}
    assert {name for name, kept in found.items() if kept} == {vendor}
    assert sources[vendor].heard_at == NOW


# --- what it says -----------------------------------------------------------------------------------------------------


async def test_what_tells_nothing_is_answered_well_and_not_kept(system: System) -> None:
    for case, said in system.example.ignored.items():
        answer = await system.send(said)
        assert answer.status_code == 200, (case, answer.text)
        assert [type(one) for one in booking_room(system.vendor).read(said)] == [Ignored], case
    assert await system.kept() is None


NO_JSON = (b"", b"{", b"\xff\xfe", b"not json", b'{"a": NaN}', b'{"a": 1e', b"[" * 20_000, b"\x00")


async def test_what_is_no_booking_is_refused_with_a_sentence(system: System) -> None:
    wrong = {**{str(one[:9]): one for one in NO_JSON}, **system.example.unreadable}
    wrong |= {"a text": b'"booking"', "a number": b"7", "null": b"null"}
    for case, said in wrong.items():
        answer = await system.send(said)
        refused = "The signature does not fit." if said in system.example.unsigned else "This is no booking: "
        assert (answer.status_code in (400, 401), refused in answer.text) == (True, True), (case, answer.text)
    assert (await system.send(b" " * 1_100_000)).status_code == 413


def test_a_booking_is_read_whole(vendor: str, example: Example) -> None:
    found = only(vendor, example.whole())
    assert (found.external_id, found.state) == ("4711", BookingState.STANDS)
    assert (found.starts_at.isoformat(), found.ends_at.isoformat()) == (example.starts, example.ends)  # type: ignore[union-attr]
    assert found.listings == (BookedListing("flat-1", "Casa Azul"),)
    assert (found.guest_name, found.phones, found.email) == ("Ana Sample", (NUMBER,), "ana@example.org")
    assert found.language in (None, Language.GERMAN)


def test_what_is_no_stay_any_more_is_gone(vendor: str, example: Example) -> None:
    assert only(vendor, example.gone).state is BookingState.GONE
    for case, said in example.no_stays.items():
        assert only(vendor, said).state is BookingState.GONE, case


def test_hostaways_owner_stays_as_any_guest_does() -> None:
    assert only("hostaway", hostaway(status="ownerStay")).state is BookingState.STANDS


def heard_in(vendor: str, said: Any) -> list[Booking | Ignored]:
    """What is read; nothing where a field is named that no stay can be made without."""
    try:
        return read(vendor, said)
    except UnreadableBooking as unreadable:
        named = re.fullmatch(r"no [a-z_.\[\]A-Z-]{2,40}|the body is no \w+|too many at once", str(unreadable))
        return [] if named else pytest.fail(str(unreadable))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def places(said: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in it."""
    inner = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def put_at(said: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(said))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


@pytest.mark.properties
@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_whatever_stands_anywhere_is_read_or_refused(vendor: str, example: Example, data: st.DataObject) -> None:
    """A booking in which anything may stand in two places, and what is no booking at all: never a fault of ours, and
    what is read can be kept and given back."""
    whole = example.whole()
    said: Any = data.draw(anything) if data.draw(st.booleans()) and data.draw(st.booleans()) else whole
    for _ in range(2 if said is whole else 0):
        spots = list(places(said))
        if spots:
            said = put_at(said, data.draw(st.sampled_from(spots)), data.draw(anything))
    for one in heard_in(vendor, json.loads(json.dumps(said))):
        if isinstance(one, Booking):
            assert Booking.from_json(json.loads(json.dumps(one.as_json()))) == one
            one.as_json()["external_id"].encode()
            assert one.state is not BookingState.STANDS or (one.starts_at and one.ends_at)


@pytest.mark.properties
async def test_whatever_is_sent_is_answered_and_a_worker_goes_on(system: System) -> None:
    """Signed, and then anything: no fault of ours by HTTP, nor in what is made of it."""
    rng, whole = random.Random(system.vendor), system.example.whole()
    odd = [
        None,
        True,
        -1,
        10**30,
        1.5,
        "",
        "\u0000",
        "\ud800",
        "x" * 5000,
        "<@U1>",
        "2026-12-04T25:00",
        [],
        {},
        [[]],
        {"a": {}},
    ]
    answers = {"now": whole}
    ports = replace(system.ports, ask_booking=_answering(system, answers))
    await _map_everything(ports)
    for number in range(examples(20)):
        said, answers["now"] = (
            put_at(one, rng.choice(list(places(one))), rng.choice(odd)) for one in (system.example.made(), whole)
        )
        body = json.dumps(said).encode() if number % 7 else rng.randbytes(rng.randrange(200))
        answer = await system.send(body)
        assert answer.status_code in (200, 400, 401), (body, answer.text)
        async with ports.store() as uow:
            due = [row for subject, row in await uow.due(NOW, 100) if subject is Subject.BOOKING]
        for row in due:
            await process_booking(ports, row)


def _answering(system: System, answers: dict[str, Any]) -> AskBooking:
    async def ask(_source: BookingSource, news: Booking) -> Booking | None:
        if system.example.reads is None:
            return news
        try:
            (found,) = system.example.reads(json.loads(json.dumps(answers["now"])))
        except UnreadableBooking as unreadable:
            raise Unavailable(str(unreadable)) from None
        return found if isinstance(found, Booking) else None

    return ask


async def _map_everything(ports: Ports) -> None:
    async with ports.store() as uow:
        (source,), locks = await uow.booking_sources.all(), await uow.locks.all()
    await map_listing(ports, source, "flat-1", (locks[0].id,))


@pytest.mark.parametrize("left_out", ["null", "missing"])
def test_whatever_is_left_out_a_booking_is_read_or_the_field_is_named(
    vendor: str, example: Example, left_out: str
) -> None:
    """Each field alone: only what no stay can be made without is asked for."""
    whole = example.whole()
    for path in places(whole):
        said = put_at(whole, path, None)
        if left_out == "missing" and isinstance(path[-1], str):
            place = said
            for key in path[:-1]:
                place = place[key]
            del place[path[-1]]
        heard_in(vendor, said)


async def test_the_same_twice_and_at_once_is_one(system: System) -> None:
    answers = await asyncio.gather(*(system.send(system.example.made()) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    async with system.ports.store() as uow:
        (source,) = await uow.booking_sources.all()
        assert len(await uow.bookings.waiting(source.id)) == 1


@pytest.mark.parametrize("vendor", [name for name, each in VENDORS.items() if each.dated])
async def test_an_older_word_changes_nothing_where_the_system_dates_them(system: System, vendor: str) -> None:
    example = system.example
    await system.send(example.made(at="2026-12-01T10:00:00Z"))
    newest = await system.kept()
    await system.send(example.made(at="2026-12-01T09:00:00Z"))
    assert await system.kept() == newest
    await system.send(example.made(at="2026-12-01T11:00:00Z"))
    after = await system.kept()
    assert after is not None
    assert after.changed_at == datetime(2026, 12, 1, 11, tzinfo=UTC)


async def test_nothing_of_it_lies_open(system: System, database_url: str) -> None:
    await system.send(system.example.made())
    database = open_database(database_url)
    try:
        async with database.engine.connect() as connection:
            said = str((await connection.execute(text("SELECT * FROM bookings"))).all())
            said += str((await connection.execute(text("SELECT * FROM booking_sources"))).all())
    finally:
        await database.engine.dispose()
    assert [word for word in ("4711", "Sample", "39981234", "ana@", SECRET) if word in said] == []


async def test_a_key_behind_the_address_is_in_no_line_of_the_log() -> None:
    async def away(_request: Request) -> Response:
        raise ConnectionError("the database is away")

    web = build_web([Route("/smoobu/webhooks/{key}", away, methods=["POST"])], _fine)
    with capture_logs() as lines:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://bot.test") as http:
            assert (await http.post("/smoobu/webhooks/a-secret-key", content=b"{}")).status_code == 503
    assert [line["path"] for line in lines] == ["/smoobu/webhooks/..."]


async def test_a_booking_that_nobody_can_read_takes_none_with_it_that_came_beside(ports: Ports) -> None:
    await set_up_source(ports, "lodgify", "lodgify", VENDORS["lodgify"].credentials)
    system = System(ports, "lodgify")
    wrong = lodgify(date_departure="soon")
    answer = await system.send([*wrong, *lodgify(), 7, *wrong, *lodgify(id=4712)])
    assert (answer.status_code, "no booking.date_departure" in answer.text) == (400, True)
    assert [bool(await system.kept(one)) for one in ("4711", "4712")] == [True, True]
    assert await system.kept() is not None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("16:00", "T16:00:00"),
        ("9:30", "T09:30:00"),
        ("16:00:00", "T16:00:00"),
        ("1600", "T16:00:00"),
        ("16.30", "T16:30:00"),
        ("3:00 PM", "T15:00:00"),
        ("03:00 pm", "T15:00:00"),
        ("3 p.m.", "T15:00:00"),
        ("12:00 AM", "T00:00:00"),
        ("12:15PM", "T12:15:00"),
        (16, "T16:00:00"),
        ("", ""),
        ("13:00 PM", ""),
        ("0 am", ""),
        ("24:00", ""),
        ("16:60", ""),
        ("16:00 - 20:00", ""),
        ("03:00 in the afternoon", ""),
        ("\u0661\u0666:00", ""),
        (None, ""),
        (True, ""),
    ],
)
def test_an_hour_is_read_as_it_is_meant_or_not_at_all(written: Any, meant: str) -> None:
    """Where it is none, the door's own hours count: half of what stands there would shut somebody out."""
    said = smoobu()
    said["data"] = {**said["data"], "check-out": written}
    ends = only("smoobu", said).ends_at
    assert ends is not None
    assert ends.isoformat() == f"2026-12-06{meant}"
