"""The zone of a lock on real rows of both kinds of database: silence changes nothing, and stays keep their hours."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.locks.health import HealthNews
from bot.domain.locks.lock import Lock
from bot.domain.locks.zones import ZoneSource
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.windows import AccessWindow
from bot.ports import LockInfo, Ports
from bot.processes.reading import read_locks
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import follow_zones
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.set_up_lock import set_up_lock
from bot.workflows.watch_locks import HealthEvent, receive_lock_health
from tests.benchmarks.ports import InstantLocks
from tests.workflows.test_delivery_races import Installation, a_house

PHONE = Phone("+33639981234")
PARIS, LISBON, KOLKATA = "Europe/Paris", "Europe/Lisbon", "Asia/Kolkata"


@dataclass
class NamedLocks(InstantLocks):
    """By their ids, with the zone that the provider names, if any."""

    zones: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        InstantLocks.__init__(self)

    async def locks(self) -> list[LockInfo]:
        return [LockInfo(ref, f"Door {ref}", zone, True, False) for ref, zone in self.zones.items()]


@dataclass
class ZonedHouse:
    made: Installation
    doors: NamedLocks

    @property
    def ports(self) -> Ports:
        return self.made.ports

    async def reads(self, **zones: str | None) -> None:
        self.doors.zones |= zones
        self.made.move(minutes=15)
        assert await read_locks(self.ports)

    async def lock(self, ref: str = "A") -> Lock:
        async with self.ports.store() as uow:
            found = await uow.locks.by_ref(ref)
        assert found is not None
        return found

    async def stay(self, *refs: str, days: int = 5, approved: bool = True, **more: object) -> str:
        """From 15:00 to 11:00 the day after but one, on the first door's clock."""
        locks = [await self.lock(ref) for ref in refs or ("A",)]
        there = self.ports.clock.now().astimezone(locks[0].zoneinfo)
        start = there.replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=days)
        window = AccessWindow(start, (start + timedelta(days=2)).replace(hour=11))
        asked = PinRequest(
            "U_ADA", tuple(lock.id for lock in locks), "Cleo", PHONE, window, self.ports.new_id(), **more
        )  # type: ignore[arg-type]
        await ask_for_pin(self.ports, asked)
        async with self.ports.store() as uow:
            request = (await uow.requests.of_requester("U_ADA", 1))[0]
        if approved:
            await decide_request(self.ports, request.id, "U_BEN", approved=True)
        return request.id

    async def request(self, request_id: str) -> AccessRequest:
        async with self.ports.store() as uow:
            found = await uow.requests.get(request_id)
        assert found is not None
        return found

    async def codes(self, request_id: str) -> list[AccessCode]:
        async with self.ports.store() as uow:
            return list(await uow.codes.of_request(request_id))

    async def posted(self, request_id: str) -> list[str]:
        """What is posted of hours that are others now, by whom it is for."""
        async with self.ports.store() as uow:
            messages = await uow.messages.of_request(request_id)
        kind = NoticeKind.HOURS_MOVED
        found = [(m.recipient, notice(kind, m.facts)) for m in messages if m.phrase == kind.value]
        return [f"{whom}: {' '.join([*(v for _, v in n.facts), *n.remarks])}" for whom, n in found]


def hours(window: AccessWindow, zone: str) -> tuple[int, int, int, int]:
    start, end = window.starts_at.astimezone(ZoneInfo(zone)), window.ends_at.astimezone(ZoneInfo(zone))
    return start.hour, start.minute, end.hour, end.minute


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[ZonedHouse]:
    async with a_house(database_url) as made:
        doors = NamedLocks(zones={"A": PARIS, "B": PARIS})
        rules = Rules(Rule(("U_BEN",)), reminders=ApproverReminders(()))
        made.ports = replace(made.ports, locks=doors, rules=rules, options=replace(made.ports.options, zone="UTC"))
        found = ZonedHouse(made, doors)
        await found.reads()
        yield found


async def test_silence_never_replaces_a_zone_that_was_known(house: ZonedHouse) -> None:
    await house.reads(A=None)
    lock = await house.lock()
    assert (lock.zone, lock.zone_source, lock.zone_before) == (PARIS, ZoneSource.PROVIDER, None)
    event = HealthEvent("e1", "A", HealthNews(house.ports.clock.now(), online=True))
    await receive_lock_health(house.ports, event)
    assert (await house.lock()).zone == PARIS, "an event names no zone either"


async def test_a_lock_without_a_zone_goes_by_the_houses(house: ZonedHouse) -> None:
    await house.reads(C=None)
    lock = await house.lock("C")
    assert (lock.zone, lock.zone_source) == ("UTC", ZoneSource.HOUSE)
    event = HealthEvent("e2", "C", HealthNews(house.ports.clock.now(), online=True))
    await receive_lock_health(house.ports, event)
    assert (await house.lock("C")).zone_source is ZoneSource.HOUSE, "what an event leaves out is nobody's word"
    house.made.ports = replace(house.ports, options=replace(house.ports.options, zone=LISBON))
    await house.reads()
    assert (await house.lock("C")).zone == LISBON, "it follows the house"


async def test_the_operators_zone_wins_over_what_the_provider_says_later(house: ZonedHouse) -> None:
    lock = await house.lock()
    await set_up_lock(house.ports, lock.id, lock.guest_info, lock.defaults, "operator", KOLKATA)
    await house.reads(A=LISBON)
    assert ((await house.lock()).zone, (await house.lock()).zone_source) == (KOLKATA, ZoneSource.OPERATOR)
    await set_up_lock(house.ports, lock.id, lock.guest_info, lock.defaults, "operator", "")
    assert ((await house.lock()).zone, (await house.lock()).zone_source) == (LISBON, ZoneSource.PROVIDER)


