"""A stay as it stands now: who comes, to which doors, and what its PINs do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from bot.domain.locks.lock import Lock, together
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import Standing


@dataclass(frozen=True, slots=True)
class StayNow:
    """`locks`: its doors, in the order of the request's."""

    request: AccessRequest
    locks: tuple[Lock, ...]
    guest: Guest
    standing: Standing

    @property
    def lock(self) -> Lock:
        """Its doors as one."""
        return together(self.locks)

    @property
    def code(self) -> AccessCode | None:
        """The PIN that is the guest's now, or the next one."""
        return self.standing.main.code if self.standing.main else None


class Shown(Protocol):
    """A stay in somebody's list."""

    @property
    def request(self) -> AccessRequest: ...
    @property
    def standing(self) -> Standing: ...


AnyShown = TypeVar("AnyShown", bound=Shown)


def each_series_once(stays: Iterable[AnyShown]) -> list[AnyShown]:
    """In their order, and of the visits of a wish that repeats the next alone: the first that is neither over nor given
    up, else the last."""
    listed, by_series = list(stays), dict[str, list[AnyShown]]()
    for stay in listed:
        if stay.request.series_id is not None:
            by_series.setdefault(stay.request.series_id, []).append(stay)
    chosen = {id(_next(visits)) for visits in by_series.values()}
    return [stay for stay in listed if stay.request.series_id is None or id(stay) in chosen]


def _next(visits: Sequence[AnyShown]) -> AnyShown:
    in_order = sorted(visits, key=lambda stay: stay.request.visit)
    return next((stay for stay in in_order if _is_to_come(stay)), in_order[-1])


def _is_to_come(stay: Shown) -> bool:
    if not stay.standing.pins:
        return stay.request.status is RequestStatus.PENDING
    now = stay.standing.now
    return any(pin.code.given_up is None and now < pin.code.window.ends_at for pin in stay.standing.current)


def without_past_visits(requests: Sequence[AccessRequest], now: datetime) -> list[AccessRequest]:
    """In their order, and of a wish that repeats only the visits that are not over, else the last: before more is read
    of them."""
    newest: dict[str, AccessRequest] = {}
    for request in requests:
        if request.series_id is not None:
            newest[request.series_id] = max(newest.get(request.series_id, request), request, key=lambda one: one.visit)
    return [
        request
        for request in requests
        if request.series_id is None or now < request.granted.ends_at or newest[request.series_id] is request
    ]
