"""What is counted for whoever watches from outside, on both kinds of database; and who is told that all is well."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from bot.conversation.team.home import home, status
from bot.domain.pins import Phone
from bot.domain.sources.feeds import Feed, FeedProblem, Platform
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Misconfigured, Unavailable
from bot.ports.figures import Figures
from bot.ports.heartbeats import ProcessKind
from bot.processes.clock import ping_if_well
from bot.processes.measuring import measure
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.show_home import show_home
from storage.engine import open_database
from tests.benchmarks.ports import installation
from tests.workflows.test_alerts import Alarmed, FailingLocks, a_booking_waits


@pytest.fixture
async def stay(database_url: str) -> AsyncIterator[Alarmed]:
    async with installation(database_url) as (made, _queue, _texter):
        moment, doors = [made.clock.now()], FailingLocks()
        clock, database = Clock(lambda: moment[0], lambda: moment[0]), open_database(database_url)
        ports = replace(made, locks=doors, clock=clock, policy=replace(made.policy, quiet=None))
        yield Alarmed(ports, doors, moment, database)
        await database.engine.dispose()


async def figures(stay: Alarmed) -> Figures:
    async with stay.ports.store() as uow:
        return await uow.figures(stay.moment[0], stay.moment[0])


def metric(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"nightporter_{name}", labels)


async def asks(stay: Alarmed) -> None:
    async with stay.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    starts = (stay.moment[0] + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    window, phone = AccessWindow(starts, starts + timedelta(hours=30)), Phone("+33639985678")
    await ask_for_pin(stay.ports, PinRequest("U_ADA", (lock.id,), "Dora", phone, window, stay.ports.new_id()))


async def test_nothing_is_counted_where_nothing_is(stay: Alarmed) -> None:
    found = await figures(stay)
    assert (found.overdue, found.undecided_since, found.texts, found.due_since) == (0, None, {}, None)


async def test_each_figure_by_what_it_counts(stay: Alarmed) -> None:
    await stay.stays()
    await asks(stay)
    asked_at = stay.moment[0]
    await stay.swept()
    found = await figures(stay)
    assert found.undecided_since == asked_at
    assert found.texts == {"sent": 1}
    assert (found.overdue, found.due_since) == (0, None)
    stay.move(hours=25)
    found = await figures(stay)
    assert found.texts == {}, "of a day"
    assert found.due > 0
    assert found.due_since is not None
    await measure(stay.ports, dict)
    assert metric("oldest_undecided_seconds") == timedelta(hours=25).total_seconds()
    assert metric("due_rows") == found.due
    assert metric("due_oldest_seconds") == (stay.moment[0] - found.due_since).total_seconds()
    assert metric("texts", state="sent") == 0


async def test_a_demos_day_is_over_when_its_own_clock_says_so(stay: Alarmed) -> None:
    await stay.stays()
    begun = stay.moment[0]
    for hours, texts in ((23, {"sent": 1}), (25, {})):
        async with stay.ports.store() as uow:
            assert (await uow.figures(begun + timedelta(hours=hours), begun)).texts == texts


async def test_a_pin_that_should_be_there_is_overdue_until_it_is(stay: Alarmed) -> None:
    stay.doors.error = Unavailable("away", retry_after=60)
    await stay.stays(starts=6)
    await stay.goes_on(14)
    assert (await figures(stay)).overdue == 0
    await stay.goes_on(2)
    assert (await figures(stay)).overdue == 1
    await measure(stay.ports, lambda: {"Seam": {"Unavailable": 3}})
    assert metric("pins_overdue") == 1
    assert metric("alerts_open", kind="overdue") == 1
    assert metric("vendor_failures", vendor="Seam", kind="Unavailable") == 3
    stay.doors.error = None
    await stay.goes_on(3)
    assert (await figures(stay)).overdue == 0


async def test_calendars_and_booking_systems_are_told_of_by_age_fault_and_what_waits(stay: Alarmed) -> None:
    await measure(stay.ports, dict)
    assert [metric("calendars", state=state) for state in ("read", "failing")] == [0, 0]
    assert metric("calendar_oldest_read_seconds") == 0
    await a_booking_waits(stay)
    now = stay.moment[0]
    async with stay.ports.store() as uow:
        (lock, *_) = await uow.locks.all()
        for number, (good_at, problem) in enumerate([(now, None), (now - timedelta(hours=3), FeedProblem.CUT_SHORT)]):
            address = f"https://calendars.example/{number}.ics?t=s3cr3t"
            feed = Feed(
                f"01FEED{number}", lock.id, Platform.AIRBNB, address, now - timedelta(days=9), now, f"Flat {number}"
            )
            await uow.feeds.put(replace(feed, good_at=good_at, problem=problem))
    await measure(stay.ports, dict)
    assert [metric("calendars", state=state) for state in ("read", "failing")] == [1, 1]
    assert metric("calendar_oldest_read_seconds") == timedelta(hours=3).total_seconds()
    assert metric("bookings_waiting", source="flats") == 1
    shown = await show_home(stay.ports, "U_BEN")
    for of in (home(shown), status(await show_home(stay.ports, None))):
        (part,) = [one for one in of.parts if one.heading == "Calendars and booking systems"]
        assert [line.words for line in part.lines] == [
            "Airbnb for Door 0, Flat 1: it breaks off in the middle, last read 3 hours ago",
            "flats: last heard 12 hours ago; 1 booking of it waits",
            "2 calendars: what is known of each is at most 3 hours old",
        ]
        assert [line.worries for line in part.lines] == [True, True, False]
        assert "s3cr3t" not in str(of)
    assert "Calendars" not in str(home(await show_home(stay.ports, "U_ADA")).parts), "an approver's"
    async with stay.ports.store() as uow:
        await uow.booking_sources.remove((await uow.booking_sources.all())[0].id)
        await uow.feeds.remove("01FEED1")
    (part,) = [one for one in home(await show_home(stay.ports, "U_BEN")).parts if one.heading.startswith("Calendars")]
    assert [line.words for line in part.lines] == ["1 calendar: what is known of it is at most 0 minutes old"]
    async with stay.ports.store() as uow:
        await uow.feeds.remove("01FEED0")
    await measure(stay.ports, dict)
    assert metric("bookings_waiting", source="flats") is None
    assert "Calendars" not in str(home(await show_home(stay.ports, "U_BEN")).parts)


async def test_signs_of_life_are_told_by_their_age(stay: Alarmed) -> None:
    await measure(stay.ports, dict)
    assert (metric("heartbeat_age_seconds", part="clock") or 0) > 1e8
    async with stay.ports.store() as uow:
        await uow.heartbeats.record(ProcessKind.CLOCK, stay.moment[0])
    stay.move(minutes=4)
    await measure(stay.ports, dict)
    assert metric("heartbeat_age_seconds", part="clock") == 240


async def test_whoever_watches_is_called_only_while_clock_and_worker_live(stay: Alarmed) -> None:
    calls: list[int] = []

    async def ping() -> None:
        calls.append(1)

    await ping_if_well(stay.ports, ping)
    async with stay.ports.store() as uow:
        await uow.heartbeats.record(ProcessKind.CLOCK, stay.moment[0])
    await ping_if_well(stay.ports, ping)
    assert calls == []
    async with stay.ports.store() as uow:
        await uow.heartbeats.record(ProcessKind.WORKER, stay.moment[0])
    await ping_if_well(stay.ports, ping)
    assert calls == [1]
    stay.move(minutes=4)
    await ping_if_well(stay.ports, ping)
    assert calls == [1]


@pytest.mark.parametrize("error", [Unavailable("HEARTBEAT_URL answered 500"), Misconfigured("check it")])
async def test_whoever_does_not_take_the_call_ends_nothing(stay: Alarmed, error: Exception) -> None:
    async def ping() -> None:
        raise error

    async with stay.ports.store() as uow:
        for part in ProcessKind:
            await uow.heartbeats.record(part, stay.moment[0])
    await ping_if_well(stay.ports, ping)
