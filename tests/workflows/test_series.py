"""A wish that repeats on real rows of both kinds of database: visits come one by one, whoever sweeps and however often;
what was to come is given up, erased, refused by the door or slept through, and nothing comes twice or late."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.answers.stay_answers import withdraw_question
from bot.conversation.team.notices import Notice, NoticeKind, notice
from bot.domain.approvals.policy import Rule, Rules
from bot.domain.pins import Phone
from bot.domain.planning.visits import Visits
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.series import Series
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import AlertKind, Ending
from bot.ports import Clock, Ports
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_request import Chosen, amend_request, decide_request
from bot.workflows.erase import erase_guest, erase_old
from bot.workflows.find_stay import find_stay
from bot.workflows.list_stays import asked_by
from bot.workflows.process_series import process_series
from bot.workflows.review_request import review_request
from bot.workflows.take_alert import take_alert
from bot.workflows.withdraw import preview_withdrawal, withdraw, withdraw_series
from storage.engine import open_database
from tests.benchmarks.ports import installation
from tests.cases import every
from tests.workflows.test_alerts import Alarmed, FailingLocks

PHONE, OTHER = Phone("+33639981234"), Phone("+33639985678")
S = CodeStatus
PARIS = ZoneInfo("Europe/Paris")


@dataclass
class Repeating(Alarmed):
    """Maria's visits, 9:00 to 13:00 at the door."""

    series_id: str = ""

    async def asks(self, *, days: int = 6, every: int = 1, phone: Phone = PHONE) -> str:
        """The first is the day after tomorrow."""
        async with self.ports.store() as uow:
            lock = (await uow.locks.all())[0]
        first = self.moment[0].astimezone(lock.zoneinfo).date() + timedelta(days=2)
        visits = Visits(tuple(first + timedelta(days=n * every) for n in range(days)), time(9), time(13))
        window = visits.window(0, lock.zoneinfo)
        wanted = PinRequest("U_ADA", (lock.id,), "Maria", phone, window, self.ports.new_id(), visits=visits)
        self.series_id = (await ask_for_pin(self.ports, wanted)).request_id
        return self.series_id

    async def approved(self, *, days: int = 6, every: int = 1, phone: Phone = PHONE) -> str:
        await decide_request(self.ports, await self.asks(days=days, every=every, phone=phone), "U_BEN", approved=True)
        await self.swept()
        return self.series_id

    async def visits(self) -> list[AccessRequest]:
        async with self.ports.store() as uow:
            found = await uow.requests.get_many(await uow.series.stays_of(self.series_id))
        return sorted(found.values(), key=lambda request: request.visit)

    async def series(self) -> Series:
        async with self.ports.store() as uow:
            found = await uow.series.get(self.series_id)
        assert found is not None
        return found

    async def codes(self) -> list[AccessCode]:
        """In the order of the visits."""
        visits = await self.visits()
        async with self.ports.store() as uow:
            codes = await uow.codes.of_requests([visit.id for visit in visits])
        return [code for each in visits for code in codes.get(each.id, ())]

    async def question(self) -> Notice:
        """Whoever wants to withdraw the first visit is asked first."""
        of = await preview_withdrawal(self.ports, self.series_id, "U_ADA")
        return withdraw_question(of.request, of.guest, of.locks, of.standing, of.left, of.as_shown, of.series)

    async def said(self, kind: NoticeKind) -> list[str]:
        found = [m for m in await self.messages() if m.phrase == kind.value and m.recipient == "U_ADA"]
        return ["\n".join(notice(kind, m.facts).remarks) for m in found]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Repeating]:
    async with installation(database_url) as (made, _queue, _texter):
        moment, doors = [datetime(2027, 3, 22, 10, tzinfo=made.clock.now().tzinfo)], FailingLocks()
        clock, database = Clock(lambda: moment[0], lambda: moment[0]), open_database(database_url)
        ports = replace(made, locks=doors, clock=clock, policy=replace(made.policy, quiet=None))
        yield Repeating(ports, doors, moment, database)
        await database.engine.dispose()


