"""Message: words for one person by one medium, and how far they have come. The words themselves are made at the
moment of sending (`bot.conversation.phrases`); a queued message holds a phrase and its facts, never a PIN."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Medium(StrEnum):
    SMS = "sms"
    SLACK = "slack"


class MessageStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    DROPPED = "dropped"


_RANK = {s: rank for rank, s in enumerate((MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.SENT))}
FINAL = frozenset(MessageStatus) - frozenset(_RANK)
TAKEN = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED})
"""The vendor has accepted it and it must never be handed over again."""


def later(before: MessageStatus, reported: MessageStatus) -> MessageStatus:
    """The truer of two states, whatever order the vendor's callbacks come in: nothing goes back, finals stay.

    A delivery outranks an earlier "undelivered" (Twilio: callbacks are unordered and best effort).
    """
    if before is MessageStatus.UNDELIVERED and reported is MessageStatus.DELIVERED:
        return reported
    if before in FINAL:
        return before
    if reported in FINAL:
        return reported
    return max(before, reported, key=lambda s: _RANK[s])


@dataclass(frozen=True, slots=True)
class Message:
    """`key` is unique: the same thing is said once. `recipient` is a guest's id (sms) or a chat address (slack).
    `in_thread`: it is posted as a reply under its request's card, in the order of the ids."""

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
    version: int = 0
