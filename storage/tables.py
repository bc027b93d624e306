"""The tables. Every class ends in Row and none leaves this folder; what rows mean is `bot.domain`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, String, TextClause, text
from sqlmodel import Field, SQLModel

from storage.columns import Sealed, UtcDateTime


def _instant(*, null: bool = True, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime(), nullable=null, index=index))


def _id() -> Any:
    return Field(primary_key=True, max_length=26)


def _points_to(target: str, *, null: bool = False) -> Any:
    return Field(default=None, sa_column=Column(String(26), ForeignKey(target), nullable=null, index=True))


def _partial(where: TextClause, name: str, *columns: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


class LockRow(SQLModel, table=True):
    __tablename__ = "locks"
    id: str = _id()
    provider_ref: str = Field(unique=True)
    name: str
    zone: str
    makes_offline_pins: bool = True
    has_bridge: bool = False
    guest_name: str | None = None
    wake: str | None = None
    end_key: str | None = None
    contact: str | None = None
    contact_phone: str | None = None
    page: bool = False
    battery_level: float | None = None
    battery_word: str | None = None
    online: bool | None = None
    seen_at: datetime | None = _instant()
    bridge_ref: str | None = None
    pin_error_at: datetime | None = _instant()
    aliases: str = ""
    """One to a line; so are `tags`."""
    tags: str = ""
    check_in: str | None = None
    """`15:00`, on the lock's clock; so is `check_out`."""
    check_out: str | None = None
    zone_source: str = ""
    vendor_zone: str | None = None
    zone_before: str | None = None
    account_ref: str | None = None
    listed_at: datetime | None = _instant()
    missing_since: datetime | None = _instant()
    missed_lists: int = 0
    gone_at: datetime | None = _instant()
    zone_changed_at: datetime | None = _instant()
    forgotten_at: datetime | None = _instant()
    names: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """What the provider has called it, oldest first; empty of one that was not read since they are kept."""


class FullSlotRow(SQLModel, table=True):
    """What the provider said was full although our ledger had a place: somebody used the vendor's own app."""

    __tablename__ = "full_slots"
    lock_id: str = Field(sa_column=Column(String(26), ForeignKey("locks.id"), primary_key=True))
    kind: str = Field(primary_key=True)
    slot_key: str = Field(primary_key=True)
    at: datetime = _instant(null=False)


class GuestRow(SQLModel, table=True):
    """A number that is texted. Who reads there, and in which language, is said by each stay."""

    __tablename__ = "guests"
    id: str = _id()
    phone: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    phone_mark: str = Field(unique=True)
    opted_out_at: datetime | None = _instant()
    erased_at: datetime | None = _instant()


IS_PENDING = text("status = 'pending'")
"""As `HOLDS_A_PLACE` below: few wait, and what was decided grows for ever."""


class AccessRequestRow(SQLModel, table=True):
    __tablename__ = "access_requests"
    __table_args__ = (
        _partial(IS_PENDING, "pending_requests", "granted_starts_at"),
        _partial(IS_PENDING, "pending_of_requester", "requester", "granted_starts_at", "status"),
    )
    id: str = _id()
    lock_id: str = _points_to("locks.id")
    guest_id: str = _points_to("guests.id")
    requester: str = Field(index=True)
    status: str
    kind: str
    asked_starts_at: datetime = _instant(null=False)
    asked_ends_at: datetime = _instant(null=False)
    granted_starts_at: datetime = _instant(null=False)
    granted_ends_at: datetime = _instant(null=False, index=True)
    note: str | None = None
    created_at: datetime = _instant(null=False)
    approver: str | None = None
    approved: bool | None = None
    decided_at: datetime | None = _instant()
    reason: str | None = None
    given_up_by: str | None = None
    given_up_at: datetime | None = _instant()
    amendments: int = 0
    amended_by: str | None = None
    amended_at: datetime | None = _instant()
    amended_starts_at: datetime | None = _instant()
    amended_ends_at: datetime | None = _instant()
    kind_asked: str | None = None
    emergency: bool | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = _instant()
    due_at: datetime | None = _instant(index=True)
    workspace: str = ""
    on_arrival: bool = False
    more_locks: str = ""
    """The doors beside `lock_id`, one to a line."""
    chain: bool = False
    guest_name: str = ""
    language: str = "en"
    language_chosen_by: str = "nobody"
    asked_under: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    short_id: str = Field(default="", index=True)
    booked_starts_at: datetime | None = _instant()
    booked_ends_at: datetime | None = _instant()
    erased_at: datetime | None = _instant()
    series_id: str | None = Field(default=None, max_length=26, index=True)
    visit: int = 0
    version: int = 0


