"""Online PINs as the core needs them: the provider's side, and the repository. Beside the other ports in
`bot.ports`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.locks.online_pins import OnlinePin
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow


class OnlineState(StrEnum):
    """How the last thing asked of a PIN stands: under way, the lock has it, the lock has it no more, it cannot be."""

    PENDING = "pending"
    SET = "set"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OnlineOrder:
    """What the lock is to know: under a unique `name`, so that a lost answer can be looked up."""

    lock_ref: str
    name: str
    pin: Pin
    window: AccessWindow | None = None


@dataclass(frozen=True, slots=True)
class OnlinePinInfo:
    """`ref` is the provider's name of the PIN, or of what was asked of it; `problem` in plain words."""

    ref: str
    standing: OnlineState = OnlineState.PENDING
    problem: str = ""


class OnlineProvider(Protocol):
    """Every method raises ProviderError and nothing else."""

    async def program(self, order: OnlineOrder) -> OnlinePinInfo:
        """Never repeated blindly: after OutcomeUnknown comes `find`."""
        ...

    async def find(self, order: OnlineOrder) -> OnlinePinInfo | None:
        """What an earlier `program` of this order left behind; None when certainly nothing."""
        ...

    async def change(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        """Other digits, or another window; repeated, it has one effect."""
        ...

    async def erase(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        """Repeated, it has one effect; of what is not there any more it says GONE.

        `ref` is empty where the answer to `program` was lost and `find` knows nothing of it.
        """
        ...

    async def look(self, ref: str) -> OnlinePinInfo: ...


class OnlinePins(Protocol):
    async def add(self, pin: OnlinePin, digits: Pin) -> None: ...
    async def get(self, pin_id: str) -> OnlinePin | None: ...
    async def save(self, pin: OnlinePin) -> OnlinePin:
        """Raises Stale when the row has moved on since it was read."""
        ...

    async def digits(self, pin_id: str) -> Pin | None:
        """Opens the seal: what the lock is to know, the new digits where they are being changed."""
        ...

    async def keep_next(self, pin_id: str, digits: Pin) -> None:
        """The digits that it is being changed to."""
        ...

    async def settle(self, pin_id: str, *, changed: bool) -> None:
        """The change has come to an end: the new digits stand, or the old ones do."""
        ...

    async def holds(self, lock_id: str, digits: Pin, now: datetime) -> bool:
        """Whether this lock knows these digits, from whomever of ours."""
        ...

    async def of_lock(self, lock_id: str, now: datetime) -> Sequence[OnlinePin]:
        """Those that live, oldest first."""
        ...
