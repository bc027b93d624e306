"""The repository of access requests."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.stays.access_requests import AccessRequest


class Requests(Protocol):
    async def add(self, request: AccessRequest) -> None: ...
    async def get(self, request_id: str, *, for_update: bool = False) -> AccessRequest | None:
        """`for_update`: nobody else writes anything of this stay until the transaction ends."""
        ...

    async def for_update(self, request_ids: Collection[str]) -> None:
        """The same for several stays: whoever writes more than one holds them all first."""
        ...

    async def get_many(self, request_ids: Collection[str]) -> Mapping[str, AccessRequest]: ...
    async def save(self, request: AccessRequest) -> AccessRequest:
        """Raises Stale when the row has moved on since it was read."""
        ...

    async def of_requester(self, requester: str, limit: int) -> Sequence[AccessRequest]:
        """Somebody's own, newest first."""
        ...

    async def with_guests(
        self, requester: str | None, limit: int, now: datetime | None = None
    ) -> Sequence[tuple[str, str]]:
        """The ids of the newest, with the name that each was asked for with; of one requester, or of all. With `now`
        what goes on then stands before what is over."""
        ...

    async def of_guest(self, guest_id: str) -> Sequence[AccessRequest]:
        """Those of this number that wait for a decision or are approved, newest first; over or not, the newest few."""
        ...

    async def by_short_id(self, short_id: str) -> Sequence[AccessRequest]: ...
    async def open_of(self, requester: str) -> tuple[int, datetime | None]:
        """How many of somebody's wait for a decision, and when the first of these begins."""
        ...

    async def at_lock(self, lock_id: str, now: datetime) -> Sequence[AccessRequest]:
        """Those of this door that wait or stand and are not over, the soonest first."""
        ...

    async def beginning(self, since: datetime, until: datetime) -> Sequence[AccessRequest]:
        """Those that wait for a decision and begin in `[since, until)`, and approved ones of which a PIN does."""
        ...

    async def pending(self, limit: int) -> Sequence[AccessRequest]:
        """Those that wait for a decision, the soonest stay first."""
        ...
