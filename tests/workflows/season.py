"""A season at several doors, by chance: bookings of four kinds of source at once (`season_sources.py`), made, moved and
cancelled, while calendars come empty, cut, with a booking left out, or not at all, webhooks are lost, late, repeated
and in any order, and a booking system does not answer for hours.

A judge compares what is with what was booked, at every step: whoever stands has one stay and, when its time comes, one
PIN that lives for exactly that time; whoever was cancelled gets none, and no bad reading costs anybody theirs.
"""

import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT
from bot.domain.refusals import Refusal
from bot.domain.sources.source_stays import Moment, SourceStay
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.changing import codes_left
from bot.workflows.change_stay import decide_change
from bot.workflows.confirm_use import confirm_use
from bot.workflows.decide_request import decide_request
from bot.workflows.take_stay import supply_contact
from storage.tables import AccessCodeRow
from tests.workflows.calendar_house import CalendarHouse

STEP = timedelta(hours=5)
SETTLES = timedelta(hours=31)
"""The longest until a vanished booking is believed: two readings and a day, and a step to notice each."""

LEAD = timedelta(hours=24)
"""So long before its start a PIN is made."""

PARIS = ZoneInfo("Europe/Paris")
LIVING = {CodeStatus.READY, CodeStatus.SHARED, CodeStatus.ACTIVE, CodeStatus.UNCONFIRMED}
APPROVER, ASKER = "U_BEN", "U_ADA"

Nights = tuple[str, date, date]
"""A door's id, and from when to when."""


@dataclass
class Truth:
    """A booking as it really is. `calendar`: whether it comes by one, and stands in the calendar `page`; `before`: when
    it was for other nights, and until when. `known_at`: since when the bot could know how it is now; None while not all
    of it has come."""

    id: str
    number: int
    door: int
    source: str
    first: date
    last: date
    calendar: bool = False
    page: str = ""
    stands: bool = True
    moved_late: bool = False
    known_at: datetime | None = None
    before: list[tuple[date, date, datetime]] = field(default_factory=list)

    def __str__(self) -> str:
        state = "" if self.stands else ", cancelled"
        return (
            f"{self.id} of {self.source} at {self.door}, {self.first} to {self.last}{state}, known at {self.known_at}"
        )

    @property
    def name(self) -> str:
        return f"Guest{self.id} Sample"

    @property
    def phone(self) -> str:
        return f"+3363998{self.number:04}"

    @property
    def starts_at(self) -> datetime:
        return at_the_door(self.first, CHECK_IN)

    @property
    def ends_at(self) -> datetime:
        return at_the_door(self.last, CHECK_OUT)

    def known_for(self, now: datetime) -> timedelta:
        return now - self.known_at if self.known_at else timedelta(-1)


@dataclass(frozen=True)
class Found:
    """A stay as it is here. `truth`: the booking that its source calls so; a calendar's is known by its nights."""

    nights: Nights
    request_id: str | None
    truth: str = ""


@dataclass(frozen=True)
class LivingPin:
    code_id: str
    request_id: str
    status: CodeStatus
    starts_at: datetime
    ends_at: datetime


class Origin(ABC):
    """A kind of source, which knows of its bookings by `announce`, and says them to the bot in `goes_on`."""

    sources: tuple[str, ...] = ()

    def __init__(self, season: "Season") -> None:
        self.season, self.house, self.rng = season, season.house, season.rng

    @property
    def now(self) -> datetime:
        return self.house.moment[0]

    def happened(self, what: str) -> None:
        self.season.happened[what] += 1

    async def begin(self) -> None:
        return None

    @abstractmethod
    def books(self, door: int) -> str:
        """The source that sells this door's nights today."""

    @abstractmethod
    def announce(self, one: Truth) -> None:
        """It is new, other than before, or stands no more."""

    @abstractmethod
    async def goes_on(self) -> None:
        """What it has to say by now, it says to the bot."""

    def clears_up(self) -> None:
        """From now on all is well, where anything ever was not."""
        return

    def owner(self, stay: SourceStay) -> str:
        """The booking's id; nothing where a stay tells only its nights."""
        return ""


