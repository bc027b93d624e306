"""How a lock is, in words: its battery, its bridge, and since when that has been known."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.stay_words import Facts, about
from bot.conversation.times import show_moment, show_window, zone_words
from bot.domain.locks.health import Battery, needs_care
from bot.domain.locks.lock import Lock
from bot.domain.locks.zones import ZoneSource
from bot.domain.messages.notice import Button, Notice
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
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
    gone = lock.presence.gone_at
    if gone is not None:
        return f"GONE from its provider since {show_moment(gone, lock.zoneinfo)}: no PIN can be made for it."
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


MOVE_STAYS = "move_stays"
"""The button under a lock that is gone."""

MOVE_TITLE, MOVE_SUBMIT, MOVE_TO = "Move its stays", "Move them all", "The lock that takes its place"
NOT_OPENED = "The form could not be opened; please press again."
_MOST_STAYS = 10


def gone_facts(lock: Lock, stays: Sequence[tuple[AccessRequest, Guest]]) -> dict[str, str]:
    """What the notice of a lock that is gone carries."""
    facts = {"lock": lock.name, "lock_id": lock.id, "zone": lock.zone, "count": str(len(stays))}
    lines = [
        f"{guest.name}, {show_window(request.granted, lock.zoneinfo)} ({request.short_id})"
        for request, guest in stays[:_MOST_STAYS]
    ]
    more = [f"and {len(stays) - _MOST_STAYS} more"] if len(stays) > _MOST_STAYS else []
    return facts | {"stays": "\n".join([*lines, *more])}


def lock_gone(facts: Facts) -> Notice:
    """The provider has the lock no more: paired anew, moved to another account, or its account deleted."""
    why = "It was taken out of the account, or paired anew, or its account is gone. No new PIN can be made for it."
    if facts["count"] == "0":
        return Notice(f"{facts['lock']} is gone from its provider", (), (why, "No stay hangs on it."))
    remarks = (why, f"Its stays ({facts['count']}):\n{facts['stays']}", "PINs that exist open this door as always.")
    button = Button(MOVE_STAYS, "These stays move to …", facts["lock_id"], "primary")
    return Notice(f"{facts['lock']} is gone from its provider", (), remarks, (button,))


def name_apart(lock: Lock, others: Sequence[Lock]) -> str:
    """Its name; of several that share it, with the end of the id that their provider knows it by."""
    alone = sum(one.name.casefold() == lock.name.casefold() for one in others) <= 1
    return lock.name if alone else f"{lock.name} ({lock.provider_ref[-5:]})"


def move_question(lock: Lock, count: int) -> str:
    stays = f"{count} stay{'' if count == 1 else 's'}"
    return (
        f"*{lock.name}* is gone from its provider, and {stays} hang on it. All of them move to the lock that you "
        "choose, or none. Hours stay as they are on the clock at the door; approved stays get new PINs there, and "
        "PINs that exist open the old lock as they did."
    )


def stays_moved(count: int, to: Lock) -> str:
    return f"{count} stay{'' if count == 1 else 's'} moved to {to.name}. PINs are made anew there and texted."


def unwell_facts(lock: Lock, now: datetime, arrivals: int) -> dict[str, str]:
    return {"lock": lock.name, "zone": lock.zone, "how": health_words(lock, now), "count": str(arrivals)}


def lock_unwell(facts: Facts) -> Notice:
    """Its battery is low, or its bridge is offline while somebody arrives."""
    arrive = "" if facts["count"] == "0" else f"Stays there, now or within a day: {facts['count']}."
    return Notice(f"{facts['lock']} needs somebody", (), tuple(filter(None, (facts["how"], arrive))))


def worries(lock: Lock) -> bool:
    return lock.is_gone or needs_care(lock.health, has_bridge=lock.has_bridge) or lock.pin_error_at is not None


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