class DecisionRow(SQLModel, table=True):
    """An approval that came before the one that settled its request: nobody gives two to the same window. `amendment`
    is the number of the amendment that it approves; 0 is what was asked for."""

    __tablename__ = "decisions"
    request_id: str = Field(sa_column=Column(String(26), ForeignKey("access_requests.id"), primary_key=True))
    approver: str = Field(primary_key=True)
    amendment: int = Field(default=0, primary_key=True)
    approved: bool
    at: datetime = _instant(null=False)
    reason: str | None = None


HOLDS_A_PLACE = text("status NOT IN ('released', 'failed', 'ended')")
"""`bot.domain.stays.access_codes.HOLDS_A_PLACE` in SQL. SQLite uses a partial index only for the very same words."""

WAS_DELETED = text("deleted_at IS NOT NULL")


class AccessCodeRow(SQLModel, table=True):
    __tablename__ = "access_codes"
    __table_args__ = (
        _partial(HOLDS_A_PLACE, "one_code_per_slot", "lock_id", "kind", "slot_key", "slot_index", unique=True),
        _partial(HOLDS_A_PLACE, "held_codes", "lock_id", "ends_at"),
        _partial(WAS_DELETED, "deleted_codes", "lock_id", "ends_at"),
        Index("creations", "lock_id", "tried_at"),
    )
    id: str = _id()
    request_id: str = _points_to("access_requests.id")
    lock_id: str = Field(sa_column=Column(String(26), ForeignKey("locks.id"), nullable=False))
    guest_id: str = _points_to("guests.id")
    status: str
    kind: str
    starts_at: datetime = _instant(null=False, index=True)
    ends_at: datetime = _instant(null=False, index=True)
    slot_key: str
    slot_index: int
    mint_at: datetime = _instant(null=False)
    pin: bytes | None = Field(default=None, sa_column=Column(Sealed(), nullable=True))
    pin_mark: str | None = Field(default=None, index=True)
    provider_ref: str | None = Field(default=None, index=True)
    attempts: int = 0
    tried_at: datetime | None = _instant()
    claimed_until: datetime | None = _instant()
    due_at: datetime | None = _instant(index=True)
    replaces: str | None = _points_to("access_codes.id", null=True)
    given_up_by: str | None = None
    given_up_at: datetime | None = _instant()
    deleted_who: str | None = None
    deleted_at: datetime | None = _instant()
    deleted_said_by: str | None = None
    on_arrival: bool = False
    part: int = 0
    version: int = 0


class EvidenceRow(SQLModel, table=True):
    __tablename__ = "evidence"
    id: int | None = Field(default=None, primary_key=True)
    code_id: str = _points_to("access_codes.id")
    source: str
    by: str
    at: datetime = _instant(null=False)


