"""The tables of what other programs send us and of the tokens that let them in, and of calendars that we read; beside
those of `storage.tables`."""

from datetime import datetime

from sqlalchemy import JSON, Column, ForeignKey, Index, String
from sqlmodel import Field, SQLModel

from storage.columns import Sealed, UtcDateTime


class SourceStayRow(SQLModel, table=True):
    """A stay as its source knows it. `external_mark` is the fingerprint of `external_id`; `said` what the source has
    said last, as JSON."""

    __tablename__ = "source_stays"
    __table_args__ = (Index("one_stay_per_external_id", "source", "external_mark", unique=True),)
    id: str = Field(primary_key=True, max_length=26)
    source: str
    external_id: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    external_mark: str
    said: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    request_id: str | None = Field(
        default=None, sa_column=Column(String(26), ForeignKey("access_requests.id"), nullable=True, index=True)
    )
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True, index=True))
    created_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    link: bytes | None = Field(default=None, sa_column=Column(Sealed(), nullable=True))
    """The token by which its guest may say whom to text; `link_mark` is its fingerprint."""
    link_mark: str | None = Field(default=None, index=True, unique=True)
    version: int = 0


class ApiTokenRow(SQLModel, table=True):
    """A program that may speak to us. `digest` is the hash of its token, which stands nowhere."""

    __tablename__ = "api_tokens"
    id: str = Field(primary_key=True, max_length=26)
    name: str
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    digest: str = Field(unique=True)
    created_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


class FeedRow(SQLModel, table=True):
    """A calendar that is read for a door. `known`: what it has said, as JSON."""

    __tablename__ = "feeds"
    id: str = Field(primary_key=True, max_length=26)
    lock_id: str = Field(sa_column=Column(String(26), ForeignKey("locks.id"), nullable=False, index=True))
    platform: str
    unit: str = ""
    address: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    added_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    etag: str = ""
    modified: str = ""
    read_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    good_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    changed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    whole_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    problem: str | None = None
    failures: int = 0
    empties: int = 0
    known: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False, index=True))
    claimed_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    version: int = 0


class HookRow(SQLModel, table=True):
    """A program that is called when something happens. `done` is the number of the last line of the audit log that it
    has heard of, or that was not for it."""

    __tablename__ = "hooks"
    id: str = Field(primary_key=True, max_length=26)
    name: str = Field(unique=True)
    address: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    secret: bytes = Field(sa_column=Column(Sealed(), nullable=False))
    events: list[str] = Field(sa_column=Column(JSON, nullable=False))
    done: int = 0
    created_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True, index=True))
    tries: int = 0
    missed: int = 0
    problem: str = ""
    taken_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    claimed_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    version: int = 0