async def test_one_decision_and_a_stay_for_each_visit_in_time_and_once(house: Repeating) -> None:
    await house.asks()
    await house.swept()
    assert [visit.status for visit in await house.visits()] == [RequestStatus.PENDING]
    with pytest.raises(Refusal) as refused:
        window = replace((await house.visits())[0].granted)
        await amend_request(house.ports, house.series_id, "U_BEN", Chosen(window, house.ports.new_id()))
    assert refused.value.reason is Reason.ONE_OF_SERIES
    await decide_request(house.ports, house.series_id, "U_BEN", approved=True)
    # Whoever sweeps, and however many at once.
    await asyncio.gather(*(process_series(house.ports, house.series_id) for _ in range(4)))
    assert [visit.visit for visit in await house.visits()] == [1, 2]
    for day in range(9):
        await house.swept()
        now = house.moment[0]
        visits, codes = await house.visits(), await house.codes()
        assert len(codes) == len(visits)
        assert all(visit.decision == visits[0].decision for visit in visits)
        # Its PIN is made a day before, and not sooner; and the next visit is always there to be seen.
        made = [code.has_pin for code in codes]
        assert made == [code.window.starts_at - timedelta(days=1) <= now for code in codes], f"day {day}"
        assert any(now < visit.granted.starts_at for visit in visits) or len(visits) == 6
        house.move(days=1)
    assert len(await house.visits()) == 6
    assert not (await house.series()).goes_on
    assert all(code.has_pin for code in await house.codes())
    texts = [m for m in await house.messages() if m.phrase == "pin"]
    assert [(m.facts["link"], m.facts["links"]) for m in texts] == [(str(n), "6") for n in range(1, 7)]


async def test_what_was_approved_in_an_emergency_is_reviewed_for_all_visits_at_once(house: Repeating) -> None:
    house.ports = replace(house.ports, rules=Rules(Rule(("U_BEN",), break_glass=("U_ADA",))))
    await house.asks()
    await decide_request(house.ports, house.series_id, "U_ADA", approved=True, emergency=True)
    house.move(days=1)
    await house.swept()
    assert [visit.review for visit in await house.visits()] == [None] * 3
    await review_request(house.ports, house.series_id, "U_BEN")
    house.move(days=1)
    await house.swept()
    assert [visit.review and visit.review.by for visit in await house.visits()] == ["U_BEN"] * 4
    with pytest.raises(Refusal) as refused:
        await review_request(house.ports, (await house.visits())[1].id, "U_BEN")
    assert refused.value.reason is Reason.NOTHING_TO_REVIEW


async def test_no_rule_says_yes_by_itself_to_what_is_for_months(house: Repeating) -> None:
    rules = Rules(Rule(("U_BEN",)), (Rule(("U_BEN",), automatic=True, max_hours=8),))
    house.ports = replace(house.ports, rules=rules)
    await house.asks()
    assert [visit.status for visit in await house.visits()] == [RequestStatus.PENDING]
    with pytest.raises(Refusal) as refused:
        await decide_request(house.ports, house.series_id, "U_ADA", approved=True)
    assert refused.value.reason is Reason.OWN_REQUEST
    house.move(days=3)
    await house.swept()
    # Nobody decided before the first: none of them comes.
    assert [visit.status for visit in await house.visits()] == [RequestStatus.LAPSED]
    house.move(days=3)
    await house.swept()
    assert len(await house.visits()) == 1


async def test_what_breaks_off_between_two_lines_leaves_nothing_half_done(house: Repeating) -> None:
    await house.asks()
    await decide_request(house.ports, house.series_id, "U_BEN", approved=True)
    for lines in range(2):
        with pytest.raises(ZeroDivisionError):
            await process_series(replace(house.ports, id_at=_breaking(house.ports, lines)), house.series_id)
        assert len(await house.visits()) == len(await house.codes()) == 1
        assert (await house.series()).done == 1
    await house.swept()
    assert len(await house.visits()) == len(await house.codes()) == 2


