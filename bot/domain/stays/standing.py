"""Standing: what every PIN of a stay does at its door, and how sure we are. The one source of whatever people are told
about a PIN; nobody looks at a code's status for that.

A stay can have several PINs at once: one for each door, one for each part of its time, and earlier ones that were
replaced or moved and open as they did. What becomes of a code is `bot.domain.stays.advance`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.messages.message import Message, MessageStatus
from bot.domain.stays.access_codes import DOOR_LEFT, AccessCode, CodeStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.withdrawing import CLOCKS_DIFFER
from bot.domain.windows import PinKind

S = CodeStatus


class Opens(StrEnum):
    """PERHAPS: it hangs on something that nobody has told us."""

    CERTAIN = "certain"
    PERHAPS = "perhaps"
    NOTHING = "nothing"


class PinState(StrEnum):
    """What there is to say of one PIN. MAY_EXIST: it was given up while it was being made. MAY_BE_SPENT: a one-time PIN
    that people say has opened, or that nobody has told us of since it began to open; SPENT: the lock says so."""

    WAITS = "waits"
    MAKING = "making"
    OPENS = "opens"
    UNCONFIRMED = "unconfirmed"
    MAY_EXIST = "may_exist"
    MAY_BE_SPENT = "may_be_spent"
    SPENT = "spent"
    EXPIRED = "expired"
    ENDED = "ended"
    DELETED = "deleted"
    NEVER_MADE = "never_made"


P = PinState
_PERHAPS = frozenset({P.UNCONFIRMED, P.MAY_EXIST, P.MAY_BE_SPENT})
_AHEAD = frozenset({P.WAITS, P.MAKING, P.OPENS})
_ON_PAGE = _AHEAD | {P.UNCONFIRMED, P.MAY_BE_SPENT, P.EXPIRED, P.NEVER_MADE}
UNREAD = frozenset({MessageStatus.UNDELIVERED, MessageStatus.REFUSED, MessageStatus.DROPPED})
_TELLS_HOW = ("pin", "on_arrival")
"""The texts that tell a guest how to get in."""

_BY_LOCK = frozenset({"lock", "lock_time"})


@dataclass(frozen=True, slots=True)
class PinStanding:
    """One PIN. `number` counts the stay's PINs from 1, oldest first. `current`: the newest for its door and its part of
    the time. `evidence`: why we believe that it was used. `unread`: what tells its guest of it reached nobody."""

    code: AccessCode
    number: int
    state: PinState
    current: bool
    evidence: tuple[Evidence, ...] = ()
    unread: bool = False

    @property
    def opens(self) -> Opens:
        """From `code.window.starts_at` until `code.window.ends_at`."""
        if self.state in _PERHAPS:
            return Opens.PERHAPS
        return Opens.CERTAIN if self.state is P.OPENS else Opens.NOTHING

    @property
    def may_open(self) -> bool:
        return self.opens is not Opens.NOTHING

    @property
    def used(self) -> bool:
        return bool(self.evidence)


@dataclass(frozen=True, slots=True)
class Standing:
    """All PINs of a stay at `now`, in the order in which their codes were made."""

    pins: tuple[PinStanding, ...]
    now: datetime

    @property
    def current(self) -> tuple[PinStanding, ...]:
        """The newest of each door and part, by door and time."""
        return tuple(sorted((p for p in self.pins if p.current), key=lambda p: p.code.part))

    @property
    def earlier(self) -> tuple[PinStanding, ...]:
        """PINs that a newer one has taken the place of, or whose door was left, and that open, or may."""
        return tuple(p for p in self.pins if p.may_open and not p.current)

    @property
    def open(self) -> tuple[PinStanding, ...]:
        """Every PIN that opens, or may."""
        return tuple(p for p in self.pins if p.may_open)

    @property
    def guests(self) -> tuple[PinStanding, ...]:
        """The PIN that is the guest's now, or else the next one, of each door."""
        by_lock: dict[str, list[PinStanding]] = {}
        for pin in self.current:
            by_lock.setdefault(pin.code.lock_id, []).append(pin)
        return tuple(self._nearest(pins) for pins in by_lock.values())

    @property
    def on_page(self) -> tuple[PinStanding, ...]:
        """What the guest's page shows: of theirs what opens, may, will, or should, and was not given up."""
        now = self.now
        return tuple(
            p for p in self.guests if p.state in _ON_PAGE and p.code.given_up is None and now < p.code.window.ends_at
        )

    def meanwhile(self, pin: PinStanding) -> tuple[PinStanding, ...]:
        """What opens the same door now where this PIN is still to come: one that it will take the place of."""
        if pin.state not in (P.WAITS, P.MAKING):
            return ()
        door, now = pin.code.lock_id, self.now
        return tuple(
            p
            for p in self.earlier
            if p.code.lock_id == door and p.code.part != DOOR_LEFT and p.code.window.contains(now)
        )

    @property
    def main(self) -> PinStanding | None:
        """The PIN that somebody means who names none: the guest's, at the first of the doors."""
        return self.guests[0] if self.pins else None

    @property
    def inside(self) -> Evidence | None:
        """Why we believe that somebody has been in; the earliest there is."""
        return min((e for p in self.pins for e in p.evidence), key=lambda e: e.at, default=None)

    @property
    def as_shown(self) -> str:
        """Every PIN with what it does: whoever agrees to something agrees to this, and to nothing else."""
        return " ".join(f"{pin.number}:{pin.state.value}{':used' if pin.used else ''}" for pin in self.pins)

    def of(self, code_id: str) -> PinStanding | None:
        return next((p for p in self.pins if p.code.id == code_id), None)

    def _nearest(self, pins: Sequence[PinStanding]) -> PinStanding:
        """What runs, else what is to come, else what was last; a PIN that still does something before one that is
        over."""
        lasting = [p for p in pins if p.state in _AHEAD | _PERHAPS] or list(pins)
        running = [p for p in lasting if p.code.window.contains(self.now)]
        ahead = [p for p in lasting if p.code.window.starts_at > self.now]
        return min(running or ahead, key=_start) if running or ahead else max(lasting, key=_start)


