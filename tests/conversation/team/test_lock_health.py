"""What people read of a lock's battery and bridge, in the Home tab and under `/pin locks`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.conversation.answers.answers import doors
from bot.conversation.team.home import HomeInfo, home
from bot.conversation.team.lock_health import health_words
from bot.domain.locks.health import Battery, LockHealth
from bot.domain.locks.lock import Lock
from tests.cases import every

T0 = datetime(2026, 12, 1, 8, tzinfo=UTC)
DOOR = Lock("L1", "d1", "Front door", "Europe/Paris")
LOFT = Lock("L2", "d2", "Loft", "Europe/Paris", has_bridge=True)


@every(
    ("lock", "health", "words"),
    [
        (DOOR, LockHealth(), "Battery unknown. No bridge."),
        (DOOR, LockHealth(0.86, Battery.GOOD, False, T0), "Battery 86 %. No bridge."),
        (DOOR, LockHealth(None, Battery.GOOD, None, T0), "Battery good. No bridge."),
        (DOOR, LockHealth(0.12), "Battery low (12 %): change it soon. No bridge."),
        (DOOR, LockHealth(None, Battery.LOW), "Battery low: change it soon. No bridge."),
        (LOFT, LockHealth(0.86, None, True, T0), "Battery 86 %. Bridge connected."),
        (LOFT, LockHealth(0.86), "Battery 86 %. Bridge: nothing known."),
        (
            LOFT,
            LockHealth(0.03, Battery.CRITICAL, False, T0 - timedelta(hours=7)),
            (
                "Battery nearly empty (3 %): change it now, or no PIN opens this door. Bridge offline: PINs open as "
                "always, but nothing else reaches the lock. As of Tue 1 Dec 02:00."
            ),
        ),
    ],
)
def test_in_words(lock: Lock, health: LockHealth, words: str) -> None:
    assert health_words(replace(lock, health=health), T0) == words


def test_those_that_need_somebody_come_first() -> None:
    weak = replace(LOFT, health=LockHealth(0.12, online=True))
    (part,) = [
        part for part in home(HomeInfo(T0, False, doors=[(DOOR, 3), (weak, 0)])).parts if part.heading == "Doors"
    ]
    assert [line.worries for line in part.lines] == [True, False]
    assert "Loft" in part.lines[0].words
    assert "3 of 199 PINs held.\nBattery unknown. No bridge." in part.lines[1].words
    first, second = doors([DOOR, weak], T0).splitlines()
    assert first == "• *Loft* (Paris time (UTC+1)). Battery low (12 %): change it soon. Bridge connected."
    assert second == "• *Front door* (Paris time (UTC+1)). Battery unknown. No bridge."
