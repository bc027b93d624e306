"""What Seam tells of a lock's battery and line: in its devices, and by events."""

from datetime import UTC, datetime

import pytest

from bot.domain.locks.health import Battery, HealthNews, LockHealth
from providers.seam import wire
from providers.seam.inbound import SeamWebhooks
from tests.providers.test_seam_inbound import SECRET, event_of, signed

AT = datetime(2026, 12, 4, 14, 3, tzinfo=UTC)


def health_of(properties: object) -> LockHealth:
    seen = wire.lock({"device_id": "d", "device_type": "igloohome_lock", "properties": properties})
    assert seen is not None
    return seen.health


@pytest.mark.parametrize(
    ("properties", "health"),
    [
        ({}, LockHealth()),
        (None, LockHealth()),
        ({"online": False}, LockHealth(online=False)),
        ({"online": "yes", "battery": "full", "battery_level": "0.5"}, LockHealth()),
        ({"battery_level": 0.5}, LockHealth(0.5)),
        ({"battery_level": 1}, LockHealth(1.0)),
        ({"battery_level": True}, LockHealth()),
        ({"battery_level": 86}, LockHealth()),
        ({"battery_level": 0.5, "battery": {"level": 0.05, "status": "critical"}}, LockHealth(0.05, Battery.CRITICAL)),
        ({"battery": {"level": None, "status": "full"}}, LockHealth(None, Battery.GOOD)),
        ({"battery": {"status": "exploding"}}, LockHealth()),
    ],
)
def test_a_device(properties: object, health: LockHealth) -> None:
    assert health_of(properties) == health


@pytest.mark.parametrize(
    ("payload", "news"),
    [
        ({"event_type": "device.connected"}, HealthNews(AT, online=True)),
        ({"event_type": "device.disconnected", "error_code": "hub_disconnected"}, HealthNews(AT, online=False)),
        ({"event_type": "device.low_battery", "battery_level": 0.2}, HealthNews(AT, 0.2, Battery.LOW)),
        ({"event_type": "device.low_battery"}, HealthNews(AT, None, Battery.LOW)),
        (
            {"event_type": "device.battery_status_changed", "battery_level": 0.05, "battery_status": "critical"},
            HealthNews(AT, 0.05, Battery.CRITICAL),
        ),
        (
            {"event_type": "device.battery_status_changed", "device_battery_level": 0.9, "battery_status": "full"},
            HealthNews(AT, 0.9, Battery.GOOD),
        ),
        ({"event_type": "device.battery_status_changed", "battery_level": -1}, None),
        ({"event_type": "device.removed"}, None),
        ({"event_type": "lock.unlocked", "battery_level": 0.1}, None),
    ],
)
def test_an_event(payload: dict[str, object], news: HealthNews | None) -> None:
    body = event_of({"event_id": "e", "occurred_at": "2026-12-04T14:03:00Z", "device_id": "lock-1", **payload})
    assert SeamWebhooks(SECRET).read(body, signed(body)).health == news