class Season:
    def __init__(self, house: CalendarHouse, rng: random.Random, doors: int, wanted: int) -> None:
        self.house, self.rng, self.doors, self.wanted = house, rng, doors, wanted
        self.origins: list[Origin] = []
        self.truths: dict[str, Truth] = {}
        self.lock_ids: dict[int, str] = {}
        self.made_pins: set[str] = set()
        self.happened: Counter[str] = Counter()
        self.faults: list[str] = []
        self._over = ""
        self._changes_seen = set[str]()

    async def begin(self, origins: Sequence[Origin]) -> None:
        self.origins = list(origins)
        async with self.house.ports.store() as uow:
            self.lock_ids = {int(lock.name.removeprefix("Door ")): lock.id for lock in await uow.locks.all()}
        for origin in self.origins:
            await origin.begin()

    async def step(self) -> None:
        for _ in range(self.rng.randint(0, self.doors)):
            self._somebody_acts()
        await self._passes()

    async def _passes(self) -> None:
        for origin in self.origins:
            await origin.goes_on()
        await self.house.swept()
        await self._people_act()  # what is asked in the last hours lapses where nobody looks at it
        await self.house.goes_on(1, STEP)
        if await self._people_act():
            await self.house.swept()
        await self._judge()

    async def settle(self) -> None:
        """All is well for some days, echoes and all; then what is is what was booked."""
        for origin in self.origins:
            origin.clears_up()
        for _ in range(round(timedelta(days=4) / STEP)):
            await self._passes()
        today = self.house.moment[0].date()
        booked = Counter(self.nights(one) for one in self.truths.values() if one.stands and one.first > today)
        there = Counter(one.nights for one in await self._found() if one.nights[1] > today)
        for nights, count in (booked - there).items():
            self.faults.append(f"in the end {nights} lacks {count}")
        for nights, count in (there - booked).items():
            self.faults.append(f"in the end {nights} has {count} too many")

    # --- what is booked -----------------------------------------------------------------------------------------------

    def _somebody_acts(self) -> None:
        roll = self.rng.random()
        if roll < 0.65:
            self._books()
            return
        one = self._any_to_change()
        if one is None:
            return
        if roll < 0.75:
            self.happened["cancelled"] += 1
            self.happened["cancelled after its PIN was made"] += self.house.moment[0] > one.starts_at - LEAD + STEP
            one.stands = False
            self._says(one)
        else:
            self._moves(one)

    def _any_to_change(self) -> Truth | None:
        """Calendars say late what has changed, so whoever books there changes nothing in the last days."""
        now = self.house.moment[0]
        from_day = now.date() + timedelta(days=3)
        standing = [
            one
            for one in self.truths.values()
            if one.stands and (one.first > from_day if one.calendar else one.ends_at > now + timedelta(days=1))
        ]
        near = [one for one in standing if one.starts_at < now + timedelta(days=1)]
        return self.rng.choice(near if near and self.rng.random() < 0.4 else standing) if standing else None

    def _books(self) -> None:
        free = next((stay for stay in map(self._any_nights, range(4)) if self._is_free(*stay, "")), None)
        if free is None or len(self.truths) >= self.wanted:
            return
        number, origin = len(self.truths), self.rng.choice(self.origins)
        one = Truth(f"T{number}", number, free[0], origin.books(free[0]), *free[1:])
        self.truths[one.id] = one
        self.happened["booked"] += 1
        self.happened[f"booked by {one.source}"] += 1
        origin.announce(one)

    def _any_nights(self, _try: int) -> tuple[int, date, date]:
        first = self.house.moment[0].date() + timedelta(days=self.rng.randint(3, 14))
        return self.rng.randrange(self.doors), first, first + timedelta(days=self.rng.choice((1, 1, 1, 2, 2, 3, 4)))

    def _is_free(self, door: int, first: date, last: date, but: str) -> bool:
        """A platform sells no night twice; and what was sold lately is not sold anew while calendars still echo it."""
        long_ago = self.house.moment[0] - 3 * SETTLES
        return not any(
            one.door == door and one.id != but and one.first < last and first < one.last
            for one in self.truths.values()
            if one.stands or one.known_at is None or one.known_at > long_ago
        )

    def _moves(self, one: Truth) -> None:
        today, first = self.house.moment[0].date(), one.first
        if one.first > today + timedelta(days=2):
            first += timedelta(days=self.rng.choice((-1, 1)))
        last = max(first + timedelta(days=1), one.last + timedelta(days=self.rng.choice((-1, 0, 1))))
        overlaps, other = first < one.last and one.first < last, (first, last) != (one.first, one.last)
        late = self.house.moment[0] > one.starts_at - LEAD
        if late and one.moved_late:
            return  # a lock takes three PINs that begin in one hour
        if overlaps and other and last > today and self._is_free(one.door, first, last, one.id):
            self.happened["moved"] += 1
            self.happened["moved after its PIN was made"] += self.house.moment[0] > one.starts_at - LEAD + STEP
            one.moved_late = late
            one.before.append((one.first, one.last, self.house.moment[0]))
            one.first, one.last = first, last
            self._says(one)

    def _says(self, one: Truth) -> None:
        self._origin_of(one).announce(one)

    def _origin_of(self, one: Truth) -> Origin:
        return next(origin for origin in self.origins if one.source in origin.sources)

    # --- what people do -----------------------------------------------------------------------------------------------

    async def _people_act(self) -> bool:
        """Most is looked at within a day, and all of it two days before; whether anything was done."""
        before, now = sum(self.happened.values()), self.house.moment[0]
        soon, ports = now + timedelta(days=2), self.house.ports
        booked = {self.nights(one): one for one in self.truths.values() if one.stands and one.calendar}
        for stay in await self._source_stays():
            one = booked.get(_nights(stay))
            if stay.waits_for_contact and one and (one.starts_at < soon or self._now_and_then(one.name)):
                await supply_contact(ports, stay.id, APPROVER, one.name, one.phone)
                self.happened["supplied"] += 1
        async with ports.store() as uow:
            pending = await uow.requests.pending(10_000)
            posts = await uow.messages.said_to("C_APPROVALS", now - 2 * STEP)
        for request in pending:
            if request.granted.starts_at < soon or self._now_and_then(request.guest_name):
                await decide_request(ports, request.id, APPROVER, approved=True, seen=request.amendments)
                self.happened["approved"] += 1
        for post in posts:
            if post.phrase == "change_wanted" and post.id not in self._changes_seen:
                self._changes_seen.add(post.id)
                await self._decide_change(post.id)
        for pin in await self._living_pins():
            if (
                pin.status is CodeStatus.SHARED
                and pin.starts_at < now
                and self._now_and_then(f"{pin.starts_at} {pin.ends_at}")
            ):
                await confirm_use(ports, pin.code_id, APPROVER)
                self.happened["used"] += 1
        return sum(self.happened.values()) > before

    def _now_and_then(self, about: str) -> bool:
        """In half of all cases, the same ones in every run: in which order rows are read is by chance."""
        return random.Random(f"{about} {self.house.moment[0]}").random() < 0.5

    async def _decide_change(self, change_id: str) -> None:
        try:
            await decide_change(self.house.ports, change_id, APPROVER, agreed=True)
        except Refusal as refusal:
            self.happened[f"a change was {refusal.reason.value}"] += 1
        else:
            self.happened["changes agreed to"] += 1

    # --- what is judged -----------------------------------------------------------------------------------------------

    async def _judge(self) -> None:
        now, found, pins = self.house.moment[0], await self._found(), await self._living_pins()
        living = defaultdict[str, list[LivingPin]](list)
        for pin in pins:
            living[pin.request_id].append(pin)
        stays = defaultdict[str, list[Found]](list)
        by_nights = defaultdict[Nights, list[Found]](list)
        for each in found:
            stays[each.truth].append(each)
            by_nights[each.nights].append(each)
        for one in self.truths.values():
            if one.ends_at > now:
                self._judge_booking(one, by_nights[self.nights(one)] if one.calendar else stays[one.id], living)
        self._judge_pins({each.request_id: each for each in found if each.request_id}, living)

    def _judge_booking(self, one: Truth, there: Sequence[Found], living: Mapping[str, Sequence[LivingPin]]) -> None:
        now, grace = self.house.moment[0], SETTLES if one.calendar else STEP - timedelta(minutes=1)
        if one.known_for(now) < grace:
            return
        if not one.stands:
            if there and not one.calendar:  # where two calendars name a booking, the later one keeps it for a while
                self._fault(f"{one} was cancelled, and is there")
            return
        if [each.nights for each in there] != [self.nights(one)]:
            self._fault(f"{one} has {there}")
        elif now >= max(one.starts_at - LEAD, one.known_at or now) + 2 * STEP:
            self._judge_its_pin(one, living.get(there[0].request_id or "", ()))

    def _judge_its_pin(self, one: Truth, pins: Sequence[LivingPin]) -> None:
        """Whoever's stay was changed late has a PIN that begins then."""
        self.happened["PINs looked at"] += 1
        latest = max(one.starts_at, (one.known_at or one.starts_at) + 2 * STEP)
        if len(pins) != 1 or pins[0].ends_at != one.ends_at or not one.starts_at <= pins[0].starts_at <= latest:
            self._fault(f"{one} has {pins}")

    def _judge_pins(self, stays: Mapping[str, Found], living: Mapping[str, Sequence[LivingPin]]) -> None:
        for request_id, pins in living.items():
            stay = stays.get(request_id)
            if stay is None or len(pins) > 1:
                self._fault(f"{len(pins)} PINs for {stay}")
                continue
            for pin in pins:
                if pin.code_id not in self.made_pins:
                    self.made_pins.add(pin.code_id)
                    self.happened["PINs"] += 1
                    if not any(self._may_have(one, stay) for one in self.truths.values()):
                        self._fault(f"a PIN for {stay}")

    def _may_have(self, one: Truth, stay: Found) -> bool:
        """No PIN for whoever was cancelled long enough before it was made."""
        if stay.truth:
            return stay.truth == one.id and (one.stands or one.known_for(self.house.moment[0]) < STEP)
        long_ago = self.house.moment[0] - 2 * SETTLES
        lately = one.stands or one.known_at is None or one.known_at > long_ago
        before = [(self.lock_ids[one.door], first, last) for first, last, until in one.before if until > long_ago]
        return one.calendar and (stay.nights in before or (lately and stay.nights == self.nights(one)))

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.house.moment[0]}: {what}")

    # --- what is here -------------------------------------------------------------------------------------------------

    async def _found(self) -> list[Found]:
        """All stays that are not over, by whatever way they came."""
        by_themselves = [self._as_found(stay) for stay in await self._source_stays() if stay.said.confirmed]
        return [*await self._typed(), *by_themselves]

    def _as_found(self, stay: SourceStay) -> Found:
        owners = (origin.owner(stay) for origin in self.origins)
        return Found(_nights(stay), stay.request_id, next((one for one in owners if one), ""))

    async def _typed(self) -> list[Found]:
        now = self.house.moment[0]
        async with self.house.ports.store() as uow:
            requests = await uow.requests.of_requester(ASKER, 200)
            lasting = [one for one in requests if one.granted.ends_at > now]
            codes = await uow.codes.of_requests([one.id for one in lasting])
        lasting = [one for one in lasting if _stands(one, codes.get(one.id, ()), now)]
        return [Found(_granted_nights(one), one.id, one.guest_name.removeprefix("Guest").split()[0]) for one in lasting]

    async def _source_stays(self) -> list[SourceStay]:
        """Those that have long been over lie before all others, and are read no more."""
        async with self.house.ports.store() as uow:
            found = list(await uow.source_stays.after(self._over, 10_000))
        today = self.house.moment[0].date()
        while found and _nights(found[0])[2] < today - timedelta(days=30):
            self._over = found.pop(0).id
        return [one for one in found if _nights(one)[2] >= today]

    async def _living_pins(self) -> list[LivingPin]:
        row = AccessCodeRow
        columns = (row.id, row.request_id, row.status, row.starts_at, row.ends_at)
        asked = select(*columns).where(row.ends_at > self.house.moment[0], row.pin.is_not(None))  # type: ignore[arg-type,call-overload,union-attr]
        async with self.house.database.engine.connect() as connection:
            rows = (await connection.execute(asked)).all()
        found = [LivingPin(id_, request, CodeStatus(status), *when) for id_, request, status, *when in rows]
        return [pin for pin in found if pin.status in LIVING]

    def nights(self, one: Truth) -> Nights:
        return self.lock_ids[one.door], one.first, one.last


def at_the_door(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, PARIS)


def _stands(request: AccessRequest, codes: Sequence[AccessCode], now: datetime) -> bool:
    """Of one that was approved and given up, nothing is left that could be given up."""
    approved = request.status is RequestStatus.APPROVED
    return bool(codes_left(codes, now)) if approved else request.status is RequestStatus.PENDING


def _nights(stay: SourceStay) -> Nights:
    return stay.said.lock_ids[0], _day(stay.said.starts_at), _day(stay.said.ends_at)


def _granted_nights(request: AccessRequest) -> Nights:
    return request.lock_id, _day(request.granted.starts_at), _day(request.granted.ends_at)


def _day(moment: Moment) -> date:
    if not isinstance(moment, datetime):
        return moment
    return (moment.astimezone(PARIS) if moment.tzinfo else moment).date()
