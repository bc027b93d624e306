"""Locks that their provider has no more, on real rows of both kinds of database: told once, never for a list that broke
off, and all their stays moved in one step, or none."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.locks.accounts import Account
from bot.domain.locks.health import HealthNews
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import CodeStatus
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.alerts import Alert, AlertKind, Ending
from bot.ports import LockInfo, Unavailable
from bot.workflows.change_stay import move_stays, preview_move
from bot.workflows.decide_request import decide_request
from bot.workflows.forget_lock import forget_lock
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_alert import process_alert
from bot.workflows.process_code import process_code
from bot.workflows.take_alert import take_alert
from bot.workflows.watch_locks import HealthEvent, receive_lock_health
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_zones import LISBON, PARIS, NamedLocks, ZonedHouse, hours


@dataclass
class LeavingLocks(NamedLocks):
    """`left_out`: missing from lists, and there all the same; `away`: the provider does not answer about any."""

    left_out: set[str] = field(default_factory=set)
    away: bool = False

    async def locks(self) -> list[LockInfo]:
        return [lock for lock in await super().locks() if lock.provider_ref not in self.left_out]

    async def has(self, ref: str) -> bool:
        if self.away:
            raise Unavailable("no answer")
        return ref in self.zones


@dataclass
class LeavingHouse(ZonedHouse):
    doors: LeavingLocks

    async def leaves(self, ref: str = "A", lists: int = 4) -> None:
        self.doors.zones.pop(ref)
        await self.lists(lists)

    async def lists(self, count: int) -> None:
        for _ in range(count):
            await self.reads()

    async def alerts(self) -> list[Alert]:
        async with self.ports.store() as uow:
            return [one for one in await uow.alerts.all_open(50) if one.kind is AlertKind.LOCK_GONE]

    async def outcome(self, alert: Alert) -> Ending | None:
        await process_alert(self.ports, alert.id)
        async with self.ports.store() as uow:
            found = await uow.alerts.get(alert.id)
        assert found is not None
        return found.outcome

    async def said(self, alert: Alert) -> str:
        async with self.ports.store() as uow:
            message = await uow.messages.get(alert.notices[0])
        assert message is not None
        drawn = notice(NoticeKind(message.phrase), message.facts)
        return "\n".join([drawn.heading, *drawn.remarks, *(button.action for button in drawn.buttons)])


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[LeavingHouse]:
    async with a_house(database_url) as made:
        doors = LeavingLocks(zones={"A": PARIS, "B": PARIS, "C": PARIS})
        rules = Rules(Rule(("U_BEN",)), reminders=ApproverReminders(()))
        made.ports = replace(made.ports, locks=doors, rules=rules)
        found = LeavingHouse(made, doors)
        await found.reads()
        yield found


async def test_a_lock_that_left_is_an_alert_that_names_its_stays(house: LeavingHouse) -> None:
    await house.stay()
    await house.stay(days=9, approved=False)
    await house.leaves(lists=2)
    assert await house.alerts() == []
    await house.lists(2)
    (alert,) = await house.alerts()
    said = await house.said(alert)
    assert "Door A is gone from its provider" in said
    assert said.count("Cleo, ") == 2
    assert "move_stays" in said
    assert (await house.lock()).is_gone
    await house.lists(3)
    assert [one.id for one in await house.alerts()] == [alert.id], "once"
    assert (await take_alert(house.ports, alert.id, "U_BEN")).acknowledged_by == "U_BEN"
    with pytest.raises(Refusal) as refused:
        await house.stay(days=12)
    assert refused.value.reason is Reason.LOCK_GONE


async def test_a_list_that_broke_off_never_makes_a_lock_look_gone(house: LeavingHouse) -> None:
    await house.stay()
    house.doors.left_out = {"A", "B"}
    await house.lists(9)
    assert await house.alerts() == []
    assert not (await house.lock()).is_gone


async def test_nor_does_a_provider_that_does_not_answer(house: LeavingHouse) -> None:
    house.doors.away = True
    await house.leaves(lists=6)
    assert not (await house.lock()).is_gone


async def test_nor_an_account_that_is_only_disconnected(house: LeavingHouse) -> None:
    async with house.ports.store() as uow:
        await uow.accounts.keep([Account("acc-1", "owner@example.com", house.ports.clock.now())])
    await house.leaves(lists=6)
    assert not (await house.lock()).is_gone


async def test_nor_an_event_that_tells_of_it_meanwhile(house: LeavingHouse) -> None:
    await house.leaves(lists=3)
    await receive_lock_health(house.ports, HealthEvent("e1", "A", HealthNews(house.ports.clock.now(), online=True)))
    await house.lists(2)
    assert not (await house.lock()).is_gone


async def test_where_no_stay_hangs_on_it_people_read_so_and_nobody_is_called(house: LeavingHouse) -> None:
    await house.leaves()
    assert (await house.lock()).is_gone
    assert await house.alerts() == []


async def test_it_comes_back_and_the_alert_ends_by_itself(house: LeavingHouse) -> None:
    await house.stay()
    await house.leaves()
    (alert,) = await house.alerts()
    await house.reads(A=PARIS)
    assert not (await house.lock()).is_gone
    assert await house.outcome(alert) is Ending.BACK
    await house.leaves()
    assert len(await house.alerts()) == 1, "gone again, told again"


async def test_its_stays_move_in_one_step(house: LeavingHouse) -> None:
    approved, waiting = await house.stay(), await house.stay(days=9, approved=False)
    with_garage = await house.stay("C", "A", days=12)
    await house.leaves()
    (alert,) = await house.alerts()
    new = await house.lock("B")
    gone = await house.lock()
    seen = await preview_move(house.ports, gone.id, "U_BEN")
    assert (seen.count, [one.name for one in seen.others]) == (3, ["Door B", "Door C"])
    assert (await move_stays(house.ports, gone.id, new.id, "U_BEN"))[0] == 3
    assert (await move_stays(house.ports, gone.id, new.id, "U_BEN"))[0] == 0, "pressed twice"
    other = await house.lock("C")
    doors = [(await house.request(each)).lock_ids for each in (approved, waiting, with_garage)]
    assert doors == [(new.id,), (new.id,), (other.id, new.id)]
    assert (await house.request(waiting)).status is RequestStatus.PENDING
    standing = [code for code in await house.codes(approved) if code.status is CodeStatus.RESERVED]
    assert [(code.lock_id, hours(code.window, PARIS)) for code in standing] == [(new.id, (15, 0, 11, 0))]
    await decide_request(house.ports, waiting, "U_BEN", approved=True)
    assert {code.lock_id for code in await house.codes(waiting)} == {new.id}
    assert await house.outcome(alert) is Ending.MOVED


async def test_a_pin_that_was_made_is_made_anew_and_the_old_one_is_told_of(house: LeavingHouse) -> None:
    stay = await house.stay(days=0)
    (code,) = await house.codes(stay)
    for _ in range(2):
        await process_code(house.ports, code.id)
        await mint_pin(house.ports, code.id)
    assert (await house.codes(stay))[0].has_pin
    await house.leaves()
    new, gone = await house.lock("B"), await house.lock()
    await move_stays(house.ports, gone.id, new.id, "U_BEN")
    old, fresh = await house.codes(stay)
    assert (old.status, fresh.status) == (CodeStatus.WITHDRAWN, CodeStatus.RESERVED)
    assert (fresh.lock_id, fresh.replaces) == (new.id, old.id)


@pytest.mark.parametrize("zone", [LISBON, "Asia/Kolkata"])
async def test_hours_stay_on_the_clock_of_the_lock_that_takes_its_place(house: LeavingHouse, zone: str) -> None:
    approved, waiting = await house.stay(), await house.stay(days=9, approved=False)
    await house.reads(B=zone)
    await house.leaves()
    await move_stays(house.ports, (await house.lock()).id, (await house.lock("B")).id, "U_BEN")
    for each in (approved, waiting):
        assert hours((await house.request(each)).granted, zone) == (15, 0, 11, 0)


async def test_all_or_none(house: LeavingHouse) -> None:
    """The second has a door on another clock, so it cannot move; the first stays where it is, too."""
    first, second = await house.stay(), await house.stay("A", "C", days=9)
    await house.reads(B=LISBON)
    await house.leaves()
    gone, new = await house.lock(), await house.lock("B")
    with pytest.raises(Refusal) as refused:
        await move_stays(house.ports, gone.id, new.id, "U_BEN")
    assert refused.value.reason is Reason.STAY_CANNOT_MOVE
    assert refused.value.facts["short"] == (await house.request(second)).short_id
    assert (await house.request(first)).lock_ids == (gone.id,)
    assert {code.lock_id for code in await house.codes(first)} == {gone.id}
    assert len(await house.alerts()) == 1


async def test_who_may_not_and_what_is_not_gone(house: LeavingHouse) -> None:
    await house.stay()
    here, new = await house.lock(), await house.lock("B")
    for act in (
        preview_move(house.ports, here.id, "U_BEN"),
        move_stays(house.ports, here.id, new.id, "U_BEN"),
    ):
        with pytest.raises(Refusal):
            await act
    await house.leaves()
    for act in (
        preview_move(house.ports, here.id, "U_MALLORY"),
        move_stays(house.ports, here.id, new.id, "U_MALLORY"),
        move_stays(house.ports, here.id, here.id, "U_BEN"),
        move_stays(house.ports, here.id, "no such lock", "U_BEN"),
    ):
        with pytest.raises(Refusal):
            await act


async def test_it_is_forgotten_only_once_nothing_hangs_on_it(house: LeavingHouse) -> None:
    await house.stay()
    here = await house.lock()
    for _ in range(2):  # while it is there; while a stay hangs on it
        with pytest.raises(Refusal) as refused:
            await forget_lock(house.ports, here.id, "operator")
        assert refused.value.reason is Reason.LOCK_IN_USE
        if not (await house.lock()).is_gone:
            await house.leaves()
    await move_stays(house.ports, here.id, (await house.lock("B")).id, "U_BEN")
    await forget_lock(house.ports, here.id, "operator")
    async with house.ports.store() as uow:
        assert "Door A" not in [lock.name for lock in await uow.locks.all()]
    await house.reads(A=PARIS)
    async with house.ports.store() as uow:
        assert (await uow.locks.get(here.id)) in await uow.locks.all(), "it came back, and is the same lock"