def _breaking(ports: Ports, after: int) -> Callable[[datetime], str]:
    left = [after]

    def id_at(now: datetime) -> str:
        left[0] -= 1
        assert left[0] >= -1
        return ports.id_at(now) if left[0] >= 0 else str(1 / 0)

    return id_at


async def test_visits_that_were_slept_through_are_told_and_not_made_late(house: Repeating) -> None:
    await house.approved(days=9)
    before = len(await house.visits())
    # From the evening before the first visit into the fifth.
    house.moment[0] = house.moment[0].replace(hour=9) + timedelta(days=6, minutes=30)
    await house.swept()
    visits = await house.visits()
    assert [visit.visit for visit in visits][:before] == list(range(1, before + 1))
    made = [visit.visit for visit in visits if visit.visit > before]
    assert made[0] == 5
    (said,) = await house.said(NoticeKind.VISITS_MISSED)
    assert len(said.split("\n")) == 4 - before + 1
    # The fifth goes on: whoever stands there gets a PIN for the rest.
    running = next(code for code in await house.codes() if code.window.contains(house.moment[0]))
    assert running.has_pin
    await house.swept()
    assert len(await house.said(NoticeKind.VISITS_MISSED)) == 1


async def filled(house: Repeating, number: int) -> list[str]:
    """The door has no place left for this visit, counted from 0."""
    async with house.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    window, others = (await house.series()).visits.window(number, lock.zoneinfo), []
    for each in range(3):
        phone = Phone(f"+3363998567{each}")
        wanted = PinRequest("U_ADA", (lock.id,), "Other", phone, window, house.ports.new_id())
        others.append((await ask_for_pin(house.ports, wanted)).request_id)
        await decide_request(house.ports, others[-1], "U_BEN", approved=True)
    return others


async def test_a_door_that_takes_none_is_told_of_once_and_asked_until_it_does(house: Repeating) -> None:
    await house.approved(days=3, every=7)
    others = await filled(house, 1)
    for _ in range(4):
        house.move(days=1)
        await house.swept()
    assert [visit.visit for visit in await house.visits()] == [1]
    (said,) = await house.said(NoticeKind.VISIT_REFUSED)
    assert "tried again every hour" in said
    await withdraw(house.ports, others[0], "U_ADA")
    house.move(hours=1)
    await house.swept()
    assert [visit.visit for visit in await house.visits()] == [1, 2]
    assert await house.said(NoticeKind.VISITS_MISSED) == []


async def test_where_there_is_no_place_when_the_pin_is_due_somebody_has_to_act(house: Repeating) -> None:
    await house.approved(days=3, every=7)
    await filled(house, 1)
    house.moment[0] = (await house.series()).visits.window(1, PARIS).starts_at - timedelta(hours=30)
    await house.swept()
    house.move(hours=6)
    await house.swept()
    assert len(await house.said(NoticeKind.VISIT_REFUSED)) == 2
    assert await house.called(AlertKind.VISIT) == [(0.0, "C_APPROVALS"), (0.0, "U_ADA")]
    house.move(minutes=20)
    await house.swept()
    assert (20.0, "U_BEN") in await house.called(AlertKind.VISIT)
    await take_alert(house.ports, (await house.alert(AlertKind.VISIT)).id, "U_BEN")
    house.move(hours=40)
    await house.swept()
    assert (await house.alert(AlertKind.VISIT)).outcome is Ending.OVER
    assert len(await house.said(NoticeKind.VISITS_MISSED)) == 1
    assert [visit.visit for visit in await house.visits()] == [1, 3]


async def test_one_visit_is_given_up_and_the_next_comes_at_once(house: Repeating) -> None:
    await house.approved(every=7)
    for _ in range(2):
        await withdraw(house.ports, (await house.visits())[-1].id, "U_ADA")
        await house.swept()
    assert [visit.visit for visit in await house.visits()] == [1, 2, 3]
    assert [code.status for code in await house.codes()] == [S.RELEASED, S.RELEASED, S.RESERVED]
    assert (await find_stay(house.ports, "Maria", "U_ADA")).request.visit == 3
    assert [one.request.visit for one in await asked_by(house.ports, "U_ADA")] == [3]


