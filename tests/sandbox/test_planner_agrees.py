"""The planner and the sandbox agree: what one grants the other makes and opens, what one refuses the other refuses.

They share no rule. The planner's stand in `bot.domain`, Seam's in the sandbox's `rules`, igloohome's in `cloud`, the
keypad's in `doors`. No server is needed: these are the functions that the sandbox's vendors call for every code.
"""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.planning.ledger import Ledger as Held
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Refusal
from bot.domain.windows import AccessWindow
from providers.sandbox.algopin import Kind, PinWindow
from providers.sandbox.doors import CABIN, FRONT_DOOR, LODGE, Building, Door
from providers.sandbox.igloo_room.cloud import IglooError, window_asked
from providers.sandbox.seam_room.ledger import MOST_LIVE, SetCode, SetCodes, pin_for
from providers.sandbox.seam_room.rules import check_room, offline_span, window_on
from providers.sandbox.seam_room.wire import SeamError

T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
MINUTE, HOUR, DAY, SECOND = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
LENGTHS = (DAY, 28 * DAY, 29 * DAY, 367 * DAY)
"""Each ask lies near one of the places where a rule begins or ends."""

REFUSED_AS = {
    "ends_before_start": ("after starts_at", "in the future", "greater than the current time"),
    "already_over": ("in the future", "greater than the current time"),
    "gap_28_29_days": ("from 1 to 672 hours or from 29 to 367 days",),
    "too_long": (
        "at most 367 days",
        "must end at the time of day",
    ),  # the latter where clocks skip that time on day 367
    "slot_full": ("for this start",),
    "lock_full": ("199 active access codes",),
}


def factory_new(device_id: str) -> Door:
    found = Building().find(device_id)
    assert found is not None
    return found


