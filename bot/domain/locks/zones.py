"""The zone of a lock: who named it, and which word counts. A zone that was known is never replaced by silence."""

from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.windows import AccessWindow


class ZoneSource(StrEnum):
    """Who named it: the operator, the lock's provider, or nobody, so that it is the house's. `UNKNOWN`: nobody kept
    who it was."""

    UNKNOWN = ""
    HOUSE = "house"
    PROVIDER = "provider"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class LockZone:
    """`zone` is the one that counts; `by_provider` what the provider named last, if it ever did."""

    zone: str
    source: ZoneSource = ZoneSource.UNKNOWN
    by_provider: str | None = None


def zone_after(known: LockZone, named: str | None, house: str) -> LockZone:
    """What counts after the provider was asked, and has `named` a zone or none."""
    # Another zone than the house's was named by the provider, before anybody kept who it was.
    earlier = known.zone if known.source is ZoneSource.UNKNOWN and known.zone != house else None
    by_provider = named or known.by_provider or earlier
    if known.source is ZoneSource.OPERATOR:
        return replace(known, by_provider=by_provider)
    return _of_others(by_provider, house)


def zone_set(known: LockZone, wanted: str, house: str) -> LockZone:
    """What counts after the operator named one; with nothing, what counted before they did."""
    if wanted:
        return LockZone(wanted, ZoneSource.OPERATOR, known.by_provider)
    return _of_others(known.by_provider, house) if known.source is ZoneSource.OPERATOR else known


def _of_others(by_provider: str | None, house: str) -> LockZone:
    if by_provider:
        return LockZone(by_provider, ZoneSource.PROVIDER, by_provider)
    return LockZone(house, ZoneSource.HOUSE)


def same_hours(window: AccessWindow, before: ZoneInfo, after: ZoneInfo) -> AccessWindow:
    """The window that stands on the clock in `after` as this one does on that in `before`."""
    starts_at, ends_at = window.starts_at.astimezone(before), window.ends_at.astimezone(before)
    return AccessWindow(starts_at.replace(tzinfo=after), ends_at.replace(tzinfo=after))