class MessageRow(SQLModel, table=True):
    __tablename__ = "messages"
    id: str = _id()
    key: str = Field(unique=True)
    medium: str
    recipient: str = Field(index=True)
    phrase: str
    facts: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    code_id: str | None = _points_to("access_codes.id", null=True)
    request_id: str | None = _points_to("access_requests.id", null=True)
    status: str
    created_at: datetime = _instant(null=False)
    due_at: datetime | None = _instant(index=True)
    attempts: int = 0
    tried_at: datetime | None = _instant()
    claimed_until: datetime | None = _instant()
    vendor_ref: str | None = Field(default=None, index=True)
    problem: str | None = None
    in_thread: bool = False
    way: str = "first"
    earlier: list[dict[str, str | None]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    looks: int = 0
    version: int = 0


class SealedWordsRow(SQLModel, table=True):
    """What a text message says and nobody else may read; `id` is the message's."""

    __tablename__ = "sealed_words"
    id: str = Field(sa_column=Column(String(26), ForeignKey("messages.id"), primary_key=True))
    words: bytes = Field(sa_column=Column(Sealed(), nullable=False))


class GuestPageRow(SQLModel, table=True):
    """By which token the page of a stay's guest is found; `id` is the stay's, `mark` the token's fingerprint."""

    __tablename__ = "guest_pages"
    id: str = Field(sa_column=Column(String(26), ForeignKey("access_requests.id"), primary_key=True))
    token: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    mark: str = Field(unique=True)


class SmsCodeRow(SQLModel, table=True):
    """A code by which one approver answers a request by text message, or takes an alert; `mark` is its fingerprint.
    `code` is only read to make the mark anew under another key."""

    __tablename__ = "sms_codes"
    id: str = _id()
    request_id: str | None = _points_to("access_requests.id", null=True)
    approver: str = Field(index=True)
    code: bytes | None = Field(default=None, sa_column=Column(Sealed(), nullable=True))
    mark: str = Field(unique=True)
    starts_at: datetime = _instant(null=False)
    ends_at: datetime = _instant(null=False)
    created_at: datetime = _instant(null=False)
    used_at: datetime | None = _instant()
    alert_id: str | None = _points_to("alerts.id", null=True)
    void_at: datetime | None = _instant()


class AlertRow(SQLModel, table=True):
    """What needs a person. `notices`: ids of the messages that speak of it."""

    __tablename__ = "alerts"
    __table_args__ = (Index("open_alerts", "solved_at"),)
    id: str = _id()
    key: str = Field(unique=True)
    kind: str
    since: datetime = _instant(null=False)
    climbs_from: datetime = _instant(null=False)
    due_at: datetime | None = _instant(index=True)
    request_id: str | None = _points_to("access_requests.id", null=True)
    code_id: str | None = _points_to("access_codes.id", null=True)
    lock_id: str | None = _points_to("locks.id", null=True)
    rung: int = 0
    episode: int = 0
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = _instant()
    solved_at: datetime | None = _instant()
    outcome: str | None = None
    notices: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    workspace: str = ""
    version: int = 0


class CardRow(SQLModel, table=True):
    __tablename__ = "cards"
    request_id: str = Field(sa_column=Column(String(26), ForeignKey("access_requests.id"), primary_key=True))
    channel: str
    ts: str | None = None
    wanted: int = 1
    shown: int = 0
    tried_at: datetime | None = _instant()
    claimed_until: datetime | None = _instant()
    due_at: datetime | None = _instant(index=True)
    version: int = 0
    updated_at: datetime | None = _instant()
    digest: str = ""


class RevealRow(SQLModel, table=True):
    """Somebody looks at a PIN, or at the guest's number where there is no code: what has to be hidden again, where, and
    when. The digits stay under their seal."""

    __tablename__ = "reveals"
    id: str = _id()
    request_id: str = _points_to("access_requests.id")
    code_id: str | None = _points_to("access_codes.id", null=True)
    person: str
    place: str = Field(unique=True)
    at: datetime = _instant(null=False)
    due_at: datetime | None = _instant(index=True)
    hidden_at: datetime | None = _instant()
    attempts: int = 0
    claimed_until: datetime | None = _instant()
    version: int = 0


class RemoteCommandRow(SQLModel, table=True):
    """Somebody wants a door unlocked or locked from afar: how far that has come."""

    __tablename__ = "remote_commands"
    __table_args__ = (Index("commands_of_door", "lock_id", "asked_at"),)
    id: str = _id()
    lock_id: str = _points_to("locks.id")
    person: str
    action: str
    asked_at: datetime = _instant(null=False)
    status: str
    ref: str | None = Field(default=None, index=True)
    problem: str = ""
    workspace: str = ""
    due_at: datetime | None = _instant(index=True)
    claimed_until: datetime | None = _instant()
    version: int = 0


class OnlinePinRow(SQLModel, table=True):
    """Digits of somebody's own choice at a lock with a bridge; `next_pin` while they are being changed."""

    __tablename__ = "online_pins"
    id: str = _id()
    lock_id: str = _points_to("locks.id")
    name: str
    made_by: str
    person: str
    asked_at: datetime = _instant(null=False)
    starts_at: datetime | None = _instant()
    ends_at: datetime | None = _instant()
    status: str
    pin: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    pin_mark: str
    next_pin: bytes | None = Field(default=None, sa_column=Column(Sealed(), nullable=True))
    next_mark: str | None = None
    ref: str | None = None
    sent: bool = False
    tried: bool = False
    attempts: int = 0
    told_late: bool = False
    workspace: str = ""
    due_at: datetime | None = _instant(index=True)
    claimed_until: datetime | None = _instant()
    version: int = 0


class AccountRow(SQLModel, table=True):
    """An account at the locks' provider, and since when the provider cannot use it."""

    __tablename__ = "accounts"
    ref: str = Field(primary_key=True)
    name: str
    lost_at: datetime | None = _instant()


class AccountLinkRow(SQLModel, table=True):
    """Somebody connects an account: how far that has come."""

    __tablename__ = "account_links"
    id: str = _id()
    person: str
    asked_at: datetime = _instant(null=False)
    status: str
    ref: str | None = None
    account_ref: str | None = None
    workspace: str = ""
    due_at: datetime | None = _instant(index=True)
    claimed_until: datetime | None = _instant()
    version: int = 0


class InboxRow(SQLModel, table=True):
    """A command that waits for its answer, gone once that is said. `id` is the order in which they came."""

    __tablename__ = "inbox"
    # Without AUTOINCREMENT SQLite gives the newest id away again once its row is gone, and ids are the order.
    __table_args__ = (Index("inbox_order", "person", "id"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    person: str
    command: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    answer: bytes | None = Field(default=None, sa_column=Column(Sealed(), nullable=True))
    received_at: datetime = _instant(null=False)
    until: datetime = _instant(null=False)
    due_at: datetime = _instant(null=False, index=True)
    claimed_until: datetime | None = _instant()
    attempts: int = 0
    version: int = 0


class BucketRow(SQLModel, table=True):
    """A way into the chat: when one more call would be in step, and whether it is shut. Machine time."""

    __tablename__ = "rate_limit_buckets"
    name: str = Field(primary_key=True)
    in_step: datetime = _instant(null=False, index=True)
    failures: int = 0
    shut_until: datetime | None = _instant()
    asked_until: datetime | None = _instant()


class PermitRow(SQLModel, table=True):
    """A place in a bucket that is kept for somebody until they come for it."""

    __tablename__ = "rate_limit_permits"
    who: str = Field(primary_key=True)
    bucket: str
    at: datetime = _instant(null=False, index=True)


class LimitRow(SQLModel, table=True):
    """How far one limit is used up: milliseconds since 1970 of when one more would be in step, and how far ahead of now
    that may be. Whole numbers, since both databases reckon with them in one statement."""

    __tablename__ = "limits"
    name: str = Field(primary_key=True)
    in_step: int = Field(sa_column=Column(BigInteger(), nullable=False, index=True))
    room: int = Field(sa_column=Column(BigInteger(), nullable=False))


class PurposeRow(SQLModel, table=True):
    """One row: what this database is for."""

    __tablename__ = "purpose"
    id: int = Field(primary_key=True)
    purpose: str


class HeartbeatRow(SQLModel, table=True):
    """When a clock and a worker last gave a sign of life."""

    __tablename__ = "heartbeats"
    kind: str = Field(primary_key=True)
    at: datetime = _instant(null=False)


class ProcessRow(SQLModel, table=True):
    """A process that has this database open; `key_ids` tell which keys it knows, and nothing about them;
    `problems` what vendors have told it that the operator has to mend, by vendor."""

    __tablename__ = "processes"
    id: str = _id()
    parts: str
    key_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    problems: dict[str, list[str]] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    seen_at: datetime = _instant(null=False)


class RefusedWebhookRow(SQLModel, table=True):
    """Requests whose signature did not fit, by the vendor whose route they came to."""

    __tablename__ = "refused_webhooks"
    vendor: str = Field(primary_key=True)
    count: int
    since: datetime = _instant(null=False)
    last: datetime = _instant(null=False)


class DeliveryRow(SQLModel, table=True):
    """What vendors have handed us, so that a repeated delivery has one effect."""

    __tablename__ = "deliveries"
    source: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    at: datetime = _instant(null=False, index=True)