def hour_of(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def outwards(asked: AccessWindow, zone: ZoneInfo, now: datetime) -> AccessWindow:
    """The ask on whole hours and not in the past, as anybody has to send it to Seam."""
    start, end = hour_of(max(asked.starts_at, now), zone), hour_of(asked.ends_at, zone)
    return AccessWindow(start, end if end == asked.ends_at else end + HOUR)


def an_ask(dice: random.Random, zone: ZoneInfo) -> tuple[AccessWindow, datetime]:
    now = T0 + dice.randrange(365 * 24 * 60) * MINUTE
    start = (
        hour_of(now + dice.choice((dice.randrange(-48, 0), dice.randrange(400 * 24))) * HOUR, zone)
        + dice.choice((0, 0, 20, 59)) * MINUTE
    )
    length = dice.choice(LENGTHS) + dice.randrange(-36, 36) * HOUR + dice.choice((0, 0, 7)) * MINUTE
    return AccessWindow(start, start + length), now


class Cloud:
    """What Seam knows of one lock, filled so far that the next code may or may not have a place."""

    def __init__(self, door: Door, now: datetime) -> None:
        self.door, self.now, self.ledger, self.taken = door, now, SetCodes(), 0

    def fill_lock(self, count: int) -> None:
        for _ in range(count):
            self._add(None, None)

    def fill_slot(self, start: datetime, count: int, window: PinWindow) -> None:
        self.taken = count
        for slot in range(1, count + 1):
            self._add(PinWindow(window.kind, start, window.length, slot), start + 400 * DAY)

    def _add(self, window: PinWindow | None, ends_at: datetime | None) -> None:
        name = str(len(self.ledger.codes))
        before = self.now - DAY  # so that it is not the minute's number that is refused
        self.ledger.add(SetCode(name, self.door, None, before, before, None, ends_at, "", window))

    def make(self, window: AccessWindow, *, one_time: bool) -> PinWindow:
        """Raises SeamError."""
        end = None if one_time else window.ends_at
        span = offline_span(window.starts_at, end, one_time, self.door.zone, self.now)
        check_room(self.ledger, self.door, self.now)
        return window_on(self.ledger, self.door, span)


def check_opens_exactly(device_id: str, made: PinWindow, granted: Plan) -> None:
    pin, window = pin_for(factory_new(device_id), made), granted.granted
    deadline = granted.activate_by or window.ends_at
    for moment, opens in (
        (window.starts_at - SECOND, False),
        (window.starts_at, True),
        (deadline - SECOND, True),
        (deadline, False),
        (window.ends_at, False),
    ):
        assert factory_new(device_id).enter(pin, moment).opened is opens, (window, moment)
    door = factory_new(device_id)
    assert door.enter(pin, window.starts_at).opened
    assert door.enter(pin, window.ends_at - SECOND).opened is (made.kind != "one_time")
    assert not door.enter(pin, window.ends_at).opened


def igloohome(door: Door, kind: Kind, window: AccessWindow, variance: int, now: datetime) -> PinWindow:
    """What igloohome's own API makes of it. Raises IglooError."""
    dates = {"startDate": window.starts_at, "endDate": window.ends_at}
    local = {name: moment.astimezone(door.zone).isoformat(timespec="seconds") for name, moment in dates.items()}
    return window_asked(door, kind, {"variance": variance, **local}, now)


def check_igloohome_refuses(cloud: Cloud, asked: AccessWindow, variance: int, *, one_time: bool) -> None:
    """Whichever kind it is asked as."""
    kinds: tuple[Kind, ...] = ("one_time",) if one_time else ("hourly", "daily")
    for kind in kinds:
        with pytest.raises(IglooError):
            igloohome(cloud.door, kind, asked, variance, cloud.now)


def check_refused_too(cloud: Cloud, asked: AccessWindow, *, one_time: bool, reason: str) -> str:
    zone = cloud.door.zone
    if reason in ("ends_before_start", "already_over"):
        asked = AccessWindow(hour_of(asked.starts_at, zone), hour_of(asked.ends_at, zone))
    else:
        asked = outwards(asked, zone, cloud.now)
    with pytest.raises(SeamError) as refused:
        cloud.make(asked, one_time=one_time)
    assert any(words in str(refused.value) for words in REFUSED_AS[reason]), (reason, str(refused.value), asked)
    if reason != "lock_full":  # igloohome's API says nothing of it before the lock itself does
        check_igloohome_refuses(cloud, asked, cloud.taken + 1, one_time=one_time)
    return reason


def filled(dice: random.Random, cloud: Cloud, free: Plan, *, one_time: bool) -> Held:
    """Puts codes of others on the lock, and says what the planner is told of them."""
    live = MOST_LIVE - dice.choice((0, 1)) if dice.random() < 0.03 else 0
    if not live:
        window = cloud.make(free.granted, one_time=one_time)
        cloud.fill_slot(free.granted.starts_at, dice.randrange(free.slot.limit + 1), window)
    cloud.fill_lock(live)
    return Held({(free.kind, free.slot.key): cloud.taken}, live=live + cloud.taken)


def one_code(dice: random.Random, device_id: str) -> str:
    """One ask to both; the planner's verdict when they agree."""
    door = factory_new(device_id)
    asked, now = an_ask(dice, door.zone)
    one_time, cloud = dice.random() < 0.15, Cloud(door, now)
    try:
        free = plan(asked, zone=door.zone, now=now, one_time=one_time)
    except Refusal as no:
        return check_refused_too(cloud, asked, one_time=one_time, reason=no.reason)
    held = filled(dice, cloud, free, one_time=one_time)
    try:
        granted = plan(asked, zone=door.zone, now=now, one_time=one_time, ledger=held)
    except Refusal as no:
        return check_refused_too(cloud, free.granted, one_time=one_time, reason=no.reason)
    made = cloud.make(granted.granted, one_time=one_time)
    assert (made.kind, made.ends_at(door.zone)) == (granted.kind, granted.granted.ends_at)
    assert igloohome(door, made.kind, granted.granted, cloud.taken + 1, now) == made
    check_opens_exactly(device_id, made, granted)
    return granted.kind


@pytest.mark.parametrize("codes", [3_000, pytest.param(10_000, marks=pytest.mark.deep)])
def test_thousands_of_random_codes(codes: int) -> None:
    dice = random.Random(20261127)
    seen = Counter(one_code(dice, dice.choice((FRONT_DOOR, LODGE, CABIN))) for _ in range(codes))
    assert seen.total() == codes
    assert set(seen) == {*REFUSED_AS, "hourly", "daily", "one_time"}
    assert min(seen.values()) >= codes // 400, seen
