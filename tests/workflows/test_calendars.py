"""Calendars on real rows of both kinds of database: what they name is a stay once, whoever reads them and whatever
comes between; that one cannot be read cancels nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from bot.conversation.team.notices import Story, card
from bot.domain.approvals.policy import Rule
from bot.domain.locks.presence import Presence
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.feeds import READ_EVERY, SPREAD, Feed, FeedProblem, Platform
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.alerts import Alert, AlertKind
from bot.workflows.change_stay import decide_change
from bot.workflows.decide_request import decide_request
from bot.workflows.erase import erase_guest
from bot.workflows.follow_feeds import LEASE, MOST_ASKED, read_feed
from bot.workflows.follow_feeds.keeping import add_feed, list_feeds, read_soon, remove_feed
from bot.workflows.take_stay import supply_contact
from bot.workflows.withdraw import withdraw
from storage.engine import Database
from tests.moments import START
from tests.workflows.calendar_house import DAY, PHONE, QUARTER, CalendarHouse, address, calendar_house


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[CalendarHouse]:
    async with calendar_house(database_url) as made:
        yield made


async def airbnb(house: CalendarHouse, **more: object) -> Feed:
    """One calendar with one booking of three nights in ten days."""
    feed = await house.adds("loft", "airbnb")
    house.book("loft", "A1", 10, 13, code="HMTEST1234", last_four="1234", **more)
    await house.goes_on()
    return feed


async def test_a_booking_waits_for_a_number_and_is_a_stay_as_any_then(house: CalendarHouse) -> None:
    feed = await airbnb(house)
    (stay,) = await house.standing()
    assert (stay.key.source, stay.said.guest_name, stay.waits_for_contact) == ("airbnb", "Airbnb guest", True)
    assert stay.key.external_id.startswith("HMTEST1234@")
    assert stay.said.note is not None
    assert "HMTEST1234" in stay.said.note
    assert "ends in 1234" in stay.said.note
    request = await house.supplies(stay)
    assert (request.requester, request.guest_name) == ("source:airbnb", "Ana Sample")
    await house.goes_on(3)
    assert len(await house.stays()) == 1
    house.move(days=9.5)
    await house.goes_on(2)
    assert [code.status for code in await house.codes_of(stay)] == [CodeStatus.SHARED]
    known = await house.feed(feed.id)
    assert (known.problem, known.good_at, known.read_at) == (None, house.moment[0], house.moment[0])


async def test_a_number_that_the_calendar_knows_is_asked_with_at_once(house: CalendarHouse) -> None:
    await house.adds("own", "google")
    house.book("own", "G1", "2026-12-11T16:00", "2026-12-13T10:00", name="Ana Sample", phone="+33 6 39 98 12 34")
    house.book("own", "G2", "2026-12-14T16:00", "2026-12-15T10:00", name="Bea", phone="12 34 56 78 90 12 34 56")
    await house.goes_on()
    first, second = sorted(await house.standing(), key=lambda one: str(one.said.starts_at))
    assert await house.guests() == {Phone(PHONE)}
    request = await house.request_of(first)
    assert request is not None
    assert (request.status, request.guest_name) == (RequestStatus.PENDING, "Ana Sample")
    assert second.waits_for_contact, "a number that is none is asked for"


async def test_dates_that_move_are_followed_and_what_people_corrected_stays(house: CalendarHouse) -> None:
    await airbnb(house)
    (stay,) = await house.standing()
    await house.supplies(stay)
    house.book("loft", "A1", 11, 15, code="HMTEST1234", last_four="1234")
    await house.goes_on()
    (after,) = await house.standing()
    assert (after.id, after.said.ends_at) == (stay.id, date.fromisoformat(house.day(15)))
    request = await house.request_of(after)
    assert request is not None
    assert request.guest_name == "Ana Sample", "no name of the calendar's takes its place"


async def test_a_cancelled_booking_is_given_up_after_a_day_and_two_readings(house: CalendarHouse) -> None:
    await airbnb(house)
    (stay,) = await house.standing()
    await house.supplies(stay)
    house.cancel("loft", "A1")
    house.book("loft", "A2", 20, 22, code="HMOTHER123")
    await house.goes_on(8, timedelta(hours=3))
    assert stay.id in {one.id for one in await house.standing()}, "for 21 hours"
    await house.goes_on(2, timedelta(hours=3))
    assert [one.key.external_id[:5] for one in await house.standing()] == ["HMOTH"]
    assert [code.status for code in await house.codes_of(stay)] == [CodeStatus.RELEASED]
    house.book("loft", "A1", 10, 13, code="HMTEST1234", last_four="1234")
    await house.goes_on()
    assert len(await house.standing()) == 2, "booked again, it is a stay again"
    assert len(await house.stays()) == 2, "under its own name"


@pytest.mark.parametrize("problem", FeedProblem)
async def test_that_a_calendar_cannot_be_read_cancels_nothing(house: CalendarHouse, problem: FeedProblem) -> None:
    feed = await airbnb(house)
    house.calendars.bad[address("loft")] = problem
    await house.goes_on(4, timedelta(hours=20))
    assert len(await house.standing()) == 1
    assert ((await house.feed(feed.id)).problem, (await house.feed(feed.id)).failures) == (problem, 4)
    house.calendars.bad.clear()
    await house.goes_on()
    assert ((await house.feed(feed.id)).problem, (await house.feed(feed.id)).failures) == (None, 0)
    async with house.ports.store() as uow:
        assert await uow.alerts.open_of_kind(AlertKind.FEED_SILENT) == []


async def test_one_empty_calendar_is_ignored_and_a_second_counts_like_any_reading(house: CalendarHouse) -> None:
    feed = await airbnb(house)
    house.calendars.empty.add(address("loft"))
    await house.goes_on()
    (entry,) = (await house.feed(feed.id)).entries
    assert entry.missing_since is None
    await house.goes_on()
    (entry,) = (await house.feed(feed.id)).entries
    assert entry.missing_since == house.moment[0]
    await house.goes_on(2, timedelta(hours=11))
    assert len(await house.standing()) == 1
    await house.goes_on(1, timedelta(hours=3))
    assert await house.standing() == []


@pytest.mark.parametrize("hours", [0.3, 7])
async def test_empty_ones_that_come_and_go_for_days_count_never(house: CalendarHouse, hours: float) -> None:
    """Be what comes between sent whole, or said to be unchanged."""
    feed = await airbnb(house)
    for turn in range(20):
        house.calendars.empty = {address("loft")} if turn % 2 else set()
        await house.goes_on(1, timedelta(hours=hours))
        (entry,) = (await house.feed(feed.id)).entries
        assert entry.missing_since is None
    assert len(await house.standing()) == 1


async def test_what_has_not_changed_is_not_read_again_but_twice_a_day(house: CalendarHouse) -> None:
    await airbnb(house)
    reads = len(house.calendars.reads)
    await house.goes_on(40)
    assert house.calendars.unchanged >= 38
    assert len(house.calendars.reads) == reads + 40
    house.cancel("loft", "A1")
    await house.goes_on(100)
    assert await house.standing() == [], "that it is unchanged counts as a reading"


async def test_two_calendars_of_one_door_have_one_stay_and_two_doors_two(house: CalendarHouse) -> None:
    await airbnb(house)
    await house.adds("closed", "booking")
    house.book("closed", "B1", 10, 13)
    await house.adds("closed-too", "booking", "Door 1")
    house.book("closed-too", "B1", 10, 13)
    await house.goes_on(2)
    standing = sorted(await house.standing(), key=lambda one: one.key.source)
    assert [one.key.source for one in standing] == ["airbnb", "booking"]
    assert standing[0].said.lock_ids != standing[1].said.lock_ids


async def test_the_same_calendar_for_two_doors_is_two_stays(house: CalendarHouse) -> None:
    await airbnb(house)
    added = await add_feed(house.ports, "Door 1", address("loft"), Platform.AIRBNB)
    assert added.found == 1
    await house.goes_on(2)
    assert len({one.said.lock_ids for one in await house.standing()}) == 2


async def test_flats_that_share_a_door_have_stays_of_their_own(house: CalendarHouse) -> None:
    for flat in ("1", "2"):
        await house.adds(f"own{flat}", "airbnb", unit=f"Flat {flat}")
        await house.adds(f"closed{flat}", "booking", unit=f"Flat {flat}")
    for flat in ("1", "2"):
        house.book(f"closed{flat}", "same-uid", 10, 13)
    await house.goes_on(2)
    assert len(await house.standing()) == 2
    house.book("own1", "A1", 10, 13, code="HMTEST1234")
    await house.goes_on(2)
    notes = sorted(str(one.said.note) for one in await house.standing())
    assert [note.partition(" https")[0] for note in notes] == ["Flat 1; Reservation HMTEST1234;", "Flat 2"]


async def test_two_calendars_read_at_once_agree(house: CalendarHouse) -> None:
    feeds = [await house.adds(name, platform) for name, platform in (("a", "airbnb"), ("b", "booking"), ("v", "vrbo"))]
    house.book("a", "A1", 10, 13, code="HMTEST1234")
    house.book("b", "B1", 10, 13)
    house.book("v", "V1", 10, 13, name="Ana")
    for _ in range(4):
        await read_soon(house.ports, [one.id for one in feeds])
        await asyncio.gather(*(read_feed(house.ports, one.id) for one in feeds for _ in range(3)))
    await house.goes_on()
    assert len(await house.stays()) == 1


async def test_one_calendar_is_read_by_one_at_a_time(house: CalendarHouse) -> None:
    feed = await airbnb(house)
    before = len(house.calendars.reads)
    await read_soon(house.ports, [feed.id])
    await asyncio.gather(*(read_feed(house.ports, feed.id) for _ in range(6)))
    assert len(house.calendars.reads) == before + 1
    held = replace(await house.feed(feed.id), due_at=house.moment[0], claimed_until=house.moment[0] + LEASE)
    async with house.ports.store() as uow:
        held = await uow.feeds.put(held)
    await read_feed(house.ports, feed.id)
    assert len(house.calendars.reads) == before + 1, "another process has it"
    house.move(minutes=6)
    await read_feed(house.ports, held.id)
    assert len(house.calendars.reads) == before + 2, "and has died"


async def test_where_many_hang_none_keeps_a_hand_from_other_work(house: CalendarHouse) -> None:
    feed = await airbnb(house)
    house.calendars.hands = asyncio.Semaphore(1)
    await house.calendars.hands.acquire()
    before = len(house.calendars.reads)
    await read_soon(house.ports, [feed.id])
    await read_feed(house.ports, feed.id)
    assert len(house.calendars.reads) == before
    house.calendars.hands.release()
    await read_feed(house.ports, feed.id)
    assert len(house.calendars.reads) == before + 1


class _Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("step", range(1, 12))
async def test_whoever_dies_in_between_loses_nothing_and_cancels_nothing(house: CalendarHouse, step: int) -> None:
    """At each transaction in turn."""
    feed = await airbnb(house)
    house.book("loft", "A2", 15, 17, code="HMOTHER123")
    house.book("loft", "A1", 10, 14, code="HMTEST1234", last_four="1234")
    await read_soon(house.ports, [feed.id])
    days = {number: house.day(number) for number in (10, 14, 15, 17)}
    seen, store = 0, house.ports.store

    def dying() -> object:
        nonlocal seen
        seen += 1
        if seen == step:
            raise _Killed
        return store()

    with suppress(_Killed):
        await read_feed(replace(house.ports, store=dying), feed.id)  # type: ignore[arg-type]
    assert len(await house.standing()) in (1, 2)
    house.moment[0] += LEASE
    await house.goes_on()
    assert await house.nights() == [
        (days[10], days[14]),
        (days[15], days[17]),
    ]
    assert len(await house.stays()) == 2


async def test_a_calendar_that_is_taken_away_while_it_is_read_leaves_its_stays(house: CalendarHouse) -> None:
    feed = await airbnb(house)
    (stay,) = await house.standing()

    async def removed() -> None:
        await remove_feed(house.ports, feed.id)

    tasks: list[asyncio.Task[None]] = []
    house.calendars.between = lambda: tasks.append(asyncio.ensure_future(removed()))
    await read_soon(house.ports, [feed.id])
    await read_feed(house.ports, feed.id)
    await asyncio.gather(*tasks)
    house.calendars.between = None
    assert await list_feeds(house.ports) == []
    await house.goes_on(3, DAY)
    assert [one.id for one in await house.standing()] == [stay.id]
    await house.adds("loft", "airbnb")
    await house.goes_on()
    assert [one.id for one in await house.stays()] == [stay.id], "added again it means the same"


async def test_what_people_withdrew_is_not_brought_back_by_what_the_calendar_repeats(house: CalendarHouse) -> None:
    await airbnb(house)
    (stay,) = await house.standing()
    request = await house.supplies(stay)
    await withdraw(house.ports, request.id, "U_BEN")
    await house.goes_on(5, timedelta(hours=13))
    again = await house.request_of(stay)
    assert again is not None
    assert again.id == request.id
    assert [code.status for code in await house.codes_of(stay)] == [CodeStatus.RELEASED]


async def test_whoever_was_erased_is_nowhere_in_it_and_not_brought_back(house: CalendarHouse) -> None:
    feed = await house.adds("own", "google")
    house.book("own", "G1", 10, 13, name="Ana Sample", phone=PHONE, email="ana@example.com")
    await house.adds("loft", "airbnb")
    house.book("loft", "A1", 10, 13, code="HMTEST1234", last_four="1234")
    await house.goes_on()
    await erase_guest(house.ports, Phone(PHONE), withdraw)
    for _ in range(3):
        for one in (await house.feed(feed.id)).entries:
            assert (one.booking.name, one.booking.phone, one.booking.email, one.erased) == (None, None, None, True)
        await house.goes_on(1, timedelta(hours=13))
    assert await house.standing() == []
    house.book("own", "G1", 10, 14, name="Ana Sample", phone=PHONE)
    await house.goes_on()
    assert await house.guests() == set()


async def test_what_no_rule_lets_be_a_stay_is_told_once_and_tried_again(house: CalendarHouse) -> None:
    await house.adds("loft", "airbnb")
    lock_id = (await list_feeds(house.ports))[0][1].id
    async with house.ports.store() as uow:
        await uow.locks.mark(lock_id, Presence(gone_at=house.moment[0]))
    house.book("loft", "A1", 10, 38, code="HMTEST1234")
    await house.goes_on(4)
    assert await house.standing() == []
    (told_of,) = await house.posts("feed_refused")
    assert (told_of["guest"], told_of["door"], told_of["source"]) == ("Airbnb guest", "Door 0", "Airbnb")
    assert "is gone from its provider" in told_of["why"]
    async with house.ports.store() as uow:
        await uow.locks.mark(lock_id, Presence())
    await house.goes_on(2)
    assert len(await house.standing()) == 1
    assert len(await house.posts("feed_refused")) == 1


async def test_what_no_rule_lets_be_a_stay_has_an_owner_as_it_comes_near(house: CalendarHouse) -> None:
    await house.adds("loft", "airbnb")
    lock_id = (await list_feeds(house.ports))[0][1].id
    async with house.ports.store() as uow:
        await uow.locks.mark(lock_id, Presence(gone_at=house.moment[0]))
    house.book("loft", "A1", 5, 8, code="HMTEST1234")

    async def waits() -> list[Alert]:
        async with house.ports.store() as uow:
            return list(await uow.alerts.open_of_kind(AlertKind.BOOKING_WAITS))

    await house.goes_on(2)
    assert await waits() == []
    house.move(days=3.5)
    await house.goes_on(2)
    (alert,) = await waits()
    assert "HMTEST" not in alert.key
    house.move(days=1)
    await house.goes_on(2)
    assert [(one.id, one.episode) for one in await waits()] == [(alert.id, 1)]
    assert [one.get("alert") for one in await house.posts("feed_refused")][:3] == [None, alert.id, alert.id]
    async with house.ports.store() as uow:
        await uow.locks.mark(lock_id, Presence())
    await house.goes_on(2)
    assert await waits() == [], "it is a stay now"


# --- 29 nights are more than 28 days and less than 29, and no PIN lasts so long: it is planned otherwise than booked --


def alone(house: CalendarHouse) -> None:
    """What Airbnb books is approved by the rules, as far as it goes by them."""
    rule = Rule(("U_BEN",), requesters=("source:airbnb",), automatic=True, name="airbnb")
    house.ports = replace(house.ports, rules=replace(house.ports.rules, rules=(rule,)))


async def test_what_no_pin_lasts_is_asked_of_a_person_beside_a_rule_that_needs_none(house: CalendarHouse) -> None:
    alone(house)
    await airbnb(house)
    house.book("loft", "A2", 20, 49, code="HMLONG1234")
    await house.goes_on(2)
    usual, long = sorted(await house.standing(), key=lambda one: str(one.said.starts_at))
    assert await house.posts("feed_refused") == []
    await supply_contact(house.ports, usual.id, "U_BEN", "Ana", PHONE)
    await supply_contact(house.ports, long.id, "U_BEN", "Bea", "+33639985555")
    first, second = await house.request_of(usual), await house.request_of(long)
    assert first is not None
    assert second is not None
    assert (first.status, first.booked) == (RequestStatus.APPROVED, None)
    assert (second.status, second.granted.length) == (RequestStatus.PENDING, timedelta(days=29))
    assert second.booked is not None
    assert second.granted.covers(second.booked)
    story = Story(second, (await list_feeds(house.ports))[0][1:], await house.guest_of(second), house.moment[0])
    shown = card(story)
    assert [button.action for button in shown.buttons] == ["approve", "amend", "deny"]
    assert "no PIN lasts more than 28 days and less than 29. This PIN ends 4 hours later" in shown.remarks[0]
    await decide_request(house.ports, second.id, "U_BEN", approved=True)
    assert [code.window for code in await house.codes_of(long)] == [second.granted]


async def test_a_change_that_no_pin_lasts_is_asked_of_a_person_too(house: CalendarHouse) -> None:
    alone(house)
    await airbnb(house)
    (stay,) = await house.standing()
    await supply_contact(house.ports, stay.id, "U_BEN", "Ana", PHONE)
    for last in (39, 40, 39):
        house.book("loft", "A1", 10, last, code="HMTEST1234", last_four="1234")
        await house.goes_on(3)
        assert await house.nights() == [(house.day(10), house.day(last))]
        request = await house.request_of(stay)
        assert request is not None
        assert request.granted.length == timedelta(days=2, hours=20), "as it was approved"
    assert await house.posts("feed_refused") == []
    asked = await house.posts("change_wanted")
    assert ["no PIN lasts" in one.get("otherwise", "") for one in asked] == [True, False, True]
    assert "no PIN lasts more than 28 days and less than 29" in asked[-1]["otherwise"]
    await decide_change(house.ports, asked[-1]["change"], "U_BEN", agreed=True)
    request = await house.request_of(stay)
    assert request is not None
    assert request.granted.length == timedelta(days=29)


async def test_what_waits_is_asked_anew_with_what_is_booked_now(house: CalendarHouse) -> None:
    await airbnb(house)
    (stay,) = await house.standing()
    await supply_contact(house.ports, stay.id, "U_BEN", "Ana", PHONE)
    ends = []
    for last in (39, 38, 13):
        house.book("loft", "A1", 10, last, code="HMTEST1234", last_four="1234")
        await house.goes_on()
        request = await house.request_of(stay)
        assert request is not None
        assert request.status is RequestStatus.PENDING
        ends.append((request.booked is not None, request.granted.length))
    assert ends == [
        (True, timedelta(days=29)),
        (False, timedelta(days=27, hours=20)),
        (False, timedelta(days=2, hours=20)),
    ]


# --- adding and taking away -------------------------------------------------------------------------------------------


async def refused(house: CalendarHouse, door: str, name: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await add_feed(house.ports, door, address(name), Platform.AIRBNB)
    return caught.value


async def test_what_cannot_be_read_or_is_read_already_is_not_added(house: CalendarHouse) -> None:
    await airbnb(house)
    assert (await refused(house, "Door 0", "loft")).reason is Reason.FEED_KNOWN
    assert (await refused(house, "Door nine", "loft")).reason is Reason.UNKNOWN_LOCK
    house.calendars.bad[address("other")] = FeedProblem.WEB_PAGE
    bad = await refused(house, "Door 0", "other")
    assert (bad.reason, bad.facts["problem"]) == (Reason.FEED_UNREADABLE, "web_page")
    assert len(await list_feeds(house.ports)) == 1


async def test_an_address_lies_sealed_and_no_row_or_log_line_names_it(house: CalendarHouse, database: Database) -> None:
    await airbnb(house)
    async with database.engine.connect() as connection:
        for table in ("feeds", "source_stays", "audit_entries", "messages"):
            rows = str((await connection.execute(text(f"SELECT * FROM {table}"))).all())
            assert "s3cr3t" not in rows, table
            assert "calendars.example" not in rows, table
            assert "HMTEST" not in rows, table


def test_calendars_that_were_added_together_are_read_apart() -> None:
    feeds = [Feed(f"01F{n:023}", "01L", Platform.AIRBNB, "x", START, START) for n in range(100)]
    at = {one.next_reading(START) for one in feeds}
    assert len(at) > 95
    assert all(READ_EVERY <= one - START < READ_EVERY + SPREAD for one in at)
    assert QUARTER > READ_EVERY + SPREAD


async def test_of_many_that_come_at_once_a_few_are_asked_about_and_each_as_it_comes_near(house: CalendarHouse) -> None:
    await house.adds("loft", "airbnb")
    for number in range(12, 0, -1):
        house.book("loft", f"A{number}", 4 * number, 4 * number + 2, code=f"HMTEST00{number:02}")
    await house.goes_on()
    assert len(await house.standing()) == 12
    asked = await house.posts("contact_missing")
    assert len(asked) == MOST_ASKED
    assert {post["starts_at"][:10] for post in asked} == {house.day(4 * number) for number in range(1, 6)}
    house.book("loft", "A99", 60, 62, code="HMTEST0099")
    await house.goes_on()
    assert len(await house.posts("contact_missing")) == MOST_ASKED + 1, "one that is new is asked about"
    house.move(days=22.5)
    await house.goes_on(2)
    assert house.day(2) in {post["starts_at"][:10] for post in await house.posts("contact_missing")}, (
        "the sixth, by now"
    )


async def test_whoever_comes_soon_is_asked_about_however_many_they_are(house: CalendarHouse) -> None:
    for number in range(8):
        await house.adds(f"flat{number}", "airbnb", unit=f"Flat {number}")
        house.book(f"flat{number}", "A1", 1, 3, code=f"HMTEST10{number:02}")
    await house.goes_on()
    assert len(await house.posts("contact_missing")) == 8