async def test_all_visits_are_given_up_and_nothing_comes_any_more(house: Repeating) -> None:
    await house.approved()
    house.move(hours=24)
    await house.swept()
    shown = await preview_withdrawal(house.ports, (await house.visits())[1].id, "U_ADA")
    assert shown.series is not None
    with pytest.raises(Refusal) as refused:
        await withdraw_series(house.ports, house.series_id, "U_MALLORY")
    assert refused.value.reason is Reason.NOT_YOURS
    results = await asyncio.gather(
        withdraw_series(house.ports, house.series_id, "U_ADA"),
        process_series(house.ports, house.series_id),
        withdraw_series(house.ports, (await house.visits())[1].id, "U_BEN"),
        return_exceptions=True,
    )
    assert [one.reason for one in results if isinstance(one, Refusal)] == [Reason.NOTHING_TO_WITHDRAW]
    visits = len(await house.visits())
    for _ in range(8):
        house.move(days=1)
        await house.swept()
    assert len(await house.visits()) == visits
    assert {code.status for code in await house.codes()} <= {S.RELEASED, S.ENDED}
    phrases = [m.phrase for m in await house.messages() if m.medium.value == "sms"]
    assert sorted(phrases) == ["cancelled", "cancelled_visits", "pin"]
    with pytest.raises(Refusal):
        await withdraw_series(house.ports, house.series_id, "U_ADA")


async def test_one_visit_goes_to_another_time_and_not_to_another_door(house: Repeating) -> None:
    await house.approved(every=7)
    first = (await house.visits())[0]
    async with house.ports.store() as uow:
        other = (await uow.locks.all())[1].id
    chosen = NewTime(first.granted, house.ports.new_id(), lock_ids=(other,))
    with pytest.raises(Refusal) as refused:
        await change_stay(house.ports, first.id, "U_BEN", chosen)
    assert refused.value.reason is Reason.ONE_OF_SERIES
    earlier = replace(first.granted, starts_at=first.granted.starts_at + timedelta(hours=1))
    await change_stay(house.ports, first.id, "U_BEN", NewTime(earlier, house.ports.new_id()))
    house.move(days=3)
    await house.swept()
    zone = (await find_stay(house.ports, "Maria", "U_ADA")).lock.zoneinfo
    assert [visit.granted.starts_at.astimezone(zone).hour for visit in await house.visits()] == [10, 9]


async def test_another_number_is_that_of_all_visits_to_come(house: Repeating) -> None:
    await house.approved()
    assert len(await house.visits()) == 2
    corrected = Correction("Mara", OTHER, None, delivery=house.ports.new_id())
    await correct_guest(house.ports, house.series_id, "U_ADA", corrected)
    for _ in range(3):
        house.move(days=1)
        await house.swept()
    visits = await house.visits()
    assert len(visits) == 5
    assert {(visit.guest_name, visit.guest_id) for visit in visits} == {("Mara", visits[0].guest_id)}
    texts = [m for m in await house.messages() if m.phrase == "pin"]
    assert {m.recipient for m in texts} == {visits[0].guest_id}


async def test_another_number_is_also_that_of_what_comes_after_a_visit_that_was_given_up(house: Repeating) -> None:
    await house.approved(every=7)
    house.moment[0] = (await house.series()).visits.window(0, PARIS).starts_at + timedelta(minutes=30)
    await house.swept()
    first, second = await house.visits()
    await withdraw(house.ports, second.id, "U_ADA")
    # Before the clock makes the third.
    corrected = Correction("Mara", OTHER, None, delivery=house.ports.new_id())
    after = await correct_guest(house.ports, first.id, "U_ADA", corrected)
    await house.swept()
    third = (await house.visits())[2]
    assert (third.guest_name, third.guest_id) == ("Mara", after.id)
    await erase_guest(house.ports, OTHER, withdraw)
    assert (await house.series()).ended_by == "operator"


