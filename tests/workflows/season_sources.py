"""The four kinds of source of a season (`season.py`), each by its own way in and on its bad days: calendars behind the
client that reads them, booking systems by signed webhooks and what they answer when they are asked, programs by the
API, and people by what they type."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx

from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.lock_names import lock_names
from bot.domain.approvals.api_tokens import Scope
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.source_stays import SourceStay
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.windows import AccessWindow
from bot.processes.refusing import BOOKINGS
from bot.processes.web import build_web
from bot.wiring import booking_room
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay, change_waiting, want_change
from bot.workflows.change_stay.drafting import Wanted
from bot.workflows.let_in import create_token
from bot.workflows.set_up_bookings import map_listing, set_up_source
from bot.workflows.withdraw import withdraw
from providers.bookings.asking import BookingSystems
from providers.bookings.listeners import BookingListeners
from providers.feeds.client import FeedClient
from providers.sandbox.feed_room import SandboxFeed, calendar
from providers.stays_api.app import routes as stays_routes
from storage.exclusive import exclusive
from tests.contracts.booking_examples import VENDORS, body_of, calcom, guesty, guesty_reservation, hospitable
from tests.workflows.calendar_house import CalendarHouse, address
from tests.workflows.season import ASKER, SETTLES, STEP, Origin, Season, Truth

Answer = Callable[[httpx.Request], httpx.Response]


def calls(house: CalendarHouse) -> httpx.AsyncClient:
    """The bot's own routes, without a socket between."""
    routes = [*stays_routes(house.ports), *BookingListeners(house.ports, BOOKINGS, booking_room).routes()]

    async def fine() -> dict[str, str]:
        return {}

    return httpx.AsyncClient(transport=httpx.ASGITransport(build_web(routes, fine)), base_url="http://bot.test")


# --- calendars --------------------------------------------------------------------------------------------------------


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there", request=request)


