"""How a lock is: the worse of word and level counts, and what was told later; no bridge is no worry."""

from datetime import UTC, datetime, timedelta

from bot.domain.locks.health import NOTHING_TOLD, Battery, HealthNews, LockHealth, needs_care, newer
from tests.cases import every

T0 = datetime(2026, 12, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@every(
    ("level", "word", "battery"),
    [
        (None, None, Battery.UNKNOWN),
        (0.86, None, Battery.GOOD),
        (0.25, None, Battery.GOOD),
        (0.24, None, Battery.LOW),
        (0.1, None, Battery.LOW),
        (0.09, None, Battery.CRITICAL),
        (0.0, Battery.GOOD, Battery.CRITICAL),
        (0.86, Battery.LOW, Battery.LOW),
        (None, Battery.CRITICAL, Battery.CRITICAL),
        (None, Battery.GOOD, Battery.GOOD),
    ],
)
def test_the_worse_counts(level: float | None, word: Battery | None, battery: Battery) -> None:
    assert LockHealth(level, word).battery is battery


def test_who_needs_somebody() -> None:
    assert not needs_care(NOTHING_TOLD, has_bridge=True)
    assert not needs_care(LockHealth(0.5, online=False), has_bridge=False)
    assert needs_care(LockHealth(0.5, online=False), has_bridge=True)
    assert needs_care(LockHealth(0.2), has_bridge=False)


def test_what_was_told_later_counts() -> None:
    early, late = LockHealth(0.9, seen_at=T0), LockHealth(0.1, seen_at=T0 + MINUTE)
    assert newer(early, late) is newer(late, early) is late
    assert newer(early, NOTHING_TOLD) is NOTHING_TOLD
    assert newer(NOTHING_TOLD, early) is early


def test_news_changes_what_it_speaks_of() -> None:
    known = LockHealth(0.86, Battery.GOOD, True, T0)
    assert HealthNews(T0 + MINUTE, level=0.2).applied_to(known) == LockHealth(0.2, None, True, T0 + MINUTE)
    assert HealthNews(T0 + MINUTE, online=False).applied_to(known) == LockHealth(0.86, Battery.GOOD, False, T0 + MINUTE)
    assert HealthNews(T0 - MINUTE, level=0.2).applied_to(known) is known


def test_old_news_is_stale() -> None:
    known = LockHealth(0.86, seen_at=T0)
    assert not known.is_stale(T0 + timedelta(hours=6))
    assert known.is_stale(T0 + timedelta(hours=6, seconds=1))
    assert not NOTHING_TOLD.is_stale(T0)
