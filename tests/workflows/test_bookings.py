"""Bookings become stays, on real rows of both kinds of database: in whatever order they come, and however often."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations

import pytest

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.approvals.limits import Limits
from bot.domain.approvals.policy import Rule
from bot.domain.locks.presence import Presence
from bot.domain.messages.notice import Notice
from bot.domain.pins import Phone
from bot.domain.sources.booking_sources import BookingSource, Credentials
from bot.domain.sources.bookings import BookedListing, Booking, BookingState, KeptBooking, Unmet
from bot.domain.sources.source_stays import SourceKey, SourceStay
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Ports, Rejected, Subject, Unavailable
from bot.processes.worker import process
from bot.workflows.decide_request import decide_request
from bot.workflows.erase import erase_guest, erase_old
from bot.workflows.set_up_bookings import map_listing, remove_source, set_up_source
from bot.workflows.take_stay.from_bookings import REFUSED_AGAIN, SAID_AFTER, process_booking, receive_bookings
from bot.workflows.withdraw import withdraw
from tests.benchmarks.ports import installation
from tests.workflows.test_changing import hour
from tests.workflows.test_taking_stays import ONE, _approvers

STANDS, GONE, ASK = BookingState.STANDS, BookingState.GONE, BookingState.ASK
T = timedelta(minutes=1)


class Flats:
    """The bot with a booking system, "flats", whose listing "flat-0" is Door 0. Its clock stands until it is moved."""

    def __init__(self, ports: Ports, source: BookingSource) -> None:
        self.now = ports.clock.now().replace(minute=20)
        self.ports = replace(ports, clock=Clock(lambda: self.now, lambda: self.now))
        self.source = source

    def booking(self, at: float | None = 0, **more: object) -> Booking:
        """Said `at` minutes after the first."""
        changed_at = None if at is None else self.now + at * T
        said = Booking(
            "4711",
            STANDS,
            (BookedListing("flat-0", "Casa Azul"),),
            hour(self.ports, 72),
            hour(self.ports, 112),
            "Cleo Sample",
            ("+33 6 39 98 12 34",),
            changed_at=changed_at,
        )
        return replace(said, **more)  # type: ignore[arg-type]

    async def receive(self, *said: Booking) -> None:
        await receive_bookings(self.ports, self.source, said)

    async def run_due(self) -> int:
        """As a worker does with all that is due."""
        async with self.ports.store() as uow:
            due = [row for subject, row in await uow.due(self.now, 100) if subject is Subject.BOOKING]
        for row in due:
            await process_booking(self.ports, row)
        return len(due)

    async def take(self, *said: Booking) -> None:
        for one in said:
            await self.receive(one)
            await self.run_due()

    async def kept(self, external_id: str = "4711") -> KeptBooking:
        async with self.ports.store() as uow:
            found = await uow.bookings.by_id_there(self.source.id, external_id)
        assert found is not None
        return found

    async def stay(self, external_id: str = "4711") -> SourceStay | None:
        async with self.ports.store() as uow:
            return await uow.source_stays.by_key(SourceKey("flats", external_id))

    async def requests(self) -> list[AccessRequest]:
        async with self.ports.store() as uow:
            return sorted(await uow.requests.of_requester("source:flats", 200), key=lambda each: each.id)

    async def only(self) -> AccessRequest:
        (request,) = await self.requests()
        return request

    async def notices(self, kind: NoticeKind = NoticeKind.BOOKING_WAITS) -> list[Notice]:
        async with self.ports.store() as uow:
            found = await uow.messages.said_to("C_APPROVALS", self.now - timedelta(days=400))
        return [notice(kind, one.facts) for one in found if one.phrase == kind.value]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Flats]:
    async with installation(database_url) as (made, _queue, _texter):
        ports = replace(made, rules=ONE, approvers=_approvers, policy=replace(made.policy, quiet=None))
        await set_up_source(ports, "flats", "hospitable", Credentials(("secret",)))
        async with ports.store() as uow:
            (source,) = await uow.booking_sources.all()
            locks = await uow.locks.all()
        for number, lock in enumerate(locks):
            await map_listing(ports, source, f"flat-{number}", (lock.id,))
        yield Flats(ports, source)


async def test_a_booking_is_asked_for_and_the_same_twice_is_one(house: Flats) -> None:
    said = house.booking(note="Airbnb", email="cleo@example.org")
    await house.receive(said, said)
    await house.take(said)
    request = await house.only()
    assert (request.status, request.requester, request.note) == (RequestStatus.PENDING, "source:flats", "Airbnb")
    assert (request.guest_name, request.wanted.starts_at) == ("Cleo Sample", hour(house.ports, 72))
    stay, kept = await house.stay(), await house.kept()
    assert stay is not None
    assert stay.said.email == "cleo@example.org"
    assert (kept.words, kept.due_at, kept.unmet) == (None, None, None)
    assert await house.run_due() == 0


async def test_at_once_from_everywhere_it_is_one(house: Flats) -> None:
    said = [house.booking(at) for at in (0, 1, 1, 2)]
    await asyncio.gather(*(house.receive(one) for one in said))
    row = (await house.kept()).id
    await asyncio.gather(*(process(house.ports, Subject.BOOKING, row) for _ in range(4)))
    house.now += timedelta(minutes=2)
    await house.run_due()
    assert (await house.kept()).words is None
    assert (await house.only()).status is RequestStatus.PENDING


def story(house: Flats, name: str) -> list[Booking]:
    """Created, another guest, another time, cancelled: each a minute after the one before."""
    return [
        house.booking(0, external_id=name),
        house.booking(1, external_id=name, guest_name="Cleo Example"),
        house.booking(2, external_id=name, guest_name="Cleo Example", ends_at=hour(house.ports, 100)),
        house.booking(3, external_id=name, state=GONE),
    ]


@pytest.mark.parametrize("news", [3, 4], ids=["it stands", "it is cancelled"])
async def test_in_whatever_order_the_newest_word_counts(house: Flats, news: int) -> None:
    """Every order, each word twice, and the worker now and then: the same stay as in the order they were said in."""
    for number, order in enumerate(permutations(range(news))):
        said = story(house, f"B{number}")
        for place, each in enumerate((*order, *reversed(order))):
            await house.receive(said[each])
            if (number + place) % 2:
                await house.run_due()
        await house.run_due()
        stay = await house.stay(f"B{number}")
        if news == 4:
            assert stay is None or not stay.said.confirmed, order
            continue
        assert stay is not None
        async with house.ports.store() as uow:
            request = await uow.requests.get(stay.request_id or "")
        assert request is not None
        assert (request.guest_name, request.wanted.ends_at) == ("Cleo Example", hour(house.ports, 100)), order
        assert stay.said.confirmed
        await house.take(
            house.booking(9, external_id=f"B{number}", state=GONE)
        )  # its place at the door is the next one's
    alive = [one for one in await house.requests() if one.status is RequestStatus.PENDING]
    assert alive == []


MOVES = ("A", "B", "C", "D")


def moves(house: Flats, run: str) -> list[Booking]:
    """An appointment that moves twice, and gets another id each time; then it is cancelled."""
    return [
        house.booking(0, external_id=f"{run}-1"),
        house.booking(1, external_id=f"{run}-2", moved_from=f"{run}-1", ends_at=hour(house.ports, 100)),
        house.booking(2, external_id=f"{run}-3", moved_from=f"{run}-2", ends_at=hour(house.ports, 90)),
        house.booking(3, external_id=f"{run}-3", state=GONE),
    ]


@pytest.mark.parametrize("news", [2, 3, 4])
async def test_what_moves_to_another_id_is_one_stay_in_whatever_order(house: Flats, news: int) -> None:
    for number, order in enumerate(permutations(range(news))):
        said = moves(house, f"R{number}")
        for place, each in enumerate((*order, *order)):
            await house.receive(said[each])
            if (number + place) % 2:
                await house.run_due()
        await house.run_due()
        alive = [one for one in await house.requests() if one.status is RequestStatus.PENDING]
        if news == 4:
            assert alive == [], order
            continue
        assert [one.wanted.ends_at for one in alive] == [said[news - 1].ends_at], order
        await house.take(house.booking(9, external_id=f"R{number}-{news}", state=GONE))
        alive = [one for one in await house.requests() if one.status is RequestStatus.PENDING]
        assert alive == [], order


async def test_what_moves_in_order_stays_the_same_request(house: Flats) -> None:
    for said in moves(house, "X")[:3]:
        await house.take(said)
    request = await house.only()
    assert (request.amendments, request.wanted.ends_at) == (2, hour(house.ports, 90))
    await house.take(house.booking(7, external_id="X-1", state=GONE))  # what was moved from is not what stands
    assert (await house.only()).status is RequestStatus.PENDING


async def test_a_booking_that_falls_back_is_cancelled_and_one_that_never_stood_is_none(house: Flats) -> None:
    await house.take(house.booking(0, external_id="never", state=GONE))
    assert await house.stay("never") is None
    await house.take(house.booking(0), house.booking(1, state=GONE))
    stay = await house.stay()
    assert stay is not None
    assert not stay.said.confirmed
    assert (await house.only()).status is RequestStatus.WITHDRAWN
    await house.take(house.booking(0))
    assert len(await house.requests()) == 1
    await house.take(house.booking(2))
    assert [one.status for one in await house.requests()] == [RequestStatus.WITHDRAWN, RequestStatus.PENDING]


@pytest.mark.parametrize("years", [1, 10, 900])
async def test_a_date_that_is_to_come_makes_no_later_word_old(house: Flats, years: int) -> None:
    ahead = years * 365 * 24 * 60
    await house.take(house.booking(ahead))
    assert await house.stay() is not None
    await house.take(house.booking(1, state=GONE))
    stay = await house.stay()
    assert stay is not None
    assert not stay.said.confirmed


async def test_what_people_have_given_up_is_not_brought_back_by_the_same_words(house: Flats) -> None:
    await house.take(house.booking(0))
    await withdraw(house.ports, (await house.only()).id, "U_BEN")
    await house.take(house.booking(1), house.booking(2, note="late arrival"))
    assert (await house.only()).status is RequestStatus.WITHDRAWN


# --- doors ------------------------------------------------------------------------------------------------------------


async def test_a_listing_that_is_no_door_waits_and_its_bookings_are_taken_when_it_is_one(house: Flats) -> None:
    tower = (BookedListing("tower", "The Tower"),)
    await house.take(house.booking(0, listings=tower), house.booking(1, listings=tower, ends_at=hour(house.ports, 90)))
    await house.take(
        house.booking(
            0, listings=tower, external_id="other", starts_at=hour(house.ports, 200), ends_at=hour(house.ports, 210)
        )
    )
    assert await house.requests() == []
    assert (await house.kept()).unmet is Unmet.UNMAPPED
    (said,) = await house.notices()
    assert "The Tower" in said.heading
    assert "nightporter sources map flats tower DOOR" in " ".join(said.remarks)
    async with house.ports.store() as uow:
        locks = await uow.locks.all()
        assert await uow.bookings.how_many_wait() == {house.source.id: 2}
    await map_listing(house.ports, house.source, "tower", (locks[2].id, locks[3].id))
    assert await house.run_due() == 2
    first, second = await house.requests()
    assert first.lock_ids == second.lock_ids == (locks[2].id, locks[3].id)
    assert first.wanted.ends_at == hour(house.ports, 90)
    assert (await house.kept()).words is None


async def test_somebody_who_arrives_soon_where_no_door_is_said_is_told_of_as_one_without_a_number(
    house: Flats,
) -> None:
    tower = (BookedListing("tower", "The Tower"),)
    await house.take(house.booking(0, listings=tower))
    begins, seen = hour(house.ports, 72), 1
    for before, more in ((49, 0), (48, 1), (47, 0), (24, 1), (0, 1)):
        house.now = begins - timedelta(hours=before)
        await house.run_due()
        seen += more
        assert len(await house.notices()) == seen, before
    assert "begins soon: The Tower" in (await house.notices())[0].heading
    assert (await house.kept()).due_at is None
    await house.take(house.booking(1, listings=tower, external_id="late", starts_at=begins + timedelta(hours=2)))
    assert len(await house.notices()) == seen + 1


async def test_one_that_is_gone_before_its_listing_is_a_door_is_no_stay(house: Flats) -> None:
    tower = (BookedListing("tower"),)
    await house.take(house.booking(0, listings=tower), house.booking(1, state=GONE, listings=()))
    await map_listing(house.ports, house.source, "tower", ("nowhere",))
    assert await house.run_due() == 0
    assert await house.requests() == []


async def test_of_several_listings_those_that_are_doors_are_its_doors(house: Flats) -> None:
    said = (
        BookedListing("flat-1"),
        BookedListing("flat-0"),
        BookedListing("whole house", "The House"),
        BookedListing("flat-1"),
    )
    await house.take(house.booking(0, listings=said))
    async with house.ports.store() as uow:
        names = {lock.id: lock.name for lock in await uow.locks.all()}
    assert [names[each] for each in (await house.only()).lock_ids] == ["Door 1", "Door 0"]
    (news,) = await house.notices()
    assert "The House" in news.heading


async def test_what_does_not_say_what_was_booked_waits_for_a_door_too(house: Flats) -> None:
    await house.take(house.booking(0, listings=()), house.booking(0, listings=(), external_id="other"))
    assert (await house.kept()).unmet is Unmet.UNMAPPED
    (said,) = await house.notices()
    assert "sources map flats - DOOR" in " ".join(said.remarks)
    async with house.ports.store() as uow:
        lock = (await uow.locks.all())[1]
    await map_listing(house.ports, house.source, "-", (lock.id,))
    assert await house.run_due() == 2
    assert {one.lock_ids for one in await house.requests()} == {(lock.id,)}


async def test_a_listing_that_becomes_another_door_is_that_from_the_next_word_on(house: Flats) -> None:
    await house.take(house.booking(0))
    async with house.ports.store() as uow:
        locks = await uow.locks.all()
    await map_listing(house.ports, house.source, "flat-0", (locks[3].id,))
    await house.run_due()
    assert (await house.only()).lock_ids == (locks[0].id,)
    await house.take(house.booking(1, guest_name="Cleo Example"))
    assert (await house.only()).lock_ids == (locks[3].id,)


# --- whom to text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phones", [(), ("",), ("call me",), ("1234",), ("+33 1",), ("+999 999 999", "n/a")])
async def test_a_number_that_is_none_is_asked_for(house: Flats, phones: tuple[str, ...]) -> None:
    await house.take(house.booking(0, phones=phones))
    assert await house.requests() == []
    stay = await house.stay()
    assert stay is not None
    assert stay.waits_for_contact
    assert len(await house.notices(NoticeKind.CONTACT_MISSING)) == 1
    await house.take(house.booking(1, phones=(*phones, "0033 6 39 98 12 34")))
    request = await house.only()
    async with house.ports.store() as uow:
        guest = await uow.guests.of_stay(request.id)
    assert guest is not None
    assert guest.phone == Phone("+33639981234")


async def test_nobody_named_is_a_guest(house: Flats) -> None:
    await house.take(house.booking(0, guest_name=""))
    assert (await house.only()).guest_name == "Guest"


# --- what cannot be ---------------------------------------------------------------------------------------------------


async def test_what_is_over_is_nobodys_business(house: Flats) -> None:
    past = house.now.date() - timedelta(days=9)
    for number, (starts_at, ends_at) in enumerate(
        [
            (hour(house.ports, -90), hour(house.ports, -50)),
            (hour(house.ports, -3), hour(house.ports, -1)),
            (past, past + timedelta(days=2)),
            (datetime.combine(past, datetime.min.time()), datetime.combine(past, datetime.max.time())),
        ]
    ):
        await house.take(house.booking(0, external_id=f"{number}", starts_at=starts_at, ends_at=ends_at))
        assert (await house.kept(f"{number}")).words is None
    assert (await house.requests(), await house.notices()) == ([], [])


async def test_a_guest_who_has_left_early_has_no_stay_any_more_and_one_who_stayed_to_the_end_had(house: Flats) -> None:
    for name in ("early", "late"):
        await house.take(house.booking(0, external_id=name))
    house.now = hour(house.ports, 90)
    left = house.now - timedelta(hours=3)
    await house.take(house.booking(0, external_id="early", ends_at=left, changed_at=house.now))
    stay = await house.stay("early")
    assert stay is not None
    assert not stay.said.confirmed
    house.now = hour(house.ports, 60)
    late = await house.stay("late")
    assert late is not None
    await house.take(house.booking(0, external_id="late", starts_at=late.said.starts_at, ends_at=late.said.ends_at))
    after = await house.stay("late")
    assert after is not None
    assert after.said.confirmed


async def test_days_alone_take_the_doors_hours(house: Flats) -> None:
    day = date(2030, 12, 4)
    await house.take(house.booking(0, starts_at=day, ends_at=day + timedelta(days=2)))
    window = (await house.only()).wanted
    assert (window.starts_at.isoformat(), window.ends_at.isoformat()) == (
        "2030-12-04T14:00:00+00:00",
        "2030-12-06T10:00:00+00:00",
    )


async def test_a_rules_no_is_told_once_and_tried_again_until_it_is_a_yes(house: Flats) -> None:
    async with house.ports.store() as uow:
        lock = (await uow.locks.all())[0]
        await uow.locks.mark(lock.id, Presence(gone_at=house.now))
    await house.take(house.booking(0))
    kept = await house.kept()
    assert (kept.unmet, kept.due_at) == (Unmet.REFUSED, house.now + REFUSED_AGAIN)
    (news,) = await house.notices()
    assert "A booking from flats cannot become a stay" in news.heading
    assert "is gone from its provider" in " ".join(news.remarks)
    assert "Cleo" not in str(news)
    await house.take(house.booking(0.5), house.booking(0.7))  # the same words once more
    house.now += REFUSED_AGAIN
    await house.run_due()
    assert len(await house.notices()) == 1
    async with house.ports.store() as uow:
        await uow.locks.mark(lock.id, Presence())
    house.now += REFUSED_AGAIN
    assert await house.run_due() == 1
    assert (await house.kept()).words is None
    assert (await house.only()).status is RequestStatus.PENDING


async def test_where_the_hour_is_full_a_person_is_asked_about_the_one_before(house: Flats) -> None:
    """Whatever the rules approve by themselves."""
    rule = Rule(("U_BEN",), requesters=("source:flats",), automatic=True, name="flats")
    house.ports = replace(house.ports, rules=replace(house.ports.rules, rules=(rule,)))
    phones = [f"+336399812{number:02}" for number in range(5)]
    for number, phone in enumerate(phones):
        await house.take(house.booking(0, external_id=f"{number}", phones=(phone,)))
    *usual, fourth, fifth = await house.requests()
    assert [one.status for one in usual] == [RequestStatus.APPROVED] * 3
    booked = AccessWindow(hour(house.ports, 72), hour(house.ports, 112))
    for one in (fourth, fifth):
        assert (one.status, one.booked) == (RequestStatus.PENDING, booked)
        assert one.granted == AccessWindow(hour(house.ports, 71), hour(house.ports, 112))
    assert await house.notices() == []
    await decide_request(house.ports, fourth.id, "U_BEN", approved=True)
    await house.take(house.booking(3, external_id="0", phones=phones[:1], starts_at=hour(house.ports, 60)))
    assert (await house.requests())[0].granted.starts_at == hour(house.ports, 60), "what is free needs nobody"
    await house.take(house.booking(3, external_id="4", phones=phones[4:], note="late"))
    assert (await house.requests())[-1].booked == booked, "nothing else was said of the time"


async def test_another_word_that_is_refused_for_another_reason_is_told_again(house: Flats) -> None:
    await house.take(house.booking(0, starts_at=hour(house.ports, 90), ends_at=hour(house.ports, 80)))
    async with house.ports.store() as uow:
        lock = (await uow.locks.all())[0]
        await uow.locks.mark(lock.id, Presence(gone_at=house.now))
    await house.take(house.booking(1))
    assert len({one.remarks for one in await house.notices()}) == 2


async def test_a_change_that_a_rule_refuses_leaves_the_stay_as_it_was(house: Flats) -> None:
    await house.take(house.booking(0))
    await decide_request(house.ports, (await house.only()).id, "U_BEN", approved=True)
    await house.take(house.booking(1, ends_at=hour(house.ports, 60)))
    (said,) = await house.notices()
    assert said.heading == "What flats says of a stay cannot be done"
    assert (await house.only()).granted.ends_at == hour(house.ports, 112)
    await house.take(house.booking(2, ends_at=hour(house.ports, 100)))
    assert (await house.kept()).unmet is None


async def test_too_many_at_once_come_later_and_nobody_is_bothered(house: Flats) -> None:
    few = replace(house.ports.rules, limits=Limits(asks_of_a_source_an_hour=2))
    house.ports = replace(house.ports, rules=few)
    for number in range(4):
        starts = hour(house.ports, 72 + 50 * number)
        await house.take(
            house.booking(0, external_id=f"{number}", starts_at=starts, ends_at=starts + timedelta(hours=9))
        )
    assert 0 < len(await house.requests()) < 4
    for _ in range(9):
        house.now += timedelta(minutes=31)
        await house.run_due()
    assert len(await house.requests()) == 4
    assert await house.notices() == []


# --- asking back ------------------------------------------------------------------------------------------------------


class Answers:
    """A system that is asked: what it says next, or how it fails."""

    def __init__(self, house: Flats, *said: object) -> None:
        self.said, self.asked = list(said), 0
        house.ports = replace(house.ports, ask_booking=self)

    async def __call__(self, source: BookingSource, news: Booking) -> Booking | None:
        self.asked += 1
        answer = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


async def test_one_that_is_only_named_is_asked_for(house: Flats) -> None:
    Answers(house, house.booking(None))
    await house.take(house.booking(0, state=ASK, listings=(), starts_at=None, ends_at=None))
    assert (await house.only()).guest_name == "Cleo Sample"
    Answers(house, house.booking(None, state=GONE))
    await house.take(house.booking(1, state=ASK))
    assert (await house.only()).status is RequestStatus.WITHDRAWN
    Answers(house, None)
    await house.take(house.booking(2, state=ASK))
    assert (await house.kept()).words is None


async def test_a_system_that_does_not_answer_is_asked_until_it_does(house: Flats) -> None:
    away = Answers(house, Unavailable("flats did not answer in time"))
    await house.receive(house.booking(0, state=ASK))
    pauses = []
    for _ in range(6):
        await house.run_due()
        kept = await house.kept()
        assert kept.unmet is Unmet.UNREAD
        assert kept.due_at is not None
        pauses.append((kept.due_at - house.now) / T)
        house.now = kept.due_at
    assert pauses == [1, 5, 15, 60, 60, 60]
    assert (away.asked, await house.requests()) == (6, [])
    (news,) = await house.notices()
    assert "does not say what became of a booking" in news.heading
    assert away.asked > SAID_AFTER
    Answers(house, house.booking(None))
    await house.run_due()
    assert len(await house.requests()) == 1


async def test_what_is_no_door_yet_is_asked_for_anew_when_it_is_one(house: Flats) -> None:
    tower = (BookedListing("tower"),)
    Answers(house, house.booking(None, listings=tower))
    await house.take(house.booking(0, state=ASK))
    assert await house.requests() == []
    assert (await house.kept()).over_at > house.now
    async with house.ports.store() as uow:
        lock = (await uow.locks.all())[1]
    await map_listing(house.ports, house.source, "tower", (lock.id,))
    Answers(house, house.booking(None, listings=tower, guest_name="Cleo Example"))
    await house.run_due()
    assert (await house.only()).guest_name == "Cleo Example"


async def test_news_that_come_while_it_is_asked_are_asked_for_again(house: Flats) -> None:
    class Slow(Answers):
        async def __call__(self, source: BookingSource, news: Booking) -> Booking | None:
            if not self.asked:
                await house.receive(house.booking(5, state=ASK))
            return await super().__call__(source, news)

    answers = Slow(house, house.booking(None), house.booking(None, state=GONE))
    await house.take(house.booking(0, state=ASK))
    assert await house.run_due() == 1
    assert answers.asked == 2
    assert (await house.only()).status is RequestStatus.WITHDRAWN


async def test_a_worker_that_is_slow_does_not_say_last_what_was_said_before(house: Flats) -> None:
    """One asks, and waits for its answer; meanwhile there is news. Nobody else takes it before the first is done."""
    asked, go = asyncio.Event(), asyncio.Event()

    class Slow(Answers):
        async def __call__(self, source: BookingSource, news: Booking) -> Booking | None:
            self.asked += 1
            if self.asked > 1:
                return house.booking(None, guest_name="Cleo Example")
            asked.set()
            await go.wait()
            return house.booking(None)

    answers = Slow(house, None)
    await house.receive(house.booking(0, state=ASK))
    row = (await house.kept()).id
    first = asyncio.create_task(process_booking(house.ports, row))
    await asked.wait()
    await house.receive(house.booking(1, state=ASK))
    await house.run_due()
    assert (answers.asked, await house.requests()) == (1, [])
    go.set()
    await first
    assert await house.run_due() == 1
    assert (answers.asked, (await house.only()).guest_name) == (2, "Cleo Example")


async def test_what_a_worker_that_died_had_in_hand_is_taken_up(house: Flats) -> None:
    await house.receive(house.booking(0))
    kept = await house.kept()
    async with house.ports.store() as uow:
        await uow.bookings.put(replace(kept, claimed_until=house.now + T))
    await house.run_due()
    assert await house.requests() == []
    house.now += 2 * T
    await house.run_due()
    assert len(await house.requests()) == 1


async def test_a_system_that_refuses_to_say_is_told_of_too(house: Flats) -> None:
    Answers(house, Rejected("flats refused (410)"))
    await house.receive(house.booking(0, state=ASK))
    for _ in range(SAID_AFTER):
        await house.run_due()
        house.now = (await house.kept()).due_at or house.now
    (news,) = await house.notices()
    assert "flats refused (410)" in " ".join(news.remarks)


# --- what is kept, and for how long -----------------------------------------------------------------------------------


async def test_what_waits_is_forgotten_with_its_guest_and_other_peoples_is_not(house: Flats) -> None:
    tower = (BookedListing("tower"),)
    await house.take(house.booking(0, listings=tower))
    await house.take(house.booking(0, listings=tower, external_id="other", phones=("+33 6 39 98 99 99",)))
    for known in (True, False):
        assert (await erase_guest(house.ports, Phone("+33639981234"), withdraw)).known is known
    assert (await house.kept()).words is None
    assert (await house.kept("other")).words is not None


async def test_what_is_over_for_so_long_is_forgotten_and_what_waits_for_its_time_is_not(house: Flats) -> None:
    tower = (BookedListing("tower"),)
    far = {"starts_at": hour(house.ports, 24 * 200), "ends_at": hour(house.ports, 24 * 202)}
    await house.take(house.booking(0, listings=tower), house.booking(0, listings=tower, external_id="far", **far))
    house.now += timedelta(days=120)
    await erase_old(house.ports, timedelta(days=90))
    async with house.ports.store() as uow:
        assert await uow.bookings.by_id_there(house.source.id, "4711") is None
    assert (await house.kept("far")).words is not None


async def test_a_move_whose_first_id_was_forgotten_goes_on(house: Flats) -> None:
    for said in moves(house, "X")[:2]:
        await house.take(said)
    async with house.ports.store() as uow:
        alias = await uow.bookings.by_id_there(house.source.id, "X-2")
        assert alias is not None
        await uow.bookings.put(replace(alias, root_id="01GONE"))
    await house.take(
        house.booking(5, external_id="X-2", starts_at=hour(house.ports, 300), ends_at=hour(house.ports, 310))
    )
    assert (await house.kept("X-2")).root_id is None


async def test_a_source_that_is_removed_leaves_its_stays(house: Flats) -> None:
    await house.take(house.booking(0), house.booking(0, external_id="waits", listings=(BookedListing("tower"),)))
    row = (await house.kept("waits")).id
    await remove_source(house.ports, house.source)
    await process_booking(house.ports, row)
    async with house.ports.store() as uow:
        assert list(await uow.booking_sources.all()) == []
        assert await uow.bookings.get(row) is None
    assert (await house.only()).status is RequestStatus.PENDING


async def test_other_credentials_leave_the_doors(house: Flats) -> None:
    assert not await set_up_source(house.ports, "flats", "hospitable", Credentials(("another",)))
    async with house.ports.store() as uow:
        (source,) = await uow.booking_sources.all()
        assert len(await uow.listings.of(source.id)) == 4
    assert source.credentials.secrets == ("another",)
