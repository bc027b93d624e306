"""The tables of the audit log; how its lines hang together is `storage.audit_chain`."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from storage.columns import UtcDateTime

IS_CORRECTION = text("what = 'guest_corrected'")
"""Of a guest's number, the few lines that erasing looks for."""


class AuditEntryRow(SQLModel, table=True):
    """Who did what to what, written in the transaction that did it. Nothing here is ever changed; `facts` and `salt`
    alone go where a person's data is erased (`storage.audit_chain`)."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("corrections", "id", sqlite_where=IS_CORRECTION, postgresql_where=IS_CORRECTION),)
    id: int = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False, index=True))
    actor: str
    what: str
    subject: str = Field(index=True)
    facts: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    salt: str | None = None
    digest: str
    previous: str
    chain: str


class AuditHeadRow(SQLModel, table=True):
    """One row: number and chain of the last line of the audit log, for whoever adds the next."""

    __tablename__ = "audit_head"
    id: int = Field(default=1, sa_column=Column(Integer, primary_key=True, autoincrement=False))
    last: int
    chain: str
