"""The repository of access codes, with their sealed PINs and what we know of their use."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.approvals.limits import AliveByRules
from bot.domain.pins import Pin
from bot.domain.planning.holdings import Holdings
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.evidence import Evidence


class Codes(Protocol):
    async def add(self, code: AccessCode) -> None: ...
    async def get(self, code_id: str, *, for_update: bool = False) -> AccessCode | None:
        """`for_update`: nobody else writes anything of its stay until the transaction ends."""
        ...

    async def save(self, code: AccessCode, pin: Pin | None = None) -> AccessCode:
        """`pin`: once it is made."""
        ...

    async def save_all(self, codes: Sequence[AccessCode]) -> None: ...

    async def of_request(self, request_id: str) -> Sequence[AccessCode]:
        """All codes of a request, oldest first."""
        ...

    async def of_requests(self, request_ids: Collection[str]) -> Mapping[str, Sequence[AccessCode]]: ...
    async def of_stays_for_update(self, code_ids: Collection[str]) -> Mapping[str, Sequence[AccessCode]]:
        """All codes of the stays that these belong to, by stay, oldest first; nobody else writes anything of those
        stays until the transaction ends."""
        ...

    async def of_guest(self, guest_id: str, now: datetime) -> Sequence[AccessCode]:
        """Those whose window has not ended, newest first."""
        ...

    async def alive_by_rules(self, requester: str, lock_ids: Collection[str], now: datetime) -> AliveByRules:
        """Those that the rules approved by themselves: of this person, and of everybody at these locks."""
        ...

    async def recent(self, limit: int) -> Sequence[AccessCode]: ...
    async def awaited(self, now: datetime, requester: str | None, limit: int) -> Sequence[AccessCode]:
        """Of one requester or of all: PINs that nobody has used yet, and whatever starts within a day of now and has
        not ended; the soonest start first."""
        ...

    async def held(self, now: datetime) -> Mapping[str, int]:
        """How many PINs each lock holds, by the lock's id; a lock that holds none is left out."""
        ...

    async def by_ref(self, provider_ref: str) -> AccessCode | None: ...
    async def by_pin(self, lock_id: str, pin: Pin) -> Sequence[AccessCode]: ...
    async def any_holds(self, pins: Collection[Pin], now: datetime) -> bool:
        """Whether one of these is a PIN that a lock holds, whosever it is."""
        ...

    async def could_open(self, lock_id: str, at: datetime, give: timedelta = timedelta()) -> Sequence[AccessCode]:
        """Those whose PIN existed and could have opened this lock then, give or take."""
        ...

    async def pin(self, code_id: str) -> Pin | None:
        """Opens the seal."""
        ...

    async def holdings(self, lock_id: str, now: datetime) -> Holdings: ...
    async def tries_since(self, lock_id: str, since: datetime) -> int:
        """How many creations were begun at this lock (for the provider's rate limit)."""
        ...

    async def mark_due(self, code_id: str, now: datetime) -> None:
        """Falls due now, unless it waits to be minted or for nothing; what was read before this is Stale."""
        ...

    async def already_sent(self, code_id: str) -> frozenset[str]: ...
    async def evidence(self, code_id: str) -> Sequence[Evidence]: ...
    async def evidence_of(self, code_ids: Collection[str]) -> Sequence[Evidence]:
        """Of several codes at once."""
        ...

    async def add_evidence(self, evidence: Evidence) -> None: ...
