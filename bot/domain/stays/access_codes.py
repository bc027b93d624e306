"""AccessCode: one guest, one lock, one window; its life as one table of transitions.

What moves a code along is `bot.domain.stays.advance`; who asked for it is `bot.domain.stays.access_requests`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.stays.given_up import Deletion, GivenUp
from bot.domain.windows import AccessWindow, PinKind


class CodeStatus(StrEnum):
    RESERVED = "reserved"
    MINTING = "minting"
    READY = "ready"
    SHARED = "shared"
    ACTIVE = "active"
    ENDED = "ended"
    RELEASED = "released"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


S = CodeStatus
TRANSITIONS: Mapping[CodeStatus, frozenset[CodeStatus]] = {
    S.RESERVED: frozenset({S.MINTING, S.RELEASED}),
    S.MINTING: frozenset({S.READY, S.FAILED, S.WITHDRAWN}),
    S.READY: frozenset({S.SHARED, S.ACTIVE, S.UNCONFIRMED, S.EXPIRED, S.WITHDRAWN, S.ENDED}),
    S.SHARED: frozenset({S.ACTIVE, S.UNCONFIRMED, S.EXPIRED, S.WITHDRAWN, S.ENDED}),
    S.ACTIVE: frozenset({S.WITHDRAWN, S.ENDED}),
    S.UNCONFIRMED: frozenset({S.ACTIVE, S.WITHDRAWN, S.ENDED}),
    S.EXPIRED: frozenset({S.ACTIVE}),  # the lock's own event can reach us late, and the lock knows best
    S.WITHDRAWN: frozenset({S.ENDED}),
    S.ENDED: frozenset(),
    S.RELEASED: frozenset(),
    S.FAILED: frozenset(),
}
"""The whole life of a code. The diagram in docs/states.md is drawn from this table."""

SETTLED = frozenset({S.ENDED, S.RELEASED, S.FAILED, S.EXPIRED})
"""Nothing falls due for these any more."""

HOLDS_A_PLACE = frozenset(S) - {S.RELEASED, S.FAILED, S.ENDED}
"""These count towards a lock's PINs until their window ends; a withdrawn PIN still opens, so it keeps its place."""

DOOR_LEFT = -1
"""Stands as the part of a code whose door its stay has left, and whose place nothing has taken."""

PAST_DEADLINE = frozenset({S.UNCONFIRMED, S.EXPIRED})
"""Its activation window went by without a word of its use. UNCONFIRMED: nobody would have told us. EXPIRED: the lock
reports openings, and reported none."""


class IllegalTransition(Exception):
    """A move that the table does not have: a bug, never a person's mistake."""


def check_transition(before: CodeStatus, after: CodeStatus) -> None:
    """Raises IllegalTransition when the table does not have this move."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(f"{before} → {after}")


@dataclass(frozen=True, slots=True)
class TakenSlot:
    """One of the few PINs a lock allows for the same start: its key is the lock's local start hour or date."""

    key: str
    index: int


@dataclass(frozen=True, slots=True)
class Minting:
    """What we know of our dealings with the provider about one code.

    `tried_at`: a creation was begun then and may have happened. `provider_ref`: the provider has it.
    `claimed_until` is on the machine's clock: until then one worker has it in hand.
    """

    attempts: int = 0
    tried_at: datetime | None = None
    claimed_until: datetime | None = None
    provider_ref: str | None = None


@dataclass(frozen=True, slots=True)
class AccessCode:
    """`part`: which door and which stretch of its stay's time it is for, counted from 0; whatever replaces it has the
    same, be it at another door. `on_arrival`: it waits for its guest to be there, and no PIN is made before that;
    `mint_at` is when the guest is told so."""

    id: str
    request_id: str
    lock_id: str
    guest_id: str
    kind: PinKind
    window: AccessWindow
    slot: TakenSlot
    mint_at: datetime
    status: CodeStatus = CodeStatus.RESERVED
    has_pin: bool = False
    due_at: datetime | None = None
    replaces: str | None = None
    minting: Minting = field(default_factory=Minting)
    given_up: GivenUp | None = None
    deleted: Deletion | None = None
    on_arrival: bool = False
    part: int = 0
    version: int = 0

    @property
    def activate_by(self) -> datetime | None:
        return self.window.activate_by

    @property
    def deadline(self) -> datetime:
        """After this instant an unused PIN opens nothing: `activate_by`, or the end of a PIN of 24 h or less."""
        return self.activate_by or self.window.ends_at

    @property
    def provider_name(self) -> str:
        """The name under which the provider keeps it: unique, so that a lost answer can be looked up."""
        return f"NP-{self.id}"
