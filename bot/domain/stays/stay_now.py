"""A stay as it stands now: who comes, to which doors, and what its PINs do."""

from dataclasses import dataclass

from bot.domain.locks.lock import Lock, together
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
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
