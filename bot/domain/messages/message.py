"""Message: words for one person by one medium, and how far they have come. The words themselves are made at the
moment of sending (`bot.conversation.guest_texts.phrases`); a queued message holds a phrase and its facts, never a
PIN."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Medium(StrEnum):
    SMS = "sms"
    SLACK = "slack"


class Route(StrEnum):
    """By which of our senders a text goes: the usual one, or the second where one is configured. REPLY: from the very
    address that a guest wrote to, where that is no telephone's; what cannot go there goes as any other text."""

    FIRST = "first"
    SECOND = "second"
    REPLY = "reply"


class MessageStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    DROPPED = "dropped"


DELIVERED_AT = "delivered_at"
"""The fact of a text that has arrived: when we heard so."""

_RANK = {s: rank for rank, s in enumerate((MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.SENT))}
FINAL = frozenset(MessageStatus) - frozenset(_RANK)
TAKEN = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED})
"""The vendor has accepted it and it must never be handed over again."""


def later(before: MessageStatus, reported: MessageStatus) -> MessageStatus:
    """The truer of two states, whatever order the vendor's callbacks come in: nothing goes back, finals stay.

    A delivery outranks an earlier "undelivered" (Twilio: callbacks are unordered and best effort), and "dropped": a
    text whose outcome was unknown may have left us before it was held back, and what lies on a phone was not dropped.
    """
    if before in (MessageStatus.UNDELIVERED, MessageStatus.DROPPED) and reported is MessageStatus.DELIVERED:
        return reported
    if before in FINAL:
        return before
    if reported in FINAL:
        return reported
    return max(before, reported, key=lambda s: _RANK[s])


@dataclass(frozen=True, slots=True)
class Attempt:
    """A handing-over that definitely failed. `ref` is the vendor's; None where the vendor refused it at once."""

    ref: str | None
    problem: str
    at: datetime
    way: Route = Route.FIRST


@dataclass(frozen=True, slots=True)
class Message:
    """`key` is unique: the same thing is said once. `recipient` is a guest's id (sms) or a chat address (slack).
    `in_thread`: it is posted as a reply under its request's card, in the order of the ids. `earlier`: what failed and
    was, or will be, tried again; late reports about it are still understood. `looks`: how often the vendor was asked
    about a text that it does not report on."""

    id: str
    key: str
    medium: Medium
    recipient: str
    phrase: str
    created_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)
    code_id: str | None = None
    request_id: str | None = None
    status: MessageStatus = MessageStatus.QUEUED
    due_at: datetime | None = None
    attempts: int = 0
    tried_at: datetime | None = None
    claimed_until: datetime | None = None
    vendor_ref: str | None = None
    problem: str | None = None
    in_thread: bool = False
    way: Route = Route.FIRST
    earlier: tuple[Attempt, ...] = ()
    looks: int = 0
    version: int = 0

    @property
    def earlier_refs(self) -> frozenset[str]:
        return frozenset(a.ref for a in self.earlier if a.ref is not None)

    @property
    def code_ids(self) -> tuple[str, ...]:
        """The codes that it is about: one text can hold the PINs of several doors (fact `together`, an id a line)."""
        more = self.facts.get("together", "").split()
        return tuple(more) or ((self.code_id,) if self.code_id else ())

    @property
    def topic(self) -> str:
        """What is said once about each of its codes: its key without the code."""
        return self.key.removeprefix(f"{self.code_id}:") if self.planned else self.key

    @property
    def left_us(self) -> bool:
        """The vendor has taken it at least once: it may lie on the phone, whatever was reported."""
        return self.status in TAKEN or bool(self.earlier_refs)

    @property
    def planned(self) -> bool:
        """Said because a stay has come so far, not because somebody has just asked for it."""
        return self.code_id is not None and self.key.startswith(f"{self.code_id}:")

    @property
    def reached(self) -> MessageStatus:
        """How far it has come for the one who waits for it: one that failed and waits to be tried again has not."""
        waits = self.status in (MessageStatus.QUEUED, MessageStatus.SENDING)
        return MessageStatus.UNDELIVERED if self.earlier and waits else self.status
