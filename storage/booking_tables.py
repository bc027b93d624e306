"""The tables of booking systems and of what they said; beside those of `storage.tables`."""

from datetime import datetime

from sqlalchemy import JSON, Column, ForeignKey, Index, String
from sqlmodel import Field, SQLModel

from storage.columns import Sealed, UtcDateTime


class BookingSourceRow(SQLModel, table=True):
    """A booking system whose bookings become stays. `credentials` and `token` as JSON."""

    __tablename__ = "booking_sources"
    id: str = Field(primary_key=True, max_length=26)
    name: str = Field(unique=True)
    vendor: str
    credentials: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    token: bytes | None = Field(default=None, sa_column=Column(Sealed(), nullable=True))
    created_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    heard_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    version: int = 0


class ListingRow(SQLModel, table=True):
    """What is booked at such a system, and which doors that is. `id` is its source's, then the system's own."""

    __tablename__ = "listings"
    id: str = Field(primary_key=True)
    source_id: str = Field(sa_column=Column(String(26), ForeignKey("booking_sources.id"), nullable=False, index=True))
    listing: str
    name: str = ""
    lock_ids: list[str] = Field(sa_column=Column(JSON, nullable=False))
    seen_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


class BookingRow(SQLModel, table=True):
    """A booking. `external_mark` is the fingerprint of `external_id`; `words` what was said last, as JSON, for as long
    as something is to be done about it."""

    __tablename__ = "bookings"
    __table_args__ = (Index("one_booking_per_external_id", "source_id", "external_mark", unique=True),)
    id: str = Field(primary_key=True, max_length=26)
    source_id: str = Field(sa_column=Column(String(26), ForeignKey("booking_sources.id"), nullable=False))
    external_id: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    external_mark: str
    words: bytes | None = Field(default=None, sa_column=Column(Sealed(), nullable=True))
    changed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    root_id: str | None = None
    spoken_by: str | None = None
    received_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    over_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True, index=True))
    claimed_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    attempts: int = 0
    unmet: str | None = None
    version: int = 0