def _hangs(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("nothing came", request=request)


_BAD: Mapping[str, Answer] = {
    "fails": lambda _: httpx.Response(500),
    "is refused": lambda _: httpx.Response(403),
    "is not there": lambda _: httpx.Response(404),
    "is a login page": lambda _: httpx.Response(200, html="<!DOCTYPE html><html><body>Please log in</body></html>"),
    "is nothing": lambda _: httpx.Response(200, content=b""),
    "is noise": lambda _: httpx.Response(200, content=random.Random(1).randbytes(400)),
    "leads to a private place": lambda _: httpx.Response(302, headers={"location": "https://192.168.0.1/c.ics"}),
    "leads in a circle": lambda request: httpx.Response(302, headers={"location": request.url.raw_path.decode()}),
    "hangs": _hangs,
    "cannot be reached": _unreachable,
}


class Calendars(Origin):
    """Two of each door: its own platform's, and Booking.com's, which closes the nights that the other has sold, half a
    day late or so."""

    own = ("airbnb", "vrbo", "google")
    sources = (*own, "booking")

    def __init__(self, season: Season) -> None:
        super().__init__(season)
        self.days: dict[str, str] = {}
        """What each calendar is today, where it is not as it should be."""
        self.away: dict[str, datetime] = {}
        """Calendars that cannot be read for days, and until when."""
        self.lied: dict[str, datetime] = {}
        """When each was served in another's place: what is so twice in a row nobody can know."""
        self.well = False

    async def begin(self) -> None:
        client = FeedClient(resolving=self._resolve, transport=httpx.MockTransport(self._served))
        self.house.ports = replace(self.house.ports, calendars=client)
        for door in range(self.season.doors):
            await self.house.adds(f"own{door}", self._platform(door), f"Door {door}")
            await self.house.adds(f"closed{door}", "booking", f"Door {door}")

    async def _resolve(self, host: str, _port: int) -> list[str]:
        return ["93.184.215.14" if host == "calendars.example" else host]

    def _platform(self, door: int) -> str:
        return self.own[door % len(self.own)]

    def books(self, door: int) -> str:
        return self.rng.choice((self._platform(door), "booking"))

    def announce(self, one: Truth) -> None:
        one.calendar, one.page = True, f"closed{one.door}" if one.source == "booking" else f"own{one.door}"
        one.known_at = self._known_at(one.door)
        if one.stands:
            more: Mapping[str, object] = {
                "airbnb": {"code": f"HM{one.id:0>8}"},
                "booking": {},
            }.get(one.source, {"name": one.name})
            self.house.book(one.page, one.id, f"{one.first}", f"{one.last}", **more)
        elif one.source == "google" and self.rng.random() < 0.5:
            self.house.page(one.page).bookings[one.id]["status"] = "CANCELLED"
            self.happened("a calendar said cancelled")
        else:
            self.house.cancel(one.page, one.id)

    async def goes_on(self) -> None:
        self._echo()
        self.days.clear()
        for door in () if self.well else range(self.season.doors):
            for name in self._names(door):
                self._day_of(name)
        for one in self.season.truths.values():
            if one.calendar and one.known_at is None:
                one.known_at = self._known_at(one.door)

    def _day_of(self, name: str) -> None:
        roll = self.rng.random()
        if name in self.away and self.away[name] <= self.now:
            del self.away[name]
            self.happened("a calendar came back")
        if name in self.away or roll < 0.08:
            self.days[name] = self.rng.choice(list(_BAD))
            self.happened(f"a calendar {self.days[name]}")
            if roll < 0.004:
                self._goes_away(name)
        elif roll < 0.34:
            lies = roll < 0.14 and self.now - self.lied.get(name, self.now - 2 * SETTLES) > SETTLES
            named = "is another's" if lies else "has moved" if roll < 0.18 else "leaves one out"
            self.days[name] = "is empty" if roll < 0.12 else named
            if self.days[name] == "is another's":
                self.lied[name] = self.now
                self._unsettles(name)
            self.happened(f"a calendar {self.days[name]}")

    def _goes_away(self, name: str) -> None:
        self.away[name] = self.now + timedelta(hours=self.rng.randint(20, 60))
        self._unsettles(name)

    def _unsettles(self, name: str) -> None:
        """What had not come to rest before has to wait until it has."""
        for one in self.season.truths.values():
            if one.calendar and name in self._names(one.door) and one.known_for(self.now) < SETTLES:
                one.known_at = None

    def _names(self, door: int) -> tuple[str, str]:
        return f"own{door}", f"closed{door}"

    def _known_at(self, door: int) -> datetime | None:
        """What a door's calendars say is one only where both can be read, and what was said in another's place has
        been forgotten: what overlaps with that waits for a day longer."""
        lately = self.now - SETTLES - timedelta(days=1)
        names = self._names(door)
        return None if any(name in self.away or self.lied.get(name, lately) > lately for name in names) else self.now

    def clears_up(self) -> None:
        self.well = True
        self.away.clear()

    def _echo(self) -> None:
        for door in range(self.season.doors):
            page = self.house.page(f"closed{door}")
            there = [one for one in self.season.truths.values() if one.page == f"own{door}"]
            sold = {f"E{one.id}": one for one in there if one.stands}
            for id_ in [id_ for id_ in page.bookings if id_.startswith("E") and id_ not in sold]:
                self.season.truths[id_[1:]].known_at = self._known_at(door)  # as far as anybody could
                if self.rng.random() < (0.8 if self.well else 0.4):
                    page.bookings.pop(id_)
                    self.happened("an echo was dropped")
            for id_, one in sold.items():
                if self.rng.random() < (0.8 if self.well else 0.4) and one.first > self.now.date():
                    self.house.book(f"closed{door}", id_, f"{one.first}", f"{one.last}")
                    self.happened("echoed")

    def _of_another(self, door: int, page: SandboxFeed) -> dict[str, Any]:
        """Never for the very nights that are booked here: by those a stay is known to the judge."""
        near = self.house.page(f"own{(door + len(self.own)) % self.season.doors}")
        if near.platform != page.platform:
            return dict(page.bookings)
        here = [one for name in self._names(door) for one in self.house.page(name).bookings.values()]
        nights = [(one["from"], one["to"]) for one in here]
        return {id_: one for id_, one in near.bookings.items() if (one["from"], one["to"]) not in nights}

    def _served(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.strip("/").removesuffix(".ics")
        day, page = self.days.get(name, ""), self.house.page(name)
        if day in _BAD:
            return _BAD[day](request)
        if day == "has moved" and "moved" not in request.url.query.decode():
            return httpx.Response(301, headers={"location": f"{address(name)}&moved=1"})
        named = dict(page.bookings)
        if day == "is empty":
            named = {}
        elif day == "is another's" and page.platform in ("airbnb", "google"):  # others go by what overlaps
            named = self._of_another(int(name.removeprefix("own")), page)
        elif day == "leaves one out" and named:
            named.pop(random.Random(f"{name} {self.now}").choice(list(named)))
        text = calendar(SandboxFeed(page.platform, named))
        tag = f'"{sha256(text.encode()).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            self.happened("a calendar was unchanged")
            return httpx.Response(304)
        return httpx.Response(200, text=text, headers={"etag": tag})


# --- booking systems --------------------------------------------------------------------------------------------------


@dataclass
class Delivery:
    """A word about a booking on its way; `number`: which word of it, from 1."""

    due_at: datetime
    about: Truth
    number: int
    body: bytes


class Webhooks(Origin):
    """Hospitable says all, Guesty only which booking there is news of and the rest when it is asked, Cal.com gives what
    moves another id."""

    sources = ("hospitable", "guesty", "calcom")

    def __init__(self, season: Season) -> None:
        super().__init__(season)
        self.deliveries: list[Delivery] = []
        self.said: Counter[str] = Counter()
        self.arrived: dict[str, set[int]] = {}
        self.away_until: datetime | None = None
        self.moved: Counter[str] = Counter()

    async def begin(self) -> None:
        exclusively = exclusive(self.house.database)
        clock, transport = self.house.ports.clock, httpx.MockTransport(self._asked)
        systems = BookingSystems(booking_room, self.house.ports.store, exclusively, clock.wall, 2.0, transport)
        self.house.ports = ports = replace(self.house.ports, ask_booking=systems)
        for vendor in self.sources:
            await set_up_source(ports, vendor, vendor, VENDORS[vendor].credentials)
        async with ports.store() as uow:
            sources = await uow.booking_sources.all()
        for source in sources:
            for door, lock_id in self.season.lock_ids.items():
                await map_listing(ports, source, f"flat-{door}", (lock_id,))
        self.http = calls(self.house)

    def books(self, door: int) -> str:
        return self.rng.choice(self.sources)

    def announce(self, one: Truth) -> None:
        self.said[one.id] += 1
        number, one.known_at = self.said[one.id], None
        at = (self.now + timedelta(seconds=number)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        copies = [self.rng.choice((0, 0, 1, 2, 4, 8)) for _ in range(self.rng.choice((1, 2, 3)))]
        if self.rng.random() < 0.15:
            self.happened("a webhook was lost")  # and is sent once more, when its system has given up waiting
            copies = [self.rng.randint(4, 8)]
        body = body_of(getattr(self, f"_{one.source}")(one, at, number))
        self.deliveries += [Delivery(self.now + late * STEP, one, number, body) for late in copies]

    def _hospitable(self, one: Truth, at: str, _number: int) -> Any:
        status = {"current": {"category": "accepted" if one.stands else "cancelled"}}
        begins, ends = one.starts_at.isoformat(), one.ends_at.isoformat()
        guest = {"first_name": one.name.split()[0], "last_name": "Sample", "phone_numbers": [one.phone]}
        place = [{"id": f"flat-{one.door}", "name": f"Flat {one.door}"}]
        hours = {"check_in": begins, "check_out": ends, "reservation_status": status}
        return hospitable(at, id=one.id, guest=guest, properties=place, **hours)

    def _guesty(self, one: Truth, at: str, number: int) -> Any:
        return guesty(at, f"reservation.{'created' if number == 1 else 'updated'}.v2", reservationId=one.id)

    def _calcom(self, one: Truth, at: str, number: int) -> Any:
        moves = number > 1 and one.stands
        before = f"{one.id}-{self.moved[one.id]}"
        self.moved[one.id] += moves
        event = "BOOKING_CREATED" if number == 1 else "BOOKING_RESCHEDULED" if moves else "BOOKING_CANCELLED"
        who = {"name": one.name, "phoneNumber": one.phone, "language": {"locale": "en"}}
        hours = {"startTime": one.starts_at.isoformat(), "endTime": one.ends_at.isoformat()}
        more = {"rescheduleUid": before} if moves else {}
        uid = f"{one.id}-{self.moved[one.id]}"
        return calcom(
            at, event, uid=uid, eventTypeId=f"flat-{one.door}", attendees=[who], responses={}, **hours, **more
        )

    async def goes_on(self) -> None:
        if self.away_until is not None and self.away_until <= self.now:
            self.away_until = None
            self.happened("a booking system came back")
        elif self.away_until is None and self.rng.random() < 0.15:
            self.away_until = self.now + self.rng.randint(1, 4) * STEP
        due = [one for one in self.deliveries if one.due_at <= self.now]
        self.deliveries = [one for one in self.deliveries if one.due_at > self.now]
        self.rng.shuffle(due)
        for one in due:
            await self._deliver(one)
        for about in self.season.truths.values() if self.away_until is None else ():
            if about.known_at is None and self.said[about.id] in self.arrived.get(about.id, ()) and self._asks(about):
                about.known_at = self.now

    def _asks(self, one: Truth) -> bool:
        """Of one word about it all that has happened becomes known."""
        return one.source == "guesty"

    async def _deliver(self, word: Delivery) -> None:
        one, example = word.about, VENDORS[word.about.source]
        answer = await self.http.post(
            f"/{one.source}/webhooks", content=word.body, headers=dict(example.sign(word.body))
        )
        if answer.status_code != 200:
            self.season.faults.append(f"{one.source} hears {answer.status_code} of {one}")
        arrived = self.arrived.setdefault(one.id, set())
        self.happened(f"{one.source} delivered")
        if word.number in arrived:
            self.happened("a webhook came twice")
        elif arrived and word.number < max(arrived):
            self.happened("a webhook came behind a later one")
        if not one.stands and self.said[one.id] in arrived and word.number < self.said[one.id]:
            self.happened("a webhook came behind the cancellation")
        arrived.add(word.number)
        if len(arrived) == self.said[one.id] and not self._asks(one):
            one.known_at = one.known_at or self.now

    def _asked(self, request: httpx.Request) -> httpx.Response:
        """Guesty's API. What it says is how things are, whatever has been delivered of it."""
        if self.away_until is not None:
            self.happened("a booking system did not answer")
            return httpx.Response(503, headers={"retry-after": "3600"})
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json={"access_token": "token", "expires_in": 86_400})
        one = self.season.truths[request.url.path.rpartition("/")[2]]
        if self.said[one.id] not in self.arrived[one.id]:
            self.happened("a later read has mended what was not delivered")
        one.known_at = one.known_at or self.now
        hours = {"checkIn": one.starts_at.isoformat(), "checkOut": one.ends_at.isoformat()}
        said = {"_id": one.id, "listingId": f"flat-{one.door}", "status": "confirmed" if one.stands else "canceled"}
        guest = {"fullName": one.name, "phone": one.phone}
        return httpx.Response(200, json=guesty_reservation(**said, **hours, guest=guest))

    def clears_up(self) -> None:
        self.away_until = None
        self.deliveries = [replace(one, due_at=self.now) for one in self.deliveries]

    def owner(self, stay: SourceStay) -> str:
        return stay.key.external_id.partition("-")[0] if stay.key.source in self.sources else ""


# --- programs ---------------------------------------------------------------------------------------------------------


class Programs(Origin):
    """They say how a stay is now, at once, and until they are answered."""

    sources = ("zapier",)

    def __init__(self, season: Season) -> None:
        super().__init__(season)
        self.waiting: list[Truth] = []

    async def begin(self) -> None:
        token = await create_token(self.house.ports, "Season", frozenset(Scope))
        self.http = calls(self.house)
        self.http.headers["authorization"] = f"Bearer {token.secret}"

    def books(self, door: int) -> str:
        return self.sources[0]

    def announce(self, one: Truth) -> None:
        one.known_at = None
        if one not in self.waiting:
            self.waiting.append(one)

    async def goes_on(self) -> None:
        said, self.waiting = self.waiting, []
        for one in said:
            if self.rng.random() < 0.2:
                self.happened("a call did not come through")
                self.waiting.append(one)
                continue
            again = self.rng.choice((1, 1, 1, 1, 2, 3))
            for _ in range(again):
                await self._call(one)
            if again > 1:
                self.happened("a call was repeated")

    async def _call(self, one: Truth) -> None:
        path = f"/v1/stays/zapier/{one.id}"
        if one.stands:
            answer = await self.http.put(path, json=self._body(one))
        elif one.number % 2:
            answer = await self.http.delete(path)
        else:
            answer = await self.http.put(path, json={"status": "cancelled"})
        unheard = answer.status_code == 404 and not one.stands  # cancelled before it was ever said
        if answer.status_code not in (200, 201) and not unheard:
            self.season.faults.append(f"a program hears {answer.status_code} of {one}: {answer.text}")
        one.known_at = one.known_at or self.now

    def _body(self, one: Truth) -> dict[str, object]:
        """In each of the ways in which a time can be said."""
        days = (f"{one.first}", f"{one.last}")
        clock = (f"{one.first}T15:00", f"{one.last}T11:00")
        instant = (one.starts_at.isoformat(), one.ends_at.isoformat())
        begins, ends = (days, clock, instant)[one.number % 3]
        guest = {"name": one.name, "phone": one.phone}
        return {"guest": guest, "doors": [f"door-{one.door}"], "starts_at": begins, "ends_at": ends}

    def owner(self, stay: SourceStay) -> str:
        return stay.key.external_id if stay.key.source in self.sources else ""


# --- people -----------------------------------------------------------------------------------------------------------


class People(Origin):
    """Ada types `/pin`, and changes and withdraws what she has asked for."""

    sources = ("people",)

    def __init__(self, season: Season) -> None:
        super().__init__(season)
        self.waiting: dict[str, Truth] = {}
        self.requests: dict[str, str] = {}

    def books(self, door: int) -> str:
        return self.sources[0]

    def announce(self, one: Truth) -> None:
        one.known_at = None
        self.waiting[one.id] = one

    async def goes_on(self) -> None:
        waiting, self.waiting = self.waiting, {}
        for one in waiting.values():
            one.known_at = self.now
            if one.id not in self.requests:
                await (self._types(one) if one.stands else _nothing())
            elif one.stands:
                await self._changes(one)
            else:
                await withdraw(self.house.ports, self.requests[one.id], ASKER)

    async def _types(self, one: Truth) -> None:
        words = f"door-{one.door} for {one.name} {one.phone} {one.first} 15:00 - {one.last} 11:00"
        async with self.house.ports.store() as uow:
            names = lock_names(await uow.locks.all())
        ask = understand_ask(words, locks=names, now=self.now)
        assert ask.complete, (words, ask)
        assert ask.lock
        assert ask.name
        assert ask.phone
        assert ask.window
        typed = PinRequest(ASKER, (ask.lock,), ask.name, Phone(ask.phone), ask.window, f"typed {one.id}")
        done = await ask_for_pin(self.house.ports, typed)
        self.requests[one.id] = done.request_id
        if self.rng.random() < 0.3:
            self.happened("Slack sent a command twice")
            await ask_for_pin(self.house.ports, typed)

    async def _changes(self, one: Truth) -> None:
        ports, window = self.house.ports, AccessWindow(one.starts_at.astimezone(UTC), one.ends_at.astimezone(UTC))
        async with ports.store() as uow:
            request = await uow.requests.get(self.requests[one.id])
        assert request is not None
        if request.status is RequestStatus.PENDING:
            await change_waiting(ports, request.id, ASKER, Wanted(window))
            return
        chosen = NewTime(window, ports.new_id(), request.amendments, 1_000)
        await _or_ask(
            lambda: change_stay(ports, request.id, ASKER, chosen),
            lambda: want_change(ports, request.id, ASKER, replace(chosen, delivery=ports.new_id())),
        )


async def _or_ask(change: Callable[[], Awaitable[object]], ask: Callable[[], Awaitable[object]]) -> None:
    try:
        await change()
    except Refusal as refusal:
        if refusal.reason is Reason.BEYOND_APPROVED:
            await ask()
        elif refusal.reason is not Reason.NOTHING_TO_CHANGE:  # moved, and moved back before it was said
            raise


async def _nothing() -> None:
    return None
