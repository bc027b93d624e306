"""A house whose calendars a test writes: their text goes through the real parser, onto real rows, by a clock that the
test moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import text

from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.pins import Phone
from bot.domain.sources.feeds import Feed, FeedProblem, Platform
from bot.domain.sources.source_stays import SourceStay
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.ports import Clock, Ports, Subject
from bot.ports.feeds import FeedAnswer, FeedUnreadable
from bot.processes.clock import sweep
from bot.processes.worker import process
from bot.workflows.decide_request import decide_request
from bot.workflows.follow_feeds.keeping import add_feed
from bot.workflows.take_stay import supply_contact
from providers.feeds.parsing import parsed
from providers.sandbox.feed_room import SandboxFeed, calendar
from storage.engine import Database, open_database
from tests.benchmarks.ports import MANY, installation

PHONE = "+33639981234"
QUARTER, DAY = timedelta(minutes=16), timedelta(days=1)


@dataclass
class Calendars:
    """`pages`: what lies at each address; `bad`: addresses that cannot be read, and why; `left_out`: a
    booking that is not named for once."""

    pages: dict[str, SandboxFeed] = field(default_factory=dict)
    bad: dict[str, FeedProblem] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    unchanged: int = 0
    between: Callable[[], None] | None = None
    """Done while a calendar is being read."""
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(5))

    def at_leisure(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def read(self, address: str, now: datetime, *, etag: str = "", modified: str = "") -> FeedAnswer:
        self.reads.append(address)
        await asyncio.sleep(0)
        if self.between is not None:
            self.between()
        if address in self.bad:
            raise FeedUnreadable(self.bad[address])
        page = self.pages[address]
        named = {id_: one for id_, one in page.bookings.items() if self.left_out.get(address) != id_}
        text = calendar(SandboxFeed(page.platform, {} if address in self.empty else named))
        tag = sha256(text.encode()).hexdigest()
        if etag == tag:
            self.unchanged += 1
            return FeedAnswer(None, tag)
        events, unreadable = parsed(text.encode(), now)
        return FeedAnswer(events, tag, "", unreadable)


@dataclass
class CalendarHouse:
    ports: Ports
    moment: list[datetime]
    calendars: Calendars
    database: Database

    def move(self, **by: float) -> None:
        self.moment[0] += timedelta(**by)

    def day(self, number: int) -> str:
        return f"{self.moment[0].date() + timedelta(days=number)}"

    def book(self, page: str, id_: str, first: int | str, last: int | str, /, **more: object) -> None:
        """From so many days from now on to so many, or days by their names."""
        days = {k: v if isinstance(v, str) else self.day(v) for k, v in (("from", first), ("to", last))}
        self.page(page).bookings[id_] = {"id": id_, **days, **more}

    def cancel(self, name: str, id_: str) -> None:
        self.page(name).bookings.pop(id_)

    def page(self, name: str) -> SandboxFeed:
        return self.calendars.pages[address(name)]

    async def adds(self, name: str, platform: str, door: str = "Door 0", unit: str = "") -> Feed:
        self.calendars.pages.setdefault(address(name), SandboxFeed(platform))
        added = await add_feed(self.ports, door, address(name), Platform(platform), unit)
        await self.swept()
        return added.feed

    async def goes_on(self, readings: int = 1, every: timedelta = QUARTER) -> None:
        for _ in range(readings):
            self.moment[0] += every
            await self.swept()

    async def swept(self, only: Sequence[Subject] = ()) -> None:
        """Sweeps until nothing is due; the time stands still."""
        for _ in range(60):
            found: list[tuple[Subject, str]] = []

            async def put(due: list[tuple[Subject, str]], found: list[tuple[Subject, str]] = found) -> None:
                found.extend(one for one in due if not only or one[0] in only)

            await sweep(self.ports, put)
            if not found:
                return
            for subject, row in found:
                await process(self.ports, subject, row)
                if subject is Subject.CODE:  # its nudge lies in a queue that nobody empties here
                    await process(self.ports, Subject.MINT, row)
        raise AssertionError(f"never still: {found}")

    async def feed(self, feed_id: str) -> Feed:
        async with self.ports.store() as uow:
            found = await uow.feeds.get(feed_id)
        assert found is not None
        return found

    async def stays(self) -> list[SourceStay]:
        """All that came by themselves, those that were cancelled too."""
        async with self.ports.store() as uow:
            return list(await uow.source_stays.after("", 10_000))

    async def standing(self) -> list[SourceStay]:
        return [one for one in await self.stays() if one.said.confirmed]

    async def nights(self) -> list[tuple[str, str]]:
        return sorted((f"{s.said.starts_at}", f"{s.said.ends_at}") for s in await self.standing())

    async def supplies(self, stay: SourceStay, name: str = "Ana Sample", phone: str = PHONE) -> AccessRequest:
        """Somebody says whom to text, and it is approved."""
        await supply_contact(self.ports, stay.id, "U_BEN", name, phone)
        request = await self.request_of(stay)
        assert request is not None
        await decide_request(self.ports, request.id, "U_BEN", approved=True)
        await self.swept()
        return request

    async def request_of(self, stay: SourceStay) -> AccessRequest | None:
        async with self.ports.store() as uow:
            now = await uow.source_stays.get(stay.id)
            return await uow.requests.get(now.request_id) if now and now.request_id else None

    async def codes_of(self, stay: SourceStay) -> list[AccessCode]:
        request = await self.request_of(stay)
        async with self.ports.store() as uow:
            return list(await uow.codes.of_request(request.id)) if request else []

    async def guest_of(self, request: AccessRequest) -> Guest:
        async with self.ports.store() as uow:
            found = await uow.guests.of_stay(request.id)
        assert found is not None
        return found

    async def guests(self) -> set[Phone]:
        requests = [await self.request_of(one) for one in await self.stays()]
        async with self.ports.store() as uow:
            found = [await uow.guests.of_stay(one.id) for one in requests if one]
        return {one.phone for one in found if one}

    async def posts(self, phrase: str) -> list[dict[str, str]]:
        """The facts of each that was ever queued, oldest first."""
        found = await connection_rows(
            self.database, f"SELECT facts FROM messages WHERE phrase = '{phrase}' ORDER BY id"
        )
        return [json.loads(one) if isinstance(one, str) else one for one in found]


async def connection_rows(database: Database, statement: str) -> list[Any]:
    """The first value of each row."""
    async with database.engine.connect() as connection:
        return [row[0] for row in await connection.execute(text(statement))]


def address(name: str) -> str:
    return f"https://calendars.example/{name}.ics?t=s3cr3t"


async def _approvers() -> frozenset[str]:
    return frozenset({"U_BEN"})


@asynccontextmanager
async def calendar_house(database_url: str, doors: int = 4) -> AsyncIterator[CalendarHouse]:
    async with installation(database_url, doors=doors) as (made, _queue, _texter):
        moment, calendars = [made.clock.now()], Calendars()
        clock = Clock(lambda: moment[0], lambda: moment[0])
        rules = Rules(Rule(("U_BEN",)), reminders=ApproverReminders(()), limits=MANY)
        ports = replace(made, clock=clock, policy=replace(made.policy, quiet=None), rules=rules, approvers=_approvers)
        database = open_database(database_url)
        yield CalendarHouse(replace(ports, calendars=calendars), moment, calendars, database)
        await database.engine.dispose()