@pytest.mark.parametrize("zone", [LISBON, KOLKATA, "America/New_York", "Pacific/Auckland"])
async def test_an_approved_stay_without_a_pin_keeps_its_hours_at_no_cost(house: ZonedHouse, zone: str) -> None:
    stay = await house.stay()
    before = await house.request(stay)
    assert hours(before.granted, PARIS) == (15, 0, 11, 0)
    await house.reads(A=zone)
    after = await house.request(stay)
    assert hours(after.granted, zone) == hours(after.asked, zone) == (15, 0, 11, 0)
    assert after.decision == before.decision
    standing = [code for code in await house.codes(stay) if code.status is CodeStatus.RESERVED]
    assert [hours(code.window, zone) for code in standing] == [(15, 0, 11, 0)]
    assert await house.posted(stay) == []
    assert (await house.lock()).zone_before is None
    await follow_zones(house.ports)
    assert await house.request(stay) == after, "once"


async def test_where_a_pin_exists_people_hear_which_hours_it_has_now(house: ZonedHouse) -> None:
    stay = await house.stay(days=0)
    house.made.move(hours=26)
    (code,) = await house.codes(stay)
    for _ in range(2):
        await process_code(house.ports, code.id)
        await mint_pin(house.ports, code.id)
    (code,) = await house.codes(stay)
    assert code.has_pin
    await house.reads(A=LISBON)
    assert [one.window for one in await house.codes(stay)] == [code.window]
    found = await house.posted(stay)
    assert [one.partition(":")[0] for one in sorted(found)] == ["C_APPROVALS", "U_ADA"]
    assert "Lisbon" in found[0]
    assert "15:00" in found[0], "as it was planned"
    assert "14:00" in found[0], "as it is on the clock now"
    await house.reads()
    assert len(await house.posted(stay)) == 2


async def test_what_waits_for_a_decision_keeps_its_hours_and_its_approvals(house: ZonedHouse) -> None:
    house.made.ports = replace(house.ports, rules=Rules(Rule(("U_BEN", "U_CARA"), needed=2)))
    stay = await house.stay(approved=False)
    await decide_request(house.ports, stay, "U_BEN", approved=True)
    await house.reads(A=KOLKATA)
    waiting = await house.request(stay)
    assert waiting.status is RequestStatus.PENDING
    assert hours(waiting.granted, KOLKATA) == (15, 0, 11, 0)
    assert [said.approver for said in waiting.approvals] == ["U_BEN"]
    await decide_request(house.ports, stay, "U_CARA", approved=True)
    assert [hours(code.window, KOLKATA) for code in await house.codes(stay)] == [(15, 0, 11, 0)]


async def test_a_stay_of_two_doors_goes_by_the_first_and_people_hear_of_clocks_apart(house: ZonedHouse) -> None:
    stay = await house.stay("A", "B")
    before = await house.request(stay)
    await house.reads(B=LISBON)
    assert (await house.request(stay)).granted == before.granted
    found = await house.posted(stay)
    assert len(found) == 2
    assert "Door A: Europe/Paris, Door B: Europe/Lisbon" in found[0]


async def test_both_doors_of_a_stay_move_together(house: ZonedHouse) -> None:
    stay = await house.stay("A", "B")
    await house.reads(A=LISBON, B=LISBON)
    assert hours((await house.request(stay)).granted, LISBON) == (15, 0, 11, 0)
    standing = [code for code in await house.codes(stay) if code.status is CodeStatus.RESERVED]
    assert sorted(hours(code.window, LISBON) for code in standing) == [(15, 0, 11, 0)] * 2
    assert await house.posted(stay) == []


async def test_a_chain_follows_link_by_link(house: ZonedHouse) -> None:
    stay = await house.stay(chain=True)
    links = len(await house.codes(stay))
    assert links > 1
    await house.reads(A=KOLKATA)
    standing = [code for code in await house.codes(stay) if code.status is CodeStatus.RESERVED]
    assert len(standing) == links
    assert all(code.window.starts_at.astimezone(ZoneInfo(KOLKATA)).minute == 0 for code in standing)


async def test_left_off_halfway_it_goes_on(house: ZonedHouse) -> None:
    """The zone was kept, and then the process was stopped."""
    stay = await house.stay()
    lock = await house.lock()
    await set_up_lock(house.ports, lock.id, lock.guest_info, lock.defaults, "operator", LISBON)
    assert hours((await house.request(stay)).granted, PARIS) == (15, 0, 11, 0)
    house.made.move(minutes=1)
    later = await house.stay(days=9)
    assert hours((await house.request(later)).granted, LISBON) == (15, 0, 11, 0), "asked for by the new clock"
    await house.reads()
    for one in (stay, later):
        assert hours((await house.request(one)).granted, LISBON) == (15, 0, 11, 0)


async def test_there_and_back_before_anybody_followed_is_nothing(house: ZonedHouse) -> None:
    stay = await house.stay()
    before = await house.request(stay)
    lock = await house.lock()
    for zone in (LISBON, ""):
        await set_up_lock(house.ports, lock.id, lock.guest_info, lock.defaults, "operator", zone)
    assert (await house.lock()).zone_before is None
    await house.reads()
    assert (await house.request(stay)).granted == before.granted