async def test_visits_are_told_apart_by_their_number_where_the_clock_went_back(house: Repeating) -> None:
    made = count(10**6, -1)
    house.ports = replace(house.ports, id_at=lambda _now: f"{next(made):026}")
    await house.approved()
    first, second = await house.visits()
    assert second.id < first.id
    corrected = Correction("Mara", OTHER, None, delivery=house.ports.new_id())
    await correct_guest(house.ports, first.id, "U_ADA", corrected)
    assert [visit.guest_name for visit in await house.visits()] == ["Mara", "Mara"]


async def test_where_the_visit_is_over_the_question_is_about_those_to_come(house: Repeating) -> None:
    await house.approved(days=3, every=7)
    asked = await house.question()
    assert "Only the visit of Wed 24 Mar 09:00 - 13:00" in asked.remarks[0]
    assert [button.label for button in asked.buttons] == ["This visit", "All visits"]
    await filled(house, 1)
    house.move(days=5)
    await house.swept()
    asked = await house.question()
    assert asked.remarks[0].startswith("Withdraw all visits of Maria at Door 0 that are to come?")
    assert "Wed 24 Mar 09:00 - 13:00, Paris time (UTC+1) is over" in asked.remarks[0]
    assert "No PIN exists" not in asked.remarks[0]
    assert [button.label for button in asked.buttons] == ["All visits"]


async def test_the_last_visits_are_withdrawn_at_once_when_no_other_is_to_become_a_stay(house: Repeating) -> None:
    await house.approved(days=3)
    house.move(days=1)
    await house.swept()
    assert (await house.series()).due_at is None
    asked = await house.question()
    assert [button.label for button in asked.buttons] == ["This visit", "All visits"]
    await withdraw(house.ports, (await house.visits())[1].id, "U_ADA")
    await withdraw(house.ports, (await house.visits())[2].id, "U_ADA")
    assert [button.label for button in (await house.question()).buttons] == ["Withdraw"]


@every("how", ["denied", "lapsed", "withdrawn"])
async def test_of_what_nobody_approved_nothing_is_to_come(house: Repeating, how: str) -> None:
    await house.asks()
    if how == "denied":
        await decide_request(house.ports, house.series_id, "U_BEN", approved=False)
    elif how == "withdrawn":
        await withdraw(house.ports, house.series_id, "U_ADA")
    else:
        house.move(days=3)
    await house.swept()
    for asked in (preview_withdrawal, withdraw, withdraw_series):
        with pytest.raises(Refusal) as refused:
            await asked(house.ports, house.series_id, "U_ADA")
        assert refused.value.reason is Reason.NOTHING_TO_WITHDRAW
    assert (await house.series()).ended_at is None
    assert [m for m in await house.messages() if m.medium.value == "sms"] == []


async def test_whoever_is_erased_gets_no_further_visit(house: Repeating) -> None:
    await house.approved(every=7)
    house.move(days=3)
    await house.swept()
    await erase_guest(house.ports, PHONE, withdraw)
    for _ in range(4):
        house.move(days=7)
        await house.swept()
    assert len(await house.visits()) == 2
    assert (await house.series()).ended_by == "operator"
    assert all(visit.erased_at for visit in await house.visits())


async def test_what_is_kept_for_a_day_goes_and_the_next_visit_knows_whom_it_is_for(house: Repeating) -> None:
    await house.approved(days=4, every=14)
    for _ in range(8):
        house.move(days=6)
        await house.swept()
        await erase_old(house.ports, timedelta(days=1))
    visits = await house.visits()
    assert [visit.visit for visit in visits] == [1, 2, 3, 4]
    assert all(visit.erased_at for visit in visits[:-1])
    assert len([m for m in await house.messages() if m.phrase == "pin"]) <= 1
