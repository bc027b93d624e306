"""Doubles: the same number is at the same door in overlapping time already. It may be a change, or another guest."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.changing import codes_left
from bot.domain.windows import AccessWindow


@dataclass(frozen=True, slots=True)
class Double:
    """A stay that overlaps, the doors of it that do, and its time there."""

    request: AccessRequest
    lock_ids: tuple[str, ...]
    window: AccessWindow


Stays = Iterable[tuple[AccessRequest, Sequence[AccessCode]]]
"""Each with all of its codes, oldest first."""


def doubles(wanted: AccessWindow, lock_ids: Collection[str], stays: Stays, now: datetime) -> tuple[Double, ...]:
    """Those of one number's `stays` that overlap; pending or approved, not over and not given up."""
    found = (_double(wanted, lock_ids, request, codes, now) for request, codes in stays)
    return tuple(one for one in found if one is not None)


def overlap(one: AccessWindow, other: AccessWindow) -> bool:
    """Where one ends as the other begins, they do not."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _double(
    wanted: AccessWindow, lock_ids: Collection[str], request: AccessRequest, codes: Sequence[AccessCode], now: datetime
) -> Double | None:
    times = [(door, window) for door, window in _times(request, codes, now) if door in lock_ids]
    shared = [(door, window) for door, window in times if overlap(window, wanted)]
    if not shared:
        return None
    doors = tuple(dict.fromkeys(door for door, _ in shared))
    windows = [window for door, window in times if door in doors]
    whole = AccessWindow(min(w.starts_at for w in windows), max(w.ends_at for w in windows))
    return Double(request, doors, whole)


def _times(request: AccessRequest, codes: Sequence[AccessCode], now: datetime) -> Iterable[tuple[str, AccessWindow]]:
    if request.status is RequestStatus.PENDING and now < request.granted.ends_at:
        return [(door, request.granted) for door in request.lock_ids]
    if request.status is RequestStatus.APPROVED:
        return [(code.lock_id, code.window) for code in codes_left(codes, now)]
    return []
