"""The repository of locks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.locks.lock import GuestInfo, Lock, LockDefaults
from bot.domain.locks.presence import Presence
from bot.domain.planning.holdings import FullSlot
from bot.domain.stays.access_requests import AccessRequest
from bot.ports.lock_provider import LockInfo


class Locks(Protocol):
    async def all(self) -> Sequence[Lock]:
        """In order of name, without those that were forgotten."""
        ...

    async def get(self, lock_id: str) -> Lock | None: ...
    async def get_many(self, lock_ids: Collection[str]) -> Mapping[str, Lock]: ...
    async def by_ref(self, provider_ref: str) -> Lock | None: ...
    async def of_stay(self, request: AccessRequest) -> tuple[Lock, ...]:
        """Its doors, the one named first first; empty where one of them is not there any more."""
        ...

    async def for_update(self, *lock_ids: str) -> None:
        """From here to the end of the transaction nobody else decides about these locks."""
        ...

    async def learn_full(self, lock_id: str, slot: FullSlot, at: datetime) -> None:
        """The provider says that this slot has no place left, although our ledger had one."""
        ...

    async def seen_full(self, lock_id: str, now: datetime) -> frozenset[FullSlot]:
        """What the provider has told us and what is still to be believed."""
        ...

    async def put(self, seen: LockInfo, house: str, at: datetime | None = None) -> bool:
        """Adds or refreshes a lock; True when it is new. `house`: the zone of locks that have none of their own.
        `at`: now, be the word older or not."""
        ...

    async def expect(self, provider_refs: Collection[str]) -> None:
        """Reads these at once: each of them is `put` next in this transaction."""
        ...

    async def know_as(self, lock_id: str, names: Sequence[str]) -> None:
        """The names by which rules hold on to it, from here on; `put` adds to them."""
        ...

    async def set_zone(self, lock_id: str, wanted: str, house: str, at: datetime) -> None:
        """The operator's word for its zone; with nothing, that word is taken back."""
        ...

    async def zone_followed(self, lock_id: str) -> None:
        """Its stays go by its zone as it is now."""
        ...

    async def forget(self, lock_id: str, at: datetime) -> None:
        """No list names it from here on, until the provider has it again."""
        ...

    async def mark(self, lock_id: str, presence: Presence) -> None:
        """Whether the provider has it still, as far as we know."""
        ...

    async def set_up(self, lock_id: str, guest_info: GuestInfo, defaults: LockDefaults) -> None: ...
    async def note_error(self, lock_id: str, at: datetime | None) -> None:
        """A PIN could not be made although the lock is said to make them; None: one could."""
        ...
