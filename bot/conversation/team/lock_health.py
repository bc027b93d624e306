"""How a lock is, in words: its battery, its bridge, and since when that has been known."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.stay_words import Facts, about
from bot.conversation.times import show_moment, show_window, zone_words
from bot.domain.locks.health import Battery, needs_care
from bot.domain.locks.lock import Lock
from bot.domain.locks.zones import ZoneSource
from bot.domain.messages.notice import Notice
from bot.domain.windows import AccessWindow

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


def zone_said(lock: Lock, now: datetime) -> str:
    """Its zone; where nobody named one, that it is only the house's, and how one is given."""
    said = zone_words(now, lock.zoneinfo)
    return f"{said}, the house's: it has no zone of its own" if lock.zone_source is ZoneSource.HOUSE else said


_MOST_NAMED = 5


def zone_remark(locks: Sequence[Lock]) -> str:
    """Of those that have no zone of their own; nothing where all have one."""
    bare = [lock.name for lock in locks if lock.zone_source is ZoneSource.HOUSE]
    if not bare:
        return ""
    more = f" and {len(bare) - _MOST_NAMED} more" if len(bare) > _MOST_NAMED else ""
    names = ", ".join(bare[:_MOST_NAMED])
    cure = "if the door is elsewhere, give it one: `nightporter locks set LOCK --zone Europe/Paris`"
    return f"No zone of its own: {names}{more}. The house's TIMEZONE stands in; {cure}."


def hours_moved(facts: Facts) -> Notice:
    """The lock's zone is another one now, and this stay could not follow: its PIN exists, or no other can be made."""
    starts, ends = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
    window, before = AccessWindow(starts, ends), ZoneInfo(facts["zone_before"])
    went = f"The clock at this door goes by {facts['zone']} now; planned was {show_window(window, before)}, by that of "
    remarks: tuple[str, ...] = (
        f"{went}{facts['zone_before']}.",
        "Its PIN exists, or cannot be made for the same hours: it opens at the hours above.",
        "To have the stay as it was meant, change it: a new PIN is made and texted.",
    )
    if "zones" in facts:
        apart = f"Its doors keep different clocks now ({facts['zones']}), and its hours are those of the first."
        remarks = (apart, "Give them one zone, or change the stay.")
    return Notice(f"Other hours on the clock: {facts['guest']}, {facts['door']}", about(facts), remarks)


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
