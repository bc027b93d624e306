"""Doors decide by themselves: what was minted opens exactly when it should, and nothing else does."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from providers.sandbox.algopin import LENGTHS, SLOTS, Kind, PinWindow, mint, read
from providers.sandbox.doors import CABIN, FRONT_DOOR, LODGE, LOFT, Building, Door
from tests.sandbox.outside_world import HOUR, Sandbox

T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
KINDS: tuple[Kind, ...] = ("hourly", "daily", "one_time")


def door(device_id: str = FRONT_DOOR) -> Door:
    """A factory-new one."""
    found = Building().find(device_id)
    assert found is not None
    return found


def whole_hour(zone: ZoneInfo, near: datetime) -> datetime:
    return near.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def random_windows(count: int, zone: ZoneInfo) -> Iterator[PinWindow]:
    dice = random.Random(20261204)
    for _ in range(count):
        kind = dice.choice(KINDS)
        start = whole_hour(zone, T0 + HOUR * dice.randrange(0, 24 * 730))
        yield PinWindow(kind, start, dice.choice(LENGTHS[kind]), dice.randint(1, SLOTS[kind]))


def opens(device_id: str, pin: str, at: datetime) -> bool:
    return door(device_id).enter(pin, at).opened


@pytest.mark.parametrize("device_id", [FRONT_DOOR, LODGE, CABIN])
def test_minted_pins_open_exactly_within_their_window(device_id: str) -> None:
    lock = door(device_id)
    for window in random_windows(1500, lock.zone):
        pin = mint(lock.key, window)
        ends_at = window.ends_at(lock.zone)
        assert len(pin) == 9
        assert pin.isdigit()
        assert read(lock.key, pin, lock.zone, window.starts_at) == window
        first_use_by = min(ends_at, window.starts_at + timedelta(hours=24))
        assert opens(device_id, pin, window.starts_at)
        assert opens(device_id, pin, first_use_by - timedelta(seconds=1))
        assert not opens(device_id, pin, window.starts_at - timedelta(seconds=1))
        assert not opens(device_id, pin, first_use_by)
        assert not opens(device_id, pin, ends_at)


def test_different_windows_never_share_a_pin_and_the_same_always_do() -> None:
    key, zone = door().key, door().zone
    windows = set(random_windows(4000, zone))
    assert len({mint(key, window) for window in windows}) == len(windows)
    window = next(random_windows(1, zone))
    assert mint(key, window) == mint(key, window) != mint(door(LOFT).key, window)


def test_a_used_pin_opens_to_its_end() -> None:
    lock, window = door(), PinWindow("hourly", T0, 44, 1)
    pin = mint(lock.key, window)
    assert lock.enter(pin, T0 - HOUR).reason == "not_yet"
    assert lock.enter(pin, T0 + 23 * HOUR).opened
    assert lock.enter(pin, T0 + 30 * HOUR).opened
    assert lock.enter(pin, T0 + 44 * HOUR).reason == "ended"


def test_an_unused_pin_is_dead_after_a_day() -> None:
    lock, window = door(), PinWindow("hourly", T0, 44, 1)
    pin = mint(lock.key, window)
    assert lock.enter(pin, T0 + 24 * HOUR).reason == "missed_activation"
    assert lock.enter(pin, T0 + 43 * HOUR).reason == "missed_activation"


def test_a_day_pin_needs_no_activation() -> None:
    lock = door()
    pin = mint(lock.key, PinWindow("hourly", T0, 24, 1))
    assert lock.enter(pin, T0 + 24 * HOUR - timedelta(seconds=1)).opened


def test_a_one_time_pin_opens_once() -> None:
    lock = door()
    pin = mint(lock.key, PinWindow("one_time", T0, 24, 5))
    assert lock.enter(pin, T0 + 5 * HOUR).opened
    assert lock.enter(pin, T0 + 6 * HOUR).reason == "already_used"
    assert lock.enter(pin, T0 + 25 * HOUR).reason == "ended"


def test_asking_a_door_what_would_open_it_uses_nothing_up() -> None:
    lock = door()
    once = mint(lock.key, PinWindow("one_time", T0, 24, 5))
    long = mint(lock.key, PinWindow("hourly", T0, 44, 1))
    for _ in range(7):
        assert lock.would_open(once, T0 + HOUR)
        assert lock.would_open(long, T0 + HOUR)
        assert not lock.would_open(long, T0 + 30 * HOUR)
    assert not lock.is_locked_out(T0 + HOUR)
    assert lock.enter(once, T0 + HOUR).opened
    assert not lock.would_open(once, T0 + 2 * HOUR)
    assert lock.enter(long, T0 + HOUR).opened
    assert lock.would_open(long, T0 + 30 * HOUR)


def test_a_pin_that_was_deleted_at_the_lock_is_unknown_to_it() -> None:
    lock = door()
    gone, other = (mint(lock.key, PinWindow("hourly", T0, 44, slot)) for slot in (1, 2))
    assert lock.enter(gone, T0 + HOUR).opened
    lock.forget(gone)
    assert lock.enter(gone, T0 + 2 * HOUR).reason == "unknown_pin"
    assert lock.enter(other, T0 + 2 * HOUR).opened


def test_a_daily_pin_follows_the_local_clock_over_summer_time() -> None:
    lock = door()
    start = datetime(2027, 3, 1, 15, tzinfo=lock.zone)
    window = PinWindow("daily", start.astimezone(UTC), 40, 1)
    assert window.ends_at(lock.zone) == datetime(2027, 4, 10, 15, tzinfo=lock.zone)
    pin = mint(lock.key, window)
    assert lock.enter(pin, start).opened
    assert lock.enter(pin, datetime(2027, 4, 10, 14, 59, tzinfo=lock.zone)).opened
    assert lock.enter(pin, datetime(2027, 4, 10, 15, tzinfo=lock.zone)).reason == "ended"


def test_both_hours_of_the_repeated_hour_have_their_own_pins() -> None:
    lock = door()
    first = datetime(2026, 10, 25, 2, tzinfo=lock.zone).astimezone(UTC)
    pins = [mint(lock.key, PinWindow("hourly", start, 1, 1)) for start in (first, first + HOUR)]
    assert lock.enter(pins[0], first).opened
    assert lock.enter(pins[1], first + HOUR).opened
    assert lock.enter(pins[0], first + HOUR).reason == "ended"


def test_five_wrong_tries_lock_the_keypad_for_five_minutes() -> None:
    lock = door()
    pin = mint(lock.key, PinWindow("hourly", T0, 5, 1))
    assert [lock.enter("123456789", T0).reason for _ in range(5)] == ["unknown_pin"] * 5
    assert lock.lamp(T0) == "locked"
    assert lock.enter(pin, T0 + timedelta(minutes=4, seconds=59)).reason == "locked_out"
    assert lock.enter(pin, T0 + timedelta(minutes=5)).opened


def test_a_success_forgives_wrong_tries() -> None:
    lock = door()
    pin = mint(lock.key, PinWindow("hourly", T0, 5, 1))
    for _ in range(3):
        for _ in range(4):
            assert lock.enter("000000000", T0).reason == "unknown_pin"
        assert lock.enter(pin, T0).opened
    assert lock.lamp(T0) == "green"


@pytest.mark.parametrize("pin", ["000000000", "111111111", "123456789", "987654321", "999999999", "012345678"])
def test_digits_that_people_make_up_are_nobodys_pin_on_any_date(pin: str) -> None:
    for lock in Building():
        for year in range(2026, 2036):
            assert lock.enter(pin, datetime(year, 5, 6, 7, tzinfo=UTC)).reason in ("unknown_pin", "locked_out")


def test_random_digits_practically_never_open() -> None:
    dice = random.Random(1)
    lock = door()
    tries = 20_000
    opened, named = 0, 0
    for _ in range(tries):
        tried = lock.enter(f"{dice.randrange(10**9):09}", T0)
        opened += tried.opened
        named += tried.reason not in ("unknown_pin", "locked_out")
        lock = door() if lock.is_locked_out(T0) else lock
    assert opened / tries < 1 / 2000
    assert named / tries < 1 / 50


@pytest.mark.parametrize("pin", ["1", "1234", "12345678", "1234567890", "1" * 32])
def test_other_lengths_are_unknown(pin: str) -> None:
    assert door().enter(pin, T0).reason == "unknown_pin"


def test_an_entry_takes_less_than_50_ms() -> None:
    lock = door()
    began = time.perf_counter()
    for n in range(200):
        lock.enter(f"{n * 4_999_999:09}", T0 + n * timedelta(minutes=10))
    assert (time.perf_counter() - began) / 200 < 0.05


def test_the_keypad_over_http(sandbox: Sandbox) -> None:
    lock = sandbox.world.doors.find(LODGE)
    assert lock is not None
    now = sandbox.world.clock.now()
    start = whole_hour(lock.zone, now)
    if start > now:
        start -= HOUR
    pin = mint(lock.key, PinWindow("hourly", start, 3, 2))
    assert sandbox.type(LODGE, f"{pin[:3]} {pin[3:6]} {pin[6:]}") == "opened"
    assert sandbox.type(FRONT_DOOR, pin) != "opened"
    listed = {one["id"]: one for one in sandbox.get("/sandbox/doors")["doors"]}
    assert {one["name"] for one in listed.values()} == {"Front door", "Garden gate", "Loft", "Lodge", "Cabin"}
    assert (listed[LODGE]["zone"], listed[LODGE]["lamp"], listed[LODGE]["bridge"]) == ("Asia/Kathmandu", "green", False)
    assert listed[FRONT_DOOR]["last"]["opened"] is False
    assert pin not in sandbox.http.get("/sandbox/doors").text


def test_a_lock_gets_another_name_and_its_maker_tells_so(sandbox: Sandbox) -> None:
    heard: list[Door] = []
    sandbox.world.doors.on_renamed(heard.append)
    renamed = sandbox.post("/sandbox/doors/cabin/name", {"name": "Storage 🚲"})
    assert (renamed["slug"], renamed["name"]) == ("cabin", "Storage 🚲")
    sandbox.post("/sandbox/doors/cabin/name", {"name": 7}, 422)
    sandbox.post("/sandbox/doors/no-such-door/name", {"name": "x"}, 404)
    assert [door.slug for door in heard] == ["cabin"]


BAD_ENTRIES = [
    ("no-such-door", b'{"pin": "123456789"}', 404),
    (FRONT_DOOR, b'{"pin": "12a"}', 400),
    (FRONT_DOOR, b'{"pin": ""}', 400),
    (FRONT_DOOR, '{"pin": "١٢٣"}'.encode(), 400),
    (FRONT_DOOR, b'{"pin": 123456789}', 422),
    (FRONT_DOOR, b"{}", 422),
    (FRONT_DOOR, b"[1]", 400),
    (FRONT_DOOR, b"{nonsense", 400),
    (FRONT_DOOR, b"\xff\xfe", 400),
]


def test_the_keypad_refuses_garbage_with_a_sentence(sandbox: Sandbox) -> None:
    for path, body, status in BAD_ENTRIES:
        answer = sandbox.http.post(f"/sandbox/doors/{path}/keypad", content=body)
        assert answer.status_code == status
        assert answer.json()["error"].endswith(".")
