"""How a lock is, in words: its battery, its bridge, and since when that has been known."""

from datetime import datetime

from bot.conversation.times import show_moment
from bot.domain.locks.health import Battery, needs_care
from bot.domain.locks.lock import Lock

_BATTERY = {
    Battery.CRITICAL: "Battery nearly empty{level}: change it now, or no PIN opens this door.",
    Battery.LOW: "Battery low{level}: change it soon.",
    Battery.GOOD: "Battery {plain}.",
    Battery.UNKNOWN: "Battery unknown.",
}

_OFFLINE = "Bridge offline: PINs open as always, but nothing else reaches the lock."


def health_words(lock: Lock, now: datetime) -> str:
    """`Battery 86 %. Bridge connected.`; a lock that needs somebody says what to do."""
    return " ".join(words for words in (_pins(lock), _battery(lock), _bridge(lock), _since(lock, now)) if words)


def worries(lock: Lock) -> bool:
    return needs_care(lock.health, has_bridge=lock.has_bridge) or lock.pin_error_at is not None


def worried_first(locks: list[Lock]) -> list[Lock]:
    """Those that need somebody before the others, otherwise as they were."""
    return sorted(locks, key=lambda lock: not worries(lock))


def _pins(lock: Lock) -> str:
    if not lock.makes_offline_pins:
        return "Makes no offline PINs."
    if lock.pin_error_at is None:
        return ""
    when = show_moment(lock.pin_error_at, lock.zoneinfo)
    return f"Its maker refused a PIN {when} and has made none since: try one in the igloohome app, or pair it again."


def _battery(lock: Lock) -> str:
    level = lock.health.level
    percent = f"{round(level * 100)} %" if level is not None else ""
    return _BATTERY[lock.health.battery].format(level=f" ({percent})" if percent else "", plain=percent or "good")


def _bridge(lock: Lock) -> str:
    if not lock.has_bridge:
        return "No bridge."
    if lock.health.online is None:
        return "Bridge: nothing known."
    return "Bridge connected." if lock.health.online else _OFFLINE


def _since(lock: Lock, now: datetime) -> str:
    """Only where it matters: what was told long ago may not be true any more."""
    seen = lock.health.seen_at
    return f"As of {show_moment(seen, lock.zoneinfo)}." if seen is not None and lock.health.is_stale(now) else ""
