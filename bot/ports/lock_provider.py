"""The lock's provider, as the core needs it, and how it may fail. Beside the other ports in `bot.ports`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.locks.health import NOTHING_TOLD, LockHealth
from bot.domain.locks.remote_commands import Action
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow, PinKind


@dataclass(frozen=True, slots=True)
class LockInfo:
    """A lock as its provider describes it."""

    provider_ref: str
    name: str
    zone: str | None
    makes_offline_pins: bool
    has_bridge: bool
    health: LockHealth = NOTHING_TOLD
    bridge_ref: str | None = None
    account_ref: str | None = None


@dataclass(frozen=True, slots=True)
class MintOrder:
    """One PIN to be made. `name` is unique, so that a lost answer can be looked up."""

    lock_ref: str
    name: str
    kind: PinKind
    window: AccessWindow
    slot_index: int
    zone: str


@dataclass(frozen=True, slots=True)
class Minted:
    """What the provider has under `ref`. `pin` is None while it is still being made."""

    ref: str
    pin: Pin | None
    window: AccessWindow | None = None


@dataclass(frozen=True, slots=True)
class Operated:
    """How an order to a bridge stands. `done`: None while it is under way, False where it failed; `problem` then says
    why, in plain words and without the vendor's."""

    ref: str
    done: bool | None = None
    problem: str = ""


class LockProvider(Protocol):
    """Every method raises ProviderError and nothing else."""

    async def locks(self) -> Sequence[LockInfo]: ...
    async def has(self, ref: str) -> bool:
        """Whether there is such a lock: asked for by itself, whatever a list says."""
        ...

    async def mint(self, order: MintOrder) -> Minted:
        """Makes the PIN. Never repeated blindly: after OutcomeUnknown comes `find`."""
        ...

    async def find(self, order: MintOrder) -> Minted | None:
        """What an earlier `mint` of this order left behind; None when certainly nothing."""
        ...

    async def fetch(self, ref: str) -> Minted: ...
    async def operate(self, lock_ref: str, action: Action) -> Operated:
        """Unlocks or locks a door through its bridge. Never repeated blindly: OutcomeUnknown is the end of it."""
        ...

    async def operated(self, ref: str) -> Operated:
        """What has become of an order."""
        ...

    async def check(self) -> str:
        """One line for `doctor`: whom we reached."""
        ...
