"""The tables of workspaces: ours, and the two that slack_sdk's stores bring their own statements for.

The latter's columns are the SDK's (a test compares them), but for tokens, which are sealed and so longer. They stand
here for Alembic and for the rotation of keys; only `providers.slack.installations` reads a token.
"""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index, String, func
from sqlmodel import Field, SQLModel

from storage.columns import UtcDateTime


class WorkspaceRow(SQLModel, table=True):
    __tablename__ = "workspaces"
    id: str = Field(primary_key=True, max_length=32)
    name: str
    installed_by: str
    installed_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
    approvals_channel: str | None = None


class AdmissionRow(SQLModel, table=True):
    __tablename__ = "admissions"
    id: str = Field(primary_key=True, max_length=32)
    name: str
    state: str
    by: str
    at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))


class MemberRow(SQLModel, table=True):
    __tablename__ = "members"
    workspace: str = Field(primary_key=True, max_length=32)
    person: str = Field(primary_key=True, max_length=32)
    seen_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))


def _text(length: int | None, *, null: bool = True) -> Column[str]:
    return Column(String(length), nullable=null)


class SlackBotRow(SQLModel, table=True):
    __tablename__ = "slack_bots"
    __table_args__ = (Index("slack_bots_idx", "client_id", "enterprise_id", "team_id", "installed_at"),)
    id: int | None = Field(default=None, primary_key=True)
    client_id: str = Field(sa_column=_text(32, null=False))
    app_id: str = Field(sa_column=_text(32, null=False))
    enterprise_id: str | None = Field(default=None, sa_column=_text(32))
    enterprise_name: str | None = Field(default=None, sa_column=_text(200))
    team_id: str | None = Field(default=None, sa_column=_text(32))
    team_name: str | None = Field(default=None, sa_column=_text(200))
    bot_token: str | None = Field(default=None, sa_column=_text(None))
    bot_id: str | None = Field(default=None, sa_column=_text(32))
    bot_user_id: str | None = Field(default=None, sa_column=_text(32))
    bot_scopes: str | None = Field(default=None, sa_column=_text(1000))
    bot_refresh_token: str | None = Field(default=None, sa_column=_text(None))
    bot_token_expires_at: datetime | None = Field(default=None, sa_column=Column(DateTime, nullable=True))
    is_enterprise_install: bool = False
    installed_at: datetime = Field(sa_column=Column(DateTime, nullable=False, default=func.now()))


class SlackStateRow(SQLModel, table=True):
    __tablename__ = "slack_oauth_states"
    id: int | None = Field(default=None, primary_key=True)
    state: str = Field(sa_column=_text(200, null=False))
    expire_at: datetime = Field(sa_column=Column(DateTime, nullable=False))


SEALED_TOKENS = ("bot_token", "bot_refresh_token")
