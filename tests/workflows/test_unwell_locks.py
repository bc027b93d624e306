"""A battery that is low, and a bridge that is offline while somebody arrives: an alert each, once, until it is well."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.locks.health import Battery, HealthNews, LockHealth
from bot.domain.stays.alerts import Alert, AlertKind, Ending
from bot.ports import LockInfo
from bot.workflows.process_alert import process_alert
from bot.workflows.watch_locks import HealthEvent, receive_lock_health, watch_locks
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_zones import PARIS, NamedLocks, ZonedHouse

WELL = LockHealth(0.9, Battery.GOOD, online=True)


@dataclass
class AilingLocks(NamedLocks):
    health: dict[str, LockHealth] = field(default_factory=dict)

    async def locks(self) -> list[LockInfo]:
        return [
            replace(lock, has_bridge=lock.provider_ref != "B", health=self.health.get(lock.provider_ref, WELL))
            for lock in await super().locks()
        ]


@dataclass
class AilingHouse(ZonedHouse):
    doors: AilingLocks

    async def is_so(self, health: LockHealth, ref: str = "A") -> list[AlertKind]:
        self.doors.health[ref] = health
        await self.reads()
        return [one.kind for one in await self.alerts()]

    async def hears(self, ref: str = "A", **news: object) -> list[AlertKind]:
        """The provider tells of it by itself."""
        self.made.move(seconds=1)
        event = HealthEvent(self.ports.new_id(), ref, HealthNews(self.ports.clock.now(), **news))  # type: ignore[arg-type]
        await receive_lock_health(self.ports, event)
        return [one.kind for one in await self.alerts() if await self.open(one)]

    async def open(self, alert: Alert) -> bool:
        await process_alert(self.ports, alert.id)
        async with self.ports.store() as uow:
            found = await uow.alerts.get(alert.id)
        return found is not None and found.is_open

    async def alerts(self) -> list[Alert]:
        async with self.ports.store() as uow:
            return list(await uow.alerts.of_locks())


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[AilingHouse]:
    async with a_house(database_url) as made:
        doors = AilingLocks(zones={"A": PARIS, "B": PARIS})
        rules = Rules(Rule(("U_BEN",)), reminders=ApproverReminders(()))
        made.ports = replace(made.ports, locks=doors, rules=rules)
        yield AilingHouse(made, doors)


@pytest.mark.parametrize(
    "health",
    [LockHealth(0.2), LockHealth(0.05), LockHealth(None, Battery.LOW), LockHealth(0.9, Battery.CRITICAL, online=True)],
)
@pytest.mark.parametrize("ref", ["A", "B"])
async def test_a_low_battery_is_an_alert_until_it_is_changed(house: AilingHouse, health: LockHealth, ref: str) -> None:
    assert await house.is_so(WELL, ref) == []
    assert await house.is_so(health, ref) == [AlertKind.LOCK_BATTERY]
    assert await house.is_so(health, ref) == [AlertKind.LOCK_BATTERY], "once"
    (alert,) = await house.alerts()
    await house.is_so(WELL, ref)
    await process_alert(house.ports, alert.id)
    async with house.ports.store() as uow:
        ended = await uow.alerts.get(alert.id)
    assert ended is not None
    assert ended.outcome is Ending.MENDED


async def test_a_bridge_that_is_offline_matters_where_somebody_arrives(house: AilingHouse) -> None:
    offline = LockHealth(0.9, Battery.GOOD, online=False)
    await house.is_so(WELL)
    await house.stay(days=4)
    assert await house.is_so(offline) == []
    assert await house.is_so(offline, "B") == [], "no bridge, so never online"
    await house.stay(days=0)
    assert await house.is_so(offline) == [AlertKind.BRIDGE_OFFLINE]
    assert await house.is_so(offline) == [AlertKind.BRIDGE_OFFLINE]


async def test_what_the_provider_tells_by_itself_is_an_alert_at_once(house: AilingHouse) -> None:
    assert await house.is_so(WELL) == []
    assert await house.hears(word=Battery.GOOD) == []
    assert await house.hears(level=0.2) == [AlertKind.LOCK_BATTERY]
    assert await house.hears(level=0.05, word=Battery.CRITICAL) == [AlertKind.LOCK_BATTERY], "once"
    assert await house.hears("B", word=Battery.LOW) == [AlertKind.LOCK_BATTERY] * 2
    assert await house.hears("nobody's", word=Battery.LOW) == [AlertKind.LOCK_BATTERY] * 2
    assert await house.hears(level=0.9) == [AlertKind.LOCK_BATTERY], "the other's"
    assert await house.hears(online=False) == [AlertKind.LOCK_BATTERY], "nobody arrives"
    await house.stay(days=0)
    assert AlertKind.BRIDGE_OFFLINE in await house.hears(online=False)
    assert AlertKind.BRIDGE_OFFLINE not in await house.hears(online=True)


async def test_news_that_is_older_than_what_we_know_raises_and_ends_nothing(house: AilingHouse) -> None:
    assert await house.is_so(LockHealth(0.2)) == [AlertKind.LOCK_BATTERY]
    late = HealthNews(house.ports.clock.now().replace(year=2025), level=0.9)
    await receive_lock_health(house.ports, HealthEvent("e1", "A", late))
    (alert,) = await house.alerts()
    assert await house.open(alert)
    await receive_lock_health(house.ports, HealthEvent("e2", "B", replace(late, level=0.1)))
    assert len(await house.alerts()) == 1


async def test_news_of_a_time_to_come_keeps_out_nothing_that_is_true(house: AilingHouse) -> None:
    assert await house.is_so(WELL) == []
    early = HealthNews(house.ports.clock.now().replace(year=2099), level=0.2)
    await receive_lock_health(house.ports, HealthEvent("e1", "A", early))
    (alert,) = await house.alerts()
    assert await house.open(alert)
    assert await house.hears(level=0.9) == []


async def test_a_bridge_that_comes_and_goes_is_told_of_once_a_quarter(house: AilingHouse) -> None:
    assert await house.is_so(WELL) == []
    await house.stay(days=0)
    raised = 0
    for _ in range(120):
        raised += len(await house.hears(online=False))
        house.made.move(seconds=28)
        assert await house.hears(online=True) == []
    assert 3 < raised <= 6, "in an hour"
    assert await house.hears(online=False) in ([], [AlertKind.BRIDGE_OFFLINE])
    assert await house.is_so(LockHealth(0.9, Battery.GOOD, online=False)) == [AlertKind.BRIDGE_OFFLINE], "it stays away"


async def test_two_events_and_a_reading_at_once_are_one_alert_and_lose_nothing(house: AilingHouse) -> None:
    assert await house.is_so(WELL) == []
    await house.stay(days=0)
    house.made.move(seconds=1)
    now, ports = house.ports.clock.now(), house.ports
    news = [HealthNews(now, level=0.1), HealthNews(now, word=Battery.LOW), HealthNews(now, online=False)] * 3
    events = [HealthEvent(f"e{n}", "A", one) for n, one in enumerate(news)]
    await asyncio.gather(*(receive_lock_health(ports, each) for each in (*events, *events)), watch_locks(ports))
    found = sorted(one.kind for one in await house.alerts())
    assert found == [AlertKind.BRIDGE_OFFLINE, AlertKind.LOCK_BATTERY]
    lock = await house.lock()
    assert (lock.health.online, lock.health.battery) != (True, Battery.GOOD)
