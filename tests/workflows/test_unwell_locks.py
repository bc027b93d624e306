"""A battery that is low, and a bridge that is offline while somebody arrives: an alert each, once, until it is well."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.domain.approvals.policy import ApproverReminders, Rule, Rules
from bot.domain.locks.health import Battery, LockHealth
from bot.domain.stays.alerts import Alert, AlertKind, Ending
from bot.ports import LockInfo
from bot.workflows.process_alert import process_alert
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