def standing(
    codes: Sequence[AccessCode], evidence: Iterable[Evidence], now: datetime, messages: Iterable[Message] = ()
) -> Standing:
    """What all codes of one stay do now; `codes` oldest first, and its `messages`, where somebody reads whether the
    guest was reached."""
    reached = reached_by(messages)
    seen: dict[str, list[Evidence]] = {}
    for one in evidence:
        seen.setdefault(one.code_id, []).append(one)
    newest = newest_of_parts(codes)
    return Standing(
        tuple(
            PinStanding(
                code,
                number,
                pin_state(code, seen.get(code.id, ()), now),
                code.part in newest and newest[code.part].id == code.id,
                tuple(seen.get(code.id, ())),
                reached.get(code.id) in UNREAD,
            )
            for number, code in enumerate(codes, 1)
        ),
        now,
    )


def reached_by(messages: Iterable[Message]) -> Mapping[str, MessageStatus]:
    """How far the newest text that tells a guest of it has come, by the code's id. `messages` oldest first: whoever is
    texted again may not have the first, or has another number by now."""
    tell = [message for message in messages if message.phrase in _TELLS_HOW]
    return {code_id: message.reached for message in tell for code_id in message.code_ids}


def pin_state(code: AccessCode, evidence: Sequence[Evidence], now: datetime) -> PinState:
    """By the code's row and the time together: a row may not have been looked at yet."""
    if code.deleted is not None:
        return P.DELETED
    if not code.has_pin:
        return _unmade(code, now)
    if now >= code.window.ends_at:
        return P.ENDED
    # Opened once in silence it opens no more, and nobody has told us; a door's clock may be a little ahead of ours.
    if code.kind is PinKind.ONE_TIME and (evidence or now >= code.window.starts_at - CLOCKS_DIFFER):
        return P.SPENT if any(e.source == "lock" for e in evidence) else P.MAY_BE_SPENT
    if not evidence and code.activate_by is not None and now >= code.activate_by:
        # Silence is no proof: only the clock, where the lock would have told us, calls it expired.
        return P.EXPIRED if code.status is S.EXPIRED else P.UNCONFIRMED
    return P.OPENS


def _unmade(code: AccessCode, now: datetime) -> PinState:
    over = now >= code.window.ends_at
    if code.status is S.WITHDRAWN:
        # A creation may have been begun; past its deadline nobody can have used digits that nobody knows.
        return P.MAY_EXIST if now < code.deadline else P.NEVER_MADE
    if over or code.status in (S.RELEASED, S.FAILED):
        return P.NEVER_MADE
    return P.WAITS if code.status is S.RESERVED else P.MAKING


def newest_of_parts(codes: Iterable[AccessCode]) -> Mapping[int, AccessCode]:
    """The newest code of each door and part; `codes` oldest first. A door that was left counts no more."""
    return {code.part: code for code in codes if code.part != DOOR_LEFT}


def newest_like(codes: Iterable[AccessCode], code: AccessCode) -> AccessCode:
    """The newest code for the same door and part as this one, which may be itself."""
    return newest_of_parts(codes).get(code.part, code)


def _start(pin: PinStanding) -> datetime:
    return pin.code.window.starts_at
