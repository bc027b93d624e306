"""A season at several doors, by chance: bookings made, moved and cancelled on platforms, echoed by others late, and
read from calendars that come empty, cut, with a booking left out, or not at all. A judge compares what is with what was
booked: whoever stands has one stay, whoever was cancelled no PIN, and no bad reading costs anybody theirs."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.domain.sources.feeds import FeedProblem
from bot.domain.sources.source_stays import SourceStay
from bot.domain.stays.access_codes import AccessCode
from tests.workflows.calendar_house import CalendarHouse

STEP = timedelta(hours=5)
SETTLES = timedelta(hours=31)
"""The longest until a vanished booking is believed: two readings and a day, and a step to notice each."""

PLATFORMS = ("airbnb", "vrbo", "google")


@dataclass
class Truth:
    """A booking as it really is. `page`: the calendar that it stands in; `cancelled_at`: when the last calendar
    dropped it."""

    id: str
    door: str
    page: str
    platform: str
    first: date
    last: date
    cancelled_at: datetime | None = None
    moved_at: datetime | None = None

    @property
    def stands(self) -> bool:
        return self.cancelled_at is None


@dataclass
class Season:
    house: CalendarHouse
    rng: random.Random
    doors: int
    wanted: int
    truths: dict[str, Truth] = field(default_factory=dict)
    made_pins: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """By code: the stay's nights when it was made, and when."""
    born: dict[str, datetime] = field(default_factory=dict)
    """By truth: when it was first looked for."""
    lock_ids: dict[str, str] = field(default_factory=dict)
    """By door."""
    happened: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        for door in range(self.doors):
            platform = PLATFORMS[door % len(PLATFORMS)]
            await self.house.adds(f"own{door}", platform, f"Door {door}")
            await self.house.adds(f"closed{door}", "booking", f"Door {door}")

    async def step(self) -> None:
        self._bad_days()
        for _ in range(self.rng.randint(0, self.doors)):
            self._somebody_acts()
        self._echo()
        await self.house.goes_on(1, STEP)
        await self._staff()
        await self._judge_on_the_way()

    # --- what happens on the platforms --------------------------------------------------------------------------------

    def _somebody_acts(self) -> None:
        now, roll = self.house.moment[0], self.rng.random()
        standing = [one for one in self.truths.values() if one.stands and one.first > now.date() + timedelta(days=3)]
        if roll < 0.65:
            self._books(now.date())
            return
        if not standing:
            return
        one = self.rng.choice(standing)
        if roll < 0.78:
            self._drops(one)
            one.cancelled_at = now
            self.happened["cancelled"] += 1
        else:
            self._moves(one)

    def _books(self, today: date) -> None:
        if len(self.truths) >= self.wanted:
            return
        door = self.rng.randrange(self.doors)
        first = today + timedelta(days=self.rng.randint(3, 20))
        last = first + timedelta(days=self.rng.randint(1, 4))
        if not self._is_free(f"Door {door}", first, last, ""):
            return
        platform = self.rng.choice((PLATFORMS[door % len(PLATFORMS)], "booking"))
        page = f"closed{door}" if platform == "booking" else f"own{door}"
        one = Truth(f"T{len(self.truths)}", f"Door {door}", page, platform, first, last)
        self.truths[one.id] = one
        self._writes(one)
        self.happened["booked"] += 1

    def _is_free(self, door: str, first: date, last: date, but: str) -> bool:
        """A platform sells no night twice; and what was sold lately is not sold anew while calendars still echo it."""
        long_ago = self.house.moment[0] - 3 * SETTLES
        return not any(
            one.door == door and one.id != but and one.first < last and first < one.last
            for one in self.truths.values()
            if one.cancelled_at is None or one.cancelled_at > long_ago
        )

    def _moves(self, one: Truth) -> None:
        first = one.first + timedelta(days=self.rng.choice((-1, 1)))
        last = max(first + timedelta(days=1), one.last + timedelta(days=self.rng.choice((-1, 0, 1))))
        overlaps = first < one.last and one.first < last
        if overlaps and self._is_free(one.door, first, last, one.id):
            one.first, one.last, one.moved_at = first, last, self.house.moment[0]
            self._writes(one)
            self.happened["moved"] += 1

    def _writes(self, one: Truth) -> None:
        more: dict[str, object] = {
            "airbnb": {"code": f"HM{one.id:0>8}"},
            "vrbo": {"name": f"Guest{one.id} Sample"},
            "google": {"name": f"Guest{one.id} Sample"},
        }.get(one.platform, {})
        self.house.book(one.page, one.id, f"{one.first}", f"{one.last}", **more)

    def _drops(self, one: Truth) -> None:
        if one.platform == "google" and self.rng.random() < 0.5:
            self.house.page(one.page).bookings[one.id]["status"] = "CANCELLED"
            self.happened["said so"] += 1
        else:
            self.house.cancel(one.page, one.id)

    def _echo(self) -> None:
        """Booking.com closes the nights that the door's other platform sold, half a day late or so."""
        for door in range(self.doors):
            page = self.house.page(f"closed{door}")
            sold = {f"E{one.id}": one for one in self.truths.values() if one.page == f"own{door}" and one.stands}
            for id_ in [id_ for id_ in page.bookings if id_.startswith("E") and id_ not in sold]:
                self.truths[id_[1:]].cancelled_at = self.house.moment[0]  # as far as anybody could know
                if self.rng.random() < 0.4:
                    page.bookings.pop(id_)
                    self.happened["echo dropped"] += 1
            for id_, one in sold.items():
                if self.rng.random() < 0.4 and one.first > self.house.moment[0].date():
                    self.house.book(f"closed{door}", id_, f"{one.first}", f"{one.last}")
                    self.happened["echoed"] += 1

    def _bad_days(self) -> None:
        """Each calendar by itself: cannot be read, comes empty; a booking is left out for one reading."""
        calendars = self.house.calendars
        calendars.bad.clear()
        calendars.empty.clear()
        calendars.left_out.clear()
        for where, page in calendars.pages.items():
            roll = self.rng.random()
            if roll < 0.08:
                calendars.bad[where] = self.rng.choice(list(FeedProblem))
                self.happened["unreadable"] += 1
            elif roll < 0.14:
                calendars.empty.add(where)
                self.happened["empty"] += 1
            elif roll < 0.34 and page.bookings:
                calendars.left_out[where] = self.rng.choice(list(page.bookings))
                self.happened["left out"] += 1

    # --- what people do, and what is judged ---------------------------------------------------------------------------

    async def _staff(self) -> None:
        """Most are looked up within a day; one number for each."""
        for stay in await self.house.standing():
            if stay.waits_for_contact and self.rng.random() < 0.5 and _starts(stay) > self.house.moment[0].date():
                known = len(self.made_pins) + self.happened["supplied"]
                self.happened["supplied"] += 1
                await self.house.supplies(stay, "Ana Sample", f"+336399{known:05}")

    async def _judge_on_the_way(self) -> None:
        """Whoever has stood undisturbed has their stay at every moment."""
        now = self.house.moment[0]
        nights = Counter([_nights(one) for one in await self.house.standing()])
        for one in self.truths.values():
            quiet = one.stands and (one.moved_at is None or now - one.moved_at > SETTLES)
            if quiet and self._known_long(one) and one.last >= now.date() and nights[self._nights(one)] != 1:
                self.faults.append(f"{now}: {one} has {nights[self._nights(one)]} stays")
        for stay in await self.house.stays():
            for code in await self.house.codes_of(stay):
                if code.has_pin and code.id not in self.made_pins:
                    self.made_pins[code.id] = (f"{_nights(stay)}", now)
                    self._judge_pin(stay, code)

    def _known_long(self, one: Truth) -> bool:
        born = self.born.setdefault(one.id, self.house.moment[0])
        return self.house.moment[0] - born > SETTLES

    def _judge_pin(self, stay: SourceStay, code: AccessCode) -> None:
        """No PIN for whoever was cancelled long enough before it was made."""
        self.happened["PINs"] += 1
        same = [one for one in self.truths.values() if self._nights(one) == _nights(stay)]
        if same and all(one.cancelled_at and self.house.moment[0] - one.cancelled_at > 2 * SETTLES for one in same):
            self.faults.append(f"a PIN for {same}, {code.window}")

    async def settle(self) -> None:
        """All calendars are well for some days, echoes and all; then what is is what was booked."""
        for _ in range(round(timedelta(days=4) / STEP)):
            for name in ("bad", "empty", "left_out"):
                getattr(self.house.calendars, name).clear()
            self._echo()
            self._echo()
            await self.house.goes_on(1, STEP)
        today = self.house.moment[0].date()
        booked = Counter(self._nights(one) for one in self.truths.values() if one.stands and one.first > today)
        there = Counter(_nights(one) for one in await self.house.standing() if _starts(one) > today)
        for nights, count in (booked - there).items():
            self.faults.append(f"in the end {nights} lacks {count}")
        for nights, count in (there - booked).items():
            self.faults.append(f"in the end {nights} has {count} too many")

    def _nights(self, one: Truth) -> tuple[str, date, date]:
        return self.lock_ids[one.door], one.first, one.last


def _starts(stay: SourceStay) -> date:
    at = stay.said.starts_at
    return at.date() if isinstance(at, datetime) else at


def _nights(stay: SourceStay) -> tuple[str, date, date]:
    last = stay.said.ends_at
    return stay.said.lock_ids[0], _starts(stay), last.date() if isinstance(last, datetime) else last
