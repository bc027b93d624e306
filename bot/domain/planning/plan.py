"""The planner: what would the lock accept, why not, and what instead. Settled on paper; no row, no network.

    plan(asked, zone=lock.zoneinfo, now=now, ledger=ledger)  → Plan, or raises Refusal(reason, facts, offers)

The rules are `bot.domain.planning.lock_rules`, what replaces a refused window `bot.domain.planning.offers`, what would
also fit `bot.domain.planning.alternatives`, what a lock holds `bot.domain.planning.ledger`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.planning.alternatives import Alternative, alternatives_to
from bot.domain.planning.ledger import EMPTY, Ledger, Live, Slot, slot_key
from bot.domain.planning.local_hours import HOUR, clocks_change
from bot.domain.planning.lock_rules import LockView, grant
from bot.domain.planning.offers import offers_for
from bot.domain.refusals import Refusal
from bot.domain.windows import AccessWindow, PinKind

__all__ = ["EMPTY", "Ledger", "Live", "LockView", "Plan", "Slot", "Warning", "plan", "slot_key"]


class Warning(StrEnum):  # noqa: A001 — the contract's word; Python's own warnings are not used here
    """What a person should know about a grant, in the order in which it is said."""

    ROUNDED = "rounded"
    NEEDS_ACTIVATION = "needs_activation"
    CROSSES_DST = "crosses_dst"
    STARTS_NOW = "starts_now"
    DST_GAP = "dst_gap"
    DST_FOLD = "dst_fold"


_WARNINGS = tuple(Warning)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the lock would accept. `hours` are absolute: whole, but for a half where clocks change by half an hour."""

    kind: PinKind
    asked: AccessWindow
    granted: AccessWindow
    hours: float
    activate_by: datetime | None
    slot: Slot
    live: Live
    warnings: tuple[Warning, ...]
    alternatives: tuple[Alternative, ...]


def plan(
    asked: AccessWindow,
    *,
    zone: ZoneInfo,
    now: datetime,
    one_time: bool = False,
    ledger: Ledger = EMPTY,
    noticed: Collection[str] = (),
) -> Plan:
    """The window the lock would grant for this one, rounded outwards to the lock's local hours.

    A one-time PIN lives 24 h from its start; the asked end is ignored, even one that is past. `noticed` are warnings
    from whoever read the times (`dst_gap`, `dst_fold`: see `bot.domain.planning.local_hours.read_wall_clock`).
    Raises Refusal with offers, each of which this function would grant as it stands.
    """
    lock = LockView(zone, now.astimezone(UTC), ledger)
    try:
        granted = grant(asked, lock, one_time=one_time)
    except Refusal as bare:
        offers = offers_for(bare.reason, asked, lock, one_time=one_time)
        raise Refusal(bare.reason, {"now": lock.now, **bare.facts}, offers, zone) from None
    window = granted.window
    whole, rest = divmod(window.length, HOUR)
    return Plan(
        kind=granted.kind,
        asked=asked,
        granted=window,
        hours=(whole if not rest else window.length / HOUR),
        activate_by=window.activate_by,
        slot=granted.slot,
        live=ledger.room(),
        warnings=_warnings(asked, window, lock, one_time=one_time, noticed=noticed),
        alternatives=alternatives_to(granted, asked, lock),
    )


def _warnings(
    asked: AccessWindow, window: AccessWindow, lock: LockView, *, one_time: bool, noticed: Collection[str]
) -> tuple[Warning, ...]:
    """Rounded means that the PIN works for longer than was asked; moving a past start to this hour is not rounding."""
    longer = window.starts_at < asked.starts_at or (not one_time and window.ends_at > asked.ends_at)
    said = {
        Warning.ROUNDED: longer,
        Warning.NEEDS_ACTIVATION: window.activate_by is not None,
        Warning.CROSSES_DST: clocks_change(window.starts_at, window.ends_at, lock.zone),
        Warning.STARTS_NOW: window.starts_at > asked.starts_at,
    }
    return tuple([warning for warning in _WARNINGS if said.get(warning) or warning in noticed])
